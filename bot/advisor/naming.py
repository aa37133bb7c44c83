"""The named solution: the ready-made thing that a buyer's message has fixed on, found apart from the intent.

The message is cut into chunks at function words; what stands around a chunk speaks for or against it being the thing to buy.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bot.advisor.context import Named
from knowledge.document import Language
from knowledge.vocabulary import Family

LENGTH = 600  # characters of a message in which its thing to buy is looked for
MAX_WORDS = 3
SURE = 1.6  # least score of a chunk that holds no word of the vocabulary
FAMILY, EARLY, COMPOUND = 2.0, 0.6, 0.4
# What may stand before a thing that leads a message: numbers and small words; or that somebody wants it.
_BEFORE = re.compile(r"^\W*(?:(?:\d[\w.,]*|een|de|het|nieuwe?|extra|a|an|the|new|twee|drie|vier|vijf|zes)\W+)*$", re.IGNORECASE)
_WISH = re.compile(
    r"\b(?:motie aangenomen|wil(?:len)?|wenst|wensen|nodig|gezocht|zoek(?:en|t)?|gaan voor|wants?|needs?|looking for)\b"
    r"[^.?!]{0,25}$",
    re.IGNORECASE,
)
_TOKENS = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*|[^\w\s]")


@dataclass(frozen=True)
class _Chunk:
    start: int
    end: int
    words: tuple[str, ...]


@cache
def _data() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("naming.yaml").read_text(encoding="utf-8"))
    return loaded


@cache
def _words(name: str) -> frozenset[str]:
    return frozenset(_data()[name].split())


@cache
def _cues(language: Language, side: str) -> tuple[tuple[re.Pattern[str], float], ...]:
    return tuple((re.compile(pattern, re.IGNORECASE), float(weight)) for pattern, weight in _data()[language][side])


def find(text: str, language: Language, families: list[tuple[Family, str]]) -> Named | None:
    """The named solution of a message that asks for one, as written there; None when nothing sure stands in it.

    `families` are those whose words stand in the message.
    """
    text = text[:LENGTH]
    known = [(family, word) for family, word in families if family.buys]
    best: tuple[float, _Chunk, Family | None] | None = None
    for rank, chunk in enumerate(_chunks(text)):
        family = next((f for f, word in known if word in text[chunk.start : chunk.end].lower().replace("’", "'")), None)
        score = _score(text, chunk, language) + (EARLY if rank < 2 else 0.0) + (FAMILY if family else 0.0)
        if (family or score >= SURE) and (best is None or score > best[0]):
            best = score, chunk, family
    if best is None:
        return Named(known[0][1], known[0][0]) if known else None
    return Named(text[best[1].start : best[1].end], best[2])


def leads(text: str, named: Named) -> bool:
    """Whether a message begins with the thing that it names ("laadpalen in 9 straten, concessie of niet"), or wants it."""
    before = text[: max(0, text.find(named.text))]
    return bool(_BEFORE.match(before) or _WISH.search(before))


def _chunks(text: str) -> list[_Chunk]:
    """Runs of at most MAX_WORDS words between function words and signs, without words in front that name nothing."""
    chunks: list[_Chunk] = []
    run: list[re.Match[str]] = []
    for token in [*_TOKENS.finditer(text), None]:
        low = token.group().lower() if token else "."
        if token and low[0].isalpha() and low not in _words("stop") and len(run) < MAX_WORDS:
            if run or low not in _words("nothing"):
                run.append(token)
            continue
        while run and run[-1].group().lower() in _words("nothing"):
            run.pop()
        if run and any(len(word.group()) >= 3 for word in run):
            chunks.append(_Chunk(run[0].start(), run[-1].end(), tuple(word.group() for word in run)))
        run = []
    return chunks


def _score(text: str, chunk: _Chunk, language: Language) -> float:
    """How much speaks for a chunk: the first cue that fits on either side, and the length of a Dutch compound."""
    before, after = text[: chunk.start].rstrip(), text[chunk.end :].lstrip(" ,")
    score = sum(
        next((weight for pattern, weight in _cues(language, side) if pattern.search(part)), 0.0)
        for side, part in (("before", before[-60:]), ("after", after[:30]))
    )
    return score + (COMPOUND if max(map(len, chunk.words)) >= 10 else 0.0)
