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
SEND_AWAY = 0.0
IN_THE_TRADE, KNOWN_THING = 0.4, 0.5  # more, where a message speaks of buying or of a thing that buyers buy
FEW_WORDS = 4
SURELY_SMALLTALK = ("confused", "thanks", "bye", "greeting", "who")
ATTACK_WORDS = 5  # fewer say too little to accuse anybody
# Words without which nobody is accused: what an attack is after, or how it goes about it.
SUSPECT = re.compile(
    r"prompt|instruct|systeem(tekst|bericht|instell)|system (prompt|message|instr)|geheim|secret|wachtwoord|password|"
    r"sleutel|\bkey|token|admin|beheerder|ontwikkel|"
    r"develop|gebruiker|user|iemand anders|andere? (inkoper|mensen|gemeente)|other (people|buyer)|negeer|ignor|"
    r"vergeet|forget|disregard|override|\brol\b|\brole|doe alsof|pretend|act as|modus|\bmode\b|code|base64|script|sql|"
    r"\.env|config|server|database|log(s|boek|file)?\b|chat(s|geschiedenis|history)|gesprek|berichten|messages|conversation|"
    r"regels|rules|filter|beperking|restrict|jailbreak|dan\b|hack|root|sudo|api|taalmodel|bypass|omzeil",
    re.IGNORECASE,
)

# The form of a question on how to buy, and of a short order to buy something.
FACT = re.compile(
    r"^\W*(hoe (werkt|werken|doe je)|wat (is|zijn|houdt|betekent)|mag (ik|je|een|dat)|wanneer (moet|mag)|vanaf welk|"
    r"hoeveel dagen|"
    r"what (is|are|does)|how (does|do i)|(may|can) i|when (must|may))\b",
    re.IGNORECASE,
)
PROBLEM = re.compile(r"^\W*(hoe (kunnen|krijgen|zorgen|houden) (we|wij)|how (can|do) we|what can we do)\b", re.IGNORECASE)
THRESHOLD = re.compile(r"\b(drempel(s|bedrag|waarden?)?|threshold)\b", re.IGNORECASE)
FORM_BONUS = 0.7
# How one asks for help with a thing that one means to buy: what stands before it is no question in general.
OWN_HOW = re.compile(
    r"\bhoe (vraag|koop|regel|zet|pak|begin|doe|schrijf|formuleer|organiseer) (ik|je|we|jij) "
    r"(dat|dit|zoiets|het|zo'?n|nu|dan|'t|m|hem)\b"
    r"|\bhoe (begin|start) ik\b|\b(eerste stap|waar begin ik|waar let ik op|waar moet ik op letten|wat is handig|is dat slim)\b"
    r"|\bhoe koop je (zoiets|dat|dit)\b|\b(subsidie of opdracht|kopen of huren|kopen of leasen|toelaten of inkopen)\b"
    r"|\bhow (do|should|can) (i|we) (buy|tender|ask|specify|start|approach)\b|\b(first step|where do (i|we) start)\b"
    r"|\bbetter way to specify\b",
    re.IGNORECASE,
)
BUYS = re.compile(r"\b(inkopen|aanbesteden|aanschaffen|kopen|bestellen|buy|purchase|procure)\b", re.IGNORECASE)
SHORT = 8  # words

TRADE = re.compile(
    r"aanbested|inkoop|inkope|bestek\b|\bpve\b|gunning|marktconsultatie|raamovereenkomst|raamcontract|drempel(bedrag|waarde)?\b|"
    r"onderhands|inschrijv|opdrachtgever|contractmanag|tender|procure|perceel|percelen|overheidsopdracht|\bemvi\b|\bbpkv\b",
    re.IGNORECASE,
)


def decide(scores: dict[Intent, float], text: str, knows_subject: bool) -> Intent:
    """The intent by its scores; a buyer's intent unless `outside` or `attack` is clearly ahead.

    `knows_subject`: the message uses words of the vocabulary, so that it is hardly about something else.
    """
    if FACT.search(text) or (len(text.split()) <= SHORT and THRESHOLD.search(text)):
        scores = {**scores, "how": scores["how"] + FORM_BONUS}
    elif PROBLEM.search(text):
        scores = {**scores, "problem": scores["problem"] + FORM_BONUS}
    best = max(scores, key=lambda intent: scores[intent])
    if best in ("outside", "attack"):
        buyer = max(BUYER, key=lambda intent: scores[intent])
        lead = scores[best] - scores[buyer]
        needed = SEND_AWAY + (IN_THE_TRADE if TRADE.search(text) else 0.0)
        needed += KNOWN_THING if knows_subject and best == "outside" else 0.0
        return best if lead >= needed and (best == "outside" or _suspect(text)) else buyer
    return best


def _suspect(text: str) -> bool:
    return len(text.split()) >= ATTACK_WORDS and bool(SUSPECT.search(text))


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


def is_plain_smalltalk(text: str, language: Language) -> bool:
    """Whether a message of a few words is surely small talk, whatever its vector looks like."""
    return len(text.split()) <= FEW_WORDS and smalltalk(text, language) in SURELY_SMALLTALK


def is_order_to_buy(text: str) -> bool:
    """Whether a short message is an order to buy something: "jeugdhulp inkopen, 3 miljoen"."""
    return len(text.split()) <= SHORT and bool(BUYS.search(text)) and not FACT.search(text) and not THRESHOLD.search(text)
