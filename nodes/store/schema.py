"""The tables of a node.  Migrations in `nodes/migrations` build exactly these."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
)

metadata = MetaData()

imports = Table(
    "imports",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", String, nullable=False),
    Column("file", String, nullable=False),
    Column("file_digest", String, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("used", Integer, nullable=False),
    Column("report", String, nullable=False),
)

rows = Table(
    "rows",
    metadata,
    Column("place", Integer, primary_key=True),
    Column("row_id", String, nullable=False),
    Column("record", Integer, nullable=False),
    Column("dropped", String, nullable=False),
    Index("rows_by_id", "row_id"),
    Index("rows_by_record", "record"),
)
"""The rows of the extract in file order; `record` is -1 where a row was dropped."""

persons = Table(
    "persons",
    metadata,
    Column("record", Integer, primary_key=True),
    Column("person", String, nullable=False),
)
"""One normalised person a record; several rows may share one (own duplicates)."""

facts = Table(
    "facts",
    metadata,
    Column("item", String, primary_key=True),
    Column("at", String, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("table_csv_zlib", LargeBinary, nullable=False),
)

documents = Table(
    "documents",
    metadata,
    Column("name", String, primary_key=True),
    Column("at", String, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

plans = Table(
    "plans",
    metadata,
    Column("digest", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("canonical", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("received_at", String, nullable=False),
    Column("decision", String, nullable=False),
    Column("decided_at", String, nullable=False),
    Column("decided_by", String, nullable=False),
    Column("reason", String, nullable=False),
)

epochs = Table(
    "epochs",
    metadata,
    Column("epoch", Integer, primary_key=True, autoincrement=False),
    Column("city_epoch", Integer, nullable=False),
    Column("state", String, nullable=False),
    Column("begun_at", String, nullable=False),
    Column("codes_until", String, nullable=False),
    Column("closed_at", String, nullable=False),
    Column("patterns", LargeBinary, nullable=False),
    Column("schema_digest", String, nullable=False),
)

epoch_rows = Table(
    "epoch_rows",
    metadata,
    Column("plan_digest", String, primary_key=True),
    Column("epoch", Integer, nullable=False),
    Column("at", String, nullable=False),
    Column("rows", LargeBinary, nullable=False),
)
"""The rows of a link round in ascending order of handles (`nodes.epoch_rows`)."""

slot_tables = Table(
    "slot_tables",
    metadata,
    Column("version", Integer, primary_key=True),
    Column("plan_digest", String, nullable=False),
    Column("digest", String, nullable=False),
    Column("total", Integer, nullable=False),
    Column("received_at", String, nullable=False),
    Column("slots", LargeBinary, nullable=False),
)
"""`slots`: pairs of little-endian uint32 (record, slot)."""

runs = Table(
    "runs",
    metadata,
    Column("plan_digest", String, primary_key=True),
    Column("transcript", String, nullable=False),
    Column("ready", LargeBinary, nullable=False),
    Column("readys", LargeBinary, nullable=False),
    Column("snapshot_salt", LargeBinary, nullable=False),
    Column("snapshot", LargeBinary, nullable=False),
    Column("state", String, nullable=False),
    Column("slot_table", Integer, nullable=False),
    Column("updated_at", String, nullable=False),
)

messages = Table(
    "messages",
    metadata,
    Column("run", String, primary_key=True),
    Column("step", String, primary_key=True),
    Column("sender", String, primary_key=True),
    Column("receiver", String, primary_key=True),
    Column("counter", Integer, primary_key=True),
    Column("body", LargeBinary, nullable=False),
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("plan_digest", String, nullable=False),
    Column("transcript", String, nullable=False),
    Column("record", Integer, nullable=False),
    Column("row_id", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("due", String, nullable=False),
    Column("expires", String, nullable=False),
    Column("position", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("state", String, nullable=False),
    Index("alerts_once", "plan_digest", "row_id", unique=True),
)

views = Table(
    "views",
    metadata,
    Column("alert", Integer, ForeignKey("alerts.id"), primary_key=True),
    Column("user", String, primary_key=True),
    Column("at", String, nullable=False),
    Column("observation", String, nullable=False),
    Column("view", String, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("counter", Integer, primary_key=True),
    Column("line", String, nullable=False),
)

heads = Table(
    "heads",
    metadata,
    Column("log", String, primary_key=True),
    Column("counter", Integer, primary_key=True),
    Column("head", LargeBinary, nullable=False),
)

sent = Table(
    "sent",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", String, nullable=False),
    Column("plan_digest", String, nullable=False),
    Column("purpose", String, nullable=False),
    Column("step", String, nullable=False),
    Column("recipient", String, nullable=False),
    Column("fields", String, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("bytes", Integer, nullable=False),
    Index("sent_once", "plan_digest", "step", "recipient", unique=True),
)

ledger = Table(
    "ledger",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", String, nullable=False),
    Column("line", String, nullable=False),
)

restrictions = Table(
    "restrictions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("row_id", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("since", String, nullable=False),
    Column("until", String, nullable=False),
    Column("item", String, nullable=False),
    Column("purpose", String, nullable=False),
    Column("imported", Integer, nullable=False),
)
"""Objections, suspensions, protections and other holds on a row of this node."""

reviews = Table(
    "reviews",
    metadata,
    Column("pair", String, primary_key=True),
    Column("plan_digest", String, nullable=False),
    Column("row_id", String, nullable=False),
    Column("dummy", Integer, nullable=False),
    Column("kind", String, nullable=False),
    Column("likeness", String, nullable=False),
    Column("other", String, nullable=False),
    Column("received_at", String, nullable=False),
    Column("answer", Integer, nullable=False),
    Column("corrected", Integer, nullable=False),
    Column("answered_at", String, nullable=False),
    Column("answered_by", String, nullable=False),
    Index("reviews_by_row", "row_id"),
)
"""Pairs of clerical review; `dummy` is which dummy it is about, -1 for a row."""
