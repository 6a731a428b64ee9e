"""What normalisation changed in a department's file, by kind of change.

Pure; it stays at the node.  Counts, and the first line numbers of each kind, so that the
people who keep the file can look them up there: never a value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from nodes.ingest.mapping import RawRows
from nodes.records import Records
from privacy.canonical import Json
from privacy.errors import Text
from privacy.normalise.characters import clean, drop_gaiji, mark_gaiji
from privacy.normalise.kana import fold_kana
from privacy.normalise.kanji import fold_kanji
from privacy.normalise.latin import is_latin
from privacy.normalise.name import fold_part
from privacy.normalise.person import Person, RawPerson
from privacy.normalise.record import normalise

MOST_LINES = 5
"""Line numbers given as examples of each kind."""
_WRITTEN = ("full_name", "family_name", "given_name")
_KANA = ("full_name_kana", "family_name_kana", "given_name_kana")
_TEXTS = (*_WRITTEN, *_KANA, "birth_date", "address", "postcode", "resident_number")


class Change(StrEnum):
    """One kind of change, of one row."""

    WIDTH = "width"
    KANJI = "kanji"
    GAIJI = "gaiji"
    KANA = "kana"
    SPLIT = "split"
    SWAPPED = "swapped"
    HEAD = "head"
    FORMER = "former"
    ALIAS = "alias"
    MIDDLE = "middle"
    LATIN = "latin"
    ERA = "era"
    DATE = "date"
    ADDRESS = "address"
    BUILDING = "building"
    NUMBER = "number"


WORDS = {
    Change.WIDTH: Text("全角・半角をそろえた", "full and half width made one"),
    Change.KANJI: Text("異体字をそろえた", "variants of kanji made one"),
    Change.GAIJI: Text("書けない字(〓など)を外した", "marks for unwritable characters dropped"),
    Change.KANA: Text("カナの書き方をそろえた", "spellings of kana made one"),
    Change.SPLIT: Text("区切りのない氏名を分けた", "names without a separator cut"),
    Change.SWAPPED: Text("氏と名の入れ替わりを戻した", "exchanged names put right"),
    Change.HEAD: Text("氏を世帯主から補った", "family name taken from the household head"),
    Change.FORMER: Text("旧姓を分けて置いた", "former family name set apart"),
    Change.ALIAS: Text("通称を分けて置いた", "alias set apart"),
    Change.MIDDLE: Text("ミドルネームを分けて置いた", "middle name set apart"),
    Change.LATIN: Text("ローマ字の氏名を大文字だけにした", "Latin names in capitals only"),
    Change.ERA: Text("和暦の日付を西暦にした", "era dates read"),
    Change.DATE: Text("日付の書き方をそろえた", "notations of dates made one"),
    Change.ADDRESS: Text("番地の書き方をそろえた", "notations of house numbers made one"),
    Change.BUILDING: Text("方書(建物・部屋)を分けた", "building and room set apart"),
    Change.NUMBER: Text("番号の先頭の0や記号を外した", "zeros and signs taken off numbers"),
}
"""What each kind is called on the screen."""


@dataclass(frozen=True, slots=True)
class Changed:
    """How many rows one kind of change touched, and on which lines the first of them stand."""

    kind: Change
    rows: int
    lines: tuple[int, ...]

    def to_json(self) -> Json:
        """Return it for machines."""
        return {"kind": self.kind.value, "rows": self.rows, "lines": list(self.lines)}


def changes(raw: RawRows, records: Records) -> tuple[Changed, ...]:
    """Return what normalisation changed in the rows that are used, by kind, in fixed order."""
    lines: dict[Change, list[int]] = {kind: [] for kind in Change}
    order = raw.mapping.date_order
    for row, record in enumerate(records.record_of_row):
        if record < 0:
            continue
        written = raw.persons[row]
        person = normalise(written, date_order=order)
        for kind, applies in _APPLIES.items():
            if applies(written, person):
                lines[kind].append(raw.lines[row])
    return tuple(
        Changed(kind, len(found), tuple(found[:MOST_LINES])) for kind, found in lines.items()
    )


def _values(raw: RawPerson, names: Sequence[str]) -> Iterator[str]:
    return (value for name in names if (value := getattr(raw, name)))


def _width(raw: RawPerson, _person: Person) -> bool:
    return any(_spaced(value) != clean(value) for value in _values(raw, _TEXTS))


def _spaced(value: str) -> str:
    """Return *value* with its white space as `clean` would have it: no change of width."""
    return " ".join(value.split())


def _kanji(raw: RawPerson, _person: Person) -> bool:
    return any(fold_kanji(value) != _written_out(clean(value)) for value in _values(raw, _WRITTEN))


def _written_out(value: str) -> str:
    """Return *value* with 々 written out: that alone is no variant."""
    chars: list[str] = []
    for char in value:
        chars.append(chars[-1] if char == "々" and chars else char)
    return "".join(chars)


def _gaiji(raw: RawPerson, _person: Person) -> bool:
    return any(drop_gaiji(mark_gaiji(clean(v))) != clean(v) for v in _values(raw, _WRITTEN))


def _kana(raw: RawPerson, _person: Person) -> bool:
    return any(fold_kana(v) != clean(v).replace(" ", "") for v in _values(raw, _KANA))


def _split(raw: RawPerson, person: Person) -> bool:
    whole = fold_part(raw.full_name)
    no_columns = not (raw.family_name or raw.given_name) and " " not in clean(raw.full_name)
    return no_columns and bool(person.given) and whole == person.family + person.given


def _swapped(raw: RawPerson, person: Person) -> bool:
    family, given = fold_part(raw.family_name), fold_part(raw.given_name)
    kana = fold_kana(raw.family_name_kana), fold_kana(raw.given_name_kana)
    written = bool(family and given) and family != given
    sounds = all(kana) and kana[0] != kana[1]
    return (written and (family, given) == (person.given, person.family)) or (
        sounds and kana == (person.given_kana, person.family_kana)
    )


def _head(raw: RawPerson, person: Person) -> bool:
    own = "".join(fold_part(value) for value in _values(raw, ("full_name", "family_name")))
    return bool(raw.household_head_name and person.family) and person.family not in own


def _era(raw: RawPerson, person: Person) -> bool:
    value = clean(raw.birth_date).upper()
    era = value[:1] in tuple("MTSHR明大昭平令") or (value[:1] in tuple("12345") and _short(value))
    return bool(person.birth_date) and era


def _short(value: str) -> bool:
    """Tell whether a date that begins with an era code is no Western one."""
    digits = sum(char.isdecimal() for char in value)
    return digits == _ERA_CODE_DIGITS or (not value[1:2].isdecimal() and len(value) > 1)


_ERA_CODE_DIGITS = 7


def _date(raw: RawPerson, person: Person) -> bool:
    other = person.birth_date not in ("", clean(raw.birth_date))
    return other and not _era(raw, person)


def _address(raw: RawPerson, person: Person) -> bool:
    return bool(person.block) and person.block not in raw.address


def _number(raw: RawPerson, person: Person) -> bool:
    return person.resident_number not in ("", clean(raw.resident_number))


_APPLIES: dict[Change, Callable[[RawPerson, Person], bool]] = {
    Change.WIDTH: _width,
    Change.KANJI: _kanji,
    Change.GAIJI: _gaiji,
    Change.KANA: _kana,
    Change.SPLIT: _split,
    Change.SWAPPED: _swapped,
    Change.HEAD: _head,
    Change.FORMER: lambda _raw, person: bool(person.former_family),
    Change.ALIAS: lambda _raw, person: bool(person.alias_family or person.alias_given),
    Change.MIDDLE: lambda _raw, person: bool(person.middle),
    Change.LATIN: lambda _raw, person: is_latin(person.family) or is_latin(person.given),
    Change.ERA: _era,
    Change.DATE: _date,
    Change.ADDRESS: _address,
    Change.BUILDING: lambda _raw, person: bool(person.building),
    Change.NUMBER: _number,
}
