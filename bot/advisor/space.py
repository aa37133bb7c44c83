"""The solution space of a subject: the families of solutions that cases used for a like problem, each with an example."""

from __future__ import annotations

from bot.advisor.advice import Block, Closing, Direction, Sentence
from bot.advisor.context import Context
from bot.advisor.facts import family_of, title, who, years
from bot.advisor.look import ranked_by_problem
from bot.texts import texts
from knowledge.document import Case
from knowledge.vocabulary import Family

DIRECTIONS = 6  # beside doing nothing: what fits on a phone
WITHOUT_BUYING = 2
LIKE, LIKE_WITHOUT_BUYING = (
    2.0,
    1.5,
)  # least likeness of a case's problem; lower for ways that buy nothing, of which some must be there
ANSWERS = 3


def look(context: Context) -> None:
    """One case for each family that was used for a like problem, the best first; the buyer's own family among them."""
    ranked = ranked_by_problem(context)
    own = _own(context)
    seen = {case.id for case, _ in ranked if case.id in context.seen.cases}
    best: dict[str, Case] = {}
    free: dict[str, Case] = {}
    for case, told in ranked:
        family = family_of(case)
        if family is None or told < LIKE_WITHOUT_BUYING or case.id in seen:
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
        problem = own.problem_nl if language == "nl" else own.problem_en
        lead = words["lead_problem"].format(problem=problem)
    context.blocks = [Block(kind="lead", sentences=[Sentence(text=lead)])]
    if own and (context.near or own.id not in {id_ for case in context.earlier for id_ in case.solutions}):
        _tell(context, own[language], context.near[0] if context.near else None, own=True, buys=own.buys)
    for case in context.sideways:
        family = family_of(case)
        assert family is not None
        _tell(context, family[language], case, own=False, buys=family.buys and not case.no_purchase)
    if context.earlier:
        context.blocks.append(_earlier(context, own))
    context.directions.append(Direction(label=words["do_nothing"], buys=False))
    context.blocks.append(
        Block(kind="direction", label=f"{words['do_nothing_label']}.", sentences=[Sentence(text=words["do_nothing_text"])])
    )
    if context.dose != "none":
        fresh = {family[language] for case in context.sideways if (family := family_of(case))}
        options = [
            direction.label
            for direction in context.directions
            if direction.example and not direction.own and direction.label in fresh
        ][:ANSWERS]
        if options:
            context.closing = Closing(kind="offer", question=words["which"], options=[_capital(o) for o in options], id="space")


def _earlier(context: Context, own: Family | None) -> Block:
    """The directions of cases that the buyer has seen already, in one line."""
    words, language = texts(context.language), context.language
    parts = []
    for case in context.earlier:
        family = family_of(case)
        assert family is not None
        mine = own is not None and family.id == own.id
        where = f"{who(case, language)}, {years(case, language)}"
        parts.append(f"{family[language]} ({where}{'; ' + words['space']['own'] if mine else ''})")
        direction = Direction(
            label=family[language], own=mine, buys=family.buys and not case.no_purchase, example=where,
            outcome=words["outcome"][case.outcome],
        )  # fmt: skip
        if direction.label not in {known.label for known in context.directions}:
            context.directions.append(direction)
    text = words["space"]["earlier"].format(list=" · ".join(parts))
    return Block(kind="direction", sentences=[Sentence(text=text)])


def _own(context: Context) -> Family | None:
    """The family of the buyer's own idea: of what was named, else of what stands in the message."""
    if context.named and context.named.family:
        return context.named.family
    if context.intent == "solution":
        return next((family for family in context.families if family.buys), None)
    return None


def _tell(context: Context, label: str, case: Case | None, *, own: bool, buys: bool) -> None:
    words, language = texts(context.language), context.language
    mark = f" ({words['space']['own']})" if own else "" if buys else f" ({words['space']['buys_nothing']})"
    if case is None:
        sentences = [Sentence(text=words["space"]["no_example"])]
        context.directions.append(Direction(label=label, own=own, buys=buys))
    else:
        outcome = words["outcome"][case.outcome]
        where = f"{who(case, language)}, {years(case, language)}"
        sentences = [context.told.fact(case, title(case, language), frame=f"{where} ({outcome}): {{text}}.")]
        context.directions.append(Direction(label=label, own=own, buys=buys, example=where, outcome=outcome))
    context.blocks.append(Block(kind="direction", label=f"{_capital(label)}{mark}.", sentences=sentences))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
