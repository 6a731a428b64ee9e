import numpy as np
import pytest

from privacy.canonical import canonical_bytes
from privacy.linkage.breakdown import Conflict
from privacy.linkage.linker import start
from privacy.linkage.quality import Score, evaluate, quality_report
from tests.privacy.linkage.simulated import town


def test_the_report_counts_every_row_once_and_is_canonical_json() -> None:
    linker = start(town(1).batches)

    report = quality_report(linker)

    for index, department in enumerate(report.departments):
        here = linker.stack.of(index)
        parts = department.linked_by_token + department.linked_by_similarity + department.unlinked
        assert parts == department.rows == here.stop - here.start
    assert sum(report.histogram) == len(linker.linked.pairs)
    assert sum(report.linked_histogram) == report.linked_pairs
    assert canonical_bytes(report.to_json())


def test_what_joined_pairs_and_what_stopped_them_is_counted_once() -> None:
    linker = start(town(1).batches)
    cluster = linker.linked.solution.cluster
    size = np.bincount(cluster)

    report = quality_report(linker)

    by = report.linked_by
    assert by.token + by.similarity + by.review == report.linked_pairs
    assert by.token + by.similarity + by.others == int((size * (size - 1) // 2).sum())
    assert sum(report.cluster_sizes) == report.clusters
    assert sum(n * at for at, n in enumerate(report.cluster_sizes, 1)) == linker.stack.rows
    assert sum(pair.to_review for pair in report.department_pairs) == report.review_pairs
    apart = (Conflict.NUMBERS_DIFFER, Conflict.CLUSTER_NUMBERS_DIFFER)
    assert sum(report.conflicts[kind] for kind in apart) == report.number_conflicts
    assert report.threshold.link == 500_000
    assert all(sum(d.own_weights) == d.rows for d in report.departments)


def test_the_estimate_is_near_the_truth() -> None:
    made = town(2)
    linker = start(made.batches)
    cluster = np.concatenate(list(linker.clusters().values()))

    report = quality_report(linker)
    score = evaluate(cluster, np.concatenate(made.truth), linker.stack.department).across

    assert abs(report.precision.value / 1e6 - score.precision) < 0.02
    assert report.precision.low <= report.precision.value <= report.precision.high
    assert report.recall.low <= report.recall.value <= report.recall.high


def test_evaluation_keeps_pairs_inside_a_department_apart() -> None:
    cluster = np.array([0, 0, 0, 1, 2])
    truth = np.array([0, 0, 0, 1, 1])
    department = np.array([0, 0, 1, 0, 1])

    result = evaluate(cluster, truth, department)

    assert result.everything == Score(3, 3, 4)
    assert result.across == Score(2, 2, 3)
    assert (result.across.precision, result.across.recall) == (1.0, 2 / 3)
    assert result.across.f1 == 0.8


def test_scores_of_nothing_are_whole() -> None:
    nothing = Score(0, 0, 0)

    assert (nothing.precision, nothing.recall, nothing.f1) == (1.0, 1.0, 1.0)


@pytest.mark.parametrize("with_numbers", [True, False])
@pytest.mark.parametrize("seed", [21, 22, 23])
def test_the_estimates_without_truth_hold_the_truth(seed: int, with_numbers: bool) -> None:
    made = town(seed, 800, with_numbers=with_numbers)
    first = start(made.batches)
    asked = first.ask(b"s" * 32, 1.0)
    linker = first.second_pass(made.again(asked), asked)
    cluster = np.concatenate([linker.clusters()[name] for name in linker.departments])
    true = evaluate(cluster, np.concatenate(made.truth), linker.stack.department).across

    report = quality_report(linker)

    assert report.precision.low <= round(true.precision * 10**6) <= report.precision.high
    assert report.recall.low <= round(true.recall * 10**6) <= report.recall.high
