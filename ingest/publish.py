"""Makes a generation of the live documents: split, embed what is new, build the indexes, publish."""

from __future__ import annotations

import importlib.metadata
import json
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from pydantic import BaseModel

from ingest import embed
from knowledge import generation as generations
from knowledge import intents
from knowledge.document import Case, Guidance
from knowledge.embeddings import Identity
from knowledge.generation import Entry, Folders, Manifest
from knowledge.passage import Passage
from knowledge.store import Record, Store
from knowledge.usual import measure

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


def publish(folders: Folders, store: Store, identity: Identity, *, force: bool = False, quiet: bool = False) -> Manifest | None:
    """The manifest that is live afterwards: the published one when nothing changed, else a new one; None for nothing at all."""
    current = folders.current()
    published = folders.manifest(current) if current else None
    wanted = {id_: (origin, hash_) for id_, (origin, _, status, hash_) in store.hashes().items() if status == "live"}
    if published and not force and _same(published, wanted, identity):
        return published
    if not wanted and not published:
        return None
    need_space(folders, len(wanted))
    return _make(folders, store, identity, quiet)


def _same(published: Manifest, wanted: dict[str, tuple[str, str]], identity: Identity) -> bool:
    facts = (published.recipe, published.chromadb, published.engine, published.intents)
    documents = {id_: (entry.origin, entry.hash) for id_, entry in published.documents.items()}
    return facts == (*_versions(), identity, intents.recipe()) and documents == wanted


def _versions() -> tuple[int, str]:
    return generations.RECIPE, importlib.metadata.version("chromadb")


@dataclass(frozen=True)
class _Material:
    """All that a generation is built from. `vectors` has a row for each passage, in order."""

    records: dict[str, Record]
    documents: dict[str, Case | Guidance]
    passages: list[Passage]
    vectors: np.ndarray
    problems: dict[str, np.ndarray]
    spoken: np.ndarray


def _make(folders: Folders, store: Store, identity: Identity, quiet: bool) -> Manifest:
    material = _gather(folders, store, identity, quiet)
    recipe, chroma = _versions()
    passages = Counter(passage.document for passage in material.passages)
    now = datetime.now(UTC)
    manifest = Manifest(
        id=f"{now:%Y%m%dT%H%M%S%f}",
        created=now.isoformat(timespec="seconds"),
        recipe=recipe,
        chromadb=chroma,
        engine=identity,
        intents=intents.recipe(),
        documents={
            id_: Entry(origin=record.origin, hash=record.hash, passages=passages[id_])
            for id_, record in material.records.items()
        },
    )
    with _scratch(folders, manifest.id) as folder:
        _write(folder, manifest, material)
    generations.publish(folders, manifest.id)
    generations.clear_away(folders)
    return manifest


def _gather(folders: Folders, store: Store, identity: Identity, quiet: bool) -> _Material:
    """Split and embed the live documents, and the messages that say what is usual."""
    from ingest.split import passages as split

    records = store.live()
    documents = {id_: record.document for id_, record in records.items()}
    groups = {id_: embed.document_group(document) for id_, document in documents.items()}
    spoken_groups = embed.message_groups()
    with embed.Embedder(folders.cache, identity, quiet) as embedder:
        embedder.expect([*groups.values(), *spoken_groups])
        rows = {id_: embedder.vectors(group) for id_, group in groups.items()}
        spoken = np.concatenate([embedder.vectors(group) for group in spoken_groups])
    passages: list[Passage] = []
    vectors: list[np.ndarray] = [np.zeros((0, spoken.shape[1]), dtype=np.float32)]
    problems: dict[str, np.ndarray] = {}
    for id_, document in documents.items():
        pieces = split(document)
        passages += pieces
        vectors.append(rows[id_][: len(pieces)])
        problems.update(zip(embed.problems(document), rows[id_][len(pieces) :], strict=True))
    return _Material(records, documents, passages, np.concatenate(vectors), problems, spoken)


@contextmanager
def _scratch(folders: Folders, id_: str) -> Iterator[Path]:
    """A folder that becomes generation `id_` when the block ends well. What a kill leaves is cleared by the next ingest."""
    folder = folders.generations / f".{id_}"
    folder.mkdir(parents=True)
    yield folder
    folder.rename(folders.generation(id_))


def _write(folder: Path, manifest: Manifest, material: _Material) -> None:
    from knowledge import index

    empty = np.zeros((0, material.vectors.shape[1]))
    problem_rows = np.stack(list(material.problems.values())) if material.problems else empty
    index.build(folder, material.passages, material.vectors, list(material.problems), problem_rows)
    intents.fit(intents.messages(), material.spoken).save(folder / "intents.npz")
    measure(material.spoken, material.vectors, material.problems).save(folder / "usual.npz")
    (folder / "documents.jsonl").write_text(_json_lines(material.documents.values()), encoding="utf-8")
    (folder / "passages.jsonl").write_text(_json_lines(material.passages), encoding="utf-8")
    (folder / "lock").touch()
    (folder / "manifest.json").write_text(manifest.model_dump_json(indent=1), encoding="utf-8")


def _json_lines(items: Iterable[BaseModel]) -> str:
    # JSON escapes line feeds but not U+2028 and its like, which str.splitlines would cut at: keep to ASCII.
    return "".join(json.dumps(item.model_dump(mode="json"), ensure_ascii=True) + "\n" for item in items)
