"""Link epochs at a node: rows keep handles, changes alone leave, keys of what is over are gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from nodes.driver.context import NodeContext
from nodes.driver.enrolment import Enrolment, current_city_key
from nodes.driver.epochs import close, destroy_closed, secret_name
from nodes.driver.importing import carry_slots
from nodes.driver.linking import Linking
from nodes.driver.plans import Decision, Plans
from nodes.encoder import Outgoing
from nodes.epoch_policy import EpochState
from nodes.epoch_rows import DUMMY, GONE, EpochRows, changes, following
from nodes.epoch_words import epoch_line
from nodes.messages import SlotPiece
from nodes.plan_words import plan_words
from nodes.store.alerts import LOCAL, StoredAlert
from nodes.store.people import StoredRow
from privacy.encoding.schema import default_schema
from privacy.errors import ProtocolError, RefusedError
from privacy.governance.consent import Restriction, RestrictionKind
from privacy.linkage.epoch_terms import KEY, EpochTerms, Scope
from privacy.normalise.person import Person
from privacy.plan import Plan, PlanKind
from privacy.roster import Roster
from protos.keystore import KeyMissingError
from tests.nodes.federation import (
    CHILDREN,
    NOW,
    Federation,
    child,
    make_city_key,
    make_federation,
    sign_roster,
)

SCHEMA = default_schema().digest
UNTIL = date(2027, 3, 31)


@pytest.fixture
def federation(tmp_path: Path) -> Federation:
    return make_federation(tmp_path, slots=False, sealed=("welfare",))


def _plan(federation: Federation, terms: EpochTerms, epoch: int = 1, version: int = 0) -> Plan:
    values = {"link_epoch": epoch, "slot_table": version, "definition": {KEY: terms.to_json()}}
    return federation.plan(PlanKind.LINK, **values)


def _sent(federation: Federation, plan: Plan, node: str = "school") -> Outgoing:
    return Linking(federation.contexts[node]).encodings(plan.digest, SCHEMA, "first", [])


def _tell(federation: Federation, plan: Plan, version: int, node: str = "school") -> None:
    context = federation.contexts[node]
    with context.store.reading() as tables:
        rows = tables.epochs.rows(plan.digest.hex())
    assert rows is not None
    slots = np.arange(len(rows), dtype=np.uint32)
    piece = SlotPiece(version, bytes([version]) * 32, len(rows), len(rows), 0, slots)
    Linking(context).accept_slots(plan.digest, iter([piece]))


def _full(federation: Federation) -> tuple[Plan, Outgoing]:
    """Run the node's part of a full round whose codes are kept."""
    plan = _plan(federation, EpochTerms(codes_until=UNTIL))
    federation.approve(plan)
    outgoing = _sent(federation, plan)
    _tell(federation, plan, 1)
    return plan, outgoing


def _incremental(federation: Federation, base: Plan, version: int = 2) -> Plan:
    terms = EpochTerms(Scope.INCREMENTAL, base.digest.hex(), UNTIL)
    plan = _plan(federation, terms, version=version)
    signature = plan.sign(federation.coordinator)
    review = Plans(federation.contexts["school"]).review(plan, "coordinator", signature)
    assert review.decision is Decision.APPROVED, review.error
    return plan


def _import(context: NodeContext, people: Sequence[Person], ids: Sequence[str]) -> None:
    rows = [StoredRow(row_id, place) for place, row_id in enumerate(ids)]
    with context.store.transaction() as tables:
        carry_slots(context, tables, rows, people)
        tables.records.replace(rows, people)


def _new(given: str) -> Person:
    return replace(child(900), given=given, given_kana=given, resident_number=given)


def _keys(context: NodeContext) -> list[str]:
    folder = context.config.home / "keys" / "epochs"
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def test_a_plan_that_keeps_nothing_leaves_no_secret(federation: Federation) -> None:
    plan = federation.plan(PlanKind.LINK)
    federation.approve(plan)
    _sent(federation, plan)
    context = federation.contexts["school"]
    assert _keys(context) == ["1"]

    _tell(federation, plan, 1)

    assert _keys(context) == []
    with pytest.raises(RefusedError, match="closed"):
        _sent(federation, plan)


def test_an_incremental_round_sends_what_changed_and_names_what_is_gone(
    federation: Federation,
) -> None:
    plan, before = _full(federation)
    people = [child(n) for n in range(1, CHILDREN)] + [_new("ツムギ"), _new("イツキ")]
    people[0] = replace(people[0], town="転居先")
    ids = [f"school-{n}" for n in (*range(1, CHILDREN), 900, 901)]
    context = federation.contexts["school"]
    with context.store.reading() as tables:
        first = tables.epochs.rows(plan.digest.hex())
    _import(context, people, ids)

    outgoing = _sent(federation, _incremental(federation, plan))

    assert first is not None
    gone = first.handles[first.records == 0]
    moved = first.handles[first.records == 1]
    assert outgoing.removed.tolist() == gone.tolist()
    assert outgoing.total == 3
    assert moved[0] in outgoing.handles
    assert set(outgoing.handles.tolist()) & set(before.handles.tolist()) == set(moved.tolist())


def test_nothing_changed_is_one_empty_message(federation: Federation) -> None:
    plan, _ = _full(federation)

    outgoing = _sent(federation, _incremental(federation, plan))

    assert (outgoing.total, len(outgoing.removed)) == (0, 0)
    assert [piece.rows for _, piece in outgoing.chunks()] == [0]


def test_a_token_that_another_row_takes_away_is_a_change(federation: Federation) -> None:
    plan, before = _full(federation)
    context = federation.contexts["school"]
    twin = replace(child(3), town="別")
    ids = [f"school-{n}" for n in range(CHILDREN)]
    _import(context, [*map(child, range(CHILDREN)), twin], [*ids, "school-900"])

    outgoing = _sent(federation, _incremental(federation, plan))

    assert outgoing.total == 2
    assert not outgoing.batch.tokens["T1"].any()
    assert len(set(outgoing.handles.tolist()) & set(before.handles.tolist())) == 1


def test_dummies_stay_the_same_while_rows_come_and_go(federation: Federation) -> None:
    plan, before = _full(federation)
    context = federation.contexts["school"]
    some = [child(n) for n in range(0, CHILDREN, 2)]
    _import(context, some, [f"school-{n}" for n in range(0, CHILDREN, 2)])
    again = _plan(federation, EpochTerms(Scope.FULL, plan.digest.hex(), UNTIL), version=2)
    signature = again.sign(federation.coordinator)
    Plans(context).review(again, "coordinator", signature)

    after = _sent(federation, again)

    with context.store.reading() as tables:
        rows = tables.epochs.rows(again.digest.hex())
    assert rows is not None
    fakes = np.flatnonzero(rows.records == DUMMY)
    assert len(fakes) == 16
    places = np.searchsorted(before.handles, rows.handles[fakes])
    for name, codes in after.batch.views.items():
        assert np.array_equal(codes[fakes], before.batch.views[name][places])
    for kind, tokens in after.batch.tokens.items():
        assert np.array_equal(tokens[fakes], before.batch.tokens[kind][places])


def test_later_passes_are_limited_over_the_whole_epoch(federation: Federation) -> None:
    plan, before = _full(federation)
    context = federation.contexts["school"]
    school, handles = Linking(context), before.handles.tolist()
    half = len(handles) // 2
    second = _incremental(federation, plan)
    _sent(federation, second)
    school.encodings(second.digest, SCHEMA, "kana", handles[:half])
    _tell(federation, second, 2)
    third = _incremental(federation, second, version=3)
    _sent(federation, third)

    with pytest.raises(ProtocolError, match="of a link epoch"):
        school.encodings(third.digest, SCHEMA, "kana", handles[half : 2 * half])
    school.encodings(third.digest, SCHEMA, "kana", handles[: half + 2])


def test_a_round_that_was_cancelled_does_not_become_the_base(federation: Federation) -> None:
    plan, _ = _full(federation)
    context = federation.contexts["school"]
    ids = [f"school-{n}" for n in range(1, CHILDREN)]
    _import(context, [child(n) for n in range(1, CHILDREN)], ids)
    cancelled = _sent(federation, _incremental(federation, plan))

    again = _sent(federation, _incremental(federation, plan, version=3))

    assert again.removed.tolist() == cancelled.removed.tolist()
    assert len(again.removed) == 1


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"codes_until": date(2029, 1, 1)}, "code-days"),
        ({"codes_until": date(2026, 1, 1)}, "code-days"),
        ({"base": "ab" * 32}, "link-epoch"),
        ({"scope": Scope.FULL, "base": ""}, "link-epoch"),
    ],
)
def test_a_plan_against_the_rules_of_epochs_is_refused(
    federation: Federation, change: dict[str, object], rule: str
) -> None:
    base, _ = _full(federation)
    good = EpochTerms(Scope.INCREMENTAL, base.digest.hex(), UNTIL)
    plan = _plan(federation, replace(good, **change), version=2)  # type: ignore[arg-type]
    context = federation.contexts["school"]

    review = Plans(context).review(plan, "coordinator", plan.sign(federation.coordinator))

    assert review.decision is Decision.REFUSED
    assert review.error is not None
    assert f"[{rule}]" in review.error.what.en


def test_closing_destroys_the_epoch_at_the_node_but_not_its_slots(federation: Federation) -> None:
    plan, _ = _full(federation)
    context = federation.contexts["school"]
    assert _keys(context) == ["1"]

    close(context, 1)
    close(context, 1)
    close(context, 99)

    assert _keys(context) == []
    with context.store.reading() as tables:
        epoch = tables.epochs.get(1)
        assert tables.epochs.rows(plan.digest.hex()) is None
        assert tables.links.slot_table() is not None
    assert epoch is not None
    assert (epoch.state, epoch.patterns) == (EpochState.CLOSED, b"")
    terms = EpochTerms(Scope.INCREMENTAL, plan.digest.hex(), UNTIL)
    late = _plan(federation, terms, version=2)
    review = Plans(context).review(late, "coordinator", late.sign(federation.coordinator))
    assert review.decision is Decision.REFUSED


def test_an_epoch_ends_by_itself_after_its_day(federation: Federation) -> None:
    _full(federation)
    context = federation.contexts["school"]
    federation.clock.now = NOW.replace(year=2027, month=3, day=31)
    destroy_closed(context)
    assert _keys(context) == ["1"]

    federation.clock.now = NOW.replace(year=2027, month=4, day=1)
    destroy_closed(context)

    assert _keys(context) == []


def test_a_newer_epoch_makes_every_encoding_new_and_closes_the_older(
    federation: Federation,
) -> None:
    _, before = _full(federation)
    context = federation.contexts["school"]
    second = _plan(federation, EpochTerms(), epoch=2, version=2)
    federation.approve(second)

    after = _sent(federation, second)
    _tell(federation, second, 2)

    for kind, tokens in before.batch.tokens.items():
        held = {row.tobytes() for row in tokens if row.any()}
        assert held.isdisjoint(row.tobytes() for row in after.batch.tokens[kind])
    for name, codes in before.batch.views.items():
        held = {row.tobytes() for row in codes if row.any()}
        assert held.isdisjoint(row.tobytes() for row in after.batch.views[name])
    assert set(before.handles.tolist()).isdisjoint(after.handles.tolist())
    assert _keys(context) == []


def test_a_new_city_key_closes_every_epoch_and_destroys_the_keys(federation: Federation) -> None:
    _full(federation)
    context = federation.contexts["school"]
    old = current_city_key(context).secret
    federation.roster = Roster(federation.roster.city, 2, federation.roster.members)
    sign_roster(federation)
    make_city_key(federation)

    keys = context.config.home / "keys"
    assert _keys(context) == []
    assert sorted(path.name for path in (keys / "city").iterdir()) == ["2"]
    octets = b"".join(path.read_bytes() for path in keys.rglob("*") if path.is_file())
    assert old not in octets
    with pytest.raises(KeyMissingError):
        context.keys.read(secret_name(1))
    with context.store.reading() as tables:
        assert tables.links.slot_table() is not None
        assert [e.state for e in tables.epochs.all()] == [EpochState.CLOSED]
    assert Enrolment(context).commit(federation.roster.digest)


def test_cases_and_holds_outlive_new_keys_and_the_old_slot_table_serves_no_new_run(
    federation: Federation,
) -> None:
    _full(federation)
    context = federation.contexts["school"]
    end = "2027-03-31T00:00:00+00:00"
    with context.store.transaction() as tables:
        alert = StoredAlert("ab" * 32, "", 7, "school-7", LOCAL, end, end, 0, b"card", "opened")
        tables.alerts.add(alert)
        tables.restrictions.add(
            Restriction("school-8", RestrictionKind.OBJECTION, date(2026, 7, 1))
        )
    federation.roster = Roster(federation.roster.city, 2, federation.roster.members)
    sign_roster(federation)
    make_city_key(federation)
    second = federation.plan(PlanKind.LINK, link_epoch=2, slot_table=2)
    federation.approve(second)
    _sent(federation, second)

    _tell(federation, second, 2)

    with context.store.reading() as tables:
        table = tables.links.slot_table()
        kept = tables.alerts.all()
        held = tables.restrictions.all()
    assert table is not None
    assert table.version == 2
    assert [(each.record, each.row_id, each.state) for each in kept] == [(7, "school-7", "opened")]
    assert 7 in table.records.tolist()
    assert [each.row_id for each in held] == ["school-8"]
    old = federation.plan(
        PlanKind.SCREEN, slot_table=1, receiver="school", definition={"most_listed": 10}
    )
    review = Plans(context).review(old, "coordinator", old.sign(federation.coordinator))
    assert review.decision is Decision.REFUSED
    assert review.error is not None
    assert "[slot-table]" in review.error.what.en


def test_the_plan_and_the_status_say_in_words_what_is_kept(federation: Federation) -> None:
    plan, _ = _full(federation)
    context = federation.contexts["school"]

    said = " ".join(one.en for one in plan_words(plan))
    assert "opens a new link epoch" in said
    assert "on 2027-03-31 at the latest" in said
    nothing = " ".join(one.en for one in plan_words(federation.plan(PlanKind.LINK)))
    assert "destroys the codes when this round ends" in nothing
    with context.store.reading() as tables:
        epoch = tables.epochs.newest_in_force()
    line = epoch_line(epoch, 166, NOW.date(), sealed=False)
    assert "166 rows" in line.en
    assert "until 2027-03-31" in line.en
    sealed = epoch_line(epoch, 0, NOW.date(), sealed=True)
    assert "holds no code of this department" in sealed.en
    close(context, 1)
    with context.store.reading() as tables:
        epoch = tables.epochs.newest_in_force()
    assert "holds no codes" in epoch_line(epoch, 0, NOW.date(), sealed=False).en


def _digests(values: Sequence[int]) -> NDArray[np.uint8]:
    return np.array([[value % 256] * 16 for value in values], dtype=np.uint8).reshape(-1, 16)


@given(
    st.lists(st.integers(1, 250), max_size=12),
    st.lists(st.tuples(st.booleans(), st.integers(1, 250)), max_size=12),
    st.integers(0, 1 << 30),
)
def test_changes_applied_to_the_rows_before_give_the_rows_after(
    old: list[int], fate: list[tuple[bool, int]], seed: int
) -> None:
    """Records stay or leave, change or not; new ones come: handles of the others stay."""
    draw = np.random.default_rng(seed).bytes
    base = following(None, _digests(old), 3, draw)
    kept = [at for at, (stays, _) in enumerate(fate[: len(old)]) if stays]
    now = [fate[at][1] if at % 3 == 0 else old[at] for at in kept] + [
        v for _, v in fate[len(old) :]
    ]
    moved = base.carried({at: place for place, at in enumerate(kept)})
    after = following(moved, _digests(now), 3, draw)
    found = changes(moved, after)

    said = {int(h): bytes(d) for h, d in zip(base.handles, base.digests, strict=True)}
    for handle in found.removed.tolist():
        del said[handle]
    for place in found.sent.tolist():
        said[int(after.handles[place])] = bytes(after.digests[place])
    assert said == {int(h): bytes(d) for h, d in zip(after.handles, after.digests, strict=True)}
    assert after.fits(len(now))
    assert not (after.records == GONE).any()
    fakes = {int(h) for h in base.handles[base.records == DUMMY]}
    assert fakes <= {int(h) for h in after.handles[after.records == DUMMY]}
    again = EpochRows.from_bytes(after.to_bytes())
    assert np.array_equal(again.digests, after.digests)
    assert np.array_equal(again.records, after.records)
