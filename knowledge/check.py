"""What is wrong with a document beyond its schema: for `blik check`, and for what may be live."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from knowledge.document import YEAR, Case, DocumentError, Guidance, Step, read
from knowledge.vocabulary import vocabulary

MIN_WORDS = 40
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
NAME = re.compile(r"(?<=[a-z,] )[A-Z][\w’'-]*[a-z][\w’'-]*")
# Names that differ between the languages, and English words that are capitalised where Dutch ones are not.
NAMES_NL = {
    "hague": "haag", "netherlands": "nederland", "flanders": "vlaanderen", "brussels": "brussel", "antwerp": "antwerpen",
    "ghent": "gent", "belgium": "belg", "germany": "duits", "france": "fran", "sweden": "zwe", "denmark": "de",
    "norway": "noor", "finland": "fin", "spain": "spa", "italy": "ita", "england": "engel", "scotland": "schot",
    "ireland": "ier", "austria": "oostenrijk", "europe": "europ", "zealand": "zeeland", "south": "zuid", "north": "noord",
    "act": "wet", "london": "londen", "paris": "parijs", "vienna": "wenen", "copenhagen": "kopenhagen", "province": "provincie",
    "guide": "gids", "regulation": "verordening", "directive": "richtlijn", "ministry": "ministerie", "union": "unie",
}  # fmt: skip
ENGLISH_WORDS = frozenset(
    [
        "dutch",
        "english",
        "european",
        "flemish",
        "belgian",
        "german",
        "french",
        "swedish",
        "danish",
        "norwegian",
        "finnish",
        "spanish",
        "italian",
        "british",
        "irish",
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "internet",
        "covid",
        "christmas",
        "easter",
    ]
)


@dataclass(frozen=True)
class Fault:
    """One thing to mend: in which file and field, and how."""

    file: str
    field: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}: {self.field}: {self.remedy}"


def incomplete(document: Case | Guidance) -> str:
    """Why a document is a draft until somebody publishes it; empty when it is complete."""
    if isinstance(document, Case):
        missing = [name for name in ("sector", "source_kind", "problem", "approach") if not getattr(document, name)]
    else:
        missing = [] if document.what or document.steps else ["what"]
        missing += [] if document.source_kind else ["source_kind"]
    return f"{', '.join(missing)}: is missing" if missing else ""


def unpublishable(document: Case | Guidance) -> str:
    """Why a document may not be made live; empty when it may: 40 words of body and a source that can be found."""
    if len(document.body.split()) < MIN_WORDS:
        return f"body: has fewer than {MIN_WORDS} words; write what happened before publishing"
    if not any(source.url or source.date for source in document.sources):
        return "sources: give an address, or a file's name and date, before publishing"
    return ""


def check(paths: Iterable[Path], as_of: date) -> list[Fault]:
    """All faults of these files on the day `as_of`, in order of file."""
    faults: list[Fault] = []
    ids: dict[str, Path] = {}
    for path in paths:
        try:
            document = read(path)
        except DocumentError as error:
            faults += [Fault(str(path), field, remedy) for field, remedy in error.faults]
            continue
        if document.id in ids:
            faults.append(Fault(str(path), "id", f"is also that of {ids[document.id]}; give it another"))
        ids[document.id] = path
        if document.id != path.stem:
            faults.append(Fault(str(path), "id", f"differs from the file's name; call the file {document.id}.md"))
        faults += [Fault(str(path), field, remedy) for field, remedy in _faults(document, as_of)]
    return faults


def _faults(document: Case | Guidance, as_of: date) -> Iterator[tuple[str, str]]:
    known = vocabulary()
    for theme in document.themes:
        if theme not in known.themes:
            yield "themes", f"{theme} is not in knowledge/vocabulary.yaml; choose one that is"
    if reason := incomplete(document):
        field, _, fault = reason.partition(": ")
        yield field, f"{fault}; add it"
    if len(_dutch(document).split()) < MIN_WORDS:
        yield "body", f"all texts together have fewer than {MIN_WORDS} words; tell more, or leave the document out"
    if not any(source.url for source in document.sources):
        yield "sources", "no source has an address; give the page that it rests on"
    if any(source.seen is None for source in document.sources):
        yield "sources", "say of each how much of it was seen (seen: whole, beginning, excerpt or scouted)"
    yield from _case_faults(document) if isinstance(document, Case) else _guidance_faults(document, as_of)
    yield from _english_faults(document)


def _case_faults(case: Case) -> Iterator[tuple[str, str]]:
    for family in case.solutions:
        if family not in vocabulary().families:
            yield "solutions", f"{family} is not in knowledge/vocabulary.yaml; choose one that is"
    for family in case.instead_of:
        if family not in vocabulary().families or not vocabulary().families[family].buys:
            yield "instead_of", f"{family} is no family of knowledge/vocabulary.yaml that is bought; choose one that is"
    if not case.solutions:
        yield "solutions", "is empty; name at least one family of knowledge/vocabulary.yaml"
    for name in ("period", "as_of"):
        if (value := getattr(case, name)) and not YEAR.search(value):
            yield name, f"holds no year ({value}); write one such as 2021 or 2019-2021"
    if case.year is None:
        yield "period", "no year is known from period, as_of or the first source; add one of them"
    if case.outcome != "unknown" and not case.result:
        yield "result", f"is missing while outcome is {case.outcome}; tell it, or make outcome unknown"
    if case.country != "NL" and "other_law" not in case.cautions:
        yield "cautions", "is a case from abroad; add other_law"


def _guidance_faults(guidance: Guidance, as_of: date) -> Iterator[tuple[str, str]]:
    if not guidance.steps:
        yield "steps", "is missing; give at least one thing to do"
    amounts = "€" in _dutch(guidance)
    if (guidance.law or amounts) and not (guidance.check_at or guidance.valid_until):
        yield "check_at", "names law or amounts; say by which date somebody must look again"
    if guidance.valid_until and guidance.valid_until < as_of:
        yield (
            "valid_until",
            f"passed on {guidance.valid_until}; look up what holds now and renew or remove the document",
        )
    if guidance.check_at and guidance.check_at < as_of:
        yield "check_at", f"passed on {guidance.check_at}; look the law up again and set a new date"


def _english_faults(document: Case | Guidance) -> Iterator[tuple[str, str]]:
    if document.language == "en":
        return
    if document.en is None:
        yield "en", "is missing; add title and fields in English"
        return
    for name, value in document.en:
        dutch = getattr(document, name, None)
        if name in ("asked", "shown_for"):
            continue
        if name != "organisation" and bool(dutch) != bool(value):
            yield (
                f"en.{name}",
                "is missing; translate it" if dutch else "has no Dutch counterpart; remove it or add that",
            )
        if isinstance(value, list) and isinstance(dutch, list) and len(value) != len(dutch):
            yield f"en.{name}", f"has {len(value)} items and the Dutch {len(dutch)}; make them the same"
    english = ". ".join(_texts(document.en.model_copy(update={"organisation": None})))  # names are translated there
    dutch_text = _dutch(document)
    extra = set(_numbers(english)) - set(_numbers(dutch_text))
    for number in sorted(extra):
        yield "en", f"the number {number} is not in the Dutch text; make them agree"
    lower = dutch_text.lower()
    for name in sorted(set(NAME.findall(english))):
        word = re.sub(r"['’]s$", "", name).lower()
        if word not in ENGLISH_WORDS and NAMES_NL.get(word, word) not in lower:
            yield "en", f"the name {name} is not in the Dutch text; make them agree"


def _numbers(text: str) -> Counter[str]:
    """Numbers without thousands separators, decimals with a point: 216.000 and 216,000 are the same."""
    return Counter(re.sub(r"[.,](?=\d{3}(?:\D|$))", "", number).replace(",", ".") for number in NUMBER.findall(text))


def _dutch(document: Case | Guidance) -> str:
    return " ".join([*_texts(document), document.body])


def _texts(part: object) -> Iterator[str]:
    """The telling texts of a document or of its English block."""
    for name in (
        "title", "organisation", "speaker", "period", "as_of", "problem", "first_solution", "approach", "procedure",
        "result", "lesson", "what", "when", "steps", "pitfalls", "connections", "law",
    ):  # fmt: skip
        value = getattr(part, name, None)
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, Step):
                yield f"{item.label}. {item.text}"
            elif item:
                yield str(item)
