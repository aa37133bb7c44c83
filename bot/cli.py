"""The command line channel: `blik …`. Every failure ends in one clear line and an exit code, never in a traceback."""

from __future__ import annotations

import errno
import importlib
import logging
import os
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import NoReturn

import click

from bot.commands.common import FAILED, WRONG_USE, note

log = logging.getLogger("blik")

_COMMANDS = ("ask", "chat", "search", "ingest", "check", "library", "doctor", "eval", "telegram")


class _Lazy(click.Group):
    """Commands that are imported only when called, so that each starts as fast as it can."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"bot.commands.{name}").command
        return command


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def blik() -> None:
    """Advice for public buyers that widens the view, with cited practice cases."""


def main() -> NoReturn:
    """Run `blik` and exit with 0 (done), 1 (done but something failed) or 2 (wrong use or settings)."""
    if sys.stdin is None:  # closed by the caller
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    try:
        code = blik(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except click.exceptions.Abort:
        note("\nStopped. Nothing is lost; run it again to go on.")
        sys.exit(FAILED)
    except click.ClickException as error:
        error.show()
        sys.exit(WRONG_USE)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(FAILED)
    except Exception as error:
        _explain(error)


def _explain(error: Exception) -> NoReturn:
    """One line for a failure: its own words where it was foreseen, else its kind and place."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        note("The disk is full. Make room and run it again; the published library is untouched.")
    elif isinstance(error, OSError) and error.strerror:
        note(f"{error.filename or 'A file'}: {error.strerror}. Check the path and its rights, or set BLIK_DATA_DIR.")
    elif type(error).__module__.split(".")[0] in ("bot", "knowledge", "ingest"):
        note(str(error))
        sys.exit(WRONG_USE if type(error).__name__ in ("SettingsError", "SourceError") else FAILED)
    else:
        note(f"Something unforeseen went wrong: {place(error)}. Run blik doctor; if that finds nothing, report this line.")
    sys.exit(FAILED)


def place(error: BaseException) -> str:
    """Kind and place of an error, without its message, which may hold what a user wrote."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    where = f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}" if trace else "unknown place"  # noqa: PTH119
    return f"{type(error).__name__} at {where}"
