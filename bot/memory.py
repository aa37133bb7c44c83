"""What is kept of chats: state under a name, forgotten on request and by itself after some days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from bot.advisor.state import ChatState

_chats = sa.Table(
    "chats",
    sa.MetaData(),
    sa.Column("name", sa.String(200), primary_key=True),
    sa.Column("state", sa.JSON, nullable=False),
    sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
)


class Memory:
    """The table of chats. Every method is one transaction."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def load(self, name: str) -> ChatState:
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(_chats.c.state).where(_chats.c.name == name)).first()
        return ChatState.model_validate(row[0]) if row else ChatState()

    def save(self, name: str, state: ChatState) -> None:
        values = {"state": state.model_dump(mode="json"), "changed_at": datetime.now(UTC)}
        with self._engine.begin() as connection:
            updated = connection.execute(sa.update(_chats).where(_chats.c.name == name).values(**values))
            if updated.rowcount == 0:
                connection.execute(sa.insert(_chats).values(name=name, **values))

    def forget(self, name: str) -> bool:
        """Delete all about a chat; False when nothing was kept."""
        with self._engine.begin() as connection:
            return connection.execute(sa.delete(_chats).where(_chats.c.name == name)).rowcount > 0

    def expire(self, days: int) -> None:
        """Delete chats in which nothing was said for `days` days."""
        with self._engine.begin() as connection:
            connection.execute(sa.delete(_chats).where(_chats.c.changed_at < datetime.now(UTC) - timedelta(days=days)))
