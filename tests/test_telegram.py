"""The Telegram bot as buyers meet it: the real process, over HTTP against an emulator of the Bot API."""

from __future__ import annotations

import io
import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import yaml
from PIL import Image

from tests.botapi import BotApi, Sent
from tests.conftest import Blik, write_case
from tests.telegram_process import BotProcess, bot_process, own_data

CAMERAS = "We willen 40 beveiligingscamera's aanbesteden voor de binnenstad. Waar moet ik op letten?"
# All but the methods without which nothing works.
OTHERS = {
    "sendChatAction", "deleteWebhook", "setMyCommands", "setMyDescription", "setMyShortDescription", "setChatMenuButton",
    "getChatMember", "deleteMessage", "editMessageReplyMarkup", "sendMessageDraft", "getChat", "getWebhookInfo",
}  # fmt: skip
Start = Callable[..., BotProcess]


@pytest.fixture
def api() -> Iterator[BotApi]:
    with BotApi() as server:
        yield server
        assert server.wrong == [], "what Telegram would have refused"


@pytest.fixture
def data(library_data: Path, tmp_path: Path) -> Path:
    return own_data(library_data, tmp_path / "data")


@pytest.fixture
def start(api: BotApi, data: Path, tmp_path: Path) -> Iterator[Start]:
    """Start the bot: start(BLIK_ADMINS="1"); it is ended after the test, and must not have met anything unforeseen."""
    started: list[BotProcess] = []

    def begin(**env: str) -> BotProcess:
        process = bot_process(api, data, tmp_path, **env)
        process.start()
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        assert not re.search(r"ERROR [0-9a-f]{6}:|Traceback", process.log), process.log


def said(api: BotApi, chat: int, text: str, answers: int = 1, **more: object) -> list[Sent]:
    """Send a message and wait for its answer, which has `answers` parts."""
    before = len(api.to(chat))
    api.message(chat, text, **more)  # type: ignore[arg-type]
    api.wait(lambda: len(api.to(chat)) >= before + answers)
    return api.to(chat)[before:]


def tapped(api: BotApi, sent: Sent, label: str, answers: int = 1, **more: object) -> list[Sent]:
    before = len(api.to(sent.chat))
    api.tap(sent, label, **more)  # type: ignore[arg-type]
    api.wait(lambda: len(api.to(sent.chat)) >= before + answers)
    return api.to(sent.chat)[before:]


def begun(api: BotApi, chat: int, **more: object) -> Sent:
    return said(api, chat, "/start", **more)[-1]


def rows(data: Path, query: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(data / "blik.db") as connection:
        return connection.execute(query).fetchall()


def closed(api: BotApi, data: Path) -> None:
    """Wait until all that came in is answered."""
    api.wait(lambda: rows(data, "SELECT count(*) FROM inbox WHERE status = 'open'") == [(0,)])


def test_the_camera_question_and_an_old_button_after_a_restart(api: BotApi, start: Start, data: Path) -> None:
    bot = start()
    begun(api, 7)
    (answer,) = said(api, 7, CAMERAS)
    assert "Den Haag, 2019" in answer.text and "andere aanpak" in answer.text
    assert answer.text.count("?") == 1 and answer.text.endswith("Wat gebeurde er, waardoor deze aanvraag nu bij jou ligt?")
    assert {"Incident", "Klachten", "Andere oplossingen", "Bronnen", "Klopt niet"} <= set(answer.labels)
    assert len(answer.links) >= 5 and all(url.startswith("https://") for _, url in answer.links)
    assert answer.preview_disabled
    (other,) = said(api, 7, "er ligt overal zwerfafval rond de containers")
    assert bot.stop() == 0
    start()
    (taken_up,) = tapped(api, answer, "Klachten")
    assert "Klachten" in taken_up.text and "zwerfafval" not in taken_up.text
    assert len(api.answered_callbacks) == 1
    (space,) = tapped(api, answer, "Andere oplossingen")
    assert space.method == "sendPhoto" and "niets doen" in space.text
    assert Image.open(io.BytesIO(space.file or b"")).format == "PNG"
    (text,) = tapped(api, space, "Als tekst")
    assert text.method == "sendMessage" and "Niets doen" in text.text
    assert other.labels


def test_each_answer_is_preceded_by_typing(api: BotApi, start: Start) -> None:
    start()
    begun(api, 7)
    tapped(api, said(api, 7, CAMERAS)[-1], "Incident")
    shown = [call.method for call in api.calls if call.method in ("sendChatAction", "sendMessage")]
    assert shown == ["sendChatAction", "sendMessage"] * 3


def test_the_start_and_one_table_of_commands(api: BotApi, start: Start) -> None:
    start()
    welcome = begun(api, 7)
    assert "AI-hulpmiddel" in welcome.text and "geen offertes" in welcome.text and len(welcome.labels) == 4
    (then,) = tapped(api, welcome, "Er is een probleem")
    assert "wat er misgaat" in then.text
    (help_,) = said(api, 7, "/help")
    api.wait(lambda: ("setChatMenuButton", "") in api.settings)
    dutch = [command["command"] for command in api.settings["setMyCommands", "nl"]]
    english = [command["command"] for command in api.settings["setMyCommands", "en"]]
    assert re.findall(r"^• /(\w+):", help_.text, re.MULTILINE) == dutch
    assert len(dutch) == len(english) and "vergeet" in dutch and "forget" in english
    assert api.settings["setMyCommands", ""] == api.settings["setMyCommands", "nl"]
    assert said(api, 7, "/forget")[0].labels == said(api, 7, "wis alles over mij")[0].labels
    assert "ken ik niet" in said(api, 7, "/bestaatniet")[0].text


def test_language_comes_from_the_settings_until_it_is_chosen(api: BotApi, start: Start) -> None:
    start()
    assert "AI tool" in begun(api, 7, language="de").text
    (choice,) = said(api, 7, "/taal", language="de")
    tapped(api, choice, "Nederlands", language="de")
    assert "Wat bewaar ik" in said(api, 7, "/privacy", language="de")[0].text
    assert said(api, 8, CAMERAS, 2, language="en")[1].text.startswith("Helder")


def test_sources_are_paged_in_place_with_the_numbers_of_the_answer(api: BotApi, start: Start) -> None:
    start()
    begun(api, 7)
    (answer,) = said(api, 7, CAMERAS)
    (page,) = tapped(api, answer, "Bronnen")
    assert re.findall(r"\[(\d)\]", page.text) == ["1", "2", "3"]
    first = page.text
    api.tap(page, "Volgende ›")
    api.wait(lambda: page.text != first)
    assert re.findall(r"\[(\d)\]", page.text) == ["4", "5", "6"]
    assert [url for _, url in page.links] == [url for _, url in answer.links][3:6]
    api.tap(page, "‹ Vorige")
    api.wait(lambda: page.text == first)
    assert len(api.to(7)) == 3


def test_groups_are_answered_only_when_the_bot_is_meant(api: BotApi, start: Start, data: Path) -> None:
    start()
    group = -100500
    api.message(group, "CANARIE: zullen we camera's kopen?", user=5)
    api.message(group, "/help@een_andere_bot", user=5)
    first = said(api, group, f"@blik_test_bot {CAMERAS}", 2, user=5)
    assert (
        "alleen als je me noemt (@blik_test_bot)" in first[0].text
        and first[0].text.count("?") == 1
        and "Den Haag" in first[1].text
    )
    assert first[0].reply_to is not None
    (again,) = said(api, group, "en bij een waterschap?", user=6, reply_to=first[1])
    assert again.text
    assert "/help" in said(api, group, "/help@blik_test_bot", user=6)[0].text
    (tap,) = tapped(api, first[1], "Klachten", user=9)
    assert "Klachten" in tap.text
    assert "ken ik niet meer" in said_by_forged_tap(api, 5, first[1].button("Klachten")["callback_data"])
    closed(api, data)
    assert rows(data, "SELECT count(*) FROM inbox WHERE chat = -100500") == [(4,)], "what is not for the bot is not kept"


def said_by_forged_tap(api: BotApi, chat: int, callback: str) -> str:
    begun(api, chat)
    before = len(api.to(chat))
    api.callback(chat, callback)
    api.wait(lambda: len(api.to(chat)) > before)
    return api.to(chat)[-1].text


def test_a_topic_of_a_forum_is_a_conversation_of_its_own(api: BotApi, start: Start) -> None:
    start()
    group = -100501
    one = said(api, group, f"/help@{api.username}", 2, user=5, thread=11)
    assert {sent.thread for sent in one} == {11}
    api.closed_threads.add((group, 11))
    (closed_one,) = said(api, group, f"/help@{api.username}", user=5, thread=11)
    assert closed_one.thread is None, "the topic is gone, the answer is not"


def test_an_edited_message_is_answered_anew_once(api: BotApi, start: Start, data: Path) -> None:
    bot = start()
    begun(api, 7)
    said(api, 7, "drempel diensten?")
    number = api.last_message_id(7)
    before = len(api.to(7))
    api.edit(7, number, "drempel werken 2026?")
    api.wait(lambda: len(api.to(7)) == before + 1)
    assert api.to(7)[-1].reply_to == number
    bot.stop()
    api.message(7, "er ligt zwerfafval")
    number = api.last_message_id(7)
    api.edit(7, number, "er ligt zwerfafval in het park")
    api.edit(7, number, "er ligt zwerfafval in het bos")
    start()
    api.wait(lambda: len(api.to(7)) == before + 2)
    closed(api, data)
    assert len(api.to(7)) == before + 2, "answered once, as it was last written"
    assert rows(data, "SELECT count(*) FROM inbox WHERE outcome = 'superseded'") == [(2,)]


def test_parts_of_a_long_paste_are_one_message(api: BotApi, start: Start, data: Path) -> None:
    start()
    begun(api, 7)
    part = ("De camera moet 4K zijn en beeld geven bij nacht in de binnenstad. " * 70)[:4096]
    for text in (part, part, "Kijk jij hier eens naar?"):
        api.message(7, text)
    api.wait(lambda: len(api.to(7)) >= 2)
    closed(api, data)
    assert len(api.to(7)) == 2
    assert rows(data, "SELECT count(*) FROM inbox WHERE outcome = 'joined'") == [(2,)]
    api.message(7, part)
    api.wait(lambda: len(api.to(7)) >= 3)


def test_what_cannot_be_read_gets_one_friendly_sentence(api: BotApi, start: Start, data: Path) -> None:
    start()
    begun(api, 7)
    voice = {"file_id": "a", "file_unique_id": "a", "duration": 3}
    photo = [{"file_id": "b", "file_unique_id": "b", "width": 10, "height": 10}]
    (answer,) = said(api, 7, "", voice=voice)
    assert "kan ik niet lezen" in answer.text and answer.text.count(".") == 2
    for _ in range(3):
        api.message(7, "", photo=photo, media_group_id="album")
    api.wait(lambda: len(api.to(7)) >= 3)
    closed(api, data)
    assert len(api.to(7)) == 3, "an album is one message"


def test_who_may_not_chat_gets_a_number_to_pass_on(api: BotApi, start: Start, data: Path) -> None:
    organisation = {"BLIK_ORGANISATION": "Gemeente Voorbeeld", "BLIK_PRIVACY_CONTACT": "de FG, fg@voorbeeld.example"}
    start(BLIK_OPEN="", BLIK_ALLOWED_USERS="7, 8", **organisation)
    (refused,) = said(api, 66, CAMERAS)
    assert "66" in refused.text and not refused.buttons and "camera" not in refused.text.lower()
    assert rows(data, "SELECT count(*) FROM chats WHERE name LIKE '%:66'") == [(0,)]
    begun(api, 7)
    (privacy,) = said(api, 7, "/privacy")
    assert "fg@voorbeeld.example" in privacy.text and "Gemeente Voorbeeld" in privacy.text and "30 dagen" in privacy.text


def test_settings_without_which_the_bot_does_not_start(blik: Blik, data: Path) -> None:
    done = blik("telegram", data=data)
    assert done.returncode == 2
    for name in ("TELEGRAM_BOT_TOKEN", "BLIK_OPEN", "BLIK_ORGANISATION"):
        assert name in done.stderr
    done = blik("telegram", data=data, env={"BLIK_ALLOWED_USERS": "Anna", "TELEGRAM_WEBHOOK_LISTEN": "x"})
    assert done.returncode == 2 and "BLIK_ALLOWED_USERS" in done.stderr and "TELEGRAM_WEBHOOK_LISTEN" in done.stderr


def test_too_many_messages_get_a_kind_text_and_leaving_is_always_possible(api: BotApi, start: Start) -> None:
    start(BLIK_RATE_PER_MINUTE="3")
    begun(api, 7)
    for _ in range(2):
        said(api, 7, "/help")
    assert "minuut" in said(api, 7, "/help")[0].text
    (sure,) = said(api, 7, "/vergeet")
    assert "Gewist" in tapped(api, sure, "Ja, wis alles")[0].text
    assert "/help" in said(api, 8, "/help", 2)[1].text, "others are not held up"


def test_what_a_buyer_wrote_is_nowhere_after_the_answer_and_nothing_stays_after_forgetting(
    api: BotApi, start: Start, data: Path
) -> None:
    bot = start(BLIK_LOG="json")
    begun(api, 7)
    said(api, 7, "Mevrouw Canariebos, canarie@voorbeeld.nl, 06-12345678, wil een nieuwe steiger voor de boot. Qwertzkanarie!")
    (answer,) = said(api, 7, CAMERAS)
    tapped(api, answer, "👎")
    tapped(api, api.to(7)[-1], "Zin erbij")
    said(api, 7, "Bel canarie@voorbeeld.nl of meneer Canariebos")
    (file,) = said(api, 7, "/mijngegevens")
    kept = yaml.safe_load(file.file or b"")
    assert file.filename == "mijngegevens.txt" and kept["chats"] and kept["handed_in"]
    assert "[e-mail]" in json.dumps(kept["handed_in"])
    closed(api, data)
    canaries = (b"canarie@voorbeeld.nl", b"Canariebos", b"06-12345678", b"Anna", b"Canarius")
    assert grep(data, canaries) == []
    with sqlite3.connect(data / "blik.db") as connection, sqlite3.connect(data / "backup.db") as backup:
        connection.backup(backup)
    assert grep(data, canaries) == []
    (sure,) = said(api, 7, "/vergeet")
    tapped(api, sure, "Ja, wis alles")
    closed(api, data)
    (data / "backup.db").unlink()
    assert grep(data, (*canaries, b"Qwertzkanarie", b"steiger voor de boot")) == []
    for table, column in (("chats", "name"), ("contributions", "chat"), ("gaps", "chat")):
        assert rows(data, f"SELECT count(*) FROM {table} WHERE {column} LIKE 'telegram:%'") == [(0,)]
    assert rows(data, "SELECT count(*) FROM inbox WHERE chat IS NOT NULL") == [(0,)]
    assert "ken ik niet meer" in tapped(api, answer, answer.labels[0], 2)[-1].text
    assert not any(word in bot.log for word in ("canarie", "Canarie", "Anna", "steiger", api.token, "camera"))
    assert all(json.loads(line) for line in bot.log.splitlines() if line.startswith("{"))


def grep(folder: Path, words: tuple[bytes, ...]) -> list[tuple[str, bytes]]:
    """Files in the data folder, whichever, that hold one of the words."""
    found = []
    for path in folder.iterdir():
        if path.is_file():
            with suppress(FileNotFoundError):  # the database's journal comes and goes
                data = path.read_bytes()
                found += [(path.name, word) for word in words if word in data]
    return found


def test_in_a_group_only_administrators_erase(api: BotApi, start: Start) -> None:
    start()
    group = -100502
    (_, sure) = said(api, group, "/vergeet@blik_test_bot", 2, user=5)
    assert "beheerder van de groep" in tapped(api, sure, "Ja, wis alles", user=5)[0].text
    api.administrators[group] = {6}
    assert "Gewist" in tapped(api, sure, "Ja, wis alles", user=6)[0].text


def test_what_buyers_hand_in_reaches_the_admins(api: BotApi, start: Start, data: Path) -> None:
    start(BLIK_ADMINS="900")
    begun(api, 7)
    (answer,) = said(api, 7, CAMERAS)
    (which,) = tapped(api, answer, "Klopt niet")
    (prompt,) = tapped(api, which, "Den Haag, 2019")
    assert "Den Haag, 2019" in prompt.text
    said(api, 7, "Het was de directeur, zie https://example.org; mail naar jan@example.org")
    told = api.wait(lambda: api.to(900))
    assert "Klopt niet" in told[0].text and "https://example.org" in told[0].text and "jan@" not in told[0].text
    (field,) = said(api, 7, "Ik heb ook een zaak")
    (field,) = tapped(api, field, "Sla over")
    for words in ("2024", "Te veel fietsen op de stoep", "Vakken geverfd met ondernemers", "Minder klachten"):
        (field,) = said(api, 7, words)
    (back,) = said(api, 7, "Begin met de winkeliers")
    assert "Vakken geverfd" in back.text and back.labels == ["Verstuur", "Niet versturen"]
    tapped(api, back, "Verstuur")
    api.wait(lambda: len(api.to(900)) == 2)
    assert "Begin met de winkeliers" in api.to(900)[1].text and "7" not in api.to(900)[1].text.replace("2024", "")
    assert "ken ik niet meer" in tapped(api, back, "Verstuur")[0].text, "not twice"


def test_who_wants_to_is_told_when_a_gap_is_filled(api: BotApi, start: Start, data: Path, blik: Blik, tmp_path: Path) -> None:
    start()
    begun(api, 7)
    (gap,) = said(api, 7, "We zoeken voorbeelden van glasbokalen voor kwallen in een zeeaquarium")
    assert "geteld" in gap.text and "Laat het me weten" in gap.labels
    tapped(api, gap, "Laat het me weten")
    words = "glasbokalen voor kwallen in een zeeaquarium"
    write_case(tmp_path / "new", "glasbokalen", words, f"Er waren geen goede {words}.")
    done = blik("ingest", str(tmp_path / "new"), "--publish", data=data)
    assert done.returncode == 0, done.stderr
    told = api.wait(lambda: api.to(7)[3:])
    assert "Je vroeg eerder" in told[0].text and told[0].links
    assert rows(data, "SELECT count(*) FROM gaps WHERE subject IS NOT NULL") == [(0,)]


def test_told_to_stop_it_keeps_what_is_not_answered(api: BotApi, start: Start, data: Path) -> None:
    bot = start()
    begun(api, 1)
    for chat in range(1, 31):
        api.message(chat, "er ligt zwerfafval in de wijk")
    api.wait(lambda: len(api.sent) > 5)
    assert bot.stop() == 0
    start()
    api.wait(lambda: all("?" in "".join(sent.text for sent in api.to(chat)) for chat in range(1, 31)))
    closed(api, data)
    for chat in range(2, 31):
        assert len(api.to(chat)) == 2, "the introduction and the answer, once"


def test_a_second_poller_gets_one_clear_line(api: BotApi, start: Start, data: Path, tmp_path: Path) -> None:
    first = start()
    begun(api, 7)
    (tmp_path / "two").mkdir()
    second = bot_process(api, data, tmp_path / "two")
    second.start()
    api.wait(lambda: "Another program" in first.log + second.log)
    second.kill()
    assert first.running
    lines = [line for line in (first.log + second.log).splitlines() if "Another program" in line]
    assert lines and "Traceback" not in second.log
    said(api, 7, "/help")


def test_a_token_that_telegram_does_not_know(api: BotApi, data: Path, tmp_path: Path) -> None:
    bot = bot_process(api, data, tmp_path, TELEGRAM_BOT_TOKEN="99:abcdefghijklmnopqrstuvwxyz_ABC-1")
    bot.start()
    api.wait(lambda: not bot.running)
    assert bot.stop() == 2 and "BotFather" in bot.log and "abcdefghijklmnop" not in bot.log


def test_telegram_out_of_reach_for_a_while(api: BotApi, start: Start) -> None:
    api.stop()
    bot = start()
    api.wait(lambda: "cannot be reached" in bot.log)
    api.start()
    begun(api, 7)
    assert api.token not in bot.log


def test_a_server_that_knows_only_what_is_indispensable(api: BotApi, start: Start) -> None:
    api.unknown |= OTHERS
    bot = start()
    begun(api, 7)
    (answer,) = said(api, 7, CAMERAS)
    (taken_up,) = tapped(api, answer, "Klachten")
    assert "Klachten" in taken_up.text
    assert bot.log.count("does not know sendChatAction") == 1


def test_a_server_that_cannot_send_pictures(api: BotApi, start: Start) -> None:
    api.refused.add("sendPhoto")
    start()
    begun(api, 7)
    (space,) = tapped(api, said(api, 7, CAMERAS)[0], "Andere oplossingen")
    assert space.method == "sendMessage" and "niets doen" in space.text and space.buttons


def test_blocked_and_moved_chats(api: BotApi, start: Start, data: Path) -> None:
    start()
    begun(api, 7)
    api.blocked.add(7)
    api.message(7, CAMERAS)
    api.wait(lambda: rows(data, "SELECT count(*) FROM inbox WHERE outcome = 'blocked'") == [(1,)])
    group, new = -503, -100503
    (_, answer) = said(api, group, f"@blik_test_bot {CAMERAS}", 2, user=5)
    api.migrated[group] = new
    api.message(group, f"/help@{api.username}", user=5)
    api.wait(lambda: api.to(new))
    assert "/help" in api.to(new)[0].text
    before = len(api.to(new))
    api.callback(new, answer.button("Klachten")["callback_data"], user=5)
    api.wait(lambda: len(api.to(new)) > before)
    assert "Klachten" in api.to(new)[-1].text, "the conversation went along"


def test_the_webhook(api: BotApi, start: Start, data: Path) -> None:
    import socket
    import urllib.error
    import urllib.request

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}/telegram"
    start(TELEGRAM_WEBHOOK_URL=address, TELEGRAM_WEBHOOK_LISTEN=f"127.0.0.1:{port}", TELEGRAM_WEBHOOK_SECRET="geheim_1")
    api.wait(lambda: api.webhook)
    begun(api, 7)
    said(api, 7, CAMERAS)
    assert not any(call.method == "getUpdates" for call in api.calls)

    def post(secret: str, body: bytes, path: str = "/telegram") -> int:
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", body, {"X-Telegram-Bot-Api-Secret-Token": secret})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    assert post("verkeerd", b"{}") == 403
    assert post("geheim_1", b"\xff\x00 geen json") == 400
    assert post("geheim_1", b"x" * 1_100_000) == 413
    assert post("geheim_1", b"{}", "/elders") == 404
    update = {"update_id": 1, "message": {"message_id": 1, "date": 1, "chat": {"id": 8, "type": "private"},
              "from": {"id": 8, "is_bot": False, "first_name": "A"}, "text": "/help"}}  # fmt: skip
    assert post("geheim_1", json.dumps(update).encode()) == 200
    assert post("geheim_1", json.dumps(update).encode()) == 200
    api.wait(lambda: len(api.to(8)) == 2)
    closed(api, data)
    assert len(api.to(8)) == 2, "the introduction and the answer, once"


def test_without_a_library_it_builds_one_and_says_so(api: BotApi, tmp_path: Path) -> None:
    from tests.conftest import make_data

    with bot_process(api, make_data(tmp_path / "empty"), tmp_path) as bot:
        api.message(7, "/start")
        api.wait(lambda: api.to(7), timeout=120)
        assert "building it" in bot.log
        assert bot.stop() == 0
