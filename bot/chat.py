"""A conversation in any channel: a message or a tap in, advice and actions out, state kept between turns."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from bot.advisor.advice import Advice, Block, Sentence
from bot.advisor.advise import advise
from bot.advisor.context import Seen
from bot.advisor.masking import mask
from bot.advisor.room import wants_no_questions
from bot.advisor.screen import clean, shown
from bot.memory import TURNS, ChatState, Turn
from bot.texts import texts
from knowledge.document import Language
from knowledge.intents import Intent
from knowledge.library import Library

SUBJECT_CHARACTERS = 300
# "nog meer voorbeelden", "geef me voorbeelden", "andere oplossingen": of the subject of the last turn.
MORE = re.compile(
    r"(graag |geef |toon |show |give |heb je )*(me |mij )?(nog )?"
    r"((meer|andere|other|more|another)( voorbeelden?| zaken| cases?| examples?| oplossingen| solutions)?|voorbeelden|examples)"
    r"( graag| please|\?)*",
    re.IGNORECASE,
)
COMMANDS_AFRESH = ("/nieuw", "/start", "/new")
_CLARIFIED: tuple[Intent, ...] = ("problem", "solution", "examples", "how")


@dataclass(frozen=True)
class Action:
    """Something to tap; the id tells turn and option, so that it means the same however late it is tapped."""

    id: str
    label: str


@dataclass(frozen=True)
class Reply:
    """The answer of one turn."""

    turn: int
    advice: Advice
    actions: list[Action]


class Conversation:
    """One chat: turns go in order. `state` is what to keep."""

    def __init__(self, library: Library, state: ChatState, today: Callable[[], date] = date.today) -> None:
        self._library = library
        self._today = today
        self.state = state

    def say(self, message: str, language: Language | None = None) -> Reply:
        """Answer a message. A message that is the label of an answer of the last question is a tap on it."""
        text = clean(message)
        command = text.lower().split(" ")[0]
        if command in COMMANDS_AFRESH:
            self.state = ChatState(turn=self.state.turn)
            return self._keep(_words("hoi", self._language(language), "tap", "fresh"), subject="")
        last = self.state.turns.get(self.state.turn)
        if last:
            for index, option in enumerate(last.options):
                if text.lower().rstrip(".!") == option.lower():
                    return self._answer(last, index)
        if last and last.subject and MORE.fullmatch(text):
            return self._keep(self._advise(last.subject, last.language, intent="examples"), subject=last.subject)
        if wants_no_questions(text, "nl") or wants_no_questions(text, "en"):
            self.state.no_questions = True
        return self._keep(self._advise(message, language), subject=text)

    def tap(self, action: str) -> Reply:
        """Answer a tap on an action of this or an earlier turn."""
        with suppress(ValueError):
            turn, index = (int(part) for part in action.split("."))
            kept = self.state.turns.get(turn)
            if kept and 0 <= index < len(kept.options):
                return self._answer(kept, index)
        return self._keep(_words("", self._language(None), "tap", "old"), subject="")

    def _answer(self, asked: Turn, index: int) -> Reply:
        """The turn after an answer to a question: who would know, or what others did in such a case."""
        words = texts(asked.language)
        option = asked.options[index]
        if asked.question == "clarify" and _CLARIFIED[index] == "solution":
            return self._keep(_words(option, asked.language, "tap", "what"), subject="")
        if asked.question == "clarify":
            advice = self._advise(asked.subject, asked.language, intent=_CLARIFIED[index])
            return self._keep(advice, subject=asked.subject)
        if option == words["closing"]["no_idea"]:
            advice = _words(option, asked.language, "tap", "unknown")
            named = asked.named
            advice.forward = words["tap"]["forward"].format(subject=named) if named else words["tap"]["forward_plain"]
            return self._keep(advice, subject=asked.subject)
        advice = self._advise(f"{asked.subject} {option}", asked.language, intent=asked.intent, answer=option)
        advice.question = option
        return self._keep(advice, subject=f"{asked.subject} {option}")

    def _advise(
        self, message: str, language: Language | None, intent: Intent | None = None, answer: str | None = None
    ) -> Advice:
        seen = Seen(set(self.state.cases), set(self.state.questions), self.state.no_questions)
        with self._library.lease() as (generation, engine):
            return advise(
                message,
                generation,
                engine,
                today=self._today(),
                language=language,
                seen=seen,
                intent=intent,
                answer=answer,
            )

    def _language(self, language: Language | None) -> Language:
        last = self.state.turns.get(self.state.turn)
        return language or (last.language if last else "nl")

    def _keep(self, advice: Advice, subject: str) -> Reply:
        state = self.state
        state.turn += 1
        closing = advice.closing
        state.turns[state.turn] = Turn(
            subject=mask(subject)[:SUBJECT_CHARACTERS],
            language=advice.language,
            intent=advice.intent,
            named=mask(advice.named_solution) if advice.named_solution else None,
            room=advice.room,
            dose=advice.dose,
            question=closing.id if closing else None,
            options=closing.options if closing else [],
        )
        state.turns = {turn: kept for turn, kept in state.turns.items() if turn > state.turn - TURNS}
        state.cases = list(dict.fromkeys([*state.cases, *(case.id for case in advice.cases)]))
        if closing and closing.id:
            state.questions = list(dict.fromkeys([*state.questions, closing.id]))
        actions = [Action(f"{state.turn}.{index}", label) for index, label in enumerate(closing.options if closing else [])]
        return Reply(state.turn, advice, actions)


def _words(question: str, language: Language, group: str, name: str) -> Advice:
    """An answer that is only written words."""
    text = texts(language)[group][name]
    return Advice(
        question=question, language=language, status="answered", intent="other",
        blocks=[Block(kind="lead", sentences=[Sentence(text=text)])],
    )  # fmt: skip


def failed(message: str, language: Language) -> tuple[Advice, str]:
    """The answer when something unforeseen went wrong, and the code under which the log has it."""
    code = secrets.token_hex(3)
    advice = _words(shown(message), language, "status", "error")
    advice.status = "error"
    advice.blocks[0].sentences[0].text = advice.blocks[0].sentences[0].text.format(code=code)
    return advice, code
