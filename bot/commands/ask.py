"""`blik ask`: advice for one question, or for one a line."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from bot.commands.common import DONE, note, settings, write, write_json

if TYPE_CHECKING:
    from bot.advisor.advice import Advice
    from knowledge.document import Language
    from knowledge.library import Library


@click.command("ask")
@click.argument("question")
@click.option("--lang", type=click.Choice(["nl", "en"]), help="Language of the answer; by default that of the question.")
@click.option("--json", "as_json", is_flag=True, help="Print an object instead of text.")
def command(question: str, lang: Language | None, as_json: bool) -> int:
    """Answer QUESTION. With - and --json: read a question a line, print an object a line."""
    from knowledge.library import Library

    if question == "-" and not as_json:
        raise click.UsageError("blik ask - reads many questions; add --json")
    library = Library(settings().data_dir)
    try:
        with library.lease():
            pass  # open it before the first question, and say at once when there is none
        if question == "-":
            for line in sys.stdin:
                write_json(_safely(library, from_line(line), lang).as_json())
        else:
            advice = _safely(library, question, lang)
            write_json(advice.as_json()) if as_json else write(as_text(advice))
    finally:
        library.close()
    return DONE


def from_line(line: str) -> str:
    """The message in a line: the line itself, or `text` of a JSON object."""
    line = line.rstrip("\r\n")
    if line.lstrip().startswith("{"):
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            return line
        if isinstance(value, dict) and isinstance(value.get("text"), str):
            return str(value["text"])
    return line


def _safely(library: Library, message: str, language: Language | None) -> Advice:
    """The advice; when something unforeseen goes wrong, the sentence with a code that the log has."""
    from bot.advisor.state import ChatState
    from bot.chat import Conversation, failed
    from bot.cli import place

    try:
        return Conversation(library, ChatState()).say(message, language).advice
    except Exception as error:
        advice, code = failed(message, language or "nl")
        note(f"ERROR {code}: {place(error)}")
        return advice


def as_text(advice: Advice, numbered: bool = False) -> str:
    """The answer as the terminal shows it: text, answers to choose from, text to send on, sources."""
    from bot.texts import texts

    headings = texts(advice.language)["heading"]
    parts = [advice.answer]
    if advice.closing:
        options = advice.closing.options
        labels = [f"{i} {option}" for i, option in enumerate(options, start=1)] if numbered else options
        parts.append(" ".join(f"[{label}]" for label in labels))
    if advice.forward:
        parts.append(f"    {advice.forward}")
    if advice.sources:
        lines = [f"[{source.n}] {source.title}" + (f"\n    {source.url}" if source.url else "") for source in advice.sources]
        parts.append("\n".join([f"{headings['sources']}:", *lines]))
    return "\n\n".join(parts)
