"""The audit log: a hash chain of ids and counts, signed at its heads (PROTOCOL 9).

Each line is canonical JSON that names its log, its number and the SHA-256 of the line
before it.  A head is the number and digest of a last line, signed by the log's owner and
counter-signed by others at the end of each run, so that nobody can rewrite a log alone.
Lines after the newest head are only as trustworthy as their keeper.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

from Crypto.PublicKey import ECC
from Crypto.Signature import eddsa

from privacy.canonical import Json, canonical_bytes, canonical_digest
from privacy.errors import BadInputError, EnishiError, Text

VERSION = 1
Sign = Callable[[bytes], bytes]
"""Ed25519 over the bytes given; 64 bytes."""
_ID = re.compile(r"[A-Za-z0-9._:/@+=-]{1,128}")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_HEAD_LABEL = b"enishi/audit-head/1"


class EntryKind(StrEnum):
    """What happened."""

    ASKED = "asked"
    REFUSED = "refused"
    COMPUTED = "computed"
    SENT = "sent"
    OPENED = "opened"
    CHARGED = "charged"
    CHANGED = "changed"


class AuditBrokenError(EnishiError):
    """A log does not verify; `number` is its first broken entry."""

    exit_status = 1

    def __init__(self, log: str, number: int, why: Text) -> None:
        """Say that entry *number* of *log* is broken, and *why*."""
        super().__init__(
            Text(
                f"監査記録 {log} の {number} 番目の記録が正しくありません。{why.ja}",
                f"Entry {number} of the audit log {log} is broken: {why.en}",
            ),
            Text(
                "記録を保全し、連署した他のノードの記録と照合してください。",
                "Keep the log as it is and compare it with the logs of those who counter-signed.",
            ),
        )
        self.number = number


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a log.

    Args:
        log: Whose log it is: a node's, the dealer's or the coordinator's id.
        number: 1, 2, 3, ... without a gap.
        previous: SHA-256 of the line before, hexadecimal; of nothing for the first.
        kind: What happened.
        at: When, ISO 8601 in UTC as the caller's clock says.
        about: Ids and counts only, such as ``{"plan": "3f..", "actor": "staff:7", "rows": 12}``.

    Raises:
        BadInputError: text that is not an id (so no name of a person can stand here).
    """

    log: str
    number: int
    previous: str
    kind: EntryKind
    at: str
    about: Mapping[str, str | int]

    def __post_init__(self) -> None:
        """Check that the entry holds ids and counts only."""
        texts = [self.log, self.at, *(v for v in self.about.values() if type(v) is not int)]
        ids = all(isinstance(text, str) and _ID.fullmatch(text) for text in texts)
        sound = type(self.number) is int and _DIGEST.fullmatch(self.previous)
        if not ids or not sound or not all(map(_NAME.fullmatch, self.about)):
            raise BadInputError(
                Text(
                    "監査記録に書けるのは ID と件数だけです。",
                    "An audit entry holds ids and counts only.",
                )
            )

    def line(self) -> bytes:
        """Return the entry's canonical JSON, without a line end."""
        return canonical_bytes(
            {
                "version": VERSION,
                "log": self.log,
                "number": self.number,
                "previous": self.previous,
                "kind": self.kind.value,
                "at": self.at,
                "about": dict(self.about),
            }
        )

    @classmethod
    def parse(cls, line: bytes) -> Self:
        """Return the entry of a stored *line*.

        Raises:
            BadInputError: it is not the canonical form of an entry.
        """
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            value = None
        match value:
            case {
                "version": 1,
                "log": str(log),
                "number": int(number),
                "previous": str(previous),
                "kind": str(kind),
                "at": str(at),
                "about": dict(about),
            } if kind in set(EntryKind) and all(isinstance(v, str | int) for v in about.values()):
                entry = cls(log, number, previous, EntryKind(kind), at, about)
                if entry.line() == line:
                    return entry
        what = Text("監査記録の行を読めません。", "A line of the audit log cannot be read.")
        raise BadInputError(what)


@dataclass(frozen=True, slots=True)
class Head:
    """Where a log stands: the number and the SHA-256 (hexadecimal) of its last line."""

    log: str
    number: int
    digest: str

    def __post_init__(self) -> None:
        """Check the shape of a head that came from elsewhere."""
        if self.number < 0 or not _ID.fullmatch(self.log) or not _DIGEST.fullmatch(self.digest):
            what = Text("監査記録の先頭を読めません。", "A head of an audit log cannot be read.")
            raise BadInputError(what)

    @classmethod
    def empty(cls, log: str) -> Self:
        """Return the head of a log without entries."""
        return cls(log, 0, hashlib.sha256(b"").hexdigest())

    def append(
        self, kind: EntryKind, at: str, about: Mapping[str, str | int]
    ) -> tuple[bytes, Head]:
        """Return the next line and the head after it; the caller stores both at once."""
        line = Entry(self.log, self.number + 1, self.digest, kind, at, about).line()
        return line, self.follow(line)

    def follow(self, line: bytes) -> Head:
        """Return the head after *line*."""
        return Head(self.log, self.number + 1, hashlib.sha256(line).hexdigest())

    def signed_bytes(self) -> bytes:
        """Return what owner and counter-signers sign."""
        body: Json = {"log": self.log, "number": self.number, "digest": self.digest}
        return _HEAD_LABEL + canonical_digest(body)


@dataclass(frozen=True, slots=True)
class SignedHead:
    """A head with its owner's signature and those of others that have seen it."""

    head: Head
    signature: bytes
    witnesses: tuple[tuple[str, bytes], ...] = ()

    @classmethod
    def of(cls, head: Head, sign: Sign) -> Self:
        """Return *head* signed by its owner."""
        return cls(head, sign(head.signed_bytes()))

    def countersign(self, witness: str, sign: Sign) -> SignedHead:
        """Return the head with one more party's signature; it says "I have seen this one"."""
        kept = tuple(pair for pair in self.witnesses if pair[0] != witness)
        return replace(self, witnesses=(*kept, (witness, sign(self.head.signed_bytes()))))

    def check(self, keys: Mapping[str, bytes]) -> None:
        """Check the owner's and all counter-signatures.

        Args:
            keys: Party id -> raw Ed25519 public key (32 bytes), from the roster.

        Raises:
            AuditBrokenError: a signature does not hold, or a signer is not in *keys*.
        """
        signed = self.head.signed_bytes()
        for who, signature in ((self.head.log, self.signature), *self.witnesses):
            if who not in keys or not _holds(keys[who], signed, signature):
                why = Text(f"{who} の署名が正しくありません。", f"the signature of {who} is wrong.")
                raise AuditBrokenError(self.head.log, self.head.number, why)


def _holds(key: bytes, signed: bytes, signature: bytes) -> bool:
    try:
        eddsa.new(eddsa.import_public_key(key), "rfc8032").verify(signed, signature)
    except ValueError:
        return False
    return True


def signer(key: ECC.EccKey) -> Sign:
    """Return a signing function for an Ed25519 private *key*."""
    return eddsa.new(key, "rfc8032").sign


def verify(
    log: str, lines: Iterable[bytes], heads: Sequence[SignedHead], keys: Mapping[str, bytes]
) -> Head:
    """Verify a whole log offline, in one pass, and return where it ends.

    Args:
        log: Whose log it must be.
        lines: All stored lines, without line ends.
        heads: Signed heads of this log, from its owner and, better, from those who keep
            the ones they counter-signed: a cut or forked log contradicts them.
        keys: Party id -> raw Ed25519 public key.

    Raises:
        AuditBrokenError: names the first entry that is altered, missing, out of order or
            contradicts a signed head.
    """
    wanted = _wanted(log, heads, keys)
    head = Head.empty(log)
    rest = iter(lines)
    line = next(rest, None)
    while line is not None:
        following = next(rest, None)
        after = head.follow(line)
        _check_line(head, line, _claimed(following) or wanted.get(after.number, ""))
        head = after
        if not hmac.compare_digest(wanted.pop(head.number, head.digest), head.digest):
            why = Text("署名された先頭と食い違います。", "it differs from what was signed.")
            raise AuditBrokenError(log, head.number, why)
        line = following
    if wanted:
        why = Text("記録が途中で切れています。", "the log ends before a signed head.")
        raise AuditBrokenError(log, head.number + 1, why)
    return head


def _claimed(following: bytes | None) -> str:
    """Return what the next line says the digest before it is; empty where it says nothing."""
    if following is None:
        return ""
    try:
        return Entry.parse(following).previous
    except BadInputError:
        return ""


def _wanted(log: str, heads: Sequence[SignedHead], keys: Mapping[str, bytes]) -> dict[int, str]:
    """Return entry number -> digest of all checked heads; two that differ show a fork."""
    wanted: dict[int, str] = {}
    for signed in sorted(heads, key=lambda known: known.head.number):
        signed.check(keys)
        number, digest = signed.head.number, signed.head.digest
        if signed.head.log != log:
            why = Text("別の記録の先頭です。", "the head is another log's.")
            raise AuditBrokenError(log, number, why)
        if not hmac.compare_digest(wanted.setdefault(number, digest), digest):
            why = Text("同じ番号に二つの先頭があります。", "two signed heads fork here.")
            raise AuditBrokenError(log, number, why)
    if wanted.get(0) == Head.empty(log).digest:
        del wanted[0]
    return wanted


def _check_line(head: Head, line: bytes, claimed: str) -> None:
    """Check that *line* is the entry after *head*.

    Where the two do not join, the one that the next entry (or a head) vouches for by the
    digest *claimed* is sound, and the other is the broken one.
    """
    number = head.number + 1
    try:
        entry = Entry.parse(line)
    except BadInputError as error:
        raise AuditBrokenError(head.log, number, error.what) from error
    if entry.log != head.log or entry.number != number:
        why = Text(
            f"番号が {entry.number} です（抜けか入れ替え）。",
            f"it says number {entry.number} of {entry.log}; something is missing or moved.",
        )
        raise AuditBrokenError(head.log, number, why)
    if not hmac.compare_digest(entry.previous, head.digest):
        sound = hmac.compare_digest(claimed, head.follow(line).digest)
        broken = head.number if sound and head.number else number
        why = Text("前後の記録と繋がりません。", "it does not join with its neighbour.")
        raise AuditBrokenError(head.log, broken, why)
