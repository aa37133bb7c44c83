"""What a conversation is about and has had: all that is kept of one chat between turns."""

from __future__ import annotations

import secrets
from datetime import date
from typing import Literal

from pydantic import BaseModel, Field

from bot.advisor.advice import Dose, Perspective, Room, Source
from knowledge.document import Language
from knowledge.intents import Intent

TURNS = 20  # of which a tap still does the right thing
EARLIER = 3  # subjects to which a conversation can go back
SUBJECT_CHARACTERS = 400
ANSWER_CHARACTERS = 200
FORM_CHARACTERS = 1_000
CASE_FIELDS = ("organisation", "year", "problem", "approach", "result", "lesson")


class Answer(BaseModel):
    """What the buyer said to a widening question, personal data masked. `idea`: the answer was a product again."""

    question: str
    text: str
    idea: bool = False


class Subject(BaseModel):
    """What the buyer is working on now. A new subject begins with a fresh one."""

    text: str = ""
    intent: Intent = "problem"
    named: str | None = None
    families: list[str] = []
    room: Room = "idea"
    ends: date | None = None
    perspectives: list[Perspective] = []
    answers: list[Answer] = []
    steps: list[str] = []

    @property
    def known(self) -> bool:
        return bool(self.text)


class Form(BaseModel):
    """Something that a buyer is handing in, step by step; `about` are cases, `labels` what they are called."""

    kind: Literal["remark", "correction", "case"]
    language: Language
    about: list[str] = []
    labels: list[str] = []
    answers: list[str] = []


class Turn(BaseModel):
    """One answered message: what it was about, the question that ended the answer, and what was told."""

    subject: str
    language: Language
    intent: Intent
    named: str | None
    room: Room
    dose: Dose
    question: str | None = None
    options: list[str] = []
    cases: list[str] = []
    sources: list[Source] = []
    families: list[str] = []


class ChatState(BaseModel):
    """All that is kept of one chat.

    `mark` tells this state from an earlier one of the same chat that was forgotten, whose buttons are still on screen;
    `introduced`: the chat knows what it talks with; `asides`: what can be tapped under the last aside, by its label.
    """

    mark: str = Field(default_factory=lambda: secrets.token_hex(2))
    introduced: bool = False
    turn: int = 0
    turns: dict[int, Turn] = Field(default_factory=dict)
    language: Language | None = None
    subject: Subject = Field(default_factory=Subject)
    earlier: list[Subject] = []
    cases: list[str] = []
    questions: list[str] = []
    no_questions: bool = False
    fact: str = ""
    form: Form | None = None
    asides: dict[str, str] = {}

    @property
    def last(self) -> Turn | None:
        """The last turn about a subject, or in written words; asides are none."""
        return next(reversed(self.turns.values()), None)

    @property
    def last_with_cases(self) -> Turn | None:
        """The last turn whose answer showed cases."""
        return next((turn for turn in reversed(self.turns.values()) if turn.cases), None)

    def begin(self, subject: Subject) -> None:
        """Make another subject the current one, and keep the one so far to come back to."""
        if self.subject.known:
            self.earlier = [*self.earlier, self.subject][-EARLIER:]
        self.subject = subject

    def resume(self, turn: Turn) -> None:
        """Make the subject of an earlier turn the current one again."""
        if not turn.subject or turn.subject == self.subject.text:
            return
        found = next((subject for subject in self.earlier if subject.text == turn.subject), None)
        if found:
            self.earlier.remove(found)
        self.begin(found or Subject(text=turn.subject, intent=turn.intent, named=turn.named, room=turn.room))

    def remember(self, turn: Turn) -> None:
        """Add an answered turn, and what it showed and asked."""
        self.turn += 1
        self.turns = {number: kept for number, kept in self.turns.items() if number > self.turn - TURNS}
        self.turns[self.turn] = turn
        self.cases = list(dict.fromkeys([*self.cases, *turn.cases]))
        if turn.question:
            self.questions = list(dict.fromkeys([*self.questions, turn.question]))
