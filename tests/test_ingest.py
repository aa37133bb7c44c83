"""Ingest: what goes in, what stays out, and that nothing is lost."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

import portalocker
import pytest

from bot.advisor.advise import advise
from ingest import embed
from ingest import publish as publisher
from ingest.pipeline import Busy, Declined, exclusive, ingest, set_status
from ingest.report import Report
from ingest.sources import SourceError, locate
from knowledge.database import connect
from knowledge.embeddings import Bundled
from knowledge.generation import Folders
from knowledge.library import Library
from knowledge.store import Store
from tests.conftest import TODAY, Blik, environment, settings, write_case


def run(data: Path, source: Path, **options: object) -> Report:
    return ingest(settings(data), [locate(str(source))], quiet=True, **options)  # type: ignore[arg-type]


def live(data: Path) -> set[str]:
    library = Library(data)
    try:
        with library.lease() as (generation, _):
            return set(generation.documents)
    finally:
        library.close()


def files_of(data: Path) -> dict[str, int]:
    """All files of a data folder with their time of change, but for the lock that tells who ingests."""
    return {
        str(path.relative_to(data)): path.stat().st_mtime_ns
        for path in data.rglob("*")
        if path.is_file() and path.name != "ingest.lock" and not path.name.startswith("blik.db-")
    }


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    for number in range(10):
        write_case(folder, f"case-{number}", title=f"zwerfafval op plein {number}")
    return folder


def test_first_ingest_publishes_all(data: Path, docs: Path) -> None:
    report = run(data, docs)
    assert (report.added, report.documents, report.failed) == (10, 10, [])
    assert live(data) == {f"case-{number}" for number in range(10)}


def test_nothing_changed_means_no_embedding_no_write_no_generation(
    data: Path, docs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run(data, docs)
    before = files_of(data)
    monkeypatch.setattr(embed, "load", lambda identity: pytest.fail("the engine was loaded"))
    again = run(data, docs)
    assert (again.unchanged, again.added, again.updated) == (10, 0, 0)
    assert again.generation == first.generation
    assert files_of(data) == before


def test_only_what_changed_is_embedded(data: Path, docs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(data, docs)
    embedded: list[str] = []

    class Counting(Bundled):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            embedded.extend(texts)
            return super().embed_documents(texts)

    monkeypatch.setattr(embed, "load", lambda identity: Counting())
    write_case(docs, "case-3", title=f"fietsen voor de bibliotheek {secrets.token_hex(8)}")  # never embedded before
    report = run(data, docs)
    assert (report.updated, report.unchanged) == (1, 9)
    assert 0 < len(embedded) <= 4
    assert all("bibliotheek" in text for text in embedded)


def test_one_bad_file_is_reported_and_the_rest_goes_in(data: Path, docs: Path) -> None:
    (docs / "broken.md").write_text("---\nkind: case\n---\n", encoding="utf-8")
    (docs / "binary.md").write_bytes(bytes(range(256)))
    report = run(data, docs)
    assert report.added == 10
    assert {Path(failure.source).name for failure in report.failed} == {"broken.md", "binary.md"}
    assert all(failure.reason for failure in report.failed)


def test_two_files_with_one_id_are_reported(data: Path, docs: Path) -> None:
    shutil.copy(docs / "case-1.md", docs / "copy.md")
    report = run(data, docs)
    assert report.documents == 10
    assert "give one of them another id" in report.failed[0].reason


def test_an_id_of_another_origin_is_refused(data: Path, docs: Path, tmp_path: Path) -> None:
    run(data, docs)
    write_case(tmp_path / "other", "case-1", title="een ander plein")
    report = run(data, tmp_path / "other")
    assert "already came from" in report.failed[0].reason
    assert report.documents == 10


def test_a_renamed_file_is_the_same_document(data: Path, docs: Path) -> None:
    first = run(data, docs)
    (docs / "case-1.md").rename(docs / "renamed.md")
    report = run(data, docs, prune=True)
    assert (report.unchanged, report.removed, report.generation) == (10, 0, first.generation)


def test_prune_drops_only_what_its_origin_lost(data: Path, docs: Path, tmp_path: Path) -> None:
    write_case(tmp_path / "other", "elsewhere", title="een ander plein")
    run(data, docs)
    run(data, tmp_path / "other")
    (docs / "case-0.md").unlink()
    assert run(data, docs).removed == 0
    report = run(data, docs, prune=True)
    assert report.removed == 1
    assert live(data) == {f"case-{number}" for number in range(1, 10)} | {"elsewhere"}


def test_prune_of_over_a_fifth_asks_first(data: Path, docs: Path) -> None:
    first = run(data, docs)
    for number in range(3):
        (docs / f"case-{number}.md").unlink()
    with pytest.raises(Declined, match="prune would remove 3 of the 10"):
        run(data, docs, prune=True)
    assert Folders(data).current() == first.generation
    assert run(data, docs, prune=True, agree=lambda question: True).removed == 3


def test_prune_spares_what_could_not_be_read(data: Path, docs: Path) -> None:
    run(data, docs)
    (docs / "case-4.md").write_bytes(b"\xff\xfe broken")
    report = run(data, docs, prune=True)
    assert report.removed == 0
    assert "case-4" in live(data)


def test_prune_of_a_single_file_is_not_done(data: Path, docs: Path) -> None:
    run(data, docs)
    with pytest.raises(Declined, match="whole folder"):
        run(data, docs / "case-1.md", prune=True)
    assert len(live(data)) == 10


def test_a_removed_document_stays_out_until_restored(data: Path, docs: Path) -> None:
    run(data, docs)
    assert set_status(settings(data), "case-2", "removed", quiet=True)
    assert "case-2" not in live(data)
    write_case(docs, "case-2", title="zwerfafval, anders verteld")
    assert run(data, docs).documents == 9
    assert set_status(settings(data), "case-2", "live", quiet=True)
    assert "case-2" in live(data)
    assert not set_status(settings(data), "no-such-case", "removed", quiet=True)


def test_an_incomplete_document_is_a_draft_until_published(data: Path, docs: Path) -> None:
    text = (docs / "case-1.md").read_text(encoding="utf-8")
    (docs / "case-1.md").write_text(
        "\n".join(line for line in text.splitlines() if not line.startswith(("problem:", "approach:", "result:", "outcome:"))),
        encoding="utf-8",
    )
    report = run(data, docs)
    assert (report.drafts, report.documents, report.failed) == (1, 9, [])
    report = run(data, docs, publish=True)
    assert (report.drafts, report.documents) == (0, 10)
    assert run(data, docs).documents == 10, "what an admin published stays published"


def test_the_least_that_may_be_published(data: Path, tmp_path: Path) -> None:
    """Kind, title, language, forty words and a source; all else may be unknown and is told so."""
    (tmp_path / "docs").mkdir()
    fields = (
        "kind: case\ntitle: Speeltuin door bewoners\nlanguage: nl\nsources:\n  - {url: 'https://example.org', title: Krant}"
    )
    body = "De buurt maakte zelf een speeltuin van oud hout. " * 6
    (tmp_path / "docs" / "Speeltuin Noord.md").write_text(f"---\n{fields}\n---\n{body}", encoding="utf-8")
    report = run(data, tmp_path / "docs")
    assert (report.drafts, report.documents, report.failed) == (1, 0, [])
    assert run(data, tmp_path / "docs", publish=True).documents == 1
    library = Library(data)
    with library.lease() as (generation, engine):
        assert set(generation.documents) == {"speeltuin-noord"}
        advice = advise("Heb je voorbeelden van een speeltuin door bewoners?", generation, engine, today=TODAY)
    library.close()
    assert "jaar onbekend" in advice.answer and "uitkomst niet bekend" in advice.answer
    assert "“De buurt maakte zelf een speeltuin van oud hout.”" in advice.answer


def test_an_ingest_that_reads_nothing_publishes_nothing(data: Path, docs: Path) -> None:
    for path in docs.glob("*.md"):
        path.write_text("no front matter", encoding="utf-8")
    report = run(data, docs)
    assert (report.generation, len(report.failed)) == (None, 10)
    assert Folders(data).current() is None


def test_counts_are_told_by_the_ingest_that_finishes(data: Path, docs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken, pytest.raises(KeyboardInterrupt):
        broken.setattr(publisher, "_make", stop)
        run(data, docs)
    report = run(data, docs)
    assert (report.added, report.unchanged, report.documents) == (10, 0, 10)


def test_publishing_needs_forty_words(data: Path, docs: Path) -> None:
    text = (docs / "case-1.md").read_text(encoding="utf-8")
    (docs / "case-1.md").write_text(text.replace("outcome: worked", "status: draft").split("## Wat")[0], encoding="utf-8")
    assert run(data, docs).drafts == 1
    report = run(data, docs, publish=True)
    assert "fewer than 40 words" in report.failed[0].reason
    assert report.documents == 9


def test_dry_run_changes_nothing(data: Path, docs: Path) -> None:
    first = run(data, docs)
    write_case(docs, "case-1", title="iets heel anders")
    before = files_of(data)
    report = run(data, docs, dry_run=True)
    assert (report.updated, report.generation) == (1, first.generation)
    assert files_of(data) == before
    assert "Nothing was changed" in report.text(dry_run=True)


def test_rebuild_makes_a_damaged_index_anew_without_embedding(data: Path, docs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = run(data, docs)
    assert first.generation
    folder = Folders(data).generation(first.generation)
    (folder / "chroma" / "chroma.sqlite3").write_bytes(b"broken" * 1000)
    with pytest.raises(Exception, match="blik ingest --rebuild"):
        live(data)
    monkeypatch.setattr(embed, "load", lambda identity: pytest.fail("the engine was loaded"))
    report = run(data, docs, rebuild=True)
    assert report.generation != first.generation
    assert len(live(data)) == 10


def test_a_lost_index_is_made_anew_by_the_next_ingest(data: Path, docs: Path) -> None:
    run(data, docs)
    shutil.rmtree(Folders(data).generations)
    run(data, docs)
    assert len(live(data)) == 10


def test_a_second_ingest_says_who_is_busy(data: Path, docs: Path) -> None:
    with exclusive(Folders(data)), pytest.raises(Busy, match=f"process {os.getpid()}"):
        run(data, docs)


def test_too_little_disk_space_is_said_before(data: Path, docs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(data)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1_000_000))
    with pytest.raises(publisher.PublishError, match="too little disk space"):
        run(data, docs)
    assert Store(connect(settings(data).database)).records() == {}
    assert Folders(data).current() is None


def test_the_newest_three_generations_are_kept_and_those_in_use(data: Path, docs: Path) -> None:
    held = run(data, docs).generation
    assert held
    lock = (Folders(data).generation(held) / "lock").open("rb")
    portalocker.lock(lock, portalocker.LockFlags.SHARED | portalocker.LockFlags.NON_BLOCKING)
    made = []
    for number in range(4):
        write_case(docs, "case-1", title=f"versie {number} van het plein")
        made.append(run(data, docs).generation)
    kept = {path.name for path in Folders(data).generations.iterdir()}
    assert kept == {held, *made[-3:]}
    lock.close()
    write_case(docs, "case-1", title="de laatste versie")
    run(data, docs)
    assert held not in {path.name for path in Folders(data).generations.iterdir()}


def test_a_source_that_is_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for argument, says in (
        ("/no/such", "does not exist"),
        ("https://example.org", "web"),
        (str(tmp_path / "empty"), "no Markdown"),
    ):
        with pytest.raises(SourceError, match=says):
            locate(argument)
    with pytest.raises(SourceError):
        locate("x" * 10_000)


def test_the_command_prints_counts_and_exits_with_1_on_failure(blik: Blik, data: Path, docs: Path) -> None:
    done = blik("ingest", str(docs), "--json", data=data)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["added"] == 10
    (docs / "bad.md").write_text("no front matter", encoding="utf-8")
    assert blik("ingest", "/no/such/folder", "--json", data=data).returncode == 2
    done = blik("ingest", str(docs), "/no/such/folder", "--json", data=data)
    assert done.returncode == 1
    assert {Path(failure["source"]).name for failure in json.loads(done.stdout)["failed"]} == {"bad.md", "folder"}


def test_without_a_terminal_a_large_prune_changes_nothing_and_exits_with_1(blik: Blik, data: Path, docs: Path) -> None:
    run(data, docs)
    for number in range(5):
        (docs / f"case-{number}.md").unlink()
    done = blik("ingest", str(docs), "--prune", data=data)
    assert done.returncode == 1
    assert "Nothing was changed" in done.stderr
    assert blik("ingest", str(docs), "--prune", "--yes", data=data).returncode == 0
    assert len(live(data)) == 5


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_disk_that_is_really_full_leaves_the_library_as_it_was(data: Path, docs: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=60m", "tmpfs", str(disk)], capture_output=True).returncode:
        pytest.skip("no small disk can be mounted here")
    try:
        small = disk / "data"
        small.mkdir()
        (small / "cache").symlink_to(data / "cache")
        run(small, docs)
        (disk / "ballast").write_bytes(b"x" * 55_000_000)
        write_case(docs, "case-1", title="een nieuw verhaal")
        done = subprocess.run(
            [sys.executable, "-m", "bot", "ingest", str(docs)], capture_output=True, text=True, env=environment(small)
        )
        assert done.returncode == 1
        assert "disk" in done.stderr
        assert "Traceback" not in done.stderr
        assert len(live(small)) == 10
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)
