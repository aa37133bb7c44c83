"""The Telegram bot as a process of its own, started against the emulator: it can be stopped, killed and started again."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from tests.botapi import BotApi
from tests.conftest import ROOT, environment


class BotProcess:
    """`blik telegram`. What it writes goes to a file, so that a full pipe never holds it up; restarts add to that file."""

    def __init__(self, env: dict[str, str], folder: Path) -> None:
        self._env = env
        self._folder = folder
        self._log = folder / "telegram.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process, "never started"
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def log(self) -> str:
        """All that it wrote, over all starts."""
        return self._log.read_text(encoding="utf-8", errors="replace") if self._log.exists() else ""

    def start(self) -> None:
        assert not self.running, "runs already"
        with self._log.open("ab") as log:
            command = [sys.executable, "-m", "bot", "telegram"]
            self._process = subprocess.Popen(command, env=self._env, cwd=self._folder, stdout=log, stderr=subprocess.STDOUT)

    def stop(self, sig: int = signal.SIGTERM, timeout: float = 60) -> int:
        """Asks it to end; the exit code. One that does not end is killed and gives an error."""
        assert self._process, "never started"
        if self.running:
            self._process.send_signal(sig)
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"still running {timeout} s after signal {sig}; its log ends:\n{self.log[-3000:]}") from None

    def kill(self) -> None:
        """As a crash or a power cut: SIGKILL, whatever it was doing."""
        if self._process and self.running:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> BotProcess:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()


def bot_process(api: BotApi, data: Path, tmp_path: Path, **env: str) -> BotProcess:
    """The bot on a data folder, away from any `.env`; `env` adds to or replaces what is set. Not started yet."""
    usual = {
        "BLIK_OPEN": "true",
        "BLIK_RATE_PER_MINUTE": "100000",
        "TELEGRAM_BOT_TOKEN": api.token,
        "TELEGRAM_API_URL": api.url,
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
    }
    return BotProcess(environment(data, **{**usual, **env}), tmp_path)


def own_data(library_data: Path, folder: Path) -> Path:
    """A copy of the session's library that a bot may write to; the vectors stay shared."""

    def but_what_is_shared(where: str, names: list[str]) -> set[str]:
        return {"cache"} & set(names) if Path(where) == library_data else set()

    shutil.copytree(library_data, folder, ignore=but_what_is_shared)
    if (library_data / "cache").exists():
        (folder / "cache").symlink_to(os.path.realpath(library_data / "cache"))
    return folder


def inbox(data: Path, query: str) -> int:
    """A number from the tables of the bot, which may be at work in them: inbox(data, "count(*) FROM inbox")."""
    with closing(sqlite3.connect(data / "blik.db", timeout=30)) as connection:
        try:
            return int(connection.execute(f"SELECT {query}").fetchone()[0] or 0)
        except sqlite3.OperationalError:  # the bot has not made its tables yet
            return 0


def done(data: Path) -> int:
    """How many messages of users are answered."""
    return inbox(data, "count(*) FROM inbox WHERE status = 'done' AND update_id IS NOT NULL")


def idle(api: BotApi, data: Path) -> bool:
    """Whether the bot has received and answered all there is."""
    return not api.updates.queue and not api.updates.again and not inbox(data, "count(*) FROM inbox WHERE status = 'open'")
