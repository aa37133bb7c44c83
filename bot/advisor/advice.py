"""What the advisor answers: blocks of sentences, each connecting words or a fact with its source; and their plain rendering."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from knowledge.document import Language, Outcome, Sector, SourceKind
from knowledge.intents import Intent
from knowledge.search import Found

Status = Literal["answered", "clarify", "gap", "outside", "declined", "error"]
Room = Literal["idea", "decided", "draft", "published", "running"]
Dose = Literal["none", "light", "question", "exploration"]
Perspective = Literal["problem", "people", "connections", "market", "result"]
Role = Literal["near", "sideways", "nearest"]
Skill = Literal["solution-space", "connections", "procedures", "intake"]
BlockKind = Literal["lead", "bullet", "heading", "case", "direction", "forward", "closing"]


class Sentence(BaseModel):
    """Connecting words, or a fact from the library: then `source` is the number behind it."""

    text: str
    source: int | None = None


class Block(BaseModel):
    """One part of an answer. `label` is its first words, which a channel may set in bold."""

    kind: BlockKind
    label: str | None = None
    sentences: list[Sentence] = []


class Source(BaseModel):
    """A page behind a fact; `quote` are the words of the library's document that were told."""

    n: int
    id: str
    title: str
    url: str | None
    quote: str


class CaseShown(BaseModel):
    id: str
    title: str
    organisation: str | None
    year: int | None
    sector: Sector | None
    solution_families: list[str]
    role: Role
    outcome: Outcome
    source_kind: SourceKind | None
    url: str | None


class GuidanceShown(BaseModel):
    id: str
    title: str
    valid_until: str | None
    url: str | None


class Closing(BaseModel):
    """The one question that may end an answer, with answers to tap. `id` names it in the question bank."""

    kind: Literal["widening", "offer", "clarify"]
    perspective: Perspective | None = None
    question: str
    options: list[str]
    id: str | None = Field(default=None, exclude=True)


class Direction(BaseModel):
    """One family of solutions in the solution space; `own` is the buyer's. Without `example` the library knows none.

    `caution`: it watches people, so that it is never shown without saying what it needs.
    """

    label: str
    own: bool = False
    buys: bool = True
    caution: bool = False
    example: str | None = None
    outcome: str | None = None


class Advice(BaseModel):
    """The advisor's answer to one message. `as_json` is the object of the command line contract."""

    question: str
    language: Language
    status: Status
    intent: Intent
    sector: Sector | None = None
    named_solution: str | None = None
    room: Room = "idea"
    dose: Dose = "none"
    blocks: list[Block] = []
    engine: str = "composer"
    cases: list[CaseShown] = []
    guidance: list[GuidanceShown] = []
    sources: list[Source] = []
    closing: Closing | None = None
    skill: Skill | None = None
    forward: str | None = None
    found: Found | None = None
    families: list[str] = Field(default=[], exclude=True)
    steps: list[str] = Field(default=[], exclude=True)
    directions: list[Direction] = Field(default=[], exclude=True)
    timings_ms: dict[str, float] = {}

    @property
    def answer(self) -> str:
        """What the reader sees: blocks and closing question in plain text, without sources and forward text."""
        lines: list[str] = []
        previous = None
        for block in self.blocks:
            if lines and not block.kind == previous == "bullet":
                lines.append("")
            lines.append(plain(block))
            previous = "bullet" if block.kind == "heading" else block.kind
        if self.closing:
            lines += ["", self.closing.question] if lines else [self.closing.question]
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        fields = self.model_dump(mode="json", exclude={"blocks"})
        return {**fields, "answer": self.answer}


def plain(block: Block) -> str:
    """One block as plain text; facts carry [n] where the source changes."""
    parts = [block.label] if block.label else []
    for i, sentence in enumerate(block.sentences):
        number = sentence.source
        last = i + 1 == len(block.sentences) or block.sentences[i + 1].source != number
        parts.append(f"{sentence.text} [{number}]" if number and last else sentence.text)
    return ("• " if block.kind == "bullet" else "") + " ".join(parts)
