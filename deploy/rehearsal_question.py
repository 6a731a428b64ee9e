"""`enishi link explain`: why two rows of a rehearsal were linked, or were not.

Reads what the rehearsal wrote (clusters.csv, pairs.csv); two rows that share a cluster
without evidence of their own are explained by the pairs that join them.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from deploy.rehearsal_pairs import FIXED, LINKED, NAME, WEIGHT
from deploy.truth import RowKey
from privacy.errors import BadInputError, Text

_MILLION: Final = 1_000_000
_THOUSAND: Final = 1_000


@dataclass(frozen=True, slots=True)
class Explained:
    """One pair of rows: its fate, the truth's word on it, and its `Explanation.to_json`."""

    one: RowKey = field(repr=False)
    two: RowKey = field(repr=False)
    fate: str
    truth: str
    explanation: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Why:
    """The answer: whether two rows share a cluster, and the pairs that say why.

    ``pairs``: one where the two rows have evidence of their own; the way from one to the
    other where only other rows of the cluster join them; none where nothing is known.
    """

    together: bool
    same_record: bool
    pairs: tuple[Explained, ...]


def explain_rows(out: Path, one: str, two: str) -> Why:
    """Return why the rows *one* and *two* (DEPARTMENT:ROW) are or are not in one cluster.

    Raises:
        BadInputError: no rehearsal was written to *out*, or it has no such row.
    """
    first, second = _key(one), _key(two)
    try:
        return _explained(out, first, second)
    except (KeyError, ValueError) as error:
        raise _unreadable(out) from error


def _explained(out: Path, first: RowKey, second: RowKey) -> Why:
    cluster, members = _clusters(out, (first, second))
    # Rows of one department in one cluster are one record; pairs name its first row.
    record = {row: (row[0], cluster[row]) for row in members}
    for row in (first, second):
        record[row] = (row[0], cluster[row] or f"dropped {row[1]}")
    ends, goal = record[first], record[second]
    together = bool(cluster[first]) and cluster[first] == cluster[second]
    if ends == goal:
        return Why(together, True, ())
    found = [pair for pair in _pairs(out, record) if {ends, goal} & _ends(pair, record)]
    direct = [pair for pair in found if _ends(pair, record) == {ends, goal}]
    if direct or not together:
        return Why(together, False, tuple(direct[:1]))
    known = [pair for pair in _pairs(out, record) if pair.fate == LINKED]
    return Why(together, False, _way(known, record, ends, goal))


def _key(text: str) -> RowKey:
    department, colon, row = text.partition(":")
    if not colon or not department or not row:
        raise BadInputError(
            Text("行は 部署:行番号 の形で書いてください。", "A row is written DEPARTMENT:ROW."),
            Text("例: school:12345", "For example school:12345."),
        )
    return department, row


def _clusters(out: Path, wanted: tuple[RowKey, RowKey]) -> tuple[dict[RowKey, str], list[RowKey]]:
    """Return the clusters of *wanted*, and all rows of those clusters."""
    rows = [
        ((line["department"], line["row_id"]), line["cluster_id"])
        for line in _read(out / "clusters.csv")
    ]
    cluster = {row: found for row, found in rows if row in wanted}
    for row in wanted:
        if row not in cluster:
            raise BadInputError(
                Text(
                    f"clusters.csv に部署 {row[0]} のその行はありません。",
                    f"clusters.csv has no such row of the department {row[0]}.",
                ),
                Text(
                    "部署は対応表の名前、行は id 列の値です。",
                    "The department is the mapping's name, the row a value of its id column.",
                ),
            )
    theirs = {found for found in cluster.values() if found}
    members = [row for row, found in rows if found in theirs]
    cluster.update({row: found for row, found in rows if found in theirs})
    return cluster, members


Record = tuple[str, str]


def _ends(pair: Explained, record: Mapping[RowKey, Record]) -> set[Record]:
    return {record[pair.one], record[pair.two]}


def _way(
    pairs: list[Explained], record: Mapping[RowKey, Record], start: Record, goal: Record
) -> tuple[Explained, ...]:
    """Return the fewest linked pairs that lead from *start* to *goal*."""
    reached: dict[Record, tuple[Explained, ...]] = {start: ()}
    queue = deque([start])
    while queue and goal not in reached:
        here = queue.popleft()
        for pair in pairs:
            ends = _ends(pair, record)
            for there in ends - {here} if here in ends else ():
                if there not in reached:
                    reached[there] = (*reached[here], pair)
                    queue.append(there)
    return reached.get(goal, ())


def _pairs(out: Path, record: Mapping[RowKey, Record]) -> Iterator[Explained]:
    """Yield the written pairs between rows of *record*."""
    for line in _read(out / NAME):
        one = line["department_1"], line["row_id_1"]
        two = line["department_2"], line["row_id_2"]
        if one in record and two in record:
            yield Explained(one, two, line["fate"], line["truth"], _explanation(line))


def _explanation(line: Mapping[str, str]) -> dict[str, Any]:
    views = [name for name in line if name not in FIXED and not name.endswith(WEIGHT)]

    def step(kind: str, name: str, shown: int | None, weight: str) -> dict[str, Any]:
        return {"kind": kind, "name": name, "shown": shown, "weight": _millionths(line[weight])}

    steps = [
        step("prior", "prior", None, "prior"),
        *(step("view", view, _thousandths(line[view]), f"{view}{WEIGHT}") for view in views),
        step("token", "T1", int(line["T1"]), "T1 weight"),
        step("token", "number", int(line["number"]), "number weight"),
        step("identity", "identity", None, "identity"),
        step("rivals", "rivals", None, "rivals"),
    ]
    weight = sum(each["weight"] for each in steps[:-1])
    return {"steps": steps, "weight": weight, "probability": _millionths(line["probability"])}


def _millionths(text: str) -> int:
    return round(float(text) * _MILLION)


def _thousandths(text: str) -> int | None:
    return None if text == "" else round(float(text) * _THOUSAND)


def _read(path: Path) -> Iterator[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path) from error


def _unreadable(path: Path) -> BadInputError:
    return BadInputError(
        Text(f"{path} を読めません。", f"{path} cannot be read."),
        Text(
            "「enishi link DIR --out 結果」で書いた結果のフォルダーを指定してください。",
            "Name the folder that `enishi link DIR --out RESULT` wrote.",
        ),
    )
