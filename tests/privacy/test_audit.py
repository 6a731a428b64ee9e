"""An altered, cut, reordered or forked log is always found out, at its first broken entry.

About 3,000 random mutations run in the default suite.
"""

import hashlib
import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from Crypto.PublicKey import ECC

from privacy.audit import (
    AuditBrokenError,
    Entry,
    EntryKind,
    Head,
    Sign,
    SignedHead,
    signer,
    verify,
)
from privacy.errors import BadInputError

VECTOR = json.loads(
    (Path(__file__).parents[1] / "vectors" / "audit" / "log.json").read_text(encoding="utf-8")
)
LENGTH = 24
LOG = "school"


def a_key(name: str) -> ECC.EccKey:
    return ECC.construct(curve="Ed25519", seed=hashlib.sha256(name.encode()).digest())


def sign_of(name: str) -> Sign:
    return signer(a_key(name))


KEYS = {
    name: a_key(name).public_key().export_key(format="raw")
    for name in ("school", "health", "coordinator")
}


def a_log(length: int = LENGTH, *, salt: str = "") -> tuple[list[bytes], list[Head]]:
    lines, heads = [], [Head.empty(LOG)]
    kinds = list(EntryKind)
    for number in range(length):
        line, head = heads[-1].append(
            kinds[number % len(kinds)],
            f"2026-11-23T07:{number:02d}:00Z",
            {"plan": f"p{number}{salt}", "rows": number},
        )
        lines.append(line)
        heads.append(head)
    return lines, heads


LINES, HEADS = a_log()
SIGNED = SignedHead.of(HEADS[-1], sign_of(LOG)).countersign("health", sign_of("health"))


def test_an_untouched_log_verifies_to_its_head() -> None:
    earlier = SignedHead.of(HEADS[5], sign_of(LOG))
    assert verify(LOG, LINES, [SIGNED, earlier], KEYS) == HEADS[-1]
    assert verify(LOG, LINES, [], KEYS) == HEADS[-1]
    assert verify(LOG, [], [SignedHead.of(HEADS[0], sign_of(LOG))], KEYS) == HEADS[0]


def rechained(lines: list[bytes], start: int) -> list[bytes]:
    """Make the chain hold again from *start* on, as a keeper who rewrites would."""
    head = Head.empty(LOG)
    made = []
    for number, line in enumerate(lines):
        entry = Entry.parse(line)
        kept = number < start
        fresh, after = head.append(entry.kind, entry.at, entry.about)
        made.append(line if kept else fresh)
        head = head.follow(line) if kept else after
    return made


def alter(lines: list[bytes], at: int, rng: random.Random) -> int:
    entry = Entry.parse(lines[at])
    about = {**entry.about, "rows": rng.randrange(100, 999)}
    changed = Entry(LOG, entry.number, entry.previous, entry.kind, entry.at, about)
    lines[at] = changed.line()
    return at + 1


def flip(lines: list[bytes], at: int, rng: random.Random) -> int:
    place = rng.randrange(len(lines[at]))
    changed = bytearray(lines[at])
    changed[place] ^= 1 << rng.randrange(8)
    lines[at] = bytes(changed)
    return at + 1


def delete(lines: list[bytes], at: int, rng: random.Random) -> int:
    del rng
    del lines[at]
    return at + 1


def swap(lines: list[bytes], at: int, rng: random.Random) -> int:
    other = rng.choice([n for n in range(len(lines)) if n != at])
    lines[at], lines[other] = lines[other], lines[at]
    return min(at, other) + 1


def repeat(lines: list[bytes], at: int, rng: random.Random) -> int:
    del rng
    lines.insert(at, lines[at])
    return at + 2


def truncate(lines: list[bytes], at: int, rng: random.Random) -> int:
    del rng
    del lines[at:]
    return at + 1


@pytest.mark.parametrize("mutate", [alter, flip, delete, swap, repeat, truncate])
def test_a_mutated_log_is_broken_at_its_first_changed_entry(
    mutate: Callable[[list[bytes], int, random.Random], int],
) -> None:
    rng = random.Random(mutate.__name__)
    for _ in range(400):
        lines = list(LINES)
        first = mutate(lines, rng.randrange(LENGTH), rng)
        with pytest.raises(AuditBrokenError) as caught:
            verify(LOG, lines, [SIGNED], KEYS)
        assert caught.value.number == first


@pytest.mark.parametrize("mutate", [alter, delete, truncate])
def test_a_log_rewritten_with_a_sound_chain_contradicts_its_signed_head(
    mutate: Callable[[list[bytes], int, random.Random], int],
) -> None:
    rng = random.Random(mutate.__name__)
    for _ in range(200):
        lines = list(LINES)
        at = rng.randrange(LENGTH)
        mutate(lines, at, rng)
        with pytest.raises(AuditBrokenError):
            verify(LOG, rechained(lines, at), [SIGNED], KEYS)


def test_a_fork_is_seen_where_two_signed_heads_differ() -> None:
    _, other = a_log(salt="x")
    fork = SignedHead.of(other[7], sign_of(LOG))
    witnessed = SignedHead.of(HEADS[7], sign_of(LOG)).countersign("health", sign_of("health"))
    with pytest.raises(AuditBrokenError) as caught:
        verify(LOG, LINES, [witnessed, fork, SIGNED], KEYS)
    assert caught.value.number == 7


def test_a_head_signed_by_nobody_known_or_over_something_else_is_refused() -> None:
    stranger = SIGNED.countersign("stranger", sign_of("stranger"))
    forged = SignedHead.of(HEADS[-1], sign_of("health"))
    moved = SignedHead(HEADS[3], SIGNED.signature)
    short = SignedHead(HEADS[-1], SIGNED.signature[:63])
    foreign = SignedHead.of(Head.empty("health"), sign_of("health"))
    for wrong in (stranger, forged, moved, short, foreign):
        with pytest.raises(AuditBrokenError):
            verify(LOG, LINES, [wrong], KEYS)


def test_another_logs_lines_do_not_pass_for_this_ones() -> None:
    with pytest.raises(AuditBrokenError):
        verify("health", LINES, [], KEYS)


@pytest.mark.parametrize(
    "about",
    [
        {"actor": "山田太郎"},
        {"actor": "Taro Yamada"},
        {"Actor": "a"},
        {"rows": True},
        {"a": ""},
        {"rows": 1.5},
    ],
    ids=["kanji", "a space", "capital", "boolean", "empty", "float"],
)
def test_an_entry_takes_ids_and_counts_only(about: dict[str, str | int]) -> None:
    with pytest.raises(BadInputError):
        Head.empty(LOG).append(EntryKind.SENT, "2026-11-23T07:00:00Z", about)


@pytest.mark.parametrize(
    "line",
    [b"", b"{}", b"[" * 100_000, b"\xff", LINES[0] + b" ", LINES[0].replace(b'"asked"', b'"did"')],
    ids=["empty", "no fields", "too deep", "not UTF-8", "spaced", "unknown kind"],
)
def test_a_line_that_is_no_entry_is_refused(line: bytes) -> None:
    with pytest.raises(BadInputError):
        Entry.parse(line)


def test_the_published_log_has_these_lines_digests_and_signatures() -> None:
    head = Head.empty(VECTOR["log"])
    lines = []
    for step in VECTOR["steps"]:
        line, head = head.append(EntryKind(step["kind"]), step["at"], step["about"])
        assert (line.decode(), head.digest) == (step["line"], step["digest"])
        lines.append(line)
    signed = SignedHead.of(head, sign_of(VECTOR["log"]))

    assert signed.signature.hex() == VECTOR["signature"]
    assert verify(VECTOR["log"], lines, [signed], KEYS) == head
