"""Dutch or English, told by function words: sure enough for short messages, where statistical detectors guess."""

from __future__ import annotations

from knowledge.document import Language
from knowledge.lexical import STOP_EN, STOP_NL
from knowledge.vocabulary import WORD, vocabulary

# Content words that only English buyers write; function words are in the stop lists.
_ENGLISH = STOP_EN | frozenset(
    "hello hi thanks thank tender procurement buy buying purchase supplier suppliers examples "
    "show find give tell need needs needed council water school street safety public market threshold".split()
)
_DUTCH = STOP_NL | frozenset(
    "hoi hallo dank bedankt aanbesteden aanbesteding inkoop inkopen kopen leverancier bestek voorbeeld voorbeelden "
    "gemeente drempel graag nieuwe ja nee goedemorgen goedemiddag waterschap".split()
)
_BOTH = (_ENGLISH & _DUTCH) | {"is", "in", "we", "over", "of", "was", "had", "me", "hi"}


def detect(text: str, default: Language = "nl") -> Language:
    """The language of a message; `default` when its words do not tell."""
    words = [word for word in WORD.findall(text.lower())[:200] if word not in _BOTH]
    dutch = sum(word in _DUTCH or "ij" in word for word in words)
    english = sum(word in _ENGLISH for word in words)
    if dutch == english:
        dutch += len(vocabulary().families_in(text, "nl"))
        english += len(vocabulary().families_in(text, "en"))
    if dutch == english:
        return default
    return "nl" if dutch > english else "en"
