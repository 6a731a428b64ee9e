import numpy as np
import pytest

from privacy.linkage.slots import issue_slots

CLUSTERS = {"a": np.array([0, 1, 2, 3]), "b": np.array([3, 4])}


def test_rows_of_one_cluster_share_a_slot_and_others_do_not() -> None:
    table = issue_slots(CLUSTERS, 1, b"1" * 32)

    assert table.count == 5
    assert table.rows["a"][3] == table.rows["b"][0]
    assert sorted({*table.rows["a"].tolist(), *table.rows["b"].tolist()}) == [0, 1, 2, 3, 4]


def test_a_fresh_seed_draws_other_slots() -> None:
    clusters = {"a": np.arange(100)}

    one, two = issue_slots(clusters, 1, b"1" * 32), issue_slots(clusters, 1, b"2" * 32)

    assert not np.array_equal(one.rows["a"], two.rows["a"])
    assert one.digest != two.digest
    assert one.digest == issue_slots(clusters, 1, b"1" * 32).digest
    assert one.digest != issue_slots(clusters, 2, b"1" * 32).digest


def test_the_slot_of_a_cluster_is_uniform() -> None:
    # 4,000 draws of 4 slots: a count outside 1,000 +- 140 has probability below 1e-6.
    seeds = [index.to_bytes(32, "big") for index in range(4000)]
    slots = [int(issue_slots({"a": np.arange(4)}, 1, seed).rows["a"][0]) for seed in seeds]

    assert all(abs(count - 1000) < 140 for count in np.bincount(slots, minlength=4))


def test_a_short_seed_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        issue_slots(CLUSTERS, 1, b"short")


def test_no_rows_give_no_slots() -> None:
    assert issue_slots({"a": np.zeros(0, dtype=np.int64)}, 1, b"1" * 32).count == 0
