"""Composes an answer from what was found: direct help first, then cases, then at most one question."""

from __future__ import annotations

import re
from collections.abc import Collection

from bot.advisor import connections, intake, procedures, questions, screen, space
from bot.advisor import intent as intents
from bot.advisor.advice import Block, Sentence
from bot.advisor.clock import said
from bot.advisor.context import Context
from bot.advisor.facts import expired, family_of, field, fitting_step, tell_case, tell_pitfall, tell_steps, title, validity, who
from bot.advisor.look import after_publication
from bot.advisor.room import always_helps
from bot.texts import pick, texts
from knowledge.document import Case, Guidance

BULLETS, BULLETS_LIGHT = 5, 3
STEPS_ROOM, STEPS_CLOCK, STEPS_THING = 3, 2, 2
STEPS_HOW = 4
FAR = 120  # weeks: a date further away is no clock
SUBJECT = re.compile(r"[\w '’-]{2,60}")  # words that may be said back to the buyer
SKILLS = {
    "solution-space": space.compose, "connections": connections.compose, "procedures": procedures.compose,
    "intake": intake.compose,
}  # fmt: skip


def compose(context: Context) -> None:
    """The blocks of the answer, its status and its closing question."""
    if context.status is not None:
        context.blocks = _written(context)
        return
    context.status = "gap" if context.found == "nothing" else "answered"
    if context.wish.skill:
        SKILLS[context.wish.skill](context)
    else:
        context.blocks = _found(context)
        if not context.one_supplier:
            context.closing = questions.choose(context)
    if context.answering:
        context.status = "answered"
    if context.personal:
        text = texts(context.language)["lead"]["personal"]
        context.blocks.insert(0, Block(kind="lead", sentences=[Sentence(text=text)]))
    context.steps = context.told.steps


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
        text = words["other"][intents.smalltalk(context.text, context.asked_in)]
    return [Block(kind="lead", sentences=[Sentence(text=text)])]


def _found(context: Context) -> list[Block]:
    """The blocks of an answer from what was found, in the order that fits intent and room."""
    cases = bool(context.near or context.sideways)
    if context.answering:
        heading = [*_cases(context)] if cases else []
        return [Block(kind="lead", sentences=context.wish.opening), *heading]
    if context.intent == "how" and context.found != "good" and len(context.help) > 1:
        sentence = Sentence(text=texts(context.language)["lead"]["no_topic_room"])
        return [Block(kind="lead", sentences=[sentence]), *_bullets(context, ())]
    if context.intent == "how" and not after_publication(context):
        if not context.help:
            return [Block(kind="lead", sentences=[Sentence(text=texts(context.language)["lead"]["no_topic"])])]
        lead = [_one_supplier(context)] if context.one_supplier else []
        lead += [Block(kind="lead", sentences=[Sentence(text=context.wish.echo)])] if context.wish.echo else []
        return [*lead, *_how(context), *(_cases(context) if context.dose == "light" and not context.one_supplier else [])]
    if context.intent == "examples" and cases and context.room != "running":
        return [_lead(context), *_cases(context, heading=False)]
    bullets = _bullets(context, context.seen.steps)
    if not bullets and context.room == "published":  # better read twice than nothing
        bullets = _bullets(context, ())
    cautions = _caution(context, bullets)
    return [_lead(context), *bullets, *cautions, *(_cases(context) if context.room != "published" else [])]


def _caution(context: Context, bullets: list[Block]) -> list[Block]:
    """What a purchase that watches people needs, where the guidance did not say so already."""
    family = context.named.family if context.named else None
    said_already = any("DPIA" in sentence.text for block in bullets for sentence in block.sentences)
    if family is None or "dpia" not in family.caution or said_already or context.room == "published":
        return []
    words = texts(context.language)["case"]
    text = words["warning_ai"] if "ai" in family.caution else words["warning"]
    return [Block(kind="lead", sentences=[Sentence(text=text)])]


def _one_supplier(context: Context) -> Block:
    return Block(kind="lead", sentences=[Sentence(text=texts(context.language)["lead"]["one_supplier"])])


def _lead(context: Context) -> Block:
    """The first words: the clock when there is one, else what the buyer wants, said back."""
    sentences = _clock(context)
    if context.wish.echo:
        sentences.insert(0, Sentence(text=context.wish.echo))
    name, slots = _lead_name(context)
    if not (sentences and name == "running"):
        text = pick(texts(context.language)["lead"][name], context.seen.turn)
        sentences.append(Sentence(text=_capital(text.format(**slots))))
    return Block(kind="lead", sentences=sentences)


def _lead_name(context: Context) -> tuple[str, dict[str, str]]:
    """Which of the texts under `lead` begins this answer, and what is put into it."""
    named = context.named.words if context.named else ""
    family = context.named.family if context.named else None
    if context.wish.wanted and context.found != "good":
        label = context.wish.wanted.label(context.language)
        return ("wanted_nearest" if context.near else "wanted_nothing"), {"wanted": label}
    if context.found == "nothing" and context.room == "idea" and not context.help:
        return ("no_more" if context.seen.again else "nothing_at_all"), {}
    if context.found == "nothing" and context.room == "idea":
        if context.seen.again:
            return "no_more", {}
        return ("nothing_named", {"named": named}) if named else ("nothing", {})
    if context.intent == "examples":
        return ("examples" if context.found == "good" else "nearest"), {}
    if context.wish.detail and context.room != "published":
        return "detail", {}
    if context.room in ("published", "running"):
        return context.room, {}
    if context.room == "decided":
        return ("decided_named", {"named": named}) if named else ("solution_decided", {})
    if context.room == "draft":
        return "solution_draft", {}
    if context.intent == "problem":
        return "problem", {}
    if named and family and family.routine:
        return "routine", {"named": _capital(named)}
    return ("solution", {"named": named}) if named else ("solution_unnamed", {})


def _clock(context: Context) -> list[Sentence]:
    """The date that the buyer named and how long that still is; nothing where there is none."""
    if context.due is None or context.intent == "examples" or context.room == "published" or context.dose == "light":
        return []
    weeks = context.due.weeks(context.today)
    words = texts(context.language)["clock"]
    if not -52 <= weeks <= FAR:
        return []
    name = "past" if weeks < 0 else "now" if weeks < 2 else "ends" if context.room == "running" else "due"
    return [Sentence(text=words[name].format(day=said(context.due.day, context.language), weeks=weeks))]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _bullets(context: Context, skip: Collection[str]) -> list[Block]:
    """Steps of the guidance that helps here: most of a topic that the room is about, two of the thing itself, one of others.

    `skip` are steps that the buyer has read already.
    """
    blocks: list[Block] = []
    most = BULLETS_LIGHT if context.dose == "light" else BULLETS
    clock = (context.haste or context.due is not None) and context.room not in ("published", "running")
    clock = clock and context.dose != "light"
    for rank, guidance in enumerate(context.help):
        about_room = context.room in ("published", "running") and rank == 0
        count = STEPS_ROOM if about_room else STEPS_CLOCK if clock and rank == 0 else STEPS_THING
        by_words = guidance.id in always_helps()
        if (by_words or rank) and not about_room and not (clock and rank == 0):
            count = 1
        told = tell_steps(context.told, guidance, min(count, most - len(blocks)), context.today, context.text, by_words, skip)
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
    """Near and sideways cases as blocks, after what is often behind the named solution; then one that looks more widely."""
    words = texts(context.language)
    blocks: list[Block] = []
    family = context.named.family if context.named else None
    if family and context.sideways and context.room == "idea" and context.dose == "question" and not context.answering:
        problem = family.problem_nl if context.language == "nl" else family.problem_en
        blocks.append(Block(kind="lead", label=words["lead"]["behind"], sentences=[Sentence(text=problem)]))
    if heading and (context.near or context.sideways):
        fitting = context.found == "good" or bool(context.sideways)
        name = "also" if context.answering else "cases" if fitting else "nearest"
        blocks.append(Block(kind="heading", label=words["heading"][name]))
    blocks += [tell_case(context.told, case, family_of(case), context.text) for case in context.sideways]
    blocks += [tell_case(context.told, case, None, context.text) for case in context.near]
    if context.intent == "problem" and not context.answering:
        blocks += _directions(context)
    if context.recalled:
        frame = words["case"]["recalled"]
        told = context.told.fact(context.recalled, title(context.recalled, context.language), frame=frame)
        return [*blocks, Block(kind="lead", sentences=[told])]
    if context.broader:
        blocks.append(Block(kind="heading", label=words["heading"]["broader"]))
        blocks += [tell_case(context.told, case, family_of(case), context.text) for case in context.broader]
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
