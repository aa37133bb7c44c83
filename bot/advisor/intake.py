"""Intake: five questions to ask the department that filed a request, how to begin, and what to take along."""

from __future__ import annotations

from bot.advisor.advice import Block, Closing, Room, Sentence
from bot.advisor.context import Context
from bot.advisor.facts import tell_steps
from bot.advisor.questions import question
from bot.texts import texts
from knowledge.document import Guidance

GUIDANCE = "intake-conversation"
STEPS = 2
# From the bank, by what is still open: first what happened, then what it is for, then who and what it touches.
QUESTIONS: dict[Room, tuple[str, ...]] = {
    "idea": ("last-time", "how-often", "tuesday", "who-gets-work", "running-contract"),
    "decided": ("still-open", "trigger", "tuesday", "who-gets-work", "running-contract"),
    "draft": ("whose-description", "unexplained-requirement", "tuesday", "daily-user", "running-contract"),
    "published": ("most-questions", "who-gets-work", "where-measured", "who-signs", "running-contract"),
    "running": ("disappointed", "supplier-idea", "renew-number", "bids-last-time", "switch-over"),
}
ROUTINE = ("really-broken", "used-now", "in-house-already", "last-result", "order-together")


def look(context: Context) -> None:
    """The guidance on such a conversation."""
    topic = context.generation.documents.get(GUIDANCE)
    context.help = [topic] if isinstance(topic, Guidance) else []
    context.found = "good"


def compose(context: Context) -> None:
    """A lead, how to begin, what to take along, one step from guidance; the questions stand in the text to send on."""
    words, language = texts(context.language)["intake"], context.language
    subject = context.named.text if context.named else ""
    lead = words["lead_named"].format(subject=subject) if subject else words["lead"]
    context.blocks = [
        Block(kind="lead", sentences=[Sentence(text=lead)]),
        Block(kind="bullet", label=words["opening_label"], sentences=[Sentence(text=words["opening"])]),
        Block(kind="bullet", label=words["bring_label"], sentences=[Sentence(text=words["bring"][context.room])]),
    ]
    for topic in context.help:
        context.blocks += tell_steps(context.told, topic, STEPS, context.today, context.text)
    ids = ROUTINE if context.dose == "light" else QUESTIONS[context.room]
    asked = [entry.wording(language).forward for id_ in ids if (entry := question(id_))]
    about = words["forward_named"].format(subject=subject) if subject else words["forward"]
    context.forward = "\n".join(
        [about, "", *(f"{number}. {text}" for number, text in enumerate(asked, start=1)), "", words["end"]]
    )
    if context.dose != "none":
        taps = texts(language)["tap"]
        context.closing = Closing(kind="offer", question=taps["meanwhile"], options=taps["meanwhile_options"], id="meanwhile")
