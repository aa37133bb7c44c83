"""How near each text of the library usually is to what people write: some texts are near to anything.

A cosine says little by itself; how far it stands above a text's usual one says much more. (z-normalisation with a cohort, as in
speaker verification: Auckenthaler, Carey and Lloyd-Thomas, 2000. The cohort are the training messages.)
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

SMALLEST = 1e-3


@dataclass(frozen=True)
class Usual:
    """For each passage (by row) and problem (by id): mean and standard deviation of its cosine with the cohort."""

    passages: np.ndarray
    problems: dict[str, np.ndarray]

    def passage(self, rows: np.ndarray, cosines: np.ndarray) -> np.ndarray:
        """How far the cosines of passages stand above their usual ones, in standard deviations."""
        return (cosines - self.passages[rows, 0]) / self.passages[rows, 1]

    def problem(self, id_: str, cosine: float) -> float:
        """How far the cosine of a problem stands above its usual one, in standard deviations."""
        mean, deviation = self.problems[id_]
        return float((cosine - mean) / deviation)

    def save(self, path: Path) -> None:
        ids = list(self.problems)
        rows = np.asarray([self.problems[id_] for id_ in ids]).reshape(-1, 2)
        with path.open("wb") as file:
            np.savez(file, passages=self.passages, ids=np.asarray(ids, dtype=str), problems=rows)

    @classmethod
    def load(cls, path: Path) -> Usual:
        with np.load(path, allow_pickle=False) as data:
            return cls(data["passages"], dict(zip(data["ids"].tolist(), data["problems"], strict=True)))


def measure(cohort: np.ndarray, passages: np.ndarray, problems: dict[str, np.ndarray]) -> Usual:
    """The usual cosines of passages and problems with the messages of the cohort (all unit vectors, one a row)."""
    return Usual(_spread(cohort @ passages.T), {id_: _spread(cohort @ vector[:, None])[0] for id_, vector in problems.items()})


def _spread(cosines: np.ndarray) -> np.ndarray:
    return np.stack([cosines.mean(axis=0), np.maximum(cosines.std(axis=0), SMALLEST)], axis=1)
