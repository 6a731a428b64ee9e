"""The tables, as SQLAlchemy Core sees them; `coordinator/migrations` makes them.

No column holds a name of a child, an encoding, or a key of a node.  The dealer uses
the same schema and fills `rosters`, `answers` and the audit tables only.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData()

members = Table(
    "members",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("name_ja", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("sealed", Boolean, nullable=False),
    Column("state", String(16), nullable=False),
    Column("identity_public", LargeBinary),
    Column("static_public", LargeBinary),
    Column("certificate_pem", LargeBinary),
    Column("certificate_ends", String(32)),
)

codes = Table(
    "codes",
    metadata,
    Column("code_hash", LargeBinary, primary_key=True),
    Column("member_id", String(40), ForeignKey("members.id"), nullable=False),
    Column("expires", String(32), nullable=False),
    # The digest of the request that used the code: the same request gets the same answer.
    Column("request_digest", LargeBinary),
)

rosters = Table(
    "rosters",
    metadata,
    Column("version", Integer, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("accepted", Boolean, nullable=False),
)

roster_signatures = Table(
    "roster_signatures",
    metadata,
    Column("version", Integer, ForeignKey("rosters.version"), primary_key=True),
    Column("signer", String(40), primary_key=True),
    Column("value", LargeBinary, nullable=False),
)

cities = Table(
    "cities",
    metadata,
    Column("epoch", Integer, primary_key=True),
    Column("roster_digest", LargeBinary, nullable=False),
    Column("confirmed", Boolean, nullable=False),
)

rounds = Table(
    "rounds",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason_ja", Text, nullable=False),
    Column("reason_en", Text, nullable=False),
    Column("plan", LargeBinary, nullable=False),
    Column("plan_signature", LargeBinary, nullable=False),
    Column("created", String(32), nullable=False),
    Column("updated", String(32), nullable=False),
    Column("expires", String(32), nullable=False),
)

round_values = Table(
    "round_values",
    metadata,
    Column("round_id", String(64), ForeignKey("rounds.id"), primary_key=True),
    Column("name", String(120), primary_key=True),
    Column("body", LargeBinary, nullable=False),
)

waits = Table(
    "waits",
    metadata,
    Column("round_id", String(64), ForeignKey("rounds.id"), primary_key=True),
    Column("member_id", String(40), primary_key=True),
    Column("what_ja", Text, nullable=False),
    Column("what_en", Text, nullable=False),
    Column("since", String(32), nullable=False),
)

slot_tables = Table(
    "slot_tables",
    metadata,
    Column("version", Integer, primary_key=True),
    Column("round_id", String(64), ForeignKey("rounds.id"), nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("slots", BigInteger, nullable=False),
    Column("created", String(32), nullable=False),
)

link_epochs = Table(
    "link_epochs",
    metadata,
    Column("epoch", BigInteger, primary_key=True, autoincrement=False),
    Column("city_epoch", BigInteger, nullable=False),
    Column("state", String(16), nullable=False),
    Column("round_id", String(64), ForeignKey("rounds.id"), nullable=False),
    Column("opened", String(32), nullable=False),
    Column("codes_until", String(10), nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("closed", String(32), nullable=False),
    Column("untold", Text, nullable=False),
)

releases = Table(
    "releases",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("round_id", String(64), ForeignKey("rounds.id"), nullable=False),
    Column("slot_table", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("created", String(32), nullable=False),
)

charges = Table(
    "charges",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("body", LargeBinary, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("digest", String(64), nullable=False),
    Column("line", LargeBinary, nullable=False),
)

heads = Table(
    "heads",
    metadata,
    Column("log", String(40), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("digest", String(64), nullable=False),
    Column("signature", LargeBinary, nullable=False),
)

countersignatures = Table(
    "countersignatures",
    metadata,
    Column("log", String(40), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("signer", String(40), primary_key=True),
    Column("value", LargeBinary, nullable=False),
)

answers = Table(
    "answers",
    metadata,
    Column("transcript", String(64), primary_key=True),
    Column("call", String(80), primary_key=True),
    Column("request_digest", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
