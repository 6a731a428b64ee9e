"""A node's own rule for link plans: the schema has stood a self-test as hard as its children.

Pure.  The plan carries the report; the floor is this department's, and so is the count
of children who share a birth date, which no other member is told.
"""

from __future__ import annotations

from nodes.policy import PlanRefusedError, Situation
from privacy.encoding.registry import find_schema
from privacy.errors import EnishiError, Text
from privacy.linkage.conditions import Conditions
from privacy.plan import Plan, PlanKind
from privacy.redteam.gate import (
    RULE,
    SELF_TEST,
    Floor,
    SelfTestRefusedError,
    check_self_test,
)
from privacy.redteam.record import Record, record_from_json
from privacy.redteam.report import Source


def check_tested(plan: Plan, situation: Situation, per_birth_date: float) -> None:
    """Check the self-test that a link plan carries; every other plan passes.

    Args:
        plan: its ``definition`` holds the report.
        situation: this node's policy, roster and time.
        per_birth_date: how many of its own children share a birth date, seen from a child.

    Raises:
        PlanRefusedError: the rule ``self-test`` or one of its kin (`check_self_test`), or
            ``self-test-signature``: a register's report without its department's word.
        RefusedError: this release does not know the schema.
    """
    if plan.kind is not PlanKind.LINK:
        return
    schema = find_schema(plan.schema_digest)
    record = _record(plan)
    try:
        check_self_test(
            record, schema, _floor(plan, situation, per_birth_date), situation.now.date()
        )
    except SelfTestRefusedError as error:
        raise PlanRefusedError(error.rule, error.what, error.fix) from error
    if record is not None and record.report.source is Source.REGISTER:
        _check_signed(record, situation)


def _record(plan: Plan) -> Record | None:
    raw = plan.definition.get(SELF_TEST) if isinstance(plan.definition, dict) else None
    try:
        return None if raw is None else record_from_json(raw)
    except EnishiError as error:
        raise PlanRefusedError(RULE, error.what, error.fix) from error


def _floor(plan: Plan, situation: Situation, per_birth_date: float) -> Floor:
    policy, stated = situation.policy, Conditions.of(plan).population
    return Floor(
        per_mille=policy.self_test_per_mille,
        per_mille_with_labels=policy.self_test_labels_per_mille,
        most_days=policy.self_test_days,
        children=min(stated or policy.self_test_children, policy.self_test_children),
        per_birth_date=per_birth_date,
    )


def _check_signed(record: Record, situation: Situation) -> None:
    try:
        maker = situation.roster.member(record.maker)
        record.check_signature(maker.identity_public)
    except EnishiError as error:
        raise PlanRefusedError(
            f"{RULE}-signature",
            Text(
                "台帳での自己点検の報告に、名簿にある部署の正しい署名がありません。",
                "A self-test on a register lacks the signature of a department of the roster.",
            ),
            Text(
                "その部署の `enishi node redteam --report FILE` の報告をそのまま使ってください。",
                "Use what `enishi node redteam --report FILE` wrote at that department, unchanged.",
            ),
        ) from error
