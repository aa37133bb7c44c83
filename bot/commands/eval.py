"""`blik eval`: measure quality on labelled data, side by side in one run."""

from __future__ import annotations

from pathlib import Path

import click

from bot.commands.common import DONE, settings, write


@click.group("eval")
def command() -> None:
    """Measure quality on the labelled data in tests/evals/data."""


@command.command("intent")
@click.option("--file", "path", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Another labelled file.")
def intent(path: Path | None) -> int:
    """Intent: each writer of the training messages left out in turn, then the development messages."""
    from bot.evals.intent import report
    from knowledge.library import Library

    library = Library(settings().data_dir)
    try:
        with library.lease() as (_, engine):
            for line in report(engine, path):
                write(line)
    finally:
        library.close()
    return DONE


@command.command("search")
@click.option("--split", type=click.Choice(["dev", "test"]), default="dev", show_default=True, help="Run test rarely.")
@click.option("--peers", type=click.Path(path_type=Path), default=Path("var/evals/peers.json"), help="Rankings of others.")
def search(split: str, peers: Path) -> int:
    """Search: words alone, vectors alone, plain fusion, others' recipes and the hybrid; and whether a gap is told."""
    from bot.evals.search import report
    from knowledge.library import Library

    library = Library(settings().data_dir)
    try:
        with library.lease() as (generation, engine):
            for line in report(generation, engine, split, peers):
                write(line)
    finally:
        library.close()
    return DONE
