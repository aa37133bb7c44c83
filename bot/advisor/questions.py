"""The bank of widening questions, which of them fits now, and what an answer to one means."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from bot.advisor.advice import Closing, Perspective, Room
from bot.advisor.context import Context
from bot.advisor.slots import slots
from bot.texts import texts
from knowledge.document import Language
from knowledge.intents import Intent
from knowledge.vocabulary import WORD


class Option(BaseModel):
    """An answer to tap, and what it means for the purchase."""

    label: str
    then: str


class Wording(BaseModel):
    """A question in one language. `text` may hold slots; `plain` is the form without; `forward` asks somebody else."""

    model_config = ConfigDict(extra="forbid")

    text: str
    plain: str | None = None
    forward: str
    who: str
    why: str
    options: list[Option]
    typed: str


class Question(BaseModel):
    """One written question.

    `when` and `not_when` are words of the message; `needs` families of the named solution; `other_side` is the question to
    ask once when the answer is a product again.
    """

    model_config = ConfigDict(extra="forbid")

    id: str
    perspective: Perspective
    intents: list[Intent]
    rooms: list[Room]
    light: bool = False
    needs: list[str] = []
    when: list[str] = []
    not_when: list[str] = []
    other_side: str | None = None
    nl: Wording
    en: Wording

    def wording(self, language: Language) -> Wording:
        return self.nl if language == "nl" else self.en

    def fits(self, context: Context, words: set[str], text: str) -> bool:
        """Whether it may be asked after this message. `words` and `text` are those of the message, in lower case."""
        family = context.named.family if context.named else None
        if context.intent not in self.intents or context.room not in self.rooms or (context.dose == "light" and not self.light):
            return False
        if self.needs and (family is None or family.id not in self.needs):
            return False
        if self.when and not any(_stands(word, words, text) for word in self.when):
            return False
        return not any(_stands(word, words, text) for word in self.not_when)


def _stands(word: str, words: set[str], text: str) -> bool:
    return word in words or (" " in word and word in text)


@cache
def bank() -> tuple[Question, ...]:
    """All questions, in the order in which they are preferred."""
    raw = yaml.safe_load(Path(__file__).with_name("questions.yaml").read_text(encoding="utf-8"))
    return tuple(Question.model_validate(entry) for entry in raw)


def question(id_: str | None) -> Question | None:
    """The question with this id; None for questions that are not in the bank."""
    return next((entry for entry in bank() if entry.id == id_), None)


def choose(context: Context, perspective: Perspective | None = None) -> Closing | None:
    """The question that fits best and was not asked yet; None when none fits or the buyer wants none.

    By room and message first; then the perspective that this conversation has covered least; then the order of the bank.
    With `perspective` only questions of that one.
    """
    if context.dose == "none":
        return None
    if (wished := question(context.wish.ask)) and wished.id not in context.seen.questions:
        return closing(wished, context)
    low = context.text.lower()
    words = set(WORD.findall(low))
    covered = context.seen.perspectives
    fitting = [
        entry
        for entry in bank()
        if entry.id not in context.seen.questions
        and perspective in (None, entry.perspective)
        and entry.fits(context, words, low)
    ]
    return closing(min(fitting, key=lambda entry: covered.count(entry.perspective)), context) if fitting else None


def closing(entry: Question, context: Context) -> Closing:
    """A question as the end of an answer: with its slots filled where that is sure."""
    wording = entry.wording(context.language)
    return Closing(
        kind="widening",
        perspective=entry.perspective,
        question=filled(wording, slots(context)),
        options=[*(option.label for option in wording.options), texts(context.language)["closing"]["no_idea"]],
        id=entry.id,
    )


def filled(wording: Wording, known: dict[str, str]) -> str:
    """The question's text with its slots filled; its plain form when one of them is not known."""
    needed = re.findall(r"\{(\w+)\}", wording.text)
    if all(name in known for name in needed):
        return wording.text.format(**known)
    return wording.plain or wording.text


def clarify(language: Language) -> Closing:
    """The question for a message that is too broad to answer."""
    words = texts(language)["closing"]
    return Closing(kind="clarify", question=words["clarify"], options=words["clarify_options"], id="clarify")
