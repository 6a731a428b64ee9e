"""Tokens: keyed HMACs of exact identities, and of blocks.

A token tells its holder which records agree on everything in it, and nothing else.
Kinds (PROTOCOL 2): ``T1`` family kana, given kana, birth date, sex (for records in Latin
script without kana: family and given name); ``A`` the resident number; ``B`` number and
birth date.  ``tolerant`` (given kana, birth date) serves objection lists only.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence

import numpy as np

from privacy.encoding.batch import Labels, Tokens
from privacy.encoding.schema import is_latin
from privacy.keys import LinkKeys
from privacy.normalise.person import Person

TOKEN_BYTES = 32
SEPARATOR = "|"
"""Between the parts of an identity; normalised text has none."""
_LABEL_BYTES = 8


def record_tokens(link_keys: LinkKeys, persons: Sequence[Person]) -> dict[str, Tokens]:
    """Return T1, A and B of *persons*, n x 32 bytes each, row order as given."""
    return {
        "T1": _tokens(link_keys, "T1", persons, _exact_identity),
        "A": _tokens(link_keys, "A", persons, lambda p: (p.resident_number,)),
        "B": _tokens(link_keys, "B", persons, lambda p: (p.resident_number, p.birth_date)),
    }


def objection_tokens(link_keys: LinkKeys, persons: Sequence[Person]) -> dict[str, Tokens]:
    """Return T1, A, B and the tolerant token of persons who object, n x 32 bytes each."""
    tolerant = _tokens(link_keys, "tolerant", persons, lambda p: (p.given_kana, p.birth_date))
    return record_tokens(link_keys, persons) | {"tolerant": tolerant}


def drop_repeated(tokens: Tokens) -> Tokens:
    """Return *tokens* with every value that occurs twice set to missing, at all its rows.

    After a node resolved its own duplicates, a repeated token is a mistake in the data
    and would link two people.
    """
    kept = tokens.copy()
    # Few share even their first word with another: only those are compared whole.
    first = np.ascontiguousarray(tokens).view("<u8")[:, 0]
    _, inverse, counts = np.unique(first, return_inverse=True, return_counts=True)
    shared = np.flatnonzero((counts[inverse.ravel()] > 1) & tokens.any(axis=1))
    _, inverse, counts = np.unique(tokens[shared], axis=0, return_inverse=True, return_counts=True)
    kept[shared[counts[inverse.ravel()] > 1]] = 0
    return kept


def block_labels(link_keys: LinkKeys, salt_pass: str, salts: Sequence[str | None]) -> Labels:
    """Return the block labels of *salts* under one pass: n words, 0 where the salt is missing.

    Sent only in the labelled variant: group sizes are then visible to the coordinator.
    """
    key = link_keys.block(salt_pass)
    cache: dict[str | None, int] = {None: 0}
    for salt in salts:
        if salt is not None and salt not in cache:
            digest = hmac.digest(key, salt.encode(), "sha256")
            cache[salt] = int.from_bytes(digest[:_LABEL_BYTES], "little") or 1
    return np.array([cache[salt] for salt in salts], dtype=np.uint64)


def _exact_identity(person: Person) -> tuple[str, ...]:
    names = (person.family_kana, person.given_kana)
    if not any(names) and is_latin(person.family) and is_latin(person.given):
        names = (person.family, person.given)
    return (*names, person.birth_date, person.sex)


def _tokens(
    link_keys: LinkKeys,
    kind: str,
    persons: Sequence[Person],
    identity: Callable[[Person], tuple[str, ...]],
) -> Tokens:
    """Return one kind of token; all zero where a part of the identity is missing."""
    key = link_keys.token(kind)
    missing = bytes(TOKEN_BYTES)
    parts = map(identity, persons)
    joined = b"".join(
        hmac.digest(key, SEPARATOR.join(part).encode(), "sha256") if all(part) else missing
        for part in parts
    )
    return np.frombuffer(joined, dtype=np.uint8).reshape(-1, TOKEN_BYTES).copy()
