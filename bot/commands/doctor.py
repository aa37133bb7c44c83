"""`blik doctor`: is everything in order, and if not, what to do."""

from __future__ import annotations

import asyncio
import os
import shutil
import stat
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Literal

import click

from bot.commands.common import DONE, FAILED, settings, write
from bot.settings import BotSettings
from knowledge.document import Guidance
from knowledge.generation import Folders, Generation

SOON = timedelta(days=90)
LITTLE_SPACE = 200_000_000
TIMEOUT = 10.0
TELEGRAM_API = "https://api.telegram.org"

Finding = tuple[Literal["ok", "look", "wrong"], str]
MARKS = {"ok": "✓", "look": "!", "wrong": "✗"}


@click.command("doctor")
def command() -> int:
    """Check settings, data folder, disk, index, model, expiring law and (when set) the Telegram token."""
    config = settings()
    write("✓ Settings are well formed.")
    wrong = False
    for check in (_folder, _disk, _database, _engine, _library, _token):
        for mark, text in check(config):
            wrong |= mark == "wrong"
            write(f"{MARKS[mark]} {text}")
    return FAILED if wrong else DONE


def _folder(config: BotSettings) -> Iterator[Finding]:
    data = config.data_dir
    if not data.exists():
        yield "look", f"The data folder {data} is not there yet; blik ingest makes it."
        return
    if not os.access(data, os.W_OK):
        yield "wrong", f"The data folder {data} cannot be written. Give this user the right to, or set BLIK_DATA_DIR."
        return
    others = data.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH)
    if others and (data / "blik.db").exists():
        yield (
            "look",
            f"Other users of this machine can read {data}, where chats are kept. To close it: chmod 750 {data}",
        )
    yield "ok", f"The data folder is {data}."


def _disk(config: BotSettings) -> Iterator[Finding]:
    place = next(folder for folder in (config.data_dir, *config.data_dir.parents) if folder.exists())
    free = shutil.disk_usage(place).free
    if free < LITTLE_SPACE:
        yield "wrong", f"Only {free // 10**6} MB of disk is free at {place}. Make room before the next ingest."
    else:
        yield "ok", f"{free / 10**9:.1f} GB of disk is free."


def _database(config: BotSettings) -> Iterator[Finding]:
    from knowledge.database import DatabaseError, connect
    from knowledge.store import Store

    if not config.database_url and not (config.data_dir / "blik.db").exists():
        yield "look", "There is no database yet; blik ingest makes it."
        return
    try:
        statuses = [status for _, _, status, _ in Store(connect(config.database)).hashes().values()]
    except DatabaseError as error:
        yield "wrong", f"{error}."
        return
    folders = Folders(config.data_dir)
    manifest = folders.manifest(folders.current() or "")
    waiting = statuses.count("live") - len(manifest.documents) if manifest else 0
    if waiting:
        yield (
            "look",
            f"The library lags {abs(waiting)} documents behind the database; an ingest was broken off. Run blik ingest.",
        )
    drafts = statuses.count("draft")
    yield (
        "ok",
        f"The database holds {statuses.count('live')} live documents, {drafts} drafts, {statuses.count('removed')} removed.",
    )


def _engine(config: BotSettings) -> Iterator[Finding]:
    from knowledge.embeddings import EngineError, identify

    try:
        wanted = identify(config.embeddings)
    except EngineError as error:
        yield "wrong", f"The next ingest cannot embed: {error}"
        return
    folders = Folders(config.data_dir)
    manifest = folders.manifest(folders.current() or "")
    if manifest and manifest.engine != wanted:
        yield (
            "look",
            f"The library was made with {manifest.engine.setting}; the next ingest makes it anew with {wanted.setting}.",
        )
    else:
        yield "ok", f"The embedding model is {wanted.model} ({wanted.engine})."


def _library(config: BotSettings) -> Iterator[Finding]:
    from knowledge.embeddings import EngineError
    from knowledge.generation import LibraryError
    from knowledge.library import Library

    library = Library(config.data_dir)
    try:
        with library.lease() as (generation, _):
            manifest = generation.manifest
            yield (
                "ok",
                f"The library holds {len(manifest.documents)} documents in {manifest.passages} passages ({manifest.created}).",
            )
            yield from _law(generation, date.today())
    except (LibraryError, EngineError) as error:
        yield "wrong", f"{str(error)[0].upper()}{str(error)[1:]}."
    finally:
        library.close()


def _law(generation: Generation, today: date) -> Iterator[Finding]:
    """Guidance whose law or amounts have expired, do so soon, or must be looked at again."""
    for document in generation.documents.values():
        if not isinstance(document, Guidance):
            continue
        until, look_again = document.valid_until, document.check_at
        if until and until < today:
            yield "wrong", f"{document.id} held until {until}: buyers now hear only that it has expired. Renew it."
        elif until and until <= today + SOON:
            yield "look", f"{document.id} holds until {until}: find out what comes after."
        elif look_again and look_again <= today + SOON:
            yield "look", f"{document.id} was to be looked up again by {look_again}."


def _token(config: BotSettings) -> Iterator[Finding]:
    if config.telegram_bot_token is None:
        yield "ok", "No Telegram token is set; none is needed on the command line."
        return
    import telegram
    from telegram.request import HTTPXRequest

    async def name() -> str:
        assert config.telegram_bot_token is not None
        bot = telegram.Bot(
            config.telegram_bot_token.get_secret_value(),
            request=HTTPXRequest(connect_timeout=TIMEOUT, read_timeout=TIMEOUT),
            base_url=f"{config.telegram_api_url or TELEGRAM_API}/bot",
        )
        async with bot:
            return bot.username

    try:
        yield "ok", f"Telegram knows the bot as @{asyncio.run(name())}."
    except telegram.error.InvalidToken:
        yield "wrong", "Telegram does not know this token. Copy it anew from @BotFather into TELEGRAM_BOT_TOKEN."
    except telegram.error.TelegramError:
        yield "wrong", "Telegram cannot be reached. Check the network, and TELEGRAM_API_URL if it is set."
