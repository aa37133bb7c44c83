"""`blik check`: what is wrong with documents before they go in."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from bot.commands.common import DONE, FAILED, write


@click.command("check")
@click.argument("path", required=False)
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Judge law and amounts as on this day (default: today).")
def command(path: str | None, as_of: datetime | None) -> int:
    """Check the documents in PATH (a file or folder; default: those that come with the program): file, field, remedy."""
    from ingest.sources import builtin, locate
    from knowledge.check import check

    files = (locate(path) if path else builtin()).files
    faults = check(files, as_of.date() if as_of else date.today())
    here = Path.cwd()
    for fault in faults:
        file = Path(fault.file)
        write(f"{file.relative_to(here) if file.is_relative_to(here) else file}: {fault.field}: {fault.remedy}")
    write(f"{len(files)} documents checked, {len(faults)} faults.")
    return FAILED if faults else DONE
