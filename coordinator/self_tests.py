"""The coordinator's side of the gate: a link plan carries the self-test of its schema.

Nothing leaves here but counts; nodes judge the report again by their own floors.
"""

from __future__ import annotations

from coordinator.process import CoordinatorProcess
from privacy.encoding.schema import Schema
from privacy.errors import BadInputError, Text
from privacy.redteam.gate import Floor, check_self_test
from privacy.redteam.record import Record, committed_record, parse_record
from privacy.redteam.report import Source
from privacy.roster import Roster

_ANY = 10**9


def self_test_of(process: CoordinatorProcess, schema: Schema, roster: Roster | None) -> Record:
    """Return the self-test report of *schema*: the file's, or the one of this version.

    Sizes are the nodes' to judge, which know their children; shares, age and controls
    are checked here, before anybody is asked.

    Args:
        process: names the file; its clock says how old the report is.
        schema: what the plan is about to name.
        roster: holds the key of the node that signed; None: the signature is not checked.

    Raises:
        RefusedError: there is none, or it does not pass; says what to do.
        ProtocolError: its signature is wrong.
        BadInputError: the file cannot be read, or is no report.
    """
    config = process.config
    path = config.home / config.self_test
    if schema.labels:
        path = path.with_stem(f"{path.stem}-labels")
    if path.is_file():
        try:
            record: Record | None = parse_record(path.read_text("utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise BadInputError(
                Text(f"{path.name} を読めません。", f"{path.name} cannot be read."),
                Text(
                    "自己点検の報告を置き直してください。", "Put the self-test report there again."
                ),
            ) from error
    else:
        record = committed_record(schema)
    floor = Floor(children=_ANY, per_birth_date=0.0)
    checked = check_self_test(record, schema, floor, process.clock().date())
    if roster is not None and checked.report.source is Source.REGISTER:
        checked.check_signature(roster.member(checked.maker).identity_public)
    return checked
