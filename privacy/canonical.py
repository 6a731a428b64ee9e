"""Canonical JSON: one byte string for one value, so that digests and signatures agree.

Sorted keys, UTF-8, no spaces, no floats (PROTOCOL 8).  Bytes are written by the
caller as hexadecimal text.  Lists of byte strings (HKDF info, associated data,
signed text) are framed by their lengths.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence

_WHAT_IT_TAKES = "canonical JSON takes text, integers, booleans, null, lists and mappings"

Json = str | int | bool | None | Sequence["Json"] | Mapping[str, "Json"]


def _check(value: object) -> None:
    if value is None or isinstance(value, str | int):
        return
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise TypeError(_WHAT_IT_TAKES)
            _check(inner)
    elif isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        for inner in value:
            _check(inner)
    else:
        raise TypeError(_WHAT_IT_TAKES)


def canonical_bytes(value: Json) -> bytes:
    """Return the canonical JSON of *value* as UTF-8 bytes.

    Raises:
        TypeError: the value holds a float, bytes or another type without one spelling.
    """
    _check(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def canonical_digest(value: Json) -> bytes:
    """Return SHA-256 over the canonical JSON of *value* (32 bytes)."""
    return hashlib.sha256(canonical_bytes(value)).digest()


def framed(*parts: bytes) -> bytes:
    """Return *parts* joined so that no two lists of parts give the same bytes.

    Each part follows its length as four bytes, big-endian.
    """
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
