"""`blik telegram`: the bot in Telegram, until it is told to stop."""

from __future__ import annotations

import click

from bot.commands.common import note, settings


@click.command("telegram")
def command() -> int:
    """Answer buyers in Telegram. Needs TELEGRAM_BOT_TOKEN, and BLIK_OPEN=true or BLIK_ALLOWED_USERS."""
    import asyncio

    from bot import logs
    from bot.settings import check_for_telegram
    from ingest.pipeline import ingest
    from ingest.sources import builtin
    from knowledge.database import connect
    from knowledge.generation import Folders
    from knowledge.library import Library

    config = settings()
    check_for_telegram(config)
    if Folders(config.data_dir).current() is None:
        note("There is no library yet; building it. This takes some seconds …")
        ingest(config, [builtin()], quiet=True)
    from bot.telegram.run import run

    logs.configure(config.log)
    library = Library(config.data_dir)
    try:
        with library.lease():
            pass  # open it before the first question
        return asyncio.run(run(config, library, connect(config.database)))
    finally:
        library.close()
