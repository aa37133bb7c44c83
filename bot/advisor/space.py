"""The solution space of a subject: the families of solutions that cases used for a like problem, each with an example."""

from __future__ import annotations

from bot.advisor.advice import Block, Closing, Direction, Sentence
from bot.advisor.context import Context
from bot.advisor.facts import family_of, title, who, years
from bot.advisor.look import evidence_for_cases, ranked_by_problem
from bot.texts import texts
from knowledge.document import Case, Language
from knowledge.vocabulary import Family

DIRECTIONS = 6  # beside doing nothing: what fits on a phone
WITHOUT_BUYING = 2
# Least likeness of a case's problem; lower for ways that buy nothing, of which some must be there.
LIKE, LIKE_WITHOUT_BUYING = 2.0, 1.5
EVIDENCE = 1.5  # least evidence that a case is about the message at all
ANSWERS = 3


def look(context: Context) -> None:
    """One case for each family that was used for a like problem, the best first; the buyer's own family among them."""
    ranked = ranked_by_problem(context)
    evidence = evidence_for_cases(context)
    own = _own(context)
    seen = {case.id for case, _ in ranked if case.id in context.seen.cases}
    best: dict[str, Case] = {}
    free: dict[str, Case] = {}
    for case, told in ranked:
        family = family_of(case)
        if family is None or told < LIKE_WITHOUT_BUYING or evidence.get(case.id, 0.0) < EVIDENCE or case.id in seen:
            continue
        if told >= LIKE or (own and family.id == own.id):
            best.setdefault(family.id, case)
        if not family.buys or case.no_purchase:
            free.setdefault(family.id, case)
    chosen = list(best.items())[:DIRECTIONS]
    kept = {id_ for id_, _ in chosen}
    if own and own.id in best and own.id not in kept:
        chosen[-1:] = [(own.id, best[own.id])]
    missing = [item for item in free.items() if item[0] not in {id_ for id_, _ in chosen}]
    lacking = WITHOUT_BUYING - sum(1 for id_, _ in chosen if id_ in free)
    if lacking > 0 and missing:
        chosen = chosen[: DIRECTIONS - min(lacking, len(missing))] + missing[:lacking]
    context.near = [case for id_, case in chosen if own and id_ == own.id]
    context.sideways = [case for id_, case in chosen if not own or id_ != own.id]
    likely = [case for case, told in ranked if case.id in seen and told >= LIKE]
    context.earlier = list({family.id: case for case in reversed(likely) if (family := family_of(case))}.values())[:DIRECTIONS]
    context.found = "good" if chosen or context.earlier else "nothing"


def compose(context: Context) -> None:
    """The need without a product, then the directions side by side, always with doing nothing."""
    words, language = texts(context.language)["space"], context.language
    own = _own(context)
    if context.found == "nothing":
        context.blocks = [Block(kind="lead", sentences=[Sentence(text=words["nothing_found"])])]
        return
    lead = words["lead"]
    if own and context.named:
        lead = words["lead_problem"].format(problem=own.problem_nl if language == "nl" else own.problem_en)
    context.blocks = [Block(kind="lead", sentences=[Sentence(text=lead)])]
    for case in [*context.near, *context.sideways]:
        _tell(context, case, own)
    if own and own.id not in {id_ for case in [*context.near, *context.earlier] for id_ in case.solutions}:
        direction = Direction(label=own[language], own=True, buys=own.buys, caution=bool(own.caution))
        _add(context, direction, [Sentence(text=words["no_example"])])
    if context.earlier:
        known = {direction.label for direction in context.directions}
        earlier = [_direction(case, own, language) for case in context.earlier]
        text = words["earlier"].format(list=" · ".join(_in_short(direction, words) for direction in earlier))
        context.blocks.append(Block(kind="direction", sentences=[Sentence(text=text)]))
        context.directions += [direction for direction in earlier if direction.label not in known]
    _add(context, Direction(label=words["do_nothing"], buys=False), [Sentence(text=words["do_nothing_text"])])
    context.directions.sort(key=lambda direction: not direction.own)
    if context.dose != "none":
        families = [family for case in context.sideways if (family := family_of(case))]
        options = [_capital(family[language]) for family in families if family is not own][:ANSWERS]
        if options:
            context.closing = Closing(kind="offer", question=words["which"], options=options, id="space")


def _own(context: Context) -> Family | None:
    """The family of the buyer's own idea: of what was named, else of what stands in the message."""
    if context.named and context.named.family:
        return context.named.family
    if context.intent == "solution":
        return next((family for family in context.families if family.buys), None)
    return None


def _direction(case: Case, own: Family | None, language: Language) -> Direction:
    """The direction that a case took."""
    family = family_of(case)
    assert family is not None
    return Direction(
        label=family[language],
        own=own is not None and family.id == own.id,
        buys=family.buys and not case.no_purchase,
        caution=bool(family.caution or {"dpia", "own_legal_basis"} & set(case.cautions)),
        example=f"{who(case, language)}, {years(case, language)}",
        outcome=texts(language)["outcome"][case.outcome],
    )


def _tell(context: Context, case: Case, own: Family | None) -> None:
    """Add the direction of a case, with what its title says happened."""
    direction = _direction(case, own, context.language)
    fact = context.told.fact(case, title(case, context.language))
    fact.text = f"{direction.example} ({direction.outcome}): {fact.text}."
    _add(context, direction, [fact])


def _add(context: Context, direction: Direction, sentences: list[Sentence]) -> None:
    words = texts(context.language)
    marks = [words["space"]["own"]] if direction.own else []
    if not direction.buys and direction.label != words["space"]["do_nothing"]:
        marks.append(words["space"]["buys_nothing"])
    if direction.caution:
        sentences.append(Sentence(text=words["case"]["warning"]))
    mark = f" ({', '.join(marks)})" if marks else ""
    context.directions.append(direction)
    context.blocks.append(Block(kind="direction", label=f"{_capital(direction.label)}{mark}.", sentences=sentences))


def _in_short(direction: Direction, words: dict[str, str]) -> str:
    return f"{direction.label} ({direction.example}{'; ' + words['own'] if direction.own else ''})"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
