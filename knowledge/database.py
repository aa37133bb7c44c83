"""The database behind documents and chats: opened with its migrations applied."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa

HEAD = "0002"  # the newest migration; a test holds it against knowledge/migrations
MIGRATIONS = Path(__file__).parent / "migrations"


class DatabaseError(RuntimeError):
    """The database cannot be used. The message says in one line what to do."""


def connect(address: str) -> sa.Engine:
    """An engine for the database at `address`, migrated to HEAD. Raises DatabaseError."""
    try:
        url = sa.make_url(address)
        sqlite = url.get_backend_name() == "sqlite"
        if sqlite and url.database and url.database != ":memory:":
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        # A connection of SQLite costs nothing to open, and one kept open would hold files in a program that runs for months.
        more: dict[str, Any] = {"connect_args": {"timeout": 30}, "poolclass": sa.NullPool} if sqlite else {}
        engine = sa.create_engine(url, **more)
        if sqlite:
            sa.event.listen(engine, "connect", _configure_sqlite)
        if _revision(engine) != HEAD:
            _migrate(engine)
    except (sa.exc.SQLAlchemyError, OSError, ImportError) as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise DatabaseError(
            f"the database cannot be opened ({reason}); check BLIK_DATABASE_URL, and rights and space of the data folder"
        ) from None
    return engine


def _configure_sqlite(connection: object, _: object) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA secure_delete=ON")
    cursor.close()


def _revision(engine: sa.Engine) -> str | None:
    """The migration that the database is at; None for an empty one. Read directly: importing Alembic takes 0.8 s."""
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def _migrate(engine: sa.Engine) -> None:
    import alembic.command
    import alembic.config
    from alembic.util import CommandError

    config = alembic.config.Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        try:
            alembic.command.upgrade(config, "head")
        except CommandError:
            raise DatabaseError(
                "the database was made by a newer version of this program; update the program, or name another database"
            ) from None
