"""Which examples a buyer asks for by plain words: of which kind of organisation, place, outcome or year, or nothing bought."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from knowledge.document import Case, Language
from knowledge.lexical import tokens

RECENT_YEARS = 4
_NAME = re.compile(r"[A-Z][^\W_]+(?:[ -][A-Z][^\W_]+)*")
# Words in names of organisations that name no place or body by themselves.
_COMMON = frozenset(
    "gemeente gemeenten provincie waterschap stad regio rijk ministerie van de het den en in met voor zes vier vijf drie "
    "twee samenwerkende partners anderen unie stichting hoogheemraadschap council city university hospital nhs trust noord "
    "zuid oost west nieuwe oude grote kleine bergen school scholen zorg politie dorp horeca buren best echt epe ede".split()
)


@dataclass(frozen=True)
class Wanted:
    """What a case must be. Empty: any."""

    body: str | None = None
    names: frozenset[str] = field(default_factory=frozenset)
    countries: frozenset[str] = field(default_factory=frozenset)
    abroad: bool = False
    outcomes: frozenset[str] = field(default_factory=frozenset)
    no_purchase: bool = False
    since: int | None = None
    year: int | None = None

    def __bool__(self) -> bool:
        return self != Wanted()

    def accepts(self, case: Case) -> bool:
        """Whether a case is one of those asked for."""
        organisation = (case.organisation or "").lower()
        return (
            (self.body is None or any(word in organisation for word in _data()["bodies"][self.body]["organisation"]))
            and (not self.names or bool(self.names & _places(case)))
            and (not self.countries or case.country in self.countries)
            and (not self.abroad or case.country != "NL")
            and (not self.outcomes or case.outcome in self.outcomes)
            and (not self.no_purchase or case.no_purchase)
            and (self.since is None or (case.year or 0) >= self.since)
            and (self.year is None or case.year == self.year)
        )

    def label(self, language: Language) -> str:
        """What was asked for, in words: "van een waterschap, die misgingen"."""
        parts = []
        of = "van" if language == "nl" else "of"
        if self.names:
            parts.append(f"{of} {', '.join(sorted(name.title() for name in self.names))}")
        if self.body:
            parts.append(f"{of} {_data()['bodies'][self.body][language]}")
        if self.abroad or self.countries:
            parts.append(_data()["abroad"][language])
        if "failed" in self.outcomes:
            parts.append(_data()["failed"][language])
        if "worked" in self.outcomes:
            parts.append(_data()["worked"][language])
        if self.no_purchase:
            parts.append(_data()["no_purchase"][language])
        if self.since:
            parts.append(f"{'sinds' if language == 'nl' else 'since'} {self.since}")
        if self.year:
            parts.append(f"{'uit' if language == 'nl' else 'from'} {self.year}")
        return ", ".join(parts)


@cache
def _data() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("wanted.yaml").read_text(encoding="utf-8"))
    return loaded


@cache
def _pattern(name: str, part: str = "") -> re.Pattern[str]:
    entry = _data()[name]
    parts = entry if isinstance(entry, list) else entry[part] if part in entry else entry["message"]
    if isinstance(parts, dict):
        parts = parts["message"]
    return re.compile("|".join(rf"\b(?:{each})\b" for each in parts), re.IGNORECASE)


# Before a kind of organisation: it is the buyer's own, whose examples are not asked for.
_OURS = re.compile(
    r"\b(our|my|we are an?|as an?|ons|onze|mijn|wij|als|wij zijn een)( kleine| grote| small| large)? $", re.IGNORECASE
)


def read(text: str, cases: list[Case], year: int) -> Wanted:
    """What a message asks for among `cases`; `year` is this year."""

    def says(name: str, part: str = "") -> bool:
        return bool(_pattern(name, part).search(text))

    def others(body: str) -> bool:
        return any(not _OURS.search(text[: match.start()]) for match in _pattern("bodies", body).finditer(text))

    since = _pattern("since").search(text)
    in_year = None if since else _pattern("in_year").search(text)
    countries = frozenset(code for code in _data()["countries"] if says("countries", code))
    outcomes = {"failed", "mixed"} if says("failed") else {"worked"} if says("worked") else set()
    return Wanted(
        body=next((name for name in _data()["bodies"] if others(name)), None),
        names=_names(text, cases),
        countries=countries,
        abroad=not countries and says("abroad"),
        outcomes=frozenset(outcomes),
        no_purchase=says("no_purchase"),
        since=int(next(filter(None, since.groups()))) if since else year - RECENT_YEARS if says("recent") else None,
        year=int(next(filter(None, in_year.groups()))) if in_year else None,
    )


def asks(text: str) -> bool:
    """Whether a message asks for a kind of example by plain words; places by name aside."""
    return bool(_anything().search(text))


def only_asks(text: str, language: Language) -> bool:
    """Whether a message asks for a kind of example and names no subject beside that."""
    return asks(text) and len(set(tokens(_anything().sub(" ", text), language)) - _AROUND) <= 1


# What stands around such words without naming a subject, as stems.
_AROUND = frozenset("ging gat ander elder nu dan go other happen".split())


@cache
def _anything() -> re.Pattern[str]:
    names = ("failed", "worked", "no_purchase", "recent", "since", "in_year", "abroad")
    parts = [_pattern(name) for name in names]
    parts += [_pattern("bodies", body) for body in _data()["bodies"]]
    parts += [_pattern("countries", code) for code in _data()["countries"]]
    return re.compile("|".join(part.pattern for part in parts), re.IGNORECASE)


def _names(text: str, cases: list[Case]) -> frozenset[str]:
    said = {word.lower() for name in _NAME.findall(text) for word in (name, *re.split(r"[ -]", name))}
    known = {place for case in cases for place in _places(case)}
    found = said & known
    return frozenset(name for name in found if not any(name != other and name in other for other in found))


@cache
def _parts(organisation: str) -> frozenset[str]:
    names = _NAME.findall(organisation)
    words = {word.lower() for name in names for word in (name, *re.split(r"[ -]", name))}
    return frozenset(word for word in words if word not in _COMMON and len(word) > 2)


def _places(case: Case) -> frozenset[str]:
    english = case.en.organisation if case.en else None
    return _parts(f"{case.organisation or ''}, {english or ''}")
