"""Hold scripted dialogues with the real bot and photograph what a phone shows of them, into docs/pictures."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.botapi import BotApi, Sent
from tests.conftest import ROOT
from tests.pictures.page import MISSING, SCREEN, Bubble, Note, chromium, page, photograph
from tests.telegram_process import bot_process

TARGET = ROOT / "docs" / "pictures"
QUIET = 0.6  # seconds without anything new, after which an answer is whole
CAMERAS = "We willen 40 beveiligingscamera's aanbesteden voor de binnenstad. Waar moet ik op letten?"
ANNA, BRAM = 501, 502


class Phone:
    """One chat, and what its screen shows. Each has an id of its own, so that dialogues do not meet."""

    def __init__(self, api: BotApi, number: int, language: str = "nl", group: bool = False) -> None:
        self.api = api
        self.chat = -1_001_000_000_000 - number if group else number
        self.items: list[Bubble | Note] = []
        self.shots: dict[str, list[Bubble | Note]] = {}  # by name of the picture
        self.group = group
        self._who: dict[str, Any] = {"language": language, "kind": "supergroup" if group else "private"}
        self._shown: dict[int, tuple[int, Bubble]] = {}  # by message: how many versions it had, and its bubble
        self._said: dict[int, str] = {}  # by message, what people wrote

    def say(self, text: str, name: str = "", answered: bool = True, **fields: Any) -> Sent:
        """Write something and take in what the bot answers; the last of that."""
        people: dict[str, Any] = {"user": BRAM if name == "Bram" else ANNA, "name": name} if self.group else {}
        own = not self.group or name == "Anna"
        self.items.append(Bubble(text, own=own, name="" if own else name))
        before = self._versions()
        self.api.message(self.chat, text, **self._who, **people, **fields)
        self._said[self.api.last_message_id(self.chat)] = f"{name}: {text}" if name else text
        return self._take_in(before) if answered else self.api.to(self.chat)[-1]

    def added(self) -> None:
        """The bot comes into a group."""
        self.items.append(Note("Anna heeft Blik toegevoegd"))
        before = self._versions()
        self.api.message(self.chat, "", user=ANNA, new_chat_members=[self.api.me()], **self._who)
        self._take_in(before)

    def tap(self, sent: Sent, label: str) -> Sent:
        """Press a button and take in what follows; the last of that."""
        self.items.append(Note(label, tap=True))
        before = self._versions()
        self.api.tap(sent, label, user=ANNA if self.group else None, language=self._who["language"])
        return self._take_in(before)

    def _versions(self) -> int:
        return sum(len(sent.versions) for sent in self.api.to(self.chat))

    def _take_in(self, before: int) -> Sent:
        self.api.wait(lambda: self._versions() > before, 60)
        count, since = self._versions(), time.monotonic()
        while time.monotonic() - since < QUIET:
            time.sleep(0.05)
            if self._versions() != count:
                count, since = self._versions(), time.monotonic()
        last = self.api.to(self.chat)[-1]
        for sent in self.api.to(self.chat):
            versions, bubble = self._shown.get(sent.message_id, (0, None))
            if len(sent.versions) == versions or sent.deleted:
                continue
            if bubble:
                bubble.replaced = True
            shown = self._bubble(sent)
            self._shown[sent.message_id] = len(sent.versions), shown
            self.items.append(shown)
            last = sent
        return last

    def _bubble(self, sent: Sent) -> Bubble:
        photo, document = sent.method == "sendPhoto", sent.method == "sendDocument"
        return Bubble(
            sent.text,
            sent.entities,
            [[button["text"] for button in row] for row in sent.buttons],
            name="Blik" if self.group else "",
            quoted=self._said.get(sent.reply_to or 0, ""),
            picture=sent.file if photo else None,
            file=(sent.filename or "", len(sent.file or b"")) if document else None,
        )

    def shoot(self, name: str) -> None:
        """All since the last picture becomes a picture."""
        self.shots[name] = self.items
        self.items = []

    def html(self, name: str) -> str:
        title, subtitle = ("Inkoop", "3 leden") if self.group else ("Blik", "bot")
        return page(self.shots[name], title, subtitle, self.group)


def named_solution(phone: Phone) -> None:
    phone.tap(phone.say("/start"), "Iemand wil een product")
    phone.shoot("start")
    asked = phone.say(CAMERAS)
    phone.shoot("named-solution")
    phone.tap(asked, "Klachten")
    phone.shoot("answered")
    phone.tap(asked, "Weet ik niet")
    phone.shoot("do-not-know")


def problem(phone: Phone) -> None:
    _begun(phone)
    phone.say("Ouders klagen steen en been over het leerlingenvervoer en in augustus loopt het contract af.")
    phone.shoot("problem")


def fact(phone: Phone) -> None:
    phone.say("Vanaf welk bedrag moet een dienst Europees? En geen wedervragen graag.")
    phone.shoot("fact")


def gap(phone: Phone) -> None:
    _begun(phone)
    phone.tap(phone.say("We need a new carillon for the town hall tower. Who did this before?"), "Let me know")
    phone.shoot("gap")


def solution_space(phone: Phone) -> None:
    drawn = phone.tap(_asked_before(phone), "Andere oplossingen")
    phone.shoot("solution-space")
    phone.tap(drawn, "Als tekst")
    phone.shoot("solution-space-text")


def sources(phone: Phone) -> None:
    phone.tap(phone.tap(_asked_before(phone), "Bronnen"), "Volgende ›")
    phone.shoot("sources")


def group(phone: Phone) -> None:
    phone.added()
    phone.say("Wie pakt het zwerfafval in de wijk op?", "Bram", answered=False)
    phone.say("@blik_test_bot er ligt overal zwerfafval in de wijk, wat deden anderen?", "Anna")
    phone.shoot("group")


def contributions(phone: Phone) -> None:
    which = phone.tap(_asked_before(phone), "Klopt niet")
    phone.tap(which, which.labels[0])
    phone.say("De bijeenkomst was in 2018, zie het verslag op de website van de gemeente.")
    phone.shoot("correction")
    phone.say("/zaak")
    phone.say("Een middelgrote gemeente")
    phone.shoot("own-case")


def explanations(phone: Phone) -> None:
    _begun(phone)
    phone.say("/help")
    phone.shoot("help")
    phone.say("/privacy")
    phone.shoot("privacy")


def forget(phone: Phone) -> None:
    _asked_before(phone)
    phone.say("/mijngegevens")
    phone.tap(phone.say("/vergeet"), "Ja, wis alles")
    phone.shoot("forget")


def _begun(phone: Phone) -> None:
    """The start stands further up, off the screen."""
    phone.say("/start")
    phone.items.clear()


def _asked_before(phone: Phone) -> Sent:
    """So does an answer."""
    _begun(phone)
    asked = phone.say(CAMERAS)
    phone.items.clear()
    return asked


DIALOGUES = (
    named_solution, problem, fact, gap, solution_space, sources, group, contributions, explanations, forget,
)  # fmt: skip


def main(names: list[str]) -> int:
    """`names`: of dialogues, or none for all."""
    if not chromium():
        print(MISSING, file=sys.stderr)
        return 1
    TARGET.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, BotApi() as api:
        work = Path(folder)
        responsible = {"BLIK_ORGANISATION": "Gemeente Voorbeeld", "BLIK_PRIVACY_CONTACT": "privacy@voorbeeld.example"}
        phones: list[Phone] = []
        with bot_process(api, work / "data", work, **responsible) as bot:
            for number, dialogue in enumerate(DIALOGUES, 1):
                if not names or dialogue.__name__ in names:
                    phones.append(Phone(api, 1000 + number, "en" if dialogue is gap else "nl", dialogue is group))
                    dialogue(phones[-1])
            bot.stop()
        for phone in phones:
            for name in phone.shots:
                taken = photograph(phone.html(name), TARGET / f"{name}.png", work)
                tall = ", ".join(f"{height / SCREEN:.1f}" for height in taken.heights if height > SCREEN)
                print(f"{name}: {taken.bytes // 1000} kB; screens: {tall or '-'}; labels cut: {', '.join(taken.cut) or '-'}")
        for wrong in api.wrong:
            print(f"Telegram would refuse: {wrong}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
