"""Who is still in a link round: where its plan says so, it goes on without who fails.

A department whose data cannot be used, or that has not answered for long, is left out by
name, if enough others remain; else, and where the plan says stop, the round ends with its
error.  The reasons are stored with the round: nobody drops out silently.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from coordinator.errors import MemberError, WaitingError
from coordinator.work import Moved, Work
from privacy.canonical import canonical_bytes
from privacy.errors import EnishiError, Text
from privacy.linkage.conditions import Conditions, Missing

LEFT_OUT = "left_out"
"""The stored value: why each department was left out."""
_LEAST_OPEN = 2
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Remaining:
    """One link round's departments; ``left_out``: who failed, and why."""

    work: Work = field(repr=False)
    left_out: Mapping[str, Text] = field(default_factory=dict)

    @classmethod
    def of(cls, work: Work) -> Remaining:
        """Return who is still in the round that *work* is on."""
        stored = work.process.rounds.value(work.stored.round_id, LEFT_OUT)
        return cls(work, {} if stored is None else left_out_of(stored))

    @property
    def nodes(self) -> tuple[str, ...]:
        """Everybody who is still in it."""
        return tuple(n for n in self.work.nodes if n not in self.left_out)

    @property
    def open(self) -> tuple[str, ...]:
        """The remaining nodes that upload encodings."""
        return tuple(n for n in self.work.open_nodes if n not in self.left_out)

    @property
    def sealed(self) -> tuple[str, ...]:
        """The remaining nodes that link by themselves."""
        return tuple(n for n in self.work.sealed_nodes if n not in self.left_out)

    def without(self, failed: Mapping[str, EnishiError]) -> Remaining:
        """Return the round without those who *failed*.

        Raises:
            MemberError: the plan says stop, or too few would remain; names who failed.
        """
        if not failed:
            return self
        conditions = Conditions.of(self.work.plan)
        member, cause = min(failed.items(), key=lambda one: (one[1].exit_status, one[0]))
        if conditions.missing is Missing.STOP:
            raise MemberError(member, cause)
        why = {name: Text(e.render("ja"), e.render("en")) for name, e in failed.items()}
        fewer = Remaining(self.work, {**self.left_out, **why})
        if len(fewer.nodes) < conditions.least or len(fewer.open) < _LEAST_OPEN:
            raise MemberError(member, _too_few(cause, conditions.least))
        return fewer

    async def ask(
        self, members: Iterable[str], call: Callable[[str], Awaitable[T]]
    ) -> tuple[dict[str, T], Remaining]:
        """Ask *members* at once; return the answers, and who is still in the round.

        Raises:
            MemberError: a member failed, and the plan does not go on without it.
            WaitingError: members have not answered yet; all are named.
        """
        asked = await self.work.ask_each(members, call)
        failed = dict(asked.failed)
        if asked.waiting:
            if not self._overdue() or not asked.waiting.keys() <= asked.silent.keys():
                raise WaitingError(asked.waiting)
            failed |= asked.silent
        return asked.answers, self.without(failed)

    def moved(
        self,
        state: StrEnum,
        values: Mapping[str, bytes] | None = None,
        about: Mapping[str, str | int] | None = None,
    ) -> Moved:
        """Return the step's result, with who was left out so far."""
        if not self.left_out:
            return Moved(state, values or {}, about or {})
        reasons = {name: list(why) for name, why in self.left_out.items()}
        kept = {LEFT_OUT: canonical_bytes(reasons)}
        return Moved(
            state,
            {**(values or {}), **kept},
            {**(about or {}), "left_out": ",".join(sorted(self.left_out))},
        )

    def summary(self) -> Text:
        """Return who was left out and why, for the operator; empty where nobody was."""
        return Text(
            " ".join(f"{n} を除いて続けました: {w.ja}" for n, w in sorted(self.left_out.items())),
            " ".join(f"It went on without {n}: {w.en}" for n, w in sorted(self.left_out.items())),
        )

    def _overdue(self) -> bool:
        """Tell whether the round has waited in its state as long as it may."""
        if Conditions.of(self.work.plan).missing is Missing.STOP:
            return False
        waited = self.work.process.clock() - self.work.stored.updated
        return waited >= dt.timedelta(seconds=self.work.process.config.missing_after_s)


def left_out_of(value: bytes) -> dict[str, Text]:
    """Return who was left out and why, from a round's stored value."""
    return {name: Text(*why) for name, why in json.loads(value).items()}


def _too_few(cause: EnishiError, least: int) -> EnishiError:
    what = Text(
        f"{cause.what.ja} これを除くと残りが足りません(計画の下限 {least}、開放は {_LEAST_OPEN})。",
        f"{cause.what.en} Without it too few would remain "
        f"(the plan's least is {least}, {_LEAST_OPEN} of them open).",
    )
    return type(cause)(what, cause.fix)
