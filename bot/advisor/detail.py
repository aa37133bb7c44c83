"""What more there is to tell of documents that a buyer has seen: a case in full, whom to call, the sources."""

from __future__ import annotations

from bot.advisor.advice import Advice, Block, Sentence, Source
from bot.advisor.advise import shown_case
from bot.advisor.facts import Told, family_of, field, heading, quotation, title, who, years
from bot.texts import texts
from knowledge.document import Case, Language

CALLS = 4
LONG_NAME = 45  # characters: longer are many organisations, which nobody can call


def case_in_full(case: Case, question: str, language: Language) -> Advice:
    """All that the library tells of one case: what was wrong, wanted, done, what came of it, and where to read on."""
    told, words = Told(language), texts(language)["detail"]
    facts = [
        (words[name], text) for name in ("problem", "approach", "result", "lesson") if (text := field(case, name, language))
    ]
    blocks = [Block(kind="case", label=heading(case, family_of(case), language))]
    if case.first_solution and language == case.language:
        facts.insert(1, (words["first"], f"{case.first_solution}"))
    blocks += [Block(kind="bullet", label=f"{label}.", sentences=[told.fact(case, text)]) for label, text in facts]
    if not facts:
        blocks.append(Block(kind="bullet", sentences=[told.fact(case, quotation(case, question))]))
    if case.outcome == "unknown":
        blocks.append(Block(kind="lead", sentences=[Sentence(text=texts(language)["case"]["no_result"])]))
    if {"dpia", "own_legal_basis"} & set(case.cautions):
        blocks.append(Block(kind="lead", sentences=[Sentence(text=texts(language)["case"]["warning"])]))
    blocks.append(Block(kind="lead", sentences=[Sentence(text=_call(case, language))]))
    return _advice(question, language, blocks, told, [case])


def whom_to_call(cases: list[Case], question: str, language: Language) -> Advice:
    """Which organisations have been through this, in which year, and for whom to ask there."""
    told, words = Told(language), texts(language)["detail"]
    blocks = [Block(kind="lead", sentences=[Sentence(text=words["call_lead"])])]
    for case in cases[:CALLS]:
        label = f"{who(case, language)}, {years(case, language)}."
        sentences = [told.fact(case, title(case, language), frame="{text}."), Sentence(text=_ask_for(case, language))]
        blocks.append(Block(kind="bullet", label=label, sentences=sentences))
    return _advice(question, language, blocks, told, cases[:CALLS])


def sources(told: list[Source], question: str, language: Language) -> Advice:
    """The pages behind an answer, under the numbers that they had there, each with the words that rest on it."""
    blocks = [Block(kind="lead", sentences=[Sentence(text=texts(language)["detail"]["sources_lead"])])]
    for source in told:
        sentence = Sentence(text=source.quote, source=source.n)
        blocks.append(Block(kind="bullet", label=f"{source.title}.", sentences=[sentence]))
    return Advice(
        question=question, language=language, status="answered", intent="examples", blocks=blocks, sources=told, found="good"
    )


def in_short(cases: list[Case], lead: str, language: Language) -> Advice:
    """Cases by who, when and in a sentence, after `lead`."""
    told, blocks = Told(language), [Block(kind="lead", sentences=[Sentence(text=lead)])]
    for case in cases:
        sentence = told.fact(case, title(case, language), frame="{text}.")
        blocks.append(Block(kind="bullet", label=f"{who(case, language)}, {years(case, language)}.", sentences=[sentence]))
    return _advice("", language, blocks, told, cases)


def _call(case: Case, language: Language) -> str:
    words = texts(language)["detail"]
    english = case.en.organisation if case.en and language == "en" else None
    name = english or case.organisation or who(case, language)
    if len(name) > LONG_NAME or any(character.isdigit() for character in name):
        return str(words["call_many"])
    return str(words["call"].format(who=name, ask=_ask_for(case, language)))


def _ask_for(case: Case, language: Language) -> str:
    words = texts(language)["detail"]
    speaker = field(case, "speaker", language)
    return str(words["ask_speaker"].format(speaker=speaker) if speaker else words["ask"])


def _advice(question: str, language: Language, blocks: list[Block], told: Told, cases: list[Case]) -> Advice:
    return Advice(
        question=question, language=language, status="answered", intent="examples", blocks=blocks, sources=told.sources,
        cases=[shown_case(case, "near", language) for case in cases], found="good",
    )  # fmt: skip
