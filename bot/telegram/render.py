"""Advice as Telegram HTML: pure functions from structured answers to parts of a message that Telegram always accepts.

Telegram counts a message in UTF-16 code units of the visible text, at most 4096 (https://core.telegram.org/bots/api#sendmessage).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from pydantic import BaseModel

from bot.advisor.advice import Advice, Block, Direction, Sentence
from bot.channel import Action
from bot.texts import texts
from knowledge.document import Language

TEXT_UNITS, CAPTION_UNITS = 4096, 1024
LINKS = 90  # Telegram drops formatting after a hundred entities of a message
# Buttons of a row are equally wide; how long the longest label may be on a phone, by how many there are.
ROOM = {1: 42, 2: 19, 3: 12, 4: 7}
DATA_BYTES = 64
FOLDED_CHARACTERS = 180  # a shorter story is not folded
LONG_BULLET = 140  # longer bullets stand apart
NBSP = "\u00a0"
# What may stand under any answer, after the answers to its question; each group begins a row.
STANDING = (("space", "connections"), ("sources", "text", "notify", "case", "wrong"), ("useful", "useless"))
_URL = re.compile(r"https?://[^\s\"<>]+\.[^\s\"<>]+")


class Button(BaseModel):
    label: str
    data: str


class Part(BaseModel):
    """One message to send, as it is kept until it is out. `edit` is the message that it replaces."""

    html: str
    buttons: list[list[Button]] = []
    directions: list[Direction] = []
    language: Language = "nl"
    file: str | None = None
    filename: str | None = None
    edit: int | None = None


class _Piece(BaseModel):
    """Text of one style; `folded` is shown by its first lines until it is tapped."""

    text: str
    tag: str = ""
    link: str | None = None
    folded: bool = False


Paragraph = list[_Piece]


def render(advice: Advice, actions: Sequence[Action], mark: str) -> list[Part]:
    """The parts of an answer, the buttons under the last; a solution space is a picture with its question as caption."""
    question = [[_Piece(text=advice.closing.question, tag="b")]] if advice.closing else []
    if advice.directions:
        caption = [[_Piece(text=_directions_in_short(advice))], *question]
        parts = [Part(html=text) for text in _fit(caption, CAPTION_UNITS)[:1]]
        parts[0].directions, parts[0].language = advice.directions, advice.language
    elif advice.forward:
        pieces = [text for text in _pieces(advice.forward, TEXT_UNITS) if _escape(text).strip()]
        parts = [Part(html=text) for text in _fit(list(_paragraphs(advice)), TEXT_UNITS)]
        parts += [Part(html=f"<pre>{_escape(text)}</pre>") for text in pieces]
        parts += [Part(html=text) for text in _fit(question, TEXT_UNITS)]
    else:
        parts = [Part(html=text) for text in _fit([*_paragraphs(advice), *question], TEXT_UNITS)]
    if parts:
        parts[-1].buttons = keyboard(actions, mark)
    return parts


def plain(text: str) -> list[Part]:
    """Written words as parts; empty lines in it separate paragraphs."""
    return [Part(html=part) for part in _fit([[_Piece(text=paragraph)] for paragraph in text.split("\n\n")], TEXT_UNITS)]


def keyboard(actions: Sequence[Action], mark: str) -> list[list[Button]]:
    """Rows of buttons: answers to the question first, then what stands under any answer; ids that are too long are left out."""
    kept = [action for action in actions if len(f"{mark}:{action.id}".encode()) <= DATA_BYTES]
    known = {name for group in STANDING for name in group}
    groups = [[action for action in kept if _name(action) not in known and not action.id.endswith(".stop")]]
    groups.append([action for action in kept if action.id.endswith(".stop")])
    groups += [[action for action in kept if _name(action) in group] for group in STANDING]
    return [row for group in groups for row in _rows(group, mark)]


def _name(action: Action) -> str:
    return action.id.partition(".")[2]


def _rows(actions: Iterable[Action], mark: str) -> list[list[Button]]:
    rows: list[list[Button]] = []
    for action in actions:
        label = action.label if len(action.label) <= ROOM[1] else action.label[: ROOM[1] - 1] + "…"
        button = Button(label=label or "·", data=f"{mark}:{action.id}")
        longest = max(len(one.label) for one in [*(rows[-1] if rows else []), button])
        if rows and longest <= ROOM.get(len(rows[-1]) + 1, 0):
            rows[-1].append(button)
        else:
            rows.append([button])
    return rows


def _paragraphs(advice: Advice) -> Iterator[Paragraph]:
    """Blocks as paragraphs: short bullets in a row in one, a heading with what follows it."""
    urls = {source.n: source.url for source in advice.sources}
    bullets = [block for block in advice.blocks if block.kind == "bullet"]
    apart = max((sum(len(one.text) for one in block.sentences) for block in bullets), default=0)
    paragraph: Paragraph = []
    for number, block in enumerate(advice.blocks, start=1):
        following = advice.blocks[number].kind if number < len(advice.blocks) else None
        bullet = [_Piece(text="• ")] if block.kind == "bullet" else []
        paragraph += [*bullet, *_block(block, urls)]
        if block.kind == "heading" or (block.kind == following == "bullet" and apart <= LONG_BULLET):
            paragraph.append(_Piece(text="\n"))
        else:
            yield paragraph
            paragraph = []
    if paragraph:
        yield paragraph


def _block(block: Block, urls: dict[int, str | None]) -> Paragraph:
    """One block: its label in bold, its sentences, and a link on each number where the source changes.

    The story of a case is folded, so that an answer is not longer than a phone shows; its source and what it warns of are not.
    """
    pieces: Paragraph = []
    facts = [sentence for sentence in block.sentences if sentence.source]
    folded = block.kind == "case" and bool(block.label) and sum(len(one.text) for one in facts) > FOLDED_CHARACTERS
    if block.label:
        head, bracket, rest = block.label.partition(" (") if block.kind in ("case", "direction") else (block.label, "", "")
        pieces.append(_Piece(text=head, tag="b"))
        if bracket:
            pieces.append(_Piece(text=bracket + rest, tag="i"))
    if folded:
        numbers = list(dict.fromkeys(one.source for one in facts if one.source))
        marks = [_Piece(text=f"{NBSP}[{number}]", link=urls.get(number)) for number in numbers]
        story = " ".join(one.text for one in facts)
        beside = " ".join(one.text for one in block.sentences if not one.source)
        return [*pieces, *marks, _Piece(text="\n"), _Piece(text=story, folded=True), *([_Piece(text=beside)] if beside else [])]
    for index, sentence in enumerate(block.sentences):
        if pieces:
            pieces.append(_Piece(text=" "))
        pieces.append(_Piece(text=sentence.text))
        if sentence.source and _last_of_source(block.sentences, index):
            pieces.append(_Piece(text=f"{NBSP}[{sentence.source}]", link=urls.get(sentence.source)))
    return pieces


def _last_of_source(sentences: Sequence[Sentence], index: int) -> bool:
    return index + 1 == len(sentences) or sentences[index + 1].source != sentences[index].source


def _directions_in_short(advice: Advice) -> str:
    """The directions as words, so that a picture is never all there is."""
    words = texts(advice.language)["space"]
    return " · ".join(f"{item.label} ({words['own']})" if item.own else item.label for item in advice.directions)


def _fit(paragraphs: Sequence[Paragraph], limit: int) -> list[str]:
    """Messages of at most `limit` units: whole paragraphs where they fit, else cut between sentences or words."""
    messages: list[str] = []
    current, room, links = "", limit, LINKS
    for paragraph in paragraphs:
        whole = units("".join(piece.text for piece in paragraph))
        linked = sum(1 for piece in paragraph if piece.link or piece.tag)
        if current and whole + 2 <= room and linked <= links:
            current += "\n\n" + _joined(paragraph)
            room, links = room - whole - 2, links - linked
            continue
        if current:
            messages.append(current)
            current, room, links = "", limit, LINKS
        if whole <= limit:
            current, room, links = _joined(paragraph), limit - whole, LINKS - linked
            continue
        for piece in paragraph:
            for text in _pieces(piece.text, limit):
                if units(text) > room and current.strip():
                    messages.append(current)
                    current, room = "", limit
                current += _joined([piece.model_copy(update={"text": text})])
                room -= units(text)
    return [*messages, current] if current.strip() else messages


def _pieces(text: str, limit: int) -> Iterator[str]:
    """A text in pieces of at most `limit` units: cut after a paragraph, a sentence or a word where there is one."""
    while units(text) > limit:
        head = text.encode("utf-16-le")[: 2 * limit].decode("utf-16-le", "ignore")
        at = max((head.rfind(sign) + len(sign) for sign in ("\n\n", "\n", ". ") if head.rfind(sign) > limit // 2), default=0)
        at = at or head.rfind(" ") + 1 or len(head)
        yield text[:at].rstrip() or text[:at]
        text = text[at:]
    if text:
        yield text


def units(text: str) -> int:
    """Length as Telegram counts it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _joined(paragraph: Paragraph) -> str:
    """A paragraph as HTML, with what is folded in one block."""
    parts = []
    for folded, pieces in groupby(paragraph, key=lambda piece: piece.folded):
        text = "".join(map(_markup, pieces))
        parts.append(f"<blockquote expandable>{text}</blockquote>" if folded and text.strip() else text)
    return "".join(parts)


def _markup(piece: _Piece) -> str:
    text = _escape(piece.text)
    if piece.link and _URL.fullmatch(piece.link):
        text = f'<a href="{html.escape(piece.link)}">{text}</a>'
    return f"<{piece.tag}>{text}</{piece.tag}>" if piece.tag and text.strip() else text


def _escape(text: str) -> str:
    """Text as HTML; what cannot be encoded or shown is left out."""
    text = text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")
    return html.escape(text.replace("€ ", f"€{NBSP}"), quote=False)
