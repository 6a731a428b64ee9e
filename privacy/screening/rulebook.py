"""The rule of a definition: ids, expressions at their place, judgements without cycles."""

from __future__ import annotations

import re
from collections.abc import Mapping

from privacy.errors import Text
from privacy.governance.document import Entry
from privacy.screening.definition import ALL_SIGNALS, Judgement, Signal
from privacy.screening.expression import (
    Expression,
    ExpressionError,
    groups,
    names,
    parse,
    substitute,
)

DEFINITION_ID = re.compile(r"[a-z][a-z0-9_-]{0,63}\Z")
_ID = re.compile(r"[a-z][a-z0-9_]{0,31}\Z")
_RESERVED = {ALL_SIGNALS, "count", "and", "or", "not", "survey", "expect", "listed"}


def read_identifier(entry: Entry, pattern: re.Pattern[str] = _ID) -> str:
    """Return an id that expressions can use as a name, or one of another *pattern*."""
    value = entry.text()
    if not pattern.match(value) or value in _RESERVED:
        raise entry.error(
            Text("id に使えない綴りです。", "this cannot be an id."),
            Text(
                "小文字、数字、下線で、英字から始めてください。",
                "Use a-z, 0-9, _; begin with a letter.",
            ),
        )
    return value


def read_expression(entry: Entry) -> Expression:
    """Return the expression written at *entry*; an error names its line and key."""
    try:
        return parse(entry.text())
    except ExpressionError as error:
        raise entry.error(error.what, error.fix) from None


def read_judgements(
    entry: Entry | None, signals: tuple[Signal, ...]
) -> tuple[tuple[Judgement, ...], dict[str, Expression]]:
    """Return the judgements as written, and each one's expression over signals alone.

    Raises:
        BadInputError: an id twice, or judgements that refer to each other in a cycle.
    """
    if entry is None:
        return (), {}
    taken = {signal.id for signal in signals}
    written: dict[str, tuple[Entry, Expression]] = {}
    judgements: list[Judgement] = []
    for each in entry.sequence():
        fields = each.fields(need=("id", "rule"))
        identifier = read_identifier(fields["id"])
        if identifier in taken | written.keys():
            raise fields["id"].error(Text("id が使われています。", "the id is taken."))
        written[identifier] = (fields["rule"], read_expression(fields["rule"]))
        judgements.append(Judgement(identifier, fields["rule"].text()))
    done: dict[str, Expression] = {}
    for identifier in written:
        _expand(identifier, written, done, ())
    return tuple(judgements), done


def _expand(
    identifier: str,
    written: Mapping[str, tuple[Entry, Expression]],
    done: dict[str, Expression],
    path: tuple[str, ...],
) -> Expression:
    entry, expression = written[identifier]
    if identifier in path:
        way = " → ".join((*path[path.index(identifier) :], identifier))
        raise entry.error(
            Text(f"判断が循環しています: {way}。", f"the judgements form a cycle: {way}."),
            Text("どれかの参照を外してください。", "Remove one of the references."),
        )
    if identifier not in done:
        used = sorted(names(expression) & written.keys())
        below = {name: _expand(name, written, done, (*path, identifier)) for name in used}
        done[identifier] = substitute(expression, below)
    return done[identifier]


def read_rule(
    entry: Entry, signals: tuple[Signal, ...], judgements: Mapping[str, Expression]
) -> Expression:
    """Return the rule over signals, its judgements put in.

    Raises:
        BadInputError: a name that is no signal, an unknown group, or no signal at all.
    """
    expression = substitute(read_expression(entry), judgements)
    ids = {signal.id for signal in signals}
    countable = {ALL_SIGNALS} | {signal.group.value for signal in signals}
    unknown = sorted((names(expression) - ids) | (groups(expression) - countable))
    if unknown:
        raise entry.error(
            Text(
                f"知らない名前です: {', '.join(unknown)}。", f"unknown names: {', '.join(unknown)}."
            ),
            Text(
                f"シグナル: {', '.join(sorted(ids))}。count: {', '.join(sorted(countable))}。",
                f"Signals: {', '.join(sorted(ids))}. Count: {', '.join(sorted(countable))}.",
            ),
        )
    if not names(expression) and not groups(expression):
        raise entry.error(Text("シグナルを使わない規則です。", "the rule uses no signal."))
    return expression
