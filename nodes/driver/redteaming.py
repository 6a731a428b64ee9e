"""The leakage self-test on this department's own register: counts come out, nothing else."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version

from nodes.driver.context import NodeContext
from privacy.audit import EntryKind
from privacy.encoding.schema import default_schema
from privacy.errors import RefusedError, Text
from privacy.redteam.population import FEWEST, register
from privacy.redteam.record import Record
from privacy.redteam.report import Source, pooled
from privacy.redteam.selftest import self_test

MOST = 4_000
"""Children attacked in one run: the attacks grow with the cube of their number."""


def attack_register(
    context: NodeContext,
    *,
    children: int,
    seeds: range,
    labels: bool,
    progress: Callable[[Text], None],
) -> Record:
    """Return the signed report of attacks on this node's imported records.

    The attacker is given every record in clear and sees all codes: the worst case.  Of a
    larger register whole birth dates are drawn until there are about *children*.

    Raises:
        RefusedError: too few records are imported.
    """
    with context.store.reading() as tables:
        persons = tables.records.persons()
    if len(persons) < FEWEST:
        raise RefusedError(
            Text(
                f"取り込まれた子どもは {len(persons)} 人です。点検には {FEWEST} 人以上要ります。",
                f"{len(persons)} children are imported; the self-test needs {FEWEST} or more.",
            ),
            Text("先に `enishi node import` を行ってください。", "Run `enishi node import` first."),
        )
    schema = default_schema(labels=labels)
    report = pooled(
        [
            self_test(
                register(persons, seed).sample(children, seed),
                schema,
                seed=seed,
                source=Source.REGISTER,
                progress=progress,
            )
            for seed in seeds
        ]
    )
    record = Record(report, context.now().date(), version("enishi"), context.node)
    record = record.signed(context.identity)
    with context.store.transaction() as tables:
        context.log(tables, EntryKind.COMPUTED, "self-test", report=record.digest.hex())
    return record
