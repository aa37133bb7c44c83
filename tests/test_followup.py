"""A conversation: what a message means after others, what is kept of it, and what is never repeated."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
from PIL import Image

from bot.advisor import clock, followup, wanted
from bot.advisor.advice import Direction
from bot.advisor.questions import bank, question
from bot.advisor.state import ChatState, Subject, Turn
from bot.chat import Conversation, Reply
from bot.memory import Memory
from bot.picture import WIDTH, draw
from knowledge.database import connect
from knowledge.document import Case
from knowledge.embeddings import Bundled
from knowledge.library import Library
from tests.conftest import TODAY, Blik

CAMERAS = "We willen 40 beveiligingscamera's aanbesteden voor de binnenstad."
FURNITURE = "Er moeten nieuwe kantoormeubels komen voor het gemeentehuis"


@pytest.fixture
def chat(library: Library) -> Callable[[], Conversation]:
    return lambda: Conversation(library, ChatState(), lambda: TODAY)


def state_about_cameras(asked: str | None = "trigger") -> ChatState:
    turn = Turn(
        subject=CAMERAS, language="nl", intent="solution", named="camera's", room="idea", dose="question", question=asked,
        options=["Incident", "Klachten", "Weet ik niet"], cases=["a", "b", "c"],
    )  # fmt: skip
    subject = Subject(text=CAMERAS, intent="solution", named="camera's", families=["cameras"])
    return ChatState(turn=1, turns={1: turn}, subject=subject)


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("incident", "option"),
        ("vooral rond sluitingstijd bij de kroegen", "answer"),
        ("weet ik niet, dat moet ik navragen", "unknown"),
        ("waarom?", "why"),
        ("vertel meer over de tweede", "tell"),
        ("wie kan ik daarover bellen", "who"),
        ("bronnen", "sources"),
        ("andere oplossingen", "space"),
        ("raakvlakken?", "connections"),
        ("welke procedure past hier", "procedures"),
        ("nog meer voorbeelden", "more"),
        ("en bij een waterschap?", "refine"),
        ("wat ging er mis bij anderen", "refine"),
        ("de raad heeft al besloten", "room"),
        ("we hebben gisteren gepubliceerd", "room"),
        ("mag dat onderhands", "side"),
        ("hoe lang is de standstill", "side"),
        ("we willen ook 300 laptops kopen voor alle scholen", "subject"),
    ],
)
def test_what_a_message_means(message: str, kind: str) -> None:
    assert followup.read(message, state_about_cameras()).kind == kind


@pytest.mark.parametrize(
    ("message", "controls", "rest"),
    [
        ("geen wedervragen graag. gewoon voorbeelden", ["quiet"], "gewoon voorbeelden"),
        ("prima. je mag weer vragen stellen", ["dismissed", "talk"], ""),
        ("in English please, a colleague reads along", ["english"], ""),
        ("nederlands graag. we hebben gisteren gepubliceerd", ["dutch"], "we hebben gisteren gepubliceerd"),
        ("iets anders: 300 laptops kopen", ["switch"], "300 laptops kopen"),
        ("er kwamen geen vragen binnen op de nota", [], "er kwamen geen vragen binnen op de nota"),
    ],
)
def test_controls_stand_beside_a_message(message: str, controls: list[str], rest: str) -> None:
    assert followup.controls(message, state_about_cameras()) == (controls, rest)


def test_a_typed_answer_is_taken_up_and_the_next_question_is_another(chat: Callable[[], Conversation]) -> None:
    talk = chat()
    first = talk.say(CAMERAS)
    second = talk.say("vooral rond sluitingstijd bij de kroegen, zeggen ondernemers")
    assert first.advice.closing and second.advice.closing
    asked = question(first.advice.closing.id)
    assert asked and asked.nl.typed in second.advice.answer
    assert "sluitingstijd" in second.advice.answer
    assert second.advice.closing.id != first.advice.closing.id
    assert talk.state.subject.answers[0].question == asked.id


def test_a_tapped_answer_says_what_it_means(chat: Callable[[], Conversation]) -> None:
    talk = chat()
    first = talk.say(CAMERAS)
    asked = question(first.advice.closing.id if first.advice.closing else None)
    assert asked
    told = talk.tap(first.actions[0].id).advice.answer
    assert asked.nl.options[0].then in told


def test_not_knowing_leads_to_who_knows_with_a_message_to_send(chat: Callable[[], Conversation]) -> None:
    talk = chat()
    first = talk.say(CAMERAS)
    asked = question(first.advice.closing.id if first.advice.closing else None)
    reply = talk.say("geen idee")
    assert asked and asked.nl.who in reply.advice.answer
    assert reply.advice.forward and asked.nl.forward in reply.advice.forward


def test_a_product_as_an_answer_is_kept_as_an_idea_and_asked_once_from_another_side(chat: Callable[[], Conversation]) -> None:
    talk = chat()
    first = talk.say(CAMERAS)
    asked = question(first.advice.closing.id if first.advice.closing else None)
    second = talk.say("gewoon bodycams dan")
    assert asked and second.advice.closing
    assert second.advice.closing.id == asked.other_side
    assert "idee" in second.advice.answer
    third = talk.say("of extra lantaarnpalen")
    assert [answer.idea for answer in talk.state.subject.answers] == [True, False]
    assert third.advice.closing is None or third.advice.closing.id not in (asked.id, asked.other_side)


def test_no_question_and_no_case_comes_twice(chat: Callable[[], Conversation]) -> None:
    talk = chat()
    questions: list[str] = []
    cases: list[str] = []
    for message in (
        CAMERAS,
        "klachten van bewoners",
        "elke vrijdagnacht",
        "de politie",
        "nog meer voorbeelden",
        "horeca",
        "licht",
    ):
        advice = talk.say(message).advice
        questions += [advice.closing.question] if advice.closing else []
        cases += [case.id for case in advice.cases]
        assert advice.answer.count("?") <= 1
    assert len(questions) == len(set(questions)) and len(questions) >= 4
    assert len(cases) == len(set(cases))


def test_questions_go_round_the_perspectives(chat: Callable[[], Conversation]) -> None:
    talk = chat()
    told = [
        talk.say(message).advice.closing for message in (CAMERAS, "klachten", "vooral 's nachts", "de wijkagent", "ja hoor")
    ]
    assert len({closing.perspective for closing in told if closing}) >= 4


def test_silence_holds_until_it_is_revoked_also_over_subjects(chat: Callable[[], Conversation]) -> None:
    talk = chat()
    talk.say(CAMERAS)
    assert talk.say("weer zo'n vraag. stop daarmee").advice.answer == "Goed, geen vragen meer."
    for message in ("nog meer voorbeelden", FURNITURE, "andere oplossingen", "en bij een school?"):
        advice = talk.say(message).advice
        assert advice.closing is None and "?" not in advice.answer
    assert talk.say("je mag weer vragen stellen").advice.closing is not None


def test_a_new_subject_starts_fresh_and_the_old_one_can_be_gone_back_to(chat: Callable[[], Conversation]) -> None:
    talk = chat()
    talk.say(CAMERAS)
    talk.say("de raad heeft besloten")
    assert talk.state.subject.room == "decided"
    other = talk.say(FURNITURE).advice
    assert other.room == "idea" and talk.state.subject.named != "beveiligingscamera's"
    again = talk.say("terug naar de camera's").advice
    assert again.room == "decided" and "camera" in (again.named_solution or "")


def test_a_fact_beside_the_subject_leaves_it_as_it_is(chat: Callable[[], Conversation]) -> None:
    talk = chat()
    talk.say(CAMERAS)
    fact = talk.say("drempel diensten 2026?").advice
    assert fact.intent == "how" and "216.000" in fact.answer and fact.closing is None
    assert talk.state.subject.text == CAMERAS
    assert "camera" in (talk.say("andere oplossingen").advice.named_solution or "")


def test_the_last_answer_is_told_again_in_the_other_language(chat: Callable[[], Conversation]) -> None:
    talk = chat()
    first = talk.say(CAMERAS).advice
    told = talk.say("in English please").advice
    assert told.language == "en"
    assert [case.id for case in told.cases] == [case.id for case in first.cases]
    assert talk.say("andere oplossingen").advice.language == "en"


def test_a_case_is_told_in_full_by_its_place_or_its_name(chat: Callable[[], Conversation]) -> None:
    talk = chat()
    first = talk.say(CAMERAS).advice
    assert [case.id for case in talk.say("vertel meer over de tweede").advice.cases] == [first.cases[1].id]
    third = next(case for case in first.cases if case.organisation)
    name = (third.organisation or "").replace("Gemeente ", "").split(" ")[0]
    assert talk.say(f"en vertel meer over {name}").advice.cases


def test_after_publication_a_conversation_gives_help_and_asks_nothing(chat: Callable[[], Conversation]) -> None:
    talk = chat()
    talk.say(CAMERAS)
    advice = talk.say("we hebben gisteren gepubliceerd").advice
    assert (advice.room, advice.closing, advice.cases) == ("published", None, [])
    assert "gelijk" in advice.answer
    assert talk.say("kan ik nog een eis schrappen").advice.closing is None


def test_a_date_puts_the_clock_first(chat: Callable[[], Conversation]) -> None:
    answer = chat().say("Het contract voor de schoonmaak loopt 1 juli af").advice.answer
    assert answer.startswith("Eerst de klok: 1 juli 2027, dat is over 31 weken.")


def test_the_solution_space_holds_the_own_idea_doing_nothing_and_two_without_buying(chat: Callable[[], Conversation]) -> None:
    talk = chat()
    talk.say(CAMERAS)
    reply = talk.say("andere oplossingen")
    directions = reply.advice.directions
    assert reply.advice.skill == "solution-space"
    assert [direction.own for direction in directions].count(True) == 1 and directions[0].own
    assert len([direction for direction in directions if not direction.buys]) >= 3, "two and doing nothing"
    assert "Niets doen" in reply.advice.answer
    cautious = [direction.label for direction in directions if direction.caution]
    assert all("grondslag" in reply.advice.answer for _ in cautious)


def test_the_picture_is_wide_enough_for_a_phone_and_grows_with_its_text() -> None:
    few = [
        Direction(label="niets doen", buys=False),
        Direction(label="camera's", own=True, example="Zo, 2019", outcome="werkte"),
    ]
    many = [*few, *(Direction(label="een heel lange naam van een richting " * 4, example="Ergens " * 20) for _ in range(5))]
    small, large = (Image.open(io.BytesIO(draw(directions, "nl"))) for directions in (few, many))
    assert small.width == large.width == WIDTH
    assert large.height > small.height
    assert small.mode == "RGB", "on a background of its own"


def test_examples_are_found_by_plain_words(library: Library, chat: Callable[[], Conversation]) -> None:
    talk = chat()
    cases = [case.outcome for case in talk.say("Wat ging er mis bij leerlingenvervoer? Voorbeelden graag").advice.cases]
    assert cases and set(cases) <= {"failed", "mixed"}
    with library.lease() as (generation, _):
        every = [document for document in generation.documents.values() if isinstance(document, Case)]
    asked = wanted.read("voorbeelden van een waterschap sinds 2020", every, 2026)
    assert (asked.body, asked.since) == ("water-board", 2020)
    assert not wanted.read("wij zijn een waterschap en willen drones", every, 2026)


def test_a_button_of_an_earlier_subject_still_does_the_right_thing(chat: Callable[[], Conversation]) -> None:
    talk = chat()
    first = talk.say(CAMERAS)
    talk.say(FURNITURE)
    space = next(action for action in first.actions if action.id.endswith(".space"))
    reply = talk.tap(space.id)
    assert reply.advice.skill == "solution-space" and "camera" in (reply.advice.named_solution or "")
    assert talk.tap("99.0").advice.sources == []


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("contract loopt 1 juli af", date(2027, 7, 1)),
        ("loopt 31-7 af", date(2027, 7, 31)),
        ("by 15 May 2027", date(2027, 5, 15)),
        ("vóór de zomer", date(2027, 7, 1)),
        ("drempel 2026-2027", None),
        ("op 3-4 plekken", None),
        ("40 lampen van 4.5 meter", None),
    ],
)
def test_dates_in_messages(text: str, day: date | None) -> None:
    found = clock.due(text, TODAY)
    assert (found.day if found else None) == day


def test_every_question_has_all_it_needs() -> None:
    ids = [entry.id for entry in bank()]
    assert len(ids) == len(set(ids)) >= 60
    for entry in bank():
        assert entry.other_side is None or entry.other_side in ids
        for wording in (entry.nl, entry.en):
            assert wording.text.count("?") == 1 and wording.text.endswith("?")
            assert len(wording.text.split()) <= 20
            assert wording.plain or "{" not in wording.text
            assert "?" not in wording.typed + wording.why + "".join(option.then for option in wording.options)
            labels = [option.label for option in wording.options]
            assert len(labels) == len(set(labels)) >= 3


def test_a_turn_embeds_at_most_two_short_texts(chat: Callable[[], Conversation], monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[str] = []
    embed = Bundled.embed_query

    def counting(self: Bundled, text: str) -> list[float]:
        counted.append(text)
        return embed(self, text)

    monkeypatch.setattr(Bundled, "embed_query", counting)
    talk = chat()
    for message in (CAMERAS, "klachten van bewoners", "andere oplossingen", "en bij een waterschap?", "raakvlakken", FURNITURE):
        counted.clear()
        talk.say(message)
        assert len(counted) <= 2, (message, counted)


def talks(library: Library, memory: Memory, name: str) -> Iterator[Reply]:
    """One chat whose state is loaded and saved around each turn, as channels do."""
    for message in (CAMERAS if hash(name) % 2 else FURNITURE, "klachten", "andere oplossingen"):
        talk = Conversation(library, memory.load(name), lambda: TODAY)
        yield talk.say(message)
        memory.save(name, talk.state)


def side_by_side(library: Library, tmp_path: Path, count: int) -> None:
    memory = Memory(connect(f"sqlite:///{tmp_path / 'blik.db'}"))

    def run(name: str) -> list[str]:
        return [reply.advice.answer for reply in talks(library, memory, name)]

    names = [f"chat-{number}" for number in range(count)]
    with ThreadPoolExecutor(8) as pool:
        answers = dict(zip(names, pool.map(run, names), strict=True))
    for name in names:
        state = memory.load(name)
        assert state.turn == 3
        assert ("camera" in state.subject.text) == bool(hash(name) % 2)
    for parity in (0, 1):
        assert len({tuple(answers[name]) for name in names if bool(hash(name) % 2) == bool(parity)}) == 1


def test_chats_side_by_side_never_mix(library: Library, tmp_path: Path) -> None:
    side_by_side(library, tmp_path, 24)


@pytest.mark.long
def test_a_thousand_chats_side_by_side_never_mix(library: Library, tmp_path: Path) -> None:
    side_by_side(library, tmp_path, 1_000)


def test_a_restarted_program_goes_on_with_the_same_question(blik: Blik, library_data: Path) -> None:
    def say(text: str) -> dict[str, object]:
        done = blik("chat", "--chat", "restart", "--json", data=library_data, stdin=json.dumps({"text": text}) + "\n")
        return json.loads(done.stdout.splitlines()[-1])

    try:
        first = say(CAMERAS)
        closing = first["closing"]
        assert isinstance(closing, dict)
        asked = next(entry for entry in bank() if entry.nl.text == closing["question"])
        second = say(asked.nl.options[1].label.lower())
        assert asked.nl.options[1].then in str(second["answer"])
        assert second["named_solution"] == first["named_solution"]
    finally:
        blik("chat", "--forget", "restart", data=library_data)


def test_five_questions_for_an_intake(chat: Callable[[], Conversation]) -> None:
    reply = chat().say("heb zo intake met OOV over camera's binnenstad, wat moet ik vragen")
    advice = reply.advice
    assert advice.skill == "intake" and advice.forward and advice.forward.count("\n") >= 7
    assert [line[:2] for line in advice.forward.splitlines() if line[:1].isdigit()] == ["1.", "2.", "3.", "4.", "5."]
    assert "camera" in advice.answer and "?" not in advice.answer.replace(advice.closing.question if advice.closing else "", "")
    assert advice.sources and "jullie" in advice.forward
    general = chat().say("/intake").advice
    assert general.skill == "intake" and general.forward and general.closing is None
    contract = chat().say("intake meeting about our cleaning contract that ends next June, what should I ask").advice
    assert contract.language == "en" and contract.room == "running" and contract.forward != advice.forward
    other = chat().say("we hebben een intake van nieuwe leerlingen en dat systeem is traag").advice
    assert other.skill is None


def test_a_general_amount_and_thanks_stand_beside_the_subject(chat: Callable[[], Conversation]) -> None:
    talk = chat()
    first = talk.say("Ouderen in de wijk zijn eenzaam en we bereiken ze niet").advice
    assert first.closing
    amount = talk.say("Vanaf welk bedrag moet ik Europees aanbesteden voor leveringen?").advice
    assert amount.intent == "how" and "216.000" in amount.answer and not amount.cases and amount.closing is None
    assert talk.say("dankjewel, hier kan ik mee verder").advice.answer.startswith("Graag gedaan")
    assert "eenzaam" in talk.state.subject.text and not talk.state.subject.answers
    angry = chat().say("WEER een taxibedrijf dat kinderen laat staan, en nu moet ik ze nog verlengen ook??").advice
    assert angry.room == "running"
