"""What a node says of itself to the coordinator: versions and states, no counts of records."""

from __future__ import annotations

from importlib.metadata import version

from nodes.driver.context import ROSTER, NodeContext
from nodes.driver.enrolment import CITY
from nodes.messages import MemberStatus
from privacy.encoding.schema import default_schema
from privacy.normalise.record import NORMALISATION_VERSION


def member_status(context: NodeContext) -> MemberStatus:
    """Return this node's status."""
    with context.store.reading() as tables:
        has_roster = tables.documents.get(ROSTER) is not None
        epoch = tables.documents.get(CITY)
        table = tables.links.slot_table()
        digest = context.roster(tables).digest if has_roster else b""
    return MemberStatus(
        node=context.node,
        version=version("enishi"),
        roster_digest=digest,
        city_epoch=int(epoch) if epoch else 0,
        schema_digest=default_schema().digest,
        normalisation_version=NORMALISATION_VERSION,
        slot_table=table.version if table else 0,
    )
