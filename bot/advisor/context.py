"""What the steps of an answer pass on: one context for one message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from langchain_core.embeddings import Embeddings

from bot.advisor.advice import Block, Closing, Direction, Dose, Perspective, Room, Sentence, Skill, Status
from bot.advisor.clock import Due
from bot.advisor.facts import Told
from bot.advisor.wanted import Wanted
from knowledge.document import Case, Guidance, Language
from knowledge.generation import Generation
from knowledge.intents import Intent
from knowledge.search import Found
from knowledge.vocabulary import Family


@dataclass
class Named:
    """The ready-made thing that a message has fixed on, as the buyer wrote it, and its family where it is known.

    `said`: what to call it in an answer in another language.
    """

    text: str
    family: Family | None
    said: str | None = None

    @property
    def words(self) -> str:
        """What to call it in the answer."""
        return self.said or self.text


@dataclass
class Seen:
    """What a conversation has had already, so that it is not repeated unless asked, and what it knows.

    `steps` are the guidance steps told about this subject; `again`: the subject is going on, not beginning.
    """

    cases: set[str] = field(default_factory=set)
    questions: set[str] = field(default_factory=set)
    perspectives: list[Perspective] = field(default_factory=list)
    steps: set[str] = field(default_factory=set)
    no_questions: bool = False
    again: bool = False
    turn: int = 0


@dataclass
class Wish:
    """What the conversation has settled before the message is looked at: it overrides what the message itself tells.

    `usual` is the language of messages whose words do not tell theirs. `fact_room` is the room of the subject, for a question
    on a rule that stands beside it. `echo` are words of a follow-up to
    begin with, `detail` the words that it adds; `opening` takes up the buyer's answer to a question in place of the usual
    first words. `wanted` says which cases are asked for; `ask` names the question that should end the answer.
    """

    language: Language | None = None
    usual: Language = "nl"
    intent: Intent | None = None
    room: Room | None = None
    fact_room: Room | None = None
    skill: Skill | None = None
    echo: str = ""
    detail: str = ""
    wanted: Wanted = field(default_factory=Wanted)
    opening: list[Sentence] = field(default_factory=list)
    ask: str | None = None


@dataclass
class Context:
    """Filled step by step in `advise`; a step may end the run by setting `status`.

    `language` is that of the answer, `asked_in` that of the message.
    """

    message: str
    today: date
    generation: Generation
    engine: Embeddings
    seen: Seen
    wish: Wish
    text: str = ""
    language: Language = "nl"
    asked_in: Language = "nl"
    vector: Sequence[float] = ()
    intent: Intent = "other"
    families: list[Family] = field(default_factory=list)
    named: Named | None = None
    room: Room = "idea"
    dose: Dose = "question"
    due: Due | None = None
    haste: bool = False
    one_supplier: bool = False
    personal: bool = False
    found: Found | None = None
    help: list[Guidance] = field(default_factory=list)
    near: list[Case] = field(default_factory=list)
    sideways: list[Case] = field(default_factory=list)
    broader: list[Case] = field(default_factory=list)
    recalled: Case | None = None
    unmet: bool = False
    earlier: list[Case] = field(default_factory=list)
    told: Told = field(default_factory=lambda: Told("nl"))
    blocks: list[Block] = field(default_factory=list)
    forward: str | None = None
    directions: list[Direction] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    closing: Closing | None = None
    status: Status | None = None
    declined: Literal["attack", "bids", "unfair"] = "attack"
    timings: dict[str, float] = field(default_factory=dict)

    @property
    def answering(self) -> bool:
        """Whether this turn takes up an answer of the buyer."""
        return bool(self.wish.opening)
