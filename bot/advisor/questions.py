"""The bank of widening questions, and which of them fits now."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from bot.advisor.advice import Closing, Dose, Perspective, Room
from bot.texts import texts
from knowledge.document import Language
from knowledge.intents import Intent
from knowledge.vocabulary import WORD, Family


class Wording(BaseModel):
    text: str
    options: list[str]


class Question(BaseModel):
    """One written question. `when` and `not_when` are words of the message; `needs` families of the named solution."""

    model_config = ConfigDict(extra="forbid")

    id: str
    perspective: Perspective
    intents: list[Intent]
    rooms: list[Room]
    light: bool = False
    needs: list[str] = []
    when: list[str] = []
    not_when: list[str] = []
    why: str
    nl: Wording
    en: Wording

    def fits(self, intent: Intent, room: Room, dose: Dose, family: Family | None, words: set[str], text: str) -> bool:
        if intent not in self.intents or room not in self.rooms or (dose == "light" and not self.light):
            return False
        if self.needs and (family is None or family.id not in self.needs):
            return False
        if self.when and not words & set(self.when):
            return False
        return not any(word in words or (" " in word and word in text) for word in self.not_when)


@cache
def bank() -> tuple[Question, ...]:
    """All questions, in the order in which they are preferred."""
    raw = yaml.safe_load(Path(__file__).with_name("questions.yaml").read_text(encoding="utf-8"))
    return tuple(Question.model_validate(entry) for entry in raw)


def choose(
    intent: Intent, room: Room, dose: Dose, family: Family | None, text: str, language: Language, asked: set[str]
) -> Closing | None:
    """The question that fits this message best and was not asked yet, with answers to tap; None when none fits."""
    if dose == "none":
        return None
    low = text.lower()
    words = set(WORD.findall(low))
    for question in bank():
        if question.id not in asked and question.fits(intent, room, dose, family, words, low):
            wording = question.nl if language == "nl" else question.en
            return Closing(
                kind="widening",
                perspective=question.perspective,
                question=wording.text,
                options=[*wording.options, texts(language)["closing"]["no_idea"]],
                id=question.id,
            )
    return None


def clarify(language: Language) -> Closing:
    """The question for a message that is too broad to answer."""
    closing = texts(language)["closing"]
    return Closing(kind="clarify", question=closing["clarify"], options=closing["clarify_options"], id="clarify")
