"""Composes an answer from what was found: direct help first, then cases, then at most one question."""

from __future__ import annotations

import re

from bot.advisor import intent as intents
from bot.advisor import questions, screen
from bot.advisor.advice import Block, Sentence
from bot.advisor.context import Context
from bot.advisor.facts import expired, family_of, field, fitting_step, tell_case, tell_pitfall, tell_steps, title, validity, who
from bot.advisor.room import always_helps
from bot.texts import texts
from knowledge.document import Case, Guidance

BULLETS, BULLETS_LIGHT = 5, 3
STEPS_ROOM, STEPS_THING = 3, 2
STEPS_HOW = 4
SUBJECT = re.compile(r"[\w '’-]{2,60}")  # words that may be said back to the buyer


def compose(context: Context) -> None:
    """The blocks of the answer, its status and its closing question."""
    if context.status is not None:
        context.blocks = _written(context)
        return
    context.status = "gap" if context.found == "nothing" else "answered"
    context.blocks = _found(context)
    family = context.named.family if context.named else None
    context.closing = questions.choose(
        context.intent, context.room, context.dose, family, context.text, context.language, context.seen.questions
    )


def _written(context: Context) -> list[Block]:
    """The answer to a message that needs no search."""
    words = texts(context.language)
    if context.status == "clarify" and screen.is_empty(context.text):
        text = words["status"]["empty"]
    elif context.status == "clarify":
        context.closing = None if context.seen.no_questions else questions.clarify(context.language)
        if not SUBJECT.fullmatch(context.text):
            return []
        text = words["closing"]["clarify_lead"].format(subject=context.text)
    elif context.status == "declined":
        text = words["status"][context.declined]
    elif context.status == "outside":
        text = words["status"]["outside"]
    else:
        text = words["other"][intents.smalltalk(context.text, context.language)]
    return [Block(kind="lead", sentences=[Sentence(text=text)])]


def _found(context: Context) -> list[Block]:
    """The blocks of an answer from what was found, in the order that fits intent and room."""
    cases = bool(context.near or context.sideways)
    if context.answer:
        return [_lead(context), *(_bullets(context) if context.room == "running" else []), *_cases(context)]
    if context.intent == "how" and context.room != "published":
        if not context.help:
            return [Block(kind="lead", sentences=[Sentence(text=texts(context.language)["lead"]["no_topic"])])]
        return [*_how(context), *(_cases(context) if context.dose == "light" else [])]
    if context.intent == "examples" and cases and context.room != "running":
        return [_lead(context), *_cases(context, heading=False)]
    return [_lead(context), *_bullets(context), *(_cases(context) if context.room != "published" else [])]


def _lead(context: Context) -> Block:
    leads = texts(context.language)["lead"]
    named = context.named.text if context.named else ""
    family = context.named.family if context.named else None
    if context.answer:
        name = "noted" if context.near or context.sideways else "noted_only"
        text = texts(context.language)["tap"][name].format(answer=context.answer)
    elif context.found == "nothing" and context.room == "idea" and context.seen.cases:
        text = leads["no_more"]
    elif context.found == "nothing" and context.room == "idea":
        text = leads["nothing_named"].format(named=named) if named else leads["nothing"]
    elif context.intent == "examples":
        text = leads["examples"] if context.found == "good" else leads["nearest"]
    elif context.room in ("published", "running"):
        text = leads[context.room]
    elif context.room == "decided":
        text = leads["solution_decided"]
    elif context.room == "draft":
        text = leads["solution_draft"]
    elif context.intent == "problem":
        text = leads["problem"]
    elif named and family and family.routine:
        text = leads["routine"].format(named=_capital(named))
    elif named:
        text = leads["solution"].format(named=named)
    else:
        text = leads["solution_unnamed"]
    return Block(kind="lead", sentences=[Sentence(text=text)])


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _bullets(context: Context) -> list[Block]:
    """Steps of the guidance that helps here: most of a topic that the room is about, two of the thing itself, one of others."""
    blocks: list[Block] = []
    most = BULLETS_LIGHT if context.dose == "light" else BULLETS
    for rank, guidance in enumerate(context.help):
        about_room = context.room in ("published", "running") and rank == 0
        count = STEPS_ROOM if about_room else 1 if guidance.id in always_helps() else STEPS_THING
        by_words = guidance.id in always_helps()
        told = tell_steps(context.told, guidance, min(count, most - len(blocks)), context.today, context.text, by_words)
        held = validity(guidance, context.language)
        if told and held and not guidance.expired(context.today):
            told[-1].sentences.append(held)
        blocks += told
    return blocks


def _how(context: Context) -> list[Block]:
    """The direct answer of the topic that fits best, its steps and a pitfall, and for which period it holds.

    Of a topic that only comes near, no more than what it is.
    """
    guidance, language = context.help[0], context.language
    leads = texts(language)["lead"]
    if guidance.expired(context.today):
        return [Block(kind="lead", sentences=[expired(context.told, guidance)])]
    lead = Block(kind="lead", sentences=[])
    if context.found != "good":
        lead.sentences.append(Sentence(text=leads["nearest_topic"].format(title=title(guidance, language))))
    if step := fitting_step(context.told, guidance, context.text):
        lead.sentences.append(step)
    elif what := field(guidance, "what", language):
        lead.sentences.append(context.told.fact(guidance, what))
    if held := validity(guidance, language):
        lead.sentences.append(held)
    if context.found != "good":
        return [lead]
    steps = tell_steps(context.told, guidance, STEPS_HOW, context.today, context.text, by_words=True)
    blocks = [lead, *(step for step in steps if step.sentences[0] not in lead.sentences)]
    if pitfall := tell_pitfall(context.told, guidance, context.text):
        blocks.append(pitfall)
    if guidance.law or guidance.valid_until:
        blocks.append(Block(kind="lead", sentences=[Sentence(text=texts(language)["law"]["no_lawyer"])]))
    return blocks


def _cases(context: Context, heading: bool = True) -> list[Block]:
    """Near and sideways cases as blocks, after what is often behind the named solution."""
    if not context.near and not context.sideways:
        return []
    words = texts(context.language)
    blocks: list[Block] = []
    family = context.named.family if context.named else None
    if family and context.sideways and context.dose == "question":
        problem = family.problem_nl if context.language == "nl" else family.problem_en
        blocks.append(Block(kind="lead", sentences=[Sentence(text=words["lead"]["behind"].format(problem=problem))]))
    if heading:
        blocks.append(Block(kind="heading", label=words["heading"]["cases" if context.found == "good" else "nearest"]))
    blocks += [tell_case(context.told, case, family_of(case), context.text) for case in context.sideways]
    blocks += [tell_case(context.told, case, None, context.text) for case in context.near]
    if context.intent == "problem":
        blocks += _directions(context)
    return blocks


def _directions(context: Context) -> list[Block]:
    """The families of solutions that the cases told took, each with who took it."""
    taken: dict[str, list[Case]] = {}
    for case in [*context.sideways, *context.near]:
        if family := family_of(case):
            taken.setdefault(family[context.language], []).append(case)
    if len(taken) < 2:
        return []
    words = texts(context.language)["direction"]
    parts = [f"{label} ({', '.join(who(case, context.language) for case in cases)})" for label, cases in taken.items()]
    return [
        Block(
            kind="direction",
            sentences=[Sentence(text=words["lead"].format(list=" · ".join([*parts, words["nothing"]])))],
        )
    ]


def guidance_told(context: Context) -> list[Guidance]:
    """The guidance topics of which the answer tells something."""
    cited = {source.id for source in context.told.sources}
    return [guidance for guidance in context.help if guidance.id in cited or guidance.expired(context.today)]
