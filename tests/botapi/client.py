"""A bot for the emulator's own tests: the library as a client, and bare requests that the library would not send."""

from __future__ import annotations

import http.client
import json
import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import BadRequest

from tests.botapi import BotApi

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
ANNA, GROUP = 501, -1001234567890


def library(api: BotApi) -> Bot:
    return Bot(api.token, base_url=f"{api.url}/bot", base_file_url=f"{api.url}/file/bot")


def keys(*buttons: InlineKeyboardButton) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[button] for button in buttons])


def data(label: str = "Ja", value: str = "yes") -> InlineKeyboardButton:
    return InlineKeyboardButton(label, callback_data=value)


def call(api: BotApi, method: str, **params: Any) -> tuple[int, dict[str, Any]]:
    """A request without the library, which would not send some wrong ones; status 0 for a dropped connection."""
    connection = http.client.HTTPConnection(urlsplit(api.url).netloc, timeout=10)
    try:
        connection.request("POST", f"/bot{api.token}/{method}", json.dumps(params), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        body = answer.read()
        return answer.status, json.loads(body) if body.startswith(b"{") else {}
    except (ConnectionError, http.client.HTTPException):
        return 0, {}
    finally:
        connection.close()


def bad(complaint: str) -> Any:
    """The library capitalises what the server says, so case is no matter."""
    return pytest.raises(BadRequest, match=re.compile(complaint, re.IGNORECASE))
