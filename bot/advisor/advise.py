"""From message to advice: the steps of an answer, in order."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date

from langchain_core.embeddings import Embeddings

from bot.advisor import connections, intake, procedures, screen, space
from bot.advisor.advice import Advice, CaseShown, GuidanceShown, Role, Skill
from bot.advisor.compose import compose, guidance_told
from bot.advisor.context import Context, Seen, Wish
from bot.advisor.facts import title
from bot.advisor.look import look
from bot.advisor.understand import judge_room, screen_message, understand
from bot.advisor.verify import verify
from knowledge.document import Case, Guidance, Language
from knowledge.generation import Generation

Step = Callable[[Context], None]
Steps = tuple[tuple[str, Step], ...]

# Each reads and fills the context; one of these may end the run by setting a status.
FIRST: Steps = (("screen", screen_message), ("understand", understand), ("room", judge_room))
ADVICE: Steps = (("search", look),)
SKILLS: dict[Skill, Steps] = {
    "solution-space": (("search", space.look),),
    "connections": (("search", connections.look),),
    "procedures": (("search", procedures.look),),
    "intake": (("search", intake.look),),
}
LAST: Steps = (("compose", compose), ("verify", verify))


def advise(
    message: str,
    generation: Generation,
    engine: Embeddings,
    *,
    today: date,
    seen: Seen | None = None,
    wish: Wish | None = None,
) -> Advice:
    """The advice for one message from one generation of the library.

    `seen` is what the conversation has had, `wish` what it has settled already. `today` decides which law has expired.
    """
    context = Context(message, today, generation, engine, seen or Seen(), wish or Wish())
    skill = context.wish.skill
    for name, step in (*FIRST, *(SKILLS[skill] if skill else ADVICE)):
        if context.status is None:
            _run(context, name, step)
    for name, step in LAST:
        _run(context, name, step)
    return _advice(context)


def _run(context: Context, name: str, step: Step) -> None:
    began = time.perf_counter()
    step(context)
    context.timings[name] = round((time.perf_counter() - began) * 1000, 2)


def _advice(context: Context) -> Advice:
    shown: list[tuple[Case, Role]] = [(case, "sideways") for case in context.sideways]
    shown += [(case, "near" if context.found == "good" and not context.unmet else "nearest") for case in context.near]
    shown += [(case, "nearest") for case in context.broader]
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
        blocks=context.blocks,
        cases=[shown_case(case, role, context.language) for case, role in shown],
        guidance=[_guidance(guidance, context.language) for guidance in guidance_told(context)],
        sources=context.told.sources,
        closing=context.closing,
        skill=context.wish.skill,
        forward=context.forward,
        found=context.found,
        families=[family.id for family in context.families],
        steps=context.steps,
        directions=context.directions,
        timings_ms=context.timings,
    )


def shown_case(case: Case, role: Role, language: Language) -> CaseShown:
    """A case as the contract lists it."""
    return CaseShown(
        id=case.id, title=title(case, language), organisation=case.organisation, year=case.year, sector=case.sector,
        solution_families=case.solutions, role=role, outcome=case.outcome, source_kind=case.source_kind,
        url=case.sources[0].url,
    )  # fmt: skip


def _guidance(guidance: Guidance, language: Language) -> GuidanceShown:
    until = guidance.valid_until.isoformat() if guidance.valid_until else None
    return GuidanceShown(id=guidance.id, title=title(guidance, language), valid_until=until, url=guidance.sources[0].url)
