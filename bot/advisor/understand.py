"""The first steps of an answer: is it a message to answer, what is it, what has it fixed on, and how much is still open."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.advisor import clock, followup, naming, screen
from bot.advisor import intent as intents
from bot.advisor import language as languages
from bot.advisor import room as rooms
from bot.advisor.context import Context, Named
from bot.advisor.facts import Told
from bot.advisor.masking import mask
from knowledge.document import Language
from knowledge.lexical import tokens
from knowledge.vocabulary import Family, vocabulary

FEW_WORDS = 2
NEVER = -2.0  # a score below all others
# By how much the model may prefer another intent while the form of a message still decides; chosen by `blik eval intent`.
LITTLE, SOME, MUCH = 0.3, 0.4, 0.6
ASKS_FOR_CASES = re.compile(r"\b(voorbeeld|praktijk|ervaring|case|wie|welke|example|experience|who|which)", re.IGNORECASE)


def screen_message(context: Context) -> None:
    """Clean text and its language; ends the run for emptiness, attacks and bids."""
    text = screen.clean(context.message)
    context.text = mask(text)
    context.personal = context.text != text
    context.asked_in = languages.detect(context.text, context.wish.language or context.wish.usual)
    context.language = context.wish.language or context.asked_in
    context.told = Told(context.language)
    if screen.is_empty(context.text):
        context.status = "clarify"
    elif screen.is_attack(context.text):
        context.intent, context.status = "attack", "declined"
    elif screen.about_bids(context.text):
        context.intent, context.status, context.declined = "how", "declined", "bids"
    elif screen.is_unfair(context.text):
        context.intent, context.status, context.declined = "how", "declined", "unfair"


def understand(context: Context) -> None:
    """Intent and named solution; ends the run for what is outside or an attack."""
    context.vector = context.engine.embed_query(context.text)
    families = vocabulary().families_in(context.text[: screen.SHOWN_CHARACTERS], context.asked_in)
    context.families = [family for family, _ in families]
    context.one_supplier = screen.about_one_supplier(context.text)
    context.intent = "how" if context.one_supplier else context.wish.intent or _intent(context)
    if context.intent == "outside":
        context.status = "outside"
    elif context.intent == "attack":
        context.status = "declined"
    elif context.intent == "solution":
        context.named = _named(context, families)
    elif context.intent == "how" and families and rooms.own_purchase(context.text, context.asked_in):
        context.named = next((Named(word, family) for family, word in families if family.buys), None)


def _named(context: Context, families: list[tuple[Family, str]]) -> Named | None:
    """The named solution; in an answer in another language by its family's name, which both languages have."""
    named = naming.find(context.text[: screen.SHOWN_CHARACTERS], context.asked_in, families)
    if named is None or context.asked_in == context.language:
        return named
    return replace(named, said=named.family[context.language]) if named.family else None


def _intent(context: Context) -> intents.Intent:
    if intents.is_plain_smalltalk(context.text, context.asked_in):
        return "other"
    scores = context.generation.intents.scores(context.text, context.vector)
    return settle(scores, context.text, context.asked_in)


def settle(scores: dict[intents.Intent, float], text: str, language: Language) -> intents.Intent:
    """The intent by the scores of the model and by what else a message shows: its form, and a thing that it names to buy."""
    families = vocabulary().families_in(text[: screen.SHOWN_CHARACTERS], language)
    told = intents.decide(scores, text, bool(families))
    if told == "other" and not _is_smalltalk(text, language):
        scores = {**scores, "other": NEVER}
        told = intents.decide(scores, text, bool(families))
    asks_for_cases = bool(ASKS_FOR_CASES.search(text))
    rest = max(scores["solution"], scores["problem"], scores["how"])
    if told == "examples" and not asks_for_cases and scores[told] - rest < LITTLE:
        told = intents.decide({**scores, "examples": NEVER}, text, bool(families))
    if asks_for_cases or told not in ("how", "examples", "problem"):
        return told
    if told != "how" and intents.is_order_to_buy(text):
        return "solution"
    named = naming.find(text, language, families)
    says_little = not families and len(text.split()) <= FEW_WORDS + 1
    if named is None or says_little or intents.FACT.search(text):
        return told
    behind = scores[told] - scores["solution"]
    own = behind < MUCH and intents.OWN_HOW.search(text)
    return "solution" if own or (behind < SOME and naming.leads(text, named)) else told


def judge_room(context: Context) -> None:
    """How much is open, and how much widening fits; ends the run for small talk and what is too broad."""
    text, language = context.text, context.asked_in
    told = context.wish.room or (None if intents.FACT.search(text) else rooms.told_room(text))
    context.room = told or (context.wish.fact_room if context.intent == "how" else None) or "idea"
    context.due, context.haste = clock.due(text, context.today), clock.haste(text)
    silent = context.seen.no_questions or followup.says(text, "quiet")
    family = context.named.family if context.named else None
    context.dose = rooms.dose(context.intent, context.room, family, text, language, silent)
    if context.intent == "other":
        context.status = "answered"
    elif context.wish.intent is None and not context.wish.skill and _is_broad(context):
        context.status = "clarify"


def _is_smalltalk(text: str, language: Language) -> bool:
    """Whether a message that looks like small talk is a known kind of it, or says nothing else."""
    return intents.smalltalk(text, language) != "plain" or not tokens(text, language)


def _is_broad(context: Context) -> bool:
    """Whether a message is a word or two that could mean anything: `veiligheid`, `iets met data`."""
    few = len(context.text.split()) <= FEW_WORDS + 1 and len(set(tokens(context.text, context.asked_in))) <= FEW_WORDS
    return few and context.intent != "how" and not context.families and not ASKS_FOR_CASES.search(context.text)
