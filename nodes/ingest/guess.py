"""First mappings, guessed from headings and from what kind of values stand below them.

A guess is written for a person to check, never used unread: it is a file with
comments, and an existing file is never overwritten.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from nodes.ingest.department import ColumnMapping
from nodes.ingest.headers import FIELDS, IDENTIFIERS, JOINED, plain
from nodes.ingest.reader import Table, unique_names
from privacy.normalise.person import DateOrder

_MOST: Final = 0.9
_NAMES: Final = frozenset(
    [
        "full_name",
        "family_name",
        "given_name",
        "full_name_kana",
        "family_name_kana",
        "given_name_kana",
    ]
)
_ERA: Final = r"(?:明治|大正|昭和|平成|令和|[MTSHRmtshr])"
_DATE: Final = re.compile(
    rf"(?:\d{{4}}[-/.年]\d{{1,2}}[-/.月]\d{{1,2}}日?|{_ERA}(?:元|\d{{1,2}})[-/.年]\d{{1,2}}[-/.月]"
    rf"\d{{1,2}}日?|(?:19|20)\d{{6}}|\d{{1,2}}/\d{{1,2}}/\d{{4}}|[1-5]\d{{6}})(?: 00:00:00)?"
)
_SNIFFERS: Final[tuple[tuple[str, Callable[[str], bool]], ...]] = (
    ("birth_date", lambda text: _DATE.fullmatch(text) is not None),
    ("sex", lambda text: text in {"男", "女", "M", "F", "男子", "女子", "male", "female"}),
    ("full_name_kana", lambda text: re.fullmatch(r"[\u30a1-\u30fc]{2,} ?[\u30a1-\u30fc]{1,}", text)
     is not None),
    ("postcode", lambda text: re.fullmatch(r"\d{3}-\d{4}", text) is not None),
    ("email", lambda text: re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", text) is not None),
)  # fmt: skip
_SLASHED: Final = re.compile(r"(\d{1,2})/(\d{1,2})/\d{4}")
_MONTHS: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """A first mapping of one file; ``id_column`` is empty when no column can be the id."""

    id_column: str
    fields: tuple[ColumnMapping, ...]
    date_order: DateOrder | None
    unused: tuple[str, ...]

    @property
    def identifies(self) -> bool:
        """Tell whether the file holds names at all; one of facts only needs no mapping."""
        return any(column.name in _NAMES for column in self.fields)


def guess_mapping(table: Table) -> Guess:
    """Guess the mapping of *table*, which was read with all its columns."""
    names = unique_names(table.header)
    fields = _by_heading(names)
    taken = {column for columns in fields.values() for column in columns}
    _by_content(table, [name for name in names if name not in taken], fields)
    taken = {column for columns in fields.values() for column in columns}
    id_column = _identifier(table, names, taken)
    order = _date_order(table, fields.get("birth_date", ()))
    return Guess(
        id_column=id_column,
        fields=tuple(ColumnMapping(name, fields[name]) for name in FIELDS if name in fields),
        date_order=order,
        unused=tuple(name for name in table.header if name not in {*taken, id_column}),
    )


def _first(patterns: Iterable[str], names: Iterable[str]) -> str:
    listed = list(names)
    for pattern in patterns:
        for name in listed:
            if re.fullmatch(pattern, plain(name)):
                return name
    return ""


def _by_heading(names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    free = list(names)
    for field, groups in JOINED.items():
        for group in groups:
            parts = [_first((pattern,), free) for pattern in group]
            if field not in found and parts[0] and parts[1]:
                found[field] = tuple(dict.fromkeys(filter(None, parts)))
        free = [name for name in free if name not in found.get(field, ())]
    for field, patterns in FIELDS.items():
        if field not in found and (name := _first(patterns, free)):
            found[field] = (name,)
            free.remove(name)
    return found


def _by_content(table: Table, free: Sequence[str], fields: dict[str, tuple[str, ...]]) -> None:
    """Add fields that headings did not give, where exactly one free column looks like one."""
    for field, is_one in _SNIFFERS:
        if field in fields or (field == "full_name_kana" and "family_name_kana" in fields):
            continue
        alike = [name for name in free if _mostly(table.sample[name], is_one)]
        if len(alike) == 1:
            fields[field] = (alike[0],)


def _mostly(values: Sequence[str], is_one: Callable[[str], bool]) -> bool:
    held = [unicodedata.normalize("NFKC", value).strip() for value in values if value.strip()]
    return bool(held) and sum(map(is_one, held)) >= _MOST * len(held)


def _identifier(table: Table, names: Sequence[str], taken: set[str]) -> str:
    def distinct(name: str) -> bool:
        values = table.columns[name]
        return all(value.strip() for value in values) and len(set(values)) == len(values)

    candidates = [name for name in names if distinct(name)]
    free = [name for name in candidates if name not in taken]
    resident = [name for name in candidates if _first(FIELDS["resident_number"], [name])]
    return _first(IDENTIFIERS, free) or next(iter(resident), "") or next(iter(free), "")


def _date_order(table: Table, columns: Sequence[str]) -> DateOrder | None:
    if len(columns) != 1:
        return None
    found = [match for value in table.columns[columns[0]] if (match := _SLASHED.fullmatch(value))]
    if not found:
        return None
    by_day = any(int(match[1]) > _MONTHS for match in found)
    return DateOrder.DMY if by_day else DateOrder.MDY


def as_toml(file: str, encoding: str, guess: Guess) -> str:
    """Return the first mapping of *file* as TOML, with comments for who checks it."""
    lines = [
        "# 見出しから推測した下書きです。一行ずつ確かめてください。",
        "# A first mapping, guessed from the headings: check every line.",
        f"file = {_quoted(file)}",
    ]
    if encoding in {"cp932", "utf-8-sig"}:
        lines.append(f"encoding = {_quoted(encoding)}")
    if guess.id_column:
        lines.append(f"id = {_quoted(guess.id_column)}")
    else:
        lines.append(
            '# id = "…"  # 行ごとに違う番号の列を書いてください / a column that differs by row'
        )
    if guess.date_order is not None:
        lines.append(f'date_order = "{guess.date_order}"')
    lines += ["", "[fields]", *(f"{m.name} = {_columns(m.columns)}" for m in guess.fields)]
    if guess.unused:
        listed = ", ".join(name for name in guess.unused if name)
        lines += ["", f"# 使わない列 / columns not used: {listed}"]
    return "\n".join(lines) + "\n"


def _columns(columns: Sequence[str]) -> str:
    quoted = [_quoted(column) for column in columns]
    return quoted[0] if len(quoted) == 1 else f"[{', '.join(quoted)}]"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def as_report(guess: Guess) -> Mapping[str, str]:
    """Return field -> columns, for the command's answer."""
    return {column.name: column.label for column in guess.fields}
