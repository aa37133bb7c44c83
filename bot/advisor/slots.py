"""What of the buyer's own words may be put into a question: only what was surely recognised."""

from __future__ import annotations

import re

from bot.advisor.context import Context

# A place as buyers write it: an article and a word of this kind, with at most one word before it.
_PLACE_NL = re.compile(
    r"\b(?:in|op|bij|rond|voor|langs) ((?:de|het|onze|ons|mijn) (?:\w+ )?(?:binnenstad|centrum|wijk|buurt|plein|stationsplein|"
    r"station|straat|winkelstraat|markt|park|haven|bedrijventerrein|industrieterrein|schoolplein|dorp|kern|boulevard|"
    r"gemeentehuis|stadskantoor|sporthal|zwembad|begraafplaats|school|balie))\b",
    re.IGNORECASE,
)
_PLACE_EN = re.compile(
    r"\b(?:in|at|on|near|around|for|along) ((?:the|our|my) (?:\w+ )?(?:city centre|town centre|centre|neighbourhood|square|"
    r"station|street|market|park|harbour|business park|village|boulevard|town hall|school|swimming pool))\b",
    re.IGNORECASE,
)
_OUR = {"onze": "jullie", "ons": "jullie", "mijn": "jouw", "our": "your", "my": "your"}
# A problem in one word, as it stands in the message.
_PROBLEMS_NL = re.compile(
    r"\b(zwerfafval|overlast|geluidsoverlast|wateroverlast|eenzaamheid|klachten|wachttijden|wachtlijsten|inbraken|inbraak|vandalisme|"
    r"diefstal|hittestress|ziekteverzuim|werkdruk|schulden|lekkages|storingen|ongelukken|verkeersdrukte|hondenpoep|graffiti|"
    r"agressie|verzuim|netcongestie|leegstand|vernielingen|parkeerdruk|armoede)\b",
    re.IGNORECASE,
)
_PROBLEMS_EN = re.compile(
    r"\b(litter|nuisance|noise|flooding|loneliness|complaints|waiting times|burglary|burglaries|vandalism|theft|heat stress|"
    r"absenteeism|workload|debt|leaks|breakdowns|accidents|graffiti|aggression|grid congestion|vacancy|poverty)\b",
    re.IGNORECASE,
)
NAMED_WORDS = 4
# Words that are no part of a thing's name, however sure the rest is.
_UNSURE = re.compile(r"[\d/()\[\]]|https?:|^(?:iets|dingen|spullen|things?|stuff)$", re.IGNORECASE)


def slots(context: Context) -> dict[str, str]:
    """The slots `named`, `problem` and `place` that may be filled for this message."""
    dutch = context.language == "nl"
    found: dict[str, str] = {}
    other = context.asked_in != context.language
    named = context.named
    if named and named.family and len(named.text.split()) <= NAMED_WORDS and not _UNSURE.search(named.words):
        found["named"] = named.words
    if other:
        return found
    if problem := (_PROBLEMS_NL if dutch else _PROBLEMS_EN).search(context.text):
        found["problem"] = problem[1].lower()
    if place := (_PLACE_NL if dutch else _PLACE_EN).search(context.text):
        first, _, rest = place[1].partition(" ")
        found["place"] = f"{_OUR.get(first.lower(), first.lower())} {rest}"
    return found
