"""A conversation in any channel: a message or a tap in, advice and actions out, state kept between turns."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date

from bot import asides
from bot.advisor import followup, replies
from bot.advisor.advice import Advice, Block, Sentence, Skill
from bot.advisor.facts import who, years
from bot.advisor.followup import Control, Move
from bot.advisor.masking import mask
from bot.advisor.replies import written
from bot.advisor.screen import clean, is_empty, shown
from bot.advisor.state import SUBJECT_CHARACTERS, ChatState, Subject, Turn
from bot.channel import COMMAND_LINE, Action, Channel, Contribution, Reply
from bot.menu import read as read_command
from bot.subject import SKILLS, Talk
from bot.texts import texts
from knowledge.document import Case, Language
from knowledge.library import Library

CALLED_CHARACTERS = 28
# Commands that are moves about the subject.
MOVES: dict[str, followup.Kind] = {
    "more": "more", "space": "space", "connections": "connections", "procedures": "procedures", "intake": "intake",
}  # fmt: skip
# What to say when a message holds a control and nothing else.
SAID: dict[Control, tuple[str, str]] = {
    "quiet": ("other", "no_questions"), "irritated": ("other", "no_questions"), "switch": ("tap", "fresh"),
    "aside": ("other", "plain"), "dismissed": ("other", "acknowledged"),
}  # fmt: skip


class Conversation:
    """One chat: turns go in order. `state` is what to keep; `usual` is the language until a message or a choice tells it."""

    def __init__(
        self,
        library: Library,
        state: ChatState,
        today: Callable[[], date] = date.today,
        channel: Channel = COMMAND_LINE,
        usual: Language = "nl",
    ) -> None:
        self._talk = Talk(library, state, today, usual)
        self._channel = channel

    @property
    def state(self) -> ChatState:
        return self._talk.state

    def say(self, message: str, language: Language | None = None) -> Reply:
        """Answer a message, in the light of all that the conversation has had."""
        before = self.state.turn
        return self._numbered(self._said(message, language), before)

    def tap(self, action: str) -> Reply:
        """Answer a tap on an action of this or an earlier turn."""
        before = self.state.turn
        return self._numbered(self._tapped(action), before)

    def _numbered(self, reply: Reply, before: int) -> Reply:
        """An aside counts as a turn too, but is not kept as one."""
        if self.state.turn > before:
            return reply
        self.state.turn += 1
        return replace(reply, turn=self.state.turn)

    def _said(self, message: str, language: Language | None) -> Reply:
        talk, text = self._talk, clean(message)
        talk.begin_turn(language)
        command = read_command(text, self._channel.name)
        if command:
            return self._command(*command, text)
        tapped = self.state.asides.get(text.lower())
        if tapped:
            return self._tapped(tapped)
        if self.state.form and not is_empty(text):
            return asides.form_text(self.state, text)
        found, left = followup.controls(text, talk.state)
        if not found:
            return self._follow(followup.read(text, talk.state), message)
        for control in found:
            self._steer(control, text)
        if left:
            return self._follow(followup.read(left, talk.state), left)
        return self._steered(found[-1], text)

    def _tapped(self, action: str) -> Reply:
        talk = self._talk
        number, _, name = action.partition(".")
        talk.begin_turn(None)
        reply = self._aside_tap(number, name, action)
        if reply:
            return reply
        with suppress(ValueError):
            turn = talk.state.turns.get(int(number))
            if turn and (name in SKILLS or 0 <= int(name) < len(turn.options)):
                talk.begin_turn(turn.language)
                talk.state.resume(turn)
                if name in SKILLS:
                    return self._keep(talk.skill(SKILLS[name], turn.subject, texts(turn.language)["action"][name]))
                return self._keep(talk.option(turn, int(name)))
        return asides.say(talk.state, texts(talk.language)["tap"]["old"], talk.language)

    def _command(self, name: str, rest: str, text: str) -> Reply:
        """Do what a command asks; a form that was open is dropped."""
        talk, state = self._talk, self._talk.state
        state.form = None
        if name in ("start", "new"):
            kept = {"turn": state.turn, "mark": state.mark, "language": state.language, "introduced": state.introduced}
            talk.state = ChatState.model_validate(kept)
            if name == "start":
                return asides.start(talk.state, talk.language)
            return self._keep(talk.written("tap", "fresh", text))
        if name in MOVES:
            return self._follow(Move(MOVES[name], about=rest), rest or text)
        match name:
            case "help":
                return asides.help_(state, self._channel, talk.language)
            case "language" if detect_choice(rest):
                return self._choose(detect_choice(rest) or "nl")
            case "language":
                return asides.languages(state, talk.language)
            case "privacy":
                return asides.privacy(state, self._channel, talk.language)
            case "case":
                return asides.own_case(state, talk.language)
            case "wrong":
                return self._correct(state.last_with_cases)
            case "stop":
                reply = asides.say(state, texts(talk.language)["other"]["stopped"], talk.language)
                reply.contributions.append(Contribution("no_notices"))
                return reply
            case _:
                return asides.say(state, texts(talk.language)["other"]["unknown_command"], talk.language)

    def _choose(self, language: Language) -> Reply:
        """From now on answer in `language`."""
        self.state.language = language
        return asides.say(self.state, texts(language)["language"]["chosen"], language)

    def _correct(self, turn: Turn | None) -> Reply:
        """Ask what is wrong with a case that a turn showed."""
        talk = self._talk
        language = turn.language if turn else talk.language
        by_id = {case.id: case for case in talk.cases()}
        shown_then = [by_id[id_] for id_ in (turn.cases if turn else []) if id_ in by_id]
        return asides.correction(self.state, [(case.id, _called(case, language)) for case in shown_then], language)

    def _aside_tap(self, number: str, name: str, action: str) -> Reply | None:
        """The answer to a tap beside the subject; None when it is about the subject, or is too old."""
        talk, state = self._talk, self._talk.state
        if number == "form":
            return asides.form_tap(state, action)
        if number == "language" and name in ("nl", "en"):
            return self._choose("nl" if name == "nl" else "en")
        if number == "start" and name.isdecimal() and int(name) < len(texts(talk.language)["start"]["then"]):
            return asides.started(state, int(name), talk.language)
        turn = state.turns.get(int(number)) if number.isdecimal() else None
        if turn is None:
            return None
        talk.begin_turn(turn.language)
        kind, _, page = name.partition(".")
        if name in asides.VOTES:
            return asides.vote(state, turn, name == "useful", int(number))
        match kind:
            case "remark":
                return asides.remark(state, turn)
            case "wrong":
                return self._correct(turn)
            case "case":
                return asides.own_case(state, turn.language)
            case "text":
                actions = [Action(f"{number}.{index}", label) for index, label in enumerate(turn.options)]
                return Reply(state.turn, talk.told_again(turn), actions)
            case "notify":
                reply = asides.say(state, texts(turn.language)["gap"]["will_tell"], turn.language)
                reply.contributions.append(Contribution("notify", {"subject": turn.subject, "language": turn.language}))
                return reply
            case "sources" if not page or page.isdecimal():
                return self._sources(turn, int(number), int(page or 0), bool(page))
        return None

    def _sources(self, turn: Turn, number: int, page: int, turned: bool) -> Reply:
        """The sources of a turn, a page at a time where the channel wants that."""
        advice, pages = self._talk.sources(turn, texts(turn.language)["action"]["sources"], page, self._channel.page)
        words = texts(turn.language)["action"]
        actions = [Action(f"{number}.sources.{page - 1}", words["back"])] if page else []
        actions += [Action(f"{number}.sources.{page + 1}", words["further"])] if page + 1 < pages else []
        return Reply(self.state.turn, advice, actions, page=turned)

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
                return self._keep(talk.sources(next((turn for turn in turns if turn.sources), None), text)[0])
            case "intake" if not (move.about or state.subject.known):
                return self._keep(talk.intake(text))
            case "space" | "connections" | "procedures" | "intake":
                about = move.about or state.subject.text
                advice = talk.skill(SKILLS[move.kind], about, text) if about else talk.written("tap", "which_subject", text)
                return self._keep(advice)
            case "more" if state.subject.known and not move.about:
                return self._keep(talk.more(text))
            case "more" if text.startswith("/"):
                return self._keep(talk.written("tap", "which_subject", ""))
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
            sources=advice.sources,
            families=advice.families,
        )
        state.remember(turn)
        state.asides, state.form = {}, None
        if self._talk.on_subject and subject.known:
            subject.steps = list(dict.fromkeys([*subject.steps, *advice.steps]))
            if closing and closing.perspective:
                subject.perspectives.append(closing.perspective)
        actions = [Action(f"{state.turn}.{index}", label) for index, label in enumerate(turn.options)]
        return Reply(state.turn, advice, [*actions, *self._standing(advice, turn)], self._counted(advice, turn))

    def _counted(self, advice: Advice, turn: Turn) -> list[Contribution]:
        """A gap, where there is one; and say that it is counted where the channel counts."""
        if advice.status != "gap" or not self._talk.began:
            return []
        if self._channel.notices:
            text = texts(advice.language)["gap"]["counted"]
            advice.blocks.append(Block(kind="lead", sentences=[Sentence(text=text)]))
        content = {"families": turn.families, "sector": advice.sector, "language": advice.language}
        return [Contribution("gap", content)]

    def _standing(self, advice: Advice, turn: Turn) -> list[Action]:
        """What can be tapped under any answer about a subject."""
        if advice.status not in ("answered", "gap") or not (advice.sources or advice.status == "gap"):
            return []
        words, number = texts(turn.language)["action"], self.state.turn
        offered: list[tuple[str, Skill]] = [("space", "solution-space"), ("connections", "connections")]
        names = [name for name, skill in offered if turn.subject and skill != advice.skill and advice.status != "gap"]
        if advice.sources:
            names.append("sources")
        if self._channel.notices:
            if advice.directions:
                names.append("text")
            if advice.status == "gap" and self._talk.began:
                names += ["notify", "case"]
            names += [*(["wrong"] if advice.cases else []), "useful", "useless"]
        return [Action(f"{number}.{name}", words[name]) for name in names]


def _called(case: Case, language: Language) -> str:
    """What to call a case on a button: who, shortened, and when."""
    name = who(case, language)
    short = name if len(name) <= CALLED_CHARACTERS else name[: CALLED_CHARACTERS - 1].rstrip(" ,") + "…"
    return f"{short}, {years(case, language)}"


def detect_choice(words: str) -> Language | None:
    """The language that words after /taal name."""
    said = words.lower()
    if said in ("nl", "nederlands", "dutch"):
        return "nl"
    return "en" if said in ("en", "engels", "english") else None


def failed(message: str, language: Language) -> tuple[Advice, str]:
    """The answer when something unforeseen went wrong, and the code under which the log has it."""
    code = secrets.token_hex(3)
    text = texts(language)["status"]["error"].format(code=code)
    advice = written(text, shown(message), language)
    advice.status = "error"
    return advice, code
