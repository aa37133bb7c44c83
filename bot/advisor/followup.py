"""What a message means in a conversation: an answer, a follow-up, a detail of the subject, or a subject of its own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from bot.advisor import room as rooms
from bot.advisor.intent import SURELY_SMALLTALK, smalltalk
from bot.advisor.language import detect
from bot.advisor.state import ChatState
from knowledge.document import Language
from knowledge.lexical import tokens
from knowledge.vocabulary import vocabulary

Kind = Literal[
    "quiet", "irritated", "talk", "dutch", "english", "why", "who", "tell", "sources", "connections", "procedures", "space", "more",
    "switch", "back", "option", "unknown", "answer", "refine", "room", "side", "subject",
]  # fmt: skip
_TURNS: tuple[Kind, ...] = ("switch", "back")
_ABOUT_LAST: tuple[Kind, ...] = ("dutch", "english", "why", "who", "tell", "sources")
SKILLS: tuple[Kind, ...] = ("connections", "procedures", "space")

ANSWER_WORDS = 25  # longer is a story of its own
REFINE_WORDS = 9
ROOM_WORDS = 16
SAME_WORDS = 5
_AND = re.compile(r"^(en|and|maar|of|but|or|what about|how about|hoe zit)\b", re.IGNORECASE)
_RANKS = {
    "eerste": 1, "first": 1, "tweede": 2, "second": 2, "derde": 3, "third": 3, "vierde": 4, "fourth": 4, "laatste": -1, "last": -1,
}  # fmt: skip
# Words around a follow-up that name no subject of their own.
_FILLER = frozenset(
    "graag even eens hier hierbij daar daarover daarbij dit deze dat nog meer past passen aub please hiervan ervan er bij andere "
    "oplossing oplossingen richtingen richting manieren opties voorbeelden voorbeeld raakvlakken raakvlak procedure procedures "
    "welke wat zijn laat zien toon geef heb vertel kan ook here this that other others solutions options examples fits fit show "
    "give zaken connections alternatieven alternatives mogelijkheden ideeën anders else".split()
)


@dataclass(frozen=True)
class Move:
    """What to do with a message. `option`: which answer was chosen. `about`: the subject in the message itself, if any."""

    kind: Kind
    option: int | None = None
    about: str = ""


@cache
def _data() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("followup.yaml").read_text(encoding="utf-8"))
    return loaded


@cache
def _pattern(name: str) -> re.Pattern[str]:
    entry = _data()[name]
    parts = entry["any"] if isinstance(entry, dict) else entry
    return re.compile("|".join(f"(?:{part})" for part in parts), re.IGNORECASE)


def says(text: str, name: str) -> bool:
    """Whether a message is of a kind in `followup.yaml`."""
    entry = _data()[name]
    short = entry["short"] if isinstance(entry, dict) else 60
    return len(text.split()) <= short and bool(_pattern(name).search(text))


def read(text: str, state: ChatState) -> Move:
    """What a cleaned message means after all that the conversation has had."""
    if (option := _option(text, state)) is not None:
        return Move("option", option)
    language = state.language or detect(text)
    about = _about(text, language)
    if says(text, "talk"):
        return Move("talk")
    if says(text, "quiet"):
        return Move("quiet", about=about)
    if state.turn and says(text, "irritated"):
        return Move("irritated")
    for kind in _TURNS:
        if says(text, kind):
            return Move(kind, about=about)
    asked = state.last is not None and state.last.question is not None
    if asked and says(text, "unknown") and len(text.split()) <= ANSWER_WORDS:
        return Move("unknown")
    known = state.subject.known
    for kind in _ABOUT_LAST:
        if state.turn and says(text, kind) and not (kind == "tell" and _new_thing(text, state, language)):
            return Move(kind, about=about)
    for kind in (*SKILLS, "more"):
        if says(text, kind) and (known or about or kind == "connections"):
            if known and (not about or not _new_thing(about, state, language)):
                about = ""
            if kind != "more" or (known and not about):
                return Move(kind, about=about)
    if not known:
        return Move("subject")
    return Move(_in_context(text, state, language, asked))


def _in_context(text: str, state: ChatState, language: Language, asked: bool) -> Kind:
    """Whether a message answers the open question, adds to the subject, stands beside it or begins another."""
    words = len(text.split())
    fresh = _new_thing(text, state, language)
    asks, orders = bool(_pattern("asks").search(text)), bool(_pattern("orders").search(text))
    told = rooms.told_room(text, language)
    if told and told != state.subject.room and words <= ROOM_WORDS and not fresh:
        return "room"
    if words <= 4 and smalltalk(text, language) in SURELY_SMALLTALK:
        return "side"
    if asked and not asks and words <= ANSWER_WORDS and not (fresh and orders):
        return "answer"
    if words <= REFINE_WORDS and not orders and (_AND.search(text) or (not fresh and words <= SAME_WORDS)):
        return "refine"
    if not fresh and (_shared(text, state.subject.text, language) or _families(text, language) & set(state.subject.families)):
        return "refine"
    return "subject"


def rank(text: str, count: int) -> int | None:
    """Which of `count` cases told last a message points at, counted from 0; None when it names none by its place."""
    low = text.lower()
    number = next((value for word, value in _RANKS.items() if re.search(rf"\b{word}\b", low)), None)
    if number is None and (match := re.search(r"\b(?:nummer|nr\.?|number|over|about)\s*(\d)\b", low)):
        number = int(match[1])
    if number is None or not count:
        return None
    index = number - 1 if number > 0 else count - 1
    return index if index < count else None


def _option(text: str, state: ChatState) -> int | None:
    """The answer of the last question that a message is the label of."""
    if state.last is None:
        return None
    low = text.lower().strip(" .!")
    return next((index for index, option in enumerate(state.last.options) if low == option.lower().strip(" .!")), None)


def _about(text: str, language: Language) -> str:
    """The words of a message beside the follow-up in it."""
    names = (*SKILLS, "more", "quiet", "switch", "back", "tell", "who")
    rest = text
    for name in names:
        rest = _pattern(name).sub(" ", rest)
    words = [word for word in tokens(rest, language) if word not in _FILLER]
    left = [word for word in re.findall(r"[^\W_]+(?:['’-][^\W_]+)*", rest) if word.lower() not in _FILLER]
    return " ".join(left) if words else ""


def _families(text: str, language: Language) -> set[str]:
    return {family.id for family, _ in vocabulary().families_in(text, language)}


def _new_thing(text: str, state: ChatState, language: Language) -> bool:
    """Whether a message names a solution that is none of the subject's, or has nothing in common with it."""
    families = _families(text, language)
    if not state.subject.known:
        return bool(families)
    subject = set(state.subject.families)
    if families:
        return not families & subject and not _shared(text, state.subject.text, language)
    return len(set(tokens(text, language))) > SAME_WORDS and not _shared(text, state.subject.text, language)


def _shared(text: str, subject: str, language: Language) -> set[str]:
    return set(tokens(text, language)) & set(tokens(subject, language))
