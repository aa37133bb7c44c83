"""What the tests share: a real library in a data folder of its own, the program as a process, documents to ingest."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from ingest.pipeline import ingest
from ingest.sources import builtin
from knowledge.embeddings import Bundled
from knowledge.library import Library
from knowledge.settings import Settings, load

ROOT = Path(__file__).parent.parent
# Vectors are kept between runs: they are keyed by engine and text, so a kept one is as good as a new one.
CACHE = ROOT / "var" / "tests" / "cache"
TODAY = date(2026, 11, 24)
HAS_SENTENCE_TRANSFORMERS = importlib.util.find_spec("sentence_transformers") is not None

Blik = Callable[..., "subprocess.CompletedProcess[str]"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("sentence_transformers") and not HAS_SENTENCE_TRANSFORMERS:
            item.add_marker(pytest.mark.skip(reason="sentence-transformers is not installed"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not HAS_SENTENCE_TRANSFORMERS:
        terminalreporter.write_line("Left out: the sentence-transformers engine (make test EXTRAS=sentence-transformers).")


def make_data(folder: Path) -> Path:
    """An empty data folder that uses the shared cache of vectors."""
    CACHE.mkdir(parents=True, exist_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cache").symlink_to(CACHE)
    return folder


def settings(data: Path, **more: str) -> Settings:
    return load(Settings, data_dir=data, **more)


@pytest.fixture(scope="session")
def library_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the built-in library, not to be changed by a test."""
    data = make_data(tmp_path_factory.mktemp("library") / "data")
    report = ingest(settings(data), [builtin()], quiet=True)
    assert not report.failed, report.failed
    return data


@pytest.fixture(scope="session")
def library(library_data: Path) -> Iterator[Library]:
    opened = Library(library_data)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def engine() -> Bundled:
    return Bundled()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """An empty data folder of this test's own."""
    return make_data(tmp_path / "data")


def environment(data: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("BLIK_", "TELEGRAM_"))}
    return {**kept, "BLIK_DATA_DIR": str(data), **more}


@pytest.fixture
def blik(tmp_path: Path) -> Blik:
    """Run the program as a process, away from any `.env`: blik("ask", "…", data=folder, stdin="…", env={…})."""

    def run(
        *arguments: str, data: Path, stdin: str | bytes = "", env: dict[str, str] | None = None, timeout: int = 120
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "bot", *arguments],
            input=stdin.encode("utf-8", "surrogatepass") if isinstance(stdin, str) else stdin,
            capture_output=True,
            env={**environment(data), "PYTHONPATH": str(ROOT), **(env or {})},
            cwd=tmp_path,
            timeout=timeout,
        )
        return subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
        )

    return run


CASE = """---
id: {id}
kind: case
title: {title}
language: nl
sector: public-space
organisation: Gemeente Voorbeeld
source_kind: own_report
sources:
  - url: https://example.org/{id}
    title: Een verslag
    seen: whole
period: "2021"
problem: {problem}
solutions: [residents]
approach: In 2021 maakte de gemeente afspraken met bewoners over {title}.
result: Volgens de gemeente waren er in 2021 minder klachten.
outcome: worked
---
## Wat er gebeurde

De gemeente sprak met bewoners en ondernemers over {title}. Samen kozen zij wat er anders moest. Een jaar later keek de gemeente
terug met dezelfde mensen. Zij vonden dat het beter ging dan daarvoor, al bleef er genoeg te doen in de wijk.
"""


def write_case(folder: Path, id_: str, title: str = "zwerfafval op het plein", problem: str = "", **replace: str) -> Path:
    """A complete case as a Markdown file; `replace` swaps words of its text."""
    text = CASE.format(id=id_, title=title, problem=problem or f"In de wijk was er in 2020 te veel {title}.")
    for old, new in replace.items():
        text = text.replace(old, new)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{id_}.md"
    path.write_text(text, encoding="utf-8")
    return path
