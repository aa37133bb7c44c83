"""What is kept of chats: state and what buyers hand in, under the name of the chat; forgotten on request and by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from pydantic import ValidationError

from bot.advisor.state import ChatState
from bot.channel import Contribution
from bot.tables import chats, contributions, gaps
from knowledge.document import Language

NOTICE_DAYS = 182  # how long a subject is kept for who wants to be told
CONTRIBUTION_DAYS = 365


class Memory:
    """The tables of chats, contributions and gaps. Every method is one transaction, or joins the one that it is given."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def load(self, name: str) -> ChatState:
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(chats.c.state).where(chats.c.name == name)).first()
        try:
            return ChatState.model_validate(row[0]) if row else ChatState()
        except ValidationError:  # kept by another version of the program
            return ChatState()

    def save(self, name: str, state: ChatState, handed_in: Sequence[Contribution] = ()) -> None:
        with self._engine.begin() as connection:
            self.keep(connection, name, state, handed_in)

    def keep(self, connection: sa.Connection, name: str, state: ChatState, handed_in: Sequence[Contribution]) -> list[int]:
        """Keep a state and what was handed in; the ids of what the keepers of the library are to read."""
        values = {"state": state.model_dump(mode="json"), "changed_at": datetime.now(UTC)}
        updated = connection.execute(sa.update(chats).where(chats.c.name == name).values(**values))
        if updated.rowcount == 0:
            connection.execute(sa.insert(chats).values(name=name, **values))
        told = [_hand_in(connection, name, contribution) for contribution in handed_in]
        return [id_ for id_ in told if id_ is not None]

    def contribution(self, id_: int) -> tuple[str, dict[str, Any]] | None:
        """The kind and content of what was handed in under an id."""
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(contributions.c.kind, contributions.c.content).where(contributions.c.id == id_))
            found = row.first()
        return (found[0], found[1]) if found else None

    def wishes(self) -> list[tuple[int, str, str, Language]]:
        """Of each subject that somebody wants to be told of: gap, chat, subject and language."""
        columns = (gaps.c.id, gaps.c.chat, gaps.c.subject, gaps.c.language)
        open_still = (gaps.c.subject.is_not(None), gaps.c.chat.is_not(None), gaps.c.told_at.is_(None))
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(*columns).where(*open_still).order_by(gaps.c.id))
            return [(row[0], row[1], row[2], row[3]) for row in rows]

    def wish(self, gap: int) -> tuple[str, Language] | None:
        """Subject and language of a wish that is still open."""
        return next(((subject, language) for id_, _, subject, language in self.wishes() if id_ == gap), None)

    def told(self, connection: sa.Connection, gap: int) -> None:
        """A wish was met: its subject need not be kept."""
        changed = {"told_at": datetime.now(UTC), "subject": None}
        connection.execute(sa.update(gaps).where(gaps.c.id == gap).values(**changed))

    def no_notices(self, connection: sa.Connection, name: str) -> None:
        """A chat wants to be told nothing unasked."""
        _hand_in(connection, name, Contribution("no_notices"))

    def export(self, name: str) -> dict[str, Any]:
        """All that is kept of a chat, threads included."""
        with self._engine.connect() as connection:
            states = connection.execute(sa.select(chats).where(_of(chats, name))).mappings().all()
            handed_in = connection.execute(sa.select(contributions).where(_of(contributions, name))).mappings().all()
            missed = connection.execute(sa.select(gaps).where(_of(gaps, name))).mappings().all()
        return {"chats": _plain(states), "handed_in": _plain(handed_in), "gaps": _plain(missed)}

    def erase(self, connection: sa.Connection, name: str) -> dict[str, int]:
        """Delete all about a chat, threads included; how much there was, by kind."""
        tables = {"contributions": contributions, "gaps": gaps, "state": chats}
        return {kind: connection.execute(sa.delete(table).where(_of(table, name))).rowcount for kind, table in tables.items()}

    def forget(self, name: str) -> bool:
        """Delete all about a chat; False when nothing was kept."""
        with self._engine.begin() as connection:
            return any(self.erase(connection, name).values())

    def rename(self, connection: sa.Connection, old: str, new: str) -> None:
        """A chat goes on under another name."""
        for table, column in ((chats, chats.c.name), (contributions, contributions.c.chat), (gaps, gaps.c.chat)):
            if table is chats:
                connection.execute(sa.delete(chats).where(_of(chats, new)))
            renamed = sa.literal(new) + sa.func.substr(column, len(old) + 1)
            connection.execute(sa.update(table).where(_of(table, old)).values({column.name: renamed}))

    def expire(self, days: int) -> None:
        """Delete chats in which nothing was said for `days` days, and take the chat off what was handed in by then."""
        now = datetime.now(UTC)
        old = now - timedelta(days=days)
        with self._engine.begin() as connection:
            connection.execute(sa.delete(chats).where(chats.c.changed_at < old))
            connection.execute(sa.update(contributions).where(contributions.c.created_at < old).values(chat=None))
            long_ago = now - timedelta(days=CONTRIBUTION_DAYS)
            connection.execute(sa.delete(contributions).where(contributions.c.created_at < long_ago))
            waited = gaps.c.created_at < now - timedelta(days=NOTICE_DAYS)
            connection.execute(sa.update(gaps).where(waited).values(subject=None))
            done = sa.and_(gaps.c.created_at < old, gaps.c.subject.is_(None))
            connection.execute(sa.update(gaps).where(done).values(chat=None))


def _hand_in(connection: sa.Connection, name: str, contribution: Contribution) -> int | None:
    """Keep a contribution; its id where people are to read it."""
    content, now = contribution.content, datetime.now(UTC)
    match contribution.kind:
        case "gap":
            fields = {field: content[field] for field in ("families", "sector", "language")}
            connection.execute(sa.insert(gaps).values(chat=name, created_at=now, **fields))
        case "notify":
            last = sa.select(sa.func.max(gaps.c.id)).where(gaps.c.chat == name).scalar_subquery()
            values = {"subject": content["subject"], "language": content["language"], "created_at": now, "told_at": None}
            changed = connection.execute(sa.update(gaps).where(gaps.c.id == last).values(**values))
            if changed.rowcount == 0:
                connection.execute(sa.insert(gaps).values(chat=name, families=[], **values))
        case "no_notices":
            connection.execute(sa.update(gaps).where(_of(gaps, name)).values(subject=None))
        case kind:
            added = sa.insert(contributions).values(chat=name, kind=kind, content=content, created_at=now)
            key = connection.execute(added).inserted_primary_key
            return int(key[0]) if key and kind in ("remark", "correction", "case") else None
    return None


def _of(table: sa.Table, name: str) -> sa.ColumnElement[bool]:
    """Rows of a chat and of its threads."""
    column = table.c.name if table is chats else table.c.chat
    return sa.or_(column == name, column.startswith(f"{name}:", autoescape=True))


def _plain(rows: Sequence[sa.RowMapping]) -> list[dict[str, Any]]:
    return [{key: value.isoformat() if isinstance(value, datetime) else value for key, value in row.items()} for row in rows]
