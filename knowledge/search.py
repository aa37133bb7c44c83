"""Hybrid search: vectors and words fused, at most two passages a document, and cases with a like problem but another solution."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from knowledge.document import Case, Guidance, Language
from knowledge.generation import Generation
from knowledge.lexical import tokens
from knowledge.passage import Passage

Found = Literal["good", "nearest", "nothing"]
Keep = Callable[[Case | Guidance], bool]

RANK_CONSTANT = 60  # reciprocal rank fusion: Cormack, Clarke and Büttcher, SIGIR 2009
LEXICAL_WEIGHT: dict[Language, float] = {"nl": 1.0, "en": 0.5}
PASSAGES_PER_DOCUMENT = 2
DEPTH = 100  # passages taken from each half at first; filters take more until they are satisfied

# Found or not: likeness is how far the best cosine stands above that of messages on other subjects, in their standard
# deviations; coverage is how much of the question's rare words the document holds. Measured in tests/evals.
GOOD, NEAREST, COVERED = 2.4, 0.9, 0.34
SIDEWAYS = 0.9  # least likeness of a sideways case's problem


@dataclass(frozen=True)
class Hit:
    """One passage that was found. `cosine` is 0 when only its words matched."""

    document: Case | Guidance
    passage: Passage
    score: float
    cosine: float


def search(
    generation: Generation, question: str, vector: Sequence[float], language: Language, k: int, keep: Keep | None = None
) -> list[Hit]:
    """The best passages for a question, best first: at most k, two a document, only of documents that `keep` accepts."""
    total = len(generation.passages)
    depth = DEPTH
    while True:
        hits = _fuse(generation, question, vector, language, min(depth, total), k, keep)
        if len(hits) >= k or depth >= total or keep is None:
            return hits
        depth *= 8


def _fuse(
    generation: Generation,
    question: str,
    vector: Sequence[float],
    language: Language,
    depth: int,
    k: int,
    keep: Keep | None,
) -> list[Hit]:
    rows, cosines = generation.index.dense(vector, depth)
    words, _ = generation.index.lexical(question, language, depth)
    cosine_of = dict(zip(rows.tolist(), cosines.tolist(), strict=True))
    scores: Counter[int] = Counter()
    for weight, ranked in ((1.0, rows), (LEXICAL_WEIGHT[language], words)):
        for rank, row in enumerate(ranked.tolist(), start=1):
            scores[row] += weight / (RANK_CONSTANT + rank)
    hits: list[Hit] = []
    taken: Counter[str] = Counter()
    for row, score in sorted(scores.items(), key=lambda item: (-item[1], item[0])):
        passage = generation.passages[row]
        document = generation.documents[passage.document]
        if taken[document.id] >= PASSAGES_PER_DOCUMENT or (keep is not None and not keep(document)):
            continue
        taken[document.id] += 1
        hits.append(Hit(document, passage, score, cosine_of.get(row, 0.0)))
        if len(hits) == k:
            break
    return hits


def documents(hits: Sequence[Hit]) -> list[Case | Guidance]:
    """The documents of hits in order, each once."""
    return list({hit.document.id: hit.document for hit in hits}.values())


def likeness(generation: Generation, cosine: float) -> float:
    """How far a cosine stands above those of messages on other subjects, in standard deviations of theirs."""
    noise = generation.manifest.noise
    return (cosine - noise.mean) / noise.deviation


def coverage(generation: Generation, question: str, language: Language, document: Case | Guidance) -> float:
    """The share (0 to 1) of the question's words that a document holds; a word counts more the rarer it is."""
    terms = set(tokens(question, language))
    own = {
        term
        for passage in generation.passages_of[document.id]
        if passage.language == language
        for term in tokens(passage.indexed, language)
    }
    weights = {term: generation.index.rarity(term, language) for term in terms}
    total = sum(weights.values())
    return sum(weight for term, weight in weights.items() if term in own) / total if total else 0.0


def judge(generation: Generation, question: str, language: Language, hits: Sequence[Hit]) -> Found:
    """Whether the best of what was found answers the question, comes near it, or does neither."""
    if not hits:
        return "nothing"
    like = likeness(generation, max(hit.cosine for hit in hits))
    covered = max(coverage(generation, question, language, document) for document in documents(hits)[:3])
    if like >= GOOD and covered >= COVERED / 2 or like >= NEAREST and covered >= COVERED:
        return "good"
    return "nearest" if like >= NEAREST or covered >= COVERED else "nothing"


def relevant(generation: Generation, question: str, language: Language, hit: Hit) -> bool:
    """Whether one document is near enough to a question to be told with it."""
    like = likeness(generation, hit.cosine) if hit.cosine else 0.0
    return like >= GOOD or like >= NEAREST and coverage(generation, question, language, hit.document) >= COVERED / 2


def sideways(
    generation: Generation, problem: Sequence[float], families: set[str], k: int, near: Sequence[str] = (), least: float = SIDEWAYS
) -> list[Case]:
    """Cases whose problem is like `problem` (a vector) and whose solutions are of other families, best first.

    At most k; none of `near`; of another sector than those before it where one is about as good.
    """
    found: list[tuple[Case, float]] = []
    for id_, cosine in generation.index.problems(problem, DEPTH):
        case = generation.documents[id_]
        if not isinstance(case, Case) or id_ in near or families & set(case.solutions):
            continue
        if likeness(generation, cosine) < least:
            break
        found.append((case, cosine))
    chosen: list[Case] = []
    while found and len(chosen) < k:
        sectors = {case.sector for case in chosen}
        best = found[0][1]
        pick = next(
            (
                case
                for case, cosine in found
                if case.sector not in sectors and likeness(generation, best) - likeness(generation, cosine) < 0.5
            ),
            found[0][0],
        )
        chosen.append(pick)
        found = [(case, cosine) for case, cosine in found if case.id != pick.id]
    return chosen


def noise(vectors: np.ndarray, passages: np.ndarray) -> tuple[float, float]:
    """Mean and standard deviation of the best cosine of messages on other subjects (rows) with any passage (rows)."""
    if not len(vectors) or not len(passages):
        return 0.0, 1.0
    best = (vectors @ passages.T).max(axis=1)
    return float(best.mean()), max(float(best.std()), 1e-3)

