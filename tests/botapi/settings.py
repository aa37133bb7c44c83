"""The methods about the bot itself, its chats, files and updates."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from tests.botapi import checks
from tests.botapi.methods import Messages
from tests.botapi.model import Json, Refused, Upload

RIGHTS = (
    "can_be_edited can_manage_chat can_change_info can_delete_messages can_invite_users can_restrict_members can_pin_messages "
    "can_manage_topics can_promote_members can_manage_video_chats can_post_stories can_edit_stories can_delete_stories"
).split()
GIFTS = "unlimited_gifts limited_gifts unique_gifts premium_subscription gifts_from_channels".split()
NO = ("can_connect_to_business", "has_main_web_app", "has_topics_enabled", "allows_users_to_create_topics")


class Methods(Messages):
    """Everything the server knows; a method that is not here is answered with 404."""

    def getMe(self, p: Json) -> Json:
        abilities = {"can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": False}
        return self._api.me() | abilities | dict.fromkeys(NO, False)

    def getUpdates(self, p: Json) -> list[Json]:
        allowed = p.get("allowed_updates")
        return self._api.updates.get(
            int(p.get("offset") or 0), int(p.get("limit") or 100), float(p.get("timeout") or 0), _names(allowed)
        )

    def setWebhook(self, p: Json) -> bool:
        url = str(p.get("url") or "")
        if not url:
            return self.deleteWebhook(p)
        parts = urlsplit(url)
        if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost"):
            raise checks.wrong("bad webhook: An HTTPS URL must be provided for webhook")
        secret = str(p.get("secret_token") or "")
        if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", secret):
            raise checks.wrong("secret token contains unallowed characters")
        hook = {"url": url, "has_custom_certificate": isinstance(p.get("certificate"), Upload)}
        hook |= {"max_connections": p.get("max_connections") or 40, "ip_address": p.get("ip_address") or "127.0.0.1"}
        hook |= {"secret_token": secret}
        if p.get("drop_pending_updates"):
            self._api.updates.forget()
        self._api.updates.set_webhook(hook, _names(p.get("allowed_updates")))
        return True

    def deleteWebhook(self, p: Json) -> bool:
        if p.get("drop_pending_updates"):
            self._api.updates.forget()
        self._api.updates.set_webhook(None, None)
        return True

    def getWebhookInfo(self, p: Json) -> Json:
        return self._api.updates.info()

    def getFile(self, p: Json) -> Json:
        file_id = str(p.get("file_id") or "")
        if file_id not in self._api.files:
            raise checks.wrong("wrong file_id or the file is temporarily unavailable")
        path, data = self._api.files[file_id]
        if len(data) > 20 * 1024 * 1024:
            raise Refused("file is too big")
        return {"file_id": file_id, "file_unique_id": f"u{file_id[-6:]}", "file_size": len(data), "file_path": path}

    def setMyCommands(self, p: Json) -> bool:
        scope = (p.get("scope") or {}).get("type", "default")
        return self._set("setMyCommands", p, checks.commands(p.get("commands")), *([] if scope == "default" else [scope]))

    def setMyDescription(self, p: Json) -> bool:
        return self._set("setMyDescription", p, checks.within(p.get("description"), 512, "BOT_DESCRIPTION_TOO_LONG"))

    def setMyShortDescription(self, p: Json) -> bool:
        text = checks.within(p.get("short_description"), 120, "BOT_SHORT_DESCRIPTION_TOO_LONG")
        return self._set("setMyShortDescription", p, text)

    def setMyName(self, p: Json) -> bool:
        return self._set("setMyName", p, checks.within(p.get("name"), 64, "BOT_TITLE_TOO_LONG"))

    def setChatMenuButton(self, p: Json) -> bool:
        button = p.get("menu_button") or {"type": "default"}
        if button.get("type") not in ("default", "commands", "web_app"):
            raise checks.wrong("can't parse menu button: unsupported type")
        return self._set("setChatMenuButton", {}, button)

    def getChat(self, p: Json) -> Json:
        number = self._chat(p)
        if number not in self._api.chats:
            raise Refused("chat not found")
        full = {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": dict.fromkeys(GIFTS, False)}
        return self._api.chat(number) | full

    def getChatMember(self, p: Json) -> Json:
        """A user who never spoke in the chat has left it, as far as this server knows."""
        chat, user = self._chat(p), p.get("user_id")
        if not isinstance(user, int):
            raise checks.wrong("invalid user_id specified")
        api = self._api
        known = api.me() if user == api.bot_id else api.users.get(user, {"id": user, "is_bot": False, "first_name": "Anna"})
        if user in api.administrators.get(chat, ()):
            return {"user": known, "status": "administrator", "is_anonymous": False} | dict.fromkeys(RIGHTS, True)
        there = user in (api.bot_id, chat) or user in api.members.get(chat, ())
        return {"user": known, "status": "member" if there else "left"}

    def _set(self, method: str, p: Json, value: Any, *more: str) -> bool:
        self._api.settings[(method, checks.language(p.get("language_code")), *more)] = value
        return True


def _names(allowed: Any) -> list[str] | None:
    return None if allowed is None else [str(name) for name in allowed]
