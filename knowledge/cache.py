"""Vectors on disk, one small file for each group of texts (a document), so that nothing is embedded twice.

Those of the built-in documents come with the program, in half precision; the others lie in the data folder.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from knowledge.embeddings import Identity
from knowledge.settings import BUILTIN

Use = Literal["query", "passage"]
SHIPPED = BUILTIN / "vectors"


class VectorCache:
    """Vectors of one engine, keyed by engine, model revision, prefix (use) and text."""

    def __init__(self, folder: Path, identity: Identity, shipped: Path = SHIPPED) -> None:
        self._folder = folder / identity.key
        self._shipped = shipped / identity.key

    def get(self, texts: Sequence[str], use: Use) -> np.ndarray | None:
        """The vectors of exactly these texts, one a row; None when they are not here or the file is damaged."""
        name = file_name(texts, use)
        for folder in (self._folder, self._shipped):
            try:
                vectors = np.load(folder / name, allow_pickle=False)
            except (OSError, ValueError, EOFError):
                continue
            if vectors.ndim == 2 and len(vectors) == len(texts):
                return vectors.astype(np.float32)
        return None

    def put(self, texts: Sequence[str], use: Use, vectors: np.ndarray) -> None:
        """Keep vectors; a kill half-way leaves nothing that `get` would return."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / file_name(texts, use)
        scratch = path.with_suffix(f".{os.getpid()}.tmp")
        with scratch.open("wb") as file:
            np.save(file, vectors.astype(np.float32))
        scratch.replace(path)


def file_name(texts: Sequence[str], use: Use) -> str:
    """The name of the file that holds the vectors of these texts."""
    digest = hashlib.sha256(use.encode())
    for text in texts:
        digest.update(b"\0" + text.encode())
    return f"{digest.hexdigest()[:32]}.npy"
