"""Telegram's dialect of HTML, with its rules and its complaints."""

from __future__ import annotations

import re
from typing import NoReturn
from urllib.parse import urlsplit

from tests.botapi.model import Content, Json, Refused, units

KINDS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "span": "spoiler",
    "tg-spoiler": "spoiler",
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
}
NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
REFERENCE = re.compile(r"&(?:(lt|gt|amp|quot)|#([0-9]{1,7})|#[xX]([0-9a-fA-F]{1,6}));")
ATTRIBUTE = re.compile(
    r"""\s*+([^\s=>/"']*+)(?:\s*+(=)\s*+(?:"([^"]*)"|'([^']*)'|([A-Za-z0-9.-]*+)(?=[\s>])|(.?)))?""", re.DOTALL
)


def parse(html: str) -> Content:
    """Text and entities. Stricter than the real server in one thing: a bare & or > is refused, as its manual asks."""
    parser = _Parser(html)
    parser.run()
    entities = sorted(parser.entities, key=lambda e: (e["offset"], -e["length"]))
    return Content("".join(parser.out), html, entities)


def reachable(url: str) -> bool:
    """Whether Telegram makes a link of this address; an address within the house is dropped without a word."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.scheme in ("tg", "mailto"):
        return bool(parts.netloc or parts.path)
    return parts.scheme in ("http", "https") and ("." in host or ":" in host) and not re.search(r"\s", url)


def _character(match: re.Match[str]) -> str:
    """The character of a reference; "" where it names none."""
    if match[1]:
        return NAMED[match[1]]
    code = int(match[2]) if match[2] else int(match[3], 16)
    return chr(code) if 0 < code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF else ""


class _Parser:
    def __init__(self, html: str) -> None:
        self.html = html
        self.at = 0
        self.out: list[str] = []
        self.length = 0
        self.open: list[tuple[str, str | None, int, int]] = []  # tag, argument, offset in units, index in out
        self.entities: list[Json] = []

    def run(self) -> None:
        html = self.html
        while self.at < len(html):
            character = html[self.at]
            if character == "<":
                if html.startswith("</", self.at):
                    self._close()
                else:
                    self._start()
            elif character == "&":
                found = REFERENCE.match(html, self.at)
                if not found or not _character(found):
                    self._refuse('Unescaped "&" at byte offset {}')
                self._put(_character(found))
                self.at = found.end()
            elif character == ">":
                self._refuse('Unescaped ">" at byte offset {}')
            else:
                self._put(character)
                self.at += 1
        if self.open:
            self._refuse(f'Can\'t find end tag corresponding to start tag "{self.open[-1][0]}"')

    def _refuse(self, message: str, at: int | None = None) -> NoReturn:
        offset = len(self.html[: self.at if at is None else at].encode())
        raise Refused("can't parse entities: " + message.replace("{}", str(offset)), wrong=True)

    def _put(self, character: str) -> None:
        self.out.append(character)
        self.length += units(character)

    def _start(self) -> None:
        begin = self.at
        name = re.compile(r"<([^\s>]*)").match(self.html, begin)
        assert name
        tag, at = name[1].lower(), name.end()
        if at == len(self.html):
            self._refuse("Unclosed start tag at byte offset {}")
        if tag not in KINDS:
            self._refuse(f'Unsupported start tag "{tag}" at byte offset {{}}')
        argument = None
        while True:
            at += len(self.html[at:]) - len(self.html[at:].lstrip())
            if at >= len(self.html):
                self._refuse("Unclosed start tag at byte offset {}")
            if self.html[at] == ">":
                break
            found = ATTRIBUTE.match(self.html, at)
            assert found
            if not found[1]:
                self._refuse(f'Empty attribute name in the tag "{tag}" at byte offset {{}}')
            if found[6] in ('"', "'", ""):
                self._refuse("Unclosed start tag at byte offset {}")
            if found[6]:
                self._refuse("Unexpected end of name token at byte offset {}", found.start(6))
            value = found[3] or found[4] or (found[5] or "").lower()
            argument = self._argument(tag, found[1].lower(), REFERENCE.sub(lambda m: _character(m) or m[0], value), argument)
            at = found.end()
        if tag == "span" and argument != "spoiler":
            self._refuse('Tag "span" must have class "tg-spoiler" at byte offset {}')
        if tag == "tg-emoji" and not (argument or "").isdigit():
            self._refuse("Invalid custom emoji identifier specified", begin)
        self.open.append((tag, argument, self.length, len(self.out)))
        self.at = at + 1

    @staticmethod
    def _argument(tag: str, name: str, value: str, before: str | None) -> str | None:
        """What the tags with an attribute of meaning keep of it; other attributes are ignored."""
        if (tag, name) in (("a", "href"), ("tg-emoji", "emoji-id")):
            return value
        if (tag, name) == ("code", "class") and value.startswith("language-"):
            return value[9:]
        if (tag, name) == ("span", "class") and value.startswith("tg-"):
            return value[3:]
        return "expandable" if (tag, name) == ("blockquote", "expandable") else before

    def _close(self) -> None:
        if not self.open:
            self._refuse("Unexpected end tag at byte offset {}")
        found = re.compile(r"</([^\s>]*)\s*(>?)").match(self.html, self.at)
        assert found
        if not found[2]:
            self._refuse("Unclosed end tag at byte offset {}")
        tag, argument, offset, index = self.open[-1]
        if found[1] and found[1].lower() != tag:
            self._refuse(f'Unmatched end tag at byte offset {{}}, expected "</{tag}>", found "</{found[1]}>"')
        self.open.pop()
        self.at = found.end()
        if self.length > offset:
            self._entity(tag, argument, offset, "".join(self.out[index:]))

    def _entity(self, tag: str, argument: str | None, offset: int, inner: str) -> None:
        entity: Json = {"type": KINDS[tag], "offset": offset, "length": self.length - offset}
        if tag == "a":
            entity["url"] = argument or inner
            if not reachable(entity["url"]):
                return
        elif tag == "tg-emoji":
            entity["custom_emoji_id"] = argument
        elif tag == "blockquote" and argument:
            entity["type"] = "expandable_blockquote"
        elif tag == "code" and argument:
            entity["language"] = argument
        elif tag == "pre":
            last = self.entities[-1] if self.entities else {}
            if last.get("type") == "code" and (last["offset"], last["length"]) == (offset, entity["length"]):
                self.entities.pop()
                entity |= {"language": last["language"]} if "language" in last else {}
        self.entities.append(entity)
