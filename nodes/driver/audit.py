"""Heads of the logs: this node's own, and the others' that it has counter-signed."""

from __future__ import annotations

from collections.abc import Sequence

from nodes.driver.context import NodeContext
from nodes.store import Tables
from nodes.wire import head_bytes, head_from_bytes, log_bytes, log_from_bytes
from privacy.audit import Entry, Head, SignedHead, verify
from privacy.errors import BadInputError, ProtocolError, Text


class Heads:
    """This node among those who keep each other's logs honest (PROTOCOL 9)."""

    def __init__(self, context: NodeContext) -> None:
        """Work on *context*."""
        self._context = context

    def own(self) -> SignedHead:
        """Return the signed head of this node's log, and keep it."""
        context = self._context
        with context.store.transaction() as tables:
            signed = SignedHead.of(context.head(tables), context.identity.sign)
            self._keep(tables, signed)
        return signed

    def countersign(self, heads: Sequence[SignedHead]) -> list[bytes]:
        """Check, keep and counter-sign the heads of other members.

        Raises:
            ProtocolError: a head is this node's own, shorter than one seen before, or another
                one at a number seen before.
            AuditBrokenError: a signature is wrong.
        """
        context = self._context
        signatures = []
        with context.store.transaction() as tables:
            roster = context.roster(tables)
            keys = {member.node_id: member.identity_public for member in roster.members}
            for signed in heads:
                signed.check(keys)
                log = signed.head.log
                seen = tables.audit.newest_head(log)
                if log == context.node or signed.head.number < seen:
                    raise ProtocolError(
                        Text(
                            f"{log} の記録が前より短くなっています。",
                            f"The log of {log} is shorter than it was.",
                        ),
                        Text("記録を保全し、監査してください。", "Keep the logs and audit them."),
                    )
                _check_not_rewritten(tables, signed)
                self._keep(tables, signed)
                signatures.append(context.identity.sign(signed.head.signed_bytes()))
        return signatures

    def verify(self) -> Head:
        """Verify this node's whole log against its signed heads; return where it ends.

        Raises:
            AuditBrokenError: the first broken entry is named.
        """
        context = self._context
        with context.store.reading() as tables:
            lines = [line.encode() for line in tables.audit.lines()]
            bodies = tables.audit.heads(context.node)
        heads = [head_from_bytes(body) for body in bodies]
        keys = {context.node: context.identity.public}
        return verify(context.node, lines, heads, keys)

    def export(self) -> bytes:
        """Return this node's log with its signed heads as one file, headed as of now."""
        own = self.own()
        with self._context.store.reading() as tables:
            lines = [line.encode() for line in tables.audit.lines()]
            heads = [head_from_bytes(body) for body in tables.audit.heads(self._context.node)]
        return log_bytes(lines[: own.head.number], heads)

    def verify_file(self, body: bytes) -> Head:
        """Verify an exported log of any member of the roster; return where it ends.

        Raises:
            AuditBrokenError: the first broken entry is named.
            BadInputError: the file is not an exported log, or an empty one.
        """
        lines, heads = log_from_bytes(body)
        if not lines:
            raise BadInputError(Text("記録が一件もありません。", "The log is empty."))
        with self._context.store.reading() as tables:
            roster = self._context.roster(tables)
            log = Entry.parse(lines[0]).log
            kept = [head_from_bytes(one) for one in tables.audit.heads(log)]
        keys = {member.node_id: member.identity_public for member in roster.members}
        return verify(log, lines, [*heads, *kept], keys)

    def _keep(self, tables: Tables, signed: SignedHead) -> None:
        tables.audit.add_head(signed.head.log, signed.head.number, head_bytes(signed))


def _check_not_rewritten(tables: Tables, signed: SignedHead) -> None:
    body = tables.audit.head_at(signed.head.log, signed.head.number)
    if body is not None and head_from_bytes(body).head.digest != signed.head.digest:
        log = signed.head.log
        raise ProtocolError(
            Text(f"{log} の記録が書き換えられています。", f"The log of {log} was rewritten."),
            Text("記録を保全し、監査してください。", "Keep the logs and audit them."),
        )
