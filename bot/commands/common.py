"""What several commands need: settings, output, and the words for what went wrong."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from bot.settings import BotSettings
from knowledge.settings import load

DONE, FAILED, WRONG_USE = 0, 1, 2


def settings() -> BotSettings:
    """The settings; raises SettingsError with a line for each wrong one."""
    return load(BotSettings)


def write(text: str) -> None:
    """A line to standard output. What the terminal cannot show is replaced."""
    click.echo(text)


def write_json(value: Any) -> None:
    """One JSON value, one line, at once."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def note(text: str) -> None:
    """A line for people, to standard error."""
    click.echo(text, err=True)


def agree(yes: bool) -> Any:
    """A function that asks the user; with --yes it agrees, without a terminal it declines."""

    def ask(question: str) -> bool:
        if yes:
            return True
        return sys.stdin.isatty() and click.confirm(f"{question}. Go on?", default=False, err=True)

    return ask
