from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from coordinator.engines.choice import choose_engine
from coordinator.engines.cluster import DaskExecutor
from coordinator.engines.tasks import VERSION, OtherVersionError, run_tile
from coordinator.errors import ConfigError, EngineError
from privacy.linkage.linker import Linker, start
from privacy.similarity.engine import Engine
from privacy.similarity.kernels import Words
from privacy.similarity.search import pairs_among, pairs_within
from privacy.similarity.tiles import Here, Terms, Tile, TileExecutor, joined
from tests.coordinator.engines.cluster import Cluster, make_certificates
from tests.privacy.linkage.simulated import Town, town
from tests.privacy.similarity.plain import assert_same

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        made.start_worker()
        made.start_worker()
        yield made
    finally:
        made.stop()


def _on(cluster: Cluster, *, side: int = 700, most: int = 1 << 20) -> DaskExecutor:
    return DaskExecutor(cluster.address, cluster.tls, side=side, least=0, most=most)


def _codes(count: int) -> Words:
    return np.random.default_rng(count).integers(0, 2**63, (count, 8), dtype=np.uint64)


@pytest.mark.parametrize(("side", "most"), [(700, 1 << 20), (2500, 50), (5000, 1 << 20)])
def test_a_cluster_finds_what_one_process_finds_whatever_the_tiles(
    cluster: Cluster, side: int, most: int
) -> None:
    codes = _codes(2500)
    codes[2000:2100] = codes[:100]
    executor = _on(cluster, side=side, most=most)

    among = joined(pairs_among(codes, 212, executor=executor))
    within = joined(pairs_within(codes[:900], codes[900:], 212, executor=executor))

    assert_same(among, joined(pairs_among(codes, 212)))
    assert_same(within, joined(pairs_within(codes[:900], codes[900:], 212)))
    assert len(among) > 100


def test_a_worker_killed_in_the_middle_loses_nothing(cluster: Cluster) -> None:
    codes = _codes(2500)
    found = pairs_among(codes, 215, executor=_on(cluster, side=250))
    parts = [next(found)]

    cluster.workers[0].kill()
    cluster.start_worker()
    parts += list(found)

    assert_same(joined(parts), joined(pairs_among(codes, 215)))


def _linked(executor: TileExecutor, made: Town) -> Linker:
    first = start(made.batches, engine=Engine(executor))
    asked = first.ask(b"s" * 32)
    return first.second_pass(made.again(asked), asked)


def test_a_linkage_on_a_cluster_is_the_same_to_the_last_weight(cluster: Cluster) -> None:
    made = town(1, with_numbers=True)

    there, here = _linked(_on(cluster, side=300), made), _linked(Here(), made)

    np.testing.assert_array_equal(there.solution.cluster, here.solution.cluster)
    np.testing.assert_array_equal(there.linked.weight, here.linked.weight)
    np.testing.assert_array_equal(there.linked.pairs.left, here.linked.pairs.left)


def test_workers_of_another_version_are_named(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("coordinator.engines.cluster.VERSION", VERSION + 1)

    with pytest.raises(EngineError, match="version"):
        list(pairs_among(_codes(300), 200, executor=_on(cluster)))


def test_certificates_of_another_authority_reach_no_cluster(
    cluster: Cluster, tmp_path: Path
) -> None:
    other = make_certificates(tmp_path / "other")
    executor = DaskExecutor(cluster.address, other, least=0, patience_s=2)

    with pytest.raises(EngineError, match="out of reach") as caught:
        list(pairs_among(_codes(300), 200, executor=executor))

    assert caught.value.exit_status == 3


def test_a_task_of_another_version_is_refused() -> None:
    codes = _codes(4)

    with pytest.raises(OtherVersionError):
        run_tile(VERSION + 1, Tile(0, 0, 4, 4), (0, 0), codes, codes, Terms(1, 8, upper=True), 9)


def test_few_codes_are_compared_in_this_process() -> None:
    executor = DaskExecutor("tcp://127.0.0.1:1", None)

    assert len(joined(pairs_among(_codes(50), 512, executor=executor))) == 50 * 49 // 2


@pytest.mark.parametrize(
    ("name", "scheduler", "named"),
    [
        ("spark", "", "engine"),
        ("dask", "", "HOST:PORT"),
        ("dask", "10.0.0.9:8786", "HOST:PORT"),
        ("dask", "http://10.0.0.9:8786", "HOST:PORT"),
        ("dask", "tls://10.0.0.9:port", "HOST:PORT"),
        ("dask", "tcp://10.0.0.9:8786", "not encrypted"),
        ("dask", "tls://10.0.0.9:8786", "cert.pem"),
    ],
)
def test_settings_that_cannot_work_or_are_not_safe_are_refused(
    tmp_path: Path, name: str, scheduler: str, named: str
) -> None:
    with pytest.raises(ConfigError, match=named) as caught:
        choose_engine(name, scheduler, tmp_path, tmp_path, "coordinator.toml")

    assert caught.value.exit_status == 2


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("coordinator.engines.cluster.find_spec", lambda _name: None)

    with pytest.raises(ConfigError) as caught:
        choose_engine("dask", "tls://10.0.0.9:8786", tmp_path, tmp_path, "coordinator.toml")

    assert "enishi[dask]" in caught.value.fix.en
    assert "enishi[dask]" in caught.value.fix.ja


def test_settings_that_can_work_give_the_engine(tmp_path: Path) -> None:
    tls = make_certificates(tmp_path / "tls")

    there = choose_engine("dask", "tls://10.0.0.9:8786", tls, tmp_path, "coordinator.toml")
    near = choose_engine("dask", "tcp://127.0.0.1:8786", tls, tmp_path, "coordinator.toml")
    here = choose_engine("local", "", tls, tmp_path, "coordinator.toml")

    assert there.executor == DaskExecutor("tls://10.0.0.9:8786", tls)
    assert near.executor == DaskExecutor("tcp://127.0.0.1:8786", None)
    assert here.executor == Here()
