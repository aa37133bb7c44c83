"""Search: hybrid, each document once, filters, cases by problem, and the retriever for LangChain."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from knowledge.document import Case
from knowledge.index import Index
from knowledge.lexical import tokens
from knowledge.library import Library
from knowledge.retriever import LibraryRetriever
from knowledge.search import by_problem, search, sideways
from knowledge.vocabulary import vocabulary
from tests.conftest import Blik


def test_the_right_document_is_found_by_problem_and_by_word(library: Library) -> None:
    questions = {
        "ouders klagen dat de taxibus hun kind steeds te laat ophaalt": "oudewater-subcontractor-taken-off",
        "Vanaf welk bedrag moet ik Europees aanbesteden?": "thresholds-2026-2027",
        "wat is een marktconsultatie": "market-consultation",
        "who decides on cameras in the street": "camera-surveillance-public-places",
    }
    with library.lease() as (generation, engine):
        for question, expected in questions.items():
            language = "en" if question.startswith("who") else "nl"
            hits = search(generation, question, engine.embed_query(question), language, 5)
            assert expected in [hit.document.id for hit in hits], question


def test_each_document_comes_once_and_best_first(library: Library) -> None:
    with library.lease() as (generation, engine):
        hits = search(generation, "camera's op straat", engine.embed_query("camera's op straat"), "nl", 20)
    assert len(hits) == 20
    assert max(Counter(hit.document.id for hit in hits).values()) == 1
    assert not any(hit.passage.asked for hit in hits), "found by, never shown"
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_a_filter_that_few_documents_pass_still_finds_them(library: Library) -> None:
    with library.lease() as (generation, engine):
        rare = next(iter(generation.documents))
        hits = search(
            generation, "een vraag over iets anders", engine.embed_query("een vraag over iets anders"), "nl", 2,
            lambda document: document.id == rare,
        )  # fmt: skip
    assert hits
    assert {hit.document.id for hit in hits} == {rare}


def test_sideways_cases_have_another_family_and_a_like_problem(library: Library) -> None:
    cameras = vocabulary().families["cameras"]
    with library.lease() as (generation, engine):
        problem = engine.embed_query(cameras.problem_nl)
        ranked = by_problem(generation, problem, problem, [cameras])
    chosen = sideways(ranked, {"cameras"}, 3)
    assert chosen
    assert all("cameras" not in case.solutions for case in chosen)
    assert chosen[0].sector in ("safety", "operations", "public-space")
    assert len({case.solutions[0] for case in chosen}) == len(chosen), "each of another family"
    assert sideways(ranked, {"cameras"}, 3, leave_out={chosen[0].id})[:1] != chosen[:1]


def test_compounds_are_found_by_their_last_part() -> None:
    assert set(tokens("beveiligingscamera's", "nl")) & set(tokens("camera's", "nl"))
    assert not set(tokens("beeld", "nl")) & set(tokens("led", "nl"))


def test_words_of_the_vocabulary_are_found_in_compounds_and_plurals() -> None:
    def families(text: str, language: str = "nl") -> set[str]:
        return {family.id for family, _ in vocabulary().families_in(text, language)}

    assert families("40 beveiligingscamera's") == {"cameras"}
    assert families("cameras in de binnenstad") == {"cameras"}
    assert families("we need new lampposts", "en") == {"lighting"}
    assert families("een mooi beeld van de stad") == set()


def test_an_empty_library_answers_nothing(tmp_path: Path) -> None:
    from knowledge.index import build

    build(tmp_path, [], np.zeros((0, 4)), [], np.zeros((0, 4)))
    index = Index(tmp_path, [])
    assert index.dense([0.0] * 4, 5)[0].tolist() == []
    assert index.problems([0.0] * 4, 5) == []
    assert index.lexical("camera", "nl") == {}
    index.close()


async def test_the_retriever_works_in_a_chain_also_asynchronously(library: Library) -> None:
    retriever = LibraryRetriever(library=library, k=3, kind="case")
    documents = retriever.invoke("klachten over het leerlingenvervoer")
    assert len(documents) == 3
    assert all(document.metadata["kind"] == "case" and document.metadata["url"] for document in documents)
    again = await retriever.ainvoke("klachten over het leerlingenvervoer")
    assert [document.page_content for document in again] == [document.page_content for document in documents]


@pytest.mark.parametrize("arguments", [[], ["--kind", "case"], ["--sector", "safety"]])
def test_the_command_prints_what_the_contract_says(blik: Blik, library_data: Path, arguments: list[str]) -> None:
    done = blik("search", "camera's in de binnenstad", "-k", "4", "--json", *arguments, data=library_data)
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    assert len(rows) == 4
    assert set(rows[0]) == {"id", "kind", "title", "sector", "score", "passage", "url"}
    if "case" in arguments:
        assert {row["kind"] for row in rows} == {"case"}
    if "safety" in arguments:
        assert {row["sector"] for row in rows} == {"safety"}


def test_documents_of_a_generation_are_whole(library: Library) -> None:
    with library.lease() as (generation, _):
        for document in generation.documents.values():
            passages = generation.passages_of[document.id]
            text = " ".join(" ".join(passage.text.split()) for passage in passages)
            assert {passage.language for passage in passages} == {"nl", "en"}
            if isinstance(document, Case) and document.approach:
                assert " ".join(document.approach.split()) in text
