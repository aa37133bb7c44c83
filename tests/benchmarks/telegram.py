"""Speed and memory of the Telegram bot as a process, against the emulator: `.venv/bin/python -m tests.benchmarks.telegram`.

Arguments choose parts: `burst`, `pace`, `memory`; without any, all. These machines are noisy and the emulator shares their
cores, so every figure stands beside one measured in the same run.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from bot.texts import texts
from ingest.pipeline import ingest
from ingest.sources import builtin
from tests.botapi import BotApi
from tests.conftest import make_data, settings
from tests.telegram_process import BotProcess, bot_process, done, own_data

MESSAGES = Path(__file__).parent.parent / "evals" / "data" / "messages.dev.tsv"
KINDS = ("solution", "problem", "how", "examples")
CHATS = 50
ALONE = 20  # questions asked one at a time, beside which those under load stand
PER_SECOND, SECONDS = 5, 60
MANY, FIRST, AT_ONCE = 5_000, 1_000, 100
SENDS = ("sendMessage", "editMessageText", "sendPhoto")
# What is no answer: the sign of progress, and what a chat reads before its first answer.
BESIDE = {texts(language)["telegram"][name] for language in ("nl", "en") for name in ("progress", "introduced")}


class Bench:
    """The bot at work, and users who never ask the same thing twice."""

    def __init__(self, api: BotApi, data: Path, bot: BotProcess) -> None:
        self.api, self.data, self.bot = api, data, bot
        lines = [line.split("\t") for line in MESSAGES.read_text(encoding="utf-8").splitlines()]
        self._questions = [text for kind, text in lines if kind in KINDS]
        self._number, self._chats = count(), count(1000)
        self._seen = 0
        self._asked: dict[int, float] = {}
        self._typed: dict[int, float] = {}
        self._answered: dict[int, float] = {}

    def new_chats(self, number: int) -> list[int]:
        return [next(self._chats) for _ in range(number)]

    def ask(self, chat: int) -> None:
        number = next(self._number)
        question = self._questions[number % len(self._questions)]
        self._asked[chat] = time.monotonic()
        self.api.message(chat, f"{question} Dit is voor wijk {number}.")

    def answered(self, chats: list[int]) -> bool:
        """Whether chats that asked one question each have their answer."""
        calls = self.api.calls
        for index in range(self._seen, len(calls)):
            call = calls[index]
            if not call.status and call.method != "getUpdates":  # still under way
                break
            self._seen = index + 1
            chat = call.params.get("chat_id", 0)
            if call.method == "sendChatAction":
                self._typed.setdefault(chat, call.at)
            elif call.method in SENDS and call.params.get("text") not in BESIDE:
                self._answered[chat] = call.at
        return all(chat in self._answered for chat in chats)

    def wait(self, chats: list[int]) -> None:
        self.api.wait(lambda: self.answered(chats), timeout=600)

    def waited(self, chats: list[int]) -> list[float]:
        return [self._answered[chat] - self._asked[chat] for chat in chats]

    def until_typing(self, chats: list[int]) -> list[float]:
        return [self._typed[chat] - self._asked[chat] for chat in chats]

    def one_by_one(self, chats: list[int]) -> float:
        """Seconds for a question of each chat, the next after the answer to the one before."""
        began = time.monotonic()
        for chat in chats:
            self.ask(chat)
            self.wait([chat])
        return time.monotonic() - began


def burst(bench: Bench) -> None:
    """Fifty chats after one another, and fifty at once."""
    each = bench.one_by_one(bench.new_chats(CHATS))
    chats = bench.new_chats(CHATS)
    began = time.monotonic()
    for chat in chats:
        bench.ask(chat)
    bench.wait(chats)
    together = time.monotonic() - began
    print(f"{CHATS} chats at once: {together / each:.2f}× the time of {CHATS} after one another (bar 1.5)")
    print(
        f"  {together:.2f} s beside {each:.2f} s; half of them waited less than {statistics.median(bench.waited(chats)):.2f} s"
    )
    print(f"  until typing was shown: at most {max(bench.until_typing(chats)):.2f} s (bar 1)")


def pace(bench: Bench) -> None:
    """A steady stream of questions, beside single ones."""
    single = bench.new_chats(ALONE)
    bench.one_by_one(single)
    alone = statistics.median(bench.waited(single))
    chats = bench.new_chats(PER_SECOND * SECONDS)
    began = time.monotonic()
    for number, chat in enumerate(chats):
        time.sleep(max(0.0, began + number / PER_SECOND - time.monotonic()))
        bench.ask(chat)
    bench.wait(chats)
    cuts = statistics.quantiles(bench.waited(chats), n=100)
    print(f"{PER_SECOND} questions a second for {SECONDS} s: p95 is {cuts[94] / alone:.1f}× a single one's median (bar 3)")
    print(f"  p50 {cuts[49] * 1000:.0f} ms, p95 {cuts[94] * 1000:.0f} ms beside {alone * 1000:.0f} ms")


def memory(bench: Bench) -> None:
    """Memory over many messages, as fast as the bot answers them."""
    chats, before, sizes = bench.new_chats(CHATS), done(bench.data), []
    for asked in range(0, MANY, AT_ONCE):
        for number in range(AT_ONCE):
            bench.ask(chats[number % CHATS])
        while done(bench.data) < before + asked + AT_ONCE:
            time.sleep(0.05)
        if (asked + AT_ONCE) % FIRST == 0:
            sizes.append(resident_mb(bench.bot.pid))
    print(f"memory over {MANY} messages of {CHATS} chats: {sizes[-1] / sizes[0] - 1:+.1%} since the first {FIRST} (bar 5%)")
    print(f"  {', '.join(f'{size:.0f}' for size in sizes)} MB, after every {FIRST}")


def resident_mb(pid: int) -> float:
    """Memory of a process and all that it started."""
    children = [int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()]
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6 + sum(map(resident_mb, children))


@contextmanager
def benching(data: Path, folder: Path) -> Iterator[Bench]:
    """A bot on the library in `data`, that has answered a first question: what is loaded at the first is not measured."""
    with BotApi() as api, bot_process(api, data, folder) as bot:
        bench = Bench(api, data, bot)
        bench.one_by_one(bench.new_chats(1))
        yield bench


def main() -> None:
    parts: dict[str, Callable[[Bench], None]] = {"burst": burst, "pace": pace, "memory": memory}
    chosen = sys.argv[1:] or list(parts)
    if not set(chosen) <= set(parts):
        sys.exit(f"there are the parts {', '.join(parts)}")
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as name:
        data = make_data(Path(name) / "data")
        ingest(settings(data), [builtin()], quiet=True)
        for part in chosen:
            # Each has a folder of its own: an emulator that starts anew counts its updates from the beginning.
            with benching(own_data(data, Path(name) / part), Path(name)) as bench:
                parts[part](bench)


if __name__ == "__main__":
    main()
