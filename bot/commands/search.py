"""`blik search`: what the library holds on a question, without advice."""

from __future__ import annotations

import click

from bot.commands.common import DONE, FAILED, settings, write, write_json


@click.command("search")
@click.argument("question")
@click.option("-k", "count", default=5, show_default=True, type=click.IntRange(1, 100), help="How many passages.")
@click.option("--kind", type=click.Choice(["case", "guidance"]), help="Only cases, or only guidance.")
@click.option("--sector", help="Only cases of this sector.")
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects.")
def command(question: str, count: int, kind: str | None, sector: str | None, as_json: bool) -> int:
    """The documents that fit QUESTION best, each with its best passage."""
    from bot.advisor.language import detect
    from bot.advisor.screen import clean
    from knowledge.library import Library
    from knowledge.search import search

    library = Library(settings().data_dir)
    text = clean(question)
    language = detect(text)
    try:
        with library.lease() as (generation, engine):
            hits = search(
                generation, text, engine.embed_query(text), language, count,
                lambda document: kind in (None, document.kind) and sector in (None, document.sector),
            )  # fmt: skip
    finally:
        library.close()
    rows = [
        {
            "id": hit.document.id, "kind": hit.document.kind, "title": hit.document.title, "sector": hit.document.sector,
            "score": round(hit.score, 5), "passage": hit.passage.text, "url": hit.document.sources[0].url,
        }
        for hit in hits
    ]  # fmt: skip
    if as_json:
        write_json(rows)
    else:
        for row in rows:
            write(f"{row['score']:.4f}  {row['id']}  {row['title']}\n        {str(row['passage'])[:200]}")
    return DONE if rows else FAILED
