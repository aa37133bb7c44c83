"""The Telegram bot as a program: from start to SIGTERM."""

from __future__ import annotations

import asyncio
import logging
import secrets
import signal
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import sqlalchemy as sa
from telegram import Bot
from telegram.error import InvalidToken, TelegramError

from bot.cli import place
from bot.inbox import Inbox, Incoming
from bot.memory import Memory
from bot.settings import BotSettings, check_for_telegram
from bot.telegram.answer import Answerer
from bot.telegram.client import LONGEST_WAIT, Client, make_bot
from bot.telegram.dispatch import Dispatcher
from bot.telegram.incoming import UPDATES, Me
from bot.telegram.receive import OtherPoller, Take, Webhook, poll
from bot.telegram.setup import set_up
from knowledge.library import Library

log = logging.getLogger("blik.telegram")
WORKERS = 2  # more do not help: an answer is computing, and the machine has few cores
GRACE = 20.0  # seconds for answers under way when the program is told to stop
HOUSEKEEPING, NEWS = 3600.0, 5.0  # seconds between looks at what is to be deleted, and at what the library has anew
DONE, FAILED, WRONG_USE = 0, 1, 2


async def run(config: BotSettings, library: Library, database: sa.Engine) -> int:
    """Answer until SIGTERM or SIGINT; the exit code."""
    token = check_for_telegram(config)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    bot = make_bot(token, config.telegram_api_url)
    try:
        if not await _known(bot, stop):
            return WRONG_USE if not stop.is_set() else DONE
        with ThreadPoolExecutor(1, "database") as writer, ThreadPoolExecutor(WORKERS, "answer") as workers:
            return await _serve(config, library, database, bot, stop, writer, workers)
    finally:
        await bot.shutdown()


async def _known(bot: Bot, stop: asyncio.Event) -> bool:
    """Whether Telegram knows the bot; waits for as long as Telegram cannot be reached."""
    wait = 1.0
    while not stop.is_set():
        try:
            await bot.initialize()
            return True
        except InvalidToken:
            log.error("Telegram does not know this token. Copy it anew from @BotFather into TELEGRAM_BOT_TOKEN.")
            return False
        except TelegramError:
            if wait == 1.0:
                log.warning("Telegram cannot be reached; trying again. Check the network, and TELEGRAM_API_URL if it is set.")
        await _pause(stop, wait)
        wait = min(2 * wait, LONGEST_WAIT)
    return False


async def _serve(
    config: BotSettings,
    library: Library,
    database: sa.Engine,
    bot: Bot,
    stop: asyncio.Event,
    writer: ThreadPoolExecutor,
    workers: ThreadPoolExecutor,
) -> int:
    me = Me(bot.id, bot.username)
    client, memory, inbox = Client(bot), Memory(database), Inbox(database, bot.id)
    answerer = Answerer(library, memory, inbox, config, me)
    dispatcher = Dispatcher(client, inbox, answerer, writer, workers)

    async def take(messages: Sequence[Incoming]) -> None:
        if messages:
            dispatcher.wake(await dispatcher.write(inbox.add, messages))

    half = await dispatcher.write(inbox.count_unfinished)
    if half:
        log.warning("%d answers were cut off; their rest is sent now", half)
    dispatcher.wake(await dispatcher.write(inbox.waiting))
    chores = [
        asyncio.create_task(set_up(bot, client)),
        asyncio.create_task(_housekeeping(dispatcher, memory, inbox, config.retention_days)),
        asyncio.create_task(_tell_news(dispatcher, library, memory, inbox, answerer, workers)),
    ]
    try:
        return await _receive(config, bot, me, client, take, stop)
    finally:
        for chore in chores:
            chore.cancel()
        await asyncio.gather(*chores, return_exceptions=True)
        await dispatcher.stop(GRACE)
        log.info("Stopped; what is not answered yet is kept.")


async def _receive(config: BotSettings, bot: Bot, me: Me, client: Client, take: Take, stop: asyncio.Event) -> int:
    """Receive until told to stop."""
    webhook = None
    if config.telegram_webhook_url:
        given = config.telegram_webhook_secret
        secret = given.get_secret_value() if given else secrets.token_urlsafe(32)
        webhook = Webhook(config.telegram_webhook_url, config.telegram_webhook_listen, secret, me, take)
        receiving = asyncio.create_task(webhook.serve())
        await client.persist(lambda: bot.set_webhook(config.telegram_webhook_url, secret_token=secret, allowed_updates=UPDATES))
        log.info("@%s answers; Telegram delivers to %s.", me.username, config.telegram_webhook_listen)
    else:
        await client.optional("deleteWebhook", bot.delete_webhook)
        receiving = asyncio.create_task(poll(bot, me, take))
        log.info("@%s answers.", me.username)
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait([receiving, stopped], return_when=asyncio.FIRST_COMPLETED)
    if webhook:
        webhook.stop()
        await receiving
    elif stopped.done():
        receiving.cancel()
        await asyncio.gather(receiving, return_exceptions=True)
        return DONE
    stopped.cancel()
    error = None if receiving.cancelled() else receiving.exception()
    if error is None:
        return DONE
    if not isinstance(error, OtherPoller):
        log.error("Receiving ended: %s", place(error))
    return FAILED


async def _housekeeping(dispatcher: Dispatcher, memory: Memory, inbox: Inbox, days: int) -> None:
    """Delete by itself what is past its time."""
    while True:
        try:
            await dispatcher.write(memory.expire, days)
            await dispatcher.write(inbox.expire)
        except sa.exc.SQLAlchemyError as error:
            log.error("What is past its time could not be deleted now: %s", place(error))
        await asyncio.sleep(HOUSEKEEPING)


async def _tell_news(
    dispatcher: Dispatcher, library: Library, memory: Memory, inbox: Inbox, answerer: Answerer, workers: ThreadPoolExecutor
) -> None:
    """When the library has changed, tell who asked for it that there now is something on their subject."""
    loop, seen = asyncio.get_running_loop(), None
    while True:
        try:
            current = await loop.run_in_executor(workers, _generation, library)
            wishes = await dispatcher.write(memory.wishes) if current != seen else []
            for gap, name, subject, language in wishes:
                if await loop.run_in_executor(workers, answerer.filled, subject, language):
                    chat, _, thread = name.split(":", 2)[2].partition(":")
                    told = int(chat), {"gap": gap}, int(thread) if thread else None
                    await dispatcher.write(inbox.together, lambda connection, told=told: inbox.tell(connection, *told))
                    dispatcher.wake([int(chat)])
            seen = current
        except Exception as error:
            log.error("Who asked for news could not be told now: %s", place(error))
        await asyncio.sleep(NEWS)


def _generation(library: Library) -> str:
    with library.lease() as (generation, _):
        return generation.manifest.id


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
