"""What the steps of an answer pass on: one context for one message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from langchain_core.embeddings import Embeddings

from bot.advisor.advice import Block, Closing, Dose, Room, Status
from bot.advisor.facts import Told
from knowledge.document import Case, Guidance, Language
from knowledge.generation import Generation
from knowledge.intents import Intent
from knowledge.search import Found
from knowledge.vocabulary import Family


@dataclass
class Named:
    """The ready-made thing that a message has fixed on, as the buyer wrote it, and its family where it is known."""

    text: str
    family: Family | None


@dataclass
class Seen:
    """What a conversation has had already: not repeated unless asked."""

    cases: set[str] = field(default_factory=set)
    questions: set[str] = field(default_factory=set)
    no_questions: bool = False


@dataclass
class Context:
    """Filled step by step in `advise`; a step may end the run by setting `status`."""

    message: str
    text: str
    today: date
    generation: Generation
    engine: Embeddings
    seen: Seen
    wanted_language: Language | None = None
    wanted_intent: Intent | None = None
    answer: str | None = None
    language: Language = "nl"
    vector: Sequence[float] = ()
    intent: Intent = "other"
    families: list[Family] = field(default_factory=list)
    named: Named | None = None
    room: Room = "idea"
    dose: Dose = "question"
    found: Found | None = None
    help: list[Guidance] = field(default_factory=list)
    near: list[Case] = field(default_factory=list)
    sideways: list[Case] = field(default_factory=list)
    told: Told = field(default_factory=lambda: Told("nl"))
    blocks: list[Block] = field(default_factory=list)
    closing: Closing | None = None
    status: Status | None = None
    declined: Literal["attack", "bids", "unfair"] = "attack"
    timings: dict[str, float] = field(default_factory=dict)
