"""The emulator of Telegram's Bot API: it must behave as Telegram does, and fail as often as it is told to."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from telegram import Bot, CopyTextButton, InlineKeyboardButton, LinkPreviewOptions, ReplyParameters
from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, NetworkError, RetryAfter

from tests.botapi import BotApi, Faults
from tests.botapi.client import ANNA, GROUP, PNG, bad, call, data, keys, library


@pytest.fixture
def api() -> Iterator[BotApi]:
    with BotApi() as server:
        yield server


@pytest.fixture
async def bot(api: BotApi) -> AsyncIterator[Bot]:
    async with library(api) as bot:
        yield bot


def ids(updates: Any) -> list[int]:
    return [update.update_id for update in updates]


async def test_a_message_is_seen_as_a_user_sees_it(api: BotApi, bot: Bot) -> None:
    api.message(ANNA, "hoi")
    message = await bot.send_message(
        ANNA,
        " <b>Dag</b> <a href='https://a.nl/1'>één</a> \n",
        parse_mode="HTML",
        disable_notification=True,
        link_preview_options=LinkPreviewOptions(is_disabled=True),
        reply_parameters=ReplyParameters(api.last_message_id(ANNA)),
        reply_markup=keys(data(), InlineKeyboardButton("Kopie", copy_text=CopyTextButton("tekst"))),
    )
    sent = api.to(ANNA)[0]
    assert (sent.text, sent.links) == ("Dag één", [("één", "https://a.nl/1")])
    assert sent.labels == ["Ja", "Kopie"]
    assert sent.button("Ja") == {"text": "Ja", "callback_data": "yes"}
    assert (sent.silent, sent.preview_disabled, sent.reply_to, sent.message_id) == (True, True, 1, 2)
    assert message.text == sent.text
    assert message.reply_to_message is not None and message.reply_to_message.text == "hoi"
    assert message.parse_entities() and message.chat.first_name == "Anna"
    assert not api.wrong


async def test_callbacks(api: BotApi, bot: Bot) -> None:
    await bot.send_message(ANNA, "a", reply_markup=keys(data()))
    first = api.tap(api.sent[0], "Ja")
    api.tap(api.sent[0], "yes", user=7, language=None)
    api.callback(ANNA, "forged", message_id=12, inaccessible=True)
    one, two, three = await bot.get_updates()
    assert one.callback_query and two.callback_query and three.callback_query and three.callback_query.message
    assert one.callback_query.data == two.callback_query.data == "yes"
    assert (one.callback_query.from_user.language_code, two.callback_query.from_user.language_code) == ("nl", None)
    assert not three.callback_query.message.is_accessible
    with bad("message_too_long"):
        await bot.answer_callback_query(one.callback_query.id, "a" * 201)
    await bot.answer_callback_query(one.callback_query.id, "a" * 200)
    assert api.answered_callbacks[str(first)]["text"] == "a" * 200
    for query in (one.callback_query.id, "unknown"):
        with bad("query is too old and response timeout expired or query id is invalid"):
            await bot.answer_callback_query(query)
    assert len(api.wrong) == 3


async def test_chats_that_cannot_be_written_to(api: BotApi, bot: Bot) -> None:
    api.blocked.add(ANNA)
    api.migrated[-5] = GROUP
    api.closed_threads.add((GROUP, 3))
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(ANNA, "a")
    with pytest.raises(ChatMigrated) as migrated:
        await bot.send_message(-5, "a")
    assert migrated.value.new_chat_id == GROUP
    with bad("message thread not found"):
        await bot.send_message(GROUP, "a", message_thread_id=3)
    await bot.send_message(GROUP, "a", message_thread_id=4)
    assert api.sent[0].thread == 4 and not api.wrong


async def test_unknown_and_refused_methods(api: BotApi, bot: Bot) -> None:
    api.unknown.add("sendMessageDraft")
    api.refused.add("setMessageReaction")
    assert call(api, "sendMessageDraft")[1] == {"ok": False, "error_code": 404, "description": "Not Found"}
    assert call(api, "getMyStarBalance")[0] == 404
    assert call(api, "SENDMESSAGE", chat_id=ANNA, text="a")[0] == 200
    with bad("not allowed"):
        await bot.set_message_reaction(ANNA, 1, "👍")
    for token in (f"9{api.token}", "nonsense"):
        with pytest.raises(InvalidToken):
            await Bot(token, base_url=f"{api.url}/bot").get_me()
    assert [c.status for c in api.calls[-2:]] == [401, 404]


async def test_files_go_both_ways(api: BotApi, bot: Bot) -> None:
    blob = b"\r\n--\r\n\x00\xff" + bytes(range(256)) * 40
    message = await bot.send_document(ANNA, blob, caption="<i>a</i>", parse_mode="HTML", filename='été "1".pdf')
    await bot.send_photo(ANNA, PNG)
    document, photo = api.sent
    assert (document.file, document.filename, document.text) == (blob, 'été "1".pdf', "a")
    assert (photo.file, photo.method) == (PNG, "sendPhoto")
    assert message.document is not None
    await bot.send_document(ANNA, message.document.file_id)
    assert api.sent[2].file == blob
    with bad("image_process_failed"):
        await bot.send_photo(ANNA, b"no photo")
    api.message(ANNA, "", voice=api.file(b"ogg", "a.oga", "voice") | {"duration": 3}, caption="/start é")
    (update,) = await bot.get_updates()
    assert update.message and update.message.voice and update.message.text is None
    assert list(update.message.parse_caption_entities().values()) == ["/start"]
    file = await update.message.voice.get_file()
    assert bytes(await file.download_as_bytearray()) == b"ogg"


async def test_users_and_groups(api: BotApi, bot: Bot) -> None:
    api.administrators[GROUP] = {8}
    api.message(GROUP, "😀 /start@blik_test_bot dag @anna_7, a/b @x http://a.nl/c", user=7, kind="supergroup", thread=4)
    api.message(GROUP, "b", user=8, language=None, name="Bo")
    one, two = await bot.get_updates()
    assert one.message and two.message and one.message.from_user and two.message.from_user
    assert one.message.from_user.to_dict() == {
        "id": 7, "is_bot": False, "first_name": "Anna", "last_name": "Canarius", "username": "anna_7", "language_code": "nl"
    }  # fmt: skip
    assert list(one.message.parse_entities().values()) == ["/start@blik_test_bot", "@anna_7"]
    assert (one.message.message_thread_id, one.message.chat.is_forum, one.message.chat.type) == (4, True, "supergroup")
    assert two.message.from_user.language_code is None
    assert [(await bot.get_chat_member(GROUP, n)).status for n in (7, 8, 9)] == ["member", "administrator", "left"]
    assert (await bot.get_chat(GROUP)).title
    await bot.set_message_reaction(GROUP, 1, "👍")
    assert await bot.send_message_draft(ANNA, 1, "be")
    assert api.drafts[0]["text"] == "be"
    api.edit(GROUP, 1, "/stop", user=7)
    update = (await bot.get_updates(offset=-1))[0]
    assert update.edited_message and update.edited_message.edit_date and update.edited_message.message_id == 1


async def test_updates_stay_until_confirmed(api: BotApi, bot: Bot) -> None:
    sent = [api.message(ANNA, str(n)) for n in range(5)]
    assert ids(await bot.get_updates(limit=2)) == sent[:2]
    assert ids(await bot.get_updates()) == sent
    assert ids(await bot.get_updates(offset=sent[2])) == sent[2:]
    assert ids(await bot.get_updates(offset=-1)) == sent[-1:]
    assert ids(await bot.get_updates(offset=sent[-1] + 1, allowed_updates=["callback_query"])) == []
    api.message(ANNA, "unasked")
    asked = api.callback(ANNA, "x")
    assert ids(await bot.get_updates()) == [asked]


async def test_long_polling_wakes_at_once(api: BotApi, bot: Bot) -> None:
    start = time.monotonic()
    assert await bot.get_updates(timeout=1, read_timeout=5) == ()
    assert time.monotonic() - start >= 1
    waiting = asyncio.create_task(bot.get_updates(timeout=20))
    await asyncio.sleep(0.2)
    start = time.monotonic()
    api.message(ANNA, "a")
    assert len(await waiting) == 1
    assert time.monotonic() - start < 0.2


async def test_a_second_poll_ends_the_first(api: BotApi, bot: Bot) -> None:
    first = asyncio.create_task(bot.get_updates(timeout=20))
    await asyncio.to_thread(api.wait, lambda: api.calls[-1].method == "getUpdates")
    second = asyncio.create_task(asyncio.to_thread(call, api, "getUpdates", timeout=20))
    with pytest.raises(Conflict, match="terminated by other getUpdates request; make sure that only one bot instance"):
        await first
    api.message(ANNA, "a")
    assert len((await second)[1]["result"]) == 1


def test_an_outage(api: BotApi) -> None:
    api.message(ANNA, "a")
    api.stop()
    assert call(api, "getUpdates")[0] == 0
    api.start()
    assert len(call(api, "getUpdates")[1]["result"]) == 1


def test_shares_of_faults(api: BotApi) -> None:
    api.faults = Faults(too_many=0.1, bad_gateway=0.2, dropped_before=0.1, dropped_after=0.1)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: call(api, "sendMessage", chat_id=ANNA, text=str(n)), range(500)))
    counts = Counter(status for status, _ in answers)
    assert abs(counts[429] - 50) < 25 and abs(counts[502] - 100) < 35 and abs(counts[0] - 100) < 35
    assert sum(counts.values()) == 500
    kinds = Counter(c.fault for c in api.calls)
    assert len(api.sent) == kinds[""] + kinds["502 after acting"] + kinds["dropped after acting"]
    assert abs(kinds["502 after acting"] - kinds["502 before acting"]) < 30
    assert abs(kinds["dropped after acting"] - kinds["dropped before acting"]) < 30
    assert all(call(api, "getMe")[0] == 200 for _ in range(20))
    assert Counter(c.fault for c in api.calls if c.status == -1).total() == counts[0]


async def test_faults_as_the_library_sees_them(api: BotApi, bot: Bot) -> None:
    api.faults.too_many = 1
    with pytest.raises(RetryAfter):
        await bot.send_message(ANNA, "a")
    api.faults.too_many, api.faults.bad_gateway = 0, 1
    with pytest.raises(NetworkError, match="Bad Gateway"):
        await bot.send_message(ANNA, "a")
    api.faults.bad_gateway, api.faults.dropped_after = 0, 1
    count = len(api.sent)
    with pytest.raises(NetworkError):
        await bot.send_message(ANNA, "a")
    assert len(api.sent) == count + 1
    update = api.callback(ANNA, "x")
    with pytest.raises(NetworkError):
        await bot.answer_callback_query(str(update))
    api.faults.dropped_after, api.faults.delay = 0, 0.3
    start = time.monotonic()
    with pytest.raises(BadRequest):
        await bot.answer_callback_query(str(update))
    assert time.monotonic() - start >= 0.3
    assert not api.wrong, "the bot could not know that its first answer had arrived"


async def test_updates_come_twice(api: BotApi, bot: Bot) -> None:
    api.faults.duplicates = 1
    one, two = api.message(ANNA, "a"), api.message(ANNA, "b")
    assert ids(await bot.get_updates()) == [one, two]
    assert ids(await bot.get_updates(offset=two + 1, timeout=5)) == [one, two]
    assert ids(await bot.get_updates(offset=two + 1)) == []


class Hook(BaseHTTPRequestHandler):
    """A bot behind a webhook that fails the first two times."""

    seen: list[tuple[str | None, int, int]]

    def do_POST(self) -> None:
        update = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status = 500 if len(self.seen) < 2 else 200
        self.seen.append((self.headers["X-Telegram-Bot-Api-Secret-Token"], update["update_id"], status))
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


async def test_a_webhook(api: BotApi, bot: Bot) -> None:
    Hook.seen = []
    with HTTPServer(("127.0.0.1", 0), Hook) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        waiting = asyncio.create_task(bot.get_updates(timeout=20))
        await asyncio.to_thread(api.wait, lambda: api.calls[-1].method == "getUpdates")
        await bot.set_webhook(f"http://127.0.0.1:{server.server_port}/hook", secret_token="s3cret")
        with pytest.raises(Conflict, match="terminated by setWebhook"):
            await waiting
        assert api.webhook and api.webhook["secret_token"] == "s3cret"
        with pytest.raises(Conflict, match="can't use getUpdates method while webhook is active"):
            await bot.get_updates()
        after = [api.message(ANNA, str(n)) for n in range(3)]
        await asyncio.to_thread(api.wait, lambda: len(Hook.seen) == 5)
        assert [number for _, number, _ in Hook.seen] == [after[0]] * 3 + after[1:]
        assert {secret for secret, _, _ in Hook.seen} == {"s3cret"}
        await asyncio.to_thread(api.wait, lambda: not api.updates.queue)
        assert "500" in ((await bot.get_webhook_info()).last_error_message or "")
        api.faults.duplicates = 1
        twice = api.message(ANNA, "twice")
        await asyncio.to_thread(api.wait, lambda: len(Hook.seen) == 7)
        assert [number for _, number, _ in Hook.seen[5:]] == [twice, twice]
        await bot.delete_webhook()
        assert await bot.get_updates() == ()
        server.shutdown()


def test_many_connections_at_once(api: BotApi) -> None:
    waiting = threading.Thread(target=call, args=(api, "getUpdates"), kwargs={"timeout": 30}, daemon=True)
    waiting.start()
    with ThreadPoolExecutor(64) as pool:
        answers = list(pool.map(lambda n: call(api, "sendMessage", chat_id=n + 1, text="a"), range(256)))
    assert {status for status, _ in answers} == {200}
    assert len(api.sent) == 256
    api.message(ANNA, "a")
    waiting.join(5)
    assert not waiting.is_alive()


def test_waiting_in_vain_tells_what_the_bot_did(api: BotApi) -> None:
    call(api, "sendChatAction", chat_id=ANNA, action="typing")
    with pytest.raises(AssertionError, match="sendChatAction 200"):
        api.wait(lambda: api.sent, timeout=0.05)
