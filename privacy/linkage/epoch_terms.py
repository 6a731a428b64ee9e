"""What a link plan says of its link epoch: full or incremental, and how long codes are kept.

A link epoch is the life of one K_link and may hold several slot tables (PROTOCOL 3).  The
terms stand under `epoch` in a link plan's definition, so every node decides on them and
its operator's approval covers them.  A plan without them is a full round that opens an
epoch of its own and whose codes are destroyed with the round.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from privacy.canonical import Json
from privacy.errors import BadInputError, Text
from privacy.plan import Plan

KEY = "epoch"
_DIGEST_CHARACTERS = 64


class Scope(StrEnum):
    """Which rows open departments send in a link round."""

    FULL = "full"
    """All rows: the round opens a new epoch or, with a base, sends everything again inside it."""
    INCREMENTAL = "incremental"
    """Only rows changed, new or gone since the base round; keys are reused."""


@dataclass(frozen=True, slots=True)
class EpochTerms:
    """A link plan's terms.

    Args:
        scope: full or incremental.
        base: plan digest (hexadecimal) of the epoch's round whose rows the coordinator
            holds; empty where the round opens a new epoch.
        codes_until: the coordinator keeps the epoch's codes until the epoch is closed, at
            the latest on this day; None: it destroys them when this round ends.
    """

    scope: Scope = Scope.FULL
    base: str = ""
    codes_until: date | None = None

    def __post_init__(self) -> None:
        """Check that the terms say one thing.

        Raises:
            BadInputError: naming the entry that is wrong.
        """
        if self.base and not _is_digest(self.base):
            raise _bad("base が要約値ではありません", "`base` is no digest")
        if self.scope is Scope.INCREMENTAL and not self.base:
            raise _bad("増分には base が要ります", "an incremental round names its base")

    @property
    def opens_epoch(self) -> bool:
        """Whether the round opens a new link epoch."""
        return not self.base

    @property
    def keeps_codes(self) -> bool:
        """Whether the coordinator keeps codes beyond the round."""
        return self.codes_until is not None

    def to_json(self) -> dict[str, Json]:
        """Return the terms as they stand in a plan."""
        return {
            "scope": str(self.scope),
            "base": self.base,
            "codes_until": self.codes_until.isoformat() if self.codes_until else "",
        }

    def plain(self) -> Text:
        """Return what the operator reads before approving: which round, and how long codes stay."""
        which = _WHICH[self.scope, self.opens_epoch]
        kept = _kept(self.codes_until)
        return Text(f"{which.ja}{kept.ja}", f"{which.en} {kept.en}")


def epoch_terms_of(plan: Plan) -> EpochTerms:
    """Return the terms of a link *plan*.

    Raises:
        BadInputError: they cannot be read, or an entry is unknown or missing.
    """
    definition = plan.definition
    if definition is None:
        return EpochTerms()
    if not isinstance(definition, Mapping):
        raise _bad("定義を読めません", "its definition cannot be read")
    values = definition.get(KEY)
    if values is None:
        return EpochTerms()
    if not isinstance(values, Mapping) or set(values) != {"scope", "base", "codes_until"}:
        raise _bad("世代の項目が違います", "its epoch has other entries")
    try:
        until = str(values["codes_until"])
        return EpochTerms(
            Scope(str(values["scope"])),
            str(values["base"]),
            date.fromisoformat(until) if until else None,
        )
    except ValueError as error:
        raise _bad("世代の値を読めません", "a value of its epoch cannot be read") from error


_WHICH = {
    (Scope.FULL, True): Text(
        "新しい連携世代を始めます。開放の部署は全行の符号を新しい鍵で出します。",
        "It opens a new link epoch: open departments send codes of all rows, under new keys.",
    ),
    (Scope.FULL, False): Text(
        "同じ連携世代の中で、開放の部署が全行の符号をもう一度出します。",
        "Open departments send codes of all rows again, inside the same link epoch.",
    ),
    (Scope.INCREMENTAL, False): Text(
        "同じ連携世代の中の増分です。前回から変わった行、増えた行の符号と、消えた行の番号"
        "(乱数)だけを出します。何行変わったかは統括に見えます。",
        "It is incremental, inside the same link epoch: only codes of rows changed or new since "
        "the round before, and the random handles of rows gone. The coordinator sees how many.",
    ),
}


def _kept(until: date | None) -> Text:
    if until is None:
        return Text(
            "統括はこのラウンドが終わると符号を破棄します。",
            "The coordinator destroys the codes when this round ends.",
        )
    day = until.isoformat()
    return Text(
        f"統括は増分のために符号を暗号化して持ち、世代を閉じるとき、遅くとも {day} に破棄します。",
        "The coordinator keeps the codes, encrypted, for incremental rounds, and destroys them "
        f"when the epoch is closed, on {day} at the latest.",
    )


def _is_digest(text: str) -> bool:
    return len(text) == _DIGEST_CHARACTERS and set(text) <= set("0123456789abcdef")


def _bad(ja: str, en: str) -> BadInputError:
    return BadInputError(
        Text(f"連携の計画が不正です: {ja}。", f"The link plan is wrong: {en}."),
        Text("統括に正しい計画を求めてください。", "Ask the coordinator for a correct plan."),
    )
