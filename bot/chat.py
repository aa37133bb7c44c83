"""A conversation in any channel: a message or a tap in, advice and actions out, state kept between turns."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from bot.advisor import followup, replies
from bot.advisor.advice import Advice, Skill
from bot.advisor.followup import Control, Move
from bot.advisor.masking import mask
from bot.advisor.replies import written
from bot.advisor.screen import clean, shown
from bot.advisor.state import SUBJECT_CHARACTERS, ChatState, Subject, Turn
from bot.subject import SKILLS, Talk
from bot.texts import texts
from knowledge.document import Language
from knowledge.library import Library

FRESH = ("/nieuw", "/start", "/new")
COMMANDS: dict[str, followup.Kind] = {
    "/oplossingsruimte": "space", "/solutions": "space", "/raakvlakken": "connections", "/connections": "connections",
    "/procedure": "procedures", "/procedures": "procedures", "/voorbeelden": "more", "/examples": "more",
}  # fmt: skip
WRITTEN = {"/help": "can", "/taal": "languages", "/language": "languages", "/privacy": "privacy"}
# What to say when a message holds a control and nothing else.
SAID: dict[Control, tuple[str, str]] = {
    "quiet": ("other", "no_questions"), "irritated": ("other", "no_questions"), "switch": ("tap", "fresh"),
    "aside": ("other", "plain"), "dismissed": ("other", "acknowledged"),
}  # fmt: skip


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
        self._talk = Talk(library, state, today)

    @property
    def state(self) -> ChatState:
        return self._talk.state

    def say(self, message: str, language: Language | None = None) -> Reply:
        """Answer a message, in the light of all that the conversation has had."""
        talk, text = self._talk, clean(message)
        talk.begin_turn(language)
        command, _, rest = text.partition(" ")
        command = command.lower()
        if command in FRESH:
            talk.state = ChatState(turn=talk.state.turn, language=talk.state.language)
            return self._keep(talk.written("tap", "fresh", text))
        if command in WRITTEN:
            return self._keep(talk.written("other", WRITTEN[command], text))
        if command in COMMANDS:
            return self._follow(Move(COMMANDS[command], about=rest), rest or text)
        found, left = followup.controls(text, talk.state)
        if not found:
            return self._follow(followup.read(text, talk.state), message)
        for control in found:
            self._steer(control, text)
        if left:
            return self._follow(followup.read(left, talk.state), left)
        return self._steered(found[-1], text)

    def tap(self, action: str) -> Reply:
        """Answer a tap on an action of this or an earlier turn."""
        talk = self._talk
        with suppress(ValueError):
            number, name = action.split(".", 1)
            turn = talk.state.turns.get(int(number))
            if turn and (name in (*SKILLS, "sources") or 0 <= int(name) < len(turn.options)):
                talk.begin_turn(turn.language)
                talk.state.resume(turn)
                if name == "sources":
                    return self._keep(talk.sources(turn, texts(turn.language)["action"][name]))
                if name in SKILLS:
                    return self._keep(talk.skill(SKILLS[name], turn.subject, texts(turn.language)["action"][name]))
                return self._keep(talk.option(turn, int(name)))
        talk.begin_turn(None)
        return self._keep(talk.written("tap", "old", ""))

    def _steer(self, control: Control, text: str) -> None:
        """Set what a control sets."""
        state = self._talk.state
        match control:
            case "quiet" | "irritated":
                state.no_questions = True
            case "talk":
                state.no_questions = False
            case "dutch" | "english":
                state.language = "nl" if control == "dutch" else "en"
                self._talk.begin_turn(state.language)
            case "switch":
                state.begin(Subject())
            case "back":
                self._talk.back(text)

    def _steered(self, control: Control, text: str) -> Reply:
        """The answer to a message that only steers."""
        talk = self._talk
        if control in SAID:
            return self._keep(talk.written(*SAID[control], text))
        if control in ("dutch", "english"):
            return self._keep(talk.translated(text))
        return self._keep(talk.go_on("back" if control == "back" else "talk", text))

    def _follow(self, move: Move, text: str) -> Reply:
        """Do what a message means."""
        talk, state = self._talk, self._talk.state
        match move.kind:
            case "option" if state.last and move.option is not None:
                return self._keep(talk.option(state.last, move.option))
            case "why":
                return self._keep(replies.why(state, talk.language, text), same_question=True)
            case "who" | "tell":
                return self._keep(talk.detail(move.kind, text))
            case "sources":
                turns = reversed(state.turns.values())
                return self._keep(talk.sources(next((turn for turn in turns if turn.sources), None), text))
            case "space" | "connections" | "procedures":
                about = move.about or state.subject.text
                advice = talk.skill(SKILLS[move.kind], about, text) if about else talk.written("tap", "which_subject", text)
                return self._keep(advice)
            case "more" if state.subject.known and not move.about:
                return self._keep(talk.more(text))
            case "more":
                return self._keep(talk.message(move.about or text, intent="examples"))
            case "unknown":
                return self._keep(talk.unknown(text))
            case "answer":
                return self._keep(talk.answered(text))
            case "room":
                return self._keep(talk.new_room(text))
            case "refine":
                return self._keep(talk.refine(text))
            case "side":
                return self._keep(talk.fact(text))
            case _:
                return self._keep(talk.message(text))

    def _keep(self, advice: Advice, same_question: bool = False) -> Reply:
        """Remember a turn, and say what can be tapped under its answer."""
        state, subject, closing = self._talk.state, self._talk.state.subject, advice.closing
        open_still = state.last if same_question else None
        turn = Turn(
            subject=mask(clean(advice.question))[:SUBJECT_CHARACTERS] if advice.status == "clarify" else subject.text,
            language=advice.language,
            intent=subject.intent if subject.known else advice.intent,
            named=mask(subject.named) if subject.named else None,
            room=advice.room,
            dose=advice.dose,
            question=closing.id if closing else open_still.question if open_still else None,
            options=closing.options if closing else open_still.options if open_still else [],
            cases=[case.id for case in advice.cases],
            sources=list(dict.fromkeys(source.id for source in advice.sources)),
        )
        state.remember(turn)
        if self._talk.on_subject and subject.known:
            subject.steps = list(dict.fromkeys([*subject.steps, *advice.steps]))
            if closing and closing.perspective:
                subject.perspectives.append(closing.perspective)
        actions = [Action(f"{state.turn}.{index}", label) for index, label in enumerate(turn.options)]
        return Reply(state.turn, advice, [*actions, *self._standing(advice, turn)])

    def _standing(self, advice: Advice, turn: Turn) -> list[Action]:
        """What can be tapped under any answer about a subject."""
        if advice.status not in ("answered", "gap") or not advice.sources:
            return []
        words = texts(turn.language)["action"]
        offered: list[tuple[str, Skill]] = [("space", "solution-space"), ("connections", "connections")]
        names = [name for name, skill in offered if turn.subject and skill != advice.skill]
        return [Action(f"{self.state.turn}.{name}", words[name]) for name in (*names, "sources")]


def failed(message: str, language: Language) -> tuple[Advice, str]:
    """The answer when something unforeseen went wrong, and the code under which the log has it."""
    code = secrets.token_hex(3)
    text = texts(language)["status"]["error"].format(code=code)
    advice = written(text, shown(message), language)
    advice.status = "error"
    return advice, code
