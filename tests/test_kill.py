"""Killed at any moment, an ingest leaves the library as it was, and the next one finishes the work."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from knowledge.library import Library
from knowledge.search import search
from tests.conftest import environment, write_case

DOCUMENTS = 12
TIMEOUT = 120


def start(data: Path, docs: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "bot", "ingest", str(docs), "--prune", "--yes", "--quiet"],
        env=environment(data),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def state(data: Path) -> tuple[set[str], list[str]]:
    """The documents of the published library, and what it answers to a question."""
    library = Library(data)
    try:
        with library.lease() as (generation, engine):
            vector = engine.embed_query("zwerfafval op plein 3")
            hits = search(generation, "zwerfafval op plein 3", vector, "nl", 5)
            return set(generation.documents), [f"{hit.document.id} {hit.passage.text}" for hit in hits]
    finally:
        library.close()


def kill_and_finish(data: Path, docs: Path, moments: int, seed: int) -> None:
    """Kill ingests that add, change and drop documents at random moments; after each the library is the old or the new one."""
    chance = random.Random(seed)
    for number in range(DOCUMENTS):
        write_case(docs, f"case-{number}", title=f"zwerfafval op plein {number}")
    began = time.monotonic()
    assert start(data, docs).wait(TIMEOUT) == 0
    duration = time.monotonic() - began
    killed = 0
    for moment in range(moments):
        before = state(data)
        changed = f"zwerfafval op plein {chance.randrange(DOCUMENTS)}, keer {moment} ({seed})"
        write_case(docs, f"case-{chance.randrange(DOCUMENTS)}", title=changed)
        write_case(docs, f"extra-{moment}", title=f"nieuw verhaal {moment} ({seed})")
        (docs / f"extra-{moment - 1}.md").unlink(missing_ok=True)
        process = start(data, docs)
        time.sleep(chance.uniform(0.1, max(0.3, duration)))
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            killed += 1
        process.wait(TIMEOUT)
        expected = {path.stem for path in docs.glob("*.md")}
        after = state(data)
        assert after == before or after[0] == expected, "neither the old library nor the new one"
        finish = start(data, docs)
        _, errors = finish.communicate(timeout=TIMEOUT)
        assert finish.returncode == 0, errors.decode()
        assert state(data)[0] == expected
        leftovers = [path.name for path in (data / "generations").iterdir() if path.name.startswith(".")]
        assert leftovers == []
    assert killed >= moments // 2, "the kills came too late to prove anything"


def test_killed_at_a_few_moments(data: Path, tmp_path: Path) -> None:
    kill_and_finish(data, tmp_path / "docs", moments=4, seed=1)


@pytest.mark.long
def test_killed_at_thirty_moments(data: Path, tmp_path: Path) -> None:
    kill_and_finish(data, tmp_path / "docs", moments=30, seed=2)
