"""Import: the department's extract and facts into the store, everything or nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from nodes.carrying import carried, moved_ids
from nodes.config import NodeConfig
from nodes.driver.context import NodeContext
from nodes.driver.review import forget_gone
from nodes.governance import Governance
from nodes.ingest.department import DepartmentMapping, Mode, load_department
from nodes.ingest.mapping import read_rows
from nodes.ingest.report import ImportReport
from nodes.intake import Intake, take_in
from nodes.quality import Quality, examine
from nodes.records import resolve_records
from nodes.store import Tables
from nodes.store.people import ImportSummary, StoredRow
from privacy.audit import EntryKind
from privacy.errors import BadInputError, RefusedError, Text
from privacy.governance.consent import Restriction, RestrictionKind
from privacy.normalise.person import Person
from privacy.plan import Plan


def check_mode(config: NodeConfig, mapping: DepartmentMapping) -> None:
    """Check that a department that calls itself sealed is enrolled as sealed.

    Raises:
        BadInputError: it is enrolled as open, so its codes would leave in a link round.
    """
    if mapping.mode is Mode.SEALED and not config.sealed:
        raise BadInputError(
            Text(
                '対応表は mode = "sealed"（封緘）ですが、このノードは open で登録されていて、'
                "符号が外に出ます。",
                'The mapping says mode = "sealed", but this node is enrolled as open: '
                "codes of its rows would leave.",
            ),
            Text(
                "統括に `node revoke` と `node add --sealed` を頼み、新しい参加ファイルで"
                "作り直すか、mode を open にしてください。",
                "Ask the coordinator for `node revoke` and `node add --sealed` and join again, "
                "or set mode to open.",
            ),
        )


class Importing:
    """Takes in what department.toml names."""

    def __init__(self, context: NodeContext) -> None:
        """Work on *context*."""
        self._context = context

    def run(self, *, dry_run: bool) -> ImportReport:
        """Read, check and normalise; store it unless *dry_run*.

        Raises:
            EnishiError: a file or mapping cannot be used; the store is as it was.
        """
        context = self._context
        governance = Governance.load(context.config.governance_folder)
        mapping = load_department(context.config.department_file)
        check_mode(context.config, mapping)
        intake = take_in(mapping, catalogue=governance.catalogue)
        if not dry_run:
            self._keep(intake, mapping.source.path)
        return intake.report

    def _keep(self, intake: Intake, path: Path) -> None:
        context, records, report = self._context, intake.records, intake.report
        reasons = {dropped.row: str(dropped.kind.value) for dropped in records.dropped}
        rows = [
            StoredRow(row_id, record, reasons.get(place, ""))
            for place, (row_id, record) in enumerate(
                zip(records.row_ids, records.record_of_row, strict=True)
            )
        ]
        protected = [
            Restriction(row.row_id, RestrictionKind.PROTECTED, context.now().date())
            for row in rows
            if row.record in records.protected
        ]
        tables_csv = [(f.item, len(f.frame), f.frame.to_csv(index=False)) for f in intake.facts]
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        with context.store.transaction() as tables:
            carry_slots(context, tables, rows, records.persons)
            forget_gone(tables, rows, records.persons)
            tables.records.replace(rows, records.persons)
            tables.restrictions.replace_imported(protected)
            for item, count, text in tables_csv:
                tables.facts.replace(item, context.stamp(), count, text.encode())
            tables.imports.add(
                ImportSummary(
                    context.stamp(),
                    report.file,
                    digest,
                    report.rows,
                    report.used,
                    json.dumps(report.as_json(), ensure_ascii=False),
                )
            )
            context.log(tables, EntryKind.CHANGED, "import", rows=report.rows, used=report.used)


def carry_slots(
    context: NodeContext, tables: Tables, rows: Sequence[StoredRow], people: Sequence[Person]
) -> None:
    """Keep every slot, alert and hold with its child, whatever its number and id from now on.

    Raises:
        RefusedError: records change while a run is under way, which names them.
    """
    before, before_rows = tables.records.persons(), tables.records.rows()
    record_of = carried(before_rows, before, rows, people)
    moved = moved_ids(before_rows, before, rows, people, record_of)
    same = len(before) == len(people) and all(
        record_of.get(record) == record for record in range(len(before))
    )
    if same and not moved:
        return
    now = context.now()
    plans = [Plan.from_bytes(each.canonical) for each in tables.runs.under_way()]
    if any(now < plan.expires for plan in plans):
        raise RefusedError(
            Text(
                "実行中の計画があるため、名簿の行を入れ替えられません。",
                "A run is under way: the rows cannot change now.",
            ),
            Text(
                "実行が終わってから取り込んでください(取り消しは統括の `round cancel`)。",
                "Import when it has ended; the coordinator's `round cancel` ends it early.",
            ),
        )
    tables.links.carry(record_of)
    tables.epochs.carry(record_of)
    tables.alerts.carry(record_of)
    tables.alerts.rename(moved)
    tables.restrictions.rename(moved)


def file_quality(context: NodeContext) -> Quality:
    """Read the department's file again and say what normalisation does to it; stores nothing.

    Raises:
        EnishiError: the file or its mapping cannot be used.
    """
    raw = read_rows(load_department(context.config.department_file))
    return examine(raw, resolve_records(raw))
