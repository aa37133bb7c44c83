"""Dates in a message: by when something ends or must be there, and whether there is haste."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from knowledge.document import Language

_MONTHS = {
    1: "januari|jan|january", 2: "februari|feb|february", 3: "maart|mrt|march", 4: "april|apr", 5: "mei|may",
    6: "juni|jun|june",
    7: "juli|jul|july", 8: "augustus|aug|august", 9: "september|sept|sep", 10: "oktober|okt|october|oct",
    11: "november|nov", 12: "december|dec",
}  # fmt: skip
_NAMES = "|".join(_MONTHS.values())
_NAMED = re.compile(
    rf"\b(?:(?P<day>[0-3]?\d)(?:e|st|nd|rd|th)? (?:of )?)?(?P<month>{_NAMES})\b\.?(?: (?P<after>[0-3]?\d)(?:st|nd|rd|th)\b)?"
    r"(?:,? (?P<year>20\d\d))?",
    re.IGNORECASE,
)
_NUMERIC = re.compile(r"\b(?P<day>[0-3]?\d)[-/.](?P<month>[01]?\d)(?:[-/.](?P<year>(?:20)?\d\d))?\b")
_YEAR_END = re.compile(r"\b(eind(e)? (van )?(het|dit) jaar|jaarwisseling|end of (the|this) year|year'?s end)\b", re.IGNORECASE)
_SUMMER = re.compile(r"\b(voor|vóór|before) (de |the )?(zomer(vakantie)?|summer)\b", re.IGNORECASE)
# A bare month is a date only where something ends or is due in it: "mei" and "may" are also other words.
_DUE = re.compile(
    r"\b(loopt|lopen|verloopt|eindigt|stopt|af|op|per|vóór|voor|tot|uiterlijk|in|begin|eind|half|ends?|expires?|by|before|until|on|"
    r"from)\W+(\w+\W+){0,2}$",
    re.IGNORECASE,
)
# What was decided on a day is no clock; the end of a month is not its first day.
_PAST = re.compile(
    r"\b(besloten|beslist|vastgesteld|getekend|gepubliceerd|decided|published|signed|sinds|since)\W+(op |on )?$", re.IGNORECASE
)
_PAST_AFTER = re.compile(
    r"^\W*(\d{4} )?(heeft |is )?(besloten|beslist|vastgesteld|getekend|gepubliceerd|decided)\b", re.IGNORECASE
)
_END = re.compile(r"\b(eind|einde|end of)\W+(van )?$", re.IGNORECASE)
HASTE = re.compile(
    r"\b(spoed|haast|zsm|z\.s\.m|zo snel mogelijk|asap|stoom en kokend water|urgent|in a hurry|as soon as possible)\b",
    re.IGNORECASE,
)
_QUANTITY = re.compile(
    r"^\s*(x|×|m2|m²|%|stuks|meter|km|plek|locatie|jaar|jaren|week|weken|maand|dag|uur|school|scholen|person|years|weeks|places)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Due:
    """The day by which something ends or must be there."""

    day: date

    def weeks(self, today: date) -> int:
        """Whole weeks left; negative when the day has passed."""
        return (self.day - today).days // 7


def due(text: str, today: date) -> Due | None:
    """The first date that a message names; a day without a year is the next one to come, a month is its first day."""
    found: list[tuple[int, date]] = []
    for match in _NAMED.finditer(text):
        number = match["day"] or match["after"]
        if number is None and match["year"] is None and not _DUE.search(text[: match.start()]):
            continue
        month = next(month for month, names in _MONTHS.items() if re.fullmatch(names, match["month"], re.IGNORECASE))
        if _PAST.search(text[: match.start()]) or _PAST_AFTER.match(text[match.end() :]):
            continue
        late = number is None and _END.search(text[: match.start()])
        if day := _day(int(number or (28 if late else 1)), month, match["year"], today):
            found.append((match.start(), day))
    for match in _NUMERIC.finditer(text):
        if _QUANTITY.match(text[match.end() :]) or (match["year"] is None and not _DUE.search(text[: match.start()])):
            continue
        if day := _day(int(match["day"]), int(match["month"]), match["year"], today):
            found.append((match.start(), day))
    if year_end := _YEAR_END.search(text):
        found.append((year_end.start(), date(today.year, 12, 31)))
    if summer := _SUMMER.search(text):
        found.append((summer.start(), _next(7, 1, today)))
    return Due(min(found)[1]) if found else None


def haste(text: str) -> bool:
    """Whether a message says that there is no time."""
    return bool(HASTE.search(text))


def said(day: date, language: Language) -> str:
    """A date in words without jargon: "1 juli 2027", "1 July 2027"."""
    name = _MONTHS[day.month].split("|")
    month = name[0] if language == "nl" else next((n for n in name if n.capitalize() in _ENGLISH), name[0]).capitalize()
    return f"{day.day} {month} {day.year}"


_ENGLISH = frozenset("January February March April May June July August September October November December".split())


def _next(month: int, day: int, today: date) -> date:
    this_year = date(today.year, month, day)
    return this_year if this_year >= today else date(today.year + 1, month, day)


def _day(day: int, month: int, year: str | None, today: date) -> date | None:
    try:
        if year is None:
            return _next(month, day, today)
        number = int(year)
        found = date(number if number > 100 else 2000 + number, month, day)
    except ValueError:
        return None
    return found if abs(found - today) < timedelta(days=366 * 10) else None
