"""Sending to Telegram so that nothing is lost: limits are honoured, failures of the network are tried again."""

from __future__ import annotations

import asyncio
import html
import logging
import os
import random
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

import httpx
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions, ReplyParameters
from telegram.constants import ChatAction, ChatMemberStatus, ParseMode
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError
from telegram.request import HTTPXRequest

from bot.picture import draw
from bot.telegram.render import Part

os.environ.setdefault("PTB_TIMEDELTA", "true")  # python-telegram-bot then gives waiting times as timedelta, without a warning

log = logging.getLogger("blik.telegram")
T = TypeVar("T")
Unknown = Callable[[], Awaitable[None]]

TELEGRAM_API = "https://api.telegram.org"
CONNECTIONS = 64
TIMEOUT, MEDIA_TIMEOUT = 20.0, 60.0  # seconds
FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0
BRIEFLY = 3  # attempts for what an answer can do without
# What httpx raises before a request has left: then it is certain that Telegram did nothing.
NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class Undeliverable(Exception):
    """An answer cannot reach its chat. `outcome` says how; `moved` is the chat's new id, if it has one."""

    def __init__(self, outcome: str, moved: int | None = None) -> None:
        super().__init__(outcome)
        self.outcome = outcome
        self.moved = moved


def make_bot(token: str, api_url: str) -> Bot:
    """The Bot API client; `api_url` is another server than Telegram's own, or empty."""
    request = HTTPXRequest(
        connection_pool_size=CONNECTIONS, pool_timeout=LONGEST_WAIT, connect_timeout=TIMEOUT, read_timeout=TIMEOUT,
        write_timeout=TIMEOUT, media_write_timeout=MEDIA_TIMEOUT,
    )  # fmt: skip
    server = api_url or TELEGRAM_API
    updates = HTTPXRequest(connection_pool_size=2)
    return Bot(token, f"{server}/bot", f"{server}/file/bot", request=request, get_updates_request=updates)


class Client:
    """What the channel does at Telegram."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._missing: set[str] = set()

    async def deliver(self, part: Part, chat: int, thread: int | None, reply_to: int | None, unknown: Unknown) -> int | None:
        """Send a part, however long that takes; the id of the message. Raises Undeliverable.

        `unknown` is called each time before a part is sent again of which it is not known whether it arrived.
        """
        try:
            if part.edit is not None and not await self._edited(part, chat):
                return part.edit
            return await self._sent(part, chat, thread, reply_to, unknown)
        except ChatMigrated as error:
            raise Undeliverable("moved", error.new_chat_id) from None
        except Forbidden:
            raise Undeliverable("blocked") from None
        except BadRequest as error:
            log.warning("Telegram refused a message (%s)", _kind(error))
            raise Undeliverable("refused") from None

    async def _edited(self, part: Part, chat: int) -> bool:
        """Put a part in the place of an earlier message; True when that cannot be changed, so that the part must be sent.

        Changing a message twice is no double, so that unknown outcomes are not counted.
        """
        try:
            await self.persist(
                lambda: self._bot.edit_message_text(
                    part.html,
                    chat,
                    part.edit,
                    parse_mode=ParseMode.HTML,
                    reply_markup=_keyboard(part),
                    link_preview_options=LinkPreviewOptions(is_disabled=True),
                )
            )
        except BadRequest as error:
            return "not modified" not in error.message.lower()
        except InvalidToken:
            return True
        return False

    async def _sent(self, part: Part, chat: int, thread: int | None, reply_to: int | None, unknown: Unknown) -> int:
        """Send a part as a new message; without its formatting, picture, topic or reply where Telegram refuses those."""
        common: dict[str, Any] = {"chat_id": chat, "reply_markup": _keyboard(part)}
        if thread:
            common["message_thread_id"] = thread
        if reply_to:
            common["reply_parameters"] = ReplyParameters(reply_to, allow_sending_without_reply=True)

        async def attempt() -> int:
            return (await self._call(part, common)).message_id

        try:
            return await self.persist(attempt, unknown)
        except InvalidToken:  # a server that does not know how to send pictures or files
            if not (part.directions or part.file):
                raise
        except BadRequest as error:
            said = error.message.lower()
            if "thread not found" in said and common.pop("message_thread_id", None):
                return await self.persist(attempt, unknown)
            if "parse entities" not in said and not part.directions:
                raise
            log.warning("Telegram refused the form of a message (%s); it is sent plain", _kind(error))
        text = html.unescape(re.sub(r"<[^>]*>", "", part.html))
        plain = {**common, "text": text, "link_preview_options": LinkPreviewOptions(is_disabled=True)}

        async def again() -> int:
            return (await self._bot.send_message(**plain)).message_id

        return await self.persist(again, unknown)

    async def _call(self, part: Part, common: dict[str, Any]) -> Any:
        if part.directions:
            picture = await asyncio.to_thread(draw, part.directions, part.language)
            return await self._bot.send_photo(**common, photo=picture, caption=part.html, parse_mode=ParseMode.HTML)
        if part.file is not None:
            data = part.file.encode()
            return await self._bot.send_document(
                **common, document=data, filename=part.filename, caption=part.html, parse_mode=ParseMode.HTML
            )
        preview = LinkPreviewOptions(is_disabled=True)
        return await self._bot.send_message(**common, text=part.html, parse_mode=ParseMode.HTML, link_preview_options=preview)

    async def persist(self, call: Callable[[], Awaitable[T]], unknown: Unknown | None = None) -> T:
        """Call until Telegram has answered; raises what Telegram refuses."""
        wait = FIRST_WAIT
        while True:
            try:
                return await call()
            except RetryAfter as error:
                await asyncio.sleep(_seconds(error.retry_after) + random.uniform(0, 0.2))  # noqa: S311
                continue
            except (BadRequest, Forbidden, InvalidToken, ChatMigrated):
                raise
            except NetworkError as error:
                if not isinstance(error.__cause__, NEVER_LEFT):
                    await (unknown or _nothing)()
                log.info("Telegram did not answer (%s); trying again", _kind(error))
            await asyncio.sleep(wait * random.uniform(0.8, 1.2))  # noqa: S311
            wait = min(2 * wait, LONGEST_WAIT)

    async def typing(self, chat: int, thread: int | None) -> None:
        """Show that an answer is being made; an answer never waits for this."""
        await self.optional(
            "sendChatAction",
            lambda: self._bot.send_chat_action(chat, ChatAction.TYPING, message_thread_id=thread, read_timeout=5),
            patience=0,
        )

    async def note(self, chat: int, thread: int | None, text: str) -> int | None:
        """Send a passing message, which the answer will replace; its id, or None where that did not work.

        Tried once: one that arrived without our knowing would stay.
        """
        sent = await self.optional(
            "sendMessage", lambda: self._bot.send_message(chat, text, message_thread_id=thread), attempts=1
        )
        return sent.message_id if sent else None

    async def acknowledge(self, query: str) -> None:
        """Tell Telegram that a tap was received, so that the button stops turning."""
        await self.optional("answerCallbackQuery", lambda: self._bot.answer_callback_query(query, read_timeout=5))

    async def remove(self, chat: int, message: int) -> None:
        """Take away a message of the bot's own."""
        await self.optional("deleteMessage", lambda: self._bot.delete_message(chat, message))

    async def administers(self, chat: int, user: int) -> bool:
        """Whether a user is an administrator of a group; not, where that cannot be found out."""
        member = await self.optional("getChatMember", lambda: self._bot.get_chat_member(chat, user))
        return member is not None and member.status in (ChatMemberStatus.ADMINISTRATOR, ChatMemberStatus.OWNER)

    async def optional(
        self, method: str, call: Callable[[], Awaitable[T]], attempts: int = BRIEFLY, patience: float = TIMEOUT
    ) -> T | None:
        """Do what can be done without; a server that does not know the method is not asked again.

        Tried `attempts` times, where Telegram's limits ask for at most `patience` seconds of waiting.
        """
        if method in self._missing:
            return None
        for attempt in range(attempts):
            try:
                return await call()
            except RetryAfter as error:
                if _seconds(error.retry_after) > patience or attempt + 1 == attempts:
                    return None
                await asyncio.sleep(_seconds(error.retry_after))
            except InvalidToken:
                self._missing.add(method)
                log.warning("The Bot API server does not know %s; it is done without", method)
                return None
            except (BadRequest, Forbidden, ChatMigrated):
                return None
            except TelegramError:
                await asyncio.sleep(FIRST_WAIT / 2)
        return None


def _keyboard(part: Part) -> InlineKeyboardMarkup | None:
    rows = [[InlineKeyboardButton(button.label, callback_data=button.data) for button in row] for row in part.buttons]
    return InlineKeyboardMarkup(rows) if rows else None


def _seconds(wait: int | timedelta) -> float:
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


def _kind(error: BaseException) -> str:
    """The kind of an error, without its message, which may hold what a user wrote."""
    cause = error.__cause__
    return type(error).__name__ + (f", {type(cause).__name__}" if cause else "")


async def _nothing() -> None:
    pass
