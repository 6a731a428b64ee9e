"""Link epochs at the coordinator: held, incremental, closing, closed; killed in between."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest

from coordinator import epochs
from coordinator.encodings import second_passes
from coordinator.epoch_plans import continued
from coordinator.held import FOLDER, archive
from coordinator.messages import EncodingPart
from coordinator.planning import plan_link, store_plan
from coordinator.process import CoordinatorProcess
from coordinator.running import sweep
from coordinator.store.epochs import EpochState
from coordinator.store.rounds import StoredRound
from coordinator.verbs.epochs import close, status, terms
from privacy.encoding.schema import default_schema
from privacy.errors import BadInputError, RefusedError, Text, UnreachableError
from privacy.linkage.epoch_terms import EpochTerms, Scope
from privacy.plan import Plan
from tests.coordinator.conftest import TurnedClock
from tests.coordinator.federation import Federation, federate, people, three_departments
from tests.simulator import SimulatedNode

UNTIL = dt.date(2027, 3, 31)
OPEN = ("residents", "school")
Partition = frozenset[frozenset[tuple[str, int]]]


def _round(federation: Federation, terms: EpochTerms | None = None) -> StoredRound:
    process = federation.process
    stored = store_plan(process, plan_link(process, terms))
    ended = asyncio.run(federation.driver().drive(stored.round_id))
    assert ended.state == "done", ended.reason_en
    return ended


def _keeping() -> EpochTerms:
    return EpochTerms(codes_until=UNTIL)


def _clusters(federation: Federation) -> Partition:
    """Return which rows, by handle, the open nodes were told to share a slot."""
    groups: dict[int, set[tuple[str, int]]] = defaultdict(set)
    for name in OPEN:
        node = federation.peers.node(name)
        for place, handle in enumerate(sorted(node.rows)):
            groups[node.slots[place]].add((name, handle))
    return frozenset(frozenset(group) for group in groups.values())


def _held_files(process: CoordinatorProcess) -> list[str]:
    folder = process.config.spool / FOLDER
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


@pytest.fixture
def federation(process: CoordinatorProcess) -> Federation:
    return federate(process, three_departments(40))


def test_by_default_no_codes_stay_and_no_epoch_is_open(federation: Federation) -> None:
    _round(federation)

    assert _held_files(federation.process) == []
    assert federation.process.epochs.all() == ()
    with pytest.raises(RefusedError, match="No link epoch is open"):
        continued(federation.process, Scope.INCREMENTAL)


def _change(node: SimulatedNode, randomness: np.random.Generator, pool: list) -> None:  # type: ignore[type-arg]
    """Add, change and remove rows at random; a moved child and a new one each time."""
    for handle in randomness.choice(sorted(node.rows), 2, replace=False).tolist():
        del node.rows[handle]
    for handle in randomness.choice(sorted(node.rows), 2, replace=False).tolist():
        node.rows[handle] = replace(node.rows[handle], town="転居先", block="9-9")
    for person in randomness.choice(len(pool), 3).tolist():
        node.rows[1000 + int(randomness.integers(1 << 30))] = pool[person]


@pytest.mark.timeout(120)
def test_incremental_rounds_give_the_clusters_of_a_full_one(federation: Federation) -> None:
    process, pool = federation.process, people(90)
    _round(federation, _keeping())
    randomness = np.random.default_rng(5)
    for _ in range(2):
        for name in OPEN:
            _change(federation.peers.node(name), randomness, pool)
        _round(federation, continued(process, Scope.INCREMENTAL))
    incremental = _clusters(federation)
    sealed = federation.peers.node("welfare")

    again = _round(federation, continued(process, Scope.FULL))

    assert _clusters(federation) == incremental
    assert {Plan.from_bytes(r.plan).link_epoch for r in process.rounds.all()} == {1}
    assert _held_files(process) == [again.round_id]
    epoch = process.epochs.open_one()
    assert epoch is not None
    assert epoch.rows == sum(len(federation.peers.node(name).rows) for name in OPEN)
    assert sealed.slot_table == 4


@pytest.mark.timeout(120)
def test_an_incremental_round_moves_the_changes_and_nothing_else(federation: Federation) -> None:
    process, school = federation.process, federation.peers.node("school")
    first = _round(federation, _keeping())
    moved: list[int] = []

    def noted(part: EncodingPart) -> EncodingPart:
        moved.append(part.rows)
        return part

    for name in OPEN:
        federation.peers.node(name).script.changes = noted
    withheld = sorted(school.rows)[3]
    child = school.rows.pop(withheld)

    _round(federation, continued(process, Scope.INCREMENTAL))

    # The first pass moved no row; requests of later passes are filled up to a step.
    assert sum(moved) <= len(OPEN) * len(second_passes(default_schema())) * 8
    assert not archive(process, first.round_id).has("first/school")
    kept = archive(process, process.epochs.all()[0].round_id)
    octets = b"".join(kept.frames("first/school"))
    token = school._batch(("first",)).tokens["T1"][0].tobytes()
    assert token in octets
    gone = SimulatedNode("school", [child])._batch(("first",)).tokens["T1"][0].tobytes()
    assert gone not in octets


@pytest.mark.timeout(120)
@pytest.mark.parametrize("point", ["link:closed:before", "link:closed:after", "link:done:before"])
def test_a_round_killed_at_its_end_holds_one_version_of_the_rows(
    federation: Federation, point: str
) -> None:
    process = federation.process
    _round(federation, _keeping())
    stored = store_plan(process, plan_link(process, continued(process, Scope.INCREMENTAL)))

    def die(reached: str) -> None:
        if reached == point:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(federation.driver(die).drive(stored.round_id))
    assert len(_held_files(process)) == 2
    sweep(process)
    assert len(_held_files(process)) == 2
    asyncio.run(federation.driver().drive(stored.round_id))

    assert _held_files(process) == [stored.round_id]


@pytest.mark.timeout(120)
def test_a_cancelled_round_leaves_the_epoch_as_it_was(federation: Federation) -> None:
    process = federation.process
    first = _round(federation, _keeping())
    federation.peers.node("school").rows.pop(0)
    stored = store_plan(process, plan_link(process, continued(process, Scope.INCREMENTAL)))

    def die(reached: str) -> None:
        if reached == "link:closed:before":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(federation.driver(die).drive(stored.round_id))
    federation.driver().cancel(process.rounds.get(stored.round_id))
    asyncio.run(federation.driver().drive(stored.round_id))

    assert _held_files(process) == [first.round_id]
    assert continued(process, Scope.INCREMENTAL).base == first.round_id


@pytest.mark.timeout(120)
def test_a_newer_epoch_and_a_round_that_keeps_nothing_close_the_older(
    federation: Federation,
) -> None:
    process = federation.process
    _round(federation, _keeping())
    last = replace(continued(process, Scope.INCREMENTAL), codes_until=None)

    _round(federation, last)

    assert _held_files(process) == []
    assert [e.state for e in process.epochs.all()] == [EpochState.CLOSED]
    _round(federation, _keeping())
    assert process.epochs.all()[0].epoch == 2
    _round(federation)
    assert [e.state for e in process.epochs.all()] == [EpochState.CLOSED, EpochState.CLOSED]


@pytest.mark.timeout(120)
def test_closing_destroys_the_codes_and_tells_the_nodes(federation: Federation) -> None:
    process = federation.process
    _round(federation, _keeping())
    school = federation.peers.node("school")
    school.script.fails["close_epoch"] = [UnreachableError(Text("止", "down"))]

    closed = epochs.close(process)

    assert (closed.state, closed.rows) == (EpochState.CLOSED, 0)
    assert _held_files(process) == []
    assert asyncio.run(epochs.tell_nodes(process, federation.peers)) == ("school",)
    assert asyncio.run(epochs.tell_nodes(process, federation.peers)) == ()
    assert [federation.peers.node(n).closed_epochs for n in (*OPEN, "welfare")] == [[1]] * 3
    with pytest.raises(RefusedError):
        epochs.close(process)


@pytest.mark.timeout(120)
def test_closing_goes_on_after_a_kill_between_its_steps(
    federation: Federation, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = federation.process
    _round(federation, _keeping())
    with monkeypatch.context() as patched:
        patched.setattr(epochs, "sweep", lambda _process: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            epochs.close(process)
    assert [e.state for e in process.epochs.all()] == [EpochState.CLOSING]
    with pytest.raises(RefusedError, match="No link epoch is open"):
        continued(process, Scope.INCREMENTAL)

    sweep(process)

    assert [e.state for e in process.epochs.all()] == [EpochState.CLOSED]
    assert _held_files(process) == []


@pytest.mark.timeout(120)
def test_an_epoch_ends_on_its_day(federation: Federation, clock: TurnedClock) -> None:
    process = federation.process
    _round(federation, _keeping())
    clock.turn(days=(UNTIL - clock.now.date()).days)
    sweep(process)
    assert process.epochs.open_one() is not None

    clock.turn(days=1)
    sweep(process)

    assert process.epochs.open_one() is None
    assert _held_files(process) == []


@pytest.mark.timeout(120)
@pytest.mark.parametrize("wrong", ["no handles", "unknown removed", "handle twice"])
def test_changes_that_do_not_fit_are_refused_by_name(federation: Federation, wrong: str) -> None:
    process, school = federation.process, federation.peers.node("school")
    _round(federation, _keeping())
    school.rows[5000], school.rows[5001] = people(60)[50], people(60)[51]
    none = np.zeros(0, dtype=np.uint32)
    school.script.changes = {
        "no handles": lambda part: replace(part, handles=none),
        "unknown removed": lambda part: replace(part, removed=np.array([77777], dtype=np.uint32)),
        "handle twice": lambda part: replace(part, handles=np.full(2, 5000, dtype=np.uint32)),
    }[wrong]
    stored = store_plan(process, plan_link(process, continued(process, Scope.INCREMENTAL)))

    ended = asyncio.run(federation.driver().drive(stored.round_id))

    assert ended.state == "failed"
    assert "school" in ended.reason_en
    assert process.epochs.open_one() is not None


@pytest.mark.timeout(120)
def test_one_round_at_a_time_goes_on_in_an_epoch(federation: Federation) -> None:
    process = federation.process
    _round(federation, _keeping())

    stored = store_plan(process, plan_link(process, continued(process, Scope.INCREMENTAL)))
    with pytest.raises(RefusedError, match="has not ended"):
        continued(process, Scope.INCREMENTAL)
    with pytest.raises(RefusedError, match="has not ended"):
        epochs.close(process)
    federation.driver().cancel(stored)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"incremental": True, "again": True}, "excludes"),
        ({"keep_codes": "soon"}, "takes a day"),
        ({"keep_codes": "2026-07-05"}, "has passed"),
    ],
)
def test_terms_that_cannot_be_are_refused_as_input(
    process: CoordinatorProcess, options: dict[str, object], message: str
) -> None:
    asked = {"incremental": False, "again": False, "keep_codes": "", **options}
    with pytest.raises(BadInputError, match=message):
        terms(process, **asked)  # type: ignore[arg-type]


@pytest.mark.timeout(120)
def test_the_status_says_what_is_held_and_closing_says_who_is_untold(
    federation: Federation,
) -> None:
    process, config = federation.process, federation.process.config.home / "coordinator.toml"
    _round(federation, _keeping())

    open_now = status(config)
    closed = close(config)
    after = status(config)

    assert open_now.values["epochs"][0]["rows"] == sum(
        len(federation.peers.node(name).rows) for name in OPEN
    )
    assert "until 2027-03-31" in open_now.lines[0].en
    assert set(closed.values["untold"]) == {*OPEN, "welfare"}  # Nobody serves in this test.
    assert after.values["epochs"][0]["state"] == "closed"
    assert process.epochs.open_one() is None
