"""Room and dose: how much is still open, and how much widening fits. One table of words, `room.yaml`, decides."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from bot.advisor.advice import Dose, Room
from knowledge.document import Language
from knowledge.intents import Intent
from knowledge.vocabulary import Family

FEW_WORDS = 6
# Signs of a small order: an amount under ten thousand euros, a few pieces, or more of the same.
SMALL = re.compile(
    r"\b\d{2,4} ?(euro|eur)\b|€ ?\d{1,4}(?![\d.,]*\d{3})|\b1 stuks?\b|zelfde als (altijd|vorig)|\b(na|bij)(bestel|vul)|"
    r"\bvoorraad\b|\bfor \d{1,2} people\b|\bvoor \d{1,2} (personen|man|mensen)\b|\breorder\b|\brefills?\b",
    re.IGNORECASE,
)
MANY_PEOPLE = re.compile(
    r"\b(inwoners|bewoners|wijk|stad|binnenstad|leerlingen|kinderen|patiënten|residents|city|pupils|patients)\b"
)


@cache
def _table() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("room.yaml").read_text(encoding="utf-8"))
    return loaded


@cache
def _pattern(name: str, language: Language) -> re.Pattern[str]:
    entry = _table()["rooms"].get(name) or _table()[name]
    return re.compile("|".join(f"(?:{part})" for part in entry[language]), re.IGNORECASE)


def told_room(text: str) -> Room | None:
    """The room that a message tells of, in either language; None when it tells of none."""
    return next(
        (name for name in _table()["rooms"] if _pattern(name, "nl").search(text) or _pattern(name, "en").search(text)), None
    )


def own_purchase(text: str, language: Language) -> bool:
    """Whether a question is about the buyer's own purchase, not a fact in general."""
    return bool(_pattern("own_purchase", language).search(text))


def helps(subject: Room | Literal["problem", "routine", "haste", "due"]) -> list[str]:
    """Ids of the guidance that helps with any purchase in a room, any problem or a clock; the first matters most."""
    found: list[str] = _table()["helps"][subject]
    return found


@cache
def always_helps() -> frozenset[str]:
    """Ids of all guidance that `helps` names: told because of the room, not because of the thing that is bought."""
    return frozenset(id_ for ids in _table()["helps"].values() for id_ in ids)


def dose(intent: Intent, room: Room, family: Family | None, text: str, language: Language, silent: bool) -> Dose:
    """How much widening fits this message. `silent`: the buyer asked for no questions."""
    if silent or room == "published" or intent in ("other", "outside", "attack"):
        return "none"
    if intent == "how":
        return "light" if own_purchase(text, language) else "none"
    if intent == "examples" or _pattern("fact", language).search(text):
        return "light"
    if family and family.routine and not MANY_PEOPLE.search(text.lower()):
        return "light"
    if intent == "solution" and SMALL.search(text):
        return "light"
    if intent == "solution" and family is None and room == "idea" and len(text.split()) <= FEW_WORDS:
        return "light"  # a small thing that nobody needed to explain
    return "question"
