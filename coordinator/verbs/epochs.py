"""The verbs `epoch status` and `epoch close`, and on what terms `round link` links."""

from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path
from typing import Any

from coordinator import epochs
from coordinator.answer import Answer
from coordinator.epoch_plans import continued
from coordinator.process import CoordinatorProcess
from coordinator.running import tell_closed_epochs
from coordinator.store.epochs import EpochState, KeptEpoch
from privacy.errors import BadInputError, Text
from privacy.linkage.epoch_terms import EpochTerms, Scope

STATES = {
    EpochState.OPEN: Text("開いている", "open"),
    EpochState.CLOSING: Text("破棄の途中", "closing"),
    EpochState.CLOSED: Text("閉じた", "closed"),
}


def terms(
    process: CoordinatorProcess, *, incremental: bool, again: bool, keep_codes: str
) -> EpochTerms:
    """Return the terms that the options of `round link` ask for.

    Raises:
        BadInputError: options that exclude each other, no day, or one that has passed.
        RefusedError: no epoch is open that the round could go on in.
    """
    until = _day(keep_codes) if keep_codes else None
    if until is not None and until < process.clock().date():
        raise BadInputError(
            Text("--keep-codes の日付が過ぎています。", "The day of --keep-codes has passed."),
            Text("今日以降の日付を書いてください。", "Write today or a later day."),
        )
    if incremental and again:
        raise BadInputError(
            Text("--incremental と --again は一緒に使えません。", "--incremental excludes --again.")
        )
    if incremental or again:
        scope = Scope.INCREMENTAL if incremental else Scope.FULL
        return continued(process, scope, until)
    return EpochTerms(codes_until=until)


def status(config: Path) -> Answer:
    """Show the link epochs whose codes were kept, what is held of them, and who is untold."""
    with CoordinatorProcess.open(config) as process:
        found = process.epochs.all()
        today = process.clock().date()
    lines = [line for each in found for line in _lines(each, today)]
    if not any(each.state is EpochState.OPEN for each in found):
        lines.append(
            Text("符号を持っている連携世代はありません。", "No link epoch's codes are held.")
        )
    return Answer({"epochs": [_values(each) for each in found]}, lines)


def close(config: Path) -> Answer:
    """Close the open epoch: destroy its codes and tell the nodes; again, to tell the rest.

    Raises:
        RefusedError: a round of it has not ended, or nothing is open and everybody was told.
    """
    with CoordinatorProcess.open(config) as process:
        waiting = [each for each in process.epochs.all() if each.untold]
        held = [each for each in process.epochs.all() if each.state is not EpochState.CLOSED]
        closed = waiting[0] if waiting and not held else epochs.close(process)
        left = asyncio.run(tell_closed_epochs(process))
    lines = [
        Text(
            f"連携世代 {closed.epoch} を閉じ、符号と鍵を破棄しました。",
            f"Link epoch {closed.epoch} is closed; its codes and their key are destroyed.",
        )
    ]
    if left:
        names = ", ".join(left)
        lines.append(
            Text(
                f"まだ伝わっていない部署: {names}。`serve` が続けて知らせます。",
                f"Not told yet: {names}. `serve` goes on telling them.",
            )
        )
    return Answer({"epoch": closed.epoch, "state": "closed", "untold": list(left)}, lines)


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise BadInputError(
            Text("--keep-codes には日付(YYYY-MM-DD)を書きます。", "--keep-codes takes a day."),
            Text("例: --keep-codes 2027-03-31", "For example: --keep-codes 2027-03-31"),
        ) from error


def _values(epoch: KeptEpoch) -> dict[str, Any]:
    return {
        "epoch": epoch.epoch,
        "city_epoch": epoch.city_epoch,
        "state": epoch.state.value,
        "opened": epoch.opened,
        "round": epoch.round_id,
        "rows": epoch.rows,
        "codes_until": epoch.codes_until,
        "closed": epoch.closed,
        "untold": list(epoch.untold),
    }


def _lines(epoch: KeptEpoch, today: dt.date) -> list[Text]:
    days = (today - dt.date.fromisoformat(epoch.opened[:10])).days
    state = STATES[epoch.state]
    head = Text(
        f"連携世代 {epoch.epoch}({epoch.opened[:10]} から {days} 日): {state.ja}",
        f"Link epoch {epoch.epoch} (since {epoch.opened[:10]}, {days} days): {state.en}",
    )
    if epoch.state is not EpochState.CLOSED:
        return [
            Text(
                f"{head.ja}、符号 {epoch.rows:,} 行、遅くとも {epoch.codes_until} に破棄",
                f"{head.en}, codes of {epoch.rows:,} rows, until {epoch.codes_until} at the latest",
            )
        ]
    untold = ", ".join(epoch.untold)
    if untold:
        return [head, Text(f"  未通知: {untold}", f"  not told yet: {untold}")]
    return [head]
