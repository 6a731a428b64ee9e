"""`enishi link`: link a folder of extracts in one process, as the federation would.

Each mapping in the folder is a department: its extract is taken in, encoded under a
random key that nobody keeps, and the encodings alone are linked, with the code that the
nodes and the coordinator run.  A sealed department is linked like an open one here.
One process holds all records in clear: this is a city's rehearsal on its own machine,
not the protected run.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Final

from deploy.cores import Cores
from deploy.rehearsal_errors import Errors, find_errors
from deploy.rehearsal_households import RehearsedHouseholds, find_households
from deploy.rehearsal_pairs import PairTable, pair_table
from deploy.rehearsal_review import ReviewLine, read_answers, review_lines
from deploy.rehearsal_subgroups import GroupQuality, by_subgroup
from deploy.truth import Scored, read_truth, score
from nodes.errors import MappingError
from nodes.ingest.department import DepartmentMapping, load_department
from nodes.intake import Intake
from privacy.encoding.batch import Batch
from privacy.encoding.encoder import Encoder
from privacy.encoding.labels import in_blocks, label_bits
from privacy.encoding.schema import default_schema
from privacy.errors import Text
from privacy.keys import LinkKeys
from privacy.linkage.asking import Told
from privacy.linkage.linker import Linker, start
from privacy.linkage.quality import QualityReport, quality_report
from privacy.linkage.verdicts import Outcome, apply_answers, pair_up, rows_in_doubt
from privacy.similarity.engine import LOCAL, Engine

Progress = Callable[[Text, int, int], None]
"""Told before each step: what begins, how many steps are done, how many there are."""

_KEY_BYTES: Final = 32
_DROPPED: Final = -1
_JAPAN: Final = timezone(timedelta(hours=9))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What a rehearsal found.

    ``clusters``: for each department, the cluster of each row of its extract in file
    order (numbered from 1 by first appearance), or -1 where the row was dropped.
    """

    mappings: tuple[DepartmentMapping, ...]
    intakes: tuple[Intake, ...] = field(repr=False)
    clusters: tuple[tuple[int, ...], ...] = field(repr=False)
    quality: QualityReport
    subgroups: tuple[GroupQuality, ...]
    pairs: PairTable = field(repr=False)
    review: tuple[ReviewLine, ...] = field(repr=False)
    score: Scored | None = None
    errors: Errors | None = None
    households: RehearsedHouseholds | None = None

    @property
    def cluster_count(self) -> int:
        """Return the number of clusters, singletons included."""
        return max((max(rows, default=0) for rows in self.clusters), default=0)


def find_mappings(folder: Path) -> tuple[DepartmentMapping, ...]:
    """Return the departments of *folder*: ``*.toml`` in it, and ``*/department.toml``.

    Raises:
        MappingError: there is no folder, no mapping, or two for one department.
    """
    if not folder.is_dir():
        raise MappingError(
            Text(f"{folder} というフォルダーはありません。", f"there is no folder {folder}."),
        )
    paths = [*sorted(folder.glob("*.toml")), *sorted(folder.glob("*/department.toml"))]
    if not paths:
        raise MappingError(
            Text(
                f"{folder} に対応表（*.toml）がありません。",
                f"{folder} holds no mapping (*.toml).",
            ),
            Text(
                f"「enishi link {folder} --init」で下書きを作り、確かめてください。",
                f"Write first ones with `enishi link {folder} --init` and check them.",
            ),
        )
    mappings = tuple(load_department(path) for path in paths)
    names = [mapping.department for mapping in mappings]
    for name in names:
        if names.count(name) > 1:
            raise MappingError(
                Text(f"部署「{name}」の対応表が二つあります。", f"two mappings name `{name}`."),
                Text("どちらかの名前を変えてください。", "Rename one of them."),
            )
    return mappings


def rehearse(
    folder: Path,
    *,
    truth: Path | None = None,
    progress: Progress | None = None,
    key: bytes | None = None,
    labels_for: int = 0,
    on: date | None = None,
    engine: Engine = LOCAL,
    households: bool = False,
    answers: Path | None = None,
    spread: bool = False,
) -> Rehearsal:
    """Take in, encode and link all departments of *folder*; write nothing.

    Args:
        folder: holds one mapping a department.
        truth: ``department,row_id,entity_id``, to count precision and recall.
        progress: told before each step.
        key: 32 bytes that fix encodings and the draw of second-pass rows, for tests;
            from the operating system, and forgotten afterwards, when None.
        labels_for: with block labels, as a population of so many children would send
            them (without dummies); 0 for none.
        on: the day on which grades are counted from birth dates; today when None.
        engine: compares the codes; the result is the same whichever it is.
        households: also say who lives together, as a plan with households would.
        answers: a filled-in ``review.csv``, which acts as answers in the federation do.
        spread: read and encode large extracts in a process for each core, which imports the
            caller's main module again: for programs that guard it, as the command line.

    Raises:
        EnishiError: a mapping or file cannot be used; nothing was linked then.
    """
    mappings = find_mappings(folder)
    known = read_truth(truth, [m.department for m in mappings]) if truth is not None else None
    steps = _Steps(progress, total=2 * len(mappings) + 3)
    key = key or os.urandom(_KEY_BYTES)
    with Cores(mappings, spread=spread) as cores:
        intakes = tuple(steps.reading(mappings, cores.read(mappings)))
        told = read_answers(answers, intakes) if answers is not None else {}
        linked = _link(intakes, steps, key, labels_for, engine, told, cores)
    linker, outcome = _reviewed(linked, told)
    clusters = _per_row(intakes, linker)
    steps.finish()
    return Rehearsal(
        mappings=mappings,
        intakes=intakes,
        clusters=clusters,
        quality=quality_report(linker, LinkKeys(1, 1, key).token("sample"), outcome),
        subgroups=by_subgroup(intakes, linker, known, on or datetime.now(_JAPAN).date()),
        pairs=pair_table(intakes, linker, known),
        review=review_lines(intakes, linker),
        score=None if known is None else _score(intakes, clusters, known),
        errors=None if known is None else find_errors(intakes, clusters, linker, known),
        households=find_households(mappings, intakes, linker, key, truth) if households else None,
    )


@dataclass(slots=True)
class _Steps:
    progress: Progress | None
    total: int
    done: int = 0

    def begin(self, what: Text) -> None:
        if self.progress is not None:
            self.progress(what, self.done, self.total)
        self.done += 1

    def reading(
        self, mappings: Sequence[DepartmentMapping], intakes: Iterator[Intake]
    ) -> Iterator[Intake]:
        for mapping in mappings:
            name = mapping.department
            self.begin(Text(f"{name} を読み込み", f"reading {name}"))
            yield next(intakes)

    def finish(self) -> None:
        if self.progress is not None:
            self.progress(Text("完了", "done"), self.total, self.total)


def _link(
    intakes: Sequence[Intake],
    steps: _Steps,
    key: bytes,
    labels_for: int,
    engine: Engine,
    told: Mapping[str, Told],
    cores: Cores,
) -> Linker:
    """Encode and link in two passes, as nodes and coordinator do (PROTOCOL 2)."""
    schema, bits = default_schema(labels=labels_for > 0), label_bits(labels_for)
    encoder = Encoder(schema, LinkKeys(1, 1, key))
    first, *later = (salt_pass.name for salt_pass in schema.passes)
    people = [(intake.records.department, intake.records.persons) for intake in intakes]
    encoded = cores.encode(encoder, people, (first,))
    batches: list[Batch] = []
    for name, _ in people:
        steps.begin(Text(f"{name} を符号化", f"encoding {name}"))
        batches.append(in_blocks(next(encoded), bits))
    steps.begin(Text("第一パスの連結", "linking, first pass"))
    linker = start(batches, engine=engine)
    if not later:
        return linker
    wanted = rows_in_doubt(linker, pair_up(told, linker.stack))
    asked = linker.ask(LinkKeys(1, 1, key).token("ask"), wanted=wanted)
    steps.begin(Text("第二パスの符号化", "encoding, second pass"))
    picked = [(name, [persons[row] for row in asked[name].tolist()]) for name, persons in people]
    again = [in_blocks(batch, bits) for batch in cores.encode(encoder, picked, later)]
    steps.begin(Text("第二パスの連結", "linking, second pass"))
    return linker.second_pass(again, asked)


def _reviewed(linker: Linker, told: Mapping[str, Told]) -> tuple[Linker, Outcome | None]:
    """Solve again under what people answered, where they did."""
    return apply_answers(linker, pair_up(told, linker.stack)) if told else (linker, None)


def _per_row(intakes: Sequence[Intake], linker: Linker) -> tuple[tuple[int, ...], ...]:
    """Return the cluster of every row of every extract, numbered by first appearance."""
    found = linker.linked.solution.cluster.tolist()
    numbers: dict[int, int] = {}
    clusters = []
    for index, intake in enumerate(intakes):
        offset = linker.stack.offsets[index]
        rows = []
        for record in intake.records.record_of_row:
            if record < 0:
                rows.append(_DROPPED)
            else:
                rows.append(numbers.setdefault(found[offset + record], len(numbers) + 1))
        clusters.append(tuple(rows))
    return tuple(clusters)


def _score(
    intakes: Sequence[Intake], clusters: Sequence[Sequence[int]], truth: dict[tuple[str, str], str]
) -> Scored:
    keys: list[tuple[str, str]] = []
    found: list[int] = []
    for intake, rows in zip(intakes, clusters, strict=True):
        for row_id, cluster in zip(intake.records.row_ids, rows, strict=True):
            keys.append((intake.records.department, row_id))
            # A dropped row is together with nothing.
            found.append(cluster if cluster != _DROPPED else -1 - len(found))
    return score(keys, found, truth)
