"""What an ingest would change: sources held against the stored documents. Nothing is written here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ingest.report import Failure, Report
from ingest.sources import Item, Source
from knowledge.check import incomplete, unpublishable
from knowledge.document import Case, Guidance, content_hash
from knowledge.generation import Manifest
from knowledge.store import Record, Status, Store

PRUNE_LIMIT = 0.2  # share of an origin's documents that may go without asking


@dataclass
class Plan:
    """Records to write, ids to drop, and the report so far."""

    write: dict[str, Record] = field(default_factory=dict)
    drop: list[str] = field(default_factory=list)
    report: Report = field(default_factory=Report)
    questions: list[str] = field(default_factory=list)


def plan(store: Store, sources: Iterable[Source], published: Manifest | None, *, publish: bool, prune: bool) -> Plan:
    """Compare `sources` with `store`. `publish` makes drafts live, `prune` drops what an origin no longer has.

    Counts are against what is `published`, so that an ingest that finishes the work of a killed one tells what it did.
    """
    stored = {
        id_: Record(id_, origin, path, status, hash_, {}) for id_, (origin, path, status, hash_) in store.hashes().items()
    }
    result = Plan()
    seen: dict[str, str] = {}
    for source in sources:
        failed_paths = set()
        for item in source.items():
            fault = item.fault or _consider(item, stored, published, seen, result, publish)
            if fault:
                failed_paths.add(item.path)
                result.report.failed.append(Failure(source=item.path, reason=fault))
        if prune:
            _prune(source, stored, seen, failed_paths, result)
    return result


def _consider(
    item: Item, stored: dict[str, Record], published: Manifest | None, seen: dict[str, str], result: Plan, publish: bool
) -> str:
    """Add one document to the plan; returns a fault, or nothing."""
    document = item.document
    if document is None:
        return "file: holds no document"
    if document.id in seen:
        return f"id: {document.id} is also the id of {seen[document.id]}; give one of them another id"
    old = stored.get(document.id)
    if old and old.origin != item.origin:
        return f"id: {document.id} already came from {old.origin}; choose another id, or remove that document first"
    reason = unpublishable(document) if publish and _wants_draft(document) else ""
    if reason:
        return reason
    seen[document.id] = item.path
    status = _status(document, old, publish)
    new = Record(document.id, item.origin, item.path, status, content_hash(document), document.model_dump(mode="json"))
    report = result.report
    report.drafts += status == "draft"
    if old and old.status == "removed":
        report.unchanged += 1
        return ""
    changed = old is None or (old.hash, old.status) != (new.hash, status)
    if changed or (old and old.path != new.path):
        result.write[document.id] = new
    entry = published.documents.get(document.id) if published else None
    if old is None or (status == "live" and entry is None):
        report.added += 1
    elif changed or (entry is not None and entry.hash != new.hash):
        report.updated += 1
    else:
        report.unchanged += 1
    return ""


def _wants_draft(document: Case | Guidance) -> bool:
    return document.status == "draft" or bool(incomplete(document))


def _status(document: Case | Guidance, old: Record | None, publish: bool) -> Status:
    """Live, unless it is or must first become complete; what an admin published or removed stays so."""
    if old and old.status == "removed":
        return "removed"
    if publish or not _wants_draft(document):
        return "live"
    return "live" if old and old.status == "live" and document.status == "live" else "draft"


def _prune(source: Source, stored: dict[str, Record], seen: dict[str, str], failed: set[str], result: Plan) -> None:
    """Drop what the origin no longer has. What could not be read this time is not gone."""
    if not source.whole:
        result.questions.append(f"--prune needs the whole folder, not one file of it ({source.origin})")
        return
    kept = [record for record in stored.values() if record.origin == source.origin and record.status != "removed"]
    gone = [record.id for record in kept if record.id not in seen and record.path not in failed]
    if len(gone) > PRUNE_LIMIT * len(kept):
        result.questions.append(
            f"prune would remove {len(gone)} of the {len(kept)} documents of {source.origin}: {', '.join(gone[:10])}"
            + (" …" if len(gone) > 10 else "")
        )
    result.drop += gone
    result.report.removed += len(gone)
