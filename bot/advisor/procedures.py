"""Procedures that may fit a subject: pointers to guidance with its validity, never legal advice."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bot.advisor import questions
from bot.advisor.advice import Block, Sentence
from bot.advisor.context import Context
from bot.advisor.facts import expired, field, title, validity
from bot.texts import texts
from knowledge.document import Guidance

FITTING = 3


@cache
def _table() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("procedures.yaml").read_text(encoding="utf-8"))
    return loaded


def look(context: Context) -> None:
    """The topics whose families or words fit the subject, then those that are always good to know."""
    families = {family.id for family in context.families}
    text = context.text.lower()
    ids: list[str] = []
    for entry in _table()["fitting"]:
        any_subject = not entry["families"] and not entry["words"]
        if any_subject or families & set(entry["families"]) or any(f" {word}" in f" {text}" for word in entry["words"]):
            ids += entry["topics"]
    documents = context.generation.documents
    found = [documents[id_] for id_ in dict.fromkeys(ids) if id_ in documents][:FITTING]
    found += [documents[id_] for id_ in _table()["always"] if id_ in documents]
    context.help = [document for document in found if isinstance(document, Guidance)]
    context.found = "good" if context.help else "nothing"


def compose(context: Context) -> None:
    """Each topic with what it is and how long its amounts hold; then that this is no legal advice."""
    language = context.language
    words = texts(language)["procedures"]
    blocks = [Block(kind="lead", sentences=[Sentence(text=words["lead"])])]
    for guidance in context.help:
        if guidance.expired(context.today):
            blocks.append(Block(kind="bullet", sentences=[expired(context.told, guidance)]))
            continue
        what = field(guidance, "what", language)
        if what is None:
            continue
        sentences = [context.told.fact(guidance, what)]
        if held := validity(guidance, language):
            sentences.append(held)
        blocks.append(Block(kind="bullet", label=f"{title(guidance, language)}.", sentences=sentences))
    blocks.append(Block(kind="lead", sentences=[Sentence(text=words["no_advice"])]))
    context.blocks = blocks
    context.closing = questions.choose(context, perspective="market")
