"""Advice as Telegram HTML: always valid, whatever the content. The emulator's parser judges, as Telegram's would."""

from __future__ import annotations

import random

import pytest

from bot.advisor.advice import Advice, Block, Closing, Direction, Sentence, Source
from bot.channel import Action
from bot.telegram.render import CAPTION_UNITS, TEXT_UNITS, keyboard, plain, render, units
from tests.botapi.markup import parse

PIECES = [
    "camera's", "<b>vet</b>", "a & b", "&amp;", "</a>", "😀", "👩‍👩‍👧", "ﷺ", "\u202e", "\x00", "\n", "\n\n", '"citaat"',
    "€ 216.000", "[1]", "https://example.org/?a=1&b=2", "een gewone zin met woorden. ", "x" * 700, "zin. " * 200, "😀" * 900,
    "woord " * 900, "`code`", "_x_", "",
]  # fmt: skip
URLS = [
    "https://example.org/a",
    "https://example.org/?q=a&b=\"'",
    "javascript:alert(1)",
    "http://x",
    "",
    None,
    "https://é.nl/ü",
]


def advice(random_: random.Random) -> Advice:
    def text() -> str:
        return "".join(random_.choice(PIECES) for _ in range(random_.randint(0, 6)))

    kinds = ["lead", "bullet", "heading", "case", "direction", "forward"]
    blocks = [
        Block(
            kind=random_.choice(kinds), label=random_.choice([None, text()]),
            sentences=[Sentence(text=text(), source=random_.choice([None, 1, 2, 9])) for _ in range(random_.randint(0, 4))],
        ) for _ in range(random_.randint(0, 12))
    ]  # fmt: skip
    return Advice(
        question="", language=random_.choice(["nl", "en"]), status="answered", intent="problem", blocks=blocks,
        sources=[Source(n=n, id="x", title=text(), url=random_.choice(URLS), quote=text()) for n in (1, 2)],
        closing=random_.choice([None, Closing(kind="widening", question=text() or "Wat?", options=["Ja", text()])]),
        forward=random_.choice([None, text()]),
        directions=[Direction(label=text()) for _ in range(random_.choice([0, 0, 3, 8]))],
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(300))
def test_any_content_becomes_messages_that_telegram_takes(seed: int) -> None:
    random_ = random.Random(seed)
    answer = advice(random_)
    labels = ["Ja", "😀" * 80, "", "een heel lang antwoord om op te tikken dat niet past op een telefoon", "x" * 200]
    actions = [Action(f"{random_.randint(1, 99999)}.{index}", random_.choice(labels)) for index in range(random_.randint(0, 9))]
    parts = render(answer, [*actions, Action("1." + "x" * 80, "te lang")], "ab12")
    for part in parts:
        found = parse(part.html)
        assert units(found.text) <= (CAPTION_UNITS if part.directions else TEXT_UNITS)
        assert found.text.strip() or part.directions
        for row in part.buttons:
            for button in row:
                assert button.label and 1 <= len(button.data.encode()) <= 64
    assert all(not part.buttons for part in parts[:-1]), "buttons stand under the last part only"


def test_nothing_is_lost_when_a_long_answer_is_split() -> None:
    blocks = [Block(kind="case", label=f"Zaak {n} (uit)", sentences=[Sentence(text=f"woord{n} " * 120)]) for n in range(12)]
    answer = Advice(question="", language="nl", status="answered", intent="problem", blocks=blocks)
    parts = render(answer, [Action("1.0", "Ja")], "ab12")
    assert len(parts) > 2
    words = " ".join(parse(part.html).text for part in parts).split()
    assert [words.count(f"woord{n}") for n in range(12)] == [120] * 12
    assert parts[-1].buttons and not parts[0].buttons


def test_numbers_link_to_their_source_and_labels_stand_out() -> None:
    answer = Advice(
        question="", language="nl", status="answered", intent="problem",
        blocks=[Block(kind="bullet", label="Besluit.", sentences=[Sentence(text="Vraag <dit> & dat.", source=1)])],
        sources=[Source(n=1, id="a", title="Bron", url="https://example.org/a?x=1&y=2", quote="Vraag")],
        closing=Closing(kind="widening", question="Wat gebeurde er?", options=[]),
    )  # fmt: skip
    (part,) = render(answer, [], "ab12")
    assert part.html == (
        '• <b>Besluit.</b> Vraag &lt;dit&gt; &amp; dat.<a href="https://example.org/a?x=1&amp;y=2">\u00a0[1]</a>'
        "\n\n<b>Wat gebeurde er?</b>"
    )


def test_text_to_send_on_stands_in_a_block_of_its_own_to_copy() -> None:
    answer = Advice(
        question="", language="nl", status="answered", intent="problem", forward="Hoi,\n\nkun je <dit> doen?\nGroet"
    )
    parts = render(answer, [Action("1.0", "Ja")], "ab12")
    assert parts[-1].html == "<pre>Hoi,\n\nkun je &lt;dit&gt; doen?\nGroet</pre>" and parts[-1].buttons


def test_buttons_of_a_row_fit_on_a_phone() -> None:
    labels = ["Ja", "Nee", "Weet ik niet", "Andere oplossingen", "Raakvlakken", "Bronnen", "Wens van raad of college"]
    rows = keyboard([Action(f"1.{n}", label) for n, label in enumerate(labels)], "ab12")
    assert [button.label for row in rows for button in row] == labels, "in order"
    for row in rows:
        longest = max(len(button.label) for button in row)
        assert len(row) == 1 or longest * len(row) <= 42


def test_written_words_keep_their_paragraphs() -> None:
    (part,) = plain("Eén & twee.\n\nDrie.")
    assert part.html == "Eén &amp; twee.\n\nDrie."
