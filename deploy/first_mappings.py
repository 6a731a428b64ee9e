"""`enishi link DIR --init`: a first mapping for each extract that has none."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from nodes.errors import MappingError
from nodes.ingest.department import load_department
from nodes.ingest.guess import Guess, as_toml, guess_mapping
from nodes.ingest.reader import read_table
from nodes.ingest.workbook import WORKBOOKS
from privacy.errors import BadInputError, EnishiError, Text

_EXTRACTS: Final = frozenset({".csv", ".tsv", ".txt", *WORKBOOKS})


class Fate(StrEnum):
    """What became of one extract."""

    WRITTEN = "written"
    """A first mapping was written."""
    INCOMPLETE = "incomplete"
    """Written, but nothing can be the row id: a person must name it."""
    MAPPED = "mapped"
    """A mapping exists already; it was not touched."""
    NO_IDENTITY = "no_identity"
    """No column of names was recognised: nothing was written."""
    UNREADABLE = "unreadable"
    """The extract cannot be read; `problem` says why."""


@dataclass(frozen=True, slots=True)
class FirstMapping:
    """One extract of the folder and its first mapping."""

    file: Path
    fate: Fate
    guess: Guess | None = None
    problem: EnishiError | None = None

    @property
    def path(self) -> Path:
        """Return where the mapping is written."""
        return self.file.with_suffix(".toml")


def write_first_mappings(folder: Path) -> tuple[FirstMapping, ...]:
    """Write ``<stem>.toml`` beside each extract of *folder* that no mapping names.

    An existing file is never written over.

    Raises:
        MappingError: there is no such folder, or an existing mapping cannot be read.
        BadInputError: the folder holds no extract.
    """
    if not folder.is_dir():
        raise MappingError(
            Text(f"{folder} というフォルダーはありません。", f"there is no folder {folder}.")
        )
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in _EXTRACTS)
    if not files:
        raise BadInputError(
            Text(
                f"{folder} に CSV や Excel のファイルがありません。", f"{folder} holds no extract."
            ),
            Text("抽出ファイルを置いてください。", "Put CSV or workbook files there."),
        )
    mapped = set()
    for path in folder.glob("*.toml"):
        mapping = load_department(path)
        mapped |= {mapping.source.path, *(fact.source.path for fact in mapping.facts)}
    return tuple(_first_mapping(file, mapped=file in mapped) for file in files)


def _first_mapping(file: Path, *, mapped: bool) -> FirstMapping:
    if mapped or file.with_suffix(".toml").exists():
        return FirstMapping(file, Fate.MAPPED)
    try:
        table = read_table(file)
    except EnishiError as problem:
        return FirstMapping(file, Fate.UNREADABLE, problem=problem)
    guess = guess_mapping(table)
    if not guess.identifies:
        return FirstMapping(file, Fate.NO_IDENTITY, guess)
    found = FirstMapping(file, Fate.WRITTEN if guess.id_column else Fate.INCOMPLETE, guess)
    try:
        with found.path.open("x", encoding="utf-8") as target:
            target.write(as_toml(file.name, table.encoding, guess))
    except FileExistsError:
        return FirstMapping(file, Fate.MAPPED)
    return found
