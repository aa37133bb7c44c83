"""What Telegram refuses: texts, keyboards, commands and settings that break its rules."""

from __future__ import annotations

import re
from typing import Any

from tests.botapi import markup
from tests.botapi.model import Content, Json, Refused, units

TEXT, CAPTION, CALLBACK_ANSWER = 4096, 1024, 200
ACTIONS = set(
    "typing upload_photo record_video upload_video record_voice upload_voice record_audio upload_audio upload_document "
    "choose_sticker find_location record_video_note upload_video_note".split()
)
REACTIONS = set(
    "👍 👎 ❤ 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 ❤️\u200d🔥 🌚 "
    "🌭 💯 🤣 ⚡ 🍌 🏆 💔 🤨 😐 🍓 🍾 💋 🖕 😈 😴 😭 🤓 👻 👨\u200d💻 👀 🎃 🙈 😇 😨 🤝 ✍ "
    "🤗 🫡 🎅 🎄 ☃ 💅 🤪 🗿 🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾 🤷\u200d♂️ 🤷 🤷\u200d♀️ 😡".split()
)
DEEDS = (
    "url callback_data web_app login_url switch_inline_query switch_inline_query_current_chat switch_inline_query_chosen_chat "
    "copy_text callback_game pay"
).split()
INVISIBLE = "\u00ad\u115f\u1160\u180e\u200b\u200c\u200d\u200e\u200f\u2060\u2800\u3164\ufeff"


def wrong(description: str) -> Refused:
    return Refused(description, wrong=True)


def content(params: Json, key: str, limit: int, *, empty: bool) -> Content:
    """The text or caption of a request: parsed, trimmed and within Telegram's limit."""
    raw = params.get(key)
    raw = "" if raw is None else str(raw).replace("\r", "")
    raw = "".join(" " if ord(c) < 32 and c != "\n" else c for c in raw)
    mode = str(params.get("parse_mode") or "").lower()
    entities = params.get("entities" if key == "text" else "caption_entities") or []
    if mode == "html":
        found = markup.parse(raw)
    elif mode:
        raise wrong("unsupported parse_mode")
    else:
        found = Content(raw, raw, [dict(e) for e in entities])
    found = _trimmed(found)
    found.html = raw
    if all(c.isspace() or c in INVISIBLE for c in found.text):
        if not empty:
            raise wrong("message text is empty")
        found = Content(html=raw)
    if units(found.text) > limit:
        raise wrong("message is too long" if key == "text" else "message caption is too long")
    return found


def _trimmed(found: Content) -> Content:
    """Without the white space around it, its entities moved along; white space within a leading entity stays."""
    text = found.text.rstrip(" \n")
    end = units(text)
    first = min((e["offset"] for e in found.entities), default=len(text))
    lead = len(text) - len(text.lstrip(" \n"))
    lead = min(lead, first)
    kept = []
    for entity in found.entities:
        length = min(entity["offset"] + entity["length"], end) - entity["offset"]
        if length > 0:
            kept.append(entity | {"offset": entity["offset"] - lead, "length": length})
    return Content(text[lead:], found.html, kept)


def keyboard(value: Any, *, inline: bool = False) -> Json | None:
    """A reply_markup that Telegram takes, or None; `inline` where only a keyboard under the message will do."""
    if value is None or value == {} or value == "":
        return None
    if not isinstance(value, dict):
        raise wrong("object expected as reply markup")
    if "inline_keyboard" not in value:
        if inline:
            raise wrong("inline keyboard expected")
        for row in value.get("keyboard") or []:
            for button in row:
                if not (button if isinstance(button, str) else button.get("text")):
                    raise wrong("text buttons must be non-empty")
        return value
    rows = value["inline_keyboard"]
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise wrong('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
    if sum(map(len, rows)) > 100:
        raise wrong("REPLY_MARKUP_TOO_LONG")
    for button in (button for row in rows for button in row):
        _button(button)
    rows = [row for row in rows if row]
    return {"inline_keyboard": rows} if rows else None


def _button(button: Any) -> None:
    if not isinstance(button, dict):
        raise wrong("can't parse inline keyboard button: expected an Object")
    if not isinstance(button.get("text"), str) or not button["text"].strip():
        raise wrong("can't parse inline keyboard button: button text must be non-empty")
    deeds = [deed for deed in DEEDS if deed in button]
    if not deeds:
        raise wrong("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if len(deeds) > 1:
        raise wrong(f"can't parse inline keyboard button: exactly one of the optional fields must be used, not {deeds}")
    value = button[deeds[0]]
    if deeds == ["callback_data"] and not (isinstance(value, str) and 1 <= len(value.encode()) <= 64):
        raise wrong("BUTTON_DATA_INVALID")
    if deeds == ["url"] and not (isinstance(value, str) and not value.startswith("mailto:") and markup.reachable(value)):
        raise wrong(f"inline keyboard button URL '{value}' is invalid: Wrong HTTP URL")
    if deeds == ["copy_text"] and not (isinstance(value, dict) and 1 <= units(str(value.get("text") or "")) <= 256):
        raise wrong("BUTTON_COPY_TEXT_INVALID")


def commands(value: Any) -> list[Json]:
    if not isinstance(value, list):
        raise wrong("can't parse commands: expected an Array of BotCommand")
    if len(value) > 100:
        raise wrong("BOT_COMMANDS_TOO_MUCH")
    for command in value:
        if not re.fullmatch(r"[a-z0-9_]{1,32}", str(command.get("command") or "")):
            raise wrong("BOT_COMMAND_INVALID")
        if not 1 <= units(str(command.get("description") or "").strip()) <= 256:
            raise wrong("BOT_COMMAND_DESCRIPTION_INVALID")
    return value


def language(value: Any) -> str:
    if value and not re.fullmatch(r"[a-z]{2}", str(value)):
        raise wrong("invalid language code specified")
    return str(value or "")


def within(text: Any, limit: int, complaint: str) -> str:
    if units(str(text or "")) > limit:
        raise wrong(complaint)
    return str(text or "")


def reactions(value: Any) -> list[Json]:
    found = list(value or [])
    if len(found) > 1:
        raise wrong("REACTIONS_TOO_MANY")
    for reaction in found:
        if reaction.get("type") == "emoji" and str(reaction.get("emoji")) not in REACTIONS:
            raise wrong("REACTION_INVALID")
    return found


def photo(data: bytes) -> None:
    """Telegram opens what is sent as a photo."""
    if len(data) > 10 * 1024 * 1024:
        raise wrong("file is too big for a photo")
    if not (data.startswith((b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF8", b"BM")) or data[8:12] == b"WEBP"):
        raise wrong("IMAGE_PROCESS_FAILED")
