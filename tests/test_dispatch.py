"""What the dispatcher does when answers are slow or fail: with an answerer of the test's own, against the emulator."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.inbox import Inbox, Incoming, Row
from bot.telegram.answer import Answer, Answerer, Plan
from bot.telegram.client import Client, make_bot
from bot.telegram.dispatch import Dispatcher
from bot.telegram.render import Part, plain
from knowledge.database import connect
from tests.botapi import BotApi, Faults

Answers = Callable[[Row, str], Answer]


class Given(Answerer):
    """Answers as the test says."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    def answer(self, row: Row, text: str, administers: Callable[[int, int], bool]) -> Answer:
        return self._answers(row, text)


@pytest.fixture
def api() -> Iterator[BotApi]:
    with BotApi() as server:
        yield server


@pytest.fixture
def inbox(tmp_path: Path, api: BotApi) -> Inbox:
    return Inbox(connect(f"sqlite:///{tmp_path / 'blik.db'}"), api.bot_id)


@pytest.fixture
async def dispatch(api: BotApi, inbox: Inbox) -> AsyncIterator[Callable[[Answers], Dispatcher]]:
    bot = make_bot(api.token, api.url)
    await bot.initialize()
    with ThreadPoolExecutor(1) as writer, ThreadPoolExecutor(2) as workers:
        made: list[Dispatcher] = []

        def make(answers: Answers) -> Dispatcher:
            made.append(Dispatcher(Client(bot), inbox, Given(answers), writer, workers))
            return made[-1]

        yield make
        for dispatcher in made:
            await dispatcher.stop(5)
    await bot.shutdown()


def text(number: int, chat: int, words: str, **more: int) -> Incoming:
    return Incoming(number, chat, "text", {"text": words, "language": "nl", "group": False}, user=chat, message=number, **more)


async def until(ready: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not ready():
            await asyncio.sleep(0.02)


def said(words: str) -> Answer:
    return Plan(parts=plain(words)), None


async def test_a_slow_answer_shows_progress_that_it_then_replaces(
    api: BotApi, inbox: Inbox, dispatch: Callable[[Answers], Dispatcher]
) -> None:
    def slow(row: Row, text: str) -> Answer:
        time.sleep(4)
        return said("Klaar.")

    dispatcher = dispatch(slow)
    dispatcher.wake(inbox.add([text(1, 7, "hoi")]))
    await until(lambda: api.to(7) and api.to(7)[0].text == "Klaar.")
    await until(lambda: not inbox.waiting())
    (message,) = api.to(7)
    assert message.versions[0].startswith("Ik ben nog aan het zoeken")
    assert sum(call.method == "sendChatAction" for call in api.calls) >= 2, "typing as long as it works"


async def test_what_fails_three_times_gets_an_error_sentence_with_a_code_that_the_log_has(
    api: BotApi, inbox: Inbox, dispatch: Callable[[Answers], Dispatcher], caplog: pytest.LogCaptureFixture
) -> None:
    tried = []

    def fails(row: Row, words: str) -> Answer:
        tried.append(words)
        if words == "stuk":
            raise ValueError(f"GEHEIM {words}")
        return said("Goed.")

    dispatcher = dispatch(fails)
    with caplog.at_level(logging.INFO, "blik"):
        dispatcher.wake(inbox.add([text(1, 7, "stuk"), text(2, 7, "heel"), text(3, 8, "heel")]))
        await until(lambda: len(api.to(7)) == 2 and not inbox.waiting())
    assert tried.count("stuk") == 3
    code = re.search(r"code (\w{6})", api.to(7)[0].text)
    assert code and f"ERROR {code[1]}: ValueError at test_dispatch.py" in caplog.text
    assert "GEHEIM" not in caplog.text
    assert api.to(7)[1].text == "Goed." and api.to(8)[0].text == "Goed."


async def test_a_message_that_ended_the_process_three_times_is_given_up(
    api: BotApi, inbox: Inbox, dispatch: Callable[[Answers], Dispatcher]
) -> None:
    inbox.add([text(1, 7, "dodelijk")])
    for _ in range(3):
        inbox.begin(inbox.open_in(7)[0])
    dispatcher = dispatch(lambda row, words: pytest.fail("asked once more"))
    dispatcher.wake(inbox.waiting())
    await until(lambda: api.to(7) and not inbox.waiting())
    assert "code" in api.to(7)[0].text


async def test_an_answer_that_was_cut_off_goes_on_where_it_was(
    api: BotApi, inbox: Inbox, dispatch: Callable[[Answers], Dispatcher]
) -> None:
    inbox.add([text(1, 7, "hoi")])
    (row,) = inbox.open_in(7)
    parts = [*plain("Eén."), *plain("Twee."), *plain("Drie.")]
    inbox.plan(row, Plan(parts=parts).model_dump(mode="json"))
    inbox.part_sent(row, 1)
    assert inbox.count_unfinished() == 1
    dispatcher = dispatch(lambda row, words: pytest.fail("answered anew"))
    dispatcher.wake(inbox.waiting())
    await until(lambda: not inbox.waiting())
    assert [sent.text for sent in api.to(7)] == ["Twee.", "Drie."]


async def test_the_same_update_is_taken_in_once_and_a_double_tap_is_one(
    api: BotApi, inbox: Inbox, dispatch: Callable[[Answers], Dispatcher]
) -> None:
    assert inbox.add([text(1, 7, "hoi"), text(1, 7, "hoi")]) == [7]
    assert inbox.add([text(1, 7, "hoi")]) == []
    tap = {"data": "ab:1.0", "query": "5", "language": "nl", "group": False, "old": False}
    inbox.add([Incoming(number, 7, "tap", {**tap, "query": str(number)}, user=7, message=3) for number in (5, 6)])
    dispatcher = dispatch(lambda row, words: said(row.kind))
    dispatcher.wake([7])
    await until(lambda: not inbox.waiting())
    assert [sent.text for sent in api.to(7)] == ["text", "tap"]


async def test_an_answer_does_not_wait_until_typing_may_be_shown(
    api: BotApi, inbox: Inbox, dispatch: Callable[[Answers], Dispatcher]
) -> None:
    others = frozenset({"getMe", "sendMessage", "getUpdates"})
    api.faults = Faults(too_many=1.0, retry_after=19, spare=others)  # waiting for it twice would be longer than `until` does
    dispatcher = dispatch(lambda row, words: said("Klaar."))
    dispatcher.wake(inbox.add([text(1, 7, "hoi")]))
    await until(lambda: not inbox.waiting())
    assert [sent.text for sent in api.to(7)] == ["Klaar."]
    assert any(call.method == "sendChatAction" and call.status == 429 for call in api.calls)


async def test_no_progress_stays_when_an_answer_fails(
    api: BotApi, inbox: Inbox, dispatch: Callable[[Answers], Dispatcher]
) -> None:
    calls = []

    def slow_then_broken(row: Row, words: str) -> Answer:
        calls.append(words)
        if len(calls) == 1:
            time.sleep(4)
            raise ValueError
        return said("Klaar.")

    dispatcher = dispatch(slow_then_broken)
    dispatcher.wake(inbox.add([text(1, 7, "hoi")]))
    await until(lambda: not inbox.waiting())
    assert [sent.text for sent in api.to(7) if not sent.deleted] == ["Klaar."]
    assert len(api.to(7)) == 2, "progress was shown"


async def test_a_refused_form_is_sent_plain_without_signs_of_it(
    api: BotApi, inbox: Inbox, dispatch: Callable[[Answers], Dispatcher]
) -> None:
    dispatcher = dispatch(lambda row, words: (Plan(parts=[Part(html="<nee>Zij & <b>wij</b> &lt;3&gt;")]), None))
    dispatcher.wake(inbox.add([text(1, 7, "hoi")]))
    await until(lambda: not inbox.waiting())
    assert [sent.text for sent in api.to(7)] == ["Zij & wij <3>"]
