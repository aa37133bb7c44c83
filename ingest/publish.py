"""Makes a generation of the live documents: split, embed what is new, build the indexes, publish."""

from __future__ import annotations

import importlib.metadata
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from langchain_core.embeddings import Embeddings
from tqdm import tqdm

from knowledge import generation as generations
from knowledge import intents
from knowledge.cache import Use, VectorCache
from knowledge.document import Case, Guidance
from knowledge.embeddings import Identity, load
from knowledge.generation import Entry, Folders, Manifest
from knowledge.passage import Passage
from knowledge.search import ENGLISH
from knowledge.store import Store
from knowledge.usual import Usual, measure

BYTES_PER_PASSAGE = 12_000  # of index, measured; vectors in the cache and texts come to a tenth of that
BYTES_AT_LEAST = 20_000_000
PASSAGES_PER_DOCUMENT = 5


class PublishError(RuntimeError):
    """A generation cannot be made. The message says in one line what to do; the published one is untouched."""


def need_space(folders: Folders, documents: int) -> None:
    """Raise PublishError when the disk has no room for a generation of so many documents."""
    need = BYTES_AT_LEAST + documents * PASSAGES_PER_DOCUMENT * BYTES_PER_PASSAGE
    free = shutil.disk_usage(folders.data).free
    if free < need:
        raise PublishError(
            f"too little disk space in {folders.data}: {need // 10**6} MB needed, {free // 10**6} MB free; "
            "make room and run it again. Nothing was changed"
        )


def publish(folders: Folders, store: Store, identity: Identity, *, force: bool = False, quiet: bool = False) -> Manifest:
    """The manifest that is live afterwards: the published one when nothing changed, else a new one."""
    current = folders.current()
    published = folders.manifest(current) if current else None
    wanted = {id_: (origin, hash_) for id_, (origin, _, status, hash_) in store.hashes().items() if status == "live"}
    if published and not force and _same(published, wanted, identity):
        return published
    need_space(folders, len(wanted))
    return _make(folders, store, identity, quiet)


def _same(published: Manifest, wanted: dict[str, tuple[str, str]], identity: Identity) -> bool:
    facts = (published.recipe, published.chromadb, published.engine, published.intents)
    documents = {id_: (entry.origin, entry.hash) for id_, entry in published.documents.items()}
    return facts == (*_versions(), identity, intents.recipe()) and documents == wanted


def _versions() -> tuple[int, str]:
    return generations.RECIPE, importlib.metadata.version("chromadb")


def _make(folders: Folders, store: Store, identity: Identity, quiet: bool) -> Manifest:
    from ingest.split import passages as split

    records = store.live()
    documents = {id_: record.document for id_, record in records.items()}
    pieces = {id_: split(document) for id_, document in documents.items()}
    with _Embedder(folders.cache, identity, quiet) as embedder:
        groups = {id_: texts_of(documents[id_]) for id_ in documents}
        by_writer: dict[str, list[intents.Message]] = {}
        for message in intents.messages():
            by_writer.setdefault(message.writer, []).append(message)
        embedder.expect(
            [(texts, "passage") for texts in groups.values()]
            + [([message.text for message in group], "query") for group in by_writer.values()]
        )
        vectors = {id_: embedder.vectors(texts, "passage") for id_, texts in groups.items()}
        message_vectors = [embedder.vectors([m.text for m in group], "query") for group in by_writer.values()]
    messages = [message for group in by_writer.values() for message in group]
    spoken = np.concatenate(message_vectors)
    model = intents.fit(messages, spoken)
    rows = [vectors[id_][: len(pieces[id_])] for id_ in documents]
    passages = np.concatenate(rows) if rows else np.zeros((0, spoken.shape[1]))
    problems = {key: vectors[id_][len(pieces[id_]) + i] for id_ in documents for i, key in enumerate(_problems(documents[id_]))}
    usual = measure(spoken, passages, problems)

    id_ = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
    recipe, chroma = _versions()
    manifest = Manifest(
        id=id_,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        recipe=recipe,
        chromadb=chroma,
        engine=identity,
        intents=intents.recipe(),
        documents={
            key: Entry(origin=record.origin, hash=record.hash, passages=len(pieces[key])) for key, record in records.items()
        },
    )
    with _scratch(folders, id_) as folder:
        _write(folder, manifest, documents, pieces, passages, problems, model, usual)
    generations.publish(folders, id_)
    generations.clear_away(folders)
    return manifest


def texts_of(document: Case | Guidance) -> list[str]:
    """All that is embedded of a document: its passages, then its problem in each language."""
    from ingest.split import passages

    return [piece.indexed for piece in passages(document)] + list(_problems(document).values())


def _problems(document: Case | Guidance) -> dict[str, str]:
    """The problem of a case by index id, in each language; embedded apart, so that cases can be found by it."""
    if not isinstance(document, Case):
        return {}
    english = document.en.problem if document.en else None
    both = {document.id: document.problem, f"{document.id}{ENGLISH}": english}
    return {id_: problem for id_, problem in both.items() if problem}


@contextmanager
def _scratch(folders: Folders, id_: str) -> Iterator[Path]:
    """A folder that becomes generation `id_` when the block ends well. What a kill leaves is cleared by the next ingest."""
    folder = folders.generations / f".{id_}"
    folder.mkdir(parents=True)
    yield folder
    folder.rename(folders.generation(id_))


def _write(
    folder: Path,
    manifest: Manifest,
    documents: dict[str, Case | Guidance],
    pieces: dict[str, list[Passage]],
    vectors: np.ndarray,
    problems: dict[str, np.ndarray],
    model: intents.IntentModel,
    usual: Usual,
) -> None:
    from knowledge import index

    passages = [piece for id_ in documents for piece in pieces[id_]]
    index.build(
        folder,
        passages,
        vectors,
        list(problems),
        np.stack(list(problems.values())) if problems else np.zeros((0, 1)),
    )
    model.save(folder / "intents.npz")
    (folder / "documents.jsonl").write_text(_json_lines(documents.values()), encoding="utf-8")
    (folder / "passages.jsonl").write_text(_json_lines(passages), encoding="utf-8")
    usual.save(folder / "usual.npz")
    (folder / "lock").touch()
    (folder / "manifest.json").write_text(manifest.model_dump_json(indent=1), encoding="utf-8")


def _json_lines(items: Any) -> str:
    # JSON escapes line feeds but not U+2028 and its like, which str.splitlines would cut at: keep to ASCII.
    return "".join(json.dumps(item.model_dump(mode="json"), ensure_ascii=True) + "\n" for item in items)


class _Embedder:
    """Vectors from the cache, else from the engine, which is loaded only when needed; shows progress."""

    def __init__(self, cache: Path, identity: Identity, quiet: bool) -> None:
        self._cache = VectorCache(cache, identity)
        self._load: Callable[[], Embeddings] = lambda: load(identity)
        self._engine: Embeddings | None = None
        self._quiet = quiet
        self._bar: Any = None

    def __enter__(self) -> _Embedder:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def expect(self, groups: list[tuple[list[str], Use]]) -> None:
        """Announce what will be asked for, so that progress knows its total."""
        missing = sum(len(texts) for texts, use in groups if texts and self._cache.get(texts, use) is None)
        if missing:
            patience = 0.2 if sys.stderr.isatty() else 10.0
            self._bar = tqdm(
                total=missing, desc="Embedding", unit=" passages", disable=self._quiet, file=sys.stderr,
                mininterval=patience, dynamic_ncols=True,
            )  # fmt: skip

    def vectors(self, texts: list[str], use: Use) -> np.ndarray:
        """A row for each text."""
        known = self._cache.get(texts, use)
        if known is not None:
            return known
        if self._engine is None:
            self._engine = self._load()
        rows = []
        for text in texts:
            rows.append(self._engine.embed_query(text) if use == "query" else self._engine.embed_documents([text])[0])
            if self._bar is not None:
                self._bar.update()
        made = np.asarray(rows, dtype=np.float32)
        self._cache.put(texts, use, made)
        return made
