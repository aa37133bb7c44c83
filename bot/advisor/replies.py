"""Replies that only a conversation has: taking up an answer to a question, and written words."""

from __future__ import annotations

from dataclasses import dataclass

from bot.advisor import followup
from bot.advisor.advice import Advice, Block, Closing, Sentence
from bot.advisor.questions import Question, question
from bot.advisor.state import ChatState
from bot.texts import texts
from knowledge.document import Language
from knowledge.lexical import tokens
from knowledge.vocabulary import vocabulary

SAID_BACK = 14  # words: a longer answer is not repeated
IDEA_WORDS = 12
FOR_EVERYBODY, FOR_MUST = "not-at-the-table", "still-open"


@dataclass(frozen=True)
class TakenUp:
    """An answer taken up: the first sentences of the next turn, whether it was a product again, and what to ask then."""

    opening: list[Sentence]
    idea: bool = False
    ask: str | None = None


def written(text: str, message: str, language: Language) -> Advice:
    """An answer that is only written words."""
    return Advice(
        question=message, language=language, status="answered", intent="other",
        blocks=[Block(kind="lead", sentences=[Sentence(text=text)])],
    )  # fmt: skip


def take_up_option(asked: Question, index: int, language: Language) -> TakenUp:
    """What the chosen answer means for the purchase."""
    option = asked.wording(language).options[index]
    noted = texts(language)["tap"]["noted"].format(answer=option.label)
    return TakenUp([Sentence(text=noted), Sentence(text=option.then)])


def take_up_words(asked: Question | None, answer: str, state: ChatState, language: Language) -> TakenUp:
    """What an answer in the buyer's own words means: a product is kept as an idea, a vague one is asked smaller."""
    words = texts(language)["tap"]
    said = answer.strip(" .!,;")
    families = [family for family, _ in vocabulary().families_in(answer, language) if family.buys]
    if families and len(answer.split()) <= IDEA_WORDS and not any(entry.idea for entry in state.subject.answers[-1:]):
        ask = asked.other_side if asked and asked.other_side not in state.questions else None
        return TakenUp([Sentence(text=words["idea"].format(answer=_capital(said)))], idea=True, ask=ask)
    noted = Sentence(text=words["noted"].format(answer=said) if len(said.split()) <= SAID_BACK else words["noted_long"])
    if followup.says(answer, "everybody"):
        return TakenUp([Sentence(text=words["everybody"])], ask=FOR_EVERYBODY)
    if followup.says(answer, "must"):
        return TakenUp([Sentence(text=words["must"])], ask=FOR_MUST)
    thin = not asked or not tokens(answer, language)
    return TakenUp([noted] if thin else [noted, Sentence(text=asked.wording(language).typed)] if asked else [noted])


def who_knows(asked: Question | None, state: ChatState, language: Language, message: str) -> Advice:
    """Where "I don't know" leads: to who does, with a message to send on."""
    words = texts(language)["tap"]
    named = state.subject.named
    if asked is None:
        advice = written(words["unknown_plain"], message, language)
        advice.forward = words["forward_plain"]
        return advice
    wording = asked.wording(language)
    advice = written(words["unknown"].format(who=wording.who), message, language)
    form = words["forward"] if named else words["forward_unnamed"]
    advice.forward = form.format(subject=named, question=wording.forward)
    if not state.no_questions:
        advice.closing = Closing(kind="offer", question=words["meanwhile"], options=words["meanwhile_options"], id="meanwhile")
    return advice


def why(state: ChatState, language: Language, message: str) -> Advice:
    """Why the last question was asked; without a question, why such cases are shown."""
    words = texts(language)["why"]
    last = state.last
    asked = question(last.question) if last else None
    named = _subject_name(state, language)
    about = words["about"].format(named=named) if named else ""
    if asked is None:
        text = words["cases"] if last and last.cases else words["nothing"]
        return written(f"{text} {about}".strip(), message, language)
    wording = asked.wording(language)
    return written(" ".join(filter(None, [wording.why, about, words["answer"]])), message, language)


def _subject_name(state: ChatState, language: Language) -> str | None:
    """What to call the subject: the thing that was named, else the family of solutions that stood in the message."""
    families = vocabulary().families
    known = [families[id_][language] for id_ in state.subject.families if id_ in families]
    return state.subject.named or (known[0] if known else None)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
