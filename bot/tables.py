"""The tables of what is kept of chats; the migrations make them."""

from __future__ import annotations

import sqlalchemy as sa

_metadata = sa.MetaData()

chats = sa.Table(
    "chats",
    _metadata,
    sa.Column("name", sa.String(200), primary_key=True),
    sa.Column("state", sa.JSON, nullable=False),
    sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
)

# What channels receive, until a week after it was answered. `content` is what answering needs, `plan` the answer's parts; both
# are overwritten once it is answered.
inbox = sa.Table(
    "inbox",
    _metadata,
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
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("plan", sa.JSON(none_as_null=True)),
    sa.Column("sent", sa.Integer, nullable=False, default=0),
    sa.Column("resent", sa.Integer, nullable=False, default=0),
    sa.Column("outcome", sa.String(20)),
    sa.Column("done_at", sa.DateTime(timezone=True)),
)

# What buyers hand in for those who keep the library. `chat` is the name of a chat, until it is forgotten or expires.
contributions = sa.Table(
    "contributions",
    _metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("chat", sa.String(200)),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("content", sa.JSON, nullable=False),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("handled_at", sa.DateTime(timezone=True)),
)

# Questions for which the library held nothing good enough, as words of the vocabulary. `subject` only for who wants to be told.
gaps = sa.Table(
    "gaps",
    _metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("chat", sa.String(200)),
    sa.Column("families", sa.JSON, nullable=False),
    sa.Column("sector", sa.String(40)),
    sa.Column("subject", sa.Text),
    sa.Column("language", sa.String(2), nullable=False),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("told_at", sa.DateTime(timezone=True)),
)
