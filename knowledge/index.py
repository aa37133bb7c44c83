"""The two indexes of a generation: vectors in Chroma, words in BM25. Built once, then only read."""

from __future__ import annotations

import json
import logging
import math
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import bm25s
import chromadb
import numpy as np
from chromadb.api.client import Client
from chromadb.config import Settings as ChromaSettings

from knowledge.lexical import tokens
from knowledge.passage import Passage

LANGUAGES = ("nl", "en")
BATCH = 5_000
_HNSW = {"hnsw": {"space": "cosine", "ef_construction": 200, "ef_search": 200}}

logging.getLogger("bm25s").setLevel(logging.WARNING)


def _client(folder: Path) -> Client:
    client = chromadb.PersistentClient(str(folder), settings=ChromaSettings(anonymized_telemetry=False))
    return cast(Client, client)  # PersistentClient promises less than it makes: the promise has no close()


def build(
    folder: Path, passages: Sequence[Passage], vectors: np.ndarray, problems: Sequence[str], problem_vectors: np.ndarray
) -> None:
    """Write both indexes into `folder`.

    `vectors` has a row for each passage, `problem_vectors` one for each case id in `problems`.
    """
    client = _client(folder / "chroma")
    try:
        for name, ids, rows in (
            ("passages", [passage.digest for passage in passages], vectors),
            ("problems", list(problems), problem_vectors),
        ):
            collection = client.create_collection(name, configuration=_HNSW, embedding_function=None)  # type: ignore[arg-type]
            for start in range(0, len(ids), BATCH):
                collection.add(ids=ids[start : start + BATCH], embeddings=rows[start : start + BATCH])
    finally:
        client.close()
    for language in LANGUAGES:
        rows_of = [i for i, passage in enumerate(passages) if passage.language == language]
        corpus = [tokens(passages[i].words, language) for i in rows_of]
        target = folder / f"bm25-{language}"
        target.mkdir()
        (target / "rows.json").write_text(json.dumps(rows_of), encoding="utf-8")
        if any(corpus):
            retriever = bm25s.BM25()
            retriever.index(corpus, show_progress=False)
            retriever.save(target, show_progress=False)


class _Lexical:
    """BM25 over the passages of one language."""

    def __init__(self, folder: Path) -> None:
        self.rows = np.asarray(json.loads((folder / "rows.json").read_text(encoding="utf-8")), dtype=np.int64)
        self._retriever = bm25s.BM25.load(folder) if len(list(folder.iterdir())) > 1 else None

    def scores(self, terms: list[str]) -> np.ndarray:
        known = [term for term in terms if self._retriever and term in self._retriever.vocab_dict]
        if not known or self._retriever is None:
            return np.zeros(len(self.rows), dtype=np.float32)
        return self._retriever.get_scores(known)

    def rarity(self, term: str) -> float:
        """Inverse document frequency as BM25 has it, over passages; a term that none holds weighs most."""
        holding = 0
        if self._retriever is not None and term in self._retriever.vocab_dict:
            column = self._retriever.vocab_dict[term]
            starts = self._retriever.scores["indptr"]
            holding = int(starts[column + 1] - starts[column])
        return math.log(1 + (len(self.rows) - holding + 0.5) / (holding + 0.5))


class Index:
    """Both indexes, open for reading from several threads. Close it when the last query has ended."""

    def __init__(self, folder: Path, passages: Sequence[Passage]) -> None:
        self._copy: tempfile.TemporaryDirectory[str] | None = None
        self._row_of = {passage.digest: row for row, passage in enumerate(passages)}
        self._client = self._open(folder / "chroma")
        self._passages = self._client.get_collection("passages", embedding_function=None)
        self._problems = self._client.get_collection("problems", embedding_function=None)
        self._problem_count = self._problems.count()
        self._lexical = {language: _Lexical(folder / f"bm25-{language}") for language in LANGUAGES}

    def _open(self, folder: Path) -> Client:
        """Opening a Chroma folder writes to it; where that cannot be done, a temporary copy is opened."""
        try:
            with tempfile.TemporaryFile(dir=folder) as probe:
                probe.write(b"\0" * 65_536)
        except OSError:
            self._copy = tempfile.TemporaryDirectory(prefix="blik-")
            folder = Path(shutil.copytree(folder, Path(self._copy.name) / "chroma"))
        return _client(folder)

    def dense(self, vector: Sequence[float], count: int) -> tuple[np.ndarray, np.ndarray]:
        """Rows of the `count` nearest passages and their cosine similarities, best first."""
        digests, cosines = self._nearest(self._passages, vector, min(count, len(self._row_of)))
        return np.asarray([self._row_of[digest] for digest in digests], dtype=np.int64), cosines

    def problems(self, vector: Sequence[float], count: int) -> list[tuple[str, float]]:
        """Ids of the `count` cases whose problem is nearest, with cosine similarity, best first."""
        ids, cosines = self._nearest(self._problems, vector, min(count, self._problem_count))
        return list(zip(ids, cosines.tolist(), strict=True))

    def _nearest(self, collection: chromadb.Collection, vector: Sequence[float], count: int) -> tuple[list[str], np.ndarray]:
        if count <= 0:
            return [], np.zeros(0)
        found = collection.query(
            query_embeddings=np.asarray([vector], dtype=np.float32), n_results=count, include=["distances"]
        )
        distances = found["distances"]
        return found["ids"][0], 1 - np.asarray(distances[0] if distances else [], dtype=np.float64)

    def lexical(self, text: str, language: str, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Rows of the `count` passages of `language` with the highest BM25 score, and the scores (all above 0)."""
        index = self._lexical[language]
        scores = index.scores(tokens(text, language))
        order = np.argsort(-scores, kind="stable")[:count]
        order = order[scores[order] > 0]
        return index.rows[order], scores[order]

    def rarity(self, term: str, language: str) -> float:
        """How much a term, as `lexical.tokens` gives it, tells passages of this language apart."""
        return self._lexical[language].rarity(term)

    def close(self) -> None:
        """Give back all files and memory."""
        self._client.close()
        if self._copy:
            self._copy.cleanup()
