"""Tiles on Dask distributed: the executor for codes that one machine is too slow for.

The only importer of `distributed`, an optional extra.  Parts of the codes are tasks too:
a worker that is lost loses nothing, Dask gives its parts and tiles to the others.
Results are the same bit for bit, because a tile's task is the same function (`tasks.py`).
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coordinator.engines.tasks import VERSION, OtherVersionError, part, run_tile
from coordinator.errors import ConfigError, EngineError
from privacy.errors import Text
from privacy.similarity.tiles import HERE, SIDE, Comparison, Found, Tile

if TYPE_CHECKING:
    from distributed import Client, Future, Security

TLS_FILES = ("ca.pem", "cert.pem", "key.pem")
EXTRA = "enishi[dask]"
_LEAST = 1 << 28
"""Pairs below which comparing here takes less time than sending codes."""
_MOST = 1 << 20
"""Pairs that one task returns at most; a tile with more is cut in halves."""
_PATIENCE_S = 60.0
"""How long a cluster may be without a worker, or silent, before the comparison is given up."""


@dataclass(frozen=True, slots=True)
class DaskExecutor:
    """Runs tiles on the workers of a Dask scheduler, under mutual TLS."""

    scheduler: str
    tls: Path | None = field(default=None, repr=False)
    """Holds `ca.pem`, `cert.pem` and `key.pem`; None on loopback only."""
    side: int = SIDE
    least: int = _LEAST
    most: int = _MOST
    patience_s: float = _PATIENCE_S

    def __call__(self, comparison: Comparison) -> Iterator[Found]:
        """Yield what the tiles find, as they end.

        Raises:
            EngineError: the scheduler or all workers are out of reach, or of another version.
        """
        if comparison.pairs < self.least:
            yield from HERE(comparison)
            return
        with _connected(self) as client:
            yield from _Run(self, client, comparison).results()


def check_cluster(scheduler: str, tls: Path, where: str) -> None:
    """Refuse settings that cannot work or would send codes in clear.

    Raises:
        ConfigError: the extra is missing, the address is none, or files of TLS are missing;
            the message names *where* the setting stands.
    """
    if find_spec("distributed") is None:
        raise ConfigError(
            Text("エンジン dask が入っていません。", "The engine dask is not installed."),
            Text(f"`pip install '{EXTRA}'` で入ります。", f"Install `{EXTRA}`."),
        )
    kind, _, address = scheduler.partition("://")
    host, _, port = address.rpartition(":")
    if kind not in {"tls", "tcp"} or not host or not port.isdigit():
        raise ConfigError(
            Text(
                f"{where} の dask_scheduler は「tls://ホスト:ポート」です。",
                f"dask_scheduler in {where} is tls://HOST:PORT.",
            )
        )
    if kind == "tcp" and host not in {"127.0.0.1", "localhost", "[::1]"}:
        raise ConfigError(
            Text(
                f"{where} の dask_scheduler は暗号化されていません。",
                f"dask_scheduler in {where} is not encrypted.",
            ),
            Text(
                "符号が流れるので、ほかの機械へは tls:// を使ってください。",
                "Codes travel there: to another machine use tls://.",
            ),
        )
    missing = [name for name in TLS_FILES if kind == "tls" and not (tls / name).is_file()]
    if missing:
        raise ConfigError(
            Text(
                f"{where} の dask_tls に {', '.join(missing)} がありません。",
                f"dask_tls in {where} lacks {', '.join(missing)}.",
            ),
            Text(
                "作り方は coordinator/engines/README.md にあります。",
                "coordinator/engines/README.md says how to make them.",
            ),
        )


class _Run:
    """One comparison on a cluster."""

    def __init__(self, executor: DaskExecutor, client: Client, comparison: Comparison) -> None:
        self._executor = executor
        self._client = client
        self._comparison = comparison
        self._parts: dict[tuple[str, int], Future[Any]] = {}
        self._running: dict[Future[Any], Tile] = {}

    def results(self) -> Iterator[Found]:
        """Keep twice as many tiles under way as there are threads; yield results as they come."""
        waiting = deque(self._comparison.tiles(self._executor.side))
        while waiting or self._running:
            room = 2 * max(1, self._threads()) - len(self._running)
            for _ in range(min(room, len(waiting))):
                self._submit(waiting.popleft())
            for future in self._ended():
                tile = self._running.pop(future)
                found = self._result(future)
                if found is None:
                    waiting.extendleft(reversed(tile.halves()))
                elif len(found):
                    yield found

    def _result(self, future: Future[Any]) -> Found | None:
        try:
            found: Found | None = future.result(timeout=self._executor.patience_s)
        except (OtherVersionError, ImportError, AttributeError, TypeError) as error:
            raise EngineError(
                Text("ワーカーの版が統括と違います。", "The workers are of another version."),
                Text(
                    "同じ版の Enishi を入れてください。", "Install the coordinator's version there."
                ),
            ) from error
        return found

    def _threads(self) -> int:
        workers = self._client.scheduler_info(n_workers=-1)["workers"].values()
        return sum(worker["nthreads"] for worker in workers)

    def _ended(self) -> list[Future[Any]]:
        from distributed import wait  # noqa: PLC0415 - slow to import

        if not self._running:
            return []
        silent = 0.0
        step = min(5.0, self._executor.patience_s)
        while True:
            try:
                with self._client.as_current():
                    return list(wait(list(self._running), step, "FIRST_COMPLETED").done)
            except TimeoutError:
                # A tile may take long; a cluster without workers takes for ever.
                silent = 0.0 if self._threads() else silent + step
                if silent >= self._executor.patience_s:
                    raise

    def _submit(self, tile: Tile) -> None:
        side, terms = self._executor.side, self._comparison.terms
        row, code = tile.row // side, tile.code // side
        future = self._client.submit(
            run_tile,
            VERSION,
            tile,
            (row * side, code * side),
            self._part("left", row),
            self._part("left" if terms.upper else "right", code),
            terms,
            self._executor.most,
            pure=False,
        )
        self._running[future] = tile

    def _part(self, name: str, number: int) -> Future[Any]:
        if (name, number) not in self._parts:
            codes = self._comparison.left if name == "left" else self._comparison.right
            side = self._executor.side
            cut = codes[number * side : (number + 1) * side]
            # A fresh key each: parts of two comparisons are never taken for one another.
            key = f"codes-{secrets.token_hex(8)}"
            self._parts[name, number] = self._client.submit(part, cut, key=key)
        return self._parts[name, number]


@contextmanager
def _connected(executor: DaskExecutor) -> Iterator[Client]:
    """Yield a client for one comparison; turn what a cluster can raise into our error."""
    from distributed import Client, KilledWorker  # noqa: PLC0415 - slow to import

    try:
        with Client(
            executor.scheduler,
            security=_security(executor.tls),
            timeout=executor.patience_s,
            set_as_default=False,
        ) as client:
            client.wait_for_workers(1, timeout=executor.patience_s)
            yield client
    except (OSError, TimeoutError, CancelledError, KilledWorker) as error:
        raise _lost(error) from error
    except Exception as error:
        if type(error).__module__.partition(".")[0] in {"distributed", "dask", "tornado"}:
            raise _lost(error) from error
        raise


def _lost(error: Exception) -> EngineError:
    kind = type(error).__name__
    return EngineError(
        Text(
            f"Dask の計算先に届かないか、計算先が止まりました({kind})。",
            f"The Dask cluster is out of reach or was lost ({kind}).",
        ),
        Text(
            "スケジューラとワーカー、証明書を確かめてください。半端なものは残っていません。",
            "Check scheduler, workers and certificates; nothing is half-written.",
        ),
    )


def _security(tls: Path | None) -> Security | None:
    from distributed import Security  # noqa: PLC0415 - slow to import

    if tls is None:
        return None
    authority, certificate, key = (str(tls / name) for name in TLS_FILES)
    return Security(
        tls_ca_file=authority,
        tls_client_cert=certificate,
        tls_client_key=key,
        require_encryption=True,
    )
