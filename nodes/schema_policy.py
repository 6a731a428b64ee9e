"""A node's own rules for the encoding that a link plan asks for (PROTOCOL 2, 8).

Pure.  A schema that this release does not know, one hardened below the policy's floor, and
block labels for a population that is small enough to compare all pairs are refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nodes.config import PolicyConfig
from nodes.policy import PlanRefusedError
from privacy.encoding.hardening import Hardening
from privacy.encoding.registry import find_schema
from privacy.errors import RefusedError, Text
from privacy.linkage.conditions import Conditions, Missing
from privacy.plan import Plan, PlanKind


def check_encoding(plan: Plan, policy: PolicyConfig) -> None:
    """Check a link plan's schema and conditions; every other plan passes.

    Raises:
        PlanRefusedError: the rule ``schema``, ``hardening-floor``, ``labels`` or ``min-nodes``.
        BadInputError: the plan's conditions cannot be read.
    """
    if plan.kind is not PlanKind.LINK:
        return
    with _rule("schema"):
        schema = find_schema(plan.schema_digest)
    with _rule("hardening-floor"):
        schema.check_floor(Hardening(policy.hardening_floor))
    conditions = Conditions.of(plan)
    if schema.labels and conditions.population <= policy.labels_above:
        raise _labels(conditions.population, policy.labels_above)
    if conditions.missing is Missing.GO_ON and conditions.least < policy.min_nodes:
        raise PlanRefusedError(
            "min-nodes",
            Text(
                f"計画は {conditions.least} 部署が残れば続けます。この部署の下限は "
                f"{policy.min_nodes} です。",
                f"The plan goes on with {conditions.least} departments; this one's least is "
                f"{policy.min_nodes}.",
            ),
            Text(
                "計画の下限を上げるか、欠けたら止める計画にしてください。",
                "Raise the plan's least, or let it stop when a department fails.",
            ),
        )


def _labels(population: int, least: int) -> PlanRefusedError:
    stated = (
        Text(f"{population} 人", f"{population}") if population else Text("未記載", "not stated")
    )
    return PlanRefusedError(
        "labels",
        Text(
            f"計画はブロックラベルを求めますが、対象（{stated.ja}）はこの部署の下限 {least} 人を"
            "超えません。ラベルは誰と誰が同じブロックかを統括に見せます。",
            f"The plan asks for block labels, but its population ({stated.en}) is not above this "
            f"department's {least}. Labels show the coordinator who shares a block with whom.",
        ),
        Text(
            "統括がラベルなしの計画（coordinator.toml の labels_above）にするか、部署の責任者が "
            "node.toml の policy.labels_above を決め直してください。",
            "Plan without labels (labels_above in coordinator.toml); or the head of the department "
            "decides on policy.labels_above in node.toml.",
        ),
    )


@contextmanager
def _rule(name: str) -> Iterator[None]:
    """Name the rule in a refusal that the block raises."""
    try:
        yield
    except RefusedError as error:
        raise PlanRefusedError(name, error.what, error.fix) from error
