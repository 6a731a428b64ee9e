"""A node in clerical review: what it keeps, what it shows its own people, what leaves."""

import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodes.driver.enrolment import current_city_key
from nodes.driver.linking import Linking
from nodes.driver.review import ReviewRounds, forget_gone
from nodes.driver.reviewing import Reviewing
from nodes.epoch_rows import DUMMY
from nodes.review_sheet import HIDDEN, checks
from nodes.store.people import StoredRow
from privacy.encoding.schema import default_schema
from privacy.errors import BadInputError, EnishiError, ProtocolError, RefusedError
from privacy.governance.consent import Restriction, RestrictionKind
from privacy.linkage.asking import Answer, Asked, Kind, Told
from privacy.linkage.likeness import Level, Likeness
from privacy.normalise.person import Person
from privacy.plan import Plan, PlanKind
from protos.reviews import questions_bytes, questions_from_bytes, told_bytes, told_from_bytes
from tests.nodes.federation import CHILDREN, Federation, child, make_federation

SCHEMA = default_schema().digest
LIKE = Likeness(Level.AGREE, Level.DIFFER, Level.AGREE, Level.PARTLY, Level.UNKNOWN)


@pytest.fixture
def federation(tmp_path: Path) -> Federation:
    return make_federation(tmp_path, slots=False, sealed=("welfare",))


def _plan(federation: Federation, epoch: int = 1) -> Plan:
    """Approve a link plan; both open nodes have sent their first pass."""
    plan = federation.plan(PlanKind.LINK, link_epoch=epoch)
    federation.approve(plan)
    for node in ("school", "survey"):
        Linking(federation.contexts[node]).encodings(plan.digest, SCHEMA, "first", [])
    return plan


def _order(federation: Federation, plan: Plan, node: str = "school") -> list[int]:
    with federation.contexts[node].store.reading() as tables:
        rows = tables.epochs.rows(plan.digest.hex())
    assert rows is not None
    return [int(each) for each in rows.records]


def _pair(number: int) -> bytes:
    return bytes([number]) * 16


def _asked(federation: Federation, plan: Plan, *records: int) -> list[Asked]:
    order = _order(federation, plan)
    return [
        Asked(_pair(number), order.index(record), Kind.NEAR, LIKE)
        for number, record in enumerate(records)
    ]


def _rounds(federation: Federation, node: str = "school") -> ReviewRounds:
    return ReviewRounds(federation.contexts[node])


def _people(federation: Federation) -> Reviewing:
    return Reviewing(federation.contexts["school"])


def test_a_question_shows_the_own_row_and_words(federation: Federation) -> None:
    plan = _plan(federation)
    _rounds(federation).take(plan.digest, _asked(federation, plan, 7))

    (sheet,) = _people(federation).sheets()

    own = {name.en: value.ja for name, value in sheet.own}
    person = child(7)
    assert own["kana"] == f"{person.family_kana} {person.given_kana}"
    assert own["date of birth"] == person.birth_date
    assert own["address"] == f"{person.town} {person.block}"
    assert [level.en for _, level in sheet.compared][1] == "differs, at least in part"
    assert sheet.review.row_id == "school-7"
    assert any("Date of birth" in check.en for check in sheet.checks)


def test_the_address_of_a_protected_child_is_not_shown(federation: Federation) -> None:
    plan = _plan(federation)
    _rounds(federation).take(plan.digest, _asked(federation, plan, 7))
    with federation.contexts["school"].store.transaction() as tables:
        tables.restrictions.add(
            Restriction("school-7", RestrictionKind.PROTECTED, date(2026, 1, 1))
        )

    (sheet,) = _people(federation).sheets()

    assert {name.en: value for name, value in sheet.own}["address"] == HIDDEN


def test_answers_leave_in_the_next_round_under_tags_both_holders_derive(
    federation: Federation,
) -> None:
    first = _plan(federation)
    _rounds(federation).take(first.digest, _asked(federation, first, 7, 9))
    _people(federation).answer(_pair(0).hex()[:8], Answer.SAME, "operator1")
    survey = [Asked(_pair(0), 3, Kind.NEAR, LIKE)]
    _rounds(federation, "survey").take(first.digest, survey)
    second = _plan(federation, 2)

    told = _rounds(federation).told(second.digest)
    other = _rounds(federation, "survey").told(second.digest)

    order = _order(federation, second)
    said = dict(zip((order[row] for row in told.rows), told.answers, strict=True))
    assert said == {7: Answer.SAME, 9: Answer.OPEN}
    assert set(other.tags) < set(told.tags)
    assert not any(_pair(n) in tag for n in range(2) for tag in told.tags)
    keys = {current_city_key(c).secret for c in federation.contexts.values()}
    assert len(keys) == 1
    assert set(_rounds(federation).told(first.digest).tags).isdisjoint(told.tags)


def test_what_a_round_was_told_stays_the_same_and_is_on_record(federation: Federation) -> None:
    first = _plan(federation)
    rounds = _rounds(federation)
    rounds.take(first.digest, _asked(federation, first, 7))
    before = rounds.told(first.digest)
    _people(federation).answer(_pair(0).hex(), Answer.DIFFERENT, "operator1", corrected=True)

    assert rounds.told(first.digest) == before
    with federation.contexts["school"].store.reading() as tables:
        assert [row.rows for row in tables.sent.all() if row.step == "review-answers"] == [1]
        log = "\n".join(tables.audit.lines())
        (stored,) = tables.reviews.all()
    assert (stored.answer, stored.corrected, stored.answered_by) == (
        Answer.DIFFERENT,
        True,
        "operator1",
    )
    assert stored.answered_at
    assert "school-7" not in log
    assert "different" not in log.lower()
    assert _pair(0).hex() in log


def test_a_question_about_a_dummy_is_shown_to_nobody_and_goes_back_open(
    federation: Federation,
) -> None:
    plan = _plan(federation)
    dummy = _order(federation, plan).index(int(DUMMY))
    _rounds(federation).take(plan.digest, [Asked(_pair(1), dummy, Kind.NEAR, LIKE)])

    told = _rounds(federation).told(plan.digest)

    assert _people(federation).sheets() == ()
    assert told.answers == (Answer.OPEN,)
    assert _order(federation, plan)[told.rows[0]] == int(DUMMY)
    with pytest.raises(RefusedError):
        _people(federation).answer(_pair(1).hex(), Answer.SAME, "operator1")


def test_an_unknown_pair_is_refused_by_its_id(federation: Federation) -> None:
    plan = _plan(federation)
    _rounds(federation).take(plan.digest, _asked(federation, plan, 7))

    with pytest.raises(RefusedError, match="no pair ffff0000ffff"):
        _people(federation).answer("ffff0000ffff", Answer.SAME, "operator1")
    with pytest.raises(RefusedError, match=r"no pair 00\."):
        _people(federation).answer("00", Answer.SAME, "operator1")


@pytest.mark.parametrize(("by", "error"), [("ssw1", RefusedError), ("nobody", BadInputError)])
def test_only_operators_and_approvers_answer(
    federation: Federation, by: str, error: type[EnishiError]
) -> None:
    plan = _plan(federation)
    _rounds(federation).take(plan.digest, _asked(federation, plan, 7))

    with pytest.raises(error, match=by):
        _people(federation).answer(_pair(0).hex(), Answer.SAME, by)
    with pytest.raises(BadInputError):
        _people(federation).answer(_pair(0).hex(), Answer.OPEN, "operator1")


def test_a_sealed_department_takes_no_part(federation: Federation) -> None:
    plan = _plan(federation)

    with pytest.raises(RefusedError, match="sealed"):
        _rounds(federation, "welfare").take(plan.digest, [])
    with pytest.raises(RefusedError, match="sealed"):
        _rounds(federation, "welfare").told(plan.digest)


def test_more_questions_than_the_policy_allows_are_refused(federation: Federation) -> None:
    plan = _plan(federation)
    context = federation.contexts["school"]
    object.__setattr__(context.config.policy, "max_review_pairs", 2)
    rounds = _rounds(federation)

    rounds.take(plan.digest, [])
    with pytest.raises(ProtocolError, match="other review questions"):
        rounds.take(plan.digest, _asked(federation, plan, 7))
    second = _plan(federation, 2)
    with pytest.raises(RefusedError, match="max_review_pairs"):
        rounds.take(second.digest, _asked(federation, second, 7, 8, 9))
    rounds.take(second.digest, _asked(federation, second, 7, 8))
    rounds.take(second.digest, _asked(federation, second, 7, 8))


def test_questions_about_what_was_never_sent_are_refused(federation: Federation) -> None:
    plan = _plan(federation)
    beyond = [Asked(_pair(0), CHILDREN + 16, Kind.NEAR, LIKE)]

    with pytest.raises(ProtocolError, match="unknown row"):
        _rounds(federation).take(plan.digest, beyond)
    unsent = federation.plan(PlanKind.LINK, link_epoch=7)
    federation.approve(unsent)
    with pytest.raises(ProtocolError, match="never sent"):
        _rounds(federation).told(unsent.digest)


def test_a_pair_goes_with_its_child_through_an_import(federation: Federation) -> None:
    plan = _plan(federation)
    _rounds(federation).take(plan.digest, _asked(federation, plan, 1, 2, 3))
    people = [child(n) for n in range(4)]
    mended = Person(family="佐藤", given=people[1].given, birth_date="2014-01-01")
    rows = [StoredRow("school-1", 0), StoredRow("school-2", 1)]
    with federation.contexts["school"].store.transaction() as tables:
        forget_gone(tables, rows, [mended, Person(given="別", birth_date="2016-02-02")])
        tables.records.replace(rows, [mended, Person(given="別", birth_date="2016-02-02")])

    (sheet,) = _people(federation).sheets()

    assert sheet.review.row_id == "school-1"


def test_the_sheet_names_twins_and_what_is_missing() -> None:
    like = Likeness(Level.AGREE, Level.AGREE, Level.AGREE, Level.AGREE, Level.UNKNOWN)

    found = checks(like, Person(family="山田", birth_date="2015-06-11", sex="1", town="本町"), 1)

    assert [check.en.split(":")[0] for check in found] == [
        "Missing in this row",
        "1 more with this family name and date of birth are here",
    ]
    kept = frozenset({"names", "birth_date"})
    assert [
        c.en for c in checks(like, Person(family="山田", birth_date="2015-06-11"), 0, kept)
    ] == ["Nothing differs: look at the row as a whole."]
    full = Person(family="山", birth_date="2015-06-11", sex="1", town="本町", resident_number="1")
    assert [check.en for check in checks(like, full, 0)] == [
        "Nothing differs: look at the row as a whole."
    ]


_levels = st.sampled_from(Level)


@given(
    pair=st.binary(min_size=16, max_size=16),
    row=st.integers(0, 2**32 - 1),
    kind=st.sampled_from(Kind),
    likeness=st.builds(Likeness, _levels, _levels, _levels, _levels, _levels),
    answer=st.sampled_from(Answer),
)
def test_questions_and_answers_come_back_from_the_wire_as_they_went(
    pair: bytes, row: int, kind: Kind, likeness: Likeness, answer: Answer
) -> None:
    asked = Asked(pair, row, kind, likeness, "school")
    told = Told((pair * 2,), (row,), (answer,))

    assert questions_from_bytes(questions_bytes(bytes(32), [asked])) == (asked,)
    assert told_from_bytes(told_bytes(told)) == told
    assert json.dumps([int(np.int8(answer))])
