"""Verbs that open, follow, resume and cancel rounds, and say how one ended."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from coordinator.answer import Answer
from coordinator.connections import Connections
from coordinator.driver import Driver
from coordinator.households import HOUSEHOLDS
from coordinator.kinds import kind_of
from coordinator.lock import driver_lock
from coordinator.log import Log, make_log
from coordinator.planning import plan_link, store_plan
from coordinator.process import CoordinatorProcess
from coordinator.running import OnLook, has_ended, run_round
from coordinator.store.rounds import StoredRound
from coordinator.verbs.epochs import terms
from coordinator.verbs.households import household_lines
from coordinator.verbs.review import review_lines
from privacy.errors import EnishiError, ProtocolError, RefusedError, Text, UnreachableError
from privacy.plan import Plan
from protos.console import Console

LOG_FILE = "rounds.log"

STATES = {
    "proposed": Text("承認待ち", "reviewed by the nodes"),
    "approved": Text("承認済み", "approved"),
    "checked": Text("既知解が一致", "known answers agree"),
    "encoded": Text("第1パスを受信", "first pass received"),
    "compared": Text("第1パスを比較", "first pass compared"),
    "completed": Text("第2パスを受信", "second pass received"),
    "slotted": Text("スロットを決定", "slots drawn"),
    "matched": Text("封印ノードが照合", "sealed nodes have matched"),
    "told": Text("スロットを通知", "slots told"),
    "housed": Text("世帯の段階を終了", "households told where asked for"),
    "ready": Text("全ノード準備完了", "all nodes ready"),
    "begun": Text("実行開始", "begun"),
    "grouped": Text("並べ替えを共有", "order shared"),
    "charged": Text("予算を記帳", "charged"),
    "dealt": Text("乱数を配布", "dealt"),
    "shared": Text("入力を交換", "inputs exchanged"),
    "combined": Text("結果を合成", "combined"),
    "keyed": Text("カードの鍵を取得", "card keys given"),
    "delivered": Text("アラートを配達", "alert delivered"),
    "released": Text("公表値を保管", "release archived"),
    "closed": Text("監査記録を連署", "logs countersigned"),
    "done": Text("完了", "done"),
    "refused": Text("拒否", "refused"),
    "failed": Text("失敗", "failed"),
    "expired": Text("期限切れ", "expired"),
    "cancelled": Text("取り消し", "cancelled"),
}


def link(
    config: Path,
    console: Console,
    *,
    households: bool = False,
    incremental: bool = False,
    again: bool = False,
    keep_codes: str = "",
) -> Answer:
    """Open a link round, with households where asked, and drive or follow it to its end.

    *incremental*, *again*, *keep_codes*: see `verbs.epochs.terms`.
    """
    with CoordinatorProcess.open(config) as process:
        epoch = terms(process, incremental=incremental, again=again, keep_codes=keep_codes)
        return to_the_end(process, plan_link(process, epoch, households=households), console)


def resume(config: Path, round_id: str, console: Console) -> Answer:
    """Drive or follow a stored round to its end."""
    with CoordinatorProcess.open(config) as process:
        stored = process.rounds.get(round_id)
        return _followed(process, stored, console)


def to_the_end(process: CoordinatorProcess, plan: Plan, console: Console) -> Answer:
    """Store the round of *plan*, drive or follow it, and say how it ended.

    Raises:
        RefusedError: a node refused, or the round was cancelled.
        ProtocolError: a member broke the protocol, or the plan expired.
        UnreachableError: interrupted; the round can be resumed.
    """
    return _followed(process, store_plan(process, plan), console)


def cancel(config: Path, round_id: str) -> Answer:
    """End a round by the operator's word.

    Raises:
        RefusedError: it has ended, or has gone too far.
    """
    with CoordinatorProcess.open(config) as process:
        stored = process.rounds.get(round_id)
        kind = kind_of(stored.kind)
        if kind.cancelled not in kind.machine.following[kind.machine.state(stored.state)]:
            raise RefusedError(
                Text(
                    f"状態 {stored.state} のラウンドは取り消せません。",
                    f"A round in state {stored.state} cannot be cancelled.",
                ),
                Text("`round resume` で最後まで進めてください。", "Finish it with `round resume`."),
            )
        with driver_lock(process.config.home) as mine:
            driver = Driver(process, Connections(process), _log(process))
            driver.cancel(stored)
            if mine:
                asyncio.run(driver.drive(stored.round_id, wait=False))
        return summary(process, process.rounds.get(stored.round_id))


def summary(process: CoordinatorProcess, stored: StoredRound) -> Answer:
    """Say how a round ended."""
    quality = process.rounds.value(stored.round_id, "quality")
    result = process.rounds.value(stored.round_id, "result")
    households = process.rounds.value(stored.round_id, HOUSEHOLDS)
    report = json.loads(quality) if quality else None
    if report and households:
        report["households"] = json.loads(households)
    values: dict[str, Any] = {
        "round": stored.round_id,
        "kind": stored.kind,
        "state": stored.state,
        "reason": {"ja": stored.reason_ja, "en": stored.reason_en},
        "quality": report,
        "result": json.loads(result) if result else None,
    }
    state = STATES[stored.state]
    lines = [
        Text(
            f"ラウンド {stored.round_id[:12]} ({stored.kind}): {state.ja}",
            f"Round {stored.round_id[:12]} ({stored.kind}): {state.en}",
        )
    ]
    if stored.reason_en:
        lines.append(Text(stored.reason_ja, stored.reason_en))
    if report:
        lines += _quality_lines(report)
    if report and households:
        lines += household_lines(report["households"])
    return Answer(values, lines)


def _followed(process: CoordinatorProcess, stored: StoredRound, console: Console) -> Answer:
    with _progress(process, stored, console) as look:
        try:
            ended = asyncio.run(run_round(process, stored.round_id, _log(process), look))
        except KeyboardInterrupt:
            raise UnreachableError(
                Text("中断しました。", "Interrupted."),
                Text(
                    f"`round resume {stored.round_id[:12]}` で続けられます。",
                    f"Go on with `round resume {stored.round_id[:12]}`.",
                ),
            ) from None
    if not has_ended(ended) or ended.state == kind_of(ended.kind).done:
        return summary(process, ended)
    raise _ended_early(ended)


def _ended_early(stored: StoredRound) -> EnishiError:
    kind = kind_of(stored.kind)
    state = STATES[stored.state]
    what = Text(
        f"ラウンド {stored.round_id[:12]} は{state.ja}で終わりました。{stored.reason_ja}",
        f"Round {stored.round_id[:12]} ended: {state.en}. {stored.reason_en}",
    )
    refused = stored.state in {str(kind.refused), str(kind.cancelled)}
    return RefusedError(what) if refused else ProtocolError(what)


def _quality_lines(report: dict[str, Any]) -> list[Text]:
    precision, recall = (report[name]["value"] / 10_000 for name in ("precision", "recall"))
    clusters, links = report["clusters"], report["linked_pairs"]
    lines = [
        Text(
            f"スロット {clusters}、連結 {links} 組、推定適合率 {precision:.2f}%、"
            f"推定再現率 {recall:.2f}%(上限)",
            f"{clusters} slots, {links} linked pairs, estimated precision {precision:.2f} %, "
            f"estimated recall {recall:.2f} % (upper estimate)",
        )
    ]
    lines += [
        Text(
            f"  {d['department']}: {d['rows']} 行、トークン {d['linked_by_token']}、"
            f"類似 {d['linked_by_similarity']}、未連結 {d['unlinked']}",
            f"  {d['department']}: {d['rows']} rows, {d['linked_by_token']} by token, "
            f"{d['linked_by_similarity']} by similarity, {d['unlinked']} unlinked",
        )
        for d in report["departments"]
    ]
    return lines + review_lines(report)


def _log(process: CoordinatorProcess) -> Log:
    path = process.config.home / LOG_FILE
    return make_log("coordinator", path.open("a", encoding="utf-8", buffering=1))


@contextmanager
def _progress(
    process: CoordinatorProcess, stored: StoredRound, console: Console
) -> Iterator[OnLook]:
    """Show where the round stands and for whom it waits, on standard error."""
    if console.as_json:
        yield lambda _stored: None
        return
    from rich.console import Console as Rich  # noqa: PLC0415  # only people pay for it
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    order = kind_of(stored.kind).machine.order
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Rich(stderr=True)) as progress:
        task = progress.add_task("", total=len(order) - 1)

        def look(now: StoredRound) -> None:
            text = STATES[now.state].in_language(console.language)
            waits = process.rounds.waiting(now.round_id)
            if waits:
                text += " … " + ", ".join(
                    f"{w.member_id}: {w.what.in_language(console.language)}" for w in waits
                )
            place = order.index(now.state) if now.state in order else len(order) - 1
            progress.update(task, completed=place, description=text)

        yield look
