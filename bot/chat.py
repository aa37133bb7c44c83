"""A conversation in any channel: a message or a tap in, advice and actions out, state kept between turns."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date

from bot.advisor import clock, detail, followup, replies, wanted
from bot.advisor.advice import Advice, Sentence, Skill
from bot.advisor.advise import advise
from bot.advisor.context import Seen, Wish
from bot.advisor.followup import Move
from bot.advisor.language import detect
from bot.advisor.masking import mask
from bot.advisor.questions import question
from bot.advisor.replies import TakenUp, written
from bot.advisor.room import told_room
from bot.advisor.screen import clean, shown
from bot.advisor.state import ANSWER_CHARACTERS, SUBJECT_CHARACTERS, TURNS, Answer, ChatState, Subject, Turn
from bot.texts import texts
from knowledge.document import Case, Language
from knowledge.intents import Intent
from knowledge.library import Library

EARLIER = 3  # subjects to which a conversation can go back
SKILLS: dict[str, Skill] = {"space": "solution-space", "connections": "connections", "procedures": "procedures"}
FRESH = ("/nieuw", "/start", "/new")
COMMANDS: dict[str, followup.Kind] = {
    "/oplossingsruimte": "space", "/solutions": "space", "/raakvlakken": "connections", "/connections": "connections",
    "/procedure": "procedures", "/procedures": "procedures", "/voorbeelden": "more", "/examples": "more",
}  # fmt: skip
_CLARIFIED: tuple[Intent, ...] = ("problem", "solution", "examples", "how")
_SUBJECT_INTENTS: tuple[Intent, ...] = ("solution", "problem", "examples")


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
        """Answer a message, in the light of all that the conversation has had."""
        text = clean(message)
        command, _, rest = text.partition(" ")
        if command.lower() in FRESH:
            self.state = ChatState(turn=self.state.turn, language=self.state.language)
            return self._keep(self._written("tap", "fresh", text, language))
        if command.lower() in ("/help", "/taal", "/language") and not rest:
            return self._keep(self._written("other", "can" if command.lower() == "/help" else "languages", text, language))
        if command.lower() in COMMANDS:
            return self._follow(Move(COMMANDS[command.lower()], about=rest), rest, message, language)
        return self._follow(followup.read(text, self.state), text, message, language)

    def tap(self, action: str) -> Reply:
        """Answer a tap on an action of this or an earlier turn."""
        with suppress(ValueError):
            number, name = action.split(".", 1)
            turn = self.state.turns.get(int(number))
            if turn and name in (*SKILLS, "sources"):
                self._resume(turn)
                if name == "sources":
                    return self._sources(turn, name, None)
                return self._skill(SKILLS[name], turn.subject, texts(turn.language)["action"][name], turn.language)
            if turn and 0 <= int(name) < len(turn.options):
                self._resume(turn)
                return self._option(turn, int(name))
        return self._keep(self._written("tap", "old", "", None))

    def _follow(self, move: Move, text: str, message: str, language: Language | None) -> Reply:
        """Do what a message means."""
        state = self.state
        match move.kind:
            case "option" if state.last and move.option is not None:
                return self._option(state.last, move.option)
            case "quiet":
                state.no_questions = True
                if len(text.split()) > 6 or (move.about and not state.subject.known):
                    return self._message(message, language)
                return self._keep(self._written("other", "no_questions", text, language))
            case "irritated":
                state.no_questions = True
                return self._keep(self._written("other", "no_questions", text, language))
            case "talk":
                state.no_questions = False
                return self._again("talk", text, language)
            case "dutch" | "english":
                state.language = "nl" if move.kind == "dutch" else "en"
                return self._translated(text)
            case "why":
                return self._keep(replies.why(state, self._language(language), text), same_question=True)
            case "who" | "tell" | "sources":
                return self._detail(move.kind, text, message, language)
            case "space" | "connections" | "procedures":
                about = move.about or state.subject.text
                if not about:
                    return self._keep(self._written("tap", "which_subject", text, language))
                return self._skill(SKILLS[move.kind], about, text, language)
            case "more":
                if not state.subject.known or move.about:
                    return self._message(move.about or text, language, intent="examples")
                return self._on_subject(text, language, intent="examples", message=state.subject.text)
            case "switch":
                if not move.about:
                    self._set_aside()
                    return self._keep(self._written("tap", "fresh", text, language))
                return self._message(message, language)
            case "back":
                return self._back(move.about, text, language)
            case "unknown":
                asked = question(state.last.question) if state.last else None
                return self._keep(replies.who_knows(asked, state, self._language(language), text))
            case "answer":
                return self._answered(text, language)
            case "room":
                return self._on_subject(text, language, room=True)
            case "refine":
                return self._refine(text, language)
            case "side":
                return self._keep(self._advise(message, Wish(language=language or state.language)), side=True)
            case _:
                return self._message(message, language)

    def _message(self, message: str, language: Language | None, intent: Intent | None = None) -> Reply:
        """A message that stands on its own: a new subject, unless it is a fact, small talk or nothing to answer."""
        advice = self._advise(message, Wish(language=language or self.state.language, intent=intent))
        about_subject = advice.status in ("answered", "gap", "clarify") and advice.intent in _SUBJECT_INTENTS
        if not about_subject and not (advice.named_solution and advice.status != "declined"):
            return self._keep(advice, side=True)
        self._set_aside()
        self.state.subject = Subject(
            text=mask(clean(message))[:SUBJECT_CHARACTERS], intent=advice.intent, named=advice.named_solution,
            families=advice.families, room=advice.room, ends=self._ends(message),
        )  # fmt: skip
        return self._keep(advice)

    def _on_subject(
        self,
        text: str,
        language: Language | None,
        *,
        intent: Intent | None = None,
        message: str | None = None,
        room: bool = False,
        taken: TakenUp | None = None,
        wish: Wish | None = None,
    ) -> Reply:
        """Advice on the subject in the light of a new message: a detail, an answer, or what is still open."""
        subject = self.state.subject
        if room:
            subject.room = told_room(text, detect(text, self._language(language))) or subject.room
            subject.ends = self._ends(text) or subject.ends
        wish = replace(
            wish or Wish(), language=language or self.state.language or self._language(None), room=subject.room,
            intent=intent or (subject.intent if subject.intent in _SUBJECT_INTENTS else "problem"),
            opening=taken.opening if taken else [], ask=taken.ask if taken else None,
        )  # fmt: skip
        advice = self._advise(message or f"{subject.text} {text}", wish)
        advice.question = shown(text)
        return self._keep(advice)

    def _refine(self, text: str, language: Language | None) -> Reply:
        """A detail of the subject; or the same for another kind of organisation, time or outcome."""
        with self._library.lease() as (generation, _):
            cases = [document for document in generation.documents.values() if isinstance(document, Case)]
            asked = wanted.read(text, cases, self._today().year)
        if asked:
            return self._on_subject(text, language, intent="examples", message=self.state.subject.text, wish=Wish(wanted=asked))
        return self._on_subject(text, language)

    def _answered(self, text: str, language: Language | None) -> Reply:
        """The turn after an answer in the buyer's own words."""
        state = self.state
        asked = question(state.last.question) if state.last else None
        taken = replies.take_up_words(asked, mask(text), state, self._language(language))
        self._note(asked.id if asked else "", text, taken.idea)
        return self._on_subject(text, language, taken=taken)

    def _option(self, turn: Turn, index: int) -> Reply:
        """The turn after a tap, or a typed label, of the question that ended `turn`."""
        label, language = turn.options[index], turn.language
        asked = question(turn.question)
        if turn.question == "clarify":
            if _CLARIFIED[index] == "solution":
                return self._keep(self._written("tap", "what", label, language), side=True)
            return self._message(turn.subject, language, intent=_CLARIFIED[index])
        if turn.question == "meanwhile":
            if index == 0 and self.state.subject.known:
                return self._skill("solution-space", self.state.subject.text, label, language)
            return self._again("go_on", label, language)
        if turn.question == "space":
            return self._direction(turn, label, language)
        if asked is None or label == texts(language)["closing"]["no_idea"]:
            return self._keep(replies.who_knows(asked, self.state, language, label))
        self._note(asked.id, label, idea=False)
        return self._on_subject(label, language, taken=replies.take_up_option(asked, index, language))

    def _direction(self, turn: Turn, label: str, language: Language) -> Reply:
        """The case behind a direction of the solution space."""
        with self._library.lease() as (generation, _):
            for id_ in turn.cases:
                case = generation.documents.get(id_)
                if isinstance(case, Case) and (family := detail.family_of(case)) and family[language].lower() == label.lower():
                    return self._keep(detail.case_in_full(case, label, language))
        return self._keep(self._written("tap", "old", label, language))

    def _detail(self, kind: str, text: str, message: str, language: Language | None) -> Reply:
        """More about cases or sources that were shown before."""
        last = next((turn for turn in reversed(self.state.turns.values()) if turn.cases or turn.sources), None)
        told = self._language(language)
        if kind == "sources":
            return self._sources(last, text, told)
        with self._library.lease() as (generation, _):
            every = [document for document in generation.documents.values() if isinstance(document, Case)]
            with_cases = next((turn for turn in reversed(self.state.turns.values()) if turn.cases), None)
            known = [generation.documents.get(id_) for id_ in (with_cases.cases if with_cases else [])]
            cases = [case for case in known if isinstance(case, Case)]
            asked = wanted.read(text, every, self._today().year)
            if kind == "who" and cases:
                return self._keep(detail.whom_to_call(cases, text, told))
            rank = followup.rank(text, len(cases))
            named = [case for case in cases if asked.names and asked.accepts(case)]
            case = cases[rank] if rank is not None else named[0] if named else None
            if case is not None:
                return self._keep(detail.case_in_full(case, text, told))
        if asked and self.state.subject.known:
            return self._refine(text, language)
        return self._message(message, language)

    def _sources(self, turn: Turn | None, text: str, language: Language | None) -> Reply:
        with self._library.lease() as (generation, _):
            documents = [generation.documents[id_] for id_ in (turn.sources if turn else []) if id_ in generation.documents]
            if turn is None or not documents:
                return self._keep(self._written("tap", "no_sources", text, language))
            return self._keep(detail.sources(documents, text, language or turn.language))

    def _skill(self, skill: Skill, about: str, text: str, language: Language | None) -> Reply:
        """A skill on the subject, or on one of its own."""
        subject = self.state.subject
        own = subject.known and about == subject.text
        wish = Wish(language=language or self._language(None), skill=skill, intent=subject.intent if own else None)
        if own:
            wish.room = subject.room
        advice = self._advise(about, wish)
        advice.question = shown(text)
        if not own and advice.status in ("answered", "gap"):
            self._set_aside()
            intent: Intent = advice.intent if advice.intent in _SUBJECT_INTENTS else "problem"
            self.state.subject = Subject(
                text=mask(clean(about))[:SUBJECT_CHARACTERS],
                intent=intent,
                named=advice.named_solution,
                families=advice.families,
            )
        return self._keep(advice)

    def _translated(self, text: str) -> Reply:
        """The last answer once more, in the other language."""
        state, language = self.state, self.state.language or "nl"
        last = state.last
        if last is None or not state.subject.known:
            return self._keep(self._written("other", "languages", text, language))
        seen = self._seen()
        seen.cases -= set(last.cases)
        seen.questions.discard(last.question or "")
        if state.subject.perspectives and last.question:
            seen.perspectives = seen.perspectives[:-1]
        seen.steps = set()
        wish = Wish(language=language, intent=last.intent if last.intent in _SUBJECT_INTENTS else None, room=state.subject.room)
        advice = self._advise(state.subject.text, wish, seen)
        advice.question = shown(text)
        return self._keep(advice)

    def _again(self, name: str, text: str, language: Language | None) -> Reply:
        """Go on with the subject after written words: another case and the next question."""
        told = self._language(language)
        words = texts(told)["tap"][name]
        if not self.state.subject.known:
            return self._keep(written(words, text, told))
        return self._on_subject("", language, taken=TakenUp([Sentence(text=words)]))

    def _back(self, about: str, text: str, language: Language | None) -> Reply:
        """Go on with an earlier subject: the one that shares words with the message, else the last."""
        earlier = self.state.earlier
        told = self._language(language)
        words = set(followup.tokens(about, told))
        found = [subject for subject in earlier if words & set(followup.tokens(subject.text, told))]
        if not found and (words & set(followup.tokens(self.state.subject.text, told)) or not earlier):
            return self._again("go_on", text, language)
        subject = found[-1] if found else earlier[-1]
        earlier.remove(subject)
        self._set_aside()
        self.state.subject = subject
        return self._again("back", text, language)

    def _advise(self, message: str, wish: Wish, seen: Seen | None = None) -> Advice:
        with self._library.lease() as (generation, engine):
            return advise(message, generation, engine, today=self._today(), seen=seen or self._seen(), wish=wish)

    def _seen(self) -> Seen:
        state, subject = self.state, self.state.subject
        return Seen(
            set(state.cases),
            set(state.questions),
            list(subject.perspectives),
            set(subject.steps),
            state.no_questions,
            state.turn,
        )

    def _language(self, language: Language | None) -> Language:
        last = self.state.last
        return language or self.state.language or (last.language if last else "nl")

    def _written(self, group: str, name: str, message: str, language: Language | None) -> Advice:
        told = self._language(language)
        return written(texts(told)[group][name], message, told)

    def _ends(self, text: str) -> date | None:
        found = clock.due(text, self._today())
        return found.day if found else None

    def _note(self, question_id: str, text: str, idea: bool) -> None:
        answer = Answer(question=question_id, text=mask(text)[:ANSWER_CHARACTERS], idea=idea)
        self.state.subject.answers.append(answer)

    def _set_aside(self) -> None:
        """Keep the subject to come back to, and begin with an empty one."""
        if self.state.subject.known:
            self.state.earlier = [*self.state.earlier, self.state.subject][-EARLIER:]
        self.state.subject = Subject()

    def _resume(self, turn: Turn) -> None:
        """Make the subject of an earlier turn the subject again."""
        state = self.state
        if not turn.subject or turn.subject == state.subject.text:
            return
        found = next((subject for subject in state.earlier if subject.text == turn.subject), None)
        if found:
            state.earlier.remove(found)
        self._set_aside()
        state.subject = found or Subject(text=turn.subject, intent=turn.intent, named=turn.named, room=turn.room)

    def _keep(self, advice: Advice, *, side: bool = False, same_question: bool = False) -> Reply:
        """Remember a turn, and say what can be tapped under its answer. `side`: it left the subject as it was."""
        state, subject, last = self.state, self.state.subject, self.state.last
        closing = advice.closing
        state.turn += 1
        repeated = last if same_question and last else None
        turn = Turn(
            subject=mask(clean(advice.question))[:SUBJECT_CHARACTERS] if advice.status == "clarify" else subject.text,
            language=advice.language,
            intent=subject.intent if subject.known else advice.intent,
            named=mask(subject.named) if subject.named else None,
            room=advice.room,
            dose=advice.dose,
            question=closing.id if closing else repeated.question if repeated else None,
            options=closing.options if closing else repeated.options if repeated else [],
            cases=[case.id for case in advice.cases],
            sources=list(dict.fromkeys(source.id for source in advice.sources)),
        )
        state.turns[state.turn] = turn
        state.turns = {number: kept for number, kept in state.turns.items() if number > state.turn - TURNS}
        state.cases = list(dict.fromkeys([*state.cases, *turn.cases]))
        if closing and closing.id:
            state.questions = list(dict.fromkeys([*state.questions, closing.id]))
        if not side and subject.known:
            subject.steps = list(dict.fromkeys([*subject.steps, *advice.steps]))
            if closing and closing.perspective:
                subject.perspectives.append(closing.perspective)
        actions = [Action(f"{state.turn}.{index}", label) for index, label in enumerate(turn.options)]
        return Reply(state.turn, advice, [*actions, *self._standing(advice, turn)])

    def _standing(self, advice: Advice, turn: Turn) -> list[Action]:
        """What can be tapped under any answer about a subject."""
        words = texts(turn.language)["action"]
        names = [name for name in ("space", "connections") if turn.subject and SKILLS[name] != advice.skill]
        if advice.status not in ("answered", "gap") or not advice.sources:
            return []
        return [Action(f"{self.state.turn}.{name}", words[name]) for name in (*names, "sources")]


def failed(message: str, language: Language) -> tuple[Advice, str]:
    """The answer when something unforeseen went wrong, and the code under which the log has it."""
    code = secrets.token_hex(3)
    text = texts(language)["status"]["error"].format(code=code)
    advice = written(text, shown(message), language)
    advice.status = "error"
    return advice, code
