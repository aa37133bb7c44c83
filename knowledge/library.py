"""The library as readers use it: always the published generation, also when that changes while they read."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from langchain_core.embeddings import Embeddings

from knowledge.embeddings import Identity, load
from knowledge.generation import Folders, Generation, LibraryError, open_generation

WARM_UP = "opwarmen"
ATTEMPTS = 5


class _Held:
    """An open generation, its engine, and how many answers are being made from it."""

    def __init__(self, generation: Generation, engine: Embeddings) -> None:
        self.generation = generation
        self.engine = engine
        self.leases = 0
        self.retired = False


class Library:
    """Opens the published generation and switches to a newer one at the next lease, without failing one under way."""

    def __init__(self, data: Path) -> None:
        self._folders = Folders(data)
        self._lock = threading.Lock()
        self._opening = threading.Lock()
        self._held: _Held | None = None
        self._engine: tuple[Identity, Embeddings] | None = None

    @contextmanager
    def lease(self) -> Iterator[tuple[Generation, Embeddings]]:
        """The published generation and the engine that fits it, kept open until the block ends.

        Raises LibraryError when there is none or it is damaged, EngineError when its engine is not installed.
        """
        held = self._take()
        try:
            yield held.generation, held.engine
        finally:
            self._give_back(held)

    def close(self) -> None:
        """Close what is open; leases under way end first."""
        with self._lock:
            held, self._held = self._held, None
            if held:
                self._retire(held)

    def _take(self) -> _Held:
        current = self._folders.current()
        with self._lock:
            if self._held and self._held.generation.manifest.id == current:
                self._held.leases += 1
                return self._held
        with self._opening:  # one thread opens; others wait only if they found no generation to go on with
            return self._switch()

    def _switch(self) -> _Held:
        for _ in range(ATTEMPTS):
            current = self._folders.current()
            with self._lock:
                if self._held and (current is None or self._held.generation.manifest.id == current):
                    self._held.leases += 1
                    return self._held
            if current is None:
                raise LibraryError("there is no library yet; make it with: blik ingest")
            generation = open_generation(self._folders, current)
            if generation is None:
                continue
            try:
                held = _Held(generation, self._engine_for(generation.manifest.engine))
                generation.index.dense(held.engine.embed_query(WARM_UP), 1)
            except Exception:
                generation.close()
                raise
            held.leases = 1
            with self._lock:
                old, self._held = self._held, held
                if old:
                    self._retire(old)
            return held
        raise LibraryError("the library changes too fast to be read; try again in a minute")

    def _engine_for(self, identity: Identity) -> Embeddings:
        if self._engine is None or self._engine[0] != identity:
            self._engine = identity, load(identity)
        return self._engine[1]

    def _retire(self, held: _Held) -> None:
        held.retired = True
        if held.leases == 0:
            held.generation.close()

    def _give_back(self, held: _Held) -> None:
        with self._lock:
            held.leases -= 1
            if held.retired and held.leases == 0:
                held.generation.close()
