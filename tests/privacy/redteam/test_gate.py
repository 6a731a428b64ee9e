"""The gate: a report is kept whole, and one that is not good enough is refused by rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from privacy.canonical import canonical_bytes
from privacy.encoding.schema import default_schema
from privacy.errors import BadInputError, ProtocolError
from privacy.identity import IdentityKey
from privacy.redteam.findings import LIMIT, LIMIT_WITH_LABELS, Attack
from privacy.redteam.gate import Floor, SelfTestRefusedError, check_self_test
from privacy.redteam.population import FEWEST, crowding, register
from privacy.redteam.record import Record, committed_record, parse_record, record_from_json
from privacy.redteam.report import pooled
from tests.privacy.redteam import people
from tests.self_tests import MADE, record

SCHEMA = default_schema()


@pytest.mark.parametrize("labels", [False, True])
def test_the_committed_report_is_of_the_committed_schema_and_passes(labels: bool) -> None:
    """Fails after a change of the default schema until the report is made again (README)."""
    schema = default_schema(labels=labels)
    found = committed_record(schema)

    assert found is not None, "privacy/redteam/data: see privacy/redteam/README.md"
    check_self_test(found, schema, Floor(per_birth_date=8.0), found.made)
    limit = LIMIT_WITH_LABELS if labels else LIMIT
    assert all(not finding.exceeds(limit) for finding in found.report.asked.named)
    assert found.report.known >= 1000
    assert len(found.report.seeds) >= 2


def test_a_record_is_read_back_as_it_was_written() -> None:
    made = record()
    assert parse_record(made.to_text()) == made
    # A plan is canonical JSON: no floats.
    assert canonical_bytes(made.to_json())


@pytest.mark.parametrize(
    "change",
    [
        {"known": 5},
        {"format": "other"},
        {"seeds": [-1]},
        {"made": "yesterday"},
        {"asked": None},
        {"extra": 1},
        {"signature": "zz"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_record_is_bad_input(change: dict[str, object]) -> None:
    with pytest.raises(BadInputError):
        record_from_json({**record().to_json(), **change})
    for text in ("", "[]", "null", "{}", "[" * 5000):
        with pytest.raises(BadInputError):
            parse_record(text)


def test_a_signature_holds_for_one_record_only() -> None:
    key = IdentityKey.generate()
    signed = replace(record(), maker="school").signed(key)
    assert parse_record(signed.to_text()) == signed
    signed.check_signature(key.public)
    with pytest.raises(ProtocolError):
        replace(signed, maker="welfare").check_signature(key.public)


def _without(attack: Attack) -> Callable[[Record], Record]:
    def change(made: Record) -> Record:
        kept = tuple(f for f in made.report.asked.findings if f.attack is not attack)
        asked = replace(made.report.asked, findings=kept)
        return replace(made, report=replace(made.report, asked=asked))

    return change


def _report(**values: object) -> Callable[[Record], Record]:
    return lambda made: replace(made, report=replace(made.report, **values))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "rule", "said"),
    [
        (_without(Attack.KNOWN_PAIRS), "self-test-controls", "known-pairs/"),
        (_report(controls=()), "self-test-controls", "control/"),
        (_report(known=3000), "self-test-population", "among 3000 people"),
        (_report(per_birth_date=4.0), "self-test-population", "4.0 people to a birth date"),
        (
            lambda made: replace(made, made=made.made - timedelta(days=1101)),
            "self-test-age",
            "is of 20",
        ),
        (
            lambda made: replace(made, made=made.made + timedelta(days=2)),
            "self-test-age",
            "is of 20",
        ),
        (lambda _made: record(right=40), "self-test-share", "above the limit of 1.0%"),
        (lambda _made: record(default_schema(labels=True)), "self-test", "no self-test report"),
    ],
    ids=["attack", "controls", "size", "dates", "old", "future", "share", "schema"],
)
def test_what_is_not_good_enough_is_refused_by_rule(
    change: Callable[[Record], Record], rule: str, said: str
) -> None:
    floor = Floor(per_birth_date=8.0)
    assert check_self_test(record(), SCHEMA, floor, MADE) == record()
    with pytest.raises(SelfTestRefusedError, match=said) as refused:
        check_self_test(change(record()), SCHEMA, floor, MADE)
    assert refused.value.rule == rule
    assert refused.value.fix.ja


def test_no_report_and_too_few_codes_are_refused() -> None:
    with pytest.raises(SelfTestRefusedError, match="no self-test report"):
        check_self_test(None, SCHEMA, Floor(), MADE)
    with pytest.raises(SelfTestRefusedError, match="short of 5000"):
        check_self_test(record(), SCHEMA, Floor(least_tried=5000), MADE)


def test_labels_have_a_limit_of_their_own() -> None:
    labelled = default_schema(labels=True)
    check_self_test(record(labelled, right=60), labelled, Floor(), MADE)
    with pytest.raises(SelfTestRefusedError, match="above the limit of 3"):
        check_self_test(record(labelled, right=90), labelled, Floor(), MADE)


def test_runs_are_pooled_by_adding_counts_and_claiming_the_least() -> None:
    one = record().report
    both = pooled([one, replace(one, seeds=(3,), known=1500, per_birth_date=7.0)])
    assert both.seeds == (1, 2, 3)
    assert (both.known, both.per_birth_date) == (1500, 7.0)
    assert both.asked.findings[0].tried == 2 * one.asked.findings[0].tried


def test_a_sample_keeps_whole_birth_dates_and_the_truth() -> None:
    town = people.population()
    some = town.sample(120, 1)
    dates = {person.birth_date for person in some.known}
    assert 120 <= len(some.known) < 160
    assert len(some.known) == sum(person.birth_date in dates for person in town.known)
    named = [some.known[at] for at in some.truth.tolist() if at >= 0]
    assert all(person in town.known for person in named)
    assert town.sample(10_000, 1) is town


def test_dates_are_dealt_anew_to_code_and_person_alike() -> None:
    sparse = people.population(per_date=1)
    dense = sparse.crowded(8, 1)
    assert sparse.per_birth_date < 4
    assert dense.per_birth_date > 7
    named = zip(dense.encoded, dense.truth.tolist(), strict=True)
    assert all(code.birth_date == dense.known[at].birth_date for code, at in named if at >= 0)
    assert [p.family for p in dense.known] == [p.family for p in sparse.known]


def test_a_register_knows_all_whose_codes_are_seen() -> None:
    persons = people.population().known[: FEWEST + 1]
    own = register(persons, 1)
    assert [own.known[at] for at in own.truth.tolist()] == list(own.encoded)


def test_crowding_is_seen_from_a_person() -> None:
    assert crowding([]) == crowding(["", "2015-04-02"]) == 1.0
    assert crowding(["2015-04-02"] * 3 + ["2015-04-03"]) == pytest.approx(2.5)
