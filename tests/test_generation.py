"""Readers that stay open: always the published generation, never a failed query."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from pathlib import Path

import pytest

from ingest.pipeline import ingest
from ingest.sources import locate
from knowledge.embeddings import EngineError
from knowledge.generation import Folders, LibraryError, Manifest
from knowledge.library import Library
from knowledge.search import search
from tests.conftest import settings, write_case


def publish(data: Path, docs: Path) -> str:
    report = ingest(settings(data), [locate(str(docs))], quiet=True)
    assert report.generation
    return report.generation


def found(library: Library, question: str) -> list[str]:
    with library.lease() as (generation, engine):
        return [hit.document.id for hit in search(generation, question, engine.embed_query(question), "nl", 5)]


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    for number in range(5):
        write_case(tmp_path / "docs", f"case-{number}", title=f"zwerfafval op plein {number}")
    return tmp_path / "docs"


def test_without_a_library_a_reader_says_how_to_make_one(data: Path) -> None:
    with pytest.raises(LibraryError, match="blik ingest"), Library(data).lease():
        pass


def test_a_reader_sees_a_new_generation_at_its_next_question(data: Path, docs: Path) -> None:
    publish(data, docs)
    library = Library(data)
    assert "bridge" not in found(library, "brug over de vaart")
    write_case(docs, "bridge", title="een brug over de vaart")
    publish(data, docs)
    assert found(library, "brug over de vaart")[0] == "bridge"
    library.close()


def test_an_answer_under_way_keeps_its_generation(data: Path, docs: Path) -> None:
    first = publish(data, docs)
    library = Library(data)
    with library.lease() as (generation, engine):
        write_case(docs, "case-1", title="iets anders")
        publish(data, docs)
        found(library, "zwerfafval")  # switches
        vector = engine.embed_query("zwerfafval")
        assert search(generation, "zwerfafval", vector, "nl", 3)
        assert generation.manifest.id == first
    library.close()


def test_readers_go_on_while_generations_change(data: Path, docs: Path) -> None:
    publish(data, docs)
    library = Library(data)
    stop = threading.Event()
    failures: list[BaseException] = []
    answers = [0]

    def read() -> None:
        while not stop.is_set():
            try:
                assert found(library, "zwerfafval op plein 1")
                answers[0] += 1
            except BaseException as error:
                failures.append(error)
                return

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for number in range(6):
        write_case(docs, "case-1", title=f"zwerfafval op plein 1, versie {number}")
        last = publish(data, docs)
    time.sleep(0.3)
    stop.set()
    for reader in readers:
        reader.join()
    assert failures == []
    assert answers[0] > 6
    with library.lease() as (generation, _):
        assert generation.manifest.id == last
    library.close()


def test_switching_leaks_no_files(data: Path, docs: Path) -> None:
    publish(data, docs)
    library = Library(data)
    found(library, "zwerfafval")

    def handles() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    counts = []
    for number in range(4):
        write_case(docs, "case-1", title=f"versie {number}")
        publish(data, docs)
        found(library, "zwerfafval")
        counts.append(handles())
    assert counts[-1] <= counts[0] + 2
    library.close()


def test_a_damaged_index_is_reported_with_the_remedy(data: Path, docs: Path) -> None:
    folder = Folders(data).generation(publish(data, docs))
    for name in ("passages.jsonl", "manifest.json", "intents.npz"):
        copy = (folder / name).read_bytes()
        (folder / name).write_bytes(copy[: len(copy) // 2])
        with pytest.raises(LibraryError, match="--rebuild"), Library(data).lease():
            pass
        (folder / name).write_bytes(copy)
    assert found(Library(data), "zwerfafval")


def test_a_pointer_to_nothing_is_reported_with_the_remedy(data: Path, docs: Path) -> None:
    publish(data, docs)
    Folders(data).pointer.write_text("20200101T000000000000", encoding="utf-8")
    with pytest.raises(LibraryError, match=r"--rebuild|too fast"), Library(data).lease():
        pass


def test_a_generation_of_an_engine_that_is_not_installed_says_what_to_run(
    data: Path, docs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Folders(data).generation(publish(data, docs))
    manifest = Manifest.model_validate_json((folder / "manifest.json").read_bytes())
    manifest.engine.engine, manifest.engine.model = "sentence-transformers", "some/model"
    (folder / "manifest.json").write_text(manifest.model_dump_json(), encoding="utf-8")
    monkeypatch.setitem(__import__("sys").modules, "sentence_transformers", None)
    with pytest.raises(EngineError, match="pip install"), Library(data).lease():
        pass


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting read-only needs root")
def test_a_folder_that_cannot_be_written_is_read_from_a_copy(data: Path, docs: Path, tmp_path: Path) -> None:
    publish(data, docs)
    (data / "cache").unlink()
    target = tmp_path / "readonly"
    target.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(target)], capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        shutil.copytree(data, target / "data")
        subprocess.run(["mount", "-o", "remount,ro", str(target)], check=True)
        library = Library(target / "data")
        assert found(library, "zwerfafval op plein 2")
        library.close()
    finally:
        subprocess.run(["umount", "-l", str(target)], check=True)
