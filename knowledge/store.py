"""Documents as the admin left them: fields, origin and status, with a tombstone for each that was removed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from knowledge.document import Case, Guidance, from_fields

Status = Literal["draft", "live", "removed"]

_metadata = sa.MetaData()
_documents = sa.Table(
    "documents",
    _metadata,
    sa.Column("id", sa.String(80), primary_key=True),
    sa.Column("origin", sa.Text, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("status", sa.String(10), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Column("fields", sa.JSON, nullable=False),
)


@dataclass(frozen=True)
class Record:
    """One document as it is stored. `fields` is what `document.from_fields` reads; `path` is where it came from."""

    id: str
    origin: str
    path: str
    status: Status
    hash: str
    fields: dict[str, Any]

    @property
    def document(self) -> Case | Guidance:
        return from_fields(self.fields)


class Store:
    """The table of documents. Every method is one transaction."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def records(self) -> dict[str, Record]:
        """All records by id, tombstones included."""
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(_documents).order_by(_documents.c.id))
            return {row.id: Record(**row._mapping) for row in rows}

    def hashes(self) -> dict[str, tuple[str, str, Status, str]]:
        """Origin, path, status and content hash by id: what an ingest compares, without reading the texts."""
        columns = (_documents.c.id, _documents.c.origin, _documents.c.path, _documents.c.status, _documents.c.hash)
        with self._engine.connect() as connection:
            return {row[0]: (row[1], row[2], row[3], row[4]) for row in connection.execute(sa.select(*columns))}

    def live(self) -> dict[str, Record]:
        """The records that belong in the library, by id."""
        return {id_: record for id_, record in self.records().items() if record.status == "live"}

    def apply(self, changed: Iterable[Record], gone: Iterable[str] = ()) -> None:
        """Write `changed` and drop `gone`, both or neither."""
        changed, gone = list(changed), list(gone)
        with self._engine.begin() as connection:
            ids = [record.id for record in changed] + gone
            for start in range(0, len(ids), 500):
                connection.execute(sa.delete(_documents).where(_documents.c.id.in_(ids[start : start + 500])))
            if changed:
                connection.execute(sa.insert(_documents), [vars(record) for record in changed])

    def set_status(self, id_: str, status: Status) -> bool:
        """Give one document another status (`removed` is the tombstone). False when there is no such document."""
        with self._engine.begin() as connection:
            result = connection.execute(sa.update(_documents).where(_documents.c.id == id_).values(status=status))
            return result.rowcount > 0
