"""What a conversation and its channel say to each other: what the channel can do, and what comes back for a message."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from bot.advisor.advice import Advice, Block, Sentence
from bot.texts import texts
from knowledge.document import Language

ContributionKind = Literal["useful", "useless", "remark", "correction", "case", "gap", "notify", "no_notices"]


@dataclass(frozen=True)
class Channel:
    """A channel. `notices`: it can write to a buyer later; `page`: how many sources it shows at a time, None for all."""

    name: str
    notices: bool = False
    page: int | None = None
    privacy: dict[Language, list[Block]] = field(default_factory=dict)

    def privacy_told(self, language: Language) -> list[Block]:
        """What the channel keeps of a chat."""
        text = Sentence(text=texts(language)["privacy"]["command_line"])
        return self.privacy.get(language) or [Block(kind="lead", sentences=[text])]


COMMAND_LINE = Channel("command line")


@dataclass(frozen=True)
class Action:
    """Something to tap; the id tells turn and option, so that it means the same however late it is tapped."""

    id: str
    label: str


@dataclass(frozen=True)
class Contribution:
    """Something a buyer hands in or that is counted; the channel keeps it together with the state. Personal data is masked."""

    kind: ContributionKind
    content: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Reply:
    """The answer to a message or a tap. `page`: it takes the place of what was tapped, where a channel can do that."""

    turn: int
    advice: Advice
    actions: list[Action]
    contributions: list[Contribution] = field(default_factory=list)
    page: bool = False
