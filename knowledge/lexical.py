"""Words as the lexical index sees them: stemmed, without stop words, compounds also under their known last part."""

from __future__ import annotations

from functools import cache

import Stemmer

from knowledge.vocabulary import MIN_COMPOUND, WORD, vocabulary

MAX_WORDS = 400  # of a question; more add nothing but time

STOP_NL = frozenset(
    "aan al alle alles als ben bij dan dat de der die dit doe doen door dus een en er ga gaan ge geen gij had heb hebben "
    "heeft hem het hier hij hoe hun iemand iets ik in is ja je jij jou jouw kan kun kunnen maar me meer men met mij mijn "
    "moet moeten mag mogen na naar niet nog nu of om omdat onder ons onze ook op over te tegen toch toe tot u uit uw van "
    "veel via voor waar want waren was wat we wel welke werd wie wij wil willen worden wordt wordt zal ze zelf zich zij "
    "voorbeeld voorbeelden praktijkvoorbeeld praktijkvoorbeelden ervaring ervaringen ken kent nederland graag laat zien "
    "zijn zo zoals zonder zou graag eens even aub".split()
)
STOP_EN = frozenset(
    "a about all also am an and any are as at be been but by can could did do does for from had has have he her how i if "
    "in into is it its just like me more my need no not of on or our out please she should so some than that the their "
    "example examples case cases experience experiences show find "
    "them then there they this to up us was we were what when where which who why will with would you your".split()
)


@cache
def _stemmer(language: str) -> Stemmer.Stemmer:
    return Stemmer.Stemmer("dutch" if language == "nl" else "english")


@cache
def _compound_ends() -> tuple[str, ...]:
    words = {
        word
        for family in vocabulary().families.values()
        for word in family.words_nl
        if len(word) >= MIN_COMPOUND and WORD.fullmatch(word)
    }
    return tuple(sorted(words, key=lambda word: (-len(word), word)))


def tokens(text: str, language: str) -> list[str]:
    """The index terms of a text, in order; at most MAX_WORDS words of it are read."""
    stop = STOP_NL if language == "nl" else STOP_EN
    words = [word for word in WORD.findall(text.lower().replace("’", "'"))[:MAX_WORDS] if word not in stop]
    if language == "nl":
        words += [end for word in words if (end := _compound_end(word))]
    return _stemmer(language).stemWords(words)


@cache
def _compound_end(word: str) -> str | None:
    """The known last part of a Dutch compound: `camera's` of `beveiligingscamera's`."""
    if len(word) <= MIN_COMPOUND + 2:
        return None
    return next((end for end in _compound_ends() if word.endswith(end) and len(word) - len(end) >= 3), None)
