"""A node's rules for the link epoch of a plan (PROTOCOL 2, 3).

Pure.  Keys of an epoch that is over are never used again, or the coordinator could join
what two epochs said; and how long it may keep codes is this department's to limit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from nodes.policy import PlanRefusedError
from privacy.errors import Text
from privacy.linkage.epoch_terms import EpochTerms, epoch_terms_of
from privacy.plan import Plan


class EpochState(StrEnum):
    """Where a link epoch stands at this node."""

    BEGUN = "begun"
    """A round under its keys was asked for; none of its slot tables is in force here."""
    OPEN = "open"
    """A slot table of it is in force, and the coordinator keeps its codes."""
    CLOSED = "closed"
    """The coordinator's codes are destroyed, and what this node kept for it.  Terminal."""


@dataclass(frozen=True, slots=True)
class StoredEpoch:
    """One link epoch: its age, what the coordinator may keep of it, what its dummies lack."""

    epoch: int
    city_epoch: int
    state: EpochState
    begun_at: str
    codes_until: str
    """The last day on which the coordinator may hold codes; empty: none beyond the round."""
    closed_at: str = ""
    patterns: bytes = field(default=b"", repr=False)
    schema_digest: str = ""


@dataclass(frozen=True, slots=True)
class EpochSituation:
    """What the rules look at, besides the plan.

    ``known``: the plan's epoch, if it is known here; ``newest``: the newest epoch that was
    in force here; ``has_base``: whether the rows of the base round are here, or not needed.
    """

    known: StoredEpoch | None
    newest: int
    city_epoch: int
    has_base: bool
    most_code_days: int


def check_epoch(plan: Plan, situation: EpochSituation) -> None:
    """Check the link *plan*'s epoch; the first rule that fails is named.

    Raises:
        RefusedError: a rule does not allow it.
        BadInputError: the plan's terms cannot be read.
    """
    terms = epoch_terms_of(plan)
    _check_days(plan, terms, situation)
    if terms.opens_epoch:
        if plan.link_epoch <= situation.newest:
            raise PlanRefusedError(
                "link-epoch",
                Text(
                    f"連携世代 {plan.link_epoch} の鍵は、もう使いました。",
                    f"The keys of link epoch {plan.link_epoch} have been used here.",
                ),
                Text("新しい番号の世代で計画してください。", "Plan an epoch with a new number."),
            )
        return
    known = situation.known
    today = plan.created.date().isoformat()
    good = (
        known is not None
        and known.state is EpochState.OPEN
        and known.city_epoch == situation.city_epoch
        and known.schema_digest == plan.schema_digest.hex()
        and today <= known.codes_until
    )
    if not good or not situation.has_base:
        raise PlanRefusedError(
            "link-epoch",
            Text(
                f"連携世代 {plan.link_epoch} は、ここでは続けられません"
                "(閉じたか、鍵・スキーマ・前回の行が違います)。",
                f"Link epoch {plan.link_epoch} cannot go on here: it is closed, or keys, "
                "schema or the rows of the round before are others.",
            ),
            Text("新しい世代で全行の連携をしてください。", "Open a new epoch with a full round."),
        )


def _check_days(plan: Plan, terms: EpochTerms, situation: EpochSituation) -> None:
    if terms.codes_until is None:
        return
    days = (terms.codes_until - plan.created.date()).days
    if not 0 <= days <= situation.most_code_days:
        raise PlanRefusedError(
            "code-days",
            Text(
                f"統括が符号を持てるのは計画の日から {situation.most_code_days} 日までです。",
                f"The coordinator may keep codes for {situation.most_code_days} days from the "
                "day of the plan.",
            ),
            Text(
                "計画の期日を早めてください(部署の上限は node.toml の policy.max_code_days)。",
                "Plan an earlier day; this department's limit is policy.max_code_days in "
                "node.toml.",
            ),
        )
