"""`blik ingest`: bring the library up to date with its sources."""

from __future__ import annotations

import click

from bot.commands.common import DONE, FAILED, WRONG_USE, agree, note, settings, write, write_json


@click.command("ingest")
@click.argument("sources", nargs=-1, metavar="[PATH …]")
@click.option("--prune", is_flag=True, help="Drop documents that the folder no longer holds; asks when it is over 20%.")
@click.option("--publish", is_flag=True, help="Make drafts live.")
@click.option("--rebuild", is_flag=True, help="Make the index anew from documents and cached vectors.")
@click.option("--dry-run", is_flag=True, help="Say what would change; change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--quiet", is_flag=True, help="No progress; text only when something changed or failed.")
@click.option("--json", "as_json", is_flag=True, help="Print an object.")
def command(
    sources: tuple[str, ...],
    prune: bool,
    publish: bool,
    rebuild: bool,
    dry_run: bool,
    yes: bool,
    quiet: bool,
    as_json: bool,
) -> int:
    """Read Markdown files or folders into the library; without PATH the documents that come with the program."""
    from ingest.pipeline import Declined, ingest
    from ingest.report import Failure
    from ingest.sources import Source, SourceError, builtin, locate

    located: list[Source] = [] if sources else [builtin()]
    failures = []
    for argument in sources:
        try:
            located.append(locate(argument))
        except SourceError as error:
            failures.append(Failure(source=argument, reason=str(error).removeprefix(f"{argument}: ")))
    if failures and not located:
        for failure in failures:
            note(f"{failure.source}: {failure.reason}")
        return WRONG_USE
    try:
        report = ingest(
            settings(), located, prune=prune, publish=publish, rebuild=rebuild, dry_run=dry_run, quiet=quiet or as_json,
            agree=agree(yes),
        )  # fmt: skip
    except Declined as question:
        note(f"{question}. Nothing was changed; add --yes to do it.")
        return FAILED
    report.failed = failures + report.failed
    if as_json:
        write_json(report.model_dump())
    elif not quiet or report.failed or report.added or report.updated or report.removed:
        write(report.text(dry_run))
    return FAILED if report.failed else DONE
