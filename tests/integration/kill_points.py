"""Where a process of the federation ends itself with SIGKILL: named points, reached for real.

The points are put around the product's own seams, in the process that is to die, before
its entry point runs; the product knows nothing of them.  They are:

- coordinator: ``<kind>:<state>:enter|before|after``, the driver's `on_step`;
- node, dealer: ``<Method>:before`` (the request has come, nothing is done),
  ``<Method>:commit`` (all of its first write is computed, the transaction not ended),
  ``<Method>:stored`` (the transaction has ended, the handler has not),
  ``<Method>:after`` (all is done and the reply ready, but never sent; of a stream, its
  first message).

Two points are no death: ``schema:another`` makes a node one of a release with another
linkage schema; ``encodings:wrong`` makes it send what no node may (`wrong_encodings`).
"""

from __future__ import annotations

import inspect
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any, NoReturn

from tests.integration import wrong_encodings

_METHOD: ContextVar[str] = ContextVar("_METHOD", default="")
"""The call that is being answered; worker threads of a call inherit it."""


def arm(who: str, point: str) -> None:
    """Have this process, a *who*, kill itself the first time it comes to *point*."""
    if who == "coordinator":
        _arm_coordinator(point)
    elif point == "schema:another":
        _take_another_schema()
    elif point == "encodings:wrong":
        wrong_encodings.arm()
    else:
        _arm_server(who, point)


def _die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise SystemExit("unreachable")


def _arm_coordinator(point: str) -> None:
    import coordinator.running  # noqa: PLC0415 - only the process that is to die
    import coordinator.verbs.rounds  # noqa: PLC0415
    from coordinator.driver import Driver  # noqa: PLC0415

    def on_step(reached: str) -> None:
        if reached == point:
            _die()

    armed = partial(Driver, on_step=on_step)
    for module in (coordinator.running, coordinator.verbs.rounds):
        module.__dict__["Driver"] = armed


def _take_another_schema() -> None:
    from dataclasses import replace  # noqa: PLC0415

    import nodes.driver.linking  # noqa: PLC0415
    import nodes.driver.slots  # noqa: PLC0415
    from privacy.encoding.schema import default_schema  # noqa: PLC0415

    own = default_schema()
    other = replace(own, min_grams=own.min_grams + 1)
    for module in (nodes.driver.linking, nodes.driver.slots):
        for name in ("default_schema", "find_schema"):
            if hasattr(module, name):
                module.__dict__[name] = lambda *_: other


def _arm_server(who: str, point: str) -> None:
    import coordinator.dealer_server  # noqa: PLC0415
    import coordinator.store.engine  # noqa: PLC0415
    import nodes.server  # noqa: PLC0415
    import nodes.store  # noqa: PLC0415

    method, when = point.split(":")
    module, name, store, write = (
        (coordinator.dealer_server, "DealerService", coordinator.store.engine.Database, "write")
        if who == "dealer"
        else (nodes.server, "NodeService", nodes.store.Store, "transaction")
    )
    service = getattr(module, name)
    handler = getattr(service, method)
    wrap = _stream if inspect.isasyncgenfunction(handler) else _unary
    setattr(module, name, type(name, (service,), {method: wrap(handler, method, when)}))
    setattr(store, write, _transaction(getattr(store, write), method, when))


def _unary(handler: Callable[..., Any], method: str, when: str) -> Callable[..., Any]:
    async def answer(self: object, request: object, context: object) -> object:
        if when == "before":
            _die()
        _METHOD.set(method)
        reply = await handler(self, request, context)
        if when == "after":
            _die()
        return reply

    return answer


def _stream(handler: Callable[..., Any], method: str, when: str) -> Callable[..., Any]:
    async def answer(self: object, request: object, context: object) -> AsyncIterator[object]:
        if when == "before":
            _die()
        _METHOD.set(method)
        async for message in handler(self, request, context):
            if when == "after":
                _die()
            yield message

    return answer


def _transaction(begin: Callable[..., Any], method: str, when: str) -> Callable[..., Any]:
    @contextmanager
    def transaction(self: object) -> Iterator[object]:
        with begin(self) as tables:
            yield tables
            if when == "commit" and _METHOD.get() == method:
                _die()
        if when == "stored" and _METHOD.get() == method:
            _die()

    return transaction
