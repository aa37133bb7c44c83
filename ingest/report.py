"""What an ingest did, source by source: for the terminal and as JSON."""

from __future__ import annotations

from pydantic import BaseModel


class Failure(BaseModel):
    """A source that did not go in, and why."""

    source: str
    reason: str


class Report(BaseModel):
    """The object that `blik ingest --json` prints. All counts are documents of this run, but for the last four fields."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    drafts: int = 0
    failed: list[Failure] = []
    documents: int = 0
    passages: int = 0
    generation: str | None = None
    seconds: float = 0.0

    def text(self, dry_run: bool = False) -> str:
        """The report for a reader."""
        lines = [f"{failure.source}\n    not read: {failure.reason}" for failure in self.failed]
        counts = (
            f"{self.added} added, {self.updated} updated, {self.unchanged} unchanged, {self.removed} removed, "
            f"{self.drafts} drafts, {len(self.failed)} failed"
        )
        if dry_run:
            lines.append(f"Nothing was changed. This would be: {counts}.")
        else:
            lines.append(f"{counts}. The library holds {self.documents} documents in {self.passages} passages.")
        return "\n".join(lines)
