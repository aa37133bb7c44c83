"""The bot as a process when all goes wrong: lost connections, kills, nonsense, and a chat that asks much more than others."""

from __future__ import annotations

import json
import random
import re
import string
import time
from collections import Counter
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from bot.texts import texts
from tests.botapi import BotApi, Faults, Sent, server
from tests.botapi.wire import Reply
from tests.telegram_process import BotProcess, bot_process, done, idle, inbox, own_data

# Beside what somebody asks: of each, the answer is another, so that one that follows another can be told from it.
MESSAGES = [
    "We willen 40 beveiligingscamera's aanbesteden voor de binnenstad. Waar moet ik op letten?",
    "/help",
    "Er ligt veel zwerfafval rond de containers",
    "Wat is een marktconsultatie en wanneer doe ik die?",
    "Goedemorgen, wie ben jij?",
    "/taal en",
    "Our bridge is old and must be replaced, who has experience?",
    "/privacy",
    "How does a pre-commercial procurement work?",
    "Show me cases about healthcare innovation procurement",
    "Kun je een gedicht schrijven over mijn kat?",
    "/taal nl",
    "Ouderen in de wijk zijn eenzaam en we bereiken ze niet",
    "Vanaf welk bedrag moet ik Europees aanbesteden voor leveringen?",
    "/zaak",
    "/start",
    "Ik zoek een leverancier voor 300 laptops voor de thuiswerkers",
]
PROGRESS = {texts(language)["telegram"]["progress"] for language in ("nl", "en")}
TROUBLE = re.compile(r"ERROR|Traceback|failed at attempt|could not be|Exception")


def script(chat: int, count: int) -> list[str]:
    """What a chat says: the same on each run, in another order than other chats."""
    return random.Random(chat).sample(MESSAGES, count)


def say_all(api: BotApi, chats: range, each: int) -> None:
    """All messages, those of different chats mixed."""
    for number in range(each):
        for chat in chats:
            api.message(chat, script(chat, each)[number], language="nl" if chat % 3 else "en")


def answers(api: BotApi, chat: int) -> list[str]:
    return [sent.text for sent in api.to(chat) if sent.text not in PROGRESS]


def doubles(got: list[str], wanted: list[str]) -> int:
    """How often an answer came more than once. All that is wanted must be there in order, and nothing else."""
    assert [text for text, _ in groupby(got)] == wanted
    return len(got) - len(wanted)


def under_faults(library_data: Path, tmp_path: Path, chats: range, each: int, kills: int, seed: int) -> None:
    """The same messages without and with faults: the same answers in the same order, doubles only where they are allowed."""
    count = len(chats) * each
    with BotApi() as api:
        data = own_data(library_data, tmp_path / "calm")
        with bot_process(api, data, tmp_path) as bot:
            say_all(api, chats, each)
            api.wait(lambda: done(data) == count, timeout=600)
            assert bot.stop() == 0
        wanted = {chat: answers(api, chat) for chat in chats}
    for chat in chats:
        assert doubles(wanted[chat], wanted[chat]) == 0, "answers that cannot be told apart"

    chance = random.Random(seed)
    bad = Faults(too_many=0.10, bad_gateway=0.05, dropped_before=0.025, dropped_after=0.025, duplicates=0.05, seed=seed)
    with BotApi(faults=bad) as api:
        data = own_data(library_data, tmp_path / "bad")
        with bot_process(api, data, tmp_path) as bot:
            say_all(api, chats, each)
            for moment in sorted(chance.sample(range(count * 9 // 10), kills)):
                api.wait(lambda moment=moment: done(data) >= moment, timeout=600)
                time.sleep(chance.uniform(0, 0.3))
                bot.kill()
                bot.start()
            api.wait(lambda: done(data) == count and idle(api, data), timeout=900)
            assert bot.stop() == 0
        more = {chat: doubles(answers(api, chat), wanted[chat]) for chat in chats}
        allowed = inbox(data, "sum(resent) FROM inbox") + len(api.lost_answers)
        left = [sent for sent in api.sent if sent.text in PROGRESS and not sent.deleted]
        faults = dict(Counter(call.fault for call in api.calls if call.fault))
        print(f"\n{count} messages of {len(chats)} chats, {kills} kills (seed {seed}): {len(api.sent)} messages sent, of which")
        print(f"{sum(more.values())} doubles (allowed {allowed}) and {len(left)} signs of progress left; faults: {faults}")
        assert sum(more.values()) <= allowed
        assert not api.wrong
        assert inbox(data, "count(*) FROM inbox") == count
        assert not inbox(data, "count(*) FROM inbox WHERE status <> 'done' OR content <> '{}' OR plan IS NOT NULL")
        assert not inbox(data, "count(*) FROM inbox WHERE outcome <> 'answered'")
        assert not re.search(r"ERROR [0-9a-f]{6}|Traceback", bot.log)


def test_faults_and_a_kill(library_data: Path, tmp_path: Path) -> None:
    under_faults(library_data, tmp_path, range(1, 11), 6, kills=1, seed=5)


@pytest.mark.long
def test_faults_and_kills_long(library_data: Path, tmp_path: Path) -> None:
    under_faults(library_data, tmp_path, range(1, 51), 10, kills=3, seed=random.randrange(10_000))


class Fuzz:
    """Random users. Private chats, and groups below zero; each chat has a word that no other may ever see."""

    CANARY = re.compile(r"CANARY-[A-Z]{6}", re.IGNORECASE)
    WORDS = (
        "/start /start@blik_test_bot /START /help@ander_bot / // /zaak /vergeet /taal /taal\u202een /stop /nieuw "
        "/kloptniet ja nee 1 /oplossingsruimte /voorbeelden /start\x00ref_12 <b>vet <script>alert(1)</script> &amp; "
        "&lt;/b> <a href='tg://x'> %s {0} ' OR 1=1;-- \\ ``` [1](https://x.nl) @blik_test_bot waarom bronnen "
        "English stil 0612345678 NL91ABNA0417164300 zwerfafval camera's brug ziekenhuis gemeente 2019 Europees "
        "voorbeelden van warmtenet 👍 👩\u200d👧 🇳🇱 \u200b \u200f\u202e \u2066 \ufeff \u00ad é e\u0301\u0301 ﷽ 中文 "
        "العربية עברית \x00 \x07 \x1b[31m \r\n \u2028 \ud800 \udfff"
    ).split(" ")
    MEDIA = "photo voice document sticker location contact poll dice story pinned_message something_new".split()
    ODD = (None, "", "x", -1, 2**70, 1e400, True, [], [[]], {}, {"id": "x"}, "\ud800", 1.5)

    def __init__(self, api: BotApi, seed: int) -> None:
        self.api, self.chance = api, random.Random(seed)
        self.chats = [*range(1001, 1013), -301, -302, -1_000_000_000_303]
        self.did: list[str] = []

    def step(self) -> None:
        deeds = [self.text, self.subject, self.tap, self.odd, self.forged, self.edit, self.media]
        deed, chat = self.chance.choices(deeds, [9, 3, 6, 3, 2, 1, 1])[0], self.chance.choice(self.chats)
        self.did.append(f"{deed.__name__} {chat}")
        deed(chat)

    def canary(self, chat: int) -> str:
        return "CANARY-" + "".join(random.Random(chat).choices(string.ascii_uppercase, k=6))

    def who(self, chat: int) -> dict[str, Any]:
        language = {"language": self.chance.choice(["nl", "en", "de", "pt-br", None, "zz"])}
        return language if chat > 0 else {"user": self.chance.choice([1001, 1002, 2001]), **language}

    def nonsense(self) -> str:
        chance, word = self.chance, self.chance.choice(self.WORDS)
        ways = [
            " ".join(chance.choices(self.WORDS, k=chance.choice([1, 1, 2, 3, 8, 40]))),
            "".join(chr(chance.randrange(1, 0x110000)) for _ in range(chance.choice([1, 5, 50, 1500]))),
            chance.choice(MESSAGES) + word,
            (word + chance.choice(["", " ", "\n"])) * chance.choice([1, 200, 2000]) or " ",
            "/" + chance.choice(["start", "taal", "zaak", "voorbeelden", "solutions", "x" * 80, "é"]) + " " + word,
        ]
        return chance.choice(ways)

    def text(self, chat: int, text: str = "") -> None:
        text = text or self.nonsense()
        text = f"{text} @{self.api.username}" if chat < 0 and self.chance.random() < 0.7 else text
        thread = self.chance.choice([None, 4, 5]) if chat < -1000 else None
        with self.api.lock:  # the emulator looks for commands, and cannot in half a character
            self.api.message(chat, text.encode("utf-8", "replace").decode(), thread=thread, **self.who(chat))
            self.api.updates.queue[-1]["message"]["text"] = text

    def subject(self, chat: int) -> None:
        self.text(chat, f"Er ligt veel zwerfafval rond de containers bij {self.canary(chat)}")

    def edit(self, chat: int) -> None:
        messages = [number for where, number in self.api.messages if where == chat] or [1]
        self.api.edit(chat, self.chance.choice(messages), f"{self.canary(chat)} toch anders", **self.who(chat))

    def media(self, chat: int) -> None:
        self.api.message(chat, "", **self.who(chat), **{self.chance.choice(self.MEDIA): {}, "media_group_id": "7"})

    def payloads(self, chat: int, mine: bool = True) -> list[str]:
        rows = [row for sent in self.api.sent[-300:] if (sent.chat == chat) is mine for row in sent.buttons]
        return [button["callback_data"] for row in rows for button in row] or ["abcd:1.0"]

    def press(self, chat: int, payload: str) -> None:
        message = self.chance.choice([sent.message_id for sent in self.api.to(chat)] or [1])
        self.api.callback(chat, payload, message_id=message, inaccessible=self.chance.random() < 0.2, **self.who(chat))

    def tap(self, chat: int) -> None:
        """Its own buttons, or those of other chats."""
        self.press(chat, self.chance.choice(self.payloads(chat, mine=self.chance.random() < 0.7)))

    def forged(self, chat: int) -> None:
        valid = self.chance.choice(self.payloads(chat))
        mark, _, action = valid.partition(":")
        number = self.chance.choice("-1 0 9999999999999999 ² १ 1e3 form.case.0 form.case.6 form.remark.0 language".split())
        name = self.chance.choice("0 -1 9 ² sources.-1 sources.9999999999999999 sources.² wrong send skip stop nl .".split())
        ways = [valid[: self.chance.randrange(len(valid) + 1)], f"{mark}:{number}.{name}", f":{action}", f"{mark}:{action}.1"]
        ways += ["".join(self.chance.choices("\x00:.é👍 a1\n<", k=64)), f"{mark}:forget.yes", valid * 9]
        self.press(chat, self.chance.choice(ways).encode()[:64].decode("utf-8", "ignore"))

    def odd(self, chat: int) -> None:
        """An update with one field missing or of another type."""
        who, where = {"id": 1001, "is_bot": False, "language_code": "nl"}, {"id": chat, "type": "group"}
        message = {
            "message_id": 900_000, "from": who, "chat": where, "date": 1, "text": f"@{self.api.username} zwerfafval",
            "entities": [{"type": "mention", "offset": 0, "length": 14}], "message_thread_id": 4, "is_topic_message": True,
            "reply_to_message": {"message_id": 1, "from": who, "chat": where}, "sender_chat": {"id": 5},
            "new_chat_members": [{"id": 6}], "media_group_id": "7",
        }  # fmt: skip
        with self.api.lock:
            number = self.api.updates.next_id()
            self.api.callbacks.add(str(number))
            tap = {"from": who, "message": message, "data": "x:1.0", "id": str(number)}
            left = {"chat": where, "from": who, "new_chat_member": {"status": "x"}}
            kinds = {"message": message, "edited_message": message, "callback_query": tap, "my_chat_member": left}
            kind = self.chance.choice(list(kinds))
            spot = update = json.loads(json.dumps({kind: kinds[kind]}))
            key, value = kind, self.chance.choice(self.ODD)
            while isinstance(spot[key], dict | list) and spot[key] and self.chance.random() < 0.8:
                spot = spot[key]
                key = self.chance.choice(list(spot) if isinstance(spot, dict) else [*range(len(spot))])
            self.did.append(f"{kind}: {key} = {value!r}")
            if (self.chance.random() < 0.2 and spot is not update) or (key == "id" and spot is update.get("callback_query")):
                del spot[key]
            else:
                spot[key] = value
            self.api.updates.add({"update_id": number, **update})


def escaped(status: int, value: dict[str, Any], **headers: str) -> Reply:
    """As Telegram writes JSON, all but ASCII escaped: so lone surrogates can be sent too."""
    return Reply(status, json.dumps(value).encode(), headers={name.replace("_", "-"): word for name, word in headers.items()})


def said(sent: Sent) -> str:
    """All that a user can read or find in a message, in any of its versions."""
    return "\n".join([*sent.versions, sent.html, json.dumps(sent.buttons), (sent.file or b"").decode("utf-8", "replace")])


def fuzzed(library_data: Path, tmp_path: Path, count: int, seed: int) -> None:
    """Nonsense never breaks the bot, is never answered by nonsense, and never brings what another chat said."""
    data = own_data(library_data, tmp_path / "data")
    with pytest.MonkeyPatch.context() as patch, BotApi() as api, bot_process(api, data, tmp_path) as bot:
        patch.setattr(server, "reply", escaped)
        fuzz = Fuzz(api, seed)
        for number in range(count):
            fuzz.step()
            if number % 40 == 39:
                settle(api, data, bot, fuzz)
        for chat in fuzz.chats:
            fuzz.text(chat, "/nieuw")
            fuzz.subject(chat)
            fuzz.text(chat, "/mijngegevens")
        api.message(99, "Wat is een marktconsultatie en wanneer doe ik die?")
        settle(api, data, bot, fuzz)
        assert "marktconsultatie" in api.to(99)[-1].text
        assert bot.stop() == 0
        kept = inbox(data, "count(*) FROM inbox")
        print(f"\nseed {seed}: {count} steps, {kept} messages kept, {len(api.sent)} sent")
        assert not api.wrong
        found = {chat: set(fuzz.CANARY.findall("".join(map(said, api.to(chat))).upper())) for chat in fuzz.chats}
        assert all(found[chat] <= {fuzz.canary(chat)} for chat in fuzz.chats), found
        assert sum(map(bool, found.values())) > len(found) // 2  # so that canaries would be seen at all
        assert not [sent.chat for sent in api.sent if sent.chat not in fuzz.chats and fuzz.CANARY.search(said(sent))]
        assert not TROUBLE.search(bot.log), bot.log[-3000:]
        assert not fuzz.CANARY.search(bot.log)


def settle(api: BotApi, data: Path, bot: BotProcess, fuzz: Fuzz) -> None:
    """Wait until all is answered; a bot that hangs or ended tells with what."""
    try:
        api.wait(lambda: idle(api, data) or not bot.running, timeout=60)
    except AssertionError:
        raise AssertionError(f"stuck after {fuzz.did[-45:]}; queued: {api.updates.queue[:2]}\n{bot.log[-3000:]}") from None
    assert bot.running, bot.log[-3000:]


def test_fuzz(library_data: Path, tmp_path: Path) -> None:
    fuzzed(library_data, tmp_path, 200, seed=3)


@pytest.mark.long
def test_fuzz_long(library_data: Path, tmp_path: Path) -> None:
    fuzzed(library_data, tmp_path, 3_000, seed=random.randrange(10_000))


def test_a_chat_that_asks_much_does_not_hold_up_another(library_data: Path, tmp_path: Path) -> None:
    data = own_data(library_data, tmp_path / "data")
    asked = script(1, 15) + script(2, 15)
    with BotApi() as api, bot_process(api, data, tmp_path):
        for number, text in enumerate(asked):
            api.message(1, text)
            api.wait(lambda number=number: done(data) == number + 1)
        for text in asked:
            api.message(2, text)
        api.wait(lambda: api.to(2))
        api.message(3, "Er ligt veel zwerfafval rond de containers")
        api.wait(lambda: done(data) == 61, timeout=120)
        assert answers(api, 2) == answers(api, 1)
        assert api.sent.index(api.to(3)[-1]) < api.sent.index(api.to(2)[-1])
