"""The ingest, from top to bottom: lock, read, compare, ask, store, publish."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import portalocker

from ingest import publish as publisher
from ingest.plan import plan
from ingest.report import Report
from ingest.sources import Source
from knowledge.database import connect
from knowledge.embeddings import identify
from knowledge.generation import Folders
from knowledge.settings import Settings
from knowledge.store import Status, Store


class Busy(RuntimeError):
    """Another ingest is at work. The message says which."""


class Declined(RuntimeError):
    """The user did not agree to what would be done. The message says what that was."""


def ingest(
    settings: Settings,
    sources: Sequence[Source],
    *,
    prune: bool = False,
    publish: bool = False,
    rebuild: bool = False,
    dry_run: bool = False,
    quiet: bool = False,
    agree: Callable[[str], bool] = lambda question: False,
) -> Report:
    """Bring the library up to date with `sources`; the report says what was done.

    `agree` is asked before anything drastic. Raises Busy, Declined, DatabaseError, EngineError, PublishError,
    LibraryError; each leaves the published library as it was, and the next ingest goes on where this one stopped.
    """
    began = time.monotonic()
    folders = Folders(settings.data_dir)
    identity = identify(settings.embeddings)
    with exclusive(folders):
        store = Store(connect(settings.database))
        manifest = folders.manifest(folders.current() or "")
        planned = plan(store, sources, manifest, publish=publish, prune=prune)
        report = planned.report
        if not dry_run:
            for question in planned.questions:
                if not agree(question):
                    raise Declined(question)
            if planned.write or planned.drop:
                publisher.need_space(folders, len(store.hashes()) + len(planned.write))
                store.apply(planned.write.values(), planned.drop)
            manifest = publisher.publish(folders, store, identity, force=rebuild, quiet=quiet)
    if manifest:
        report.generation, report.documents, report.passages = manifest.id, len(manifest.documents), manifest.passages
    report.seconds = round(time.monotonic() - began, 3)
    return report


def set_status(settings: Settings, id_: str, status: Status, *, quiet: bool = False) -> bool:
    """Remove (leaving a tombstone) or restore one document and publish. False when there is no such document.

    Keeps to the engine of the published generation, so that nothing has to be embedded again.
    """
    folders = Folders(settings.data_dir)
    with exclusive(folders):
        store = Store(connect(settings.database))
        if not store.set_status(id_, status):
            return False
        published = folders.manifest(folders.current() or "")
        identity = published.engine if published else identify(settings.embeddings)
        publisher.publish(folders, store, identity, quiet=quiet)
    return True


@contextmanager
def exclusive(folders: Folders) -> Iterator[None]:
    """The ingest lock. Raises Busy at once when another process holds it; a killed process holds nothing."""
    folders.generations.mkdir(parents=True, exist_ok=True)
    with folders.ingest_lock.open("a+", encoding="utf-8") as file:
        try:
            portalocker.lock(file, portalocker.LockFlags.EXCLUSIVE | portalocker.LockFlags.NON_BLOCKING)
        except portalocker.LockException:
            file.seek(0)
            raise Busy(
                f"another ingest is at work ({file.read().strip() or 'just begun'}); try again when it is done"
            ) from None
        file.seek(0)
        file.truncate()
        file.write(f"process {os.getpid()}, since {datetime.now():%H:%M:%S}")
        file.flush()
        yield
