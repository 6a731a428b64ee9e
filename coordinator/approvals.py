"""The beginning of every round: each node's word on the signed plan (PROTOCOL 8)."""

from __future__ import annotations

from coordinator.errors import WaitingError
from coordinator.messages import Decision, Review
from coordinator.work import Work
from privacy.errors import RefusedError, Text


async def collect_approvals(work: Work) -> int:
    """Ask every node for its word on the plan.

    Returns:
        How many nodes approved: all of them.

    Raises:
        MemberError: a node refused, with its rule and what would satisfy it.
        WaitingError: an operator has not decided yet, or a node does not answer.
    """
    signer, signature = work.process.config.coordinator, work.stored.plan_signature

    async def review(member: str) -> Review:
        found = await work.node(member).review_plan(work.plan, signer, signature)
        if found.decision is Decision.REFUSED:
            raise RefusedError(found.what, found.fix)
        if found.decision is Decision.PENDING:
            if not found.what.en:
                raise WaitingError({member: _UNDECIDED})
            asked = RefusedError(found.what, found.fix)
            raise WaitingError({member: Text(asked.render("ja"), asked.render("en"))})
        return found

    return len(await work.ask_all(work.nodes, review))


_UNDECIDED = Text("担当者の承認を待っています。", "Its operator has not approved the plan yet.")
