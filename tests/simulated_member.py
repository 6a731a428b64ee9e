"""What simulated members have alike: keys, a log, a script of what they do otherwise than well."""

# ruff: noqa: ARG002  # the Protocol fixes the signatures
from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from coordinator.messages import EncodingPart, MemberStatus, RunId
from privacy.audit import EntryKind, Head, SignedHead
from privacy.errors import EnishiError, Text, UnreachableError
from privacy.identity import AgreementKey, IdentityKey
from privacy.roster import Roster


@dataclass
class Script:
    """What a simulated member does otherwise than well."""

    down_for: int = 0
    """So many calls are not answered."""
    pending_for: int = 0
    """So many reviews find no decision."""
    refuses: Text | None = None
    fails: dict[str, list[EnishiError]] = field(default_factory=dict)
    """Call -> errors that it raises, one a call."""
    changes: Callable[[EncodingPart], EncodingPart] = lambda part: part
    """What happens to every part of its encodings."""
    other_answer: bool = False
    """Whether it encodes known people otherwise."""


class SimulatedMember:
    """What nodes and the dealer have alike: keys, a log, a script, counted calls."""

    def __init__(self, member_id: str) -> None:
        self._member_id = member_id
        self.identity = IdentityKey.generate()
        self.static = AgreementKey.generate()
        self.script = Script()
        self.calls: Counter[str] = Counter()
        self.head = Head.empty(member_id)
        self.ended: list[RunId] = []
        self.roster_accepted = False
        self.signs_roster = True

    @property
    def member_id(self) -> str:
        return self._member_id

    def called(self, name: str) -> None:
        self.calls[name] += 1
        if self.script.down_for > 0:
            self.script.down_for -= 1
            raise UnreachableError(Text("止まっています。", f"{self._member_id} is down."))
        if errors := self.script.fails.get(name):
            raise errors.pop(0)

    async def status(self) -> MemberStatus:
        self.called("status")
        return MemberStatus(self._member_id, "0.1.0", b"", 1, b"", "1", 0)

    async def propose_roster(self, roster: Roster, signatures: Mapping[str, bytes]) -> bytes | None:
        self.called("propose_roster")
        return roster.sign(self.identity) if self.signs_roster else None

    async def accept_roster(self, roster: Roster, signatures: Mapping[str, bytes]) -> None:
        self.called("accept_roster")
        roster.check_signatures(signatures)
        self.roster_accepted = True

    async def end_run(self, run: RunId) -> None:
        self.called("end_run")
        self.ended.append(run)

    async def exchange_heads(self, run: RunId) -> SignedHead:
        self.called("exchange_heads")
        about = {"plan": run.plan_digest.hex()}
        _, self.head = self.head.append(EntryKind.SENT, "2026-07-06T00:00:00", about)
        return SignedHead.of(self.head, self.identity.sign)

    async def countersign(self, heads: Sequence[SignedHead]) -> tuple[bytes, ...]:
        self.called("countersign")
        return tuple(self.identity.sign(head.head.signed_bytes()) for head in heads)
