"""HTTP: reading the three kinds of bodies a bot may send, and answering without delay."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import threading
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.botapi.model import Json, Refused, Upload

if TYPE_CHECKING:
    from tests.botapi.server import BotApi

MOST = 52 * 1024 * 1024
NESTED = set(
    "reply_markup reply_parameters link_preview_options entities caption_entities allowed_updates commands scope menu_button "
    "reaction".split()
)
NUMBERS = set(
    "chat_id user_id message_id message_thread_id reply_to_message_id draft_id offset limit timeout cache_time "
    "max_connections".split()
)
SWITCHES = set(
    "disable_notification protect_content disable_web_page_preview allow_sending_without_reply drop_pending_updates show_alert "
    "is_big has_spoiler show_caption_above_media disable_content_type_detection".split()
)


@dataclass
class Reply:
    status: int
    body: bytes
    type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


def reply(status: int, value: Json, **headers: str) -> Reply:
    return Reply(
        status, json.dumps(value, ensure_ascii=False).encode(), headers={k.replace("_", "-"): v for k, v in headers.items()}
    )


def decode(query: str, kind: str, body: bytes) -> Json:
    """The parameters of a request, nested values parsed and numbers as numbers, whatever way they came."""
    try:
        params: Json = dict(parse_qsl(query, keep_blank_values=True, errors="strict"))
        if body and kind.startswith("multipart/form-data"):
            params |= _multipart(kind, body)
        elif body and kind.startswith("application/json"):
            params |= json.loads(body)
        elif body:
            params |= dict(parse_qsl(body.decode(), keep_blank_values=True, errors="strict"))
    except UnicodeDecodeError:
        raise Refused("strings must be encoded in UTF-8", wrong=True) from None
    except (ValueError, TypeError):
        raise Refused("can't parse request body", wrong=True) from None
    return {key: _value(key, value) for key, value in params.items() if value is not None}


def _value(key: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if key in NESTED and value:
        try:
            return json.loads(value)
        except ValueError:
            raise Refused(f"can't parse {key.replace('_', ' ')} JSON object", wrong=True) from None
    if key in NUMBERS and re.fullmatch(r"-?\d+", value.strip()):
        return int(value)
    if key in SWITCHES:
        return value.lower() in ("true", "yes", "1")
    return value


def _multipart(kind: str, body: bytes) -> Json:
    boundary = re.search(r'boundary="?([^";,]+)"?', kind)
    if not boundary:
        raise ValueError("no boundary")
    params: Json = {}
    for piece in (b"\r\n" + body).split(b"\r\n--" + boundary[1].encode())[1:]:
        if piece.startswith(b"--"):
            break
        head, _, data = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        headers = head.decode()
        name = re.search(r'[;\s]name="([^"]*)"', headers)
        if not name:
            raise ValueError("a part without a name")
        filename = re.search(r'filename="([^"]*)"', headers)
        if filename:
            kind_of_part = re.search(r"(?im)^content-type:\s*(\S+)", headers)
            shown = filename[1].replace("%22", '"')
            params[name[1]] = Upload(shown, data, kind_of_part[1] if kind_of_part else "")
        else:
            params[name[1]] = data.decode()
    return params


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, api: BotApi, port: int) -> None:
        self.api = api
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__(("127.0.0.1", port), Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._guard:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def close_all(self) -> None:
        """So that a bot notices at once that the server went away, as with a real outage."""
        with self._guard:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def handle(self) -> None:
        with contextlib.suppress(OSError, ValueError):  # the bot went away in the middle
            super().handle()

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > MOST:
            self.close_connection = True
            error = {"ok": False, "error_code": 413, "description": "Request Entity Too Large"}
            self._write(reply(413, error, Connection="close"))
            return
        body = self.rfile.read(length)
        parts = urlsplit(self.path)
        answer = self.server.api.handle(unquote(parts.path), parts.query, self.headers.get("Content-Type") or "", body)
        if answer is None:
            self.close_connection = True
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
        else:
            self._write(answer)

    do_POST = do_GET

    def _write(self, answer: Reply) -> None:
        """Head and body in one send: two would wait for each other's acknowledgement."""
        headers = {
            "Server": "nginx/1.18.0",
            "Date": formatdate(usegmt=True),
            "Content-Type": answer.type,
            "Content-Length": str(len(answer.body)),
        } | (answer.headers or {"Connection": "keep-alive"})
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        start = f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}\r\n{lines}\r\n"
        self.wfile.write(start.encode() + answer.body)
