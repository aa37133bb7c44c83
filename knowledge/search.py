"""Hybrid search: what speaks for a document by vectors and by words; and cases with a like problem but another solution."""

from __future__ import annotations

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

# A document's evidence: how far its best passage stands above what is usual for it (see `usual`), a part of how far both its
# own text and the ways of asking for it do so, and how much of the question's words it holds. Weights and thresholds chosen
# by `blik eval search` on its dev split.
AGREEMENT, LEXICAL_WEIGHT = 0.3, 5.0
GOOD, NEAREST = 4.2, 3.3
DEPTH = 300  # passages taken from the vectors at first; filters take more until they are satisfied
# A like problem: how far a case's problem stands above what is usual for it, for the problem behind a message and for the
# message as it is; it helps when the case shares sector or theme with the named solution, most of all when its people first
# wanted that too or an editor said that it shows another way (`instead_of`).
MESSAGE_SHARE = 0.4
SAME_SECTOR, SHARED_THEME, SAME_WISH = 0.4, 0.6, 2.0
PROBLEMS = 400  # taken from the index of problems
ENGLISH = "#en"  # ends the id of a case's English problem in the index of problems


@dataclass(frozen=True)
class Hit:
    """A document that was found, by its best passage. `score` is its evidence, `share` the part of the words it holds."""

    document: Case | Guidance
    passage: Passage
    score: float
    share: float


def search(
    generation: Generation, question: str, vector: Sequence[float], language: Language, k: int, keep: Keep | None = None
) -> list[Hit]:
    """The best documents for a question, best first: at most k, only those that `keep` accepts."""
    total = len(generation.passages)
    depth = DEPTH
    while True:
        hits = _ranked(generation, question, vector, language, min(depth, total))
        kept = [hit for hit in hits if keep is None or keep(hit.document)][:k]
        if len(kept) >= k or depth >= total or keep is None:
            return kept
        depth *= 8


def _ranked(generation: Generation, question: str, vector: Sequence[float], language: Language, depth: int) -> list[Hit]:
    """Every document within `depth` passages or with a word of the question, by its evidence."""
    rows, cosines = generation.index.dense(vector, depth)
    likeness = generation.usual.passage(rows, cosines)
    best: dict[str, list[tuple[float, int]]] = {}
    for at in np.argsort(-likeness, kind="stable"):
        row = int(rows[at])
        best.setdefault(generation.passages[row].document, []).append((float(likeness[at]), row))
    floor = float(likeness.min()) if len(likeness) else 0.0  # of documents that only words found
    shares = generation.index.lexical(question, language)
    hits = []
    for id_ in [*best, *(id_ for id_ in shares if id_ not in best)]:
        passages = best.get(id_, [])
        like = passages[0][0] if passages else floor
        share = shares.get(id_, 0.0)
        shown = (generation.passages[row] for _, row in passages if not generation.passages[row].asked)
        passage = next(shown, generation.passages_of[id_][0])
        score = like + AGREEMENT * _agreement(generation, passages) + LEXICAL_WEIGHT * share
        hits.append(Hit(generation.documents[id_], passage, score, share))
    return sorted(hits, key=lambda hit: -hit.score)


def _agreement(generation: Generation, passages: Sequence[tuple[float, int]]) -> float:
    """The lesser likeness of a document's own text and of the ways of asking for it; `passages` best first.

    Of a document that says no ways of asking, its second best passage.
    """
    own = [like for like, row in passages if not generation.passages[row].asked]
    asked = [like for like, row in passages if generation.passages[row].asked]
    if asked and own:
        return min(own[0], asked[0])
    document = generation.documents[generation.passages[passages[0][1]].document] if passages else None
    return own[1] if len(own) > 1 and document and not document.asked else 0.0


def evidence(hits: Sequence[Hit]) -> dict[str, float]:
    """How much speaks for each document answering the question, by document id: see GOOD and NEAREST."""
    return {hit.document.id: hit.score for hit in hits}


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
            told += SAME_WISH if shows_another_way(case, wished) else 0.0
            found.append((case, told))
    return sorted(found, key=lambda item: -item[1])


def _problem_likeness(generation: Generation, vector: Sequence[float]) -> dict[str, float]:
    """For the cases whose problem, in either language, is nearest: how far it stands above what is usual for it."""
    likeness: dict[str, float] = {}
    for key, cosine in generation.index.problems(vector, PROBLEMS):
        id_ = key.removesuffix(ENGLISH)
        likeness[id_] = max(likeness.get(id_, 0.0), generation.usual.problem(key, cosine))
    return likeness


def shared_with_examples(generation: Generation, text: str, language: Language) -> dict[str, float]:
    """For cases that say to whom they show another way: the weight of the words that the best such message shares with a text.

    A word weighs its rarity.
    """
    terms = {term: generation.index.rarity(term, language) for term in set(tokens(text, language))}
    return {
        id_: max(sum(terms[term] for term in example & terms.keys()) for example in examples)
        for id_, examples in generation.example_terms[language].items()
    }


def shows_another_way(case: Case, wished: Collection[str]) -> bool:
    """Whether the people of a case first wanted one of the `wished` families, or an editor said that it shows another way."""
    return bool(set(wished) & (first_wishes(case) | set(case.instead_of)))


def first_wishes(case: Case) -> set[str]:
    """The families of what a case says that its people first wanted to buy."""
    return {family.id for family, _ in vocabulary().families_in(case.first_solution or "", case.language)}


def _same_way(case: Case, families: set[str]) -> bool:
    """Whether a case took the way of one of `families`; what it used beside another way does not count."""
    return bool(families & set(case.solutions[:1])) or bool(families & set(case.solutions) - set(case.instead_of))


def sideways(
    ranked: Sequence[tuple[Case, float]],
    families: Collection[str],
    k: int,
    leave_out: Collection[str] = (),
    least: float = 0.0,
) -> list[Case]:
    """Of cases ranked by problem, at most k with solutions of none of `families` and of families unlike each other.

    Of two about as good, the one of another sector goes first.
    """
    left = [
        (case, told)
        for case, told in ranked
        if told >= least and case.id not in leave_out and not _same_way(case, set(families))
    ]
    chosen: list[Case] = []
    while left and len(chosen) < k:
        sectors = {case.sector for case in chosen}
        close = [case for case, told in left if left[0][1] - told < 0.3]
        pick = next((case for case in close if case.sector not in sectors), left[0][0])
        chosen.append(pick)
        left = [(case, told) for case, told in left if case.id != pick.id and case.solutions[:1] != pick.solutions[:1]]
    return chosen
