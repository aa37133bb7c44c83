"""Speed and memory of the built-in library with the bundled engine, as ratios from one run: `make bench`.

These machines are noisy, so every figure stands beside one measured in the same run, and medians are told.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import yaml

from bot.advisor.advise import advise
from ingest.embed import document_group
from ingest.pipeline import ingest
from ingest.sources import builtin, locate
from knowledge.document import read
from knowledge.embeddings import Bundled
from knowledge.library import Library
from tests.conftest import environment, make_data, settings, write_case

QUESTIONS = [
    "We willen 40 beveiligingscamera's aanbesteden voor de binnenstad. Waar moet ik op letten?",
    "Ouders klagen over het leerlingenvervoer en in augustus loopt het contract af.",
    "Vanaf welk bedrag moet een dienst Europees?",
    "Er ligt veel zwerfafval rond de containers",
    "Our bridge is old and must be replaced, who has experience?",
]
RUNS = 5
ROUNDS = 3
SWITCHES = 50


def seconds(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def process(data: Path) -> None:
    """`blik ask` as a process beside `import chromadb`."""

    def start(*arguments: str) -> Callable[[], object]:
        return lambda: subprocess.run(arguments, env=environment(data), capture_output=True, check=True)

    ask = start(sys.executable, "-m", "bot", "ask", QUESTIONS[0])
    importing = start(sys.executable, "-c", "import chromadb")
    pairs = [(seconds(ask), seconds(importing)) for _ in range(RUNS)]
    ratio = statistics.median(a / b for a, b in pairs)
    print(f"blik ask as a process: {ratio:.2f}× `import chromadb` (median of {RUNS} pairs; bar 3)")
    print(f"  {statistics.median(a for a, _ in pairs):.2f} s beside {statistics.median(b for _, b in pairs):.2f} s")


def answers(library: Library) -> None:
    """A warm answer beyond the embeddings that it makes."""
    spent = [0.0]

    class Timed(Bundled):
        def embed_query(self, text: str) -> list[float]:
            began = time.perf_counter()
            vector = super().embed_query(text)
            spent[0] += time.perf_counter() - began
            return vector

    engine = Timed()
    beyond, embedding = [], []
    with library.lease() as (generation, _):
        for question in QUESTIONS * (RUNS + 1):
            spent[0] = 0.0
            whole = seconds(lambda question=question: advise(question, generation, engine, today=date.today()))  # type: ignore[misc]
            beyond.append((whole - spent[0]) * 1000)
            embedding.append(spent[0] * 1000)
    beyond, embedding = beyond[len(QUESTIONS) :], embedding[len(QUESTIONS) :]
    print(f"a warm answer: {statistics.median(beyond):.1f} ms beyond its embeddings (median; bar 30)")
    print(f"  its embeddings: {statistics.median(embedding):.1f} ms")


def unchanged_ingest(scratch: Path) -> None:
    """An ingest of 250 documents in which nothing changed."""
    data = make_data(scratch / "noop")
    for number in range(250):
        write_case(scratch / "docs", f"case-{number}", title=f"zwerfafval op plein {number}")
    ingest(settings(data), [locate(str(scratch / "docs"))], quiet=True)
    times = [seconds(lambda: ingest(settings(data), [locate(str(scratch / "docs"))], quiet=True)) for _ in range(RUNS)]
    print(f"an ingest of 250 documents without a change: {statistics.median(times):.2f} s (bar 3)")


def throughput(scratch: Path) -> None:
    """Embedding within an ingest beside the engine alone, on the same texts, none of them cached."""
    data = scratch / "cold"
    write_case(scratch / "other", "one-case")
    ingest(settings(data), [locate(str(scratch / "other"))], quiet=True)  # training messages and first start are not measured
    engine = Bundled()
    shares = []
    for round_ in range(ROUNDS):
        some = scratch / f"some-{round_}"
        texts = _new_documents(some)
        within = seconds(lambda some=some: ingest(settings(data), [locate(str(some))], quiet=True))  # type: ignore[misc]
        alone = seconds(lambda texts=texts: [engine.embed_documents([text]) for text in texts])  # type: ignore[misc]
        shares.append(alone / within)
    print(f"ingest throughput: {statistics.median(shares):.0%} of the engine's own (median of {ROUNDS}; bar 90%)")
    print(f"  {', '.join(f'{share:.0%}' for share in shares)}; reading, splitting and index included")


def _new_documents(folder: Path) -> list[str]:
    """Documents that no cache knows, with the texts that are embedded of them."""
    folder.mkdir()
    mark = f"{folder.name}-{time.time_ns()}"
    texts = []
    for path in builtin().files[:30]:
        fields = read(path).model_dump(mode="json")
        fields["id"] = f"{fields['id'][:50]}-{folder.name}"
        body = fields.pop("body")
        for part in (fields, fields["en"]):
            part.update({name: f"{mark} {part[name]}" for name in ("title", "problem") if part.get(name)})
        new = folder / path.name
        new.write_text(f"---\n{yaml.safe_dump(fields, allow_unicode=True)}---\n{body}", encoding="utf-8")
        texts += document_group(read(new))[0]
    return texts


def memory(scratch: Path) -> None:
    """Memory of a warm reader, and over many switches of generation that another process publishes."""
    data = make_data(scratch / "switching")

    def publish(*arguments: str) -> None:
        command = [sys.executable, "-m", "bot", "ingest", *arguments, "--quiet"]
        subprocess.run(command, env=environment(data), check=True, capture_output=True)

    def query() -> None:
        with library.lease() as (generation, engine):
            advise(QUESTIONS[0], generation, engine, today=date.today())

    publish()
    library = Library(data)
    query()
    sizes = [resident_mb()]
    for number in range(SWITCHES):
        write_case(scratch / "switch", "first", title=f"versie {number}")
        publish(str(scratch / "switch"))
        query()
        sizes.append(resident_mb())
    library.close()
    third = len(sizes) // 3
    early, late = statistics.mean(sizes[third : 2 * third]), statistics.mean(sizes[2 * third :])
    print(f"memory of a warm process: {sizes[0]:.0f} MB (bar 600)")
    print(f"  over {SWITCHES} switches: {early:.0f} MB in the second third, {late:.0f} in the last ({late / early - 1:+.1%})")


def main() -> None:
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        memory(scratch)  # first, while the process is as small as a reader's
        data = make_data(scratch / "library")
        ingest(settings(data), [builtin()], quiet=True)
        library = Library(data)
        process(data)
        answers(library)
        library.close()
        unchanged_ingest(scratch)
        throughput(scratch)


if __name__ == "__main__":
    main()
