"""From message to advice: the steps of an answer, in order."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import date

from langchain_core.embeddings import Embeddings

from bot.advisor import intent as intents
from bot.advisor import language as languages
from bot.advisor import naming, questions, screen
from bot.advisor import room as rooms
from bot.advisor.advice import Advice, Block, CaseShown, GuidanceShown, Role, Sentence
from bot.advisor.compose import compose, guidance_told
from bot.advisor.context import Context, Named, Seen
from bot.advisor.facts import Told, title
from bot.advisor.verify import verify
from bot.texts import texts
from knowledge import search
from knowledge.document import Case, Guidance, Language
from knowledge.generation import Generation
from knowledge.lexical import tokens
from knowledge.vocabulary import vocabulary

CASES = 3
FEW_WORDS = 2
# What helps with any purchase, by room; of the first topic that was found two steps are told before these.
KIT = {
    "idea": ["estimating-the-value", "functional-specification", "market-consultation"],
    "decided": ["functional-specification", "market-consultation", "contract-changes"],
    "draft": ["functional-specification", "award-criteria-quality", "proportionality-and-smes"],
    "published": ["after-publication"],
    "running": ["extension-and-bridging", "contract-changes"],
}
KIT_PROBLEM = ["problem-analysis", "involving-residents-and-users"]


def advise(
    message: str,
    generation: Generation,
    engine: Embeddings,
    *,
    today: date,
    language: Language | None = None,
    seen: Seen | None = None,
) -> Advice:
    """The advice for one message from one generation of the library.

    `language` overrides what the message is written in; `seen` is what the conversation has had. `today` decides which law
    has expired.
    """
    context = Context(message=message, text="", today=today, generation=generation, seen=seen or Seen())
    blocks: list[Block] = []

    def understand() -> None:
        _understand(context, engine)

    def look() -> None:
        _look(context, engine)

    def say() -> None:
        blocks[:] = _simple(context) or compose(context)

    def look_again() -> None:
        blocks[:] = verify(context, blocks)

    steps: list[tuple[str, Callable[[], None]]] = [
        ("screen", lambda: _screen(context, language)),
        ("understand", understand),
        ("room", lambda: _room(context)),
        ("search", look),
        ("compose", say),
        ("verify", look_again),
    ]
    for name, step in steps:
        if context.status and name in ("understand", "room", "search"):
            continue
        began = time.perf_counter()
        step()
        context.timings[name] = round((time.perf_counter() - began) * 1000, 2)
    return _advice(context, blocks)


def _screen(context: Context, language: Language | None) -> None:
    """Clean text and its language; ends the run for emptiness, attacks and bids."""
    context.text = screen.clean(context.message)
    context.language = language or languages.detect(context.text)
    context.told = Told(context.language)
    if screen.is_empty(context.text):
        context.status = "clarify"
    elif screen.is_attack(context.text):
        context.intent, context.status = "attack", "declined"
    elif screen.about_bids(context.text):
        context.intent, context.status = "how", "declined"


def _understand(context: Context, engine: Embeddings) -> None:
    """Intent and named solution; ends the run for what is outside or an attack."""
    context.vector = engine.embed_query(context.text)
    families = vocabulary().families_in(context.text[: screen.SHOWN_CHARACTERS], context.language)
    context.families = [family for family, _ in families]
    scores = context.generation.intents.scores(context.text, context.vector)
    context.intent, context.certainty = intents.decide(scores, context.text, bool(families))
    if context.intent == "outside":
        context.status = "outside"
    elif context.intent == "attack":
        context.status = "declined"
    elif context.intent == "solution":
        context.named = naming.find(context.text[: screen.SHOWN_CHARACTERS], context.language, families)
    elif context.intent == "how" and families and rooms.own_purchase(context.text, context.language):
        context.named = next((Named(word, family) for family, word in families if family.buys), None)


def _room(context: Context) -> None:
    """How much is open, and how much widening fits; ends the run for small talk and what is too broad."""
    text, language = context.text, context.language
    context.room = rooms.room(text, language)
    context.clock = rooms.clock(text, language)
    silent = context.seen.no_questions or rooms.wants_no_questions(text, language)
    family = context.named.family if context.named else None
    context.dose = rooms.dose(context.intent, context.room, family, text, language, silent)
    if context.intent == "other":
        context.status = "answered"
    elif context.intent in ("problem", "solution") and not context.named and len(tokens(text, language)) <= FEW_WORDS:
        context.status = "clarify"


def _look(context: Context, engine: Embeddings) -> None:
    """Guidance and near cases for the question, sideways cases for the problem behind it; judges what was found."""
    generation, text, language = context.generation, context.text, context.language

    def of(kind: type) -> list[search.Hit]:
        return search.search(generation, text, context.vector, language, 8, lambda document: isinstance(document, kind))

    guidance, cases = of(Guidance), of(Case)
    if context.intent == "how" and context.room != "published":
        context.found = search.judge(generation, text, language, guidance)
        context.help = [d for d in search.documents(guidance) if isinstance(d, Guidance)][:2]
        if context.found == "nothing":
            context.help = []
    else:
        context.found = search.judge(generation, text, language, cases)
        context.help = _help(context, guidance)
    if context.intent == "how" and context.dose != "light" or context.room == "published":
        return
    context.problem = _problem(context)
    problem = engine.embed_query(context.problem) if context.problem != text else context.vector
    _choose_cases(context, cases, problem)


def _help(context: Context, hits: list[search.Hit]) -> list[Guidance]:
    """Guidance for this message: on the very thing first, then what helps with every purchase in this room."""
    documents = context.generation.documents
    ids: list[str] = []
    if context.room in ("published", "running"):
        ids += KIT[context.room]
    families = [context.named.family] if context.named and context.named.family else context.families
    ids += [id_ for family in families for id_ in family.guidance]
    if context.intent == "problem":
        ids += KIT_PROBLEM
    best = search.judge(context.generation, context.text, context.language, hits) == "good"
    if best and context.intent != "problem":
        ids.append(hits[0].document.id)
    if context.intent != "problem":
        ids += KIT[context.room]
    found = (documents.get(id_) for id_ in dict.fromkeys(ids))
    return [document for document in found if isinstance(document, Guidance)]


def _problem(context: Context) -> str:
    """The problem behind a message, without the product: what its family is usually bought for, and the circumstances."""
    if context.intent not in ("solution", "how") or context.named is None:
        return context.text
    rest = context.text.replace(context.named.text, " ")
    rest = " ".join(word for word in rest.split() if not intents.TRADE.search(word))[:200]
    family = context.named.family
    if family is None:
        return rest
    return f"{family.problem_nl if context.language == 'nl' else family.problem_en} {rest}"


def _choose_cases(context: Context, hits: list[search.Hit], problem: list[float]) -> None:
    """Up to CASES cases, unlike each other: near ones about the thing itself, sideways ones about the problem behind it."""
    generation = context.generation
    fresh = [
        hit for hit in hits
        if hit.document.id not in context.seen.cases and search.relevant(generation, context.text, context.language, hit)
    ]  # fmt: skip
    near = [document for document in search.documents(fresh) if isinstance(document, Case)]
    family = context.named.family if context.named else None
    if context.intent in ("solution", "how"):
        families = {family.id} if family else set()
        taken = families | {id_ for case in near[:1] for id_ in case.solutions} if not family else families
        own = [case for case in near if not families or families & set(case.solutions) or _asked_like(case, context)]
        light = context.dose == "light"
        context.sideways = search.sideways(
            generation, problem, taken, 1 if light else 2, [*context.seen.cases], least=search.SIDEWAYS
        )
        told = {case.id for case in context.sideways}
        own = [case for case in own if case.id not in told]
        context.near = own[: 1 if light else CASES - len(context.sideways) + (not context.sideways)]
    elif context.intent == "problem":
        like = search.sideways(generation, problem, set(), CASES, [*context.seen.cases])
        context.near = list({case.id: case for case in [*like, *near]}.values())[:CASES]
    else:
        context.near = near[:CASES]
    if context.found == "nothing" and (context.near or context.sideways):
        context.found = "nearest"


def _asked_like(case: Case, context: Context) -> bool:
    """Whether a case says that somebody first wanted what this buyer wants."""
    if not case.first_solution or not context.named or not context.named.family:
        return False
    family = context.named.family.id
    return family in [found.id for found, _ in vocabulary().families_in(case.first_solution, case.language)]


def _simple(context: Context) -> list[Block]:
    """The answer to a message that needs no search; empty for all others."""
    words = texts(context.language)
    if context.status is None:
        context.status = "gap" if context.found == "nothing" else "answered"
        return []
    if context.status == "clarify" and screen.is_empty(context.text):
        text = words["status"]["empty"]
    elif context.status == "clarify":
        context.closing = None if context.seen.no_questions else questions.clarify(context.language)
        text = words["closing"]["clarify_lead"].format(subject=re.sub(r"[?!.]+$", "", context.text)[:60])
    elif context.status == "declined":
        text = words["status"]["attack" if context.intent == "attack" else "bids"]
    elif context.status == "outside":
        text = words["status"]["outside"]
    else:
        text = words["other"][intents.smalltalk(context.text, context.language)]
    return [Block(kind="lead", sentences=[Sentence(text=text)])]


def _advice(context: Context, blocks: list[Block]) -> Advice:
    shown: list[tuple[Case, Role]] = [(case, "sideways") for case in context.sideways]
    shown += [(case, "near" if context.found == "good" else "nearest") for case in context.near]
    cited = {source.id for source in context.told.sources}
    shown = [(case, role) for case, role in shown if case.id in cited]
    assert context.status is not None
    return Advice(
        question=screen.shown(context.message),
        language=context.language,
        status=context.status,
        intent=context.intent,
        sector=shown[0][0].sector if shown and context.found == "good" else None,
        named_solution=context.named.text if context.named else None,
        room=context.room,
        dose=context.dose,
        blocks=blocks,
        cases=[_case(case, role, context.language) for case, role in shown],
        guidance=[_guidance(guidance, context.language) for guidance in guidance_told(context)],
        sources=context.told.sources,
        closing=context.closing,
        forward=context.forward,
        found=context.found,
        timings_ms=context.timings,
    )


def _case(case: Case, role: Role, language: Language) -> CaseShown:
    return CaseShown(
        id=case.id, title=title(case, language), organisation=case.organisation, year=case.year, sector=case.sector,
        solution_families=case.solutions, role=role, outcome=case.outcome, source_kind=case.source_kind,
        url=case.sources[0].url,
    )  # fmt: skip


def _guidance(guidance: Guidance, language: Language) -> GuidanceShown:
    until = guidance.valid_until.isoformat() if guidance.valid_until else None
    return GuidanceShown(id=guidance.id, title=title(guidance, language), valid_until=until, url=guidance.sources[0].url)
