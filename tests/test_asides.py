"""What stands beside the subject: votes, forms, language, help. The question that is open stays open."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.advisor.state import CASE_FIELDS, ChatState
from bot.channel import Channel
from bot.chat import Conversation
from bot.menu import menu, read
from bot.texts import texts
from knowledge.library import Library
from tests.conftest import TODAY

CAMERAS = "We willen 40 beveiligingscamera's aanbesteden voor de binnenstad."
CHANNEL = Channel("telegram", notices=True, page=3)


@pytest.fixture
def chat(library: Library) -> Callable[[], Conversation]:
    return lambda: Conversation(library, ChatState(), lambda: TODAY, CHANNEL)


def test_a_vote_with_a_sentence_leaves_the_question_open(chat: Callable[[], Conversation]) -> None:
    talk = chat()
    first = talk.say(CAMERAS)
    assert first.advice.closing
    vote = talk.tap(f"{first.turn}.useless")
    assert [one.kind for one in vote.contributions] == ["useless"] and vote.turn == first.turn + 1
    assert "cameras" in vote.contributions[0].content["families"], "subject words of the vocabulary, no text"
    talk.tap(vote.actions[0].id)
    (remark,) = talk.say("Te lang; mail jan@voorbeeld.nl").contributions
    assert remark.kind == "remark" and remark.content["text"] == "Te lang; mail [e-mail]"
    taken_up = talk.say(first.advice.closing.options[1])
    assert first.advice.closing.options[1] in taken_up.advice.answer, "still an answer to the first question"


def test_a_form_is_dropped_by_a_command_or_a_button_of_an_answer(chat: Callable[[], Conversation]) -> None:
    talk = chat()
    first = talk.say(CAMERAS)
    talk.say("/zaak")
    assert not talk.say("/help").contributions and talk.state.form is None
    form = talk.say("ik heb ook een zaak")
    talk.tap(f"{first.turn}.0")
    assert talk.state.form is None
    assert "ken ik niet meer" in talk.tap(form.actions[0].id).advice.answer


def test_a_case_of_ones_own_is_read_back_before_it_goes(chat: Callable[[], Conversation]) -> None:
    talk = chat()
    reply = talk.say("/zaak")
    for number, _ in enumerate(CASE_FIELDS):
        assert reply.advice.closing and reply.advice.closing.question.startswith(f"{number + 1}/6")
        assert reply.advice.answer.count("?") == 1
        reply = talk.say(f"antwoord {number}")
    assert all(f"antwoord {number}" in reply.advice.answer for number in range(6)) and not reply.contributions
    assert "antwoord 5" in talk.say("er ligt zwerfafval").advice.answer, "what is no yes is not sent"
    for forged in ("form.case.6.skip", "form.case.6.9", "form.remark.0.send"):
        assert not talk.tap(forged).contributions
    typed = chat()
    for words in ("/zaak", *("a" * 6)):
        typed.say(words)
    assert typed.say("Ja, klopt").contributions
    sent = talk.say("verstuur")
    assert sent.contributions[0].content == {name: f"antwoord {number}" for number, name in enumerate(CASE_FIELDS)}
    empty = talk.say("/zaak")
    for _ in CASE_FIELDS:
        empty = talk.tap(empty.actions[0].id)
    assert talk.state.form is None and not empty.contributions, "nothing to send"


def test_a_gap_is_counted_once_and_news_can_be_asked_for(chat: Callable[[], Conversation]) -> None:
    talk = chat()
    gap = talk.say("we zoeken voorbeelden van een onderzoeksduikboot")
    assert gap.advice.status == "gap" and [one.kind for one in gap.contributions] == ["gap"]
    assert "duikboot" not in str(gap.contributions[0].content)
    assert not any(action.id.endswith((".space", ".connections")) for action in gap.actions)
    assert not talk.say("nog meer voorbeelden").contributions, "a follow-up is no gap of its own"
    (wish,) = talk.tap(f"{gap.turn}.notify").contributions
    assert wish.kind == "notify" and "duikboot" in wish.content["subject"]
    assert [one.kind for one in talk.say("/stop").contributions] == ["no_notices"]


def test_the_chosen_language_holds(chat: Callable[[], Conversation]) -> None:
    talk = chat()
    choice = talk.say("/taal")
    assert [action.label for action in choice.actions] == ["Nederlands", "English"]
    assert "English" in talk.say("English").advice.answer
    assert talk.say(CAMERAS).advice.language == "en"
    assert talk.say("/language nl").advice.answer == texts("nl")["language"]["chosen"]


def test_commands_have_plain_words_and_a_line_in_both_languages() -> None:
    for command in menu("telegram"):
        assert read(f"/{command.nl}", "telegram") == read(f"/{command.en}@bot", "telegram") == (command.id, "")
        assert all(texts(language)["menu"][command.id] for language in ("nl", "en"))
    assert read("wat bewaar je van mij?", "telegram") == ("privacy", "")
    assert read("delete my data", "telegram") == ("forget", "")
    assert read("/vergeet", "command line") == ("unknown", "")
    assert read("het contract klopt niet met de offerte van vorig jaar", "telegram") is None


def test_commands_without_a_subject_ask_for_one(chat: Callable[[], Conversation]) -> None:
    for command in ("/voorbeelden", "/oplossingsruimte", "/procedure"):
        reply = chat().say(command)
        assert reply.advice.answer == texts("nl")["tap"]["which_subject"] and not reply.contributions
