import numpy as np
import pytest

from privacy.encoding.batch import Batch
from privacy.errors import ProtocolError
from privacy.linkage.linker import start
from privacy.linkage.sealed import Universe, choose_entries, match_locally, offer
from privacy.linkage.slots import issue_slots
from privacy.linkage.stack import Ids
from tests.privacy.linkage.simulated import VIEWS, Town, random_codes, town

SEED = b"u" * 32


def _dummies(count: int) -> Batch:
    generator = np.random.default_rng(99)
    tokens = {
        kind: generator.integers(1, 256, (count, 32), dtype=np.uint8) for kind in ("T1", "A", "B")
    }
    views = {f"first/{view}": random_codes(generator, count) for view in VIEWS}
    return Batch("dummy", count, tokens, views)


def _open_and_sealed(seed: int) -> tuple[Town, Batch]:
    made = town(seed, departments=4)
    return made, made.batches[3]


def _offer(made: Town) -> tuple[Universe, dict[str, Ids]]:
    linker = start(made.batches[:3])
    table = issue_slots(linker.clusters(), 1, SEED)
    slot = np.concatenate([table.rows[name] for name in linker.departments])
    offered = offer(made.batches[:3], linker.stack, slot, _dummies(2000), SEED).part(slice(None))
    return offered, dict(table.rows)


def test_a_sealed_department_finds_its_children_locally() -> None:
    made, own = _open_and_sealed(1)
    linker = start(made.batches[:3])
    offered, rows = _offer(made)

    slots = match_locally(offered, own, linker.models)

    child_of: dict[int, int] = {}
    for batch, child in zip(made.batches[:3], made.truth[:3], strict=True):
        child_of.update(zip(rows[batch.department].tolist(), child.tolist(), strict=True))
    found = slots >= 0
    right = [child_of[s] == c for s, c in zip(slots[found], made.truth[3][found], strict=True)]
    known = np.isin(made.truth[3], np.concatenate(made.truth[:3]))
    assert np.mean(right) > 0.99
    assert found.sum() > 0.93 * known.sum()
    assert len(np.unique(slots[found])) == found.sum()


def test_every_slot_has_two_entries_and_no_department() -> None:
    made, _ = _open_and_sealed(2)
    offered, _ = _offer(made)

    assert (np.bincount(offered.slots) == 2).all()
    assert offered.count * 2 == len(offered.slots)
    assert (np.diff(offered.slots) != 0).mean() > 0.9
    assert "d0" not in repr(offered)


def test_the_second_entry_is_the_row_least_like_the_first() -> None:
    made = town(3, 60)
    linker = start(made.batches)
    cluster = linker.solution.cluster

    entries = choose_entries(linker.stack, cluster)

    both = entries[:, 1] >= 0
    assert (cluster[entries[:, 0]] == np.arange(len(entries))).all()
    assert (cluster[entries[both, 1]] == np.flatnonzero(both)).all()
    assert (np.bincount(cluster)[both] > 1).all()


def test_too_few_dummies_are_refused() -> None:
    made, _ = _open_and_sealed(4)
    linker = start(made.batches[:3])

    with pytest.raises(ProtocolError, match="dummy"):
        offer(made.batches[:3], linker.stack, linker.solution.cluster, _dummies(1), SEED)


def test_a_sealed_department_without_rows_finds_nothing() -> None:
    made, own = _open_and_sealed(5)
    offered, _ = _offer(made)
    empty = Batch(own.department, 0, {}, {view: codes[:0] for view, codes in own.views.items()})

    assert match_locally(offered, empty, start(made.batches[:3]).models).tolist() == []
