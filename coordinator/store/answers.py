"""What the dealer has answered, by run: the same question gets the same bytes, another none."""

from __future__ import annotations

import hmac

from sqlalchemy import Connection, delete, insert, select

from coordinator.store.engine import Database
from coordinator.store.tables import answers
from privacy.errors import ProtocolError, Text


class AnswerStore:
    """Answers of one dealer; the key is the transcript (or a link plan's digest)."""

    def __init__(self, database: Database) -> None:
        """Use *database*."""
        self._database = database

    def get(self, run: str, call: str, request_digest: bytes) -> bytes | None:
        """Return what was answered to this *call*, or nothing.

        Raises:
            ProtocolError: the call was answered to another request in this run.
        """
        with self._database.read() as connection:
            row = (
                connection.execute(
                    select(answers).where(answers.c.transcript == run, answers.c.call == call)
                )
                .mappings()
                .first()
            )
        if row is None:
            return None
        if not hmac.compare_digest(row["request_digest"], request_digest):
            raise ProtocolError(
                Text(
                    "この実行では、別の内容の同じ要求にすでに答えています。",
                    "Another request of this kind was answered in this run.",
                ),
                Text("新しい計画で始めてください。", "Start with a new plan."),
            )
        return bytes(row["body"])

    def any(self, run: str, call: str) -> bytes | None:
        """Return what was answered to this *call*, whatever was asked, or nothing."""
        with self._database.read() as connection:
            where = (answers.c.transcript == run, answers.c.call == call)
            row = connection.execute(select(answers.c.body).where(*where)).first()
        return None if row is None else bytes(row[0])

    def has(self, run: str, call: str) -> bool:
        """Tell whether this *call* was answered in *run*."""
        with self._database.read() as connection:
            where = (answers.c.transcript == run, answers.c.call == call)
            return connection.execute(select(answers.c.call).where(*where)).first() is not None


def forget_answers(connection: Connection, run: str) -> None:
    """Delete the answers of a run that ends, inside the caller's transaction."""
    connection.execute(delete(answers).where(answers.c.transcript == run))


def keep_answer(
    connection: Connection, run: str, call: str, request_digest: bytes, body: bytes
) -> None:
    """Store an answer inside the caller's transaction, before it is sent."""
    connection.execute(
        insert(answers).values(transcript=run, call=call, request_digest=request_digest, body=body)
    )
