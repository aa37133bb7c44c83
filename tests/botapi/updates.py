"""The queue of updates: kept until confirmed, handed out by long polling or posted to a webhook."""

from __future__ import annotations

import http.client
import json
import ssl
import threading
import time
from typing import Any
from urllib.parse import urlsplit

from tests.botapi.faults import Faults
from tests.botapi.model import Json, Refused

UNASKED = {"chat_member", "message_reaction", "message_reaction_count"}  # sent only to bots that name them
OTHER = "terminated by other getUpdates request; make sure that only one bot instance is running"
WEBHOOK = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
FIRST_WAIT, LONGEST_WAIT = 0.1, 2.0


class Updates:
    """Shares its lock with the rest of the server; everything here is called with it held, but for the posting."""

    def __init__(self, lock: threading.RLock, faults: Faults) -> None:
        self.changed = threading.Condition(lock)
        self.faults = faults
        self.queue: list[Json] = []
        self.again: list[Json] = []  # confirmed already, but to be delivered once more
        self.allowed: list[str] = []
        self.webhook: Json | None = None
        self.stopped = False
        self._last = 1000
        self._poll = 0
        self._trouble: Json = {}

    def next_id(self) -> int:
        self._last += 1
        return self._last

    def add(self, update: Json) -> int:
        """Queues an update that has its update_id, unless the bot asked not to get this kind."""
        kind = next(key for key in update if key != "update_id")
        if kind in self.allowed if self.allowed else kind not in UNASKED:
            self.queue.append(update)
            self.changed.notify_all()
        return update["update_id"]

    def get(self, offset: int, limit: int, timeout: float, allowed: list[str] | None) -> list[Json]:
        """Waits for updates. A newer call ends an older one that still waits, and the older one hears of it."""
        if self.webhook:
            raise Refused(WEBHOOK, 409)
        self._poll += 1
        mine = self._poll
        self.changed.notify_all()
        if allowed is not None:
            self.allowed = allowed
        if offset > 0:
            self._confirm([u for u in self.queue if u["update_id"] < offset])
        elif offset < 0:
            self._confirm(self.queue[:offset])
        deadline = time.monotonic() + min(max(timeout, 0), 50)
        limit = min(max(limit, 1), 100)
        while not self.stopped:
            if self._poll != mine:
                raise Refused(OTHER, 409)
            if self.webhook:
                raise Refused("terminated by setWebhook request", 409)
            batch = (self.again + self.queue)[:limit]
            left = deadline - time.monotonic()
            if batch or left <= 0:
                self.again = self.again[limit:]
                return batch
            self.changed.wait(left)
        return []

    def _confirm(self, updates: list[Json]) -> None:
        gone = {u["update_id"] for u in updates}
        self.queue = [u for u in self.queue if u["update_id"] not in gone]
        self.again += [u for u in updates if self.faults.repeats()]

    def forget(self) -> None:
        self.queue.clear()
        self.again.clear()

    def set_webhook(self, hook: Json | None, allowed: list[str] | None) -> None:
        if allowed is not None:
            self.allowed = allowed
        self.webhook = hook
        self._trouble = {}
        self.changed.notify_all()
        if hook:
            threading.Thread(target=self._deliver, args=(hook,), daemon=True, name="webhook").start()

    def start(self) -> None:
        """After a stop: what was set and queued is still there."""
        self.stopped = False
        if self.webhook:
            self.set_webhook(dict(self.webhook), None)

    def stop(self) -> None:
        self.stopped = True
        self.changed.notify_all()

    def info(self) -> Json:
        shown = {k: v for k, v in (self.webhook or {"url": "", "has_custom_certificate": False}).items() if k != "secret_token"}
        more: Json = {"allowed_updates": self.allowed} if self.allowed else {}
        return shown | {"pending_update_count": len(self.queue)} | more | self._trouble

    def _deliver(self, hook: Json) -> None:
        """Posts one update after the other and does not go on before the bot took it."""
        wait = FIRST_WAIT

        def over() -> bool:
            return self.stopped or self.webhook is not hook

        while True:
            with self.changed:
                self.changed.wait_for(lambda: over() or self.again or self.queue)
                if over():
                    return
                update = (self.again or self.queue)[0]
            trouble = _post(hook, update)
            with self.changed:
                if over():
                    return
                if trouble:
                    self._trouble = {"last_error_date": int(time.time()), "last_error_message": trouble}
                    self.changed.wait_for(over, wait)
                    wait = min(2 * wait, LONGEST_WAIT)
                    continue
                wait = FIRST_WAIT
                if self.again and self.again[0] is update:
                    self.again.pop(0)
                else:
                    self._confirm([u for u in self.queue if u is update])


def _post(hook: Json, update: Json) -> str:
    """What went wrong, or ""."""
    parts = urlsplit(hook["url"])
    headers: dict[str, Any] = {"Content-Type": "application/json"}
    if hook.get("secret_token"):
        headers["X-Telegram-Bot-Api-Secret-Token"] = hook["secret_token"]
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(parts.netloc, timeout=30, context=ssl._create_unverified_context())
    else:
        connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", target, json.dumps(update), headers)
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException) as error:
        return f"Connection failed: {error!r}"
    finally:
        connection.close()
    return "" if 200 <= answer.status < 300 else f"Wrong response from the webhook: {answer.status} {answer.reason}"
