"""A node's own rule for plans that ask who lives together (DOMAIN F-50): off unless it says so.

Pure.  Linking households is a purpose of its own, ``household_linkage``: a policy that
allows linking children allows nothing of this, and a standing approval of link rounds
does not cover it.
"""

from __future__ import annotations

from enum import StrEnum

from nodes.policy import PlanRefusedError, Situation
from privacy.errors import Text
from privacy.plan import Plan

PURPOSE = "household_linkage"
"""Its id in purposes.yaml; its items need a legal basis of their own."""


class HouseholdPolicy(StrEnum):
    """What a node does with a link plan that asks for households (``policy.households``)."""

    REFUSE = "refuse"
    """It refuses the plan.  The default."""
    ABSTAIN = "abstain"
    """It links children, sends no household evidence and is told no household number."""
    ALLOW = "allow"
    """It takes part, if the purpose and the basis of each of its items are valid."""


def check_households(plan: Plan, situation: Situation) -> None:
    """Check a plan that asks for households; every other plan passes.

    Raises:
        PlanRefusedError: the rule ``households``: this node's policy refuses, or allows
            without the purpose.
        RefusedError: the purpose or the basis of one of its items is not valid.
    """
    policy = situation.policy
    if not plan.households or policy.households == HouseholdPolicy.ABSTAIN:
        return
    if policy.households != HouseholdPolicy.ALLOW:
        raise PlanRefusedError(
            "households",
            Text(
                "この部署は世帯（きょうだい）の照合に参加する設定ではありません。",
                "This department does not take part in linking households (siblings).",
            ),
            Text(
                "世帯を求めない計画にするか、部署の責任者が node.toml の policy.households を "
                "allow（参加）か abstain（世帯だけ不参加）に決めてください。"
                "変えたら `enishi node serve` を起動し直してください。",
                "Make the plan without households; or the head of the department decides on "
                "policy.households in node.toml: allow, or abstain to take part without them. "
                "After a change, start `enishi node serve` again.",
            ),
        )
    if PURPOSE not in policy.purposes:
        raise PlanRefusedError(
            "households",
            Text(
                f"世帯の照合には目的「{PURPOSE}」の許可が別に要ります。",
                f"Linking households needs its own purpose, '{PURPOSE}'.",
            ),
            Text(
                f"部署の責任者が、node.toml の policy.purposes に {PURPOSE} を加えるか決めます。",
                f"The head of the department decides on {PURPOSE} in policy.purposes of node.toml.",
            ),
        )
    today = situation.now.date()
    purpose = situation.governance.purposes.get(PURPOSE)
    purpose.check_valid(today)
    for item in purpose.items:
        situation.governance.check_basis(item, PURPOSE, today)


def asked_purpose(plan: Plan) -> str:
    """Return the purpose that a standing approval must name to cover *plan*."""
    return PURPOSE if plan.households else plan.purpose


def takes_part(plan: Plan, policy: str) -> bool:
    """Tell whether a node with this ``policy.households`` sends evidence and takes numbers."""
    return plan.households and policy == HouseholdPolicy.ALLOW
