"""The intent of a message: a hint that chooses the shape of an answer. Nobody is sent away on a doubt."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import yaml

from knowledge.document import Language
from knowledge.intents import Intent

BUYER: tuple[Intent, ...] = ("solution", "problem", "how", "examples")
# How far `outside` and `attack` must lie above the best of a buyer's intents before a message is sent away.
SEND_AWAY = 0.1

TRADE = re.compile(
    r"aanbested|inkoop|inkope|bestek\b|\bpve\b|gunning|marktconsultatie|raamovereenkomst|raamcontract|drempel(bedrag|waarde)?\b|"
    r"onderhands|inschrijv|opdrachtgever|contractmanag|tender|procure|perceel|percelen|overheidsopdracht|\bemvi\b|\bbpkv\b",
    re.IGNORECASE,
)


def decide(scores: dict[Intent, float], text: str, knows_subject: bool) -> Intent:
    """The intent by its scores; a buyer's intent unless `outside` or `attack` is clearly ahead.

    `knows_subject`: the message uses words of the vocabulary, so that it is hardly about something else.
    """
    best = max(scores, key=lambda intent: scores[intent])
    if best in ("outside", "attack"):
        buyer = max(BUYER, key=lambda intent: scores[intent])
        lead = scores[best] - scores[buyer]
        needed = SEND_AWAY + (0.4 if TRADE.search(text) else 0.0) + (0.2 if knows_subject and best == "outside" else 0.0)
        return best if lead >= needed else buyer
    return best


@cache
def _kinds() -> dict[str, dict[str, re.Pattern[str]]]:
    raw = yaml.safe_load(Path(__file__).with_name("smalltalk.yaml").read_text(encoding="utf-8"))
    return {
        kind: {
            language: re.compile("|".join(f"(?:{part})" for part in parts), re.IGNORECASE) for language, parts in entry.items()
        }
        for kind, entry in raw.items()
    }


def smalltalk(text: str, language: Language) -> str:
    """Which of the texts under `other` answers a message that is about neither buying nor anything else."""
    return next((kind for kind, patterns in _kinds().items() if patterns[language].search(text)), "plain")
