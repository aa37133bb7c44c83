"""The commands of a chat, as data: for registration, for help, and for the plain words that do the same."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel

from knowledge.document import Language

WORDS = 8  # a longer message says more than a command
_COMMAND = re.compile(r"/([A-Za-z]\w*)(?:@\w+)?(?:\s+(.*))?", re.DOTALL)


class Command(BaseModel):
    """One command; `nl` and `en` are its names, `hidden` keeps it out of lists, `only` names the one channel that has it."""

    id: str
    nl: str
    en: str
    hidden: bool = False
    only: str | None = None
    words: list[str] = []

    def name(self, language: Language) -> str:
        return self.nl if language == "nl" else self.en


@cache
def _table() -> tuple[Command, ...]:
    return tuple(Command.model_validate(row) for row in yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text("utf-8")))


def menu(channel: str) -> list[Command]:
    """The commands that a channel has, in the order in which they are listed."""
    return [command for command in _table() if command.only in (None, channel)]


def read(text: str, channel: str) -> tuple[str, str] | None:
    """The id of the command that a message is, and the words after it; id "unknown" for a command that there is not."""
    match = _COMMAND.fullmatch(text)
    if match:
        name = match[1].lower()
        found = next((command.id for command in menu(channel) if name in (command.nl, command.en)), "unknown")
        return found, (match[2] or "").strip()
    said = text.strip(" .!?").lower()
    if len(said.split()) > WORDS:
        return None
    return next(((command.id, "") for command in menu(channel) if any(re.fullmatch(p, said) for p in command.words)), None)
