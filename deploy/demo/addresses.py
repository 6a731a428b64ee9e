"""Free ports on loopback."""

from __future__ import annotations

import contextlib
import socket

HOST = "127.0.0.1"


def free_addresses(count: int) -> list[str]:
    """Return *count* distinct addresses on loopback that nobody listens on now.

    All are held open until the last is found.  Between here and the server's own bind
    another program may take one; the server then says so by name.
    """
    with contextlib.ExitStack() as stack:
        found = []
        for _ in range(count):
            listener = stack.enter_context(socket.socket())
            listener.bind((HOST, 0))
            found.append(f"{HOST}:{listener.getsockname()[1]}")
        return found
