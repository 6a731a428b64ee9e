"""Looks for the town's children in what the coordinator and the dealer keep.

The needles are every name, kana, birth date, address and number of every department's
extract, as written, and every secret of every node.  Searched are all values of the
databases (text inside bytes included), and every file of the folder as it lies on disk:
free pages, journals, spools and logs too.  The same search over a node's own database
must find children, or the search itself is broken.
"""

from __future__ import annotations

import csv
import re
import sqlite3
import tomllib
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

from deploy.demo.outcome import open_read_only
from privacy.errors import EnishiError, Text

_NAMES = ("full_name", "family_name", "given_name", "middle_name", "full_name_kana",
          "family_name_kana", "given_name_kana", "former_family_name", "alias",
          "household_head_name", "household_head_kana")  # fmt: skip
_NUMBERS = ("resident_number", "phone")
_RUN = re.compile(r"[\u3005\u3040-\u30ff\u3400-\u9fff\uff66-\uff9f]{2,}")
_TOKEN = re.compile(r"(?<![0-9A-Za-z-])[0-9][0-9-]{6,}[0-9](?![0-9A-Za-z-])")
_INSIDE = 4
"""Names of so many characters are found inside longer runs; shorter ones are whole runs."""
_LONGEST = 24
_LEAST_DIGITS = 8
_PUBLIC = b"-----BEGIN CERTIFICATE"
"""How certificates and requests for them begin; everything else in a keystore is secret."""
_CONTROL_ROWS = 2_000
_SPACES = re.compile(r"[\s　・]+")


class BlindScanError(EnishiError):
    """The search finds no child where children are: its silence would mean nothing."""


@dataclass(frozen=True, slots=True)
class Needles:
    """What must not be found: texts, numbers and dates, secrets."""

    texts: frozenset[str] = field(repr=False)
    numbers: frozenset[str] = field(repr=False)
    secrets: frozenset[bytes] = field(repr=False)

    @property
    def count(self) -> int:
        """How many distinct needles there are."""
        return len(self.texts) + len(self.numbers) + len(self.secrets)


@dataclass(frozen=True, slots=True)
class Scan:
    """How much was searched, and how many hits there were by kind; never what they were."""

    bytes_searched: int
    texts: int
    numbers: int
    secrets: int

    @property
    def hits(self) -> int:
        """All hits."""
        return self.texts + self.numbers + self.secrets


def gather_needles(town: Path, departments: Iterable[str], key_folders: Iterable[Path]) -> Needles:
    """Return the needles of a town and the secrets in the nodes' key folders."""
    texts: set[str] = set()
    numbers: set[str] = set()
    for department in departments:
        folder = town / department
        mapping = tomllib.loads((folder / "department.toml").read_text(encoding="utf-8"))
        fields = {k: [v] if isinstance(v, str) else v for k, v in mapping["fields"].items()}
        with (folder / mapping["file"]).open(encoding=mapping["encoding"], newline="") as file:
            for row in csv.DictReader(file):
                _add_row(row, fields, texts, numbers)
                numbers.add(row[mapping["id"]])
    with (town / "truth" / "persons.csv").open(encoding="utf-8", newline="") as file:
        births = {row["birth_date"] for row in csv.DictReader(file)}
    numbers |= births | {day.replace("-", "") for day in births}
    secrets = {
        path.read_bytes()
        for folder in key_folders
        for path in folder.rglob("*")
        if path.is_file() and not path.read_bytes().startswith(_PUBLIC)
    }
    kept = frozenset(number for number in numbers if len(number) >= _LEAST_DIGITS)
    return Needles(frozenset(t for t in texts if len(t) > 1), kept, frozenset(secrets))


def _add_row(
    row: dict[str, str], fields: dict[str, list[str]], texts: set[str], numbers: set[str]
) -> None:
    for name, columns in fields.items():
        written = [row.get(column) or "" for column in columns]
        if name in _NAMES:
            parts = [part for value in written for part in _SPACES.split(value)]
            texts.update(parts, ["".join(parts)])
        elif name == "address":
            texts.update(run for value in written for run in _RUN.findall(value))
        elif name == "birth_date":
            numbers.update(written)
        elif name in _NUMBERS:
            numbers.update(written)
            numbers.update(value.replace("-", "") for value in written)


def scan_files(paths: Iterable[Path], needles: Needles, since: str) -> Scan:
    """Search files; a database is read as it lies on disk and, besides, value by value.

    Args:
        paths: What one body keeps.
        needles: What must not be there.
        since: Dates from this ISO day on are the federation's own, not birth dates.
    """
    return _scan(_pieces(paths), needles, since)


def check_sighted(keys: Path, database: Path, needles: Needles, since: str) -> None:
    """Search where children are: a node's own keys and the first of its rows.

    Raises:
        BlindScanError: no names, no numbers or no keys are found there.
    """
    secrets = (path.read_bytes() for path in keys.rglob("*") if path.is_file())
    found = _scan(chain(secrets, islice(_values(database), _CONTROL_ROWS)), needles, since)
    if not (found.texts and found.numbers and found.secrets):
        raise BlindScanError(
            Text("走査が何も見つけられません。", "The scan finds nothing where it must."),
        )


def _scan(pieces: Iterable[bytes], needles: Needles, since: str) -> Scan:
    known = frozenset(n for n in needles.numbers if not _own_day(n, since))
    texts: set[str] = set()
    numbers: set[str] = set()
    secrets: set[bytes] = set()
    searched = 0
    for piece in pieces:
        searched += len(piece)
        secrets.update(s for s in needles.secrets if s in piece or s.hex().encode() in piece)
        text = piece.decode("utf-8", errors="replace")
        texts.update(_found_texts(text, needles.texts))
        numbers.update(t for t in _TOKEN.findall(text) if t in known)
    return Scan(searched, len(texts), len(numbers), len(secrets))


def _own_day(number: str, since: str) -> bool:
    digits = number.replace("-", "")
    return len(digits) == _LEAST_DIGITS and since.replace("-", "") <= digits < "21000101"


def _found_texts(text: str, needles: frozenset[str]) -> Iterator[str]:
    for run in set(_RUN.findall(text)):
        if run in needles:
            yield run
        for length in range(_INSIDE, min(len(run), _LONGEST)):
            for start in range(len(run) - length + 1):
                if run[start : start + length] in needles:
                    yield run[start : start + length]


def _pieces(paths: Iterable[Path]) -> Iterator[bytes]:
    for path in paths:
        if path.is_file():
            yield path.read_bytes()
            if path.suffix == ".db":
                yield from _values(path)


def _values(path: Path) -> Iterator[bytes]:
    """Yield every table's values, one piece a row: texts that pages split are whole here."""
    with closing(open_read_only(path)) as database:
        for name in table_names(database):
            for row in database.execute(f'SELECT * FROM "{name}"'):  # noqa: S608 - our own tables
                yield b"\n".join(_bytes(value) for value in row)


def _bytes(value: object) -> bytes:
    if not isinstance(value, bytes):
        return str(value).encode()
    with suppress(zlib.error):
        return value + b"\n" + zlib.decompress(value)
    return value


def table_names(database: sqlite3.Connection) -> list[str]:
    """Return the names of all tables."""
    found = database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    return [name for (name,) in found]


def table_counts(path: Path) -> dict[str, int]:
    """Return table -> number of rows, of one database."""
    with closing(open_read_only(path)) as database:
        return {
            name: int(database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0])  # noqa: S608 - as above
            for name in table_names(database)
        }
