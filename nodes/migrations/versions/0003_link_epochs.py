"""Link epochs and their rows, in place of the orders of single link rounds."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of epochs; an order of a round before cannot be used any more."""
    op.create_table(
        "epochs",
        sa.Column("epoch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("city_epoch", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("begun_at", sa.String(), nullable=False),
        sa.Column("codes_until", sa.String(), nullable=False),
        sa.Column("closed_at", sa.String(), nullable=False),
        sa.Column("patterns", sa.LargeBinary(), nullable=False),
        sa.Column("schema_digest", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("epoch"),
    )
    op.create_table(
        "epoch_rows",
        sa.Column("plan_digest", sa.String(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("rows", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("plan_digest"),
    )
    op.drop_table("links")


def downgrade() -> None:
    """Remove them; rounds under way have to begin again."""
    op.create_table(
        "links",
        sa.Column("plan_digest", sa.String(), nullable=False),
        sa.Column("order", sa.LargeBinary(), nullable=False),
        sa.Column("dummies", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("plan_digest"),
    )
    op.drop_table("epoch_rows")
    op.drop_table("epochs")
