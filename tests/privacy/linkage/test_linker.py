import numpy as np
import pytest

from privacy.encoding.batch import Batch
from privacy.errors import ProtocolError
from privacy.linkage.clusters import Thresholds
from privacy.linkage.linker import Linker, start
from privacy.linkage.quality import Score, evaluate, quality_report
from privacy.linkage.stack import Ids
from tests.privacy.linkage.simulated import WORDS, random_codes, token, town

SEED = b"s" * 32


def _score(linker: Linker, truth: list[Ids]) -> Score:
    cluster = np.concatenate([linker.clusters()[name] for name in linker.departments])
    return evaluate(cluster, np.concatenate(truth), linker.stack.department).across


@pytest.mark.parametrize("with_numbers", [True, False])
def test_children_are_found_again_without_truth(with_numbers: bool) -> None:
    made = town(1, with_numbers=with_numbers)

    first = start(made.batches)
    asked = first.ask(SEED, 1.0)
    second = first.second_pass(made.again(asked), asked)

    assert _score(first, made.truth).precision > 0.995
    assert _score(second, made.truth).precision > 0.995
    assert _score(second, made.truth).f1 > 0.985
    assert _score(second, made.truth).recall > _score(first, made.truth).recall


def test_no_cluster_holds_two_rows_of_a_department() -> None:
    linker = start(town(2).batches)

    for cluster in linker.clusters().values():
        assert len(np.unique(cluster)) == len(cluster)


def test_clusters_are_numbered_without_gaps_singletons_included() -> None:
    linker = start(town(3).batches)

    cluster = np.concatenate(list(linker.clusters().values()))

    assert set(cluster.tolist()) == set(range(linker.solution.count))


def test_the_order_of_rows_does_not_change_who_is_linked() -> None:
    made = town(4)
    turned = [
        Batch(
            b.department,
            b.rows,
            {kind: values[::-1].copy() for kind, values in b.tokens.items()},
            {view: codes[::-1].copy() for view, codes in b.views.items()},
        )
        for b in made.batches
    ]

    plain = _score(start(made.batches), made.truth)
    reverse = _score(start(turned), [child[::-1] for child in made.truth])

    assert abs(plain.correct - reverse.correct) <= plain.correct // 100


def test_every_department_is_asked_its_share_unlinked_rows_first() -> None:
    linker = start(town(5).batches)
    size = np.bincount(linker.solution.cluster)

    asked = linker.ask(SEED, 0.5)

    for index, name in enumerate(linker.departments):
        here = linker.solution.cluster[linker.stack.of(index)]
        alone = np.flatnonzero(size[here] == 1)
        assert len(asked[name]) == -(-len(here) // 2)
        assert set(alone.tolist()) <= set(asked[name].tolist())
        assert (np.diff(asked[name]) > 0).all()


def test_another_seed_asks_other_linked_rows() -> None:
    linker = start(town(5).batches)

    one, two = linker.ask(SEED, 0.5), linker.ask(b"t" * 32, 0.5)

    assert any(not np.array_equal(one[name], two[name]) for name in linker.departments)
    assert all(np.array_equal(one[n], linker.ask(SEED, 0.5)[n]) for n in linker.departments)


@pytest.mark.parametrize("share", [0.0, -0.5, 1.5])
def test_a_share_outside_its_range_is_refused(share: float) -> None:
    linker = start(town(6, 30).batches)

    with pytest.raises(ValueError, match="share"):
        linker.ask(SEED, share)


@pytest.mark.parametrize("rows", [0, 1])
def test_almost_no_rows_are_linked_without_an_error(rows: int) -> None:
    made = town(7, 40)
    few = made.batches[:2]
    small = [
        Batch(
            b.department,
            rows,
            {kind: values[:rows] for kind, values in b.tokens.items()},
            {view: codes[:rows] for view, codes in b.views.items()},
        )
        for b in few
    ]

    linker = start(small)
    asked = linker.ask(SEED)

    assert linker.solution.count <= 2 * rows
    assert linker.second_pass([], asked).solution.count == linker.solution.count
    assert quality_report(linker).linked_pairs <= rows


def test_a_department_alone_links_nothing() -> None:
    linker = start(town(8, 50).batches[:1])

    assert linker.solution.count == linker.stack.rows


def test_codes_of_the_wrong_length_are_refused_by_name() -> None:
    batch = town(9, 30).batches[0]
    short = Batch("short", batch.rows, {}, {"first/all": batch.views["first/all"][:-1]})

    with pytest.raises(ProtocolError, match="short"):
        start([batch, short])


def test_codes_that_are_all_ones_are_refused_by_name() -> None:
    codes = np.full((3, WORDS), 2**64 - 1, dtype=np.uint64)

    with pytest.raises(ProtocolError, match="ones"):
        start([Batch("ones", 3, {}, {"first/all": codes})])


def test_departments_with_codes_of_different_widths_are_refused() -> None:
    generator = np.random.default_rng(1)
    wide = generator.integers(1, 2**63, (3, 16), dtype=np.uint64)

    with pytest.raises(ProtocolError, match="first/all"):
        start(
            [
                Batch("a", 3, {}, {"first/all": random_codes(generator, 3)}),
                Batch("b", 3, {}, {"first/all": wide}),
            ]
        )


def test_a_department_that_comes_twice_is_refused() -> None:
    batch = town(9, 30).batches[0]

    with pytest.raises(ProtocolError, match="twice"):
        start([batch, batch])


def test_a_second_pass_with_other_rows_than_asked_is_refused() -> None:
    made = town(10, 60)
    linker = start(made.batches)
    asked = linker.ask(SEED)
    batches = made.again(asked)

    with pytest.raises(ProtocolError):
        linker.second_pass(batches, {name: rows[1:] for name, rows in asked.items()})


def test_a_placeholder_number_shared_by_many_links_nobody() -> None:
    generator = np.random.default_rng(11)
    batches = [
        Batch(
            name,
            40,
            {"A": token(np.zeros(40, dtype=np.int64)), "B": token(np.arange(40) + 100 * offset)},
            {"first/all": random_codes(generator, 40)},
        )
        for offset, name in enumerate("ab")
    ]

    assert start(batches).solution.count == 80


def test_thresholds_hold_for_the_second_pass_too() -> None:
    made = town(12, 200)
    strict = Thresholds(link=0.999999)

    linker = start(made.batches, strict)
    asked = linker.ask(SEED)
    second = linker.second_pass(made.again(asked), asked)

    assert second.thresholds == strict
    assert (
        second.solution.count
        >= start(made.batches).second_pass(made.again(asked), asked).solution.count
    )


def test_namesakes_of_one_day_with_different_numbers_stay_two_people_for_review() -> None:
    made = town(13, 400, 2)
    one, other = (dict(batch.tokens) for batch in made.batches)
    first, second = made.batches
    shared = {view: codes.copy() for view, codes in second.views.items()}
    for view, codes in shared.items():
        codes[0] = first.views[view][0]
    for kind, value in (("T1", 10**8), ("A", 10**8), ("B", 10**8)):
        one[kind][0] = token(np.array([value]))[0]
        other[kind][0] = token(np.array([value + (kind != "T1")]))[0]
    batches = [
        Batch(first.department, first.rows, one, first.views),
        Batch(second.department, second.rows, other, shared),
    ]

    linker = start(batches)

    clusters = linker.clusters()
    assert clusters["d0"][0] != clusters["d1"][0]
    conflicts = linker.linked.solution.conflicts
    assert (0, first.rows) in zip(
        linker.linked.pairs.left[conflicts], linker.linked.pairs.right[conflicts], strict=True
    )
