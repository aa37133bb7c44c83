"""What a conversation is about and has had: all that is kept of one chat between turns."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, Field

from bot.advisor.advice import Dose, Perspective, Room
from knowledge.document import Language
from knowledge.intents import Intent

TURNS = 20  # of which a tap still does the right thing
SUBJECT_CHARACTERS = 400
ANSWER_CHARACTERS = 200


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


class Turn(BaseModel):
    """One answered message: what it was about, the question that ended the answer, and the documents that were told."""

    subject: str
    language: Language
    intent: Intent
    named: str | None
    room: Room
    dose: Dose
    question: str | None = None
    options: list[str] = []
    cases: list[str] = []
    sources: list[str] = []


class ChatState(BaseModel):
    """All that is kept of one chat."""

    turn: int = 0
    turns: dict[int, Turn] = Field(default_factory=dict)
    language: Language | None = None
    subject: Subject = Field(default_factory=Subject)
    earlier: list[Subject] = []
    cases: list[str] = []
    questions: list[str] = []
    no_questions: bool = False

    @property
    def last(self) -> Turn | None:
        return self.turns.get(self.turn)
