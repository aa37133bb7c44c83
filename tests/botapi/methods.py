"""The methods about messages, as a bot calls them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from tests.botapi import checks
from tests.botapi.model import Content, Json, Refused, Sent, Upload

if TYPE_CHECKING:
    from tests.botapi.server import BotApi

NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current content "
    "and reply markup of the message"
)
STALE = "query is too old and response timeout expired or query ID is invalid"


class Messages:
    def __init__(self, api: BotApi) -> None:
        self._api = api

    def sendMessage(self, p: Json) -> Json:
        return self._send(p, "sendMessage", checks.content(p, "text", checks.TEXT, empty=False))

    def sendPhoto(self, p: Json) -> Json:
        caption = checks.content(p, "caption", checks.CAPTION, empty=True)
        name, data, file = self._upload(p, "photo")
        checks.photo(data)
        sizes = [file | {"width": 320, "height": 240}, file | {"width": 1280, "height": 960}]
        return self._send(p, "sendPhoto", caption, {"photo": sizes}, data, name)

    def sendDocument(self, p: Json) -> Json:
        caption = checks.content(p, "caption", checks.CAPTION, empty=True)
        name, data, file = self._upload(p, "document")
        return self._send(p, "sendDocument", caption, {"document": file | {"file_name": name}}, data, name)

    def sendMessageDraft(self, p: Json) -> bool:
        draft = checks.content(p, "text", checks.TEXT, empty=True)
        if not isinstance(p.get("draft_id"), int) or p["draft_id"] == 0:
            raise checks.wrong("draft identifier must be non-zero")
        chat = self._sendable(p)
        if chat < 0:
            raise checks.wrong("message drafts can be sent only to private chats")
        self._api.drafts.append({"chat": chat, "draft_id": p["draft_id"], "text": draft.text, "at": time.monotonic()})
        return True

    def sendChatAction(self, p: Json) -> bool:
        if p.get("action") not in checks.ACTIONS:
            raise checks.wrong("wrong parameter action in request")
        self._sendable(p)
        return True

    def editMessageText(self, p: Json) -> Json:
        content = checks.content(p, "text", checks.TEXT, empty=False)
        sent = self._mine(p)
        if sent.media:
            raise checks.wrong("there is no text in the message to edit")
        return self._change(p, sent, content)

    def editMessageCaption(self, p: Json) -> Json:
        content = checks.content(p, "caption", checks.CAPTION, empty=True)
        sent = self._mine(p)
        if not sent.media:
            raise checks.wrong("there is no caption in the message to edit")
        return self._change(p, sent, content)

    def editMessageReplyMarkup(self, p: Json) -> Json:
        return self._change(p, self._mine(p), None)

    def deleteMessage(self, p: Json) -> bool:
        api, chat = self._api, self._chat(p)
        message_id = self._message_id(p)
        found = api.messages.get((chat, message_id))
        if found is None:
            raise Refused("message to delete not found")
        if isinstance(found, Sent):
            found.deleted = True
        elif chat < 0 and api.bot_id not in api.administrators.get(chat, ()):
            raise Refused("message can't be deleted")
        del api.messages[chat, message_id]
        api.deleted.append((chat, message_id))
        return True

    def setMessageReaction(self, p: Json) -> bool:
        reactions = checks.reactions(p.get("reaction"))
        key = (self._chat(p), self._message_id(p))
        if key not in self._api.messages:
            raise checks.wrong("message to react not found")
        self._api.reactions[key] = reactions
        return True

    def answerCallbackQuery(self, p: Json) -> bool:
        """A second answer is a bug of the bot, unless the first one's result was lost on the way."""
        checks.within(p.get("text"), checks.CALLBACK_ANSWER, "MESSAGE_TOO_LONG")
        api, query = self._api, str(p.get("callback_query_id") or "")
        if query not in api.callbacks or query in api.answered_callbacks:
            raise Refused(STALE, wrong=query not in api.lost_answers)
        api.answered_callbacks[query] = {k: v for k, v in p.items() if k != "callback_query_id"}
        return True

    def _send(
        self,
        p: Json,
        method: str,
        content: Content,
        media: Json | None = None,
        data: bytes | None = None,
        name: str | None = None,
    ) -> Json:
        markup = checks.keyboard(p.get("reply_markup"))
        chat = self._sendable(p)
        api = self._api
        reply_to = self._reply(p, chat)
        preview = p.get("link_preview_options") or {}
        sent = Sent(
            chat=chat,
            message_id=api.next_message_id(chat),
            method=method,
            text=content.text,
            html=content.html,
            links=content.links,
            buttons=(markup or {}).get("inline_keyboard", []),
            thread=p.get("message_thread_id"),
            reply_to=reply_to,
            file=data,
            filename=name,
            versions=[content.text],
            at=time.monotonic(),
            silent=bool(p.get("disable_notification")),
            preview_disabled=bool(preview.get("is_disabled") or p.get("disable_web_page_preview")),
            entities=content.entities,
            date=int(time.time()),
            markup=markup,
            media=media or {},
        )
        api.messages[chat, sent.message_id] = sent
        api.sent.append(sent)
        return self._answer(sent)

    def _answer(self, sent: Sent) -> Json:
        shown = self._api.shown(sent.chat, sent.message_id)
        assert shown is not None
        return shown

    def _change(self, p: Json, sent: Sent, content: Content | None) -> Json:
        """Puts the new text and keyboard in place; a keyboard that is not named goes away, as at Telegram."""
        markup = checks.keyboard(p.get("reply_markup"), inline=True)
        buttons = (markup or {}).get("inline_keyboard", [])
        text = content or Content(sent.text, sent.html, sent.entities)
        if (text.text, text.entities, buttons) == (sent.text, sent.entities, sent.buttons):
            raise Refused(NOT_MODIFIED)
        if content:
            sent.text, sent.html, sent.entities, sent.links = content.text, content.html, content.entities, content.links
            sent.versions.append(content.text)
            preview = p.get("link_preview_options") or {}
            sent.preview_disabled = bool(preview.get("is_disabled") or p.get("disable_web_page_preview"))
        sent.buttons, sent.markup, sent.edited = buttons, markup, int(time.time())
        return self._answer(sent)

    def _chat(self, p: Json) -> int:
        chat = p.get("chat_id")
        if chat in (None, ""):
            raise checks.wrong("chat_id is empty")
        if not isinstance(chat, int) or chat == 0:
            raise checks.wrong("chat not found")
        if chat in self._api.migrated:
            parameters = {"migrate_to_chat_id": self._api.migrated[chat]}
            raise Refused("group chat was upgraded to a supergroup chat", parameters=parameters)
        return chat

    def _sendable(self, p: Json) -> int:
        chat = self._chat(p)
        if chat in self._api.blocked:
            kind = self._api.chat(chat)["type"]
            raise Refused("bot was blocked by the user" if chat > 0 else f"bot was kicked from the {kind} chat", 403)
        if (chat, p.get("message_thread_id")) in self._api.closed_threads:
            raise Refused("message thread not found")
        return chat

    def _message_id(self, p: Json) -> int:
        if not isinstance(p.get("message_id"), int):
            raise checks.wrong("message identifier is not specified")
        return p["message_id"]

    def _mine(self, p: Json) -> Sent:
        chat = self._chat(p)
        found = self._api.messages.get((chat, self._message_id(p)))
        if found is None:
            raise checks.wrong("message to edit not found")
        if not isinstance(found, Sent):
            raise checks.wrong("message can't be edited")
        return found

    def _reply(self, p: Json, chat: int) -> int | None:
        asked = p.get("reply_parameters") or {}
        message_id = asked.get("message_id", p.get("reply_to_message_id"))
        if not message_id:
            return None
        found = self._api.shown(int(asked.get("chat_id") or chat), message_id)
        if found is None:
            if asked.get("allow_sending_without_reply", p.get("allow_sending_without_reply")):
                return None
            raise checks.wrong("message to be replied not found")
        if asked.get("quote") and asked["quote"] not in (found.get("text") or found.get("caption") or ""):
            raise checks.wrong("QUOTE_TEXT_INVALID")
        return message_id

    def _upload(self, p: Json, key: str) -> tuple[str, bytes, Json]:
        """Name, bytes and Telegram's description of a file that is uploaded, or was before."""
        value: Any = p.get(key)
        if isinstance(value, str) and value.startswith("attach://"):
            value = p.get(value[9:])
        if isinstance(value, Upload):
            if not value.data:
                raise checks.wrong("file must be non-empty")
            return value.filename, value.data, self._api.file(value.data, value.filename, f"{key}s")
        if not value:
            raise checks.wrong(f"there is no {key} in the request")
        if value not in self._api.files:
            raise checks.wrong("wrong file identifier/HTTP URL specified")
        path, data = self._api.files[value]
        return path.split("/")[-1], data, {"file_id": value, "file_unique_id": f"u{value[-6:]}", "file_size": len(data)}
