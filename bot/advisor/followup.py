"""What a message means in a conversation: an answer, a follow-up, a detail of the subject, or a subject of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from bot.advisor import intent as intents
from bot.advisor import room as rooms
from bot.advisor import wanted
from bot.advisor.language import detect
from bot.advisor.state import ChatState
from knowledge.document import Language
from knowledge.lexical import tokens
from knowledge.vocabulary import vocabulary

Control = Literal["quiet", "irritated", "talk", "aside", "dismissed", "dutch", "english", "switch", "back"]
Kind = Literal[
    "why", "who", "tell", "sources", "intake", "connections", "procedures", "space", "more", "option", "unknown", "answer",
    "refine", "room", "side", "subject",
]  # fmt: skip
CONTROLS: tuple[Control, ...] = (
    "talk", "quiet", "irritated", "aside", "dismissed", "dutch", "english", "switch", "back",
)  # fmt: skip
ABOUT_LAST: tuple[Kind, ...] = ("why", "who", "tell", "sources")
SKILLS: tuple[Kind, ...] = ("intake", "connections", "procedures", "space")

ANSWER_WORDS = 25  # longer is a story of its own
REFINE_WORDS = 9
ROOM_WORDS = 18
SAME_WORDS = 5
UNKNOWN_WORDS = 12
ECHO_WORDS = 6
FAR_WORDS = 4
PART_WORDS = 12  # a longer part of a message is no control alone
_AND = re.compile(r"^(en|and|maar|of|but|or|what about|how about|hoe zit)\b", re.IGNORECASE)
_PART = re.compile(r"[^.!?;:,]+[.!?;:,]*")
_RANKS = {
    "eerste": 1, "first": 1, "tweede": 2, "second": 2, "derde": 3, "third": 3, "vierde": 4, "fourth": 4,
    "laatste": -1, "last": -1,
}  # fmt: skip
# Words around a follow-up that name no subject of their own.
_FILLER = frozenset(
    "graag even eens hier hierbij daar daarover daarbij dit deze dat nog meer past passen aub please hiervan ervan er bij "
    "andere oplossing oplossingen richtingen richting manieren opties voorbeelden voorbeeld raakvlakken raakvlak procedure "
    "procedures welke wat zijn laat zien toon geef heb vertel kan ook here this that other others solutions options examples "
    "fits fit show give zaken connections alternatieven alternatives mogelijkheden ideeën anders else ok oke terug joh dan "
    "hoor weer ff zo zo'n pls".split()
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


def controls(text: str, state: ChatState) -> tuple[list[Control], str]:
    """The controls in a message and what else it says: the parts between signs that hold none.

    What is left is empty when it says nothing to answer.
    """
    found: list[Control] = []
    rest = []
    for part in _PART.findall(text) or [text]:
        plain = part.strip(" .!?;:,")
        kinds = [kind for kind in CONTROLS if (state.turn or kind in ("quiet", "irritated", "talk")) and says(plain, kind)]
        found += kinds[:1]
        if not kinds or len(plain.split()) > PART_WORDS:
            rest.append(part)
    left = "".join(rest).strip(" ,;")
    if found and not _says_something(left, state):
        left = ""
    return list(dict.fromkeys(found)), left


def _says_something(text: str, state: ChatState) -> bool:
    """Whether what stands beside a control wants an answer of its own."""
    language = detect(text, state.language or "nl")
    kinds = (*SKILLS, "more", "who", "tell", "sources")
    return (
        any(says(text, kind) for kind in kinds)
        or bool(_pattern("asks").search(text) or _pattern("orders").search(text))
        or rooms.told_room(text) is not None
        or wanted.asks(text)
        or bool(_families(text, language))
        or len(set(tokens(text, language)) - _FILLER) >= SAME_WORDS
    )


def read(text: str, state: ChatState) -> Move:
    """What a cleaned message, without its controls, means after all that the conversation has had."""
    if (option := _option(text, state)) is not None:
        return Move("option", option)
    language = detect(text, state.language or "nl")
    about = _about(text, language)
    known = state.subject.known
    asked = state.last is not None and state.last.question is not None
    if state.turn and says(text, "unknown") and len(text.split()) <= (ANSWER_WORDS if asked else UNKNOWN_WORDS):
        return Move("unknown")
    for kind in ABOUT_LAST:
        if state.turn and says(text, kind) and not (kind == "tell" and _fresh(text, state, language)):
            return Move(kind, about=about)
    for kind in (*SKILLS, "more"):
        if says(text, kind) and (known or about or kind in ("connections", "intake")):
            if known and not _new_families(about, state, language):
                about = ""
            if kind != "more" or (known and not about):
                return Move(kind, about=about)
    if not known:
        return Move("subject")
    return Move(_in_context(text, state, language, asked))


def _in_context(text: str, state: ChatState, language: Language, asked: bool) -> Kind:
    """Whether a message answers the open question, adds to the subject, stands beside it or begins another."""
    words = len(text.split())
    new, fresh = _new_families(text, state, language), _fresh(text, state, language)
    asks, orders = bool(_pattern("asks").search(text)), bool(_pattern("orders").search(text))
    if says(text, "amount") or thanks(text):
        return "side"
    if asks_rule(text):
        return "refine" if orders and not new else "side"
    told = rooms.told_room(text)
    if told and new:
        return "subject"
    if told and told != state.subject.room and words <= ROOM_WORDS:
        return "room"
    if words <= 4 and intents.smalltalk(text, language) in intents.SURELY_SMALLTALK:
        return "side"
    if not new and wanted.only_asks(text, language):
        return "refine"
    if fresh and state.last and language != state.last.language and not told:
        return "subject"
    if new and words >= FAR_WORDS and _far(text, state, language):
        return "subject"
    if asked and not asks and words <= ANSWER_WORDS and not (new and orders):
        return "answer"
    back = says(text, "points_back") and not new
    if words <= REFINE_WORDS and not (orders and new) and (_AND.search(text) or back or (not fresh and words <= SAME_WORDS)):
        return "refine"
    same = _shared(text, state.subject.text, language) or _families(text, language) & set(state.subject.families)
    return "refine" if same or (back and not orders and words <= ANSWER_WORDS) else "subject"


def asks_rule(text: str) -> bool:
    """Whether a message asks for a rule or a term, which stands beside any subject."""
    short = len(text.split()) <= REFINE_WORDS
    return says(text, "fact") or says(text, "amount") or bool(intents.FACT.search(text)) or (short and says(text, "topic"))


def thanks(text: str) -> bool:
    """Whether a message says thanks and nothing that wants an answer."""
    wants = _pattern("asks").search(text) or _pattern("orders").search(text)
    return len(text.split()) <= REFINE_WORDS and says(text, "thanks") and not wants


def echo(text: str) -> str:
    """What to say back of a follow-up such as "en bij een waterschap?"; empty for others."""
    rest = _AND.sub("", text).strip(" .!?,")
    if rest == text.strip(" .!?,") or not 0 < len(rest.split()) <= ECHO_WORDS:
        return ""
    return f"{rest[0].upper()}{rest[1:]}:"


def rank(text: str, count: int) -> int | None:
    """Which of `count` cases told last a message points at, counted from 0; None when it names none by its place.

    One that is not there is the last that is.
    """
    low = text.lower()
    number = next((value for word, value in _RANKS.items() if re.search(rf"\b{word}\b", low)), None)
    if number is None and (match := re.search(r"\b(?:nummer|nr\.?|number|over|about)\s*(\d)\b", low)):
        number = int(match[1])
    if number is None or not count:
        return None
    return count - 1 if number < 0 else min(number, count) - 1


def _option(text: str, state: ChatState) -> int | None:
    """The answer of the last question that a message is the label of."""
    if state.last is None:
        return None
    low = text.lower().strip(" .!")
    return next((index for index, option in enumerate(state.last.options) if low == option.lower().strip(" .!")), None)


def _about(text: str, language: Language) -> str:
    """The words of a message beside the follow-up in it."""
    rest = text
    for name in (*SKILLS, "more", "tell", "who"):
        rest = _pattern(name).sub(" ", rest)
    left = [word for word in re.findall(r"[^\W_]+(?:['’-][^\W_]+)*", rest) if word.lower() not in _FILLER]
    return " ".join(left) if tokens(" ".join(left), language) else ""


def _families(text: str, language: Language) -> set[str]:
    return {family.id for family, _ in vocabulary().families_in(text, language)}


def _new_families(text: str, state: ChatState, language: Language) -> bool:
    """Whether a message names a thing to buy that has nothing to do with the subject."""
    bought = {family.id for family, _ in vocabulary().families_in(text, language) if family.buys}
    if not state.subject.known:
        return bool(bought)
    return bool(bought) and not bought & set(state.subject.families) and not _shared(text, state.subject.text, language)


def _far(text: str, state: ChatState, language: Language) -> bool:
    """Whether what a message names shares no sector and no theme with what the subject is about."""
    known = vocabulary().families

    def around(ids: Iterable[str]) -> set[str]:
        return {word for id_ in ids if id_ in known for word in (*known[id_].sectors, *known[id_].themes)}

    return not around(_families(text, language)) & around(state.subject.families)


def _fresh(text: str, state: ChatState, language: Language) -> bool:
    """Whether a message names another thing to buy, or says much that has nothing in common with the subject."""
    if _new_families(text, state, language):
        return True
    return len(set(tokens(text, language))) > SAME_WORDS and not _shared(text, state.subject.text, language)


def _shared(text: str, subject: str, language: Language) -> set[str]:
    return set(tokens(text, language)) & set(tokens(subject, language))
