"""Intent and named solution, on messages that were not used for training."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from bot.advisor import naming
from bot.advisor.advise import advise
from bot.advisor.language import detect
from bot.advisor.screen import clean
from bot.evals.measures import macro_f1
from knowledge.intents import INTENTS, messages
from knowledge.library import Library
from knowledge.vocabulary import vocabulary
from tests.conftest import TODAY

DEV = Path(__file__).parent / "evals" / "data" / "messages.dev.tsv"
BUYER = ("solution", "problem", "how", "examples")


def development_messages() -> list[tuple[str, str]]:
    with DEV.open(encoding="utf-8", newline="") as file:
        return [(row[0], row[1]) for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]


def test_intent_on_the_development_messages(library: Library) -> None:
    true, told, sent_away = [], [], []
    with library.lease() as (generation, engine):
        for intent, message in development_messages():
            advice = advise(message, generation, engine, today=TODAY)
            true.append(intent)
            told.append(advice.intent)
            if intent in BUYER and advice.status in ("outside", "declined"):
                sent_away.append(message)
    assert macro_f1(true, told, list(INTENTS)) >= 0.85
    assert len(sent_away) <= 2, sent_away


def test_no_development_message_is_used_for_training() -> None:
    trained = {message.text.lower() for message in messages()}
    assert not trained & {text.lower() for _, text in development_messages()}


def test_training_messages_are_well_formed() -> None:
    assert len(messages()) >= 300
    for message in messages():
        assert message.intent in INTENTS and message.text.strip()
        assert not message.named or message.intent == "solution"


@pytest.mark.parametrize(
    ("message", "named"),
    [
        ("We willen 40 beveiligingscamera's aanbesteden voor de binnenstad.", "beveiligingscamera's"),
        ("Kun je me helpen met een bestek voor 12 elektrische veegwagens?", "elektrische veegwagens"),
        ("De wethouder wil zonnepanelen op alle schooldaken. Hoe schrijf ik de uitvraag?", "zonnepanelen"),
        ("we need to buy 25 ground drones for inspecting sewers", "ground drones"),
        ("lockers 850 stuks met pasje", "lockers"),
        ("wij zoeken iets", None),
    ],
)
def test_named_solution(message: str, named: str | None) -> None:
    language = detect(message)
    found = naming.find(clean(message), language, vocabulary().families_in(message, language))
    assert (found.text if found else None) == named


def test_named_solution_on_training_messages() -> None:
    """A floor: these messages were looked at while the rules were written."""
    right = total = 0
    for message in messages():
        if message.intent == "solution":
            text = clean(message.text)
            language = detect(text)
            found = naming.find(text, language, vocabulary().families_in(text, language))
            total += 1
            right += found is not None and bool(set(found.text.lower().split()) & set(message.named.lower().split()))
    assert right / total >= 0.75


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("hoi", "nl"),
        ("Hello, can you speak English?", "en"),
        ("drempel diensten 2026?", "nl"),
        ("body armour for the police", "en"),
        ("camera's", "nl"),
        ("👍", "nl"),
        ("Need specs for an ANPR camera system at the ring road", "en"),
    ],
)
def test_language(text: str, language: str) -> None:
    assert detect(text) == language
