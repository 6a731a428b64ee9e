"""The door of every server: only named peers call, and errors leave without values."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, TypeAlias

import grpc
from google.protobuf.message import DecodeError

from privacy.errors import EnishiError, ProtocolError, RefusedError, Text
from protos.problems import PeerError, status_of

Message: TypeAlias = Any
"""A protobuf message, a stream of them, or the servicer's context."""

MethodHandler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"

_UNREADABLE = object()
"""Stands for a request that is no message of its method."""

Handler = Callable[[Message, Message], Message]
Report = Callable[[str, str], None]
"""Called with (method, type name) for an exception that is a fault of ours."""


class Guard(grpc.aio.ServerInterceptor):
    """Lets only named peers call, and turns errors into statuses without values."""

    def __init__(self, allowed: Mapping[str, frozenset[str] | None], report: Report) -> None:
        """Allow, for a service's full name, the SPIFFE ids in *allowed*; None: whoever comes.

        A service that is not named (health, reflection) is open to every peer with
        a certificate of the federation.
        """
        self._allowed = allowed
        self._report = report

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[MethodHandler | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> MethodHandler | None:
        """Wrap the handler of the called method."""
        handler = await continuation(handler_call_details)
        method = handler_call_details.method
        service = method.rsplit("/", 2)[1]
        if handler is None or service not in self._allowed:
            return handler
        return self._wrapped(handler, method, self._allowed[service])

    def _wrapped(
        self,
        handler: Message,
        method: str,
        peers: frozenset[str] | None,
    ) -> MethodHandler:
        streams = {
            (False, False): ("unary_unary", grpc.unary_unary_rpc_method_handler),
            (False, True): ("unary_stream", grpc.unary_stream_rpc_method_handler),
            (True, False): ("stream_unary", grpc.stream_unary_rpc_method_handler),
            (True, True): ("stream_stream", grpc.stream_stream_rpc_method_handler),
        }
        name, make = streams[handler.request_streaming, handler.response_streaming]
        inner: Handler = getattr(handler, name)
        readable = _all_readable if handler.request_streaming else _readable

        async def unary(request: Message, context: Message) -> Message:
            try:
                _authorise(context, peers)
                return await inner(readable(request), context)
            except Exception as error:  # noqa: BLE001  # the one door for errors
                await self._abort(context, method, error)

        async def stream(request: Message, context: Message) -> AsyncIterator[Message]:
            try:
                _authorise(context, peers)
                async for message in inner(readable(request), context):
                    yield message
            except Exception as error:  # noqa: BLE001  # the one door for errors
                await self._abort(context, method, error)

        return make(
            stream if handler.response_streaming else unary,
            request_deserializer=_tolerant(handler.request_deserializer),
            response_serializer=handler.response_serializer,
        )

    async def _abort(self, context: Message, method: str, error: Exception) -> None:
        if isinstance(error, grpc.aio.AbortError):
            raise error
        if not isinstance(error, EnishiError):
            self._report(method, type(error).__name__)
            error = PeerError(
                Text("内部で失敗しました。", "It failed inside."),
                Text("この機関のログを見てください。", "See this member's log."),
            )
        await context.abort_with_status(status_of(error))


def _tolerant(deserialise: Callable[[bytes], Message]) -> Callable[[bytes], Message]:
    """Return *deserialise*, so that noise reaches the handler's errors and not gRPC's log."""

    def read(data: bytes) -> Message:
        try:
            return deserialise(data)
        except DecodeError:
            return _UNREADABLE

    return read


def _readable(request: Message) -> Message:
    if request is _UNREADABLE:
        raise ProtocolError(
            Text("要求を読めません。", "The request cannot be read."),
            Text("両側の版を揃えてください。", "Bring both sides to the same version."),
        )
    return request


async def _all_readable(requests: Message) -> AsyncIterator[Message]:
    async for request in requests:
        yield _readable(request)


def _authorise(context: Message, peers: frozenset[str] | None) -> None:
    if peers is None:
        return
    found = {value.decode() for value in context.auth_context().get("peer_spiffe_id", ())}
    if not found & peers:
        raise RefusedError(
            Text(
                "この証明書の持ち主は、この呼び出しを許されていません。",
                "The holder of this certificate may not make this call.",
            ),
            Text(
                "名簿にある統括の証明書で接続してください。",
                "Connect with the certificate of the coordinator in the roster.",
            ),
        )
