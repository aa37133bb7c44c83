"""The two indexes of a generation: vectors of passages in Chroma, words of documents in BM25. Built once, then only read."""

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
from knowledge.vocabulary import vocabulary

LANGUAGES = ("nl", "en")
BATCH = 5_000
TITLE_WEIGHT, RELATED = 2, 0.5  # chosen by `blik eval search`
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
        documents, corpus = _corpus(passages, language)
        target = folder / f"bm25-{language}"
        target.mkdir()
        (target / "documents.json").write_text(json.dumps(documents), encoding="utf-8")
        if any(corpus):
            retriever = bm25s.BM25()
            retriever.index(corpus, show_progress=False)
            retriever.save(target, show_progress=False)


def _corpus(passages: Sequence[Passage], language: str) -> tuple[list[str], list[list[str]]]:
    """The documents that have text in a language, and their terms: all passages, the title twice, the keywords once."""
    terms: dict[str, list[str]] = {}
    for passage in passages:
        if passage.language == language:
            if passage.document not in terms:  # the first passage of a document is never an asked one
                terms[passage.document] = TITLE_WEIGHT * tokens(passage.title, language) + tokens(passage.keywords, language)
            terms[passage.document] += tokens(passage.text, language)
    return list(terms), list(terms.values())


class _Lexical:
    """BM25 over the documents that have text in one language."""

    def __init__(self, folder: Path) -> None:
        self.documents: list[str] = json.loads((folder / "documents.json").read_text(encoding="utf-8"))
        self._retriever = bm25s.BM25.load(folder) if len(list(folder.iterdir())) > 1 else None

    def shares(self, terms: Sequence[str], related: Sequence[str]) -> dict[str, float]:
        """For each document that holds any term: its BM25 score as a share of what a document could have at most.

        A term that no document holds counts as the rarest, so that it lowers all shares. `related` terms count for half and
        raise no maximum.
        """
        if self._retriever is None:
            return {}
        total = np.zeros(len(self.documents))
        most = 0.0
        for term in dict.fromkeys(terms):
            rows, values = self._column(term)
            total[rows] += values
            most += float(values.max()) if len(values) else math.log(1 + len(self.documents) / 0.5)
        for term in dict.fromkeys(related):
            if term not in terms:
                rows, values = self._column(term)
                total[rows] += RELATED * values
        return {self.documents[row]: float(total[row] / most) for row in np.flatnonzero(total)} if most else {}

    def rarity(self, term: str) -> float:
        held = len(self._column(term)[0]) if self._retriever is not None else 0
        return math.log(1 + len(self.documents) / (held + 0.5))

    def _column(self, term: str) -> tuple[np.ndarray, np.ndarray]:
        """The documents (by row) that hold a term and their scores for it."""
        assert self._retriever is not None
        column = self._retriever.vocab_dict.get(term)
        if column is None:
            return np.zeros(0, dtype=np.int64), np.zeros(0)
        scores = self._retriever.scores
        part = slice(int(scores["indptr"][column]), int(scores["indptr"][column + 1]))
        return scores["indices"][part], scores["data"][part]


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

    def lexical(self, text: str, language: str) -> dict[str, float]:
        """For each document of `language` that shares words with a text: how much (0 to about 1), by document id.

        The names of the solution families in the text count too, for half: "prullenbak" also finds "bakken en inzameling".
        """
        families = [family for family, _ in vocabulary().families_in(text, language)]
        related = [term for family in families for term in tokens(family[language], language)]
        return self._lexical[language].shares(tokens(text, language), related)

    def rarity(self, term: str, language: str) -> float:
        """How much a term tells documents apart: the logarithm of how few hold it."""
        return self._lexical[language].rarity(term)

    def close(self) -> None:
        """Give back all files and memory."""
        self._client.close()
        if self._copy:
            self._copy.cleanup()
