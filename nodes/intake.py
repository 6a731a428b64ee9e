"""Take in one department's extract and facts: everything, or nothing and an error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nodes.ingest.department import DepartmentMapping
from nodes.ingest.mapping import RawRows, read_rows
from nodes.ingest.report import ImportReport
from nodes.records import Records, resolve_records
from privacy.governance.catalogue import Catalogue

if TYPE_CHECKING:
    from nodes.ingest.facts import FactTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What an import gives: records to encode, facts to keep, and the report on both."""

    records: Records
    facts: tuple[FactTable, ...]
    report: ImportReport


def take_in(mapping: DepartmentMapping, catalogue: Catalogue | None = None) -> Intake:
    """Read, map, normalise and report; nothing is stored and nothing leaves.

    Args:
        mapping: the department's department.toml.
        catalogue: checks the facts; None leaves the facts unread.

    Raises:
        EnishiError: a file or mapping cannot be used; then nothing of it is.
    """
    raw = read_rows(mapping)
    records = resolve_records(raw)
    facts: tuple[FactTable, ...] = ()
    if catalogue is not None and mapping.facts:
        from nodes.ingest.facts import read_facts  # noqa: PLC0415 - loads pandas

        row_ids = frozenset(raw.row_ids)
        facts = tuple(read_facts(fact, catalogue, row_ids) for fact in mapping.facts)
    return Intake(records=records, facts=facts, report=_report(raw, records, facts))


def _report(raw: RawRows, records: Records, facts: tuple[FactTable, ...]) -> ImportReport:
    return ImportReport(
        department=records.department,
        file=raw.mapping.source.path.name,
        encoding=raw.encoding,
        rows=len(raw.row_ids),
        used=records.used,
        records=len(records.persons),
        duplicate_groups=len(records.duplicate_groups),
        fills=raw.fills,
        facts=tuple(fact.summary for fact in facts),
        problems=(*records.problems, *(problem for fact in facts for problem in fact.problems)),
    )
