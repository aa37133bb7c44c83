"""The controlled vocabulary: sectors, themes and solution families, and how buyers write them."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import yaml
from pydantic import BaseModel

from knowledge.settings import BUILTIN

WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
PLURAL = {"nl": r"(?:'?s|en|n)?", "en": r"(?:'?s|es)?"}
MIN_COMPOUND = 4  # a shorter word at the end of another is chance: "led" in "beeld"


class Label(BaseModel):
    nl: str
    en: str

    def __getitem__(self, language: str) -> str:
        return self.nl if language == "nl" else self.en


class SectorLabel(Label):
    """A sector, and the functions within one's own organisation that mostly know about it."""

    calls_nl: list[str] = []
    calls_en: list[str] = []

    def calls(self, language: str) -> list[str]:
        return self.calls_nl if language == "nl" else self.calls_en


class Family(Label):
    """A family of solutions, the problem that such a solution is usually bought for, and guidance on buying it."""

    id: str
    buys: bool
    routine: bool = False
    caution: list[str] = []
    guidance: list[str] = []
    themes: list[str] = []
    sectors: list[str] = []
    words_nl: list[str]
    words_en: list[str]
    problem_nl: str
    problem_en: str

    def words(self, language: str) -> list[str]:
        return self.words_nl if language == "nl" else self.words_en


class Vocabulary(BaseModel):
    sectors: dict[str, SectorLabel]
    themes: dict[str, Label]
    families: dict[str, Family]

    def families_in(self, text: str, language: str) -> list[tuple[Family, str]]:
        """Families whose words stand in `text`, with the word as written there; longest match first.

        A word counts on its own and, in Dutch, at the end of a compound ("beveiligingscamera's").
        """
        return [(self.families[family], match) for family, match in _matches(text.lower().replace("’", "'"), language)]


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary of `vocabulary.yaml`, read once."""
    raw: dict[str, Any] = yaml.safe_load((BUILTIN / "vocabulary.yaml").read_text(encoding="utf-8"))
    raw["families"] = {id_: {"id": id_, **family} for id_, family in raw["families"].items()}
    return Vocabulary.model_validate(raw)


@cache
def _patterns(language: str) -> list[tuple[re.Pattern[str], str]]:
    entries = []
    for family in vocabulary().families.values():
        for word in family.words(language):
            start = r"(?<![^\W_])[^\W_]*" if language == "nl" and len(word) >= MIN_COMPOUND else r"(?<![^\W_])"
            end = PLURAL[language] + r"(?![^\W_])(?!['-][^\W_])"
            entries.append((word, re.compile(start + re.escape(word) + end), family.id))
    entries.sort(key=lambda entry: -len(entry[0]))
    return [(pattern, family) for _, pattern, family in entries]


def _matches(text: str, language: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for pattern, family in _patterns(language):
        match = pattern.search(text)
        if match and family not in [f for f, _ in found] and not any(match.group() in m for _, m in found):
            found.append((family, match.group()))
    return found
