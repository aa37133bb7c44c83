"""A generation: one published version of the library. How it lies on disk, is published, opened and cleared away.

- `generations/<id>/` holds manifest.json, documents.jsonl, passages.jsonl, intents.npz, usual.npz, chroma/, bm25-nl/, bm25-en/
  and lock;
- `current` holds the id of the published generation: it is replaced atomically, never written in place.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import shutil
import sys
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING

import portalocker
from pydantic import BaseModel, ValidationError

from knowledge.document import Case, Guidance, Language, from_fields
from knowledge.embeddings import Identity
from knowledge.lexical import tokens
from knowledge.passage import Passage

# Raise when splitting, tokens or files of a generation change: the next ingest then makes every generation anew.
RECIPE = 11
KEEP = 3


class LibraryError(RuntimeError):
    """The library cannot be used. The message says in one line what to do."""


class Entry(BaseModel):
    """A document in a manifest."""

    origin: str
    hash: str
    passages: int


class Manifest(BaseModel):
    """What a generation was made of: equal manifests (but for id and time) make equal libraries."""

    id: str
    created: str
    recipe: int
    chromadb: str
    engine: Identity
    intents: str
    documents: dict[str, Entry]

    @property
    def passages(self) -> int:
        return sum(entry.passages for entry in self.documents.values())


class Folders:
    """Where things lie in a data folder."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.generations = data / "generations"
        self.pointer = data / "current"
        self.cache = data / "cache"
        self.ingest_lock = data / "ingest.lock"

    def generation(self, id_: str) -> Path:
        return self.generations / id_

    def current(self) -> str | None:
        """The id of the published generation; None when nothing has been published."""
        try:
            return self.pointer.read_text(encoding="utf-8").strip() or None
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError):
            raise LibraryError(f"{self.pointer} cannot be read; check its rights or run: blik ingest --rebuild") from None

    def manifest(self, id_: str) -> Manifest | None:
        """The manifest of a generation; None when it is lost or damaged."""
        try:
            return Manifest.model_validate_json((self.generation(id_) / "manifest.json").read_bytes())
        except (OSError, ValidationError):
            return None


def publish(folders: Folders, id_: str) -> None:
    """Make `id_` the generation that readers see. A kill at any moment leaves the old one or the new one."""
    sync_tree(folders.generation(id_))
    scratch = folders.data / f"current.{os.getpid()}.tmp"
    with scratch.open("w", encoding="utf-8") as file:
        file.write(id_)
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(folders.pointer)
    _sync(folders.generations)
    _sync(folders.data)


def sync_tree(folder: Path) -> None:
    """Force all files below a folder to disk."""
    for path in [*folder.rglob("*"), folder]:
        _sync(path)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def clear_away(folders: Folders) -> None:
    """Delete unfinished generations and all but the newest three that nobody holds. Call under the ingest lock."""
    current = folders.current()
    kept = 0
    for folder in sorted(folders.generations.iterdir(), key=lambda path: path.name, reverse=True):
        if folder.name.startswith("."):
            shutil.rmtree(folder, ignore_errors=True)
        elif folder.name == current or kept < KEEP - 1:
            kept += folder.name != current
        elif lock := hold(folder, portalocker.LockFlags.EXCLUSIVE):
            # Readers open the lock file anew each time, so from here on nobody can take this generation.
            shutil.rmtree(folder, ignore_errors=True)
            lock.close()


def hold(folder: Path, flags: portalocker.LockFlags) -> IO[bytes] | None:
    """A lock on a generation, held until the returned file is closed; None when it is gone or held otherwise."""
    try:
        file = (folder / "lock").open("rb")
    except OSError:
        return None
    try:
        portalocker.lock(file, flags | portalocker.LockFlags.NON_BLOCKING)
    except portalocker.LockException:
        file.close()
        return None
    return file


if TYPE_CHECKING:  # Chroma takes a second to import; an ingest that changes nothing does without
    from knowledge.index import Index
    from knowledge.intents import IntentModel
    from knowledge.usual import Usual


@dataclass
class Generation:
    """A generation, open for reading from several threads."""

    manifest: Manifest
    documents: dict[str, Case | Guidance]
    passages: list[Passage]
    index: Index
    intents: IntentModel
    usual: Usual
    lock: IO[bytes]

    @cached_property
    def passages_of(self) -> dict[str, list[Passage]]:
        """Passages by document id."""
        found: dict[str, list[Passage]] = {}
        for passage in self.passages:
            found.setdefault(passage.document, []).append(passage)
        return found

    @cached_property
    def example_terms(self) -> dict[Language, dict[str, list[frozenset[str]]]]:
        """The words of the messages for which a case is shown as another way, by language and case id."""
        found: dict[Language, dict[str, list[frozenset[str]]]] = {"nl": {}, "en": {}}
        for document in self.documents.values():
            if isinstance(document, Case):
                english = document.en.shown_for if document.en else []
                pairs: list[tuple[Language, list[str]]] = [(document.language, document.shown_for), ("en", english)]
                for language, messages in pairs:
                    if messages:
                        found[language][document.id] = [frozenset(tokens(message, language)) for message in messages]
        return found

    def close(self) -> None:
        self.index.close()
        self.lock.close()
        _give_back_memory()


def _give_back_memory() -> None:
    """Return freed memory to the system. Without it a reader grows by about a megabyte a switch: cycles wait for a full
    collection, and glibc keeps what Chroma's threads freed in arenas of their own (tests/benchmarks, 50 switches)."""
    gc.collect()
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library than glibc
            ctypes.CDLL(None).malloc_trim(0)


def open_generation(folders: Folders, id_: str) -> Generation | None:
    """Open one generation. None when it was cleared away meanwhile. Raises LibraryError when it is damaged."""
    from knowledge.index import Index
    from knowledge.intents import IntentModel
    from knowledge.usual import Usual

    folder = folders.generation(id_)
    lock = hold(folder, portalocker.LockFlags.SHARED)
    if lock is None and not (folder / "lock").exists():
        if folder.exists() or folders.current() == id_:
            raise _damaged()
        return None
    if lock is None:
        return None
    try:
        manifest = Manifest.model_validate_json((folder / "manifest.json").read_bytes())
        documents = {
            document.id: document for document in (from_fields(json.loads(line)) for line in _lines(folder / "documents.jsonl"))
        }
        passages = [Passage.model_validate_json(line) for line in _lines(folder / "passages.jsonl")]
        intents = IntentModel.load(folder / "intents.npz")
        usual = Usual.load(folder / "usual.npz")
        index = Index(folder, passages)
    except Exception:  # whatever a damaged file makes Chroma, bm25s or NumPy raise
        lock.close()
        if not folder.exists():
            return None
        raise _damaged() from None
    return Generation(manifest, documents, passages, index, intents, usual, lock)


def _damaged() -> LibraryError:
    return LibraryError("the library's index is damaged; make it anew with: blik ingest --rebuild")


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()
