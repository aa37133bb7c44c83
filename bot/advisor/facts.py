"""Fact sentences: what documents say, with year, speaker and outcome, each with the number of its source."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date

from bot.advisor.advice import Block, Sentence, Source
from bot.texts import texts
from knowledge.document import YEAR, Case, Guidance, Language, Step
from knowledge.lexical import tokens
from knowledge.vocabulary import Family, vocabulary

SHORT = 10  # words
_PREFIX = re.compile(r"^(?:de )?(?:gemeente|municipality of) ", re.IGNORECASE)
MONTHS_EN = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


class Told:
    """The facts of one answer: gives each page a number and remembers the words and the steps that were told."""

    def __init__(self, language: Language) -> None:
        self.language: Language = language
        self.sources: list[Source] = []
        self.steps: list[str] = []
        self._numbers: dict[tuple[str, int], int] = {}

    def fact(self, document: Case | Guidance, words: str, page: int = 1, frame: str = "{text}") -> Sentence:
        """A sentence that tells `words` of a document, on the word of its source number `page`; `frame` holds them."""
        page = page if page <= len(document.sources) else 1
        number = self._numbers.get((document.id, page))
        if number is None:
            number = self._numbers[document.id, page] = len(self.sources) + 1
            source = document.sources[page - 1]
            title = ", ".join(part for part in (source.publisher, source.title, source.date) if part)
            self.sources.append(Source(n=number, id=document.id, title=title, url=source.url, quote=words))
        return Sentence(text=frame.format(text=words), source=number)


def title(document: Case | Guidance, language: Language) -> str:
    return document.en.title if language != document.language and document.en else document.title


def field(document: Case | Guidance, name: str, language: Language) -> str | None:
    """A telling field in the language of the answer; None when it is empty or only there in the other language."""
    part = document if language == document.language else document.en
    value = getattr(part, name, None) if part else None
    return str(value) if value else None


def tell_case(told: Told, case: Case, other: Family | None, message: str) -> Block:
    """A case as one block: who and when and on whose word, what they did, what came of it, what they learned.

    `other` is the family to name when the case is told as another approach. Of a case without such fields the sentence that
    shares most words with the message is quoted.
    """
    language = told.language
    words = texts(language)["case"]
    facts = []
    approach, result, lesson = (field(case, name, language) for name in ("approach", "result", "lesson"))
    if approach:
        facts.append(told.fact(case, _first_sentence(approach) if result else approach))
    if result:
        facts.append(told.fact(case, result))
    elif case.outcome == "unknown":
        facts.append(Sentence(text=words["no_result"]))
    if lesson and (case.outcome in ("failed", "mixed", "unknown") or not result):
        facts.append(told.fact(case, lesson, frame=words["lesson"]))
    if not any(sentence.source for sentence in facts):
        facts = [told.fact(case, quotation(case, message), frame=words["quotation"])]
    if {"dpia", "own_legal_basis"} & set(case.cautions) and "ai" in case.cautions:
        facts.append(Sentence(text=words["warning_ai"]))
    elif "own_legal_basis" in case.cautions:
        facts.append(Sentence(text=words["warning"]))
    return Block(kind="case", label=heading(case, other, language), sentences=facts)


def _first_sentence(text: str) -> str:
    """The first sentence of a field, and the next where the first is short: a case in an answer must fit on a phone."""
    sentences = re.split(r"(?<=[.!])\s+(?=[A-Z‘“])", " ".join(text.split()))
    count = 2 if len(sentences[0].split()) < SHORT else 1
    return " ".join(sentences[:count])


def quotation(document: Case | Guidance, message: str) -> str:
    """The sentence of a document's body that shares most words with a message; its title where it has no body."""
    text = re.sub(r"^#.*$", "", document.body, flags=re.MULTILINE)
    sentences = [sentence for sentence in re.split(r"(?<=[.!?])\s+", " ".join(text.split())) if sentence]
    asked = set(tokens(message, document.language))
    shared = [len(asked & set(tokens(sentence, document.language))) for sentence in sentences]
    return sentences[shared.index(max(shared))] if sentences else document.title


def heading(case: Case, other: Family | None, language: Language) -> str:
    """Who and when, on whose word, and what came of it: the first words of a case. `other`: told as another approach."""
    words = texts(language)
    marks = []
    if other:
        marks.append(words["case"]["sideways"].format(family=other[language]))
    marks.append(words["source_kind"][case.source_kind or "unknown"])
    if speaker := field(case, "speaker", language):
        marks.append(words["case"]["speaker"].format(speaker=speaker))
    marks.append(words["outcome"][case.outcome])
    if case.country != "NL":
        countries = words["country"]
        marks.append(countries.get(case.country, countries["other"].format(country=case.country)))
    if language != case.language and case.en is None:
        marks.append(words["case"]["dutch_source"])
    return words["case"]["near"].format(who=who(case, language), year=years(case, language), marks=", ".join(marks)) + "."


def who(case: Case, language: Language) -> str:
    """The organisation as one would say it: `Tilburg`, not `Gemeente Tilburg`; the title where it is unknown."""
    english = case.en.organisation if language == "en" and case.en else None
    name = english or case.organisation
    return _PREFIX.sub("", name) if name else title(case, language)


def years(case: Case, language: Language) -> str:
    """`2014-2015`, `2019`, or that the year is unknown."""
    found = YEAR.findall(case.period or "") or ([str(case.year)] if case.year else [])
    if not found:
        return str(texts(language)["case"]["year_unknown"])
    return found[0] if found[0] == found[-1] else f"{found[0]}-{found[-1]}"


def family_of(case: Case) -> Family | None:
    """The first solution family of a case."""
    return next((vocabulary().families[id_] for id_ in case.solutions if id_ in vocabulary().families), None)


def tell_steps(
    told: Told,
    guidance: Guidance,
    count: int,
    today: date,
    message: str,
    by_words: bool = False,
    skip: Collection[str] = (),
) -> list[Block]:
    """`count` steps of a guidance topic as bullets: those that fit the message first, those that fit another last.

    `by_words`: then those that share most words with the message. `skip` are steps that the buyer has read already. Of expired
    law only that it has expired.
    """
    if guidance.expired(today):
        return [Block(kind="bullet", sentences=[expired(told, guidance)])]
    part = guidance if told.language == guidance.language else guidance.en
    asked = set(tokens(message, told.language)) if by_words else set()

    def rank(number: int) -> tuple[int, int]:
        step, words = guidance.steps[number], part.steps[number] if part else guidance.steps[number]
        fits = -1 if _fits(step, message) else 1 if step.fits else 0
        return fits, -len(asked & set(tokens(f"{words.label} {words.text}", told.language)))

    left = [number for number in range(len(part.steps) if part else 0) if f"{guidance.id}:{number}" not in skip]
    order = sorted(left, key=rank)[:count]
    told.steps += [f"{guidance.id}:{number}" for number in order]
    blocks = [
        Block(
            kind="bullet",
            label=f"{part.steps[number].label}.",
            sentences=[told.fact(guidance, part.steps[number].text, guidance.steps[number].source)],
        )
        for number in order
        if part
    ]
    if not blocks and not part:
        label = f"{guidance.title} ({texts(told.language)['case']['dutch_source']})."
        words = guidance.what or quotation(guidance, message)
        quoted = told.fact(guidance, words, frame=texts(told.language)["case"]["quotation"])
        blocks = [Block(kind="bullet", label=label, sentences=[quoted])]
    return blocks


def fitting_step(told: Told, guidance: Guidance, message: str) -> Sentence | None:
    """The step that a message asks for by a word of its own, as a fact; None when no step says such words."""
    part = guidance if told.language == guidance.language else guidance.en
    for number, step in enumerate(guidance.steps if part else []):
        if part and _fits(step, message):
            return told.fact(guidance, part.steps[number].text, step.source)
    return None


def _fits(step: Step, message: str) -> bool:
    return any(re.search(rf"(?<![^\W_]){re.escape(word)}", message, re.IGNORECASE) for word in step.fits)


def tell_pitfall(told: Told, guidance: Guidance, message: str) -> Block | None:
    """The pitfall of a topic that shares words with the message; None when none does."""
    part = guidance if told.language == guidance.language else guidance.en
    asked = set(tokens(message, told.language))
    shared = [(len(asked & set(tokens(pitfall, told.language))), pitfall) for pitfall in (part.pitfalls if part else [])]
    count, words = max(shared, default=(0, ""), key=lambda item: item[0])
    if not count:
        return None
    return Block(kind="bullet", label=texts(told.language)["lead"]["pitfall"], sentences=[told.fact(guidance, words)])


def validity(guidance: Guidance, language: Language) -> Sentence | None:
    """The words that say for which period a topic's amounts hold."""
    words = texts(language)["law"]
    if guidance.valid_until is None:
        return None
    end = day(guidance.valid_until, language)
    if guidance.valid_from is None:
        return Sentence(text=words["valid_until"].format(end=end))
    return Sentence(text=words["valid"].format(begin=day(guidance.valid_from, language), end=end))


def expired(told: Told, guidance: Guidance) -> Sentence:
    """That a topic no longer holds, and where to look."""
    assert guidance.valid_until is not None
    words = texts(told.language)["law"]["expired"]
    return Sentence(text=words.format(title=title(guidance, told.language), end=day(guidance.valid_until, told.language)))


def day(value: date, language: Language) -> str:
    """A date as the language writes it: 31-12-2027, 31 December 2027."""
    if language == "nl":
        return f"{value.day}-{value.month}-{value.year}"
    return f"{value.day} {MONTHS_EN[value.month - 1]} {value.year}"
