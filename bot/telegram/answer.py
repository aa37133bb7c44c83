"""From a message in the inbox to the parts of its answer and what it changes. Sends nothing and waits for nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import sqlalchemy as sa
import yaml
from pydantic import BaseModel

from bot.advisor import detail
from bot.advisor.advice import Advice, Block, Closing, Sentence
from bot.advisor.replies import written
from bot.advisor.state import ChatState
from bot.channel import Action, Channel, Contribution
from bot.chat import Conversation, failed
from bot.inbox import Inbox, Row
from bot.memory import Memory
from bot.menu import read as read_command
from bot.settings import BotSettings
from bot.telegram.incoming import Me
from bot.telegram.render import Part, plain, render
from bot.texts import texts
from knowledge.document import Case, Language
from knowledge.library import Library

SOURCES_A_PAGE = 3
SHOWN_IN_NOTICE = 3


Change = Callable[[sa.Connection], None]


class Plan(BaseModel):
    """The parts of an answer and its outcome. `wakes` are chats that then have something to be told.

    `erased`: the chat was forgotten, so that not even its ids stay.
    """

    parts: list[Part] = []
    outcome: str = "answered"
    wakes: set[int] = set()
    erased: bool = False


Answer = tuple[Plan, Change | None]


def telegram_channel(config: BotSettings) -> Channel:
    """What the Telegram channel can do and says of privacy."""
    privacy: dict[Language, list[Block]] = {}
    languages: tuple[Language, ...] = ("nl", "en")
    for language in languages:
        words = texts(language)["privacy"]
        rights = words["rights"]
        if config.organisation or config.privacy_contact:
            contact, organisation = config.privacy_contact or "–", config.organisation or "–"
            rights += " " + words["responsible"].format(contact=contact, organisation=organisation)
        told = {"kept": words["kept"].format(days=config.retention_days), "readers": words["readers"], "model": words["model"]}
        privacy[language] = [
            Block(kind="lead", label=words[f"{name}_label"], sentences=[Sentence(text=text)])
            for name, text in {**told, "rights": rights}.items()
        ]
        privacy[language].append(Block(kind="lead", sentences=[Sentence(text=words["archive"])]))
    return Channel("telegram", notices=True, page=SOURCES_A_PAGE, privacy=privacy)


class Answerer:
    """Answers messages of the inbox. May be called from several threads, for one chat from one at a time."""

    def __init__(self, library: Library, memory: Memory, inbox: Inbox, config: BotSettings, me: Me) -> None:
        self._library = library
        self._memory = memory
        self._inbox = inbox
        self._config = config
        self._me = me
        self._channel = telegram_channel(config)

    def name(self, chat: int, thread: int | None = None) -> str:
        """Under which a chat, or a topic in it, is kept."""
        return f"telegram:{self._me.id}:{chat}" + (f":{thread}" if thread else "")

    def answer(self, row: Row, text: str, administers: Callable[[int, int], bool]) -> Answer:
        """The answer to a message, and what to change in the transaction that keeps it.

        `text` is that of the message and of all that belongs to it. `administers` tells whether a user is an administrator of a
        group; it may block.
        """
        match row.kind:
            case "moved":
                new = int(row.content["to"])
                return Plan(outcome="moved", wakes={new}), lambda connection: self._move(connection, row.chat, new)
            case "blocked":
                name = self.name(row.chat)
                return Plan(outcome="blocked"), lambda connection: self._memory.no_notices(connection, name)
            case "notice":
                return self._notice(row)
        language: Language = row.content["language"]
        words = texts(language)["telegram"]
        if row.user is None or not self._config.may_chat(row.user):
            told = plain(words["refused"].format(user=row.user or "–")) if row.kind != "added" else []
            return Plan(parts=told, outcome="refused"), None
        limit = self._config.rate_per_minute
        if not _always(row, text) and self._inbox.received(row.user, row) > limit:
            return Plan(parts=plain(words["busy"].format(limit=limit)), outcome="limited"), None
        return self._in_conversation(row, text, language, administers)

    def sorry(self, row: Row) -> tuple[Plan, str]:
        """The answer to a message that cannot be answered, and the code under which the log tells of it."""
        advice, code = failed("", row.content.get("language", "nl"))
        return Plan(parts=render(advice, [], ""), outcome="failed"), code

    def move(self, old: int, new: int) -> None:
        """A group became a supergroup, with another id."""
        self._inbox.together(lambda connection: self._move(connection, old, new))

    def _move(self, connection: sa.Connection, old: int, new: int) -> None:
        self._memory.rename(connection, self.name(old), self.name(new))
        self._inbox.move(connection, old, new)

    def _in_conversation(self, row: Row, text: str, language: Language, administers: Callable[[int, int], bool]) -> Answer:
        name, state = self.name(row.chat, row.thread), self._memory.load(self.name(row.chat, row.thread))
        usual: Language = state.language or language
        talk = Conversation(self._library, state, channel=self._channel, usual=usual)
        command = read_command(text.strip(), "telegram") if row.kind in ("text", "edited") else None
        mark, _, action = str(row.content.get("data", "")).partition(":")
        ours = mark == state.mark
        if row.kind == "tap" and ours and action in ("forget.yes", "forget.no"):
            return self._forget(row, usual, action == "forget.yes", administers)
        if command and command[0] == "mydata":
            return self._my_data(row, usual), None
        opening = self._opening(row, state, usual, command is not None and command[0] == "start")
        if row.kind == "added":
            return Plan(parts=opening), self._keeping(name, state)
        if row.kind == "media":
            return Plan(parts=[*opening, *plain(texts(usual)["telegram"]["media"])]), self._keeping(name, state)
        if command and command[0] == "forget":
            return Plan(parts=[*opening, *render(*self._ask_forget(usual), state.mark)]), self._keeping(name, state)
        reply = talk.tap(action if ours else "") if row.kind == "tap" else talk.say(text or "/start")
        parts = [*opening, *render(reply.advice, reply.actions, talk.state.mark)]
        if reply.page and len(parts) == 1 and row.message and not row.content["old"]:
            parts[0].edit = row.message
        told = [one for one in reply.contributions if one.kind in ("remark", "correction", "case")]
        return Plan(parts=parts, wakes=set(self._config.admins) if told else set()), self._keeping(
            name, talk.state, reply.contributions
        )

    def _opening(self, row: Row, state: ChatState, language: Language, greets: bool) -> list[Part]:
        """Before the first answer in a chat: that it is an AI tool, and in a group when it answers."""
        if state.introduced:
            return []
        state.introduced = True
        words = texts(language)["telegram"]
        if row.content["group"]:
            return plain(words["group"].format(username=self._me.username))
        return [] if greets else plain(words["introduced"])

    def _keeping(self, name: str, state: ChatState, handed_in: Sequence[Contribution] = ()) -> Change:
        """Keep the state and what was handed in, and plan to tell the admins."""

        def keep(connection: sa.Connection) -> None:
            for id_ in self._memory.keep(connection, name, state, handed_in):
                for admin in self._config.admins:
                    self._inbox.tell(connection, admin, {"contribution": id_})

        return keep

    def _ask_forget(self, language: Language) -> tuple[Advice, list[Action]]:
        words = texts(language)["telegram"]
        actions = [Action("forget.yes", words["forget_yes"]), Action("forget.no", words["forget_no"])]
        advice = written(words["forget_text"], "", language)
        advice.closing = Closing(kind="offer", question=words["forget_question"], options=[action.label for action in actions])
        return advice, actions

    def _forget(self, row: Row, language: Language, sure: bool, administers: Callable[[int, int], bool]) -> Answer:
        """Erase all about the chat, topics included, and say what that was."""
        words = texts(language)["telegram"]
        if not sure:
            return Plan(parts=plain(words["not_forgotten"])), None
        assert row.user is not None
        if row.content["group"] and not administers(row.chat, row.user):
            return Plan(parts=plain(words["only_administrators"])), None
        kept, names = self._memory.export(self.name(row.chat)), words["forgotten_parts"]
        there = {"state": kept["chats"], "contributions": kept["handed_in"], "gaps": kept["gaps"]}
        what = [names[kind] for kind, rows in there.items() if rows] + [names["inbox"]]

        def erase(connection: sa.Connection) -> None:
            self._memory.erase(connection, self.name(row.chat))
            self._inbox.erase(connection, row.chat, row)

        return Plan(parts=plain(words["forgotten"].format(what=", ".join(what))), erased=True), erase

    def _my_data(self, row: Row, language: Language) -> Plan:
        """All that is kept of the chat, as a file that people and programs can read (YAML)."""
        kept = {**self._memory.export(self.name(row.chat)), "messages": self._inbox.export(row.chat)}
        text = yaml.safe_dump(json.loads(json.dumps(kept, default=str)), allow_unicode=True, sort_keys=False, width=100)
        words = texts(language)["telegram"]
        return Plan(parts=[Part(html=words["my_data"], file=text, filename=words["my_data_file"])])

    def _notice(self, row: Row) -> Answer:
        """Something to tell unasked: to an admin what was handed in, to a buyer that a gap was filled."""
        if "contribution" in row.content:
            found = self._memory.contribution(int(row.content["contribution"]))
            return (Plan(parts=self._handed_in(*found)) if found else Plan(outcome="gone")), None
        gap = int(row.content["gap"])
        wish = self._memory.wish(gap)
        advice = self.filled(*wish) if wish else None
        if advice is None:
            return Plan(outcome="gone"), None
        return Plan(parts=render(advice, [], "")), lambda connection: self._memory.told(connection, gap)

    def filled(self, subject: str, language: Language) -> Advice | None:
        """What to tell who asked for a subject on which there was nothing; None while there still is nothing."""
        advice = Conversation(self._library, ChatState(), usual=language).say(subject, language).advice
        near = [case.id for case in advice.cases if case.role == "near"][:SHOWN_IN_NOTICE]
        if advice.found != "good" or not near:
            return None
        with self._library.lease() as (generation, _):
            found = [generation.documents.get(id_) for id_ in near]
        text = texts(language)["gap"]["filled"].format(subject=subject)
        return detail.in_short([case for case in found if isinstance(case, Case)], text, language)

    def _handed_in(self, kind: str, content: dict[str, object]) -> list[Part]:
        """What an admin reads of what a buyer handed in."""
        words = texts("nl")
        lines = [words["telegram"]["handed_in"][kind]]
        names = words["hand_in"]["fields"]
        for key, value in content.items():
            said = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            if said:
                lines.append(f"{names[key]}: {said}")
        return plain("\n".join(lines))


def _always(row: Row, text: str) -> bool:
    """Whether a message is answered however many there are: leaving must always be possible."""
    command = read_command(text.strip(), "telegram") if row.kind in ("text", "edited") else None
    leaves = command is not None and command[0] in ("forget", "stop")
    return leaves or str(row.content.get("data", "")).partition(":")[2] in ("forget.yes", "forget.no")
