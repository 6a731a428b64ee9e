"""A node's own rules for plans: it refuses on its own, whatever the coordinator asks.

Pure.  Each rule names itself in the refusal and says what would satisfy it (PROTOCOL 8).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from nodes.config import PolicyConfig
from nodes.governance import Governance
from privacy.dp.ledger import HARD_CAP
from privacy.errors import RefusedError, Text
from privacy.plan import Plan, PlanKind
from privacy.roster import Role, Roster


class PlanRefusedError(RefusedError):
    """A rule of this node does not allow the plan; ``rule`` names it."""

    def __init__(self, rule: str, what: Text, fix: Text) -> None:
        """Name the rule in the message."""
        named = Text(f"[{rule}] {what.ja}", f"[{rule}] {what.en}")
        super().__init__(named, fix)
        self.rule = rule


@dataclass(frozen=True, slots=True)
class Situation:
    """What the rules look at, besides the plan.

    ``slot_table``: (version, slots) of the plan's table if it is here; ``earlier``: plans
    of the other runs on it; ``items``: catalogue items whose facts are imported here.
    """

    node: str
    policy: PolicyConfig
    roster: Roster
    governance: Governance
    items: frozenset[str]
    now: datetime
    slot_table: tuple[int, int] | None
    newest_slot_table: int
    earlier: tuple[Plan, ...]


def review(plan: Plan, situation: Situation) -> None:
    """Check *plan* against all rules, in order; the first that fails is named.

    Raises:
        RefusedError: a rule does not allow it.
        ProtocolError: the plan is dated in the future.
    """
    plan.check_current(situation.now)
    _check_roster(plan, situation)
    _check_purpose(plan, situation)
    _check_items(plan, situation)
    if plan.kind is not PlanKind.LINK:
        _check_slots(plan, situation)
    if plan.kind is PlanKind.SCREEN:
        _check_listed(plan, situation)
        _check_opened(plan, situation)
    if plan.kind is PlanKind.STATISTICS:
        _check_loss(plan, situation)


def _check_roster(plan: Plan, situation: Situation) -> None:
    roster, policy = situation.roster, situation.policy
    if plan.roster_digest != roster.digest:
        raise PlanRefusedError(
            "roster",
            Text("計画の名簿が手元の名簿と違います。", "The plan names another roster than ours."),
            Text("新しい名簿で計画を作り直してください。", "Make the plan again on this roster."),
        )
    if plan.nodes != roster.nodes or len(plan.nodes) < policy.min_nodes:
        raise PlanRefusedError(
            "min-nodes",
            Text(
                f"名簿の全ノード({policy.min_nodes}以上)が参加する計画ではありません。",
                f"The plan must take all nodes of the roster, {policy.min_nodes} or more.",
            ),
            Text("参加ノードを揃えてください。", "Let all enrolled nodes take part."),
        )
    if plan.dealer and policy.dealer_apart:
        dealer = roster.member(plan.dealer)
        if dealer.role is not Role.DEALER:
            raise PlanRefusedError(
                "dealer-apart",
                Text("配布者が独立の機関ではありません。", "The dealer is not a body of its own."),
                Text("名簿の配布者を指定してください。", "Name the dealer of the roster."),
            )


def _check_purpose(plan: Plan, situation: Situation) -> None:
    purpose = situation.governance.purposes.get(plan.purpose)
    purpose.check_valid(situation.now.date())
    if plan.purpose not in situation.policy.purposes:
        raise PlanRefusedError(
            "purpose",
            Text(
                f"この部署は目的「{plan.purpose}」に参加する設定ではありません。",
                f"This department does not take part in the purpose '{plan.purpose}'.",
            ),
            Text(
                "node.toml の policy.purposes に加えるかは、部署の責任者が決めます。"
                "加えたら `enishi node serve` を起動し直してください。",
                "The head of the department decides on policy.purposes in node.toml; "
                "after a change, start `enishi node serve` again.",
            ),
        )


def _check_items(plan: Plan, situation: Situation) -> None:
    items = plan.items.get(situation.node, ())
    for item in items:
        situation.governance.check_basis(item, plan.purpose, situation.now.date())
    if plan.kind is PlanKind.LINK:
        return
    missing = sorted(set(items) - situation.items)
    if missing:
        named = ", ".join(missing)
        raise PlanRefusedError(
            "items",
            Text(f"項目 {named} は取り込まれていません。", f"The items {named} are not imported."),
            Text("取り込むか、計画から外してください。", "Import them or leave them out."),
        )


def _check_slots(plan: Plan, situation: Situation) -> None:
    policy = situation.policy
    if situation.slot_table is None or plan.slot_table != situation.newest_slot_table:
        raise PlanRefusedError(
            "slot-table",
            Text(
                f"スロット表 {plan.slot_table} は手元の最新ではありません。",
                f"Slot table {plan.slot_table} is not the newest here.",
            ),
            Text("連携をやり直し、最新の表で計画してください。", "Plan on the newest table."),
        )
    if situation.slot_table[1] < policy.min_slots:
        raise PlanRefusedError(
            "min-slots",
            Text(
                f"スロットが {policy.min_slots} 未満です。",
                f"There are fewer than {policy.min_slots} slots.",
            ),
            Text("対象の広い連携が必要です。", "A larger population is needed."),
        )
    if len(situation.earlier) >= policy.max_runs_per_slot_table:
        raise PlanRefusedError(
            "runs-per-slot-table",
            Text(
                f"このスロット表での実行は上限 {policy.max_runs_per_slot_table} 回です。",
                f"{policy.max_runs_per_slot_table} runs on this slot table is the limit.",
            ),
            Text("新しいスロット表を作ってください。", "Make a new slot table."),
        )


def _check_listed(plan: Plan, situation: Situation) -> None:
    definition = plan.definition
    most = definition.get("most_listed") if isinstance(definition, dict) else None
    limit = situation.policy.max_listed
    if not isinstance(most, int) or not 0 < most <= limit:
        raise PlanRefusedError(
            "max-listed",
            Text(f"開示数の上限は 1 から {limit} です。", f"The cap on listed is 1 to {limit}."),
            Text("計画の most_listed を下げてください。", "Lower most_listed in the plan."),
        )


def _check_opened(plan: Plan, situation: Situation) -> None:
    """Cap the opened bits a slot, and open the same question once (PROTOCOL 4)."""
    opened = [each for each in situation.earlier if each.kind is PlanKind.SCREEN]
    limit = situation.policy.max_opened_bits_per_slot
    if len(opened) >= limit:
        raise PlanRefusedError(
            "opened-bits",
            Text(
                f"このスロット表で開いた答えは上限 {limit} に達しています。",
                f"{limit} answers have been opened on this slot table, which is the limit.",
            ),
            Text("新しいスロット表を作ってください。", "Make a new slot table."),
        )
    if any(each.table_digest == plan.table_digest for each in opened):
        raise PlanRefusedError(
            "opened-once",
            Text(
                "同じ定義と時点の一覧は、もう受取部署にあります。",
                "The list of this definition and time-point is at the receiver already.",
            ),
            Text(
                "受取部署の一覧を使うか、次の時点で行ってください。",
                "Use the receiver's list, or run it at the next time-point.",
            ),
        )


def _check_loss(plan: Plan, situation: Situation) -> None:
    if plan.rho_nano > min(situation.policy.rho_nano_per_year, HARD_CAP.nano):
        raise PlanRefusedError(
            "rho",
            Text("一回の公表の費用が年間の上限を超えます。", "One release costs more than a year."),
            Text("計画の rho を下げてください。", "Lower rho in the plan."),
        )
