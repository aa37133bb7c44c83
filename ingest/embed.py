"""What of the library is embedded, and its vectors: from the cache, else from the engine."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from langchain_core.embeddings import Embeddings
from tqdm import tqdm

from knowledge import intents
from knowledge.cache import Use, VectorCache
from knowledge.document import Case, Guidance
from knowledge.embeddings import Identity, load
from knowledge.search import ENGLISH

Group = tuple[list[str], Use]


def document_group(document: Case | Guidance) -> Group:
    """All that is embedded of a document: its passages, then its problem in each language."""
    from ingest.split import passages

    return [piece.indexed for piece in passages(document)] + list(problems(document).values()), "passage"


def message_groups() -> list[Group]:
    """The training messages, a group for each writer; in order they are `intents.messages()`."""
    by_writer: dict[str, list[str]] = {}
    for message in intents.messages():
        by_writer.setdefault(message.writer, []).append(message.text)
    return [(texts, "query") for texts in by_writer.values()]


def problems(document: Case | Guidance) -> dict[str, str]:
    """The problem of a case by index id, in each language; embedded apart, so that cases can be found by it."""
    if not isinstance(document, Case):
        return {}
    english = document.en.problem if document.en else None
    both = {document.id: document.problem, f"{document.id}{ENGLISH}": english}
    return {id_: problem for id_, problem in both.items() if problem}


class Embedder:
    """Vectors from the cache, else from the engine, which is loaded only when needed; shows progress.

    As a context manager it closes the progress bar.
    """

    def __init__(self, cache: Path, identity: Identity, quiet: bool) -> None:
        self._cache = VectorCache(cache, identity)
        self._identity = identity
        self._engine: Embeddings | None = None
        self._quiet = quiet
        self._bar: Any = None

    def __enter__(self) -> Embedder:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def expect(self, groups: list[Group]) -> None:
        """Announce what will be asked for, so that progress knows its total."""
        missing = sum(len(texts) for texts, use in groups if self._cache.get(texts, use) is None)
        if missing:
            patience = 0.2 if sys.stderr.isatty() else 10.0
            self._bar = tqdm(
                total=missing, desc="Embedding", unit=" passages", disable=self._quiet, file=sys.stderr,
                mininterval=patience, dynamic_ncols=True,
            )  # fmt: skip

    def vectors(self, group: Group) -> np.ndarray:
        """A row for each text of the group."""
        texts, use = group
        known = self._cache.get(texts, use)
        if known is not None:
            return known
        if self._engine is None:
            self._engine = load(self._identity)
        rows = []
        for text in texts:
            rows.append(self._engine.embed_query(text) if use == "query" else self._engine.embed_documents([text])[0])
            if self._bar is not None:
                self._bar.update()
        made = np.asarray(rows, dtype=np.float32)
        self._cache.put(texts, use, made)
        return made
