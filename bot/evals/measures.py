"""The measures of the evals, each from its source, and reading of labelled data."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence

import click
import numpy as np

from knowledge.settings import BUILTIN

DATA = BUILTIN.parent / "tests" / "evals" / "data"
DEPTH = 10
SAMPLES = 10_000


def rows(name: str) -> list[list[str]]:
    """The lines of a tab-separated file of labelled data. Raises click.UsageError where it is missing."""
    path = DATA / name
    if not path.exists():
        raise click.UsageError(f"{path} is missing; evals run from a checkout of the project")
    with path.open(encoding="utf-8", newline="") as file:
        return [row for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE) if row]


def macro_f1(true: Sequence[str], told: Sequence[str], labels: Sequence[str]) -> float:
    """Mean over `labels` of the harmonic mean of precision and recall."""
    scores = []
    for label in labels:
        hit = sum(t == label == p for t, p in zip(true, told, strict=True))
        scores.append(2 * hit / max(1, true.count(label) + told.count(label)))
    return float(np.mean(scores))


def ndcg(ranked: Sequence[str], grades: Mapping[str, float]) -> float:
    """Normalised discounted cumulative gain at DEPTH (Järvelin and Kekäläinen, 2002); gain is the grade, 0 to 2."""
    gain = sum(grades.get(id_, 0.0) / np.log2(i + 2) for i, id_ in enumerate(ranked[:DEPTH]))
    ideal = sum(grade / np.log2(i + 2) for i, grade in enumerate(sorted(grades.values(), reverse=True)[:DEPTH]))
    return float(gain / ideal) if ideal else 0.0


def interval(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, float, float]:
    """Mean difference of paired scores with its 95% interval by the bootstrap over pairs (Efron, 1979)."""
    difference = np.asarray(ours) - np.asarray(theirs)
    picks = np.random.default_rng(1).integers(0, len(difference), (SAMPLES, len(difference)))
    low, high = np.percentile(difference[picks].mean(axis=1), [2.5, 97.5])
    return float(difference.mean()), float(low), float(high)


def kappa(first: Sequence[int], second: Sequence[int]) -> float:
    """Agreement of two readers beyond chance, with quadratic weights (Cohen, 1968)."""
    values = sorted(set(first) | set(second))
    a, b = np.asarray(first), np.asarray(second)
    observed = np.mean((a - b) ** 2)
    chance = sum(np.mean(a == x) * np.mean(b == y) * (x - y) ** 2 for x in values for y in values)
    return float(1 - observed / chance) if chance else 1.0
