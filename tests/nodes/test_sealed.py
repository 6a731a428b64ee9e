"""A sealed department matches by itself; what it found does not leave it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nodes.driver.linking import Linking
from nodes.driver.sealed import Gathering, SealedMatching
from nodes.messages import UniversePiece
from privacy.canonical import canonical_bytes
from privacy.errors import ProtocolError, RefusedError
from privacy.linkage.linker import start
from privacy.linkage.sealed import choose_entries, offer
from privacy.plan import PlanKind
from tests.nodes.federation import CHILDREN, Federation, make_federation
from tests.nodes.test_linking import SCHEMA

MOST = 10_000


def _pieces(federation: Federation, digest: bytes) -> list[UniversePiece]:
    """Return the universe of the two open departments, as the coordinator streams it."""
    linkings = {n: Linking(federation.contexts[n]) for n in ("school", "survey")}
    batches = [one.encodings(digest, SCHEMA, "first", []).batch for one in linkings.values()]
    linker = start(batches)
    clusters = linker.clusters()
    slots = np.concatenate([clusters[n] for n in ("school", "survey")])
    missing = int((choose_entries(linker.stack, slots) < 0).sum())
    pool = linkings["school"].dummies(digest, SCHEMA, ("first",), missing)
    offered = offer(batches, linker.stack, slots, pool, b"s" * 32).part(slice(None))
    model = canonical_bytes(linker.models.to_json())
    half = len(offered.slots) // 2
    return [
        UniversePiece(
            version=1,
            digest=b"d" * 32,
            total_slots=offered.count,
            total_entries=len(offered.slots),
            first_entry=first,
            model_json=model if first == 0 else b"",
            entry_slots=offered.slots[first:stop].astype(np.uint32),
            tokens={k: v[first:stop] for k, v in offered.tokens.items()},
            views={k: v[first:stop] for k, v in offered.views.items()},
        )
        for first, stop in ((0, half), (half, len(offered.slots)))
    ]


def _match(federation: Federation, digest: bytes, pieces: list[UniversePiece]) -> None:
    gathered = Gathering()
    for piece in pieces:
        gathered.add(piece, MOST)
    SealedMatching(federation.contexts["welfare"]).match(digest, gathered)


@pytest.fixture
def federation(tmp_path: Path) -> Federation:
    return make_federation(tmp_path, slots=False, sealed=("welfare",))


@pytest.mark.timeout(90)
def test_every_child_it_holds_gets_the_slot_that_the_others_were_told(
    federation: Federation,
) -> None:
    plan = federation.plan(PlanKind.LINK)
    federation.approve(plan)
    context = federation.contexts["welfare"]

    _match(federation, plan.digest, _pieces(federation, plan.digest))

    with context.store.reading() as tables:
        table = tables.links.slot_table()
        sent = tables.sent.all()
    assert table is not None
    assert len(table.records) >= 0.95 * CHILDREN
    assert len(set(table.slots.tolist())) == len(table.slots)
    assert sent == []


@pytest.mark.timeout(90)
@pytest.mark.parametrize("damage", ["cut", "moved", "outside", "other"])
def test_a_damaged_universe_is_refused(federation: Federation, damage: str) -> None:
    plan = federation.plan(PlanKind.LINK)
    federation.approve(plan)
    first, second = _pieces(federation, plan.digest)
    outside = second.entry_slots.copy()
    outside[0] = first.total_slots
    pieces = {
        "cut": [first],
        "moved": [second, first],
        "outside": [first, replace(second, entry_slots=outside)],
        "other": [first, replace(second, digest=b"e" * 32)],
    }[damage]

    with pytest.raises(ProtocolError):
        _match(federation, plan.digest, pieces)


def test_an_open_department_does_not_match_by_itself(federation: Federation) -> None:
    with pytest.raises(RefusedError):
        SealedMatching(federation.contexts["school"]).match(b"x" * 32, Gathering())
