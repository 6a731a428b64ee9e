"""A node's part in clerical review: questions in, its people's answers out with the next round.

What leaves (PROTOCOL 2): for every pair this node was asked about and whose row is still
here, a tag that only nodes can derive, the row's handle in this round, and the answer or
that there is none yet.  All pairs go, so that the number sent says nothing new.  The log
holds counts and ids of pairs, no row and no answer.  A sealed department takes no part: its
row-to-slot map never leaves, so there is no pair of it to ask about.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence

import numpy as np

from nodes.carrying import another
from nodes.config import NodeConfig
from nodes.driver.context import NodeContext
from nodes.driver.enrolment import current_city_key
from nodes.driver.plans import approved_plan
from nodes.driver.slots import wrong
from nodes.epoch_rows import DUMMY, GONE, EpochRows
from nodes.store import Tables
from nodes.store.journal import SentRow
from nodes.store.people import StoredRow
from nodes.store.reviews import NO_DUMMY, StoredReview
from privacy.audit import EntryKind
from privacy.errors import RefusedError, Text
from privacy.linkage.asking import Answer, Asked, Told
from privacy.normalise.person import Person
from privacy.plan import PlanKind
from protos.reviews import questions_bytes, told_bytes, told_from_bytes

STEP = "review-answers"
CONTENT = "pair tags, handles, answers"


class ReviewRounds:
    """One node in the review steps of link rounds."""

    def __init__(self, context: NodeContext) -> None:
        """Work on *context*."""
        self._context = context

    def take(self, plan_digest: bytes, asked: Sequence[Asked]) -> None:
        """Keep the questions of one link round, once.

        Raises:
            RefusedError: not approved, a sealed department, or more than the policy allows.
            ProtocolError: other questions than before, a pair of an earlier round, or a row
                that was not sent.
        """
        context, plan = self._context, plan_digest.hex()
        _check_open(context.config)
        body = questions_bytes(plan_digest, sorted(asked, key=lambda each: each.pair))
        with context.store.transaction() as tables:
            approved_plan(context, tables, plan_digest, PlanKind.LINK)
            known = tables.documents.get(f"review/{plan}")
            if known == body:
                return
            if known is not None:
                raise wrong("前と違う確認の組です", "other review questions than before")
            self._check_number(tables, len(asked))
            for review in self._stored(tables, plan_digest, asked):
                tables.reviews.add(review)
            tables.documents.put(f"review/{plan}", context.stamp(), body)
            context.log(tables, EntryKind.ASKED, "review", plan=plan, pairs=len(asked))

    def told(self, plan_digest: bytes) -> Told:
        """Return what this node says of all its pairs in one link round, the same every time.

        Raises:
            RefusedError: not approved, or a sealed department.
            ProtocolError: the round's first pass has not been sent yet.
        """
        context, plan = self._context, plan_digest.hex()
        _check_open(context.config)
        with context.store.transaction() as tables:
            approved = approved_plan(context, tables, plan_digest, PlanKind.LINK)
            kept = tables.documents.get(f"{STEP}/{plan}")
            if kept is not None:
                return told_from_bytes(kept)
            key = current_city_key(context).link_keys(approved.link_epoch).review()
            told = _told(tables, self._rows(tables, plan), key)
            body = told_bytes(told)
            tables.documents.put(f"{STEP}/{plan}", context.stamp(), body)
            if told.tags:
                tables.sent.add(
                    SentRow(
                        context.stamp(),
                        plan,
                        approved.purpose,
                        STEP,
                        context.config.coordinator,
                        CONTENT,
                        len(told.tags),
                        len(body),
                    )
                )
                answered = sum(answer is not Answer.OPEN for answer in told.answers)
                context.log(
                    tables, EntryKind.SENT, STEP, plan=plan, pairs=len(told.tags), answered=answered
                )
        return told

    def _check_number(self, tables: Tables, fresh: int) -> None:
        most = self._context.config.policy.max_review_pairs
        waiting = sum(each.answer is Answer.OPEN for each in tables.reviews.all())
        if fresh and fresh + waiting > most:
            raise RefusedError(
                Text(
                    f"[policy.max_review_pairs] 答えを待つ組は {most} までです。",
                    f"[policy.max_review_pairs] At most {most} pairs wait for an answer here.",
                ),
                Text(
                    "待っている組に答えるか、node.toml の上限を変えてください。",
                    "Answer those that wait, or change the limit in node.toml.",
                ),
            )

    def _stored(
        self, tables: Tables, plan_digest: bytes, asked: Sequence[Asked]
    ) -> list[StoredReview]:
        rows = self._rows(tables, plan_digest.hex())
        known = {review.pair for review in tables.reviews.all()}
        row_of = _first_rows(tables.records.rows())
        stored = []
        for each in asked:
            if each.row >= len(rows) or each.pair.hex() in known:
                raise wrong(
                    "知らない行、または前の組です", "an unknown row, or a pair asked before"
                )
            record, real = int(rows.records[each.row]), bool(rows.real[each.row])
            if not real and record != DUMMY:
                continue  # The child has left since: there is nobody to look at.
            stored.append(
                StoredReview(
                    each.pair.hex(),
                    plan_digest.hex(),
                    row_of[record] if real else "",
                    NO_DUMMY if real else int(rows.dummies[each.row]),
                    each.kind,
                    each.likeness,
                    each.other,
                    self._context.stamp(),
                )
            )
        return stored

    def _rows(self, tables: Tables, plan: str) -> EpochRows:
        rows = tables.epochs.rows(plan)
        if rows is None:
            raise wrong("送っていない行の確認です", "review of rows that were never sent")
        return rows


def forget_gone(tables: Tables, rows: Sequence[StoredRow], people: Sequence[Person]) -> None:
    """Before an import replaces all rows: forget pairs whose row leaves or becomes another child.

    A corrected birth date or name keeps its pair; where both change at once, an id has
    been given to somebody else.
    """
    asked = {review.row_id for review in tables.reviews.shown()}
    if not asked:
        return
    after = {row.row_id: people[row.record] for row in rows if row.record >= 0}
    gone = []
    for row_id in sorted(asked):
        record = tables.records.record_of(row_id)
        before = None if record is None else tables.records.person(record)
        now = after.get(row_id)
        if now is None or (before is not None and another(before, now)):
            gone.append(row_id)
    tables.reviews.forget(gone)


def _told(tables: Tables, rows: EpochRows, key: bytes) -> Told:
    handle_of = {record: at for at, record in enumerate(rows.records.tolist()) if record < GONE}
    fakes = np.flatnonzero(rows.records == DUMMY)
    dummies = fakes[np.argsort(rows.dummies[fakes])].tolist()
    told = []
    for review in tables.reviews.all():
        if review.dummy != NO_DUMMY:
            handle = dummies[review.dummy % len(dummies)] if dummies else None
        else:
            record = tables.records.record_of(review.row_id)
            handle = None if record is None else handle_of.get(record)
        if handle is not None:
            tag = hmac.digest(key, bytes.fromhex(review.pair), "sha256")
            told.append((tag, handle, review.answer))
    told.sort(key=lambda each: each[0])
    return Told(
        tuple(tag for tag, _, _ in told),
        tuple(handle for _, handle, _ in told),
        tuple(answer for _, _, answer in told),
    )


def _first_rows(rows: Sequence[StoredRow]) -> dict[int, str]:
    found: dict[int, str] = {}
    for row in rows:
        if row.record >= 0:
            found.setdefault(row.record, row.row_id)
    return found


def _check_open(config: NodeConfig) -> None:
    if config.sealed:
        raise RefusedError(
            Text(
                "封緘の部署は名寄せの確認に加わりません。", "A sealed department does not review."
            ),
            Text("統括の版を確かめてください。", "Check the coordinator's version."),
        )
