"""From message to advice: the steps of an answer, in order."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date

from langchain_core.embeddings import Embeddings

from bot.advisor import screen
from bot.advisor.advice import Advice, CaseShown, GuidanceShown, Role
from bot.advisor.compose import compose, guidance_told
from bot.advisor.context import Context, Seen
from bot.advisor.facts import title
from bot.advisor.look import look
from bot.advisor.understand import judge_room, screen_message, understand
from bot.advisor.verify import verify
from knowledge.document import Case, Guidance, Language
from knowledge.generation import Generation
from knowledge.intents import Intent

Step = Callable[[Context], None]

# Each reads and fills the context; one of the first group may end the run by setting a status.
STEPS: tuple[tuple[str, Step], ...] = (
    ("screen", screen_message),
    ("understand", understand),
    ("room", judge_room),
    ("search", look),
)
ALWAYS: tuple[tuple[str, Step], ...] = (("compose", compose), ("verify", verify))


def advise(
    message: str,
    generation: Generation,
    engine: Embeddings,
    *,
    today: date,
    language: Language | None = None,
    seen: Seen | None = None,
    intent: Intent | None = None,
    answer: str | None = None,
) -> Advice:
    """The advice for one message from one generation of the library.

    `language` and `intent` override what the message itself tells; `seen` is what the conversation has had; `answer` is
    the buyer's answer to a widening question, where `message` is the subject with that answer. `today` decides which law has
    expired.
    """
    context = Context(
        message=message, text="", today=today, generation=generation, engine=engine, seen=seen or Seen(),
        wanted_language=language, wanted_intent=intent, answer=answer,
    )  # fmt: skip
    for name, step in STEPS:
        if context.status is None:
            _run(context, name, step)
    for name, step in ALWAYS:
        _run(context, name, step)
    return _advice(context)


def _run(context: Context, name: str, step: Step) -> None:
    began = time.perf_counter()
    step(context)
    context.timings[name] = round((time.perf_counter() - began) * 1000, 2)


def _advice(context: Context) -> Advice:
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
        blocks=context.blocks,
        cases=[_case(case, role, context.language) for case, role in shown],
        guidance=[_guidance(guidance, context.language) for guidance in guidance_told(context)],
        sources=context.told.sources,
        closing=context.closing,
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
