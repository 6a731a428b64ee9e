"""Errors of the coordinator and the dealer, told apart by type where a caller acts on the kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from privacy.errors import (
    BadInputError,
    EnishiError,
    ProtocolError,
    RefusedError,
    Text,
    UnreachableError,
)
from protos.problems import PeerError


class ConfigError(BadInputError):
    """The configuration file cannot be used."""


class UnknownMemberError(BadInputError):
    """No member of this id is registered."""


class UnknownRoundError(BadInputError):
    """No round of this id is stored."""


class RosterMissingError(RefusedError):
    """Nobody has joined yet, or the roster lacks signatures or its city secret."""

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(
            Text("有効な名簿がありません。", "There is no roster in force."),
            Text(
                "部署の参加を待ち、`enishi coordinator roster` を実行してください。",
                "Wait until the departments have joined and run `enishi coordinator roster`.",
            ),
        )


class SlotTableMissingError(RefusedError):
    """No link round has ended yet."""

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(
            Text("スロット表がまだありません。", "There is no slot table yet."),
            Text(
                "先に `enishi coordinator round link` を実行してください。",
                "Run `enishi coordinator round link` first.",
            ),
        )


class NoDealerError(RefusedError):
    """The roster names no dealer, and nobody else may deal."""

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(
            Text("名簿にディーラーがいません。", "The roster has no dealer."),
            Text(
                "別の機関のディーラーを `node add --dealer` で招待してください。",
                "Invite a dealer of another body with `node add --dealer`.",
            ),
        )


class JoinRefusedError(RefusedError):
    """Somebody asked to join with a wrong, used or expired code, or with wrong keys."""


class RoundStateError(ProtocolError):
    """A step was asked that does not follow the round's state; our own fault."""

    def __init__(self, round_id: str, state: str, wanted: str) -> None:
        """Name the round and both states."""
        super().__init__(
            Text(
                f"ラウンド {round_id} は {state} から {wanted} へ移れません。",
                f"Round {round_id} cannot go from {state} to {wanted}.",
            )
        )


class SpoolError(ProtocolError):
    """A spooled file was changed, cut or lost; the round fetches it again or ends."""


class EngineError(UnreachableError):
    """The engine is out of reach, or its disk is full; the comparison is made again later."""


class RoundMovedError(RoundStateError):
    """Another process has moved the round meanwhile: look at it again."""


class MemberError(EnishiError):
    """A named member refused, failed or did not answer; ``cause`` says how."""

    def __init__(self, member: str, cause: EnishiError) -> None:
        """Say it of *member*."""
        super().__init__(_named(member, cause), cause.fix)
        self.member = member
        self.cause = cause


@contextmanager
def naming(member: str) -> Iterator[None]:
    """Let an error inside the block name *member*; kind and exit status stay.

    Raises:
        EnishiError: of the same kind as the one inside.
    """
    try:
        yield
    except EnishiError as error:
        raise type_of(error)(_named(member, error), error.fix) from error


def type_of(error: EnishiError) -> type[EnishiError]:
    """Return the kind of *error* that decides the exit status."""
    for kind in (RefusedError, BadInputError, UnreachableError, ProtocolError, PeerError):
        if isinstance(error, kind):
            return kind
    return EnishiError


def _named(member: str, error: EnishiError) -> Text:
    if member in error.what.en:
        return error.what
    return Text(f"{member}: {error.what.ja}", f"{member}: {error.what.en}")


class WaitingError(EnishiError):
    """Members cannot go on yet (an approval is missing, one is down); asked again later."""

    exit_status = 3

    def __init__(self, waiting: Mapping[str, Text]) -> None:
        """Say for whom it waits and why."""
        names = ", ".join(sorted(waiting))
        super().__init__(Text(f"待っています: {names}", f"waiting for {names}"))
        self.waiting = dict(waiting)
