"""The table answers what the definition says, and a missing alert tells nothing."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.errors import BadInputError, RefusedError
from privacy.screening.compile import ScreeningPolicy, compile_screening
from privacy.screening.compiled import Compiled
from privacy.screening.contribution import (
    contribution,
    contribution_by_slot,
    local_alerts,
    plain_answer,
)
from privacy.screening.definition import Definition
from privacy.screening.evaluation import Bits
from privacy.screening.signals import SignalTable
from tests.privacy.screening.samples import (
    AS_OF,
    NODES,
    catalogue,
    definition,
    holders,
    read,
    shipped_holders,
    sos_text,
)


def compiled(what: Definition | None = None, receiver: str = "school") -> Compiled:
    return compile_screening(
        what or read(sos_text()),
        receiver=receiver,
        nodes=NODES,
        holders=holders(),
        catalogue=catalogue(),
        as_of=AS_OF,
    )


def random_tables(
    screening: Compiled, rng: np.random.Generator, rows: int
) -> tuple[dict[str, SignalTable], dict[str, Bits]]:
    """Return made-up signals of every node; whatever fired is known, whatever is known is fresh."""
    tables, held = {}, {}
    for node in screening.nodes:
        part = screening.part(node)
        names = part.states.signals if part else ()
        known = rng.random((rows, len(names))) < 0.7
        fired = known & (rng.random(known.shape) < 0.3)
        tables[node] = SignalTable(
            row_ids=tuple(f"{node}-{place}" for place in range(rows)),
            signal_ids=names,
            items=tuple("" for _ in names),
            fired=fired,
            known=known,
            days=np.full(known.shape, np.datetime64("NaT"), dtype="datetime64[D]"),
            states=np.zeros(known.shape, dtype=np.uint8),
            fresh=np.logical_or.reduce(known, axis=1),
            supported=rng.random(rows) < 0.2,
            population=rng.random(rows) < 0.9,
            unrecorded=(),
        )
        held[node] = rng.random(rows) < 0.05
    return tables, held


def test_the_sample_compiles_to_a_small_table() -> None:
    screening = compiled()
    radices = {digit.name: digit.radix for digit in screening.digits.digits}
    assert radices == {
        "signals:school": 2,
        "signals:survey": 3,
        "sources": 3,
        "supported": 3,
        "hold": 6,
        "receiver": 3,
    }
    assert screening.table.domain == 1024
    assert screening.table.values[0] == 0
    screening.table.check_receiver("receiver")


def test_the_sample_compiles_with_the_catalogues_own_holders() -> None:
    screening = compile_screening(
        read(sos_text()),
        receiver="school",
        nodes=NODES,
        holders=shipped_holders(),
        catalogue=catalogue(),
        as_of=AS_OF,
    )
    assert screening.supporting == ("school", "survey", "welfare")
    assert screening.digits.size == 1296
    assert screening.table.domain == 2048


def test_holds_and_support_share_a_digit_where_the_domain_is_tight() -> None:
    screening = compile_screening(
        read(sos_text()),
        receiver="school",
        nodes=NODES,
        holders=holders(),
        catalogue=catalogue(),
        as_of=AS_OF,
        policy=ScreeningPolicy(max_domain=512),
    )
    names = {digit.name for digit in screening.digits.digits}
    assert "supported" not in names
    assert screening.digits.digit("hold").radix == 6
    tables, held = random_tables(screening, np.random.default_rng(5), 2000)
    total = np.zeros(2000, dtype=np.int64)
    for node in screening.nodes:
        total += contribution(screening, node, tables[node], held[node])
    plain = plain_answer(screening, tables, held)
    assert plain.listed.any()
    assert np.array_equal(screening.table.array()[total].astype(bool), plain.listed)


def test_the_receivers_own_facts_make_local_alerts() -> None:
    part = compiled().part("school")
    assert part is not None
    fired = [part.states.fired_names(code) for code in range(part.states.size)]
    local = {names for names, is_local in zip(fired, part.local, strict=True) if is_local}
    assert frozenset({"abs10"}) in local
    assert frozenset({"late", "nurse"}) in local
    assert frozenset({"late"}) not in local
    assert frozenset() not in local


RULES = {
    "abs10 or surge or count(signals) >= 2": 2,
    "count(signals) >= 3": 1,
    "nurse and lesson and not home": 1,
    "count(school) >= 2 and count(home) == 0": 1,
    "2 * lesson + noone + home >= 3 or abs10 and poor": 2,
    "poor and count(signals) >= 2": 3,
    "(lesson or noone) and (abs10 or late) or poor and home": 2,
}
SIGNALS = """
  - {id: abs10,  group: school, from: D-09, when: "absent_days_month >= 10"}
  - {id: surge,  group: self,   from: D-07, when: "absent_3m >= 5"}
  - {id: late,   group: self,   from: D-07, when: "late_early_3m >= 4"}
  - {id: nurse,  group: self,   from: D-08, when: "visits_3m >= 4"}
  - {id: lesson, group: school, from: D-11, when: "q_understand == 4"}
  - {id: noone,  group: school, from: D-12, when: "no_teacher and no_friend"}
  - {id: home,   group: home,   from: D-10, when: "talk_home == 4"}
  - {id: poor,   group: home,   from: D-26, when: "receives"}
"""


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(sorted(RULES)),
    st.sampled_from(["school", "survey", "welfare", "health"]),
    st.booleans(),
    st.integers(0, 2**32 - 1),
)
def test_the_table_at_the_sum_equals_the_plain_answer(
    rule: str, receiver: str, exclude: bool, seed: int
) -> None:
    screening = compiled(
        definition(SIGNALS, rule, exclude=exclude, min_sources=RULES[rule]), receiver
    )
    tables, held = random_tables(screening, np.random.default_rng(seed), 400)
    total = np.zeros(400, dtype=np.int64)
    for node in screening.nodes:
        total += contribution(screening, node, tables[node], held[node])
    assert total.max() < screening.digits.size

    plain = plain_answer(screening, tables, held)
    assert np.array_equal(screening.table.array()[total].astype(bool), plain.listed)
    alone = local_alerts(screening, tables[receiver], held[receiver])
    assert np.array_equal(alone, plain.local)
    assert not (plain.listed & plain.local).any()


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(sorted(RULES)), st.integers(0, 2**32 - 1))
def test_a_supported_flag_only_removes(rule: str, seed: int) -> None:
    screening = compiled(definition(SIGNALS, rule, exclude=True, min_sources=RULES[rule]))
    tables, held = random_tables(screening, np.random.default_rng(seed), 200)
    before = plain_answer(screening, tables, held)
    for table in tables.values():
        table.supported[::2] = True
    after = plain_answer(screening, tables, held)
    assert not (after.listed & ~before.listed).any()
    assert not (after.local & ~before.local).any()


def test_counting_over_several_departments_shares_one_digit() -> None:
    screening = compiled(definition(SIGNALS, "count(signals) >= 4"), receiver="health")
    shared = screening.digits.digit("signals:school+survey+welfare")
    assert shared.limits == (("school", 4), ("survey", 3), ("welfare", 1))


def test_rows_on_one_slot_count_as_their_maximum() -> None:
    screening = compiled()
    tables, _ = random_tables(screening, np.random.default_rng(1), 3)
    table = tables["survey"]
    table.fired[:] = [[True, False, False], [False, False, False], [True, True, False]]
    none = np.zeros(3, dtype=np.bool_)
    slots = np.array([4, 4, 1])
    placed = contribution_by_slot(screening, "survey", table, none, slots, 6)
    values = screening.digits.unpack(placed)["signals:survey"]
    assert list(values) == [0, 2, 0, 0, 1, 0]


def test_a_node_without_data_for_its_signals_is_told_so() -> None:
    screening = compiled()
    tables, held = random_tables(screening, np.random.default_rng(1), 3)
    with pytest.raises(BadInputError, match="lesson"):
        contribution(screening, "survey", tables["health"], held["survey"])


def test_a_receiver_without_any_child_of_the_grades_is_told_so() -> None:
    screening = compiled()
    tables, held = random_tables(screening, np.random.default_rng(1), 3)
    tables["school"].population[:] = False
    with pytest.raises(BadInputError, match="no child of the grades"):
        contribution(screening, "school", tables["school"], held["school"])
    with pytest.raises(BadInputError, match="no child of the grades"):
        local_alerts(screening, tables["school"], held["school"])


def test_digits_over_the_domain_are_refused_by_name() -> None:
    with pytest.raises(BadInputError, match=r"signals:survey .*hold 6") as caught:
        compile_screening(
            read(sos_text()),
            receiver="school",
            nodes=NODES,
            holders=holders(),
            catalogue=catalogue(),
            as_of=AS_OF,
            policy=ScreeningPolicy(max_domain=256),
        )
    assert "324" in caught.value.what.ja


@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        ({"receiver": "nobody"}, BadInputError, "nobody"),
        ({"nodes": ("school", "survey")}, RefusedError, "minimum 3"),
        ({"nodes": ("school", "welfare", "health")}, BadInputError, "D-10"),
        ({"as_of": dt.date(2027, 4, 1)}, RefusedError, "expired"),
        ({"holders": {"D-07": "school"}}, BadInputError, "No node holds"),
    ],
)
def test_a_plan_that_cannot_work_is_refused(
    changed: dict[str, object], error: type[Exception], words: str
) -> None:
    settings_: dict[str, object] = {
        "receiver": "school",
        "nodes": NODES,
        "holders": holders(),
        "catalogue": catalogue(),
        "as_of": AS_OF,
    }
    with pytest.raises(error, match=words):
        compile_screening(read(sos_text()), **{**settings_, **changed})  # type: ignore[arg-type]


def test_more_sources_than_departments_are_refused() -> None:
    with pytest.raises(BadInputError, match="min_sources 4"):
        compiled(definition(SIGNALS, "count(signals) >= 2", min_sources=4))


def test_a_rule_of_the_receiver_alone_needs_no_lookup() -> None:
    with pytest.raises(RefusedError, match="nothing to look up"):
        compiled(definition(SIGNALS, "abs10 or surge and late"))


def test_supported_children_cannot_be_excluded_when_nobody_knows_them() -> None:
    without = {
        item: node for item, node in holders().items() if item not in {"D-19", "D-20", "D-39"}
    }
    with pytest.raises(BadInputError, match="roll"):
        compile_screening(
            read(sos_text()),
            receiver="school",
            nodes=NODES,
            holders=without,
            catalogue=catalogue(),
            as_of=AS_OF,
        )


def test_too_many_combinations_are_refused() -> None:
    many = "\n".join(
        f'  - {{id: s{place}, group: self, from: D-07, when: "absent_3m >= {place}"}}'
        for place in range(1, 20)
    )
    with pytest.raises(RefusedError, match="combinations"):
        compiled(definition(many, "count(signals) >= 3"))


def test_a_change_of_the_definition_changes_the_digest() -> None:
    changed = read(sos_text().replace("absent_days_month >= 10", "absent_days_month >= 9"))
    assert compiled(changed).digest != compiled().digest
    assert compiled().digest == compiled().digest
