"""What Telegram sends, reduced to what answering needs. No name of a person passes this file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.inbox import Incoming
from knowledge.document import Language

UPDATES = ["message", "edited_message", "callback_query", "my_chat_member"]
GROUPS = ("group", "supergroup")
# Kinds of messages that hold something else than text.
MEDIA = (
    "photo", "voice", "audio", "video", "video_note", "animation", "sticker", "document", "location", "venue", "contact",
    "poll", "dice", "story", "game", "paid_media", "checklist",
)  # fmt: skip
GONE = ("kicked", "left")


@dataclass(frozen=True)
class Me:
    """The bot itself, as it must know itself to see whether it is meant."""

    id: int
    username: str


def read(update: Mapping[str, Any], me: Me) -> Incoming | None:
    """What to answer; None for what is not for the bot. Raises KeyError, TypeError or ValueError for what is no update."""
    number = _sure_id(update["update_id"])
    for name, kind in (("message", "text"), ("edited_message", "edited")):
        if name in update:
            return _message(number, update[name], kind, me)
    if "callback_query" in update:
        return _tap(number, update["callback_query"])
    if "my_chat_member" in update:
        return _membership(number, update["my_chat_member"])
    return None


def _message(number: int, message: Mapping[str, Any], kind: str, me: Me) -> Incoming | None:
    chat = message["chat"]
    group = chat["type"] in GROUPS
    sender = message.get("from") or {}
    if chat["type"] == "channel" or (sender.get("is_bot") and not _anonymous(message)):
        return None
    ids: dict[str, Any] = {
        "chat": _sure_id(chat["id"]), "user": _id(sender.get("id")), "message": _id(message.get("message_id")),
        "thread": _thread(message),
    }  # fmt: skip
    if "migrate_to_chat_id" in message:
        return Incoming(number, kind="moved", content={"to": _sure_id(message["migrate_to_chat_id"])}, **ids)
    if any(member.get("id") == me.id for member in message.get("new_chat_members", ())):
        return Incoming(number, kind="added", content={"language": language_of(sender), "group": group}, **ids)
    content = {"language": language_of(sender), "group": group}
    if _anonymous(message):
        content["anonymous"] = True
    text = message.get("text")
    if isinstance(text, str):
        if group and not _addressed(message, text, message.get("entities", ()), me):
            return None
        return Incoming(number, kind=kind, content={**content, "text": _without_mention(text, me)}, **ids)
    if kind == "text" and any(name in message for name in MEDIA):
        caption = message.get("caption") or ""
        if group and not _addressed(message, caption, message.get("caption_entities", ()), me):
            return None
        return Incoming(number, kind="media", content={**content, "album": message.get("media_group_id")}, **ids)
    return None


def _tap(number: int, query: Mapping[str, Any]) -> Incoming:
    """A tap; `old` where Telegram no longer shows the bot the message that was tapped."""
    message = query.get("message") or {}
    sender = query["from"]
    chat = message.get("chat") or {"id": sender["id"], "type": "private"}
    content = {
        "language": language_of(sender), "group": chat["type"] in GROUPS,
        "data": str(query.get("data") or ""), "query": str(query["id"]), "old": not message.get("date"),
    }  # fmt: skip
    place = {"thread": _thread(message), "message": _id(message.get("message_id"))}
    return Incoming(number, _sure_id(chat["id"]), "tap", content, user=_sure_id(sender["id"]), **place)


def _membership(number: int, change: Mapping[str, Any]) -> Incoming | None:
    chat, status = change["chat"], change["new_chat_member"]["status"]
    if status in GONE:
        return Incoming(number, _sure_id(chat["id"]), "blocked", {})
    return None


def _id(value: Any) -> int | None:
    """An id as the database takes it. Raises ValueError for anything else: what cannot be kept would come back for ever."""
    if value is None:
        return None
    if type(value) is not int or not -(2**63) <= value < 2**63:
        raise ValueError("no id")
    return value


def _sure_id(value: Any) -> int:
    number = _id(value)
    if number is None:
        raise ValueError("no id")
    return number


def _thread(message: Mapping[str, Any]) -> int | None:
    """The topic of a forum; replies in an ordinary group have a thread id too, to which nothing can be sent."""
    return _id(message.get("message_thread_id")) if message.get("is_topic_message") else None


def _anonymous(message: Mapping[str, Any]) -> bool:
    """Written by an administrator in the name of the group."""
    return (message.get("sender_chat") or {}).get("id") == message["chat"]["id"]


def _addressed(message: Mapping[str, Any], text: str, entities: Any, me: Me) -> bool:
    """Whether a message in a group is meant for the bot: a reply to it, its name, or a command that names no other bot."""
    if ((message.get("reply_to_message") or {}).get("from") or {}).get("id") == me.id:
        return True
    if any((entity.get("user") or {}).get("id") == me.id for entity in entities):
        return True
    command = re.match(r"/\w+(?:@(\w+))?", text)
    if command:
        return command[1] is None or command[1].lower() == me.username.lower()
    return bool(re.search(rf"(?<!\w)@{re.escape(me.username)}\b", text, re.IGNORECASE))


def _without_mention(text: str, me: Me) -> str:
    return re.sub(rf"@{re.escape(me.username)}\b[,:]?", " ", text, flags=re.IGNORECASE).strip() or text


def language_of(sender: Mapping[str, Any]) -> Language:
    """Dutch, unless the user's settings name another language: then English."""
    code = str(sender.get("language_code") or "nl").lower()
    return "nl" if code.split("-")[0] in ("nl", "fy", "af") else "en"
