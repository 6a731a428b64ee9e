"""The end of a link epoch at a node: keys of what is over are gone, cases are not."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from nodes.driver.enrolment import Enrolment, current_city_key
from nodes.driver.epochs import close, destroy_closed, secret_name
from nodes.driver.plans import Decision, Plans
from nodes.epoch_policy import EpochState
from nodes.epoch_words import epoch_line
from nodes.plan_words import plan_words
from nodes.store.alerts import LOCAL, StoredAlert
from privacy.governance.consent import Restriction, RestrictionKind
from privacy.linkage.epoch_terms import EpochTerms, Scope
from privacy.plan import PlanKind
from privacy.roster import Roster
from protos.keystore import KeyMissingError
from tests.nodes.epochs import (
    UNTIL,
    full,
    keys_of,
    plan_of,
    sent,
    tell,
)
from tests.nodes.federation import (
    NOW,
    Federation,
    make_city_key,
    make_federation,
    sign_roster,
)


@pytest.fixture
def federation(tmp_path: Path) -> Federation:
    return make_federation(tmp_path, slots=False, sealed=("welfare",))


def test_closing_destroys_the_epoch_at_the_node_but_not_its_slots(federation: Federation) -> None:
    plan, _ = full(federation)
    context = federation.contexts["school"]
    assert keys_of(context) == ["1"]

    close(context, 1)
    close(context, 1)
    close(context, 99)

    assert keys_of(context) == []
    with context.store.reading() as tables:
        epoch = tables.epochs.get(1)
        assert tables.epochs.rows(plan.digest.hex()) is None
        assert tables.links.slot_table() is not None
    assert epoch is not None
    assert (epoch.state, epoch.patterns) == (EpochState.CLOSED, b"")
    terms = EpochTerms(Scope.INCREMENTAL, plan.digest.hex(), UNTIL)
    late = plan_of(federation, terms, version=2)
    review = Plans(context).review(late, "coordinator", late.sign(federation.coordinator))
    assert review.decision is Decision.REFUSED


def test_an_epoch_ends_by_itself_after_its_day(federation: Federation) -> None:
    full(federation)
    context = federation.contexts["school"]
    federation.clock.now = NOW.replace(year=2027, month=3, day=31)
    destroy_closed(context)
    assert keys_of(context) == ["1"]

    federation.clock.now = NOW.replace(year=2027, month=4, day=1)
    destroy_closed(context)

    assert keys_of(context) == []


def test_a_newer_epoch_makes_every_encoding_new_and_closes_the_older(
    federation: Federation,
) -> None:
    _, before = full(federation)
    context = federation.contexts["school"]
    second = plan_of(federation, EpochTerms(), epoch=2, version=2)
    federation.approve(second)

    after = sent(federation, second)
    tell(federation, second, 2)

    for kind, tokens in before.batch.tokens.items():
        held = {row.tobytes() for row in tokens if row.any()}
        assert held.isdisjoint(row.tobytes() for row in after.batch.tokens[kind])
    for name, codes in before.batch.views.items():
        held = {row.tobytes() for row in codes if row.any()}
        assert held.isdisjoint(row.tobytes() for row in after.batch.views[name])
    assert set(before.handles.tolist()).isdisjoint(after.handles.tolist())
    assert keys_of(context) == []


def test_a_new_city_key_closes_every_epoch_and_destroys_the_keys(federation: Federation) -> None:
    full(federation)
    context = federation.contexts["school"]
    old = current_city_key(context).secret
    federation.roster = Roster(federation.roster.city, 2, federation.roster.members)
    sign_roster(federation)
    make_city_key(federation)

    keys = context.config.home / "keys"
    assert keys_of(context) == []
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
    full(federation)
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
    sent(federation, second)

    tell(federation, second, 2)

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
    plan, _ = full(federation)
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
