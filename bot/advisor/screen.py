"""The first look at a message: make it clean text, and notice what is not answered: emptiness, attacks, bids."""

from __future__ import annotations

import re
import unicodedata

MAX_CHARACTERS = 20_000
SHOWN_CHARACTERS = 2_000

_INVISIBLE = {"Cc", "Cf", "Co", "Cn", "Cs"}

ATTACK = re.compile(
    r"(negeer|vergeet|ignore|disregard|forget|override)\W+(\w+\W+){0,3}"
    r"(instructies?|instructions?|regels|rules|opdrachten|aanwijzingen|prompts?)"
    r"|system ?prompt|systeemprompt|\bapi[ -]?(key|sleutel)|environment variables|omgevingsvariabelen"
    r"|\b(jailbreak|developer mode|do anything now)\b|\bje bent nu dan\b|you are now dan\b"
    r"|(herhaal|repeat)\W+(\w+\W+){0,3}(boven|above)|reveal (your|the) (prompt|instructions)"
    r"|(toon|geef|show|print|lijst)\W+(\w+\W+){0,3}(wachtwoord|password|token|geheime sleutel|secret key)"
    r"|wat (andere|de vorige) (gebruikers?|inkopers?)\b.*(gevraagd|vroeg|typte|getypt)"
    r"|other users?'? (messages|questions|chats|data)"
    r"|<\|?(im_start|system|endoftext)",
    re.IGNORECASE,
)
_BIDS = r"(inschrijving(en)?|inschrijvers?|offertes?|aanbiedingen|bids?|offers?|tenders|kandidaten|sollicitanten|candidates)"
_THESE = r"(deze|die|dit|onze|mijn|onderstaande|bijgaande|bijgevoegde|twee|drie|vier|vijf|\d+|these|those|our|my|two|three|the)"
_JUDGE = r"(beoordel\w*|beoordeel|vergelijk\w*|scor\w*|scoor|rangschik\w*|rank|compare|judge|evaluate)"
JUDGE_BIDS = re.compile(
    # "beoordeel deze drie inschrijvingen", "kun je die offertes vergelijken", "which bid should win"; not "hoe beoordeel ik …"
    rf"(?<!hoe )\b{_JUDGE}\b (\w+ )?{_THESE} (\w+ )?{_BIDS}\b"
    rf"|\b(kun|kan|kunt|wil|can|could|please)\b[^.?!]{{0,20}}\b{_THESE} (\w+ )?{_BIDS}\b[^.?!]{{0,30}}\b{_JUDGE}\b"
    rf"|\b(geef|give)\b[^.?!]{{0,40}}\b{_BIDS}\b[^.?!]{{0,20}}\b(cijfer|score|punten|grade|points|mark)\b"
    rf"|\b(welke|which)\b[^.?!]{{0,20}}\b{_BIDS}\b[^.?!]{{0,20}}\b(beste|winnen|wint|kiezen|best|win|choose)\b",
    re.IGNORECASE,
)
UNFAIR = re.compile(
    r"\b(zorg\w*|regel\w*|fix|make sure|ensure)\b[^.?!]{0,60}\b(wint|winnen|de opdracht krijgt|wins?|gets the contract)\b"
    r"|\b(splits\w*|opknip\w*|opdel\w*|cut up)\b[^.?!]{0,60}"
    r"\b(niemand|ongemerkt|stiekem|ontduik\w*|ontwijk\w*|ontlop\w*|nobody notices|unnoticed|avoid the rules)\b"
    r"|\bzo ?dat\b[^.?!]{0,40}\b(alleen|bedrijf|leverancier|firma|hij|zij)\b[^.?!]{0,30}\b(wint|winnen)\b"
    r"|\bnaar (één|een|1) (partij|leverancier|bedrijf) toe ?schrijven",
    re.IGNORECASE,
)
ONE_SUPPLIER = re.compile(
    r"\b(mag|mogen|kan|kunnen|kun) (ik|we|wij|je)\b[^.?!]{0,60}\b(direct|rechtstreeks|meteen|gewoon|1 op 1|één op één|"
    r"zonder aanbesteding|onderhands)\b[^.?!]{0,40}"
    r"\b(vragen|benaderen|gunnen|opdracht geven|inhuren|tekenen|kopen bij|bestellen bij)\b"
    r"|\b(leverancier|firma|bedrijf|bureau|partij) \w+ (direct|rechtstreeks) (vragen|benaderen|inhuren)\b"
    r"|\b(may|can) (i|we)\b[^.?!]{0,60}\b(directly|straight away|one to one|without (a )?tender)\b",
    re.IGNORECASE,
)
_BID_SIGNS = re.compile(
    r"offertenummer|geldigheid(sduur)? (van deze )?offerte|geldig tot|totaalprijs|onze prijs|prijs per stuk|subtotaal|"
    r"wij (bieden|brengen) u|hierbij (bieden|ontvangt)|inschrijfsom|inschrijfbiljet|stuksprijs|"
    r"quotation (no|number)|unit price|total price|we (are pleased to )?offer you|valid until",
    re.IGNORECASE,
)
BID_LENGTH, BID_SIGNS = 200, 2


def clean(message: str) -> str:
    """The message as plain text: normal form, no control or invisible characters, white space folded, at most 20,000 long."""
    text = message[: MAX_CHARACTERS * 2].encode("utf-8", "replace").decode("utf-8")
    text = unicodedata.normalize("NFKC", text)
    text = "".join(
        " " if character.isspace() else character
        for character in text
        if character.isspace() or unicodedata.category(character) not in _INVISIBLE
    )
    return re.sub(r"\s+", " ", text).strip()[:MAX_CHARACTERS]


def shown(message: str) -> str:
    """The message as it may be shown or given back as JSON: always encodable, at most 2,000 characters."""
    return message[:SHOWN_CHARACTERS].encode("utf-8", "replace").decode("utf-8")


def is_empty(text: str) -> bool:
    """Whether nothing is left to answer: no letter, digit or emoji."""
    return not any(character.isalnum() or unicodedata.category(character) == "So" for character in text)


def is_attack(text: str) -> bool:
    """Whether a message tries to get at instructions, secrets or other users; certain patterns only."""
    return bool(ATTACK.search(text))


def is_unfair(text: str) -> bool:
    """Whether a message asks to favour a party or to escape the rules; certain patterns only."""
    return bool(UNFAIR.search(text))


def about_one_supplier(text: str) -> bool:
    """Whether a message asks to go to one supplier without others."""
    return bool(ONE_SUPPLIER.search(text))


def about_bids(text: str) -> bool:
    """Whether a message is a pasted offer or bid, or asks to judge some."""
    pasted = len(text) >= BID_LENGTH and len({match.group().lower() for match in _BID_SIGNS.finditer(text)}) >= BID_SIGNS
    return pasted or bool(JUDGE_BIDS.search(text))
