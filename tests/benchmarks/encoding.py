"""Measure encoding against clkhash's algorithm, on the same made-up people.

    python -m tests.benchmarks.encoding [--children 3000] [--rounds 3]

The peer is the double hashing of Schnell, Bachteler and Reiher (BMC Med. Inform. Decis. Mak.
9:41, 2009), as clkhash publishes and runs it (`bloomfilter.double_hash_encode_ngrams`): for
every q-gram HMAC-SHA1 and HMAC-MD5 give h1 and h2, and the bits (h1 + i h2) mod L are set. One
unsalted filter of 1,024 bits, bigrams, 10 bits a gram.  Ours are the default schema's
first pass (five salted, sharpened views and three tokens) and all its passes.
"""

from __future__ import annotations

import hashlib
import hmac
import tempfile
from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np

from privacy.encoding.encoder import Encoder
from privacy.encoding.schema import default_schema
from privacy.keys import LinkKeys
from privacy.normalise.person import Person
from tests.benchmarks.linkage import town_case
from tests.benchmarks.record import Row, least, options, report

_KEY = bytes(range(32))
_BITS = 1024
_BITS_A_GRAM = 10
_FIELDS = ("family", "given", "family_kana", "given_kana", "birth_date", "sex", "town", "block")

Positions = Callable[[str, bytes], tuple[int, ...]]


def gram_positions(gram: str, key: bytes) -> tuple[int, ...]:
    """Return the bits that one q-gram sets, by double hashing."""
    one = int.from_bytes(hmac.digest(key, gram.encode(), hashlib.sha1), "big") % _BITS
    two = int.from_bytes(hmac.digest(key, gram.encode(), hashlib.md5), "big") % _BITS
    return tuple((one + i * two) % _BITS for i in range(_BITS_A_GRAM))


def double_hashed(persons: Sequence[Person], positions: Positions) -> int:
    """Encode *persons* one after the other; return the bits that were set."""
    keys = [hmac.digest(_KEY, name.encode(), hashlib.sha256) for name in _FIELDS]
    codes = np.zeros((len(persons), _BITS), dtype=np.bool_)
    for at, person in enumerate(persons):
        found: set[int] = set()
        for name, key in zip(_FIELDS, keys, strict=True):
            for one, two in pairwise(f" {getattr(person, name)} "):
                found.update(positions(one + two, key))
        codes[at, list(found)] = True
    return int(codes.sum())


def main() -> None:
    """Measure, print and keep."""
    parser = options(__doc__)
    parser.add_argument("--children", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        case = town_case(Path(folder), chosen.children, "typical", 5, 1)
    persons = [person for extract in case.extracts for person in extract.persons]
    schema = default_schema()
    first, *later = (salt_pass.name for salt_pass in schema.passes)
    warm = Encoder(schema, LinkKeys(1, 1, _KEY))
    remembered = cache(gram_positions)
    work: dict[str, Callable[[], object]] = {
        "Enishi, first pass": lambda: warm.encode(persons, "a", (first,)),
        "Enishi, first pass, cold": lambda: Encoder(schema, LinkKeys(1, 1, _KEY)).encode(
            persons, "a", (first,)
        ),
        "Enishi, all passes": lambda: warm.encode(persons, "a", (first, *later)),
        "double hashing, grams cached": lambda: double_hashed(persons, remembered),
        "double hashing": lambda: double_hashed(persons, gram_positions),
    }
    warm.encode(persons, "a", (first, *later))
    double_hashed(persons, remembered)
    runs = dict(zip(work, least(list(work.values()), chosen.rounds), strict=True))
    base = runs["Enishi, first pass"].cpu_s
    rows: list[Row] = [
        {
            "by": name,
            "records": len(persons),
            "records/CPU-s": len(persons) / run.cpu_s,
            "CPU-s as multiple of Enishi's first pass": run.cpu_s / base,
        }
        for name, run in runs.items()
    ]
    report(chosen.json, "encoding", "Encoding of normalised records", rows)


if __name__ == "__main__":
    main()
