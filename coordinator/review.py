"""Clerical review in a link round: what people answered is applied, then new pairs are asked.

The coordinator learns which of a round's pseudonymous pairs people looked at, and what
they said.  It names pairs to nodes by random ids, nodes name them back by tags under the
round's link epoch, so it cannot tell across epochs which question an answer is about; it
keeps neither ids nor answers once the round has ended, counts only.  Questions wait
encrypted in the round's spool until each open node holds its own; a sealed department
is asked nothing, for nobody knows its rows.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import replace

from coordinator.remaining import Remaining
from coordinator.slots import fresh_seed
from coordinator.work import Work
from privacy.encoding.registry import find_schema
from privacy.errors import RefusedError
from privacy.linkage.asking import PAIR_BYTES, Asked, Told
from privacy.linkage.linker import Linker
from privacy.linkage.review import Limits, draw_questions
from privacy.linkage.stack import Ids
from privacy.linkage.verdicts import Answered, Outcome, apply_answers, pair_up, rows_in_doubt
from protos.problems import NotOfferedError
from protos.reviews import questions_bytes, questions_from_bytes, told_bytes, told_from_bytes


async def receive_answers(work: Work, nodes: Iterable[str]) -> int:
    """Ask the open *nodes* what their people answered; return how many pairs they name.

    A node of an older version says nothing.

    Raises:
        MemberError: a node refused, or sent what cannot be.
        WaitingError: some do not answer.
    """

    async def receive(member: str) -> int:
        name = f"answers/{member}"
        if not work.spool.has(name):
            try:
                told = await work.node(member).send_review_answers(work.stored.plan_digest)
            except NotOfferedError:
                told = Told()
            with work.spool.writer(name) as writer:
                writer.append(told_bytes(told))
        return len(_told(work, member).tags)

    return sum((await work.ask_all(nodes, receive)).values())


def rows_in_review(work: Work, linker: Linker) -> Mapping[str, Ids]:
    """Return the rows of each department that pairs in doubt are about.

    Raises:
        ProtocolError: a department names what it cannot; it is named.
    """
    return rows_in_doubt(linker, _answered(work, linker))


def settle(work: Work, linker: Linker) -> tuple[Linker, Outcome]:
    """Solve again under people's answers; draw and spool the next questions."""
    answered = _answered(work, linker)
    linker, outcome = apply_answers(linker, answered)
    asked = _questions(work, linker, answered)
    for member, questions in asked.items():
        with work.spool.writer(f"review/{member}") as writer:
            writer.append(questions_bytes(work.stored.plan_digest, questions))
    pairs = sum(map(len, asked.values())) // 2
    return linker, replace(outcome, questions=pairs)


async def ask(work: Work) -> Mapping[str, str | int]:
    """Hand every open node its questions; return counts for the log.

    A node whose own policy declines, or of an older version, is left out: the other holder
    of its pairs then answers alone, which decides nothing but a difference.
    """

    async def tell(member: str) -> bool:
        name = f"review/{member}"
        # A round that an older version has solved asks nothing.
        frames = work.spool.frames(name) if work.spool.has(name) else ()
        questions = [each for frame in frames for each in questions_from_bytes(frame)]
        if not questions:
            return True
        try:
            await work.node(member).ask_review(work.stored.plan_digest, questions)
        except (NotOfferedError, RefusedError):
            return False
        return True

    took = await work.ask_all(Remaining.of(work).open, tell)
    return {"review_declined": sum(not each for each in took.values())}


def _questions(work: Work, linker: Linker, answered: Answered) -> dict[str, list[Asked]]:
    config, stacked = work.process.config, linker.stack
    limits = Limits(config.review_pairs, config.review_decoy_percent)
    drawn = draw_questions(
        linker, find_schema(work.plan.schema_digest), fresh_seed(), limits, answered
    )
    asked: dict[str, list[Asked]] = {member: [] for member in stacked.departments}
    for question in drawn:
        pair = secrets.token_bytes(PAIR_BYTES)
        sides = [int(stacked.department[row]) for row in (question.left, question.right)]
        for row, here, there in zip(
            (question.left, question.right), sides, sides[::-1], strict=True
        ):
            other = stacked.departments[there] if config.review_names_department else ""
            own = row - stacked.offsets[here]
            told = Asked(pair, own, question.kind, question.likeness, other)
            asked[stacked.departments[here]].append(told)
    return asked


def _answered(work: Work, linker: Linker) -> Answered:
    return pair_up(
        {member: _told(work, member) for member in Remaining.of(work).open}, linker.stack
    )


def _told(work: Work, member: str) -> Told:
    name = f"answers/{member}"
    # A round that an older version has begun holds no answers.
    return told_from_bytes(next(iter(work.spool.frames(name)))) if work.spool.has(name) else Told()
