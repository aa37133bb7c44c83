"""Hybrid search: vectors and words fused; and cases with a like problem but another solution."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from knowledge.document import Case, Guidance, Language
from knowledge.generation import Generation
from knowledge.lexical import tokens
from knowledge.passage import Passage
from knowledge.vocabulary import Family, vocabulary

Found = Literal["good", "nearest", "nothing"]
Keep = Callable[[Case | Guidance], bool]

# Reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009); constant and weights tuned by `blik eval search`.
RANK_CONSTANT = 10
LEXICAL_WEIGHT: dict[Language, float] = {"nl": 0.5, "en": 0.3}
PASSAGES_PER_DOCUMENT = 2
DEPTH = 100  # passages taken from each half at first; filters take more until they are satisfied

# Found or not: evidence is how far a document's best passage stands above what is usual for it (see `usual`), plus how much of
# the question's rare words the document holds. Tuned by `blik eval search` on its dev split.
COVERAGE_WEIGHT = 2.5
GOOD, NEAREST = 2.5, 1.9
# Sideways: how far a case's problem stands above what is usual for it, for the problem behind a message and for the message as
# it is; it helps when the case shares sector or theme with the named solution, most of all when its people first wanted it too.
SIDEWAYS, MESSAGE_SHARE = 2.8, 0.4
SAME_SECTOR, SHARED_THEME, SAME_WISH = 0.6, 0.8, 2.0
ENGLISH = "#en"  # ends the id of a case's English problem in the index of problems


@dataclass(frozen=True)
class Hit:
    """One passage that was found. `likeness` is how far its cosine is above the usual; 0 when only its words matched."""

    document: Case | Guidance
    passage: Passage
    score: float
    likeness: float


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
    likeness = generation.usual.passage(rows, cosines)
    order = np.argsort(-likeness, kind="stable")
    rows, likeness = rows[order], likeness[order]
    like = dict(zip(rows.tolist(), likeness.tolist(), strict=True))
    scores: defaultdict[int, float] = defaultdict(float)
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
        hits.append(Hit(document, passage, score, like.get(row, 0.0)))
        if len(hits) == k:
            break
    return hits


def documents(hits: Sequence[Hit]) -> list[Case | Guidance]:
    """The documents of hits in order, each once."""
    return list({hit.document.id: hit.document for hit in hits}.values())


def coverage(generation: Generation, question: str, language: Language, document: Case | Guidance) -> float:
    """The share (0 to 1) of the question's words that a document holds; a word counts more the rarer it is."""
    terms = set(tokens(question, language))
    own = {
        term
        for passage in generation.passages_of[document.id]
        if passage.language == language
        for term in tokens(passage.words, language)
    }
    weights = {term: generation.index.rarity(term, language) for term in terms}
    total = sum(weights.values())
    return sum(weight for term, weight in weights.items() if term in own) / total if total else 0.0


def evidence(generation: Generation, question: str, language: Language, hits: Sequence[Hit]) -> dict[str, float]:
    """How much speaks for each document among `hits` answering the question, by document id: see GOOD and NEAREST."""
    like: dict[str, float] = {}
    for hit in hits:
        like[hit.document.id] = max(hit.likeness, like.get(hit.document.id, 0.0))
    return {
        document.id: like[document.id] + COVERAGE_WEIGHT * coverage(generation, question, language, document)
        for document in documents(hits)
    }


def judge(told: Mapping[str, float]) -> Found:
    """Whether the document with the most evidence answers the question, comes near it, or does neither."""
    best = max(told.values(), default=0.0)
    return "good" if best >= GOOD else "nearest" if best >= NEAREST else "nothing"


def by_problem(
    generation: Generation, problem: Sequence[float], message: Sequence[float], families: Sequence[Family] = ()
) -> list[tuple[Case, float]]:
    """Cases whose problem is like `problem` and the `message` itself (vectors), best first, with how far each stands out.

    `families` are those of the named solution.
    """
    behind, said = _problem_likeness(generation, problem), _problem_likeness(generation, message)
    themes = {theme for family in families for theme in family.themes}
    sectors = {sector for family in families for sector in family.sectors}
    wished = {family.id for family in families}
    found = []
    for id_, like in behind.items():
        case = generation.documents[id_]
        if isinstance(case, Case):
            told = (1 - MESSAGE_SHARE) * like + MESSAGE_SHARE * max(0.0, said.get(id_, 0.0))
            told += SHARED_THEME if themes & set(case.themes) else 0.0
            told += SAME_SECTOR if case.sector in sectors else 0.0
            told += SAME_WISH if wished & first_wishes(case) else 0.0
            found.append((case, told))
    return sorted(found, key=lambda item: -item[1])


def _problem_likeness(generation: Generation, vector: Sequence[float]) -> dict[str, float]:
    """For the cases whose problem, in either language, is nearest: how far it stands above what is usual for it."""
    likeness: dict[str, float] = {}
    for key, cosine in generation.index.problems(vector, DEPTH):
        id_ = key.removesuffix(ENGLISH)
        likeness[id_] = max(likeness.get(id_, 0.0), generation.usual.problem(key, cosine))
    return likeness


def first_wishes(case: Case) -> set[str]:
    """The families of what a case says that its people first wanted to buy."""
    return {family.id for family, _ in vocabulary().families_in(case.first_solution or "", case.language)}


def sideways(
    ranked: Sequence[tuple[Case, float]],
    families: Collection[str],
    k: int,
    leave_out: Collection[str] = (),
    least: float = SIDEWAYS,
) -> list[Case]:
    """Of cases ranked by problem, at most k with solutions of none of `families` and of families unlike each other.

    Of two about as good, the one of another sector goes first.
    """
    left = [
        (case, told)
        for case, told in ranked
        if told >= least and case.id not in leave_out and not set(families) & set(case.solutions)
    ]
    chosen: list[Case] = []
    while left and len(chosen) < k:
        sectors = {case.sector for case in chosen}
        close = [case for case, told in left if left[0][1] - told < 0.3]
        pick = next((case for case in close if case.sector not in sectors), left[0][0])
        chosen.append(pick)
        left = [(case, told) for case, told in left if case.id != pick.id and case.solutions[:1] != pick.solutions[:1]]
    return chosen
