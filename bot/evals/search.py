"""Search on questions written from titles alone, with the pooled results judged by two readers; beside others in one run."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from langchain_core.embeddings import Embeddings

from bot.advisor.language import detect
from bot.evals.measures import DEPTH, interval, kappa, ndcg, rows
from knowledge import search
from knowledge.document import Case, Guidance, Language
from knowledge.generation import Generation

Rank = Callable[[str, Sequence[float], Language], list[str]]
RIGHT = 1.5  # mean grade of a right document: both readers said 2, or one 2 and the other 1
SHALLOW = 5
PLAIN = 60  # the usual constant of reciprocal rank fusion (Cormack, Clarke and Büttcher, 2009)


def report(generation: Generation, engine: Embeddings, split: str, peers: Path) -> Iterator[str]:
    """The lines of the report. `peers` are rankings by default recipes of others (`make eval-peers`); left out when missing."""
    questions = [row for row in rows("search.questions.tsv") if row[0] == split]
    vectors = {text: engine.embed_query(text) for *_, text in questions}
    grades, firsts, seconds = _grades()
    yield f"two readers agree: weighted kappa {kappa(firsts, seconds):.2f} on {len(firsts)} judgements"
    answerable = [row for row in questions if row[2] == "answerable"]
    systems = _systems(generation)
    ranked: dict[str, dict[str, list[str]]] = {
        name: {text: rank(text, vectors[text], detect(text))[:DEPTH] for *_, text in answerable}
        for name, rank in systems.items()
    }
    if peers.exists():
        ranked.update(json.loads(peers.read_text(encoding="utf-8"))["systems"])
    else:
        yield f"others' default recipes are left out: {peers} is missing (make eval-peers)"
    for language in ("all", "nl", "en"):
        part = [text for _, told, _, text in answerable if language in ("all", told)]
        yield f"\n{language}: {len(part)} questions"
        ours = [ndcg(ranked["hybrid"][text], grades[text]) for text in part]
        for name, results in ranked.items():
            scores = [ndcg(results.get(text, []), grades[text]) for text in part]
            right = np.mean(
                [any(grades[text].get(id_, 0) >= RIGHT for id_ in results.get(text, [])[:SHALLOW]) for text in part]
            )
            shown = [(text, id_) for text in part for id_ in results.get(text, [])[:SHALLOW]]
            unjudged = np.mean([id_ not in grades[text] for text, id_ in shown]) if shown else 0.0
            line = f"{name:18} nDCG@10 {np.mean(scores):.3f}  right in first five {right:.3f}  unjudged {unjudged:.3f}"
            if name != "hybrid":
                mean, low, high = interval(ours, scores)
                line += f"  hybrid is {mean:+.3f} ({low:+.3f} to {high:+.3f})"
            yield line
    yield ""
    yield from _found(generation, questions, vectors)


def _grades() -> tuple[dict[str, dict[str, float]], list[int], list[int]]:
    """For each question the mean grade of each judged document; and both readers' grades in the same order."""
    grades: defaultdict[str, dict[str, float]] = defaultdict(dict)
    judged = rows("search.labels.tsv")
    for text, id_, first, second in judged:
        grades[text][id_] = (int(first) + int(second)) / 2
    return grades, [int(row[2]) for row in judged], [int(row[3]) for row in judged]


def _systems(generation: Generation) -> dict[str, Rank]:
    """The hybrid, its halves, and plain reciprocal rank fusion of the halves."""

    def words(text: str, vector: Sequence[float], language: Language) -> list[str]:
        shares = generation.index.lexical(text, language)
        return sorted(shares, key=lambda id_: -shares[id_])

    def dense(text: str, vector: Sequence[float], language: Language) -> list[str]:
        found, _ = generation.index.dense(vector, 100)
        return list(dict.fromkeys(generation.passages[row].document for row in found.tolist()))

    def fused(text: str, vector: Sequence[float], language: Language) -> list[str]:
        scores: defaultdict[str, float] = defaultdict(float)
        for half in (words(text, vector, language), dense(text, vector, language)):
            for rank, id_ in enumerate(half, start=1):
                scores[id_] += 1 / (PLAIN + rank)
        return sorted(scores, key=lambda id_: -scores[id_])

    def hybrid(text: str, vector: Sequence[float], language: Language) -> list[str]:
        return [hit.document.id for hit in search.search(generation, text, vector, language, DEPTH)]

    return {"hybrid": hybrid, "words (BM25)": words, "vectors": dense, "plain fusion": fused}


def _found(generation: Generation, questions: list[list[str]], vectors: dict[str, list[float]]) -> Iterator[str]:
    """Whether questions without an answer are told apart: by the judgement as it is, and the curve over thresholds."""
    best: defaultdict[str, list[float]] = defaultdict(list)
    for _, _, kind, text in questions:
        hits = search.search(
            generation, text, vectors[text], detect(text), 1, lambda document: isinstance(document, Case | Guidance)
        )
        best[kind].append(hits[0].score if hits else 0.0)
    missing = [*best["near"], *best["far"]]
    for kind, scores in [*best.items(), ("no answer", missing)]:
        told = [search.judge({"": score}) for score in scores]
        shares = "  ".join(f"{name} {told.count(name) / len(told):.3f}" for name in ("good", "nearest", "nothing"))
        yield f"{kind:12} {shares}  ({len(told)} questions)"
    yield "threshold   answerable below   no answer above   near   far"
    for threshold in np.arange(1.5, 5.01, 0.25):
        below = np.mean(np.asarray(best["answerable"]) < threshold)
        above = [np.mean(np.asarray(scores) >= threshold) for scores in (missing, best["near"], best["far"])]
        yield f"{threshold:9.2f}   {below:16.3f}   {above[0]:15.3f}   {above[1]:.2f}   {above[2]:.2f}"
