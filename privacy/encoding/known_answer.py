"""The known-answer test: do all nodes encode the same people to the same bits?

Before encodings move, every node encodes 100 fixed fake people (``data/fake_people.json``)
with its normalisation, schema and the epoch's keys, and sends truncated digests; the
coordinator compares (PROTOCOL 1).  The digests name no real person and show no key.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

from privacy.encoding.encoder import Encoder
from privacy.errors import ProtocolError, Text
from privacy.normalise.person import Person, RawPerson

_DIGEST_BYTES = 8


@dataclass(frozen=True, slots=True)
class KnownAnswer:
    """One node's answer: versions, epochs, and a digest (16 hex digits) per view and token."""

    normalisation: str
    schema_digest: str
    city_epoch: int
    link_epoch: int
    digests: tuple[tuple[str, str], ...]


def fake_people() -> tuple[RawPerson, ...]:
    """Return the 100 fixed people, as a department would write them; all are fictional."""
    data = resources.files("privacy.encoding").joinpath("data/fake_people.json")
    return tuple(RawPerson(**entry) for entry in json.loads(data.read_text("utf-8")))


def known_answer(encoder: Encoder, persons: Sequence[Person], normalisation: str) -> KnownAnswer:
    """Return the answer of one node.

    Args:
        encoder: with the node's schema and the epoch's keys.
        persons: `fake_people`, normalised by the node.
        normalisation: the version of the node's normalisation.
    """
    passes = [p.name for p in encoder.schema.passes]
    batch = encoder.encode(persons, "known-answer", passes)
    named = [
        *((view, codes.astype("<u8").tobytes()) for view, codes in batch.views.items()),
        *((kind, tokens.tobytes()) for kind, tokens in batch.tokens.items()),
        *((f"label/{name}", labels.tobytes()) for name, labels in batch.labels.items()),
    ]
    digests = tuple((name, _truncated(octets)) for name, octets in named)
    keys = encoder.link_keys
    schema_digest = encoder.schema.digest.hex()
    return KnownAnswer(normalisation, schema_digest, keys.city_epoch, keys.link_epoch, digests)


class DifferentAnswersError(ProtocolError):
    """Nodes do not encode as the others do; ``nodes`` says in what, by node id."""

    def __init__(self, nodes: Mapping[str, Text]) -> None:
        """Name the *nodes* and what to do."""
        super().__init__(
            Text(
                "既知解試験が不一致です: " + "；".join(p.ja for p in nodes.values()) + "。",
                "The known-answer test differs: " + "; ".join(p.en for p in nodes.values()) + ".",
            ),
            Text(
                "同じ版のソフトと連結スキーマを入れ、版が同じなら鍵の作成をやり直してください。"
                "それまで符号は送られません。",
                "Install the same software and schema; where versions agree, start the key "
                "contribution again. Until then no encodings move.",
            ),
        )
        self.nodes = dict(nodes)


def compare(answers: Mapping[str, KnownAnswer]) -> None:
    """Check that all nodes gave the same answer; the answer of most nodes counts as right.

    Args:
        answers: by node id.

    Raises:
        DifferentAnswersError: naming the nodes that differ, in what, and what to do; on a tie the
            group of the smallest node id counts as right.
    """
    votes = Counter(answers.values())
    most = max(votes.values(), default=0)
    right = next((answers[n] for n in sorted(answers) if votes[answers[n]] == most), None)
    differing = [(n, answers[n]) for n in sorted(answers) if answers[n] != right]
    if right is None or not differing:
        return
    raise DifferentAnswersError({n: _difference(n, given, right) for n, given in differing})


def _difference(node_id: str, given: KnownAnswer, right: KnownAnswer) -> Text:
    """Say in what one answer differs: versions first, because they explain the digests."""
    for ja, en, own, other in (
        ("正規化の版", "normalisation version", given.normalisation, right.normalisation),
        ("スキーマ", "schema", given.schema_digest[:16], right.schema_digest[:16]),
        ("市の鍵の世代", "city epoch", given.city_epoch, right.city_epoch),
        ("連結の世代", "link epoch", given.link_epoch, right.link_epoch),
    ):
        if own != other:
            return Text(
                f"ノード {node_id} の{ja}（{own}、他は {other}）",
                f"node {node_id} has {en} {own}, the others {other}",
            )
    known = dict(right.digests)
    names = ", ".join(name for name, digest in given.digests if known.get(name) != digest)
    return Text(
        f"ノード {node_id} の鍵または符号化（{names}）",
        f"node {node_id} has another key or encoder ({names})",
    )


def _truncated(octets: bytes) -> str:
    return hashlib.sha256(octets).digest()[:_DIGEST_BYTES].hex()
