"""Typed errors across gRPC: `EnishiError` to `google.rpc.Status` details and back.

The server side puts what/where/what-to-do in both languages into the status; the
client side raises the same kind again.  An unexpected exception crosses as its
type name only: a traceback may hold values that the peer may not see.
"""

from __future__ import annotations

import grpc
from google.protobuf import any_pb2
from google.rpc import status_pb2
from grpc_status import rpc_status

from privacy.errors import (
    BadInputError,
    EnishiError,
    ProtocolError,
    RefusedError,
    Text,
    UnreachableError,
)
from protos import common_pb2

_CODES: dict[type[EnishiError], grpc.StatusCode] = {
    RefusedError: grpc.StatusCode.PERMISSION_DENIED,
    ProtocolError: grpc.StatusCode.FAILED_PRECONDITION,
    BadInputError: grpc.StatusCode.INVALID_ARGUMENT,
    UnreachableError: grpc.StatusCode.UNAVAILABLE,
}
_KINDS: dict[str, type[EnishiError]] = {kind.__name__: kind for kind in _CODES}


class PeerError(EnishiError):
    """The peer failed inside; its own log says why."""


class NotOfferedError(PeerError):
    """The peer does not know this call: it runs an older version."""


def _kind(error: EnishiError) -> type[EnishiError]:
    return next((kind for kind in type(error).__mro__ if kind in _CODES), PeerError)


def problem_of(error: EnishiError) -> common_pb2.Problem:
    """Return *error* as a message; it holds texts and no value."""
    return common_pb2.Problem(
        kind=_kind(error).__name__,
        what_ja=error.what.ja,
        what_en=error.what.en,
        fix_ja=error.fix.ja,
        fix_en=error.fix.en,
        exit_status=error.exit_status,
    )


def error_of(problem: common_pb2.Problem) -> EnishiError:
    """Return the error that a peer put into *problem*."""
    kind = _KINDS.get(problem.kind, PeerError)
    return kind(Text(problem.what_ja, problem.what_en), Text(problem.fix_ja, problem.fix_en))


def status_of(error: EnishiError) -> rpc_status._Status:  # type: ignore[name-defined]  # the stubs leave it out
    """Return the gRPC status that carries *error* in its details."""
    detail = any_pb2.Any()
    detail.Pack(problem_of(error))
    code = _CODES.get(_kind(error), grpc.StatusCode.INTERNAL)
    status = status_pb2.Status(code=code.value[0], message=error.what.en, details=[detail])
    return rpc_status.to_status(status)


def _detail(error: grpc.aio.AioRpcError) -> common_pb2.Problem | None:
    trailing = error.trailing_metadata()
    for key, value in trailing or ():
        if key == "grpc-status-details-bin" and isinstance(value, bytes):
            for detail in status_pb2.Status.FromString(value).details:
                problem = common_pb2.Problem()
                if detail.Unpack(problem):
                    return problem
    return None


def raised_by(peer: str, error: grpc.aio.AioRpcError) -> EnishiError:
    """Return the `EnishiError` behind a failed call to *peer* (an id, not an address)."""
    if (problem := _detail(error)) is not None:
        return error_of(problem)
    code = error.code()
    if code in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}:
        return UnreachableError(
            Text(
                f"{peer} に接続できません({code.name})。", f"{peer} does not answer ({code.name})."
            ),
            Text(
                f"{peer} の起動、アドレス、証明書を確かめてください。`doctor` が調べます。",
                f"Check that {peer} runs, its address and its certificate; `doctor` looks.",
            ),
        )
    if code is grpc.StatusCode.RESOURCE_EXHAUSTED:
        return ProtocolError(
            Text(
                f"{peer} のメッセージが上限を超えました。",
                f"A message of {peer} is over the limit.",
            ),
            Text("両側の版を揃えてください。", "Bring both sides to the same version."),
        )
    if code is grpc.StatusCode.UNIMPLEMENTED:
        return NotOfferedError(
            Text(f"{peer} の版が古く、この呼び出しを知りません。", f"{peer} lacks this call."),
            Text("両側の版を揃えてください。", "Bring both sides to the same version."),
        )
    return PeerError(
        Text(
            f"{peer} の内部で失敗しました({code.name})。",
            f"{peer} failed inside ({code.name}).",
        ),
        Text(f"{peer} のログを見てください。", f"See the log of {peer}."),
    )
