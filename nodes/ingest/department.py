"""The mapping of one department: department.toml, read strictly.

Unknown keys, wrong types and unknown field names are refused with the nearest
known one; nothing is guessed.  Paths are relative to the file's folder.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Final

from nodes.errors import MappingError
from privacy.errors import Text
from privacy.normalise.person import DateOrder, RawPerson

FIELD_NAMES: Final = tuple(field.name for field in fields(RawPerson))
"""The canonical field names that a mapping may use."""

_KEYS: Final = frozenset(
    [
        "name_ja",
        "name_en",
        "mode",
        "file",
        "encoding",
        "sheet",
        "id",
        "date_order",
        "protected",
        "fields",
        "facts",
    ]
)
_FACT_KEYS: Final = frozenset(["item", "file", "encoding", "sheet", "id", "period", "columns"])


class Mode(StrEnum):
    """How the department takes part in linkage (PROTOCOL 2)."""

    OPEN = "open"
    SEALED = "sealed"


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """One canonical name (or catalogue variable) and the columns that hold it."""

    name: str
    columns: tuple[str, ...]

    @property
    def label(self) -> str:
        """Return the columns as a report names them."""
        return "+".join(self.columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One file of a department: where it is, how to read it, which column is the row id."""

    path: Path
    id_column: str
    encoding: str = ""
    sheet: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactMapping:
    """One catalogue item of the department's own attributes; they never leave the node."""

    item: str
    source: Source
    period_column: str = ""
    columns: tuple[ColumnMapping, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartmentMapping:
    """What department.toml says: who, which file, which column is what."""

    department: str
    name: Text
    mode: Mode = Mode.OPEN
    source: Source
    date_order: DateOrder | None = None
    fields: tuple[ColumnMapping, ...]
    facts: tuple[FactMapping, ...] = ()
    protected_column: str = ""
    """The column that marks a person under a protection measure (DV等支援措置)."""

    def label(self, field: str) -> str:
        """Return the columns of the canonical *field*; empty when it is not mapped."""
        return next((mapped.label for mapped in self.fields if mapped.name == field), "")

    @property
    def names(self) -> str:
        """Return the columns that hold names, for problems of the name as a whole."""
        named = (mapped.label for mapped in self.fields if "name" in mapped.name)
        return ", ".join(named) or self.source.id_column


def department_of(path: Path) -> str:
    """Return the department's id: the folder of a department.toml, else the file's stem."""
    return path.resolve().parent.name if path.name == "department.toml" else path.stem


def load_department(path: Path) -> DepartmentMapping:
    """Read the mapping at *path*.

    Raises:
        MappingError: the file is missing, not TOML, or says something unknown.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise MappingError(
            Text(f"{path} がありません。", f"{path} does not exist."),
            Text(
                "「enishi link フォルダー --init」で下書きを作れます。",
                "`enishi link DIR --init` writes a first one.",
            ),
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        place = error if isinstance(error, tomllib.TOMLDecodeError) else "UTF-8"
        raise MappingError(
            Text(f"{path} は TOML として読めません（{place}）。", f"{path} is no TOML: {place}."),
            Text("UTF-8 で保存し、書式を直してください。", "Save it as UTF-8 and mend its syntax."),
        ) from error
    return _parse(path, table)


def _parse(path: Path, table: Mapping[str, object]) -> DepartmentMapping:
    place = str(path)
    refuse_unknown(place, table, _KEYS)
    department = department_of(path)
    name_ja = _text(place, table, "name_ja", "")
    name_en = _text(place, table, "name_en", "")
    mapped = _columns(place, table.get("fields"), "fields", FIELD_NAMES)
    order = _text(place, table, "date_order", "")
    facts = table.get("facts", [])
    if not isinstance(facts, list) or not all(isinstance(fact, dict) for fact in facts):
        raise _wrong_type(place, "facts", "[[facts]]")
    return DepartmentMapping(
        department=department,
        name=Text(name_ja or name_en or department, name_en or name_ja or department),
        mode=Mode(_one_of(place, "mode", _text(place, table, "mode", Mode.OPEN), tuple(Mode))),
        source=_source(path, place, table),
        date_order=DateOrder(_one_of(place, "date_order", order, tuple(DateOrder)))
        if order
        else None,
        fields=mapped,
        facts=tuple(_fact(path, number, fact) for number, fact in enumerate(facts, start=1)),
        protected_column=_text(place, table, "protected", ""),
    )


def _source(path: Path, place: str, table: Mapping[str, object]) -> Source:
    return Source(
        path=path.parent / _text(place, table, "file"),
        id_column=_text(place, table, "id"),
        encoding=_text(place, table, "encoding", ""),
        sheet=_text(place, table, "sheet", ""),
    )


def _fact(path: Path, number: int, table: Mapping[str, object]) -> FactMapping:
    place = f"{path} [[facts]] {number}"
    refuse_unknown(place, table, _FACT_KEYS)
    return FactMapping(
        item=_text(place, table, "item"),
        source=_source(path, place, table),
        period_column=_text(place, table, "period", ""),
        columns=_columns(place, table.get("columns"), "columns", None),
    )


def _columns(
    place: str, value: object, key: str, names: Collection[str] | None
) -> tuple[ColumnMapping, ...]:
    if not isinstance(value, dict) or not value:
        raise _wrong_type(place, key, f"[{key}]")
    if names is not None:
        refuse_unknown(f"{place} [{key}]", value, names)
    found = []
    for name, columns in value.items():
        listed = [columns] if isinstance(columns, str) else columns
        if not isinstance(listed, list) or not listed:
            raise _wrong_type(place, f"{key}.{name}", '"…" / ["…", "…"]')
        if not all(isinstance(column, str) and column for column in listed):
            raise _wrong_type(place, f"{key}.{name}", '"…" / ["…", "…"]')
        found.append(ColumnMapping(name, tuple(listed)))
    return tuple(found)


def _text(place: str, table: Mapping[str, object], key: str, default: str | None = None) -> str:
    value = table.get(key, default)
    if value is None:
        raise MappingError(
            Text(f"{place}: 「{key}」がありません。", f"{place}: `{key}` is missing."),
            Text(f'{key} = "…" を書き足してください。', f'Add {key} = "…".'),
        )
    if not isinstance(value, str) or (default is None and not value):
        raise _wrong_type(place, key, '"…"')
    return value


def _one_of(place: str, key: str, value: str, allowed: Collection[str]) -> str:
    if value in allowed:
        return value
    choices = " / ".join(allowed)
    raise MappingError(
        Text(f"{place}: 「{key}」の値が使えません。", f"{place}: `{key}` has an unknown value."),
        Text(f"{choices} のどれかにしてください。", f"Use one of {choices}."),
    )


def _wrong_type(place: str, key: str, expected: str) -> MappingError:
    return MappingError(
        Text(f"{place}: 「{key}」の書き方が違います。", f"{place}: `{key}` is not written right."),
        Text(f"{expected} の形で書いてください。", f"Write it as {expected}."),
    )


def refuse_unknown(place: str, names: Collection[str], known: Collection[str]) -> None:
    """Refuse the first of *names* that is not *known*, with the nearest known one.

    Raises:
        MappingError: a name is unknown.
    """
    for name in names:
        if name in known:
            continue
        ja, en = nearest(name, known)
        listed = ", ".join(sorted(known))
        raise MappingError(
            Text(
                f"{place}: 「{name}」という項目はありません。{ja}",
                f"{place}: there is no `{name}`.{en}",
            ),
            Text(f"使える項目: {listed}", f"Known are: {listed}."),
        )


def nearest(name: str, known: Collection[str]) -> Text:
    """Return a "did you mean" for *name*, empty when nothing in *known* is near."""
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    if not found:
        return Text("", "")
    return Text(f"「{found[0]}」のことですか。", f" Did you mean `{found[0]}`?")
