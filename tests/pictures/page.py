"""A chat as Telegram shows it on a phone, as an HTML page, and photographs of such pages."""

from __future__ import annotations

import base64
import html
import io
import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from tests.botapi.model import part, units
from tests.botapi.world import entities as commands_and_mentions

WIDTH, SCREEN = 390, 660  # CSS pixels: a phone, and how much of a chat it shows at a time
SCALE, COLOURS = 1.5, 256
TIME = "09:41"  # under every message, so that a picture does not depend on when it was taken
MISSING = "Chromium is missing: apt-get install -y --no-install-recommends chromium fonts-dejavu fonts-noto-color-emoji"
URL = re.compile(r"https?://[^\s<>]+[^\s<>.,;:!?)]")
TAGS = {
    "bold": "b", "italic": "i", "underline": "u", "strikethrough": "s", "spoiler": "span", "code": "code", "pre": "pre",
    "text_link": "a", "url": "a", "bot_command": "a", "mention": "a", "blockquote": "blockquote",
    "expandable_blockquote": "blockquote class=folded",
}  # fmt: skip


@dataclass
class Bubble:
    """A message in a chat. `replaced`: it was changed afterwards, so that a later bubble stands in its place."""

    text: str
    entities: list[dict[str, Any]] = field(default_factory=list)
    buttons: list[list[str]] = field(default_factory=list)
    own: bool = False
    name: str = ""
    quoted: str = ""
    picture: bytes | None = None
    file: tuple[str, int] | None = None
    replaced: bool = False


@dataclass
class Note:
    """A line in the middle: what Telegram tells of the chat, or what was tapped, which Telegram does not show."""

    text: str
    tap: bool = False


@dataclass
class Photograph:
    """What a page measured: its height, that of each bubble, and labels that did not fit on their buttons."""

    bytes: int
    heights: list[int]
    cut: list[str]


STYLE = """
* { box-sizing: border-box; margin: 0; }
body { width: 390px; background: #d4dfe6; color: #111; font: 16px/21px "DejaVu Sans Condensed", "Noto Color Emoji"; }
header { background: #fff; border-bottom: 1px solid #c4ced6; padding: 9px 16px; display: flex; gap: 12px; align-items: center; }
header .face, .group .from::before { border-radius: 50%; background: #2f6ea5; color: #fff; text-align: center; }
header .face { width: 38px; height: 38px; line-height: 38px; font-weight: bold; }
header small { display: block; color: #707b84; font-size: 13px; line-height: 16px; }
main { padding: 8px 8px 12px; display: flow-root; }
.row { display: flex; margin-top: 6px; }
.row.own { justify-content: flex-end; }
.message { display: inline-flex; flex-direction: column; max-width: 326px; }
.group .row:not(.own) .message { margin-left: 40px; max-width: 298px; }
.bubble { align-self: flex-start; max-width: 100%; background: #fff; border-radius: 14px 14px 14px 4px; padding: 6px 11px 5px;
  overflow: hidden; overflow-wrap: anywhere; box-shadow: 0 1px 1px #0002; }
.own .bubble { background: #e2fcc8; border-radius: 14px 14px 4px 14px; align-self: flex-end; }
.replaced { opacity: .45; }
.text { white-space: pre-wrap; }
.time { float: right; color: #8a949c; font-size: 11px; line-height: 15px; margin: 7px 0 0 8px; }
.own .time { color: #5fa652; }
a { color: #2076b8; text-decoration: none; }
code { font: 14px/19px "DejaVu Sans Mono"; color: #8a3b12; }
pre { font: 13.5px/19px "DejaVu Sans Mono"; background: #eef3f7; border-left: 3px solid #2f6ea5; border-radius: 4px;
  padding: 6px 8px; white-space: pre-wrap; }
blockquote, .quoted { background: #eef3f7; border-left: 3px solid #2f6ea5; border-radius: 4px; padding: 2px 8px; }
blockquote { font-size: 15px; line-height: 20px; margin: 3px 0; }
.folded { position: relative; padding-right: 22px; }
.folded.long { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 3; overflow: hidden; }
.folded.long::after { content: "⌄"; position: absolute; right: 7px; bottom: 4px; color: #2f6ea5; }
.quoted { font-size: 13.5px; line-height: 18px; margin-bottom: 4px; white-space: nowrap; overflow: hidden;
  text-overflow: ellipsis; }
.from { color: #2f6ea5; font-size: 14px; font-weight: bold; display: block; }
.picture { background: #e8edf1; margin: -6px -11px 6px; text-align: center; }
.picture img { display: block; margin: auto; max-width: 300px; max-height: 380px; }
.bubble.photo { width: 300px; }
.file { display: flex; gap: 10px; align-items: center; margin-bottom: 4px; }
.file span { width: 44px; height: 44px; border-radius: 50%; background: #2f6ea5; color: #fff; text-align: center;
  font: 22px/44px "DejaVu Sans"; }
.file small { display: block; color: #707b84; font-size: 13px; }
.keys { display: grid; gap: 4px; margin-top: 4px; min-width: 0; }
.keys div { display: grid; gap: 4px; min-width: 0; }
.keys button { min-width: 0; border: 0; border-radius: 7px; background: #7d92a3; color: #fff;
  font: 15px/38px "DejaVu Sans Condensed", "Noto Color Emoji"; padding: 0 8px; white-space: nowrap; overflow: hidden;
  text-overflow: ellipsis; }
.note { text-align: center; margin: 9px 20px 3px; font-size: 13.5px; line-height: 18px; }
.note span { background: #6f8391; color: #fff; border-radius: 10px; padding: 2px 9px; }
.note.tap span { background: none; color: #40525f; border: 1px dashed #7f919d; }
"""

# A quotation that can be folded is, past three lines; then all is measured.
MEASURE = """
document.querySelectorAll('.folded').forEach(quote => quote.offsetHeight > 66 && quote.classList.add('long'));
const heights = [...document.querySelectorAll('.message')].map(m => Math.round(m.getBoundingClientRect().height));
const cut = [...document.querySelectorAll('button')].filter(b => b.scrollWidth > b.clientWidth).map(b => b.textContent);
const told = {height: Math.ceil(document.body.getBoundingClientRect().height), heights, cut};
document.body.dataset.told = JSON.stringify(told);
"""


def page(items: Sequence[Bubble | Note], title: str, subtitle: str, group: bool) -> str:
    """The whole page of a chat."""
    rows = "".join(_note(item) if isinstance(item, Note) else _bubble(item) for item in items)
    names = f"<div><b>{html.escape(title)}</b><small>{html.escape(subtitle)}</small></div>"
    head = f"<header><div class=face>{html.escape(title[0])}</div>{names}</header>"
    return (
        f"<!doctype html><meta charset=utf-8><title>{html.escape(title)}</title><style>{STYLE}</style>"
        f"<body{' class=group' if group else ''}>{head}<main>{rows}</main><script>{MEASURE}</script>"
    )


def marked(text: str, entities: Sequence[dict[str, Any]]) -> str:
    """Text with its formatting; as Telegram does, addresses, commands and mentions become links by themselves."""
    kept = [entity for entity in entities if entity["type"] in TAGS]
    taken = [(e["offset"], e["offset"] + e["length"]) for e in kept if e["type"] in ("code", "pre", "text_link")]
    found = commands_and_mentions(text)
    found += [{"type": "url", "offset": units(text[: m.start()]), "length": units(m[0])} for m in URL.finditer(text)]
    kept += [e for e in found if not any(a <= e["offset"] < b for a, b in taken) and e not in kept]
    opening: dict[int, list[str]] = {}
    closing: dict[int, list[str]] = {}
    for entity in sorted(kept, key=lambda e: (e["offset"], -e["length"])):
        tag = TAGS[entity["type"]]
        opening.setdefault(entity["offset"], []).append(f"<{tag}>")
        closing.setdefault(entity["offset"] + entity["length"], []).insert(0, f"</{tag.partition(' ')[0]}>")
    edges = sorted({0, units(text), *opening, *closing})
    out = ""
    for begin, end in zip(edges, [*edges[1:], edges[-1]], strict=True):
        out += "".join(closing.get(begin, [])) + "".join(opening.get(begin, []))
        out += html.escape(part(text, {"offset": begin, "length": end - begin}))
    return re.sub(r"\n(?=<(?:blockquote|pre)\b)|(?<=</blockquote>)\n|(?<=</pre>)\n", "", out)  # a block has a line of its own


def _note(note: Note) -> str:
    sign = "👆 " if note.tap else ""
    return f"<div class='note{' tap' if note.tap else ''}'><span>{sign}{html.escape(note.text)}</span></div>"


def _bubble(bubble: Bubble) -> str:
    inner = f"<span class=from>{html.escape(bubble.name)}</span>" if bubble.name else ""
    if bubble.quoted:
        inner += f"<div class=quoted>{html.escape(bubble.quoted)}</div>"
    if bubble.picture:
        data = base64.b64encode(bubble.picture).decode()
        inner += f"<div class=picture><img src='data:image/png;base64,{data}'></div>"
    if bubble.file:
        name, size = bubble.file
        inner += f"<div class=file><span>⬇</span><div><b>{html.escape(name)}</b><small>{size / 1000:.1f} kB</small></div></div>"
    inner += f"<span class=text>{marked(bubble.text, bubble.entities)}</span><span class=time>{TIME}</span>"
    keys = "".join(
        f"<div style='grid-template-columns: repeat({len(row)}, minmax(0, 1fr))'>"
        + "".join(f"<button>{html.escape(label)}</button>" for label in row)
        + "</div>"
        for row in bubble.buttons
    )
    kind = " photo" if bubble.picture else ""
    keys = f"<div class=keys>{keys}</div>" if keys else ""
    row = "row" + (" own" if bubble.own else "") + (" replaced" if bubble.replaced else "")
    return f"<div class='{row}'><div class=message><div class='bubble{kind}'>{inner}</div>{keys}</div></div>"


def photograph(text: str, target: Path, work: Path) -> Photograph:
    """Take a picture of a page: measured first, then taken tall enough and cropped, in a palette."""
    source, shot = work / f"{target.stem}.html", work / f"{target.stem}.png"
    source.write_text(text, encoding="utf-8")
    dom = _chromium(source, work, "--dump-dom", f"--window-size={2 * WIDTH},1000")
    found = re.search(r'data-told="([^"]*)"', dom)
    assert found, f"Chromium did not measure {source}"
    told = json.loads(html.unescape(found[1]))
    _chromium(
        source, work, f"--screenshot={shot}", f"--window-size={2 * WIDTH},{told['height'] + 200}",
        f"--force-device-scale-factor={SCALE}",
    )  # fmt: skip
    buffer = io.BytesIO()
    with Image.open(shot) as whole:
        cropped = whole.convert("RGB").crop((0, 0, round(WIDTH * SCALE), round(told["height"] * SCALE)))
    cropped.quantize(COLOURS, dither=Image.Dither.NONE).save(buffer, "PNG", optimize=True)
    target.write_bytes(buffer.getvalue())
    return Photograph(len(buffer.getvalue()), told["heights"], told["cut"])


def chromium() -> str | None:
    """Where Chromium is."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def _chromium(source: Path, work: Path, *options: str) -> str:
    program = chromium()
    assert program, MISSING
    command = [
        program,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        f"--user-data-dir={work / 'profile'}",
    ]
    done = subprocess.run([*command, *options, source.as_uri()], capture_output=True, text=True, timeout=120, check=True)
    return done.stdout
