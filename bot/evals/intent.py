"""Intent and named solution: each writer of the training messages left out in turn, then messages never trained on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from langchain_core.embeddings import Embeddings

from bot.advisor import naming
from bot.advisor.intent import BUYER
from bot.advisor.language import detect
from bot.advisor.screen import clean, is_attack
from bot.advisor.understand import settle
from bot.evals.measures import macro_f1, rows
from knowledge.intents import INTENTS, Message, fit, messages
from knowledge.vocabulary import vocabulary

Judged = tuple[Message, str, str | None]  # a message, the intent told, the named solution found


def report(engine: Embeddings, path: Path | None) -> Iterator[str]:
    """The lines of the report. `path`: another labelled file (intent, text, and optionally the named solution)."""
    labelled = rows(str(path.resolve())) if path else rows("messages.dev.tsv")
    unseen = [Message("dev", row[0], row[1], row[2] if len(row) > 2 else "") for row in labelled]
    known = list(messages())
    vectors = {message: np.asarray(engine.embed_query(clean(message.text))) for message in [*known, *unseen]}
    everything: list[Judged] = []
    for writer in sorted({message.writer for message in known}):
        rest = [message for message in known if message.writer != writer]
        judged = _judge(rest, [message for message in known if message.writer == writer], vectors)
        everything += judged
        yield from _lines(writer, judged)
    yield from _lines("all", everything)
    yield from _lines("dev", _judge(known, unseen, vectors))


def _judge(training: list[Message], testing: list[Message], vectors: dict[Message, np.ndarray]) -> list[Judged]:
    """For each message the intent that a model of `training` tells, and the named solution that is found."""
    model = fit(training, np.stack([vectors[message] for message in training]))
    judged: list[Judged] = []
    for message in testing:
        text = clean(message.text)
        language = detect(text)
        families = vocabulary().families_in(text, language)
        told = "attack" if is_attack(text) else settle(model.scores(text, vectors[message]), text, language)
        named = naming.find(text, language, families) if told == "solution" else None
        judged.append((message, told, named.text if named else None))
    return judged


def _lines(name: str, judged: list[Judged]) -> Iterator[str]:
    true, told = [message.intent for message, _, _ in judged], [intent for _, intent, _ in judged]
    buyers = [i for i, label in enumerate(true) if label in BUYER]
    lost = sum(told[i] in ("outside", "attack") for i in buyers)
    recall = {
        label: sum(t == p == label for t, p in zip(true, told, strict=True)) / max(1, true.count(label))
        for label in ("outside", "attack")
    }
    f1 = macro_f1(true, told, [label for label in INTENTS if label in true])
    yield (
        f"{name:10}  macro-F1 {f1:.3f}  buyers sent away {lost} of {len(buyers)}  "
        f"recall outside {recall['outside']:.2f}, attack {recall['attack']:.2f}"
    )
    fixed = [(message.named.lower(), (named or "").lower()) for message, _, named in judged if message.named]
    if fixed:
        found = sum(bool(named) for _, named in fixed)
        right = sum(bool(named) and (named in wanted or wanted in named) for wanted, named in fixed)
        others = [named for message, _, named in judged if message.intent in BUYER and message.intent != "solution"]
        wrong = sum(named is not None for named in others)
        yield (
            f"            named solution found in {found} of {len(fixed)}, the right words in {right}; "
            f"wrongly in {wrong} of {len(others)}"
        )
    confused = Counter((t, p) for t, p in zip(true, told, strict=True) if t != p)
    yield "            " + ", ".join(f"{t} told as {p}: {n}" for (t, p), n in confused.most_common(6))
