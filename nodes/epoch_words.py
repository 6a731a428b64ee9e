"""The link epoch in force in plain words: its age, and what the coordinator still holds of it.

Pure; for the page and the command line of a node.
"""

from __future__ import annotations

from datetime import date

from nodes.epoch_policy import EpochState, StoredEpoch
from privacy.errors import Text


def epoch_line(epoch: StoredEpoch | None, rows: int, today: date, *, sealed: bool) -> Text:
    """Return the link epoch in force, its age, and what the coordinator still holds of it.

    Args:
        epoch: the newest that was in force here.
        rows: this department's rows at the coordinator, dummies included, as last sent.
        today: the day of the look.
        sealed: whether this department uploads nothing.
    """
    if epoch is None:
        return Text("連携世代: まだありません", "Link epoch: none yet")
    begun = date.fromisoformat(epoch.begun_at[:10])
    days = (today - begun).days
    head = Text(
        f"連携世代 {epoch.epoch}({begun.isoformat()} から {days} 日)",
        f"Link epoch {epoch.epoch} (since {begun.isoformat()}, {days} days)",
    )
    if epoch.state is not EpochState.OPEN:
        return Text(
            f"{head.ja}: 統括に残る符号はありません", f"{head.en}: the coordinator holds no codes"
        )
    if sealed:
        return Text(
            f"{head.ja}: この部署の符号は統括にありません(封緘)",
            f"{head.en}: the coordinator holds no code of this department (sealed)",
        )
    return Text(
        f"{head.ja}: 統括がこの部署の符号 {rows:,} 行(ダミーを含む)を暗号化して持っています。"
        f"遅くとも {epoch.codes_until} に破棄します",
        f"{head.en}: the coordinator holds codes of {rows:,} rows of this department, dummies "
        f"included, encrypted, until {epoch.codes_until} at the latest",
    )
