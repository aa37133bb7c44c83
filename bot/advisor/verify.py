"""The last look at an answer before it is sent: only what the library says, with its links, and one question."""

from __future__ import annotations

import logging

from bot.advisor.advice import Block
from bot.advisor.context import Context

log = logging.getLogger(__name__)


def verify(context: Context) -> None:
    """Leave out any fact whose quote or link is not in the library; such a fact is a defect and is logged."""
    generation = context.generation
    wrong = set()
    for source in context.told.sources:
        document = generation.documents.get(source.id)
        pages = {page.url for page in document.sources} if document else set()
        said = " ".join(" ".join(passage.text.split()) for passage in generation.passages_of.get(source.id, []))
        if source.url not in pages or " ".join(source.quote.split()) not in said:
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
