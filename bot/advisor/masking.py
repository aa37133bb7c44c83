"""Takes personal data out of a text before anything of it is stored.

Recognised: e-mail, phone, BSN (11-proof), IBAN (mod 97), postcode with house number, names after mevrouw, meneer, dhr, mw and
their English kin. Other names, and people told by their function and place, slip through.
"""

from __future__ import annotations

import re

from knowledge.lexical import STOP_EN, STOP_NL

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{2,4}){3,8}\b", re.IGNORECASE)
_POSTCODE = re.compile(r"\b\d{4} ?[A-Z]{2}\b(?: *,? *(?:nr\.? *)?\d+\w?)?", re.IGNORECASE)
_PHONE = re.compile(r"(?<![\w.])(?:\+\d{2}|00\d{2}|0)[ -]?\(?\d\)?(?:[ -]?\d){7,9}(?!\d)")
_NINE = re.compile(r"(?<!\d)\d(?:[ .]?\d){8}(?!\d)")
_NAME = re.compile(
    r"\b((?i:mevrouw|mevr|meneer|mijnheer|de heer|dhr|mw|mr|mrs|ms))\b(\.?) "
    r"(?P<name>(?:(?i:van|de|der|den|ten|ter|el|al) )*"
    r"(?:[A-Z][\w'’-]+(?: (?:(?:van|de|der|den) )*[A-Z][\w'’-]+)*|[a-z][\w'’-]+))"
)


def mask(text: str) -> str:
    """The text with each recognised piece of personal data replaced by a word in brackets."""
    text = _EMAIL.sub("[e-mail]", text)
    text = _IBAN.sub(lambda match: "[rekening]" if _is_iban(match.group()) else match.group(), text)
    text = _PHONE.sub("[telefoon]", text)
    text = _NINE.sub(lambda match: "[bsn]" if _is_bsn(match.group()) else match.group(), text)
    text = _POSTCODE.sub(lambda match: "[adres]" if re.search(r"\d\w?$", match.group()[6:]) else match.group(), text)
    return _NAME.sub(_without_name, text)


def _without_name(match: re.Match[str]) -> str:
    """The title with the name masked; a small word after it ("meneer wil …") is no name."""
    name = match["name"]
    return match.group() if name in STOP_NL | STOP_EN else f"{match[1]}{match[2]} [naam]"


def _is_bsn(number: str) -> bool:
    """The 11-proof: nine digits weighed 9, 8, … 2, -1 add up to a multiple of 11."""
    digits = [int(character) for character in number if character.isdigit()]
    return any(digits) and sum(w * d for w, d in zip((9, 8, 7, 6, 5, 4, 3, 2, -1), digits, strict=True)) % 11 == 0


def _is_iban(number: str) -> bool:
    """ISO 13616: with the first four characters moved to the end and letters as numbers, the rest by 97 is 1."""
    compact = number.replace(" ", "").upper()
    if not 15 <= len(compact) <= 34:
        return False
    return int("".join(str(int(character, 36)) for character in compact[4:] + compact[:4])) % 97 == 1
