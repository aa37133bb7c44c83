"""The named solution: the ready-made thing that a buyer's message has fixed on, found apart from the intent."""

from __future__ import annotations

import re

from bot.advisor.context import Named
from knowledge.document import Language
from knowledge.vocabulary import Family

MAX_WORDS = 4

_BUY_NL = (
    r"(?:aan ?te ?besteden|aanbesteden|aanbested\w*|in ?te ?kopen|inkopen|aanschaffen|aan ?te ?schaffen|kopen|koop|kochten|bestellen|"
    r"uitvragen|uit ?te ?vragen|vervangen|plaatsen|ophangen|invoeren|bouwen|laten (?:bouwen|maken|ontwikkelen)|huren|leasen|"
    r"in de markt (?:zetten|te zetten)|hebben|regelen)"
)
_BEFORE_NL = (
    r"(?:aanbesteding|bestek|voorbeeldbestek|pve|programma van eisen|uitvraag|offertes?|eisen|specs|specificaties|contract|"
    r"raamovereenkomst|raamcontract|leverancier|leveranciers|procedure|budget|aanvraag|inkoop|aanschaf|vervanging|levering)"
    r"(?: \w+){0,2}? (?:voor|van|op|aan)"
)
_WANT_NL = (
    r"(?:wil|willen|wilt|moet|moeten|zoek|zoeken|nodig|gaan|ga|bestellen|koopt|kopen|inkopen|aanschaffen|vervangen|plaatsen|"
    r"hebben besloten om|komt?|komen)"
)
_FILLER_NL = (
    r"(?:(?:er|nu|ook|snel|graag|echt|weer|even|ff|voor de zomer|dit jaar|volgend jaar|een|de|het|onze|ons|mijn|nieuwe?|oude|extra|"
    r"\d[\d.,]*|twee|drie|vier|vijf|zes|tien|twintig|veertig|honderd|stuks|paar|aantal|hele|andere) )*"
)
_BUY_EN = r"(?:buy|buying|purchase|purchasing|tender(?:ing)?(?: for)?|procure|procuring|order|ordering|replace|replacing|install|installing|get|acquire)"
_BEFORE_EN = r"(?:tender|specs|specifications?|requirements|contract|quote|quotation|offer|supplier|framework|budget|procedure)(?: \w+){0,1}? (?:for|of|on)"
_FILLER_EN = r"(?:(?:a|an|the|our|my|new|some|more|extra|about|another|\d[\d.,]*|two|three|four|five|ten|twenty|hundred) )*"

_STOP = frozenset(
    # Words at which a noun phrase ends, Dutch and English.
    "voor van in op bij met om die dat en of aan naar uit te door per als maar want dan kan kun mag moet moeten wil willen is zijn "
    "wordt worden heb hebben hebt heeft hoe wat welke wie waar wanneer waarom zonder tegen over tussen niet nu er we wij ik je jij "
    "u zo ook al nog via tot na onder boven zodat omdat terwijl graag dus laten gaan gaat komt komen staat staan ligt liggen "
    "aanbesteden inkopen kopen aanschaffen bestellen vervangen plaatsen uitvragen huren leasen europees onderhands meervoudig "
    "for of in on at with to that which and or by from as but then can may must should is are be how what who where when why "
    "without against about between not now there we i you so also via until after into please within across before".split()
)
_NOISE = frozenset(
    "een de het onze ons mijn jouw nieuwe nieuw extra oude a an the our my new some more stuks dit deze die dat daar iets wat alles "
    "hulp advies dingen zaken spullen opdracht aanbesteding bestek uitvraag procedure tender something it this that these those "
    "contract offerte vraag vragen markt product dienst diensten leverancier meer goede beste help advice".split()
)
_WORDS = re.compile(r"[^\W_]+(?:['’./-][^\W_]+)*|[.,;:?!()]")

_CANDIDATES = {
    "nl": [
        re.compile(rf"\b{_BEFORE_NL} {_FILLER_NL}(?P<np>.+)", re.IGNORECASE),
        re.compile(rf"\b{_WANT_NL} {_FILLER_NL}(?P<np>.+?) {_BUY_NL}\b", re.IGNORECASE),
        re.compile(rf"\b(?:een|de|het|onze|ons|nieuwe?|extra|\d[\d.,]*) (?P<np>(?:\S+ ){{0,3}}?\S+) (?:te )?{_BUY_NL}\b", re.IGNORECASE),
        re.compile(rf"\b{_WANT_NL} {_FILLER_NL}(?P<np>.+)", re.IGNORECASE),
        re.compile(rf"^{_FILLER_NL}(?P<np>(?:\S+ ){{0,3}}?\S+) (?:aanbesteden|inkopen|kopen|aanschaffen|bestellen|vervangen)\b", re.IGNORECASE),
        re.compile(r"\b\d[\d.,]* (?:stuks )?(?P<np>.+)", re.IGNORECASE),
    ],
    "en": [
        re.compile(rf"\b{_BUY_EN} {_FILLER_EN}(?P<np>.+)", re.IGNORECASE),
        re.compile(rf"\b{_BEFORE_EN} {_FILLER_EN}(?P<np>.+)", re.IGNORECASE),
        re.compile(rf"\b(?:want|wants|need|needs|wanting) (?:to \w+ )?{_FILLER_EN}(?P<np>.+)", re.IGNORECASE),
        re.compile(rf"\b\d[\d.,]* (?P<np>.+)", re.IGNORECASE),
    ],
}  # fmt: skip


def find(text: str, language: Language, families: list[tuple[Family, str]]) -> Named | None:
    """The named solution of a message that asks for one; `families` are those whose words stand in it.

    A word of the vocabulary that buys something wins; else the first noun phrase where a buyer puts the thing to buy.
    """
    for family, word in families:
        if family.buys:
            return Named(_widen(text, word), family)
    for pattern in _CANDIDATES[language]:
        for match in pattern.finditer(text):
            phrase = _noun_phrase(match["np"])
            if phrase:
                return Named(phrase, None)
    return None


def _noun_phrase(text: str) -> str:
    """The first words of `text` up to a word or sign that ends a noun phrase; empty when they name nothing."""
    words: list[str] = []
    for word in _WORDS.findall(text):
        low = word.lower()
        if low in _STOP or not word[0].isalnum() or len(words) == MAX_WORDS:
            break
        if not words and (low in _NOISE or low.isdigit()):
            continue
        words.append(word)
    return "" if not words or all(word.lower() in _NOISE for word in words) or len(words[-1]) < 3 else " ".join(words)


def _widen(text: str, word: str) -> str:
    """The word as the buyer wrote it, with an adjective in front: `elektrische veegwagens`."""
    start = text.lower().replace("’", "'").find(word)
    if start < 0:
        return word
    written = text[start : start + len(word)]
    before = re.search(r"([^\W\d_]{4,}(?:e|ic|al|ive)) $", text[:start])
    if before and before[1].lower() not in _STOP | _NOISE:
        return f"{before[1]} {written}"
    return written
