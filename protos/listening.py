"""Doors of a process: is the address free, and a web server that logs nothing of a request."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette

from privacy.errors import BadInputError, Text


def split_address(address: str) -> tuple[str, int]:
    """Return host and port of `host:port`.

    Raises:
        BadInputError: it is not one.
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:  # noqa: PLR2004  # TCP
        raise BadInputError(
            Text(
                f"アドレス {address} は「ホスト:ポート」の形ではありません。",
                f"The address {address} is not host:port.",
            ),
            Text("例: 127.0.0.1:8801", "For example 127.0.0.1:8801."),
        )
    return host.strip("[]"), int(port)


def free_or_refuse(address: str) -> None:
    """Check that *address* can be listened on.

    Raises:
        BadInputError: it is in use, or not of this machine.
    """
    host, port = split_address(address)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise BadInputError(
                Text(
                    f"{address} で待ち受けられません(使用中か、この機械のアドレスではありません)。",
                    f"{address} cannot be listened on: it is in use, or not of this machine.",
                ),
                Text(
                    "使っているものを止めるか、設定の `listen` か `web` を変えてください。",
                    "Stop the program that uses it, or change `listen` or `web`.",
                ),
            ) from error


class _WebServer(uvicorn.Server):
    """A web server beside a gRPC server: the process handles the signals, not this one."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the process's signal handlers alone."""
        yield


def quiet_web_server(app: Starlette, address: str) -> uvicorn.Server:
    """Return a web server for *app* at *address*; it logs no request."""
    host, port = split_address(address)
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
    )
    return _WebServer(config)
