"""The server that stands in for api.telegram.org."""

from __future__ import annotations

import re
import threading
import time
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import Any

from tests.botapi import faults as f
from tests.botapi.faults import Faults
from tests.botapi.model import Call, Json, Refused, Sent
from tests.botapi.settings import Methods
from tests.botapi.updates import Updates
from tests.botapi.wire import Reply, Server, decode, reply
from tests.botapi.world import World

GATEWAY = b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><h1>502 Bad Gateway</h1></body>\r\n</html>\r\n"
METHODS = {name.lower(): name for name in dir(Methods) if not name.startswith("_")}  # Telegram ignores case


class BotApi(World):
    """Telegram, for one bot. What is set here (blocked, faults, …) may change at any time while the bot runs."""

    def __init__(self, token: str = "123456:abcdefghijklmnopqrstuvwxyz_ABC-1", faults: Faults | None = None) -> None:
        self.token = token
        self.bot_id = int(token.split(":")[0])
        self.username = "blik_test_bot"
        self.faults = faults or Faults()
        super().__init__(Updates(threading.RLock(), self.faults))
        self.url = ""
        self.calls: list[Call] = []
        self.wrong: list[str] = []
        self.blocked: set[int] = set()
        self.migrated: dict[int, int] = {}
        self.unknown: set[str] = set()
        self.refused: set[str] = set()
        self.administrators: dict[int, set[int]] = {}
        self.closed_threads: set[tuple[int, int]] = set()
        self.settings: dict[Any, Any] = {}  # by (method, language code or "") and, where it is not the default one, scope
        self.answered_callbacks: dict[str, Json] = {}
        self.lost_answers: set[str] = set()  # callbacks answered, but the bot could not know
        self.drafts: list[Json] = []
        self.deleted: list[tuple[int, int]] = []
        self.reactions: dict[tuple[int, int], list[Json]] = {}
        self._methods = Methods(self)
        self._server: Server | None = None
        self._port = 0

    @property
    def webhook(self) -> Json | None:
        return self.updates.webhook

    def __enter__(self) -> BotApi:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        """Starts, or starts again on the same port after an outage; nothing is forgotten."""
        self._server = Server(self, self._port)
        self._port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self._port}"
        with self.lock:
            self.updates.faults = self.faults
            self.updates.start()
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True, name="botapi").start()

    def stop(self) -> None:
        with self.lock:
            self.updates.stop()
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server.close_all()
            self._server = None

    def to(self, chat: int) -> list[Sent]:
        with self.lock:
            return [sent for sent in self.sent if sent.chat == chat]

    def wait(self, ready: Callable[[], Any], timeout: float = 30) -> Any:
        """What ready() returns once it is true."""
        deadline = time.monotonic() + timeout
        while not (found := ready()):
            if time.monotonic() > deadline:
                calls = "\n".join(map(str, self.calls[-15:])) or "none"
                raise AssertionError(f"not ready within {timeout} s; wrong: {self.wrong}; last calls:\n{calls}")
            time.sleep(0.01)
        return found

    def handle(self, path: str, query: str, kind: str, body: bytes) -> Reply | None:
        """Answers one request; None drops the connection."""
        found = re.fullmatch(r"/(file/)?bot([^/]*)/(.+)", path)
        method = "file" if found and found[1] else METHODS.get(found[3].lower(), found[3]) if found else path
        call = Call(method, {"path": found[3]} if found and found[1] else {}, time.monotonic())
        with self.lock:
            self.calls.append(call)
        if not found or not re.fullmatch(r"[1-9]\d*:[A-Za-z0-9_-]{20,}", found[2]):
            answer: Reply | None = _refusal(Refused("Not Found", 404))
        elif found[2] != self.token:
            answer = _refusal(Refused("Unauthorized", 401))
        else:
            answer = self._faulty(call, query, kind, body)
        call.status = answer.status if answer else -1
        return answer

    def _faulty(self, call: Call, query: str, kind: str, body: bytes) -> Reply | None:
        faults = self.faults
        self.updates.faults = faults
        if faults.delay and call.method not in faults.spare:
            time.sleep(faults.delay)
        call.fault = faults.draw(call.method)
        if call.fault == f.TOO_MANY:
            seconds = faults.retry_after
            error = Refused(f"Too Many Requests: retry after {seconds}", 429, parameters={"retry_after": seconds})
            return _refusal(error, Retry_After=str(seconds), Connection="keep-alive")
        try:
            call.params |= decode(query, kind, body)
        except Refused as error:
            return self._record(call, error)
        if call.fault in f.BEFORE:
            return Reply(502, GATEWAY, "text/html") if call.fault == f.GATEWAY_BEFORE else None
        answer = self._act(call)
        if call.fault not in f.AFTER:
            return answer
        if call.method == "answerCallbackQuery" and answer.status == 200:
            with self.lock:
                self.lost_answers.add(str(call.params.get("callback_query_id")))
        return Reply(502, GATEWAY, "text/html") if call.fault == f.GATEWAY_AFTER else None

    def _act(self, call: Call) -> Reply:
        method = call.method
        if method == "file":
            return self._download(call.params["path"])
        if method in self.unknown or method.lower() not in METHODS:
            return _refusal(Refused("Not Found", 404))
        if method in self.refused:
            return _refusal(Refused("not allowed"))
        try:
            with self.lock:
                result = getattr(self._methods, method)(call.params)
        except Refused as error:
            return self._record(call, error)
        except Exception:
            # A mistake of this emulator, or a request it does not foresee: a test must see it, not the bot only.
            call.error = traceback.format_exc()
            self.wrong.append(f"{method}: the emulator failed: {call.error}")
            return _refusal(Refused("Internal Server Error", 500))
        return reply(200, {"ok": True, "result": result})

    def _record(self, call: Call, error: Refused) -> Reply:
        call.error = str(error)
        if error.wrong:
            with self.lock:
                self.wrong.append(f"{call.method}: {error} {call}")
        return _refusal(error)

    def _download(self, path: str) -> Reply:
        with self.lock:
            for known, data in self.files.values():
                if known == path:
                    return Reply(200, data, "application/octet-stream")
        return _refusal(Refused("Not Found", 404))


def _refusal(error: Refused, **headers: str) -> Reply:
    value: Json = {"ok": False, "error_code": error.code, "description": str(error)}
    if error.parameters:
        value["parameters"] = error.parameters
    return reply(error.code, value, **headers)
