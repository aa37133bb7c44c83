"""Receives updates by long polling or webhook: each is in the inbox before Telegram is told that it arrived."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import time
import warnings
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from telegram import Bot
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from bot.cli import place
from bot.inbox import Incoming
from bot.telegram.client import LONGEST_WAIT
from bot.telegram.incoming import UPDATES, Me, read

log = logging.getLogger("blik.telegram")
# Raw updates are wanted, since one that the library cannot read would otherwise hold up all that follow.
warnings.filterwarnings("ignore", message="Please use 'Bot.getUpdates'")

Take = Callable[[Sequence[Incoming]], Awaitable[None]]
POLL_SECONDS, NO_WAIT = 50, 0.1
BODY_BYTES = 1_000_000
CONFLICTS, CONFLICT_WAIT = 4, 3.0
SECRET_HEADER = b"x-telegram-bot-api-secret-token"


class OtherPoller(Exception):
    """Another program reads the same bot's messages."""


async def poll(bot: Bot, me: Me, take: Take) -> None:
    """Fetch updates until cancelled; `take` keeps them.

    Raises OtherPoller when another program does the same from the start on. One that comes later does not end this one.
    """
    offset, wait, conflicts, worked = None, 1.0, 0, False
    while True:
        try:
            parameters = {"timeout": POLL_SECONDS, "allowed_updates": UPDATES, **({"offset": offset} if offset else {})}
            asked = time.monotonic()
            updates = await bot.do_api_request("getUpdates", api_kwargs=parameters, read_timeout=POLL_SECONDS + 10)
            await take(_readable(updates, me))
        except Conflict:
            conflicts += 1
            if conflicts == 1 or not worked:
                log.error("Another program reads this bot's messages. Stop it, or use another token.")
            if conflicts >= CONFLICTS and not worked:
                raise OtherPoller from None
            await asyncio.sleep(CONFLICT_WAIT)
            continue
        except RetryAfter as error:
            await asyncio.sleep(getattr(error.retry_after, "total_seconds", lambda: 5.0)())
            continue
        except InvalidToken:
            log.error("Telegram does not know this token any more; get a new one from @BotFather.")
            wait = LONGEST_WAIT
        except TelegramError:
            if wait == 1.0:
                log.warning("Telegram cannot be reached; trying again.")
        except Exception as error:
            log.error("Messages could not be kept: %s; they wait at Telegram", place(error))
        else:
            if updates:
                offset = int(updates[-1]["update_id"]) + 1
            elif time.monotonic() - asked < NO_WAIT:  # a server that does not hold the request until there is something
                await asyncio.sleep(NO_WAIT)
            if wait > 1.0:
                log.info("Telegram is reached again.")
            wait, worked, conflicts = 1.0, True, 0
            continue
        await asyncio.sleep(wait)
        wait = min(2 * wait, LONGEST_WAIT)


def _readable(updates: Sequence[Mapping[str, Any]], me: Me) -> list[Incoming]:
    """What is for the bot; an update of an unknown shape is skipped, since it would come back for ever."""
    found = []
    for update in updates:
        try:
            incoming = read(update, me)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            log.warning("An update of unknown shape is skipped: %s", place(error))
            continue
        if incoming:
            found.append(incoming)
    return found


class Webhook:
    """A small web server to which Telegram delivers updates; it says 200 only once they are kept."""

    def __init__(self, address: str, listen: str, secret: str, me: Me, take: Take) -> None:
        host, _, port = listen.rpartition(":")
        self._path = urlsplit(address).path or "/"
        self._secret = secret.encode()
        self._me = me
        self._take = take
        config = uvicorn.Config(
            self._answer,
            host=host.strip("[]") or "127.0.0.1",
            port=int(port),
            log_config=None,
            access_log=False,
            lifespan="off",
            interface="asgi3",
        )
        self._server = _Server(config)

    async def serve(self) -> None:
        """Serve until `stop`. Raises SystemExit where the address cannot be listened on."""
        await self._server.serve()

    def stop(self) -> None:
        self._server.should_exit = True

    async def _answer(self, scope: Mapping[str, Any], receive: Callable[[], Awaitable[Any]], send: Any) -> None:
        """An ASGI application of one address."""
        if scope["type"] != "http":
            return
        status = await self._status(scope, receive)
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    async def _status(self, scope: Mapping[str, Any], receive: Callable[[], Awaitable[Any]]) -> int:
        if scope["path"].rstrip("/") != self._path.rstrip("/"):
            return 404
        if scope["method"] != "POST":
            return 405
        if not hmac.compare_digest(dict(scope["headers"]).get(SECRET_HEADER, b""), self._secret):
            return 403
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if len(body) > BODY_BYTES:
                return 413
            if not message.get("more_body"):
                break
        try:
            update = json.loads(body)
            int(update["update_id"])
        except (ValueError, TypeError, KeyError, RecursionError):
            return 400
        try:
            await self._take(_readable([update], self._me))
        except Exception as error:
            log.error("A message could not be kept: %s; Telegram will deliver it again", place(error))
            return 503
        return 200


class _Server(uvicorn.Server):
    """Leaves signals to the program."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
