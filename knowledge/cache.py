"""Vectors on disk, one small file for each group of texts (a document), so that nothing is embedded twice."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from knowledge.embeddings import Identity

Use = Literal["query", "passage"]


class VectorCache:
    """Vectors of one engine, keyed by engine, model revision, prefix (use) and text."""

    def __init__(self, folder: Path, identity: Identity) -> None:
        self._folder = folder / identity.key

    def get(self, texts: Sequence[str], use: Use) -> np.ndarray | None:
        """The vectors of exactly these texts, one a row; None when they are not here or the file is damaged."""
        try:
            vectors = np.load(self._path(texts, use), allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return None
        return vectors if vectors.ndim == 2 and len(vectors) == len(texts) else None

    def put(self, texts: Sequence[str], use: Use, vectors: np.ndarray) -> None:
        """Keep vectors; a kill half-way leaves nothing that `get` would return."""
        path = self._path(texts, use)
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch = path.with_suffix(f".{os.getpid()}.tmp")
        with scratch.open("wb") as file:
            np.save(file, vectors.astype(np.float32))
        scratch.replace(path)

    def _path(self, texts: Sequence[str], use: Use) -> Path:
        digest = hashlib.sha256(use.encode())
        for text in texts:
            digest.update(b"\0" + text.encode())
        return self._folder / f"{digest.hexdigest()[:32]}.npy"
