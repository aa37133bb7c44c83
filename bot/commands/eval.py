"""`blik eval`: measure quality on labelled data, side by side in one run."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import click
import numpy as np

from bot.commands.common import DONE, settings, write
from knowledge.settings import BUILTIN

DATA = BUILTIN.parent / "tests" / "evals" / "data"
DEPTH = 10


@click.group("eval")
def command() -> None:
    """Measure quality on the labelled data in tests/evals/data."""


def _rows(name: str) -> list[list[str]]:
    path = DATA / name
    if not path.exists():
        raise click.UsageError(f"{path} is missing; evals run from a checkout of the project")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def macro_f1(true: Sequence[str], told: Sequence[str], labels: Sequence[str]) -> float:
    """Mean over `labels` of the harmonic mean of precision and recall."""
    scores = []
    for label in labels:
        hit = sum(t == label == p for t, p in zip(true, told, strict=True))
        scores.append(2 * hit / max(1, true.count(label) + told.count(label)))
    return float(np.mean(scores))


@command.command("intent")
@click.option("--file", "path", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Another labelled file.")
def intent(path: Path | None) -> int:
    """Intent: each writer of the training messages left out in turn, then the development messages."""
    from bot.advisor.intent import BUYER, decide
    from bot.advisor.language import detect
    from bot.advisor.screen import clean, is_attack
    from knowledge.intents import INTENTS, Message, fit, messages
    from knowledge.library import Library
    from knowledge.vocabulary import vocabulary

    library = Library(settings().data_dir)
    rows = _rows(str(path.resolve())) if path else _rows("messages.dev.tsv")
    unseen = [Message("dev", row[0], row[1], "") for row in rows]
    known = list(messages())
    with library.lease() as (_, engine):
        vectors = {message: np.asarray(engine.embed_query(clean(message.text))) for message in [*known, *unseen]}
    library.close()

    def measure(name: str, training: list[Message], testing: list[Message]) -> None:
        model = fit(training, np.stack([vectors[message] for message in training]))
        told = []
        for message in testing:
            text = clean(message.text)
            families = vocabulary().families_in(text, detect(text))
            scores = model.scores(text, vectors[message])
            told.append("attack" if is_attack(text) else decide(scores, text, bool(families)))
        true = [message.intent for message in testing]
        buyers = [i for i, label in enumerate(true) if label in BUYER]
        lost = sum(told[i] in ("outside", "attack") for i in buyers)
        recall = {
            label: sum(t == p == label for t, p in zip(true, told, strict=True)) / max(1, true.count(label))
            for label in ("outside", "attack")
        }
        f1 = macro_f1(true, told, [label for label in INTENTS if label in true])
        write(
            f"{name:10}  macro-F1 {f1:.3f}  buyers sent away {lost} of {len(buyers)}  "
            f"recall outside {recall['outside']:.2f}, attack {recall['attack']:.2f}"
        )
        confused = Counter((t, p) for t, p in zip(true, told, strict=True) if t != p)
        write("            " + ", ".join(f"{t} told as {p}: {n}" for (t, p), n in confused.most_common(6)))

    for writer in sorted({message.writer for message in known}):
        rest = [message for message in known if message.writer != writer]
        measure(writer, rest, [message for message in known if message.writer == writer])
    measure("dev", known, unseen)
    return DONE


@command.command("search")
@click.option("--split", type=click.Choice(["dev", "test"]), default="dev", show_default=True, help="Run test rarely.")
def search(split: str) -> int:
    """Search: words alone, vectors alone and the hybrid; then whether questions without an answer are told apart."""
    from bot.advisor.language import detect
    from knowledge import search as searching
    from knowledge.document import Case, Guidance, Language
    from knowledge.library import Library

    rows = [row for row in _rows("questions.tsv") if row[0] == split]
    library = Library(settings().data_dir)
    with library.lease() as (generation, engine):
        Search = Callable[[str, list[float], Language], list[str]]

        def ids(ranked: np.ndarray) -> list[str]:
            return list(dict.fromkeys(generation.passages[row].document for row in ranked.tolist()))

        systems: dict[str, Search] = {
            "words (BM25)": lambda text, vector, lang: ids(generation.index.lexical(text, lang, 50)[0]),
            "vectors": lambda text, vector, lang: ids(generation.index.dense(vector, 50)[0]),
            "hybrid": lambda text, vector, lang: [
                document.id for document in searching.documents(searching.search(generation, text, vector, lang, 30))
            ],
        }
        results: dict[str, list[tuple[float, bool]]] = {name: [] for name in systems}
        found: Counter[tuple[str, str]] = Counter()
        for _, _, expected, text in rows:
            vector, lang = engine.embed_query(text), detect(text)
            kind = expected if expected.startswith("none-") else "answerable"
            if kind == "answerable":
                for name, run in systems.items():
                    results[name].append(_score(run(text, vector, lang)[:DEPTH], expected.split(",")))
            judged = _best(
                searching.judge(
                    searching.evidence(
                        generation, text, lang,
                        searching.search(generation, text, vector, lang, 8, lambda d, k=wanted: isinstance(d, k)),  # type: ignore[misc]
                    )
                )
                for wanted in (Case, Guidance)
            )  # fmt: skip
            found[kind, judged] += 1
    library.close()
    for name, scores in results.items():
        write(
            f"{name:14}  nDCG@10 {np.mean([gain for gain, _ in scores]):.3f}  "
            f"right among the first five {np.mean([hit for _, hit in scores]):.3f}  ({len(scores)} questions)"
        )
    for kind in ("answerable", "none-near", "none-far"):
        total = sum(count for (k, _), count in found.items() if k == kind)
        shares = "  ".join(f"{told} {found[kind, told] / max(1, total):.2f}" for told in ("good", "nearest", "nothing"))
        write(f"{kind:14}  {shares}  ({total} questions)")
    return DONE


def _best(judgements: Iterable[str]) -> str:
    return min(judgements, key=("good", "nearest", "nothing").index)


def _score(ranked: list[str], expected: list[str]) -> tuple[float, bool]:
    """Normalised discounted cumulative gain (Järvelin and Kekäläinen, 2002), and whether one is among the first five."""
    gain = sum(1 / np.log2(i + 2) for i, id_ in enumerate(ranked) if id_ in expected)
    ideal = sum(1 / np.log2(i + 2) for i in range(len(expected)))
    return float(gain / ideal), any(id_ in expected for id_ in ranked[:5])
