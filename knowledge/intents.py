"""What a message is (its intent), by a linear model fitted at ingest for the engine whose vectors it reads.

Regularised least squares (Rifkin, 2003, "Regularized least-squares classification") on the message's vector beside hashed
words and word pairs: one equation to solve, no training library, and any embedding engine gets a model of its own.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Literal, NamedTuple, get_args

import numpy as np

from knowledge.settings import BUILTIN
from knowledge.vocabulary import WORD

Intent = Literal["solution", "problem", "how", "examples", "other", "outside", "attack"]
INTENTS: tuple[Intent, ...] = get_args(Intent)

BUCKETS = 4_096
MAX_WORDS = 80
# Chosen by leaving one writer of knowledge/messages out; `blik eval intent` prints the scores.
VECTOR_WEIGHT, WORD_WEIGHT, RIDGE = 2.0, 0.8, 0.3


class Message(NamedTuple):
    """A labelled message for training. `named` are its words for the named solution, empty for other intents."""

    writer: str
    intent: str
    text: str
    named: str


@cache
def messages() -> tuple[Message, ...]:
    """The training messages in knowledge/messages, one file a writer."""
    found = []
    for path in sorted((BUILTIN / "messages").glob("*.tsv")):
        for line in path.read_text(encoding="utf-8").splitlines():
            intent, text, named = (*line.split("\t"), "")[:3]
            found.append(Message(path.stem, intent, text, named))
    return tuple(found)


def recipe() -> str:
    """Digest of all that decides a model beside the engine: messages and parameters."""
    parameters = (BUCKETS, MAX_WORDS, VECTOR_WEIGHT, WORD_WEIGHT, RIDGE)
    return hashlib.sha256(repr((parameters, messages())).encode()).hexdigest()[:16]


def _words(text: str) -> np.ndarray:
    """Unit vector of hashed words and word pairs (signed hashing, Weinberger et al., 2009)."""
    words = ["<", *WORD.findall(text.lower())[:MAX_WORDS], "?" if "?" in text else ".", ">"]
    vector = np.zeros(BUCKETS, dtype=np.float32)
    for term in words + [f"{a} {b}" for a, b in pairwise(words)]:
        code = zlib.crc32(term.encode("utf-8", "replace"))
        vector[code % BUCKETS] += 1 if (code >> 16) & 1 else -1
    norm = float(np.linalg.norm(vector))
    return vector / norm if norm else vector


@dataclass(frozen=True)
class IntentModel:
    """A fitted model: `centre` of the training vectors (dimensions), `weights` (features × intents)."""

    centre: np.ndarray
    weights: np.ndarray

    def scores(self, text: str, vector: Sequence[float] | np.ndarray) -> dict[Intent, float]:
        """For each intent a score, about 1 when it is surely this and -1 when surely not."""
        values = _features([text], np.asarray([vector]), self.centre)[0] @ self.weights
        return {intent: float(value) for intent, value in zip(INTENTS, values, strict=True)}

    def save(self, path: Path) -> None:
        with path.open("wb") as file:
            np.savez(file, centre=self.centre.astype(np.float32), weights=self.weights.astype(np.float32))

    @classmethod
    def load(cls, path: Path) -> IntentModel:
        with np.load(path, allow_pickle=False) as data:
            return cls(data["centre"], data["weights"])


def fit(examples: Sequence[Message], vectors: np.ndarray) -> IntentModel:
    """The model for `examples`, whose vectors (one a row) an engine made with its query prefix."""
    centre = vectors.mean(axis=0)
    features = _features([example.text for example in examples], vectors, centre)
    labels = np.asarray([INTENTS.index(example.intent) for example in examples])
    targets = np.where(np.arange(len(INTENTS)) == labels[:, None], 1.0, -1.0)
    balance = np.sqrt(1 / np.maximum(np.bincount(labels, minlength=len(INTENTS)), 1)[labels])
    balance = (balance / balance.mean())[:, None]
    rows = features * balance
    dual = np.linalg.solve(rows @ rows.T + RIDGE * np.eye(len(rows)), targets * balance)
    return IntentModel(centre, rows.T @ dual)


def _features(texts: Sequence[str], vectors: np.ndarray, centre: np.ndarray) -> np.ndarray:
    words = np.stack([_words(text) for text in texts])
    return np.hstack([VECTOR_WEIGHT * (vectors - centre), WORD_WEIGHT * words, np.ones((len(texts), 1))])
