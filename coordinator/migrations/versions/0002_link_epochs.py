"""Link epochs whose codes are kept for incremental rounds."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "link_epochs",
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("city_epoch", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("round_id", sa.String(64), nullable=False),
        sa.Column("opened", sa.String(32), nullable=False),
        sa.Column("codes_until", sa.String(10), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("closed", sa.String(32), nullable=False),
        sa.Column("untold", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"]),
        sa.PrimaryKeyConstraint("epoch"),
    )


def downgrade() -> None:
    """Remove it; codes that were kept are swept as nobody's."""
    op.drop_table("link_epochs")
