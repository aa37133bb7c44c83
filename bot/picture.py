"""The solution space as a picture: a column of directions that can be read on a phone, on a background of its own."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from bot.advisor.advice import Direction
from bot.texts import texts
from knowledge.document import Language

WIDTH, MARGIN, GAP, PAD = 1080, 48, 24, 28  # pixels
TITLE, LABEL, SMALL = 52, 40, 32  # sizes of letters
LINE = 1.35  # of a size
BACKGROUND, INK, GREY = "#f4f6f8", "#17212b", "#4a5a68"
CARD, OWN, FREE = "#ffffff", "#fff3d6", "#e3f4e6"
EDGE, OWN_EDGE = "#c4ced6", "#b26a00"


def draw(directions: Sequence[Direction], language: Language) -> bytes:
    """A PNG of the directions: the buyer's own marked, those that buy nothing in another colour and in words."""
    words = texts(language)["space"]
    title = _wrap(words["picture_title"], TITLE, WIDTH - 2 * MARGIN)
    cards = [_lines(direction, words) for direction in directions]
    heights = [round(sum(size * LINE for _, size, _ in lines)) + 2 * PAD for lines in cards]
    top = MARGIN + round(len(title) * TITLE * LINE) + GAP
    image = Image.new("RGB", (WIDTH, top + sum(heights) + GAP * len(cards) + MARGIN - GAP), BACKGROUND)
    pen = ImageDraw.Draw(image)
    for number, line in enumerate(title):
        pen.text((MARGIN, MARGIN + number * TITLE * LINE), line, fill=INK, font=_font(TITLE), stroke_width=1)
    for direction, lines, height in zip(directions, cards, heights, strict=True):
        fill = OWN if direction.own else CARD if direction.buys else FREE
        edge, width = (OWN_EDGE, 6) if direction.own else (EDGE, 2)
        pen.rounded_rectangle((MARGIN, top, WIDTH - MARGIN, top + height), 20, fill=fill, outline=edge, width=width)
        y = float(top + PAD)
        for text, size, bold in lines:
            pen.text((MARGIN + PAD, y), text, fill=INK if bold else GREY, font=_font(size), stroke_width=int(bold))
            y += size * LINE
        top += height + GAP
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def save(directions: Sequence[Direction], language: Language, folder: Path) -> Path:
    """Draw into `folder`; the same directions are the same file. Raises OSError where it cannot be written."""
    data = draw(directions, language)
    path = folder / f"{hashlib.sha256(data).hexdigest()[:16]}.png"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}.part")
        part.write_bytes(data)
        part.replace(path)
    return path


def _lines(direction: Direction, words: dict[str, str]) -> list[tuple[str, int, bool]]:
    """The lines of a card: text, size and whether it stands out."""
    room = WIDTH - 2 * (MARGIN + PAD)
    marks = [words["own"]] if direction.own else []
    if not direction.buys and direction.label != words["do_nothing"]:
        marks.append(words["buys_nothing"])
    if direction.caution:
        marks.append(words["caution"])
    label = direction.label[:1].upper() + direction.label[1:]
    lines = [(line, LABEL, True) for line in _wrap(label, LABEL, room)]
    lines += [(line, SMALL, True) for mark in marks for line in _wrap(mark, SMALL, room)]
    example = f"{direction.example}: {direction.outcome}" if direction.example else words["picture_empty"]
    if direction.label == words["do_nothing"]:
        example = words["do_nothing_text"]
    return lines + [(line, SMALL, False) for line in _wrap(example, SMALL, room)]


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _wrap(text: str, size: int, width: int) -> list[str]:
    """Lines of a text that are at most `width` pixels wide; a longer word stands alone."""
    font, lines, line = _font(size), [], ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if line and font.getlength(longer) > width:
            lines.append(line)
            line = word
        else:
            line = longer
    return [*lines, line] if line else lines
