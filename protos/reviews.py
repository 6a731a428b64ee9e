"""Messages of clerical review to values of `privacy.linkage.asking` and back, for both services.

What lacks a field, is over-long or unknown is refused, not defaulted.
"""

from __future__ import annotations

from collections.abc import Iterable

from privacy.linkage.asking import PAIR_BYTES, TAG_BYTES, Answer, Asked, Kind, Told
from privacy.linkage.likeness import GROUPS, Level, Likeness
from protos import node_pb2
from protos.values import DIGEST_BYTES, malformed, member_id, sized

MOST_PAIRS = 100_000
_KINDS = {Kind.NEAR: node_pb2.REVIEW_KIND_NEAR, Kind.NUMBER: node_pb2.REVIEW_KIND_NUMBER}
_KIND_OF = {value: kind for kind, value in _KINDS.items()}
_ANSWERS = {
    Answer.OPEN: node_pb2.REVIEW_ANSWER_UNSPECIFIED,
    Answer.SAME: node_pb2.REVIEW_ANSWER_SAME,
    Answer.DIFFERENT: node_pb2.REVIEW_ANSWER_DIFFERENT,
    Answer.UNSURE: node_pb2.REVIEW_ANSWER_UNSURE,
}
_LEVELS = {
    Level.UNKNOWN: node_pb2.REVIEW_LEVEL_UNSPECIFIED,
    Level.AGREE: node_pb2.REVIEW_LEVEL_AGREE,
    Level.PARTLY: node_pb2.REVIEW_LEVEL_PARTLY,
    Level.DIFFER: node_pb2.REVIEW_LEVEL_DIFFER,
}
_ANSWER_OF = {value: answer for answer, value in _ANSWERS.items()}
_LEVEL_OF = {value: level for level, value in _LEVELS.items()}


def answers_message(told: Told) -> node_pb2.ReviewAnswers:
    """Return what a node says of its pairs as a message."""
    pairs = zip(told.tags, told.rows, told.answers, strict=True)
    return node_pb2.ReviewAnswers(
        pairs=[
            node_pb2.ReviewedPair(tag=tag, handle=row, answer=_ANSWERS[answer])
            for tag, row, answer in pairs
        ]
    )


def answers_value(message: node_pb2.ReviewAnswers) -> Told:
    """Return what a node says of its pairs.

    Raises:
        ProtocolError: a tag of a wrong length, an unknown answer, or too many.
    """
    if len(message.pairs) > MOST_PAIRS:
        raise malformed("pairs")
    for pair in message.pairs:
        sized(pair.tag, TAG_BYTES, "tag")
        if pair.answer not in _ANSWER_OF:
            raise malformed("answer")
    return Told(
        tuple(pair.tag for pair in message.pairs),
        tuple(pair.handle for pair in message.pairs),
        tuple(_ANSWER_OF[pair.answer] for pair in message.pairs),
    )


def questions_message(plan_digest: bytes, asked: Iterable[Asked]) -> node_pb2.ReviewQuestions:
    """Return the questions to one node as a message."""
    return node_pb2.ReviewQuestions(
        plan_digest=plan_digest, questions=[_question_message(each) for each in asked]
    )


def _question_message(asked: Asked) -> node_pb2.ReviewQuestion:
    message = node_pb2.ReviewQuestion(
        pair=asked.pair, handle=asked.row, kind=_KINDS[asked.kind], other=asked.other
    )
    for group, level in asked.likeness.levels().items():
        setattr(message, group, _LEVELS[level])
    return message


def questions_value(message: node_pb2.ReviewQuestions) -> tuple[bytes, tuple[Asked, ...]]:
    """Return (plan digest, questions).

    Raises:
        ProtocolError: a part is missing, unknown or over-long, or a pair stands twice.
    """
    plan_digest = sized(message.plan_digest, DIGEST_BYTES, "plan_digest")
    if len(message.questions) > MOST_PAIRS:
        raise malformed("questions")
    asked = tuple(_question_value(each) for each in message.questions)
    if len({each.pair for each in asked}) != len(asked):
        raise malformed("pair")
    return plan_digest, asked


def _question_value(message: node_pb2.ReviewQuestion) -> Asked:
    levels = {group: getattr(message, group) for group in GROUPS}
    if message.kind not in _KIND_OF or not set(levels.values()) <= _LEVEL_OF.keys():
        raise malformed("question")
    return Asked(
        pair=sized(message.pair, PAIR_BYTES, "pair"),
        row=message.handle,
        kind=_KIND_OF[message.kind],
        likeness=Likeness(**{group: _LEVEL_OF[level] for group, level in levels.items()}),
        other=member_id(message.other, "other") if message.other else "",
    )


def told_bytes(told: Told) -> bytes:
    """Return what a node says of its pairs for a store or a spool."""
    return answers_message(told).SerializeToString(deterministic=True)


def told_from_bytes(body: bytes) -> Told:
    """Read what `told_bytes` wrote."""
    return answers_value(node_pb2.ReviewAnswers.FromString(body))


def questions_bytes(plan_digest: bytes, asked: Iterable[Asked]) -> bytes:
    """Return the questions to one node for a store or a spool."""
    return questions_message(plan_digest, asked).SerializeToString(deterministic=True)


def questions_from_bytes(body: bytes) -> tuple[Asked, ...]:
    """Read the questions that `questions_bytes` wrote."""
    return questions_value(node_pb2.ReviewQuestions.FromString(body))[1]
