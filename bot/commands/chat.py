"""`blik chat`: a conversation, a turn a line."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.commands.ask import as_text
from bot.commands.common import DONE, FAILED, note, settings, write, write_json

if TYPE_CHECKING:
    from bot.advisor.advice import Advice
    from bot.channel import Reply
    from bot.chat import Conversation

HELLO = "Stel je vraag (of /stop).  Ask your question (or /stop)."


@click.command("chat")
@click.option("--chat", "name", default="", help="Keep the conversation under this name, to go on with it later.")
@click.option("--forget", "forget", metavar="NAME", help="Delete all that is kept under NAME, and stop.")
@click.option("--json", "as_json", is_flag=True, help="Print an object a turn.")
def command(name: str, forget: str | None, as_json: bool) -> int:
    """Talk: a turn a line on standard input. A line may be {"text": …} or {"action": ID}; /nieuw begins afresh."""
    from sqlalchemy.exc import SQLAlchemyError

    from bot.advisor.state import ChatState
    from bot.chat import Conversation, failed
    from bot.cli import place
    from bot.memory import Memory
    from knowledge.database import DatabaseError, connect
    from knowledge.library import Library

    config = settings()
    if len(name) > 200 or len(forget or "") > 200:
        raise click.UsageError("a chat's name has at most 200 characters")
    memory = None
    try:
        memory = Memory(connect(config.database)) if name or forget is not None else None
        if memory:
            memory.expire(config.retention_days)
    except (DatabaseError, SQLAlchemyError) as error:
        if forget is not None:
            raise
        note(f"This conversation cannot be kept: {error}.")
        memory = None
    if forget is not None:
        assert memory is not None
        kept = memory.forget(forget)
        note(f"All about {forget} is deleted." if kept else f"Nothing is kept under {forget}.")
        return DONE if kept else FAILED
    library = Library(config.data_dir)
    with library.lease():
        pass  # open it before the first question, and say at once when there is none
    conversation = Conversation(library, memory.load(name) if memory else ChatState())
    options = conversation.state.last.options if conversation.state.last else []
    if sys.stdin.isatty():
        note(HELLO)
    try:
        for line in _lines():
            if line.strip() in ("/stop", "/quit"):
                break
            try:
                reply = _turn(conversation, line, options)
                options = reply.advice.closing.options if reply.advice.closing else options
                advice, turn = reply.advice, reply.turn
                handed_in = reply.contributions
                actions = [{"id": action.id, "label": action.label} for action in reply.actions]
            except Exception as error:
                advice, code = failed(line, "nl")
                note(f"ERROR {code}: {place(error)}")
                actions, turn, handed_in = [], conversation.state.turn, []
            if memory:
                memory.save(name, conversation.state, [] if name.startswith("eval-") else handed_in)
            attachments = _attachments(advice, config.data_dir)
            if as_json:
                extra = {"turn": turn, "actions": actions, "attachments": attachments, "exploration": None}
                write_json({**advice.as_json(), **extra})
            else:
                write(as_text(advice, numbered=True) + "\n")
                for attachment in attachments:
                    note(attachment["path"])
    finally:
        library.close()
    return DONE


def _attachments(advice: Advice, data_dir: Path) -> list[dict[str, str]]:
    """The picture of a solution space, as a file; none where the data folder cannot be written, since the text says it all."""
    if not advice.directions:
        return []
    from bot.picture import save

    try:
        return [{"kind": "picture", "path": str(save(advice.directions, advice.language, data_dir / "pictures"))}]
    except OSError:
        return []


def _lines() -> Any:
    if not sys.stdin.isatty():
        yield from sys.stdin
        return
    while True:
        try:
            yield input("> ")
        except EOFError:
            return


def _turn(conversation: Conversation, line: str, options: Sequence[str]) -> Reply:
    """One turn: a tap, a text, or a number that chooses one of the answers shown."""
    line = line.rstrip("\r\n")
    if line.lstrip().startswith("{"):
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, dict) and "action" in value:
            return conversation.tap(str(value["action"]))
        if isinstance(value, dict) and isinstance(value.get("text"), str):
            return conversation.say(value["text"])
    said = line.strip()
    if said.isdecimal() and 1 <= int(said[:3]) <= len(options):
        return conversation.say(options[int(said[:3]) - 1])
    return conversation.say(line)
