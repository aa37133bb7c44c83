"""What stands beside the subject of a conversation and leaves it as it is: the start, help, language, votes, and forms.

An aside is no turn: the question that was open stays open.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress

from bot.advisor.advice import Advice, Block, Closing, Sentence
from bot.advisor.masking import mask
from bot.advisor.replies import written
from bot.advisor.screen import clean
from bot.advisor.state import CASE_FIELDS, FORM_CHARACTERS, ChatState, Form, Turn
from bot.channel import Action, Channel, Contribution, Reply
from bot.menu import menu
from bot.texts import texts
from knowledge.document import Language

_YES = re.compile(
    r"ja|verstuur|klopt|ja,? (dat )?klopt|prima|akkoord|ok|oke|oké|yes|right|send( it)?|stuur( maar)?( op)?", re.IGNORECASE
)
VOTES = ("useful", "useless")
Labelled = Sequence[tuple[str, str]]  # ids of cases with what to call them


def _reply(state: ChatState, advice: Advice, actions: Sequence[Action] = (), *contributions: Contribution) -> Reply:
    state.asides = {action.label.lower(): action.id for action in actions}
    return Reply(state.turn, advice, list(actions), list(contributions))


def _asked(text: str, question: str, options: Sequence[str], language: Language) -> Advice:
    advice = written(text, "", language) if text else Advice(question="", language=language, status="answered", intent="other")
    advice.closing = Closing(kind="offer", question=question, options=list(options))
    return advice


def say(state: ChatState, text: str, language: Language) -> Reply:
    """Written words, as they are."""
    return _reply(state, written(text, "", language))


def start(state: ChatState, language: Language) -> Reply:
    """Who speaks, what not to send, and the situations in which buyers most often come."""
    words = texts(language)["start"]
    options = words["options"]
    actions = [Action(f"start.{index}", label) for index, label in enumerate(options)]
    return _reply(state, _asked(words["text"], words["question"], options, language), actions)


def started(state: ChatState, index: int, language: Language) -> Reply:
    """What to write now, after a situation was chosen."""
    return say(state, texts(language)["start"]["then"][index], language)


def help_(state: ChatState, channel: Channel, language: Language) -> Reply:
    """What the program can do, and the commands of the channel."""
    words = texts(language)
    advice = written(words["other"]["can"], "", language)
    advice.blocks.append(Block(kind="lead", sentences=[Sentence(text=words["start"]["plain"])]))
    commands = [command for command in menu(channel.name) if not command.hidden]
    advice.blocks += [
        Block(kind="bullet", sentences=[Sentence(text=f"/{command.name(language)}: {words['menu'][command.id]}")])
        for command in commands
    ]
    return _reply(state, advice)


def privacy(state: ChatState, channel: Channel, language: Language) -> Reply:
    """What the channel keeps of a chat."""
    advice = written("", "", language)
    advice.blocks = channel.privacy_told(language)
    return _reply(state, advice)


def languages(state: ChatState, language: Language) -> Reply:
    """Which language it shall be."""
    words = texts(language)["language"]
    actions = [Action("language.nl", "Nederlands"), Action("language.en", "English")]
    return _reply(state, _asked("", words["question"], [action.label for action in actions], language), actions)


def vote(state: ChatState, turn: Turn, useful: bool, number: int) -> Reply:
    """Count whether an answer was useful, and offer to add a sentence."""
    words = texts(turn.language)["hand_in"]
    content = {"useful": useful, "families": turn.families, "cases": turn.cases}
    actions = [Action(f"{number}.remark", words["add_option"])]
    advice = _asked(words["useful" if useful else "useless"], words["add"], [words["add_option"]], turn.language)
    return _reply(state, advice, actions, Contribution("useful" if useful else "useless", content))


def remark(state: ChatState, turn: Turn) -> Reply:
    """Ask for the sentence that goes with a vote."""
    state.form = Form(kind="remark", language=turn.language, about=turn.cases)
    return _form(state)


def correction(state: ChatState, cases: Labelled, language: Language) -> Reply:
    """Ask what is wrong with a case; with more than one, which."""
    state.form = Form(kind="correction", language=language, about=[id_ for id_, _ in cases], labels=[name for _, name in cases])
    return _form(state)


def own_case(state: ChatState, language: Language) -> Reply:
    """Ask for a case of the buyer's own, field by field."""
    state.form = Form(kind="case", language=language)
    return _form(state)


def form_tap(state: ChatState, action: str) -> Reply | None:
    """Answer a tap under a form; None when that form, or that step of it, is over."""
    form = state.form
    with suppress(ValueError):
        _, kind, step, choice = action.split(".")
        if form is None or form.kind != kind or len(form.answers) != int(step):
            return None
        words = texts(form.language)["hand_in"]
        if choice == "stop":
            state.form = None
            return say(state, words["cancelled"], form.language)
        asking = kind == "case" and len(form.answers) < len(CASE_FIELDS)
        if choice == "skip" and asking:
            form.answers.append("")
            return _form(state)
        if choice == "send" and kind == "case" and not asking:
            return _handed_in(state, form)
        if choice.isdecimal() and form.labels and not form.answers and int(choice) < len(form.about):
            form.answers.append(form.about[int(choice)])
            return _form(state)
    return None


def form_text(state: ChatState, text: str) -> Reply:
    """Take a message as the answer to the open form."""
    form = state.form
    assert form is not None
    if form.kind == "case" and len(form.answers) == len(CASE_FIELDS):  # it was read back: only a yes sends it
        return _handed_in(state, form) if _YES.fullmatch(text.strip(" .!")) else _read_back(state, form)
    form.answers.append(mask(clean(text))[:FORM_CHARACTERS])
    if form.kind == "correction" and len(form.answers) == 1 and form.labels:
        form.answers.insert(0, "")  # wrote at once what is wrong, without choosing a case
    return _form(state)


def _form(state: ChatState) -> Reply:
    """The next step of the open form, or its end."""
    form = state.form
    assert form is not None
    words, step = texts(form.language)["hand_in"], len(form.answers)
    stop = Action(f"form.{form.kind}.{step}.stop", words["stop"])
    if form.kind == "case":
        if step == len(CASE_FIELDS):
            return _read_back(state, form)
        skip = Action(f"form.case.{step}.skip", words["skip"])
        lead = words["case_lead"] if step == 0 else ""
        question = f"{step + 1}/{len(CASE_FIELDS)}. {words['case'][CASE_FIELDS[step]]}"
        return _reply(state, _asked(lead, question, [skip.label, stop.label], form.language), [skip, stop])
    if form.kind == "correction" and step == 0 and len(form.labels) > 1:
        actions = [Action(f"form.correction.0.{index}", label) for index, label in enumerate(form.labels)] + [stop]
        labels = [action.label for action in actions]
        return _reply(state, _asked("", words["which_case"], labels, form.language), actions)
    if form.kind == "correction" and step == 0:
        form.answers.append(form.about[0] if form.about else "")
        return _form(state)
    if (form.kind == "remark" and step == 0) or (form.kind == "correction" and step == 1):
        advice = written(words["remark" if form.kind == "remark" else "correction"], "", form.language)
        if form.kind == "correction" and form.answers[0]:
            advice.blocks[0].label = f"{form.labels[form.about.index(form.answers[0])]}."
        return _reply(state, advice, [stop])
    return _handed_in(state, form)


def _read_back(state: ChatState, form: Form) -> Reply:
    """The case as it will be handed in, before it is."""
    words = texts(form.language)["hand_in"]
    if not any(form.answers):
        state.form = None
        return say(state, words["cancelled"], form.language)
    step = len(form.answers)
    actions = [Action(f"form.case.{step}.send", words["send"]), Action(f"form.case.{step}.stop", words["no_send"])]
    advice = _asked("", words["right"], [action.label for action in actions], form.language)
    advice.blocks = [
        Block(kind="bullet", label=f"{words['fields'][name]}.", sentences=[Sentence(text=answer or words["empty"])])
        for name, answer in zip(CASE_FIELDS, form.answers, strict=True)
    ]
    return _reply(state, advice, actions)


def _handed_in(state: ChatState, form: Form) -> Reply:
    state.form = None
    words = texts(form.language)["hand_in"]
    reply = say(state, words["thanks"], form.language)
    match form.kind:
        case "case":
            reply.contributions.append(Contribution("case", dict(zip(CASE_FIELDS, form.answers, strict=False))))
        case "correction":
            reply.contributions.append(Contribution("correction", {"case": form.answers[0], "text": form.answers[-1]}))
        case "remark":
            reply.contributions.append(Contribution("remark", {"cases": form.about, "text": form.answers[0]}))
    return reply
