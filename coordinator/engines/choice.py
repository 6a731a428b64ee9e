"""The engine that settings name: `local`, or `dask`."""

from __future__ import annotations

from pathlib import Path

from coordinator.engines.cluster import DaskExecutor, check_cluster
from coordinator.engines.spilled import Spilled
from coordinator.errors import ConfigError
from privacy.errors import Text
from privacy.similarity.engine import Engine
from privacy.similarity.tiles import HERE, TileExecutor

LOCAL, DASK = "local", "dask"


def choose_engine(name: str, scheduler: str, tls: Path, spool: Path, where: str) -> Engine:
    """Return the engine *name*; nothing is connected before it compares.

    Args:
        name: `local` or `dask`.
        scheduler: the address of the Dask scheduler; unused by `local`.
        tls: the folder of the certificates for it; unused by `local` and on loopback.
        spool: where pairs wait that are too many for memory.
        where: names the place of the settings in messages.

    Raises:
        ConfigError: the engine is unknown, not installed, or its settings cannot work.
    """
    if name not in {LOCAL, DASK}:
        raise ConfigError(
            Text(
                f"{where} の engine は local か dask です。", f"engine in {where} is local or dask."
            )
        )
    executor: TileExecutor = HERE
    if name == DASK:
        check_cluster(scheduler, tls, where)
        encrypted = scheduler.startswith("tls://")
        executor = DaskExecutor(scheduler, tls if encrypted else None)
    return Engine(executor, Spilled(spool))
