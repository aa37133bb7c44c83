"""Connections: which domains and programmes touched this subject elsewhere, and which functions to call at home."""

from __future__ import annotations

from bot.advisor import questions
from bot.advisor.advice import Block, Sentence
from bot.advisor.context import Context
from bot.advisor.facts import who, years
from bot.advisor.look import ranked_by_problem
from bot.texts import texts
from knowledge import search
from knowledge.document import Case
from knowledge.vocabulary import vocabulary

CASES = 4
LIKE = 2.0  # least likeness of a case's problem
SECTORS, FUNCTIONS = 3, 2  # of which functions are named, and how many of each


def look(context: Context) -> None:
    """Cases with a like problem, or about the very words, that say what else they touched."""
    generation, language = context.generation, context.asked_in
    hits = search.search(generation, context.text, context.vector, language, 12, lambda document: isinstance(document, Case))
    scores = {case.id: told for case, told in ranked_by_problem(context) if told >= LIKE}
    for id_, evidence in search.evidence(hits).items():
        if evidence >= search.GOOD:
            scores[id_] = max(scores.get(id_, 0.0), evidence)
    cases = [generation.documents[id_] for id_ in sorted(scores, key=lambda id_: -scores[id_])]
    context.near = [case for case in cases if isinstance(case, Case) and _touched(case, context)][:CASES]
    context.found = "good" if context.near else "nothing"


def compose(context: Context) -> None:
    """What was touched elsewhere, each with its case, then whom to call, then a question from this perspective."""
    words = texts(context.language)["connections"]
    blocks = []
    if context.near:
        blocks.append(Block(kind="lead", sentences=[Sentence(text=words["lead"])]))
    for case in context.near:
        label = f"{who(case, context.language)}, {years(case, context.language)}:"
        blocks.append(Block(kind="bullet", label=label, sentences=[context.told.fact(case, _touched(case, context))]))
    calls = _calls(context)
    if not blocks:
        blocks.append(Block(kind="lead", sentences=[Sentence(text=words["nothing"])]))
    if calls:
        blocks.append(Block(kind="lead", sentences=[Sentence(text=words["call"].format(functions=", ".join(calls)))]))
    context.blocks = blocks
    context.closing = questions.choose(context, perspective="connections")


def _touched(case: Case, context: Context) -> str:
    part = case if context.language == case.language else case.en
    return "; ".join(part.connections) if part else ""


def _calls(context: Context) -> list[str]:
    """The functions of one's own organisation that mostly know about this, by sector and caution."""
    sectors = [sector for family in context.families for sector in family.sectors]
    sectors += [case.sector for case in context.near if case.sector]
    known = vocabulary()
    functions = [
        f
        for sector in list(dict.fromkeys(sectors))[:SECTORS]
        for f in known.sectors[sector].calls(context.language)[:FUNCTIONS]
    ]
    if any("dpia" in family.caution for family in context.families):
        functions.append(texts(context.language)["connections"]["privacy_officer"])
    return list(dict.fromkeys(functions))
