"""The last look at an answer before it is sent: only what the library says, with its links, and one question."""

from __future__ import annotations

import logging

from bot.advisor.advice import Block
from bot.advisor.context import Context
from knowledge.document import Case, Guidance

log = logging.getLogger(__name__)


def verify(context: Context) -> None:
    """Leave out any fact whose quote or link is not in the library; such a fact is a defect and is logged."""
    generation = context.generation
    wrong = set()
    for source in context.told.sources:
        document = generation.documents.get(source.id)
        pages = {page.url for page in document.sources} if document else set()
        passages = [passage.text for passage in generation.passages_of.get(source.id, []) if not passage.asked]
        said = _plain(" ".join([*passages, *(_short_fields(document) if document else [])]))
        if source.url not in pages or _plain(source.quote) not in said:
            log.error("a fact of document %s is not in the library and was left out", source.id)
            wrong.add(source.n)
    if not wrong:
        return
    context.told.sources = [source for source in context.told.sources if source.n not in wrong]
    kept: list[Block] = []
    for block in context.blocks:
        sentences = [sentence for sentence in block.sentences if sentence.source not in wrong]
        if sentences or not block.sentences:
            kept.append(block.model_copy(update={"sentences": sentences}))
    context.blocks = kept


def _plain(text: str) -> str:
    return " ".join(text.split())


def _short_fields(document: Case | Guidance) -> list[str]:
    """What a document says outside its passages: titles, and what a case touches."""
    fields = [document.title, document.en.title if document.en else ""]
    if isinstance(document, Case):
        fields += [document.first_solution or "", "; ".join(document.connections)]
        fields.append("; ".join(document.en.connections) if document.en else "")
    return fields
