"""The chats and what users do in them."""

from __future__ import annotations

import re
import time
from pathlib import PurePath
from typing import Any

from tests.botapi.model import Json, Sent, units
from tests.botapi.updates import Updates

# As Telegram finds them: not within a word, a path or a tag; the rest of a word after them spoils them.
COMMAND = re.compile(r"(?<![\w/<>])/[A-Za-z0-9_]{1,64}+(?:@[A-Za-z0-9_]{3,32}+)?+(?![\w/<>])")
MENTION = re.compile(r"(?<!\w)@[A-Za-z0-9_]{4,32}+(?!\w)")
STRANGER = 1  # who speaks in a group when no user is given


def entities(text: str) -> list[Json]:
    """Commands and mentions in a user's text."""
    found = [("bot_command", m) for m in COMMAND.finditer(text)] + [("mention", m) for m in MENTION.finditer(text)]
    return [
        {"type": kind, "offset": units(text[: m.start()]), "length": units(m[0])}
        for kind, m in sorted(found, key=lambda pair: pair[1].start())
    ]


class World:
    """What exists at Telegram's side, and the users' half of the interface."""

    bot_id: int
    username: str

    def __init__(self, updates: Updates) -> None:
        self.lock = updates.changed
        self.updates = updates
        self.sent: list[Sent] = []
        self.messages: dict[tuple[int, int], Json | Sent] = {}
        self.chats: dict[int, Json] = {}
        self.users: dict[int, Json] = {}
        self.members: dict[int, set[int]] = {}
        self.files: dict[str, tuple[str, bytes]] = {}  # by file_id: path and content
        self.callbacks: set[str] = set()
        self._last: dict[int, int] = {}
        self._last_of_user: dict[int, int] = {}

    def message(
        self,
        chat: int,
        text: str,
        *,
        user: int | None = None,
        language: str | None = "nl",
        name: str = "Anna",
        kind: str = "private",
        thread: int | None = None,
        reply_to: Sent | None = None,
        **fields: Any,
    ) -> int:
        with self.lock:
            who = self._user(chat, user, language, name)
            message_id = fields.pop("message_id", None) or self.next_message_id(chat)
            message = self._message(chat, message_id, text, who, kind, thread, reply_to, fields)
            self._last_of_user[chat] = message_id
            return self.push({"message": message})

    def edit(
        self,
        chat: int,
        message_id: int,
        text: str,
        *,
        user: int | None = None,
        language: str | None = "nl",
        name: str = "Anna",
        kind: str = "private",
        thread: int | None = None,
        reply_to: Sent | None = None,
        **fields: Any,
    ) -> int:
        with self.lock:
            who = self._user(chat, user, language, name)
            before = self.messages.get((chat, message_id))
            date = before["date"] if isinstance(before, dict) else int(time.time())
            fields = {"date": date, "edit_date": int(time.time())} | fields
            message = self._message(chat, message_id, text, who, kind, thread, reply_to, fields)
            return self.push({"edited_message": message})

    def tap(self, sent: Sent, label_or_data: str, *, user: int | None = None, language: str | None = "nl") -> int:
        """Presses a button. The id of the callback query is the update id as text."""
        buttons = [button for row in sent.buttons for button in row]
        found = [b for b in buttons if b["text"] == label_or_data] or [
            b for b in buttons if b.get("callback_data") == label_or_data
        ]
        assert found, f"no button {label_or_data!r} among {sent.labels} under {sent.text!r}"
        assert "callback_data" in found[0], f"a press on {found[0]} tells the bot nothing"
        return self.callback(sent.chat, found[0]["callback_data"], message_id=sent.message_id, user=user, language=language)

    def callback(
        self,
        chat: int,
        data: str,
        *,
        message_id: int = 1,
        user: int | None = None,
        inaccessible: bool = False,
        language: str | None = "nl",
        name: str = "Anna",
    ) -> int:
        """A callback query with any data, as a forged client can send it."""
        with self.lock:
            who = self._user(chat, user, language, name)
            message = self.shown(chat, message_id)
            if inaccessible:
                message = {"chat": self.chat(chat), "message_id": message_id, "date": 0}
            elif message is None:
                message = {"message_id": message_id, "from": self.me(), "chat": self.chat(chat), "text": "…"}
                message["date"] = int(time.time())
            query = {"id": "", "from": who, "message": message, "chat_instance": str(7_000_000_000 + chat), "data": data}
            return self.push({"callback_query": query})

    def push(self, update: Json) -> int:
        with self.lock:
            update = {"update_id": self.updates.next_id()} | {k: v for k, v in update.items() if k != "update_id"}
            if "callback_query" in update:
                query = update["callback_query"]
                query["id"] = query.get("id") or str(update["update_id"])
                self.callbacks.add(query["id"])
            for key in ("message", "edited_message"):
                if key in update and "chat" in update[key]:
                    message = update[key]
                    chat = message["chat"]["id"]
                    self.chats.setdefault(chat, message["chat"])
                    self.messages[chat, message["message_id"]] = message
                    self._last[chat] = max(self._last.get(chat, 0), message["message_id"])
            return self.updates.add(update)

    def last_message_id(self, chat: int) -> int:
        return self._last_of_user[chat]

    def file(self, data: bytes, name: str = "file.bin", folder: str = "documents") -> Json:
        """Puts a file at Telegram; what it returns goes into a message, say document=… or photo=[…]."""
        with self.lock:
            number = len(self.files) + 1
            file_id = f"BQACAgQAAxkBAAI{number:06d}"
            self.files[file_id] = (f"{folder}/file_{number}{PurePath(name).suffix}", data)
            return {"file_id": file_id, "file_unique_id": f"AgAD{number:06d}", "file_size": len(data)}

    def me(self) -> Json:
        return {"id": self.bot_id, "is_bot": True, "first_name": "Blik", "username": self.username}

    def next_message_id(self, chat: int) -> int:
        self._last[chat] = self._last.get(chat, 0) + 1
        return self._last[chat]

    def chat(self, chat: int, kind: str = "private", user: Json | None = None, *, forum: bool = False) -> Json:
        """The chat as in an update; the kind of a group follows from its id unless told."""
        known = self.chats.get(chat)
        if chat > 0:
            if user or not known:
                person = user or self.users.get(chat) or {"first_name": "Anna"}
                names = {k: person[k] for k in ("first_name", "last_name", "username") if k in person}
                self.chats[chat] = {"id": chat, "type": "private"} | names
        else:
            if kind == "private":
                kind = known["type"] if known else "supergroup" if chat <= -1_000_000_000_000 else "group"
            self.chats[chat] = (known or {"id": chat, "title": "Inkoop"}) | {"type": kind}
            if forum:
                self.chats[chat]["is_forum"] = True
        return dict(self.chats[chat])

    def _user(self, chat: int, user: int | None, language: str | None, name: str) -> Json:
        number = user if user is not None else chat if chat > 0 else STRANGER
        who: Json = {"id": number, "is_bot": False, "first_name": name, "last_name": "Canarius", "username": f"anna_{number}"}
        if language is not None:
            who["language_code"] = language
        self.users[number] = who
        self.members.setdefault(chat, set()).add(number)
        return who

    def _message(
        self, chat: int, message_id: int, text: str, who: Json, kind: str, thread: int | None, to: Sent | None, fields: Json
    ) -> Json:
        own = who if who["id"] == chat else None
        message: Json = {
            "message_id": message_id,
            "from": who,
            "chat": self.chat(chat, kind, own, forum=thread is not None),
            "date": int(time.time()),
        }
        if thread is not None:
            message |= {"message_thread_id": thread, "is_topic_message": True}
        if to is not None:
            message["reply_to_message"] = self.shown(to.chat, to.message_id, replies=False)
        if text:
            message["text"] = text
            if found := entities(text):
                message["entities"] = found
        if fields.get("caption") and (found := entities(fields["caption"])):
            message["caption_entities"] = found
        return message | fields

    def shown(self, chat: int, message_id: int, *, replies: bool = True) -> Json | None:
        """A message as Telegram puts it in updates and answers; without what it answers where it is quoted itself."""
        found = self.messages.get((chat, message_id))
        if found is None:
            return None
        if isinstance(found, dict):
            return {k: v for k, v in found.items() if k != "reply_to_message" or replies}
        message: Json = {"message_id": found.message_id, "from": self.me(), "chat": self.chat(chat), "date": found.date}
        if found.edited:
            message["edit_date"] = found.edited
        if found.thread is not None:
            message |= {"message_thread_id": found.thread, "is_topic_message": True}
        text, ents = ("caption", "caption_entities") if found.media else ("text", "entities")
        if found.text:
            message[text] = found.text
        if found.entities:
            message[ents] = found.entities
        if found.buttons:
            message["reply_markup"] = {"inline_keyboard": found.buttons}
        if replies and found.reply_to is not None and (quoted := self.shown(chat, found.reply_to, replies=False)):
            message["reply_to_message"] = quoted
        return message | found.media
