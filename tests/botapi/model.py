"""What passes between a bot and Telegram."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


class Refused(Exception):
    """An answer with ok false. `wrong` says that the content was at fault, which is a bug of the bot."""

    def __init__(self, description: str, code: int = 400, *, wrong: bool = False, parameters: Json | None = None) -> None:
        prefix = {400: "Bad Request: ", 403: "Forbidden: ", 409: "Conflict: "}.get(code, "")
        super().__init__(prefix + description)
        self.code = code
        self.wrong = wrong
        self.parameters = parameters


@dataclass
class Upload:
    """A file in a multipart body."""

    filename: str
    data: bytes = field(repr=False)
    type: str = ""


@dataclass
class Content:
    """A text or caption after parsing; offsets and lengths of entities are in UTF-16 units, as Telegram counts."""

    text: str = ""
    html: str = ""
    entities: list[Json] = field(default_factory=list)

    @property
    def links(self) -> list[tuple[str, str]]:
        return [(part(self.text, e), e["url"]) for e in self.entities if e["type"] == "text_link"]


@dataclass(eq=False)
class Sent:
    """A message of the bot as a user sees it now; edits change it in place."""

    chat: int
    message_id: int
    method: str
    text: str
    html: str
    links: list[tuple[str, str]]
    buttons: list[list[Json]]
    thread: int | None
    reply_to: int | None
    file: bytes | None
    filename: str | None
    versions: list[str]  # every text it had, the present one last
    at: float
    silent: bool
    preview_disabled: bool
    entities: list[Json]
    date: int = 0
    edited: int | None = None
    deleted: bool = False
    markup: Json | None = None  # the whole reply_markup, for keyboards that are not inline
    media: Json = field(default_factory=dict, repr=False)

    @property
    def labels(self) -> list[str]:
        return [button["text"] for row in self.buttons for button in row]

    def button(self, label: str) -> Json:
        for row in self.buttons:
            for button in row:
                if button["text"] == label:
                    return button
        raise AssertionError(f"no button {label!r} among {self.labels} under {self.text!r}")


@dataclass(eq=False)
class Call:
    """A request of the bot. Status is 0 while it runs and -1 when the connection was dropped without an answer."""

    method: str
    params: Json
    at: float
    status: int = 0
    fault: str = ""
    error: str = ""

    def __str__(self) -> str:
        shown = {k: v if len(str(v)) < 120 else f"{str(v)[:120]}…" for k, v in self.params.items()}
        return f"{self.at:.3f} {self.method} {self.status} {self.fault} {self.error} {shown}"


def units(text: str) -> int:
    """The length as Telegram counts it: in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def part(text: str, entity: Json) -> str:
    raw = text.encode("utf-16-le")
    return raw[2 * entity["offset"] : 2 * (entity["offset"] + entity["length"])].decode("utf-16-le", "replace")
