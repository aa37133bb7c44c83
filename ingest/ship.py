"""Renews the vectors that come with the program (`make vectors`): those of built-in documents and training messages.

They are made by the bundled engine and kept in half precision; what is no longer used is deleted.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from ingest.embed import Embedder, Group, document_group, message_groups
from ingest.sources import builtin
from knowledge.cache import SHIPPED, file_name
from knowledge.document import read
from knowledge.embeddings import identify


def wanted() -> dict[str, Group]:
    """What is to be shipped, by file name."""
    groups = [*(document_group(read(path)) for path in builtin().files), *message_groups()]
    return {file_name(*group): group for group in groups}


def main() -> None:
    identity = identify("bundled")
    folder = SHIPPED / identity.key
    folder.mkdir(parents=True, exist_ok=True)
    groups = wanted()
    for old in SHIPPED.rglob("*.npy"):
        if old.parent != folder or old.name not in groups:
            old.unlink()
    missing = {name: group for name, group in groups.items() if not (folder / name).exists()}
    with tempfile.TemporaryDirectory() as cache, Embedder(Path(cache), identity, quiet=False) as embedder:
        embedder.expect(list(missing.values()))
        for name, group in missing.items():
            np.save(folder / name, embedder.vectors(group).astype(np.float16))


if __name__ == "__main__":
    main()
