"""The turns of a conversation about its subject: each takes what was said and gives advice in the light of the state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from bot.advisor import clock, detail, followup, replies, wanted
from bot.advisor.advice import Advice, Closing, Sentence, Skill
from bot.advisor.advise import advise
from bot.advisor.context import Seen, Wish
from bot.advisor.facts import family_of
from bot.advisor.language import detect
from bot.advisor.masking import mask
from bot.advisor.questions import question
from bot.advisor.replies import TakenUp, written
from bot.advisor.room import told_room
from bot.advisor.screen import clean, shown
from bot.advisor.state import ANSWER_CHARACTERS, SUBJECT_CHARACTERS, Answer, ChatState, Subject, Turn
from bot.texts import texts
from knowledge.document import Case, Language
from knowledge.intents import Intent
from knowledge.lexical import tokens
from knowledge.library import Library

SKILLS: dict[str, Skill] = {
    "space": "solution-space", "connections": "connections", "procedures": "procedures", "intake": "intake",
}  # fmt: skip
_CLARIFIED: tuple[Intent, ...] = ("problem", "solution", "examples", "how")
_SUBJECT_INTENTS: tuple[Intent, ...] = ("solution", "problem", "examples")


class Talk:
    """What can be said about the subject of a chat. Changes `state` where a turn settles something.

    After a turn `on_subject` tells whether its answer was about the subject and not beside it, `began` whether it began one.
    """

    def __init__(self, library: Library, state: ChatState, today: Callable[[], date], usual: Language = "nl") -> None:
        self._library = library
        self._today = today
        self._usual = usual
        self._wanted_language: Language | None = None
        self._fact = ""
        self.state = state
        self.on_subject = True
        self.began = False

    def begin_turn(self, language: Language | None) -> None:
        """Start a turn; `language` is that of the answer where it is settled."""
        self._wanted_language = language or self.state.language
        self._fact, self.state.fact = self.state.fact, ""
        self.on_subject = True
        self.began = False

    @property
    def language(self) -> Language:
        """The language of written words: what was wanted, else that of the last turn, else the usual one."""
        last = self.state.last
        return self._wanted_language or (last.language if last else self._usual)

    def written(self, group: str, name: str, message: str) -> Advice:
        """A written text as the answer."""
        self.on_subject = False
        told = self._wanted_language or detect(message, self.language)
        return written(texts(told)[group][name], message, told)

    def message(self, text: str, intent: Intent | None = None) -> Advice:
        """A message that stands on its own: a new subject, unless it is a fact, small talk or nothing to answer."""
        state = self.state
        seen = replace(self._seen(), again=False, steps=set(), perspectives=[])
        wish = Wish(language=self._wanted_language, intent=intent, fact_room=state.subject.room)
        advice = self._advise(text, wish, seen)
        own = advice.status in ("answered", "gap", "clarify") and advice.intent in _SUBJECT_INTENTS
        if not own and not (advice.named_solution and advice.status in ("answered", "gap")):
            self._beside(text, advice)
            return advice
        subject = Subject(
            text=mask(clean(text))[:SUBJECT_CHARACTERS], intent=advice.intent, named=advice.named_solution,
            families=advice.families, room=advice.room, ends=self._ends(text),
        )  # fmt: skip
        if advice.status != "clarify":
            state.begin(subject)
            self.began = True
        return advice

    def fact(self, text: str, before: str = "", echo: str = "") -> Advice:
        """A question on a rule, or small talk, that stands beside the subject and leaves it as it is.

        `before` is the question that it follows, `echo` what to say back of it.
        """
        wish = Wish(language=self._wanted_language, fact_room=self.state.subject.room, echo=echo)
        if followup.asks_rule(text):
            wish.intent = "how"
        advice = self._advise(f"{before} {text}".strip(), wish)
        advice.question = shown(text)
        self._beside(f"{before} {text}".strip(), advice)
        return advice

    def _beside(self, text: str, advice: Advice) -> None:
        self.on_subject = False
        self.state.fact = mask(clean(text))[:SUBJECT_CHARACTERS] if advice.intent == "how" else ""

    def refine(self, text: str) -> Advice:
        """A detail of the subject; or the same for another kind of organisation, time or outcome."""
        echo = followup.echo(text)
        if self._fact and len(text.split()) <= followup.REFINE_WORDS:  # "and for a ministry", after a question on a rule
            return self.fact(text, before=self._fact, echo=echo)
        asked = wanted.read(text, self.cases(), self._today().year)
        if asked:
            return self._about(text, intent="examples", message=self.state.subject.text, wish=Wish(wanted=asked, echo=echo))
        return self._about(text, wish=Wish(echo=echo, detail=clean(text)))

    def more(self, text: str) -> Advice:
        """More examples of the subject."""
        return self._about(text, intent="examples", message=self.state.subject.text)

    def new_room(self, text: str) -> Advice:
        """The subject again, now that more is fixed: the room's own help and question."""
        subject = self.state.subject
        subject.room = told_room(text) or subject.room
        subject.ends = self._ends(text) or subject.ends
        return self._about(text, seen=replace(self._seen(), perspectives=[], steps=set()))

    def answered(self, text: str) -> Advice:
        """The turn after an answer in the buyer's own words."""
        asked = question(self.state.last.question) if self.state.last else None
        taken = replies.take_up_words(asked, mask(clean(text)), self.state, self.language)
        self._note(asked.id if asked else "", text, taken.idea)
        return self._about(text, taken=taken)

    def unknown(self, text: str) -> Advice:
        """Where "I don't know" leads: to who does."""
        asked = question(self.state.last.question) if self.state.last else None
        return replies.who_knows(asked, self.state, self.language, text)

    def option(self, turn: Turn, index: int) -> Advice:
        """The turn after a tap, or a typed label, of the question that ended `turn`."""
        label, language = turn.options[index], turn.language
        asked = question(turn.question)
        if turn.question == "clarify":
            if _CLARIFIED[index] == "solution":
                return self.written("tap", "what", label)
            return self.message(turn.subject, intent=_CLARIFIED[index])
        if turn.question == "meanwhile":
            known = index == 0 and self.state.subject.known
            return self.skill("solution-space", self.state.subject.text, label) if known else self.go_on("go_on", label)
        if turn.question == "space":
            cases = [case for case in self.cases() if case.id in turn.cases]
            chosen = [case for case in cases if (family := family_of(case)) and family[language].lower() == label.lower()]
            return detail.case_in_full(chosen[0], label, language) if chosen else self.written("tap", "old", label)
        if asked is None or label == texts(language)["closing"]["no_idea"]:
            return replies.who_knows(asked, self.state, language, label)
        self._note(asked.id, label, idea=False)
        return self._about(label, taken=replies.take_up_option(asked, index, language))

    def detail(self, kind: followup.Kind, text: str) -> Advice:
        """More about cases that were shown before; without such, the message on its own."""
        turn, every = self.state.last_with_cases, self.cases()
        by_id = {case.id: case for case in every}
        cases = [by_id[id_] for id_ in (turn.cases if turn else []) if id_ in by_id]
        if kind == "who" and cases:
            return detail.whom_to_call(cases, text, self.language)
        asked = wanted.read(text, every, self._today().year)
        rank = followup.rank(text, len(cases))
        named = [case for case in cases if asked.names and asked.accepts(case)]
        if rank is not None or named:
            return detail.case_in_full(cases[rank] if rank is not None else named[0], text, self.language)
        return self.refine(text) if self.state.subject.known else self.message(text)

    def sources(self, turn: Turn | None, text: str, page: int = 0, size: int | None = None) -> tuple[Advice, int]:
        """The pages behind the answer of a turn, `size` at a time, and how many such pages there are."""
        told = turn.sources if turn else []
        some = told[page * size : (page + 1) * size] if size else told
        if not some:
            return self.written("tap", "no_sources", text), 0
        return detail.sources(some, text, self.language), -(-len(told) // size) if size else 1

    def told_again(self, turn: Turn) -> Advice:
        """A solution space that was shown as a picture, now in words."""
        seen = self._seen()
        seen.cases -= set(turn.cases)
        wish = Wish(language=turn.language, skill="solution-space", intent=turn.intent, room=turn.room)
        advice = self._advise(turn.subject, wish, seen)
        advice.directions, advice.closing = [], None
        if turn.options:
            which = texts(turn.language)["space"]["which"]
            advice.closing = Closing(kind="offer", question=which, options=turn.options, id="space")
        return advice

    def skill(self, skill: Skill, about: str, text: str) -> Advice:
        """A skill on the subject, or on one of its own, which then is the subject."""
        subject = self.state.subject
        own = subject.known and about == subject.text
        wish = Wish(
            language=self._wanted_language or (self.language if own else None), skill=skill,
            intent=subject.intent if own else None, room=subject.room if own else None,
        )  # fmt: skip
        advice = self._advise(about, wish)
        advice.question = shown(text)
        if not own and advice.status in ("answered", "gap"):
            intent: Intent = advice.intent if advice.intent in _SUBJECT_INTENTS else "problem"
            kept = mask(clean(about))[:SUBJECT_CHARACTERS]
            self.state.begin(Subject(text=kept, intent=intent, named=advice.named_solution, families=advice.families))
        return advice

    def intake(self, text: str) -> Advice:
        """What to ask in a conversation about a request of which nothing is known yet."""
        self.on_subject = False
        language = detect(text, self.language)
        advice = self._advise(
            text, Wish(language=self._wanted_language or language, skill="intake", intent="problem", room="idea")
        )
        advice.closing = None
        return advice

    def translated(self, text: str) -> Advice:
        """The last answer about the subject once more, in the other language."""
        state, last = self.state, self.state.last
        if last is None or not state.subject.known:
            return self.written("other", "languages", text)
        seen = self._seen()
        seen.cases -= set(last.cases)
        seen.questions.discard(last.question or "")
        seen.perspectives = seen.perspectives[:-1] if last.question else seen.perspectives
        return self._about(text, message=state.subject.text, seen=replace(seen, steps=set(), again=False))

    def go_on(self, name: str, text: str) -> Advice:
        """Go on with the subject after written words: another case and the next question."""
        if not self.state.subject.known:
            return self.written("tap", name, text)
        opening = [Sentence(text=texts(self.language)["tap"][name])]
        return self._about(text, message=self.state.subject.text, taken=TakenUp(opening))

    def back(self, text: str) -> None:
        """Make an earlier subject the subject again: the one that shares words with the message, else the last."""
        state = self.state
        words = set(tokens(text, self.language))
        if words & set(tokens(state.subject.text, self.language)) or not state.earlier:
            return
        subject = next(
            (subject for subject in reversed(state.earlier) if words & set(tokens(subject.text, self.language))),
            state.earlier[-1],
        )
        state.earlier.remove(subject)
        state.begin(subject)

    def _about(
        self,
        text: str,
        *,
        intent: Intent | None = None,
        message: str | None = None,
        taken: TakenUp | None = None,
        wish: Wish | None = None,
        seen: Seen | None = None,
    ) -> Advice:
        """Advice on the subject in the light of a new message: a detail, an answer, or what is still open."""
        subject = self.state.subject
        wish = replace(
            wish or Wish(), language=self.language, room=subject.room,
            intent=intent or (subject.intent if subject.intent in _SUBJECT_INTENTS else "problem"),
            opening=taken.opening if taken else [], ask=taken.ask if taken else None,
        )  # fmt: skip
        advice = self._advise(message or f"{subject.text} {text}", wish, seen)
        advice.question = shown(text)
        return advice

    def _advise(self, message: str, wish: Wish, seen: Seen | None = None) -> Advice:
        wish.usual = self._usual
        with self._library.lease() as (generation, engine):
            return advise(message, generation, engine, today=self._today(), seen=seen or self._seen(), wish=wish)

    def _seen(self) -> Seen:
        state, subject = self.state, self.state.subject
        return Seen(
            cases=set(state.cases), questions=set(state.questions), perspectives=list(subject.perspectives),
            steps=set(subject.steps), no_questions=state.no_questions, again=subject.known, turn=state.turn,
        )  # fmt: skip

    def cases(self) -> list[Case]:
        with self._library.lease() as (generation, _):
            return [document for document in generation.documents.values() if isinstance(document, Case)]

    def _ends(self, text: str) -> date | None:
        found = clock.due(text, self._today())
        return found.day if found else None

    def _note(self, question_id: str, text: str, idea: bool) -> None:
        answer = Answer(question=question_id, text=mask(clean(text))[:ANSWER_CHARACTERS], idea=idea)
        self.state.subject.answers.append(answer)
