"""review.csv: pairs in doubt, each side a line of its own under its department; answers back.

As in the federation, a line shows its own department's row and, in words, how it compares
with the other one, so that each department's lines can be cut out and handed to it.  Unlike
there, no decoys are among them and nothing is capped: one person may see all of it here.
Filled in (`answer`: same, different, unsure) it comes back with ``--answers`` and acts by
the same rules (`privacy.linkage.verdicts`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from deploy.rehearsal_rows import first_rows
from deploy.truth import RowKey
from nodes.ingest.reader import read_table
from nodes.intake import Intake
from nodes.review_sheet import WORDS
from privacy.encoding.schema import default_schema
from privacy.errors import BadInputError, Text
from privacy.linkage.asking import Answer, Told
from privacy.linkage.evidence import evidence
from privacy.linkage.likeness import GROUPS, Likeness, likenesses
from privacy.linkage.linker import Linker
from privacy.linkage.review import in_doubt, kind_of
from privacy.normalise.person import Person

NAME: Final = "review.csv"
OWN: Final = ("own_name", "own_kana", "own_birth_date", "own_sex", "own_address", "own_number")
HEADER: Final = ("pair", "department", "row_id", "kind", *GROUPS, *OWN, "answer")
_COLUMNS: Final = ("pair", "department", "row_id", "answer")
_FORMULA: Final = tuple("=+-@\t")


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """One side of one pair in doubt."""

    pair: str
    key: RowKey = field(repr=False)
    likeness: Likeness
    person: Person = field(repr=False)

    def cells(self) -> tuple[str, ...]:
        """Return the line as the file has it, its answer left open."""
        levels = (level.name.lower() for level in self.likeness.levels().values())
        own = (_harmless(value) for value in _own(self.person))
        return (self.pair, *self.key, kind_of(self.likeness).value, *levels, *own, "")


def review_lines(intakes: Sequence[Intake], linker: Linker) -> tuple[ReviewLine, ...]:
    """Return both sides of every pair in doubt, by department, the most doubtful pairs first."""
    linked, stacked = linker.linked, linker.stack
    pairs = linked.pairs.where(in_doubt(linker))
    shown = evidence(stacked, pairs, tuple(stacked.views))
    keys = first_rows(intakes)
    people = [person for intake in intakes for person in intake.records.persons]
    lines: list[tuple[int, ReviewLine]] = []
    for at, likeness in enumerate(likenesses(shown, default_schema())):
        for row in (int(pairs.left[at]), int(pairs.right[at])):
            line = ReviewLine(f"P{at + 1:05}", keys[row], likeness, people[row])
            lines.append((int(stacked.department[row]), line))
    lines.sort(key=lambda each: (each[0], each[1].pair))
    return tuple(line for _, line in lines)


def read_answers(path: Path, intakes: Sequence[Intake]) -> dict[str, Told]:
    """Return what each department says in the filled-in file *path*.

    Raises:
        MappingError: a column is missing.
        UnreadableFileError: the file cannot be read.
        BadInputError: a row or a pair that is not there, or another word; its line is named.
    """
    table = read_table(path, wanted=_COLUMNS, needed_by="--answers")
    known = _records(intakes)
    sides: dict[str, list[tuple[RowKey, Answer]]] = {}
    columns = (table.columns[name] for name in _COLUMNS)
    for number, (pair, department, row_id, word) in enumerate(zip(*columns, strict=True), 2):
        key = (department.strip(), row_id.strip())
        if key not in known:
            raise _wrong(path, number, "その行はどの抽出にもありません", "no extract has this row")
        if word.strip() not in {"", *WORDS}:
            words = "same, different, unsure"
            raise _wrong(path, number, f"答えは {words} か空です", f"{words}, or nothing")
        answer = WORDS.get(word.strip(), Answer.OPEN)
        sides.setdefault(pair.strip(), []).append((key, answer))
    for pair, two in sides.items():
        if len({department for (department, _), _ in two}) != 2 or len(two) != 2:  # noqa: PLR2004
            raise BadInputError(
                Text(
                    f"{path.name}: 組 {pair} は二部署の二行ではありません。",
                    f"{path.name}: pair {pair} is not two lines of two departments.",
                ),
                Text(
                    "review.csv の行を消したり増やしたりせずに、答えだけを書いてください。",
                    "Write answers only; take no line of review.csv away and add none.",
                ),
            )
    return _told(sides, known)


def _told(
    sides: Mapping[str, Sequence[tuple[RowKey, Answer]]], known: Mapping[RowKey, int]
) -> dict[str, Told]:
    found: dict[str, list[tuple[bytes, int, Answer]]] = {}
    for pair, two in sides.items():
        tag = hashlib.sha256(pair.encode()).digest()
        for key, answer in two:
            found.setdefault(key[0], []).append((tag, known[key], answer))
    return {name: Told(*zip(*said, strict=True)) for name, said in found.items()}


def _records(intakes: Sequence[Intake]) -> dict[RowKey, int]:
    return {
        (intake.records.department, row_id): record
        for intake in intakes
        for row_id, record in zip(intake.records.row_ids, intake.records.record_of_row, strict=True)
        if record >= 0
    }


def _own(person: Person) -> Iterator[str]:
    yield " ".join(filter(None, (person.family, person.given, person.middle)))
    yield " ".join(filter(None, (person.family_kana, person.given_kana)))
    yield person.birth_date
    yield person.sex
    yield " ".join(filter(None, (person.town, person.block)))
    yield person.resident_number


def _harmless(value: str) -> str:
    """Return *value* so that a spreadsheet takes it for text."""
    return f"'{value}" if value.startswith(_FORMULA) else value


def _wrong(path: Path, number: int, ja: str, en: str) -> BadInputError:
    return BadInputError(
        Text(f"{path.name} の {number} 行目: {ja}。", f"{path.name}, line {number}: {en}."),
        Text(
            "`enishi link` が書いた review.csv の answer の列だけを埋めてください。",
            "Fill in the column `answer` of a review.csv that `enishi link` wrote.",
        ),
    )
