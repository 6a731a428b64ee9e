"""Clerical review at one node: the pairs it was asked about, and what its people answered."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import Connection, delete, insert, select, update

from nodes.store.schema import reviews
from privacy.linkage.asking import Answer, Kind
from privacy.linkage.likeness import Level, Likeness

NO_DUMMY = -1


@dataclass(frozen=True, slots=True)
class StoredReview:
    """One pair: this node's own row of it, what it was told, and its answer.

    ``pair``: the id, hexadecimal; ``row_id``: empty where the question is about dummy
    number ``dummy``, which nobody is shown.
    """

    pair: str
    plan_digest: str
    row_id: str = field(repr=False)
    dummy: int
    kind: Kind
    likeness: Likeness
    other: str
    received_at: str
    answer: Answer = Answer.OPEN
    corrected: bool = False
    answered_at: str = ""
    answered_by: str = ""


class Reviews:
    """Pairs of all link rounds, until their rows leave."""

    def __init__(self, connection: Connection) -> None:
        """Work on *connection*."""
        self._connection = connection

    def add(self, review: StoredReview) -> None:
        """Keep a pair asked for the first time."""
        levels = {name: int(level) for name, level in review.likeness.levels().items()}
        self._connection.execute(
            insert(reviews).values(
                pair=review.pair,
                plan_digest=review.plan_digest,
                row_id=review.row_id,
                dummy=review.dummy,
                kind=review.kind.value,
                likeness=json.dumps(levels, sort_keys=True),
                other=review.other,
                received_at=review.received_at,
                answer=int(review.answer),
                corrected=int(review.corrected),
                answered_at=review.answered_at,
                answered_by=review.answered_by,
            )
        )

    def all(self) -> list[StoredReview]:
        """Return all pairs by arrival, then by id, which is random."""
        query = select(reviews).order_by(reviews.c.received_at, reviews.c.pair)
        return [_review(r) for r in self._connection.execute(query)]

    def shown(self) -> list[StoredReview]:
        """Return the pairs that are about rows, as people see them."""
        return [review for review in self.all() if review.dummy == NO_DUMMY]

    def beginning(self, prefix: str) -> list[StoredReview]:
        """Return the pairs about rows whose id begins with *prefix*, two at most."""
        query = select(reviews).where(
            reviews.c.pair.startswith(prefix, autoescape=True), reviews.c.dummy == NO_DUMMY
        )
        return [_review(r) for r in self._connection.execute(query.limit(2))]

    def answer(self, pair: str, answer: Answer, at: str, by: str, *, corrected: bool) -> None:
        """Keep the answer to one pair, in place of an earlier one."""
        self._connection.execute(
            update(reviews)
            .where(reviews.c.pair == pair)
            .values(answer=int(answer), corrected=int(corrected), answered_at=at, answered_by=by)
        )

    def forget(self, row_ids: Iterable[str]) -> int:
        """Remove the pairs of rows that have left; return how many there were."""
        gone = 0
        for row_id in row_ids:
            gone += self._connection.execute(
                delete(reviews).where(reviews.c.row_id == row_id, reviews.c.dummy == NO_DUMMY)
            ).rowcount
        return gone


def _review(r: object) -> StoredReview:
    values = {name: getattr(r, name) for name in StoredReview.__slots__}
    levels = json.loads(values["likeness"])
    likeness = Likeness(**{name: Level(level) for name, level in levels.items()})
    values |= {"kind": Kind(values["kind"]), "likeness": likeness}
    values |= {"answer": Answer(values["answer"]), "corrected": bool(values["corrected"])}
    return StoredReview(**values)
