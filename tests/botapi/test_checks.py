"""What the emulator refuses: it must be what Telegram refuses, with the same words."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from telegram import Bot, CopyTextButton, InlineKeyboardButton, InlineKeyboardMarkup, ReplyParameters
from telegram.error import BadRequest

from tests.botapi import BotApi
from tests.botapi.client import ANNA, bad, data, keys, library
from tests.botapi.markup import parse
from tests.botapi.model import Refused


@pytest.fixture
def api() -> Iterator[BotApi]:
    with BotApi() as server:
        yield server


@pytest.fixture
async def bot(api: BotApi) -> AsyncIterator[Bot]:
    async with library(api) as bot:
        yield bot


@pytest.mark.parametrize(
    "html, text, kinds",
    [
        ("<b>a <i>b</i></b> 😀 <u>c</u>", "a b 😀 c", [("bold", 0, 3), ("italic", 2, 1), ("underline", 7, 1)]),
        ("<STRONG>a</strong><em>b</em><ins>c</ins><del>d</del>", "abcd", None),
        ("<s>a</s><strike>b</strike><tg-spoiler>c</tg-spoiler>", "abc", None),
        ('<span class="tg-spoiler">a</span>', "a", [("spoiler", 0, 1)]),
        ('<pre><code class="language-python">x = 1</code></pre>', "x = 1", [("pre", 0, 5)]),
        ("<blockquote>a</blockquote><blockquote expandable>b</blockquote>", "ab", None),
        ('<tg-emoji emoji-id="5368324170671202286">👍</tg-emoji>', "👍", [("custom_emoji", 0, 2)]),
        ("&lt;b&gt; &amp;amp; &quot;&#39;&#x1F600;", "<b> &amp; \"'😀", []),
        ('<a href="https://a.nl/?x=1&amp;y=2">a</a>', "a", [("text_link", 0, 1)]),
        ("<a href='tg://user?id=1'>a</a><a href=\"mailto:a@b.nl\">b</a>", "ab", None),
        ('<a href="javascript:alert(1)">a</a><a href="http://localhost:8000">b</a><a>c</a>', "abc", []),
    ],
)
def test_html_that_telegram_takes(html: str, text: str, kinds: list[tuple[str, int, int]] | None) -> None:
    found = parse(html)
    assert found.text == text
    if kinds is not None:
        assert [(e["type"], e["offset"], e["length"]) for e in found.entities] == kinds


@pytest.mark.parametrize(
    "html, complaint",
    [
        ("a < b", 'Unsupported start tag "" at byte offset 2'),
        ("a & b", 'Unescaped "&" at byte offset 2'),
        ("a &nbsp; b", 'Unescaped "&" at byte offset 2'),
        ("é > b", 'Unescaped ">" at byte offset 3'),
        ("<b>a", 'Can\'t find end tag corresponding to start tag "b"'),
        ("<b><i>a</b></i>", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
        ("a</b>", "Unexpected end tag at byte offset 1"),
        ("<p>a</p>", 'Unsupported start tag "p" at byte offset 0'),
        ("<br/>", 'Unsupported start tag "br/" at byte offset 0'),
        ("a <b", "Unclosed start tag at byte offset 2"),
        ("<i>a</i", "Unclosed end tag at byte offset 4"),
        ('<a href="x>a</a>', "Unclosed start tag at byte offset 0"),
        ("<i x=19,>a</i>", "Unexpected end of name token at byte offset 5"),
        ("<i =a>a</i>", 'Empty attribute name in the tag "i" at byte offset 0'),
        ('<span class="x">a</span>', 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ],
)
def test_html_that_telegram_refuses(html: str, complaint: str) -> None:
    with pytest.raises(Refused) as refused:
        parse(html)
    assert str(refused.value) == f"Bad Request: can't parse entities: {complaint}"


@pytest.mark.parametrize(
    "text, complaint",
    [
        *[(text, "message text is empty") for text in ("", " \n\u200b", "<b> </b>")],
        *[(text, "message is too long") for text in ("a" * 4097, "😀" * 2049)],
        ("<b", "can't parse entities"),
    ],
)
async def test_texts_are_refused(api: BotApi, bot: Bot, text: str, complaint: str) -> None:
    with bad(complaint):
        await bot.send_message(ANNA, text, parse_mode="HTML")
    assert len(api.wrong) == 1 and not api.sent


async def test_length_counts_after_parsing(api: BotApi, bot: Bot) -> None:
    await bot.send_message(ANNA, f"<b>{'😀' * 2046}&amp;&lt;&gt;a</b>", parse_mode="HTML")
    await bot.send_document(ANNA, b"x", caption="a" * 1024, filename="x.txt")
    with bad("caption is too long"):
        await bot.send_document(ANNA, b"x", caption="a" * 1025, filename="x.txt")


@pytest.mark.parametrize(
    "markup, complaint",
    [
        (keys(data("Ja", "é" * 33)), "BUTTON_DATA_INVALID"),
        (keys(data("Ja", "")), "BUTTON_DATA_INVALID"),
        (keys(data(" ")), "must be non-empty"),
        (keys(InlineKeyboardButton("Ja")), "unallowed"),
        (keys(InlineKeyboardButton("Ja", url="https://a.nl", callback_data="x")), "exactly one"),
        (keys(InlineKeyboardButton("Ja", url="javascript:1")), "wrong HTTP URL"),
        (keys(InlineKeyboardButton("Ja", copy_text=CopyTextButton("a" * 257))), "COPY_TEXT"),
        (keys(*[data()] * 101), "REPLY_MARKUP_TOO_LONG"),
    ],
)
async def test_keyboards_are_refused(api: BotApi, bot: Bot, markup: InlineKeyboardMarkup, complaint: str) -> None:
    with bad(complaint):
        await bot.send_message(ANNA, "a", reply_markup=markup)
    assert len(api.wrong) == 1


async def test_a_keyboard_at_the_limits(api: BotApi, bot: Bot) -> None:
    await bot.send_message(ANNA, "a", reply_markup=keys(*[data("Ja", "é" * 32)] * 100))
    assert len(api.sent[0].labels) == 100


async def test_edits(api: BotApi, bot: Bot) -> None:
    first = await bot.send_message(ANNA, "<b>a</b>", parse_mode="HTML", reply_markup=keys(data()))
    with bad("is not modified"):
        await bot.edit_message_text("<b>a</b>", ANNA, first.message_id, parse_mode="HTML", reply_markup=keys(data()))
    assert not api.wrong
    await bot.edit_message_text("b", ANNA, first.message_id)
    await bot.edit_message_reply_markup(ANNA, first.message_id, reply_markup=keys(data("Nee", "no")))
    assert (api.sent[0].text, api.sent[0].versions, api.sent[0].labels) == ("b", ["a", "b"], ["Nee"])
    with bad("message to edit not found"):
        await bot.edit_message_text("c", ANNA, 99)
    with bad("no caption in the message"):
        await bot.edit_message_caption(ANNA, first.message_id, caption="c")
    assert len(api.wrong) == 2
    await bot.delete_message(ANNA, first.message_id)
    assert api.sent[0].deleted
    with bad("message to delete not found"):
        await bot.delete_message(ANNA, first.message_id)


async def test_replies_to_what_is_not_there(api: BotApi, bot: Bot) -> None:
    with bad("message to be replied not found"):
        await bot.send_message(ANNA, "a", reply_parameters=ReplyParameters(7))
    await bot.send_message(ANNA, "a", reply_parameters=ReplyParameters(7, allow_sending_without_reply=True))
    assert api.sent[0].reply_to is None and len(api.wrong) == 1


async def test_settings(api: BotApi, bot: Bot) -> None:
    await bot.set_my_commands([("start", "Begin")], language_code="nl")
    await bot.set_my_description("Dag")
    await bot.set_my_short_description("D", language_code="en")
    assert api.settings["setMyCommands", "nl"] == [{"command": "start", "description": "Begin"}]
    assert (api.settings["setMyDescription", ""], api.settings["setMyShortDescription", "en"]) == ("Dag", "D")
    for refused in (
        bot.set_my_commands([("Start", "Begin")]),
        bot.set_my_commands([("start", "")]),
        bot.set_my_commands([("start", "a" * 257)]),
        bot.set_my_commands([(f"c{n}", "a") for n in range(101)]),
        bot.set_my_description("a" * 513),
        bot.set_my_short_description("a" * 121),
    ):
        with pytest.raises(BadRequest):
            await refused
    assert len(api.wrong) == 6
