"""Verbs that ask the federation something: round screen, release."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

from coordinator.answer import Answer
from coordinator.planning import plan_screening, plan_statistics
from coordinator.process import CoordinatorProcess
from coordinator.store.releases import StoredRelease
from coordinator.verbs.rounds import to_the_end
from privacy.dp.loss import Rho
from privacy.errors import BadInputError, Text
from protos.console import Console


def screen(
    config: Path,
    console: Console,
    *,
    definition: Path,
    receiver: str,
    timepoint: str,
    capacity: int,
) -> Answer:
    """Run a screening round: its alerts go, sealed, to the receiver alone.

    Raises:
        BadInputError: the time-point, the capacity or the definition cannot be used.
    """
    as_of = _date(timepoint)
    if capacity < 1:
        raise BadInputError(
            Text("--capacity は1以上です。", "--capacity is 1 or more."),
        )
    with CoordinatorProcess.open(config) as process:
        plan = plan_screening(
            process, definition, receiver=receiver, as_of=as_of, capacity=capacity
        )
        done = to_the_end(process, plan, console)
    result = done.values["result"]
    if result is None:
        return done
    listed = result["listed_with_decoys"]
    line = Text(
        f"{receiver} に {listed} 件(おとり1〜64件を含む)を封をして届けました。",
        f"Delivered {listed} sealed positions (1 to 64 of them decoys) to {receiver}.",
    )
    return Answer(done.values, [*done.lines, line])


def release(config: Path, console: Console, *, query: Path, rho: str) -> Answer:
    """Release a noisy table, or the archived one where the question was answered before.

    Raises:
        BadInputError: the query or rho cannot be used.
    """
    try:
        charge = Rho.of(rho)
    except (ValueError, ZeroDivisionError, ArithmeticError) as error:
        raise BadInputError(
            Text("--rho は 0.01 のような正の数です。", "--rho is a positive number such as 0.01.")
        ) from error
    with CoordinatorProcess.open(config) as process:
        found = plan_statistics(process, query, charge)
        if isinstance(found, StoredRelease):
            return _table(json.loads(found.body), archived=True)
        done = to_the_end(process, found, console)
    table = _table(done.values["result"], archived=False)
    return Answer({**done.values, **table.values}, [*done.lines, *table.lines])


def _table(body: dict[str, Any], *, archived: bool) -> Answer:
    epsilon = body["epsilon_millionths"] / 1_000_000
    head = Text(
        f"rho {Rho(body['nano_rho'])}、ε {epsilon:.3f} (δ=1e-6)。幅は95%の誤差です。"
        + ("保管された答えです(費用なし)。" if archived else ""),
        f"rho {Rho(body['nano_rho'])}, epsilon {epsilon:.3f} (delta 1e-6); the width covers 95 %."
        + (" From the archive, at no cost." if archived else ""),
    )
    rows = [
        Text(
            f"{labels}\t{c['value']} ±{c['half_width']}",
            f"{labels}\t{c['value']} ±{c['half_width']}",
        )
        for c in body["cells"]
        for labels in [" / ".join(label or "-" for label in c["labels"])]
    ]
    return Answer({"release": body, "archived": archived}, [head, *rows])


def _date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise BadInputError(
            Text("--timepoint は 2026-07-05 のような日付です。", "--timepoint is a date.")
        ) from error
