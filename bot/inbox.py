"""Messages that were received and are to be answered: nothing is lost between a channel and its answer.

A message is open until the last part of its answer was sent. Its answer is *planned* in one transaction with the change of
state that it brings, so that a kill between two parts neither loses one nor answers in the light of itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from bot.tables import inbox

KEPT_DAYS = 7


@dataclass(frozen=True)
class Incoming:
    """What a channel received: ids, and in `content` what answering needs and no more.

    `kind`: text, edited, tap, media, notice (something to tell unasked), and for channels' own events moved, blocked, added.
    """

    update_id: int | None
    chat: int
    kind: str
    content: dict[str, Any]
    user: int | None = None
    thread: int | None = None
    message: int | None = None


@dataclass(frozen=True)
class Row(Incoming):
    """A message in the inbox; `plan` is its answer once it has one, of which `sent` parts are out."""

    id: int = 0
    received_at: datetime = datetime.min
    attempts: int = 0
    plan: dict[str, Any] | None = None
    sent: int = 0


class Inbox:
    """The inbox of one bot. Every method is one transaction, or joins the one that it is given."""

    def __init__(self, engine: sa.Engine, bot: int) -> None:
        self._engine = engine
        self._bot = bot
        self._ours = inbox.c.bot == bot

    def add(self, messages: Sequence[Incoming]) -> list[int]:
        """Take messages in, each once; the chats that have something new."""
        with self._engine.begin() as connection:
            return list(dict.fromkeys(message.chat for message in messages if self._insert(connection, message)))

    def tell(self, connection: sa.Connection, chat: int, content: dict[str, Any], thread: int | None = None) -> None:
        """Plan to tell a chat something unasked, in order with its answers."""
        self._insert(connection, Incoming(None, chat, "notice", content, thread=thread))

    def _insert(self, connection: sa.Connection, message: Incoming) -> bool:
        """Whether a message was new."""
        names = ("update_id", "chat", "kind", "content", "user", "thread", "message")
        values = {name: getattr(message, name) for name in names}
        insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        added = insert(inbox).values(bot=self._bot, received_at=datetime.now(UTC), status="open", attempts=0, **values)
        return connection.execute(added.on_conflict_do_nothing(index_elements=["bot", "update_id"])).rowcount > 0

    def waiting(self) -> list[int]:
        """The chats that have open messages, the longest waiting first."""
        oldest = sa.func.min(inbox.c.id)
        query = sa.select(inbox.c.chat).where(self._ours, inbox.c.status == "open").group_by(inbox.c.chat).order_by(oldest)
        with self._engine.connect() as connection:
            return list(connection.scalars(query))

    def open_in(self, chat: int, limit: int = 50) -> list[Row]:
        """The open messages of a chat, the oldest first."""
        here = (self._ours, inbox.c.chat == chat, inbox.c.status == "open")
        query = sa.select(inbox).where(*here).order_by(inbox.c.id).limit(limit)
        with self._engine.connect() as connection:
            return [_row(row) for row in connection.execute(query).mappings()]

    def begin(self, row: Row) -> int:
        """Count an attempt before it is made, so that one which ends the process counts too; the number of attempts."""
        with self._engine.begin() as connection:
            connection.execute(sa.update(inbox).where(inbox.c.id == row.id).values(attempts=inbox.c.attempts + 1))
        return row.attempts + 1

    def plan(
        self,
        row: Row,
        plan: dict[str, Any],
        joined: Sequence[Row] = (),
        with_it: Callable[[sa.Connection], None] | None = None,
    ) -> None:
        """Keep the answer with all that it changes (`with_it`); `joined` messages are answered by it too."""
        with self._engine.begin() as connection:
            connection.execute(sa.update(inbox).where(inbox.c.id == row.id).values(plan=plan, sent=0))
            for other in joined:
                _close(connection, other.id, "joined")
            if with_it:
                with_it(connection)

    def part_sent(self, row: Row, sent: int) -> None:
        with self._engine.begin() as connection:
            connection.execute(sa.update(inbox).where(inbox.c.id == row.id).values(sent=sent))

    def resent(self, row: Row) -> None:
        """Count that a part is sent again of which it is not known whether it arrived."""
        with self._engine.begin() as connection:
            connection.execute(sa.update(inbox).where(inbox.c.id == row.id).values(resent=inbox.c.resent + 1))

    def close(self, row: Row, outcome: str, nobody: bool = False) -> None:
        """A message is answered, or needs none: its content goes, and with `nobody` its ids too."""
        with self._engine.begin() as connection:
            _close(connection, row.id, outcome)
            if nobody:
                connection.execute(sa.update(inbox).where(inbox.c.id == row.id).values(**_NOBODY))

    def close_all(self, chat: int, outcome: str) -> None:
        """No open message of a chat can be answered any more."""
        query = sa.select(inbox.c.id).where(self._ours, inbox.c.chat == chat, inbox.c.status == "open")
        with self._engine.begin() as connection:
            for id_ in list(connection.scalars(query)):
                _close(connection, id_, outcome)

    def received(self, user: int, before: Row) -> int:
        """How many messages a user sent in the minute before one, that one included."""
        mine = (inbox.c.user == user, inbox.c.id <= before.id, inbox.c.received_at > before.received_at - timedelta(minutes=1))
        query = sa.select(sa.func.count()).select_from(inbox).where(self._ours, *mine)
        with self._engine.connect() as connection:
            return int(connection.scalar(query) or 0)

    def export(self, chat: int) -> list[dict[str, Any]]:
        """What is kept of the messages of a chat."""
        names = ("received_at", "kind", "status", "outcome", "content")
        query = sa.select(*(inbox.c[name] for name in names)).where(self._ours, inbox.c.chat == chat).order_by(inbox.c.id)
        with self._engine.connect() as connection:
            rows = connection.execute(query).mappings()
            return [{**row, "received_at": row["received_at"].isoformat()} for row in rows]

    def erase(self, connection: sa.Connection, chat: int, but: Row) -> int:
        """Take all ids and texts off the answered messages of a chat; what stays only keeps them from coming in twice."""
        gone = (self._ours, inbox.c.chat == chat, inbox.c.status == "done", inbox.c.id != but.id)
        return connection.execute(sa.update(inbox).where(*gone).values(**_NOBODY)).rowcount

    def move(self, connection: sa.Connection, old: int, new: int) -> None:
        """A chat goes on under another id."""
        connection.execute(sa.update(inbox).where(self._ours, inbox.c.chat == old).values(chat=new))

    def together(self, *changes: Callable[[sa.Connection], None]) -> None:
        """Make changes in one transaction."""
        with self._engine.begin() as connection:
            for change in changes:
                change(connection)

    def expire(self) -> None:
        """Delete what was answered more than a week ago."""
        old = datetime.now(UTC) - timedelta(days=KEPT_DAYS)
        with self._engine.begin() as connection:
            connection.execute(sa.delete(inbox).where(self._ours, inbox.c.status == "done", inbox.c.done_at < old))

    def count_unfinished(self) -> int:
        """Answers of which a part may be out without that being known; they are sent on, and counted as resent."""
        half = (self._ours, inbox.c.status == "open", inbox.c.plan.is_not(None))
        with self._engine.begin() as connection:
            return connection.execute(sa.update(inbox).where(*half).values(resent=inbox.c.resent + 1)).rowcount


_NOBODY: dict[str, Any] = {"chat": None, "thread": None, "user": None, "message": None, "content": {}, "plan": None}


def _close(connection: sa.Connection, id_: int, outcome: str) -> None:
    done = {"status": "done", "outcome": outcome, "done_at": datetime.now(UTC), "content": {}, "plan": None}
    connection.execute(sa.update(inbox).where(inbox.c.id == id_).values(**done))


def _row(row: sa.RowMapping) -> Row:
    received = row["received_at"]
    names = ("update_id", "chat", "kind", "content", "user", "thread", "message", "id", "attempts", "plan", "sent")
    return Row(**{name: row[name] for name in names}, received_at=received if received.tzinfo else received.replace(tzinfo=UTC))
