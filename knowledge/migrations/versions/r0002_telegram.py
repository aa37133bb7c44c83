"""The inbox of messages, what buyers hand in, and gaps."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "inbox",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("bot", sa.BigInteger, nullable=False),
        sa.Column("update_id", sa.BigInteger),
        sa.Column("chat", sa.BigInteger),
        sa.Column("thread", sa.BigInteger),
        sa.Column("user", sa.BigInteger),
        sa.Column("message", sa.BigInteger),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("content", sa.JSON, nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("plan", sa.JSON),
        sa.Column("sent", sa.Integer, nullable=False),
        sa.Column("resent", sa.Integer, nullable=False),
        sa.Column("outcome", sa.String(20)),
        sa.Column("done_at", sa.DateTime(timezone=True)),
    )
    op.create_index("inbox_update", "inbox", ["bot", "update_id"], unique=True)
    op.create_index("inbox_open", "inbox", ["status", "chat", "id"])
    op.create_index("inbox_user", "inbox", ["user", "received_at"])
    op.create_table(
        "contributions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("chat", sa.String(200)),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("content", sa.JSON, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "gaps",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("chat", sa.String(200)),
        sa.Column("families", sa.JSON, nullable=False),
        sa.Column("sector", sa.String(40)),
        sa.Column("subject", sa.Text),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True)),
    )


def downgrade() -> None:
    op.drop_table("gaps")
    op.drop_table("contributions")
    op.drop_index("inbox_user")
    op.drop_index("inbox_open")
    op.drop_index("inbox_update")
    op.drop_table("inbox")
