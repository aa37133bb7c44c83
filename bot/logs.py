"""Logs of a program that stays up: a line an event, and never what a user wrote, a name or a token.

Libraries put addresses with tokens, and what they received, into their messages; so of theirs only kind and place are told.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Literal


class _OursOnly(logging.Filter):
    """Takes the words out of what is not ours."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.split(".")[0] != "blik":
            kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else record.levelname.lower()
            record.msg, record.args = f"{kind} at {record.filename}:{record.lineno}", ()
        record.exc_info = record.exc_text = record.stack_info = None
        return True


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"at": at, "level": record.levelname, "logger": record.name, "message": record.getMessage()}
        return json.dumps(line, ensure_ascii=False)


def configure(form: Literal["text", "json"]) -> None:
    """Log to standard error: ours from INFO, of libraries from WARNING."""
    handler = logging.StreamHandler(sys.stderr)
    text = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    handler.setFormatter(_Json() if form == "json" else text)
    handler.addFilter(_OursOnly())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("blik").setLevel(logging.INFO)
    logging.captureWarnings(True)
