"""Looks in the library: guidance and near cases for the question, sideways cases for the problem behind it."""

from __future__ import annotations

from collections.abc import Mapping

from bot.advisor import intent as intents
from bot.advisor import room as rooms
from bot.advisor import wanted
from bot.advisor.context import Context
from knowledge import search
from knowledge.document import Case, Guidance, Language
from knowledge.lexical import STOP_EN, STOP_NL, tokens
from knowledge.vocabulary import WORD, Family, vocabulary

CASES = 3
AFTER_ANSWER = 1  # new cases in a turn that takes up an answer
FEW, MANY = 8, 400
DETAIL_WORDS = 2
CLOSE = 1.5  # a case with so much less evidence than the best is not told beside it
SHARED_WORDS = 0.12  # least coverage of a topic that answers a how-question; a vector alone may be chance
UNMENTIONED = 4.6  # least evidence of a case that never mentions an unknown thing; under it likeness is mostly chance
TOLD = 4.2  # least evidence of a case that is told unasked
# A sideways case must be about the message and share words with those for which it is shown; weight and least sum are fitted to
# what a reader called relevant (docs/performance.md).
SHARED, SIDEWAYS = 0.45, 6.2
STATED_PROBLEM = 4.0  # least evidence of a case that is told because its problem is like the one that was stated
# Where no case is sideways enough or only one is left: cases with a related need that an editor named for this family.
RELATED, LEAST_CASES = 2.4, 2
ASKED_FOR = 2.2  # least evidence of a case of just the kind that was asked for
LANGUAGES: tuple[Language, Language] = ("nl", "en")
ONE_SUPPLIER = ("negotiation-without-notice", "single-quote", "prior-knowledge-and-suppliers")


def look(context: Context) -> None:
    """Guidance and near cases for the question, sideways cases for the problem behind it; judges what was found."""
    if context.one_supplier:
        context.help = _documents(context, ONE_SUPPLIER)
        context.found = "good" if context.help else "nothing"
        return
    generation, text, language = context.generation, context.text, context.asked_in

    def keep(document: Case | Guidance) -> bool:
        return isinstance(document, Guidance)

    guidance = search.search(generation, text, context.vector, language, FEW, keep)
    if context.intent == "how" and not after_publication(context):
        _look_for_fact(context, guidance)
        return
    asked = bool(context.wish.wanted)
    if context.intent == "examples" and not asked and not context.answering:
        context.wish.wanted = wanted.read(text, cases_of(context), context.today.year)
    told = _supported(evidence_for_cases(context), context)
    for id_, evidence in _evidence_for_detail(context).items():
        told[id_] = max(told.get(id_, evidence), evidence)
    seen = () if context.wish.wanted else context.seen.cases
    context.found = search.judge({id_: evidence for id_, evidence in told.items() if id_ not in seen})
    if not context.answering:
        context.help = _help(context, guidance)
    if context.room == "published":  # help, no widening: what was looked for is the guidance
        context.found = "good" if context.help else "nothing"
    elif context.wish.wanted:
        _look_for_wanted(context, told, again=asked)
    else:
        _look_for_cases(context, told)


def evidence_for_cases(context: Context) -> dict[str, float]:
    """How much speaks for each case being about the message, by id."""

    def keep(document: Case | Guidance) -> bool:
        return isinstance(document, Case)

    return search.evidence(search.search(context.generation, context.text, context.vector, context.asked_in, MANY, keep))


def _supported(told: dict[str, float], context: Context) -> dict[str, float]:
    """Without cases for which little speaks and that never mention a thing which no family knows: an organ, a submarine."""
    if context.named is None or context.named.family or context.families or context.seen.again:
        return told
    words = {word for language in LANGUAGES for word in tokens(context.named.text, language)}
    documents = context.generation.documents
    return {
        id_: evidence
        for id_, evidence in told.items()
        if evidence >= UNMENTIONED or not words or words & _words(documents[id_])
    }


def _words(document: Case | Guidance) -> set[str]:
    """The words of a case in both languages, as the index sees them."""
    if not isinstance(document, Case):
        return set()
    parts = [(document, document.language), *([(document.en, LANGUAGES[1])] if document.en else [])]
    return {
        word
        for part, language in parts
        for name in ("title", "problem", "approach", "result", "lesson")
        for word in tokens(getattr(part, name, None) or "", language)
    }


def _evidence_for_detail(context: Context) -> dict[str, float]:
    """How much speaks for each case not seen yet being about the new words of a message that adds to its subject."""
    detail, seen = context.wish.detail, context.seen.cases
    if len(set(tokens(detail, context.asked_in))) < DETAIL_WORDS:
        return {}

    def keep(document: Case | Guidance) -> bool:
        return isinstance(document, Case) and document.id not in seen

    vector = context.engine.embed_query(detail)
    return search.evidence(search.search(context.generation, detail, vector, context.asked_in, FEW, keep))


def after_publication(context: Context) -> bool:
    """Whether the answer is what may still be done after publication; a question on a rule gets that rule."""
    return context.room == "published" and not intents.FACT.search(context.text)


def cases_of(context: Context) -> list[Case]:
    """All cases of the library."""
    return [document for document in context.generation.documents.values() if isinstance(document, Case)]


def _documents(context: Context, ids: tuple[str, ...] | list[str]) -> list[Guidance]:
    found = (context.generation.documents.get(id_) for id_ in dict.fromkeys(ids))
    return [document for document in found if isinstance(document, Guidance)]


def _look_for_fact(context: Context, hits: list[search.Hit]) -> None:
    """The topic that answers a how-question."""
    told = search.evidence(hits)
    context.found = search.judge(told)
    if context.found != "nothing":
        if hits[0].share < SHARED_WORDS:
            context.found = "nearest"
        context.help = [hits[0].document] if isinstance(hits[0].document, Guidance) else []
    if context.found != "good" and context.room != "idea":  # what helps in this room is nearer than a topic by chance
        context.help, context.found = _documents(context, rooms.helps(context.room)), "nearest"
    if context.dose == "light":
        _look_for_cases(context, evidence_for_cases(context))


def _help(context: Context, hits: list[search.Hit]) -> list[Guidance]:
    """Guidance for this message: what the clock or the law asks first, then the very thing, then what always helps."""
    ids: list[str] = []
    if context.room in ("published", "running"):
        ids += rooms.helps(context.room)
    elif (context.haste or context.due) and context.dose != "light":
        ids += rooms.helps("haste" if context.haste else "due")[:1]
    named = [context.named.family] if context.named and context.named.family else []
    warned = [family for family in context.families if family.caution]
    if context.room != "published":
        for family in dict.fromkeys([*(family.id for family in named), *(family.id for family in warned)]):
            ids += vocabulary().families[family].guidance
    if context.intent in ("problem", "examples") and context.room != "published":
        ids += rooms.helps("problem")
    else:
        others = _careful_guidance() - set(ids)
        told = search.evidence(hits)
        free = {id_: evidence for id_, evidence in told.items() if id_ not in others}
        if search.judge(free) == "good":
            ids.append(max(free, key=lambda id_: free[id_]))
        ids += rooms.helps("routine" if context.dose == "light" and context.intent == "solution" else context.room)
    return _documents(context, ids)


def _careful_guidance() -> set[str]:
    """Topics that only families to be careful with name; told of those alone: camera law is not for sound or body cameras."""
    families = vocabulary().families.values()
    careful = {id_ for family in families if family.caution for id_ in family.guidance}
    return careful - {id_ for family in families if not family.caution for id_ in family.guidance}


def problem_text(context: Context) -> str:
    """The problem behind a message, without the product: what its family is usually bought for, and the circumstances."""
    family = context.named.family if context.named else None
    if context.named is None or context.intent not in ("solution", "how"):
        return context.text
    rest = context.text.replace(context.named.text, " ")
    stop = STOP_NL if context.asked_in == "nl" else STOP_EN
    words = [word for word in WORD.findall(rest) if word.lower() not in stop and not word.isdigit()]
    circumstances = " ".join(word for word in words if not intents.TRADE.search(word))[:200]
    if family is None:
        return circumstances or context.text
    # The library's problems are Dutch first, so the Dutch words come nearest.
    return f"{family.problem_nl} {circumstances}" if context.asked_in == "nl" else family.problem_nl


def ranked_by_problem(context: Context) -> list[tuple[Case, float]]:
    """Cases by how like their problem is to the one behind the message, best first. Embeds at most one short text."""
    text = problem_text(context)
    family = context.named.family if context.named else None
    problem = context.vector if text == context.text else context.engine.embed_query(text)
    return search.by_problem(context.generation, problem, context.vector, [family] if family else context.families)


def _look_for_wanted(context: Context, told: Mapping[str, float], again: bool) -> None:
    """The cases of the kind that was asked for; where there is none, the nearest others, and `unmet` says so.

    `again`: it was asked for just now, so that a case that was seen is better than one that hardly fits.
    """
    wish, documents, seen = context.wish.wanted, context.generation.documents, context.seen.cases
    scores: dict[str, float] = dict(told)
    for case, evidence in ranked_by_problem(context):
        scores[case.id] = max(scores.get(case.id, 0.0), evidence)
    ranked = [documents[id_] for id_ in sorted(scores, key=lambda id_: -scores[id_]) if scores[id_] >= ASKED_FOR]
    fitting = [case for case in ranked if isinstance(case, Case)]
    asked_for = [case for case in fitting if wish.accepts(case)]
    cases = [case for case in asked_for if case.id not in seen]
    if again:  # better seen twice than one that hardly fits
        sure = [case for case in asked_for if scores[case.id] >= search.GOOD]
        twice = [case for case in asked_for if case.id in seen and scores[case.id] >= RELATED]
        cases = [*(case for case in cases if case in sure), *twice] or cases
    if not cases and wish.names:  # a place asked for by name: all there is of it
        cases = [case for case in cases_of(context) if wish.accepts(case) and case.id not in seen]
    if not cases:
        context.unmet = True
        cases = [case for case in fitting if scores[case.id] >= search.GOOD and case.id not in seen]
    context.near = cases[:CASES]
    context.found = "nothing" if not cases else "nearest" if context.unmet else "good"


def _look_for_cases(context: Context, told: Mapping[str, float]) -> None:
    """Up to CASES cases, unlike each other: near ones about the thing itself, sideways ones about the problem behind it.

    `told` is the evidence for each case that was found for the message.
    """
    generation, seen = context.generation, context.seen.cases
    floor = search.GOOD if context.intent == "examples" else TOLD
    least = max(floor, max((evidence for id_, evidence in told.items() if id_ not in seen), default=0.0) - CLOSE)
    family = context.named.family if context.named else None

    def near_enough(case: Case, evidence: float) -> bool:
        same = family is not None and family.id in case.solutions
        return evidence >= (search.NEAREST if same else least)

    found = ((generation.documents[id_], evidence) for id_, evidence in told.items() if id_ not in seen)
    near = [case for case, evidence in found if isinstance(case, Case) and near_enough(case, evidence)]
    if context.intent in ("solution", "how"):
        light = context.dose == "light"
        taken = {family.id} if family else {id_ for case in near[:1] for id_ in case.solutions}
        context.sideways = search.sideways(_other_ways(context, told), taken, 1 if light else 2, seen)
        beside = {case.id for case in context.sideways}
        # A detail that is added to a subject may be about something else than the product.
        own = near if context.seen.again else [case for case in near if _is_about(case, family)]
        context.near = [case for case in own if case.id not in beside][: 1 if light else CASES - len(beside)]
        shown = [*context.sideways, *context.near]
        if context.intent == "solution" and not light and not context.answering:
            missing = max(LEAST_CASES - len(shown), 0 if context.sideways else 1)
            context.broader = _related(context, told, {*seen, *(case.id for case in shown)})[:missing]
    elif context.intent == "problem":
        by_evidence = sorted(cases_of(context), key=lambda case: -told.get(case.id, 0.0))
        ranked = [(case, told.get(case.id, 0.0)) for case in by_evidence]
        like = search.sideways(ranked, (), CASES, seen, least=STATED_PROBLEM)
        context.near = list({case.id: case for case in [*near[:2], *like, *near]}.values())[:CASES]
    else:
        context.near = near[:CASES]
    if context.answering:
        context.sideways = context.sideways[:AFTER_ANSWER]
        context.near = context.near[: AFTER_ANSWER - len(context.sideways)]
    if context.wish.detail:
        context.recalled = _recalled(context, told)
    if not context.near and not context.sideways and not context.broader:
        context.found = "nothing"
    elif context.found == "nothing":
        context.found = "nearest"


def _other_ways(context: Context, told: Mapping[str, float]) -> list[tuple[Case, float]]:
    """Cases that show another way to a buyer with such a message, with how much speaks for each, best first."""
    shared = search.shared_with_examples(context.generation, context.text, context.asked_in)
    weighed = [(case, told.get(case.id, 0.0) + SHARED * shared.get(case.id, 0.0)) for case in cases_of(context)]
    return sorted(((case, weight) for case, weight in weighed if weight >= SIDEWAYS), key=lambda item: -item[1])


def _recalled(context: Context, told: Mapping[str, float]) -> Case | None:
    """A case that was seen already and fits what the buyer adds better than any new one."""
    new = max((told.get(case.id, 0.0) for case in [*context.near, *context.sideways]), default=0.0)
    likely = [id_ for id_ in context.seen.cases if told.get(id_, 0.0) >= max(TOLD, new)]
    best = context.generation.documents[max(likely, key=lambda id_: told[id_])] if likely else None
    return best if isinstance(best, Case) else None


def _related(context: Context, told: Mapping[str, float], leave_out: set[str]) -> list[Case]:
    """Cases that took another way than the named solution about a related need, best first."""
    family = context.named.family if context.named else None
    wished = {family.id} if family else {each.id for each in context.families}
    cases = [case for case in cases_of(context) if case.id not in leave_out and told.get(case.id, 0.0) >= RELATED]
    return sorted((case for case in cases if search.shows_another_way(case, wished)), key=lambda case: -told.get(case.id, 0.0))


def _is_about(case: Case, family: Family | None) -> bool:
    """Whether a case used this family of solutions or first wanted it."""
    return family is None or family.id in {*case.solutions, *search.first_wishes(case)}
