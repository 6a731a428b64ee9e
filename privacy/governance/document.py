"""Read a YAML text strictly: every value has a type, every error a line, a key and a fix.

Unknown keys, repeated keys, anchors and aliases, tags and several documents in one
text are refused; nothing is converted silently (`on`, `2026-04` and `012` mean
different things to different people, so such words must be quoted or corrected).
Only text comes in; opening the file is the caller's.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar, cast

import yaml

from privacy.errors import NOTHING, BadInputError, Text

MAX_CHARACTERS = 1_000_000
_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)\Z")
_TAG = "tag:yaml.org,2002:"
_Choice = TypeVar("_Choice", bound=StrEnum)


class _Loader(yaml.SafeLoader):
    """A loader that composes nodes with line numbers and refuses aliases."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.MarkedYAMLError(problem="an alias", problem_mark=self.get_mark())
        return super().compose_node(parent, index)


@dataclass(frozen=True, slots=True)
class Entry:
    """One place in a document: its value's node, the document's name and the path of keys."""

    document: str
    path: str
    node: yaml.Node

    @property
    def line(self) -> int:
        """Return the line of the value, counted from 1."""
        return cast("int", self.node.start_mark.line) + 1

    def error(self, what: Text, fix: Text = NOTHING) -> BadInputError:
        """Return an error that names document, line and key before *what*."""
        where = self.path or "-"
        return BadInputError(
            Text(
                f"{self.document} の {self.line} 行目、{where}: {what.ja}",
                f"{self.document}, line {self.line}, {where}: {what.en}",
            ),
            fix,
        )

    def fields(self, *, need: Sequence[str] = (), may: Sequence[str] = ()) -> Fields:
        """Return the mapping at this place, its keys checked against *need* and *may*.

        Raises:
            BadInputError: not a mapping, an unknown or repeated key, or a missing one.
        """
        if not isinstance(self.node, yaml.MappingNode):
            raise self._wrong("キーと値の組", "a mapping of keys to values")
        known = (*need, *may)
        found: dict[str, Entry] = {}
        for key, value in self.node.value:
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else "?"
            entry = Entry(self.document, f"{self.path}.{name}" if self.path else name, value)
            if name in found:
                raise entry.error(Text("キーが二度あります。", "the key stands twice."))
            if name not in known:
                raise Entry(self.document, entry.path, key).error(
                    Text(f"知らないキー「{name}」です。", f"unknown key '{name}'."),
                    _near(name, known),
                )
            found[name] = entry
        missing = [name for name in need if name not in found]
        if missing:
            names = ", ".join(missing)
            raise self.error(
                Text(f"必要なキーがありません: {names}。", f"missing keys: {names}."),
                Text("加えてください。", "Add them."),
            )
        return Fields(found)

    def sequence(self) -> tuple[Entry, ...]:
        """Return the entries of a list."""
        if not isinstance(self.node, yaml.SequenceNode):
            raise self._wrong("リスト", "a list")
        return tuple(
            Entry(self.document, f"{self.path}[{place}]", value)
            for place, value in enumerate(self.node.value)
        )

    def text(self, *, empty: bool = False) -> str:
        """Return a text; an empty one only where *empty* allows it."""
        value = self._scalar("str", "文字列", "a text (in quotes)")
        if not value.strip() and not empty:
            raise self.error(
                Text("空です。", "it is empty."), Text("記入してください。", "Fill it in.")
            )
        return value

    def integer(self, *, low: int | None = None, high: int | None = None) -> int:
        """Return a whole number between *low* and *high*."""
        value = self._scalar("int", "整数", "a whole number")
        if not _INTEGER.match(value):
            raise self._wrong("10進の整数", "a whole number in decimal digits")
        number = int(value)
        if (low is not None and number < low) or (high is not None and number > high):
            raise self.error(
                Text("範囲の外です。", "out of range."),
                Text(f"{low} から {high} まで。", f"It must lie between {low} and {high}."),
            )
        return number

    def boolean(self) -> bool:
        """Return true or false, spelled so."""
        value = self._scalar("bool", "true か false", "true or false")
        if value not in {"true", "false"}:
            raise self._wrong("true か false", "true or false")
        return value == "true"

    def day(self) -> dt.date:
        """Return a calendar day written YYYY-MM-DD."""
        value = self._scalar("timestamp", "YYYY-MM-DD の日付", "a day as YYYY-MM-DD")
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            raise self._wrong("YYYY-MM-DD の日付", "a day as YYYY-MM-DD") from None

    def texts(self) -> tuple[str, ...]:
        """Return a list of texts, none of them twice."""
        values: list[str] = []
        for entry in self.sequence():
            value = entry.text()
            if value in values:
                raise entry.error(Text("二度あります。", "it stands twice in the list."))
            values.append(value)
        return tuple(values)

    def choice(self, kind: type[_Choice]) -> _Choice:
        """Return a member of *kind* by its value."""
        value = self.text()
        try:
            return kind(value)
        except ValueError:
            known = tuple(str(member.value) for member in kind)
            raise self.error(
                Text(f"知らない値「{value}」です。", f"unknown value '{value}'."),
                _near(value, known),
            ) from None

    def scalar(self) -> str | int | bool:
        """Return a text, a whole number or true/false, whichever is written."""
        tag = self.node.tag.removeprefix(_TAG)
        if tag == "int":
            return self.integer()
        return self.boolean() if tag == "bool" else self.text()

    def is_list(self) -> bool:
        """Tell whether a list stands here."""
        return isinstance(self.node, yaml.SequenceNode)

    def _scalar(self, tag: str, ja: str, en: str) -> str:
        if not isinstance(self.node, yaml.ScalarNode) or self.node.tag != _TAG + tag:
            raise self._wrong(ja, en)
        return str(self.node.value)

    def _wrong(self, ja: str, en: str) -> BadInputError:
        kind = self.node.tag.removeprefix(_TAG)
        return self.error(
            Text(f"{ja}が必要ですが、{kind} です。", f"{en} is needed, but a {kind} stands here."),
            Text("値の書き方を直してください。", "Correct how the value is written."),
        )


@dataclass(frozen=True, slots=True)
class Fields:
    """The checked keys of one mapping."""

    entries: Mapping[str, Entry]

    def __getitem__(self, name: str) -> Entry:
        """Return the entry of a key that `Entry.fields` was told to need."""
        return self.entries[name]

    def get(self, name: str) -> Entry | None:
        """Return the entry of an optional key, or None where it is not written."""
        return self.entries.get(name)


def _near(name: str, known: Sequence[str]) -> Text:
    close = difflib.get_close_matches(name, known, n=1)
    names = ", ".join(known)
    if close:
        return Text(
            f"「{close[0]}」ではありませんか。使えるもの: {names}。",
            f"Did you mean '{close[0]}'? Known: {names}.",
        )
    return Text(f"使えるもの: {names}。", f"Known: {names}.")


def read(text: str, document: str) -> Entry:
    """Return the root of the one YAML document in *text*.

    Args:
        text: the whole text.
        document: what to call it in messages, such as its file name.

    Raises:
        BadInputError: too long, not YAML, empty, several documents, or an alias in it.
    """
    if len(text) > MAX_CHARACTERS:
        raise BadInputError(
            Text(f"{document} が長すぎます。", f"{document} is too long."),
            Text("100万文字以内にしてください。", "Keep it under a million characters."),
        )
    try:
        node = _Loader(text).get_single_node()
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else 1
        raise BadInputError(
            Text(
                f"{document} の {line} 行目が YAML として読めません。",
                f"{document}, line {line}: this is not YAML that can be read.",
            ),
            Text(
                "字下げ、引用符、括弧を確かめてください。別名(&, *)は使えません。",
                "Check indentation, quotes and brackets; aliases (*) are not allowed.",
            ),
        ) from None
    if node is None:
        raise BadInputError(
            Text(f"{document} は空です。", f"{document} is empty."),
            Text("内容を書いてください。", "Write its contents."),
        )
    return Entry(document, "", node)
