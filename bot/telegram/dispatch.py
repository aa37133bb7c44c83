"""Takes the oldest open message of each chat and answers it: in order within a chat, chats side by side."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import Executor
from datetime import UTC, datetime
from typing import TypeVar

from bot.cli import place
from bot.inbox import Inbox, Row
from bot.telegram.answer import Answerer, Change, Plan
from bot.telegram.client import Client, Undeliverable
from bot.telegram.render import Part, units
from bot.texts import texts

log = logging.getLogger("blik.telegram")
T = TypeVar("T")

AT_ONCE = 100  # messages being answered
ATTEMPTS = 3
LONG_PART, PART_WAIT = 4000, 1.5  # UTF-16 units of a part of a long paste; seconds in which the next may come
ALBUM_WAIT = 1.0
TYPING_EVERY = 4.5  # seconds; Telegram shows it for five
PROGRESS_AFTER = 3.0
TROUBLE_WAIT = 5.0


class Dispatcher:
    """One lane a chat, which lives as long as the chat has open messages.

    `database` runs what writes, one thing at a time; `workers` make answers.
    """

    def __init__(self, client: Client, inbox: Inbox, answerer: Answerer, database: Executor, workers: Executor) -> None:
        self._client = client
        self._inbox = inbox
        self._answerer = answerer
        self._database = database
        self._workers = workers
        self._lanes: dict[int, asyncio.Task[None]] = {}
        self._again: set[int] = set()
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._stopping = False

    def wake(self, chats: Iterable[int]) -> None:
        """These chats have something new."""
        for chat in chats:
            if self._stopping:
                return
            if chat in self._lanes:
                self._again.add(chat)
            else:
                self._lanes[chat] = asyncio.create_task(self._lane(chat))

    async def stop(self, grace: float) -> None:
        """Finish the answers under way; what is not sent after `grace` seconds is kept for the next start."""
        self._stopping = True
        lanes = list(self._lanes.values())
        if lanes:
            _, late = await asyncio.wait(lanes, timeout=grace)
            for lane in late:
                lane.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def write(self, call: Callable[..., T], *arguments: object) -> T:
        """Do something at the database, in its own thread."""
        return await asyncio.get_running_loop().run_in_executor(self._database, call, *arguments)

    async def _lane(self, chat: int) -> None:
        try:
            while not self._stopping:
                self._again.discard(chat)
                try:
                    rows = await self.write(self._inbox.open_in, chat)
                    if rows:
                        async with self._slots:
                            await self._handle(rows)
                        continue
                except Exception as error:
                    log.error("A message could not be handled now: %s; it is kept", place(error))
                    await asyncio.sleep(TROUBLE_WAIT)
                    continue
                if chat not in self._again:
                    return
        finally:
            del self._lanes[chat]

    async def _handle(self, rows: Sequence[Row]) -> None:
        """Answer the first of the open messages of a chat."""
        row = rows[0]
        if row.kind in ("text", "edited") and any(
            later.kind == "edited" and later.message == row.message and later.id != row.id for later in rows
        ):
            await self.write(self._inbox.close, row, "superseded")
            return
        joined = await self._belonging(row, rows)
        taps = [one for one in (row, *joined) if one.kind == "tap"]
        acknowledged = (self._client.acknowledge(str(one.content["query"])) for one in taps)
        await asyncio.gather(self._answer(row, joined), *acknowledged)

    async def _answer(self, row: Row, joined: Sequence[Row]) -> None:
        """Plan the answer, unless that was done before, and send it."""
        if row.plan is None:
            plan = await self._planned(row, joined)
        else:
            plan = Plan.model_validate(row.plan)
            await self._first_sign(row)
        if plan is None:
            return
        try:
            await self._send(row, plan.parts)
        except Undeliverable as error:
            await self._undeliverable(row, error)
            return
        await self.write(self._inbox.close, row, plan.outcome, plan.erased)

    async def _belonging(self, row: Row, rows: Sequence[Row]) -> list[Row]:
        """Later messages that are answered together with `row`: parts of a long paste, an album, the same tap once more."""
        if row.plan is not None:
            return []
        if row.kind == "tap":
            return [r for r in rows[1:] if r.kind == "tap" and _tapped(r) == _tapped(row)]
        if row.kind == "media" and row.content.get("album"):
            await asyncio.sleep(max(0.0, ALBUM_WAIT - _age(row)))
            rows = await self.write(self._inbox.open_in, row.chat)
            return [r for r in rows if r.id > row.id and r.kind == "media" and r.content.get("album") == row.content["album"]]
        if row.kind != "text":
            return []
        parts = [row]
        while units(parts[-1].content["text"]) >= LONG_PART:
            last = parts[-1]
            following = next((r for r in rows if r.id > last.id and r.user == row.user and r.thread == row.thread), None)
            if following is None and _age(last) < PART_WAIT:
                await asyncio.sleep(PART_WAIT - _age(last))
                rows = await self.write(self._inbox.open_in, row.chat)
                following = next((r for r in rows if r.id > last.id and r.user == row.user and r.thread == row.thread), None)
            if following is None or following.kind != "text" or following.content["text"].startswith("/"):
                break
            parts.append(following)
        return parts[1:]

    async def _planned(self, row: Row, joined: Sequence[Row]) -> Plan | None:
        """Make the answer and keep it; None when that failed and is to be tried again."""
        attempt, _ = await asyncio.gather(self.write(self._inbox.begin, row), self._first_sign(row))
        code, with_it = "", None
        if attempt > ATTEMPTS:  # each attempt before ended the process
            plan, code = self._answerer.sorry(row)
            place_of = "the process ended at each attempt"
        else:
            try:
                plan, with_it = await self._made(row, joined)
            except Exception as error:
                place_of = place(error)
                if attempt < ATTEMPTS:
                    log.warning("An answer failed at attempt %d: %s", attempt, place_of)
                    await asyncio.sleep(0.2 * attempt)
                    return None
                plan, code = self._answerer.sorry(row)
        if code:
            log.error("ERROR %s: %s", code, place_of)
        await self.write(self._inbox.plan, row, plan.model_dump(mode="json"), joined, with_it)
        self.wake(plan.wakes)
        return plan

    async def _first_sign(self, row: Row) -> None:
        if row.kind in ("text", "edited", "tap", "media"):
            await self._client.typing(row.chat, row.thread)

    async def _made(self, row: Row, joined: Sequence[Row]) -> tuple[Plan, Change | None]:
        """Make the answer in a worker, with signs of life meanwhile."""
        loop = asyncio.get_running_loop()

        def administers(chat: int, user: int) -> bool:
            return asyncio.run_coroutine_threadsafe(self._client.administers(chat, user), loop).result(timeout=60)

        text = "\n".join(part.content.get("text", "") for part in [row, *(r for r in joined if r.kind == "text")])
        making = loop.run_in_executor(self._workers, self._answerer.answer, row, text, administers)
        progress: int | None = None
        started = time.monotonic()
        while True:
            done, _ = await asyncio.wait([making], timeout=PROGRESS_AFTER if progress is None else TYPING_EVERY)
            if done:
                break
            if progress is None and time.monotonic() - started >= PROGRESS_AFTER and "language" in row.content:
                said = texts(row.content["language"])["telegram"]["progress"]
                progress = await self._client.note(row.chat, row.thread, said)
            await self._client.typing(row.chat, row.thread)
        first = None if making.exception() else next(iter(making.result()[0].parts), None)
        if first and progress and not (first.directions or first.file):
            first.edit = first.edit or progress
        elif progress:
            await self._client.remove(row.chat, progress)
        return making.result()

    async def _send(self, row: Row, parts: Sequence[Part]) -> None:
        """Send what is not out yet, and keep that it is after each part."""
        for index in range(row.sent, len(parts)):
            first = index == 0 and (row.content.get("group") or row.kind == "edited")
            await self._client.deliver(parts[index], row.chat, row.thread, row.message if first else None, self._counts(row))
            await self.write(self._inbox.part_sent, row, index + 1)

    def _counts(self, row: Row) -> Callable[[], Awaitable[None]]:
        async def count() -> None:
            await self.write(self._inbox.resent, row)

        return count

    async def _undeliverable(self, row: Row, error: Undeliverable) -> None:
        """The chat is gone, or somewhere else."""
        if error.moved is not None:
            await self.write(self._answerer.move, row.chat, error.moved)
            self.wake([error.moved])
        elif error.outcome == "blocked":
            await self.write(self._inbox.close_all, row.chat, "blocked")
        else:
            await self.write(self._inbox.close, row, error.outcome)


def _tapped(row: Row) -> tuple[object, object, object]:
    return row.content.get("data"), row.message, row.user


def _age(row: Row) -> float:
    """Seconds since a message came in."""
    return (datetime.now(UTC) - row.received_at).total_seconds()
