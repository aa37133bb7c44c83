"""`blik library`: list, show, remove, restore and export documents; generations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import yaml

from bot.commands.common import DONE, FAILED, agree, note, settings, write, write_json


@click.group("library")
def command() -> None:
    """The documents of the library and its generations."""


def _store() -> Any:
    from knowledge.database import connect
    from knowledge.store import Store

    return Store(connect(settings().database))


@command.command("list")
@click.option("--status", type=click.Choice(["live", "draft", "removed", "all"]), default="live", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects.")
def list_(status: str, as_json: bool) -> int:
    """The documents, a line each."""
    from knowledge.generation import Folders

    folders = Folders(settings().data_dir)
    manifest = folders.manifest(folders.current() or "")
    rows = []
    for record in _store().records().values():
        if status not in ("all", record.status):
            continue
        document = record.document
        entry = manifest.documents.get(record.id) if manifest else None
        rows.append(
            {
                "id": record.id, "kind": document.kind, "title": document.title, "sector": document.sector,
                "organisation": getattr(document, "organisation", None), "year": getattr(document, "year", None),
                "outcome": getattr(document, "outcome", None), "origin": record.origin,
                "urls": [source.url for source in document.sources if source.url],
                "passages": entry.passages if entry else 0, "status": record.status,
            }
        )  # fmt: skip
    if as_json:
        write_json(rows)
    else:
        for row in rows:
            year = row["year"] or "    "
            write(f"{row['kind']:8}  {row['status']:7}  {year}  {row['id']}  {row['title']}")
        write(f"{len(rows)} documents.")
    return DONE


@command.command("show")
@click.argument("id_", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print an object.")
def show(id_: str, as_json: bool) -> int:
    """One document, whole."""
    record = _store().records().get(id_)
    if record is None:
        note(f"There is no document {id_}; see blik library list --status all.")
        return FAILED
    if as_json:
        write_json({**record.fields, "origin": record.origin, "status": record.status})
    else:
        write(_markdown(record.fields))
    return DONE


@command.command("remove")
@click.argument("id_", metavar="ID")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print an object.")
def remove(id_: str, yes: bool, as_json: bool) -> int:
    """Take one document out; ingest leaves it out until it is restored."""
    record = _store().records().get(id_)
    if record is None or record.status == "removed":
        note(f"There is no document {id_} to remove; see blik library list.")
        return FAILED
    question = f"This removes {id_}: {record.fields['title']}"
    if not agree(yes)(question):
        note(f"{question}. Nothing was changed; add --yes to do it.")
        return FAILED
    return _set(id_, "removed", f"{id_} is removed. To bring it back: blik library restore {id_}", as_json)


@command.command("restore")
@click.argument("id_", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print an object.")
def restore(id_: str, as_json: bool) -> int:
    """Bring a removed document back."""
    record = _store().records().get(id_)
    if record is None or record.status != "removed":
        note(f"{id_} is not a removed document; see blik library list --status removed.")
        return FAILED
    return _set(id_, "live", f"{id_} is back.", as_json)


def _set(id_: str, status: Any, said: str, as_json: bool) -> int:
    from ingest.pipeline import set_status

    done = set_status(settings(), id_, status)
    note(said if done else f"There is no document {id_}.")
    if as_json and done:
        write_json({"id": id_, "status": status})
    return DONE if done else FAILED


@command.command("export")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print an object.")
def export(folder: Path, as_json: bool) -> int:
    """Write all live documents as Markdown files into FOLDER."""
    records = [record for record in _store().records().values() if record.status == "live"]
    folder.mkdir(parents=True, exist_ok=True)
    for record in records:
        (folder / f"{record.id}.md").write_text(_markdown(record.fields), encoding="utf-8")
    note(f"{len(records)} documents written to {folder}.")
    if as_json:
        write_json({"documents": len(records), "folder": str(folder)})
    return DONE


@command.command("generations")
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects.")
def generations(as_json: bool) -> int:
    """The published versions that are kept, newest first."""
    from knowledge.generation import Folders

    folders = Folders(settings().data_dir)
    current = folders.current()
    rows = []
    for path in sorted(folders.generations.glob("[0-9]*"), reverse=True) if folders.generations.exists() else []:
        if manifest := folders.manifest(path.name):
            rows.append(
                {
                    "id": manifest.id, "created": manifest.created, "current": manifest.id == current,
                    "documents": len(manifest.documents), "passages": manifest.passages, "engine": manifest.engine.setting,
                }
            )  # fmt: skip
    if as_json:
        write_json(rows)
    else:
        for row in rows:
            mark = "*" if row["current"] else " "
            write(f"{mark} {row['id']}  {row['documents']} documents, {row['passages']} passages  {row['engine']}")
    return DONE


def _markdown(fields: dict[str, Any]) -> str:
    front = {name: value for name, value in fields.items() if name != "body"}
    return f"---\n{yaml.safe_dump(front, allow_unicode=True, sort_keys=False, width=120)}---\n{fields.get('body', '')}\n"
