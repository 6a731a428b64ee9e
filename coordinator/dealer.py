"""The dealer: a process of another body that deals randomness and receives nothing.

It stores each answer before it sends it, logs it in the same transaction, and repeats it
byte for byte; a run's seeds lie in its keystore until the run ends.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from coordinator.config import DealerConfig
from coordinator.dealing import (
    OUTER_KEYS,
    DealRequest,
    RunSeeds,
    check_positions,
    check_request,
    dealings,
    most_opened,
    pack_boxes,
    pack_seeds,
    seal_outer_keys,
    seal_seeds,
    unpack_boxes,
    unpack_seeds,
)
from coordinator.membership import Membership
from coordinator.messages import Dealing, RunId, Sealed
from coordinator.process_keys import ProcessKeys
from coordinator.store.answers import AnswerStore, forget_answers, keep_answer
from coordinator.store.audit import AuditLog
from coordinator.store.engine import Database
from coordinator.wire_bytes import pack_deal_request, unpack_deal_request
from privacy.audit import EntryKind
from privacy.canonical import framed
from privacy.errors import ProtocolError, RefusedError, Text
from privacy.keys import KEY_BYTES
from privacy.lookup.shuffled import EXTRA
from privacy.plan import PlanKind

DEAL, REQUEST, CARDS, ENDED = "deal", "request", "cards", "ended"

Clock = Callable[[], datetime]


class Dealer:
    """The dealer's decisions, without gRPC."""

    def __init__(self, config: DealerConfig, database: Database, clock: Clock) -> None:
        """Open the dealer of *config* over *database*."""
        self._config = config
        self._database = database
        self._clock = clock
        self._keys = ProcessKeys(config.keys)
        self._answers = AnswerStore(database)
        self._audit = AuditLog(database, config.dealer)
        self.membership = Membership(config.dealer, self._keys, database, clock)

    def deal(self, request: DealRequest) -> Iterator[Dealing]:
        """Return the parts of a run's randomness; checked, stored and logged before.

        Raises:
            ProtocolError: a wrong plan, Ready or transcript, or a run that has ended.
            RefusedError: expired, or more positions than this dealer deals for.
        """
        self.end_overdue()
        name = request.run.transcript.hex()
        if self._answers.has(name, ENDED):
            raise _no_such_run()
        stored = self._answers.get(name, DEAL, request.digest)
        if stored is None:
            self._check(request)
            stored = self._make(request)
        seeds = unpack_seeds(self._keys.keystore.read(_seed_file(name)))
        sealed = unpack_boxes(stored)
        return dealings(request.plan, request.run, request.slots, seeds, sealed)

    def open_cards(self, run: RunId, positions: Sequence[int]) -> Sealed:
        """Return the outer keys of the listed positions, once a run, for its receiver only.

        Raises:
            RefusedError: more positions than the plan allows.
            ProtocolError: an unknown run, other positions than before, or positions outside.
        """
        name, dealer = run.transcript.hex(), self._config.dealer
        request = self._request(run)
        receiver = next(r for r in request.readys if r.node_id == request.plan.receiver)
        most = min(most_opened(request.plan), self._config.most_listed)
        check_positions(positions, most, request.slots + EXTRA)
        asked = hashlib.sha256(framed(*(p.to_bytes(8, "big") for p in positions))).digest()
        box = self._answers.get(name, CARDS, asked)
        if box is None:
            seeds = unpack_seeds(self._keys.keystore.read(_seed_file(name)))
            sealed = seal_outer_keys(run, dealer, self._keys.static, receiver, seeds, positions)
            box = sealed.box
            self._keep(EntryKind.OPENED, name, {CARDS: (asked, box)}, {"cards": len(positions)})
        return Sealed(dealer, receiver.node_id, OUTER_KEYS, 0, box)

    def end_run(self, run: RunId) -> None:
        """Destroy the run's seeds and what was answered; ending twice is no error."""
        name = run.transcript.hex()
        if not name or self._answers.has(name, ENDED):
            return
        self._keys.keystore.destroy(_seed_file(name))
        with self._database.write() as connection:
            forget_answers(connection, name)
            keep_answer(connection, name, ENDED, b"", b"")
            self._audit.append(connection, EntryKind.CHANGED, self._clock(), {"ended": name})

    def end_overdue(self) -> None:
        """End every run whose plan has expired: a coordinator that never ends one keeps no seed."""
        for file in self._keys.keystore.names("runs"):
            stored = self._answers.any(file.rpartition("/")[2], REQUEST)
            request = None if stored is None else unpack_deal_request(stored)
            if request is not None and self._clock() >= request.plan.expires:
                self.end_run(request.run)

    def _check(self, request: DealRequest) -> None:
        roster = self.membership.roster()
        check_request(request, roster, self._clock())
        if request.plan.dealer != self._config.dealer:
            raise _no_such_run()
        if not 0 < request.slots <= self._config.most_positions:
            raise RefusedError(
                Text(
                    f"スロット数は 1 から {self._config.most_positions} です。",
                    f"A run has 1 to {self._config.most_positions} slots here.",
                ),
                Text("most_positions を見直してください。", "Review most_positions."),
            )

    def _make(self, request: DealRequest) -> bytes:
        """Draw and seal the seeds of a run; nothing is sent before all of it is stored."""
        name, dealer = request.run.transcript.hex(), self._config.dealer
        nodes = [ready.node_id for ready in request.readys]
        fresh = {
            n: RunSeeds(secrets.token_bytes(KEY_BYTES), secrets.token_bytes(KEY_BYTES))
            for n in nodes
        }
        kept = self._keys.keystore.keep(_seed_file(name), pack_seeds(fresh))
        seeds = unpack_seeds(kept)
        static = self._keys.static
        boxes = pack_boxes(seal_seeds(request.run, dealer, static, request.readys, seeds))
        rows = {
            DEAL: (request.digest, boxes),
            REQUEST: (request.digest, pack_deal_request(request)),
        }
        plan = request.plan.digest.hex()
        about: Mapping[str, str | int] = {"plan": plan, "nodes": len(nodes)}
        self._keep(EntryKind.SENT, name, rows, about)
        return boxes

    def _request(self, run: RunId) -> DealRequest:
        stored = self._answers.any(run.transcript.hex(), REQUEST)
        if stored is None:
            raise _no_such_run()
        request = unpack_deal_request(stored)
        if request.run != run or request.plan.kind is not PlanKind.SCREEN:
            raise _no_such_run()
        return request

    def _keep(
        self,
        kind: EntryKind,
        run: str,
        rows: Mapping[str, tuple[bytes, bytes]],
        about: Mapping[str, str | int],
    ) -> None:
        with self._database.write() as connection:
            for call, (request_digest, body) in rows.items():
                keep_answer(connection, run, call, request_digest, body)
            self._audit.append(connection, kind, self._clock(), {"run": run, **about})


def _seed_file(run: str) -> str:
    return f"runs/{run}"


def _no_such_run() -> ProtocolError:
    return ProtocolError(
        Text("この実行はここにないか、終わっています。", "This run is not here, or has ended."),
        Text("新しい計画で始めてください。", "Start with a new plan."),
    )
