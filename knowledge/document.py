"""The schema of a document: a case or a guidance topic, as YAML front matter plus a Markdown body.

A document is *valid* when it parses into `Case` or `Guidance`; `knowledge.check` says what a built-in
document needs beyond that. Texts are Dutch in the fields and English in the `en` block.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import frontmatter
import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator

Sector = Literal[
    "construction", "mobility", "care", "ict", "public-space", "waste", "water", "social",
    "operations", "safety", "energy", "education", "other",
]  # fmt: skip
SourceKind = Literal["evaluation", "own_report", "interested", "press", "announcement"]
Outcome = Literal["worked", "mixed", "failed", "unknown"]
Seen = Literal["whole", "beginning", "excerpt", "scouted"]
Caution = Literal["dpia", "own_legal_basis", "ai", "police_data", "other_law"]
Language = Literal["nl", "en"]

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
MAX_BYTES = 1_000_000


class DocumentError(ValueError):
    """A document cannot be read. `faults` are pairs of field and remedy, fit for an admin to read."""

    def __init__(self, *faults: tuple[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {remedy}" for field, remedy in faults))
        self.faults = faults


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Source(Strict):
    """One page that the document rests on, and how much of that page its writer has seen."""

    url: str | None = None
    title: str
    publisher: str | None = None
    date: str | None = None
    seen: Seen | None = None

    @field_validator("url")
    @classmethod
    def _web_address(cls, value: str | None) -> str | None:
        if value is not None and not re.match(r"https?://[^\s/]+\.[^\s]+$", value):
            raise ValueError("must be a full web address that begins with https:// or http://")
        return value

    @field_validator("date", mode="before")
    @classmethod
    def _text(cls, value: Any) -> Any:
        """YAML reads 2019 as a number and 2019-09-12 as a date; we keep what was written."""
        return str(value) if isinstance(value, int | date) else value


class Step(Strict):
    """One thing to do or to know: a label of a few words and a sentence that stands on its own.

    `source` is the number of the document's source that says so, counted from 1. `fits` are beginnings of words, in Dutch and
    English, that make this the step to tell when a message holds one of them; a step without them fits any message.
    """

    label: str
    text: str
    source: int = Field(default=1, ge=1)
    fits: list[str] = []


class CaseEnglish(Strict):
    title: str
    organisation: str | None = None
    speaker: str | None = None
    problem: str | None = None
    approach: str | None = None
    result: str | None = None
    lesson: str | None = None
    connections: list[str] = []
    asked: list[str] = []
    shown_for: list[str] = []


class GuidanceEnglish(Strict):
    title: str
    what: str | None = None
    when: str | None = None
    steps: list[Step] = []
    pitfalls: list[str] = []
    asked: list[str] = []


class _Document(Strict):
    """What cases and guidance share. `asked` is how buyers ask for it: found by, never told."""

    id: str
    title: str
    language: Language
    status: Literal["draft", "live"] = "live"
    themes: list[str] = []
    keywords: list[str] = []
    asked: list[str] = []
    country: str = "NL"
    jurisdiction: str = "NL"
    source_kind: SourceKind | None = None
    sources: list[Source] = Field(min_length=1)
    body: str = ""

    @field_validator("id")
    @classmethod
    def _slug(cls, value: str) -> str:
        if not SLUG.fullmatch(value) or len(value) > 80:
            raise ValueError("must be an English slug of at most 80 characters, such as quiet-asphalt-utrecht")
        return value


class Case(_Document):
    """One documented practice example: who, problem, approach, result, lesson, source.

    `instead_of` are families of products for whose buyers this case shows another way: the problem behind such a purchase is
    the one of this case. `shown_for` are messages of such buyers, found by and never told.
    """

    kind: Literal["case"]
    sector: Sector | None = None
    organisation: str | None = None
    speaker: str | None = None
    period: str | None = None
    as_of: str | None = None
    problem: str | None = None
    first_solution: str | None = None
    solutions: list[str] = []
    no_purchase: bool = False
    approach: str | None = None
    procedure: str | None = None
    result: str | None = None
    outcome: Outcome = "unknown"
    lesson: str | None = None
    connections: list[str] = []
    instead_of: list[str] = []
    shown_for: list[str] = []
    cautions: list[Caution] = []
    en: CaseEnglish | None = None

    @field_validator("period", "as_of", mode="before")
    @classmethod
    def _text(cls, value: Any) -> Any:
        return str(value) if isinstance(value, int) else value

    @property
    def year(self) -> int | None:
        """The last year of `period`, else of `as_of`, else of the first source."""
        for text in (self.period, self.as_of, self.sources[0].date):
            if text and (years := YEAR.findall(text)):
                return int(years[-1])
        return None


class Guidance(_Document):
    """One documented topic of how to buy: what, when, how, pitfalls, source."""

    kind: Literal["guidance"]
    sector: Sector | None = None
    what: str | None = None
    when: str | None = None
    steps: list[Step] = []
    pitfalls: list[str] = []
    cautions: list[Caution] = []
    law: list[str] = []
    valid_from: date | None = None
    valid_until: date | None = None
    check_at: date | None = None
    en: GuidanceEnglish | None = None

    def expired(self, today: date) -> bool:
        """Whether its law or amounts no longer hold on `today`; then it is told only as expired."""
        return self.valid_until is not None and self.valid_until < today


Document = Annotated[Case | Guidance, Field(discriminator="kind")]
_ADAPTER: TypeAdapter[Case | Guidance] = TypeAdapter(Document)


def from_fields(fields: dict[str, Any]) -> Case | Guidance:
    """A document from its fields (front matter plus `body`). Raises DocumentError naming every wrong field."""
    try:
        return _ADAPTER.validate_python(fields)
    except ValidationError as error:
        raise DocumentError(*(_fault(e) for e in error.errors())) from None


def _fault(error: Any) -> tuple[str, str]:
    where = ".".join(str(part) for part in error["loc"] if part not in ("case", "guidance")) or "front matter"
    match error["type"]:
        case "union_tag_not_found" | "union_tag_invalid":
            return "kind", "write `kind: case` or `kind: guidance`"
        case "missing":
            return where, "is missing; add it"
        case "extra_forbidden":
            return where, "is not a field of this kind of document; remove it or check the spelling"
        case "literal_error":
            return where, f"write one of {error['ctx']['expected']}"
        case "value_error":
            return where, str(error["ctx"]["error"])
        case _:
            return where, f"{error['msg'][0].lower()}{error['msg'][1:]}; see docs/writing-documents.md"


def _slug(name: str) -> str:
    """A file's name as an id."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:80].strip("-")


def parse(text: str, default_id: str = "") -> Case | Guidance:
    """A document from the text of a Markdown file. Raises DocumentError (no front matter, bad YAML, wrong field)."""
    try:
        post = frontmatter.loads(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 2}" if mark else ""
        raise DocumentError(("front matter", f"is not valid YAML{where}; quote texts that contain ': '")) from None
    if not post.metadata:
        raise DocumentError(("front matter", "is missing; begin the file with --- and fields as in knowledge/cases"))
    named = {"id": default_id} if default_id else {}
    return from_fields({**named, **post.metadata, "body": post.content})


def read(path: Path) -> Case | Guidance:
    """The document in a file. Its id is the file's name where it gives none.

    Raises DocumentError, also for a file that is empty, too large or not UTF-8.
    """
    try:
        size = path.stat().st_size
        raw = path.read_bytes() if size <= MAX_BYTES else b""
    except OSError as error:
        raise DocumentError(("file", f"cannot be read ({error.strerror})")) from None
    if size > MAX_BYTES:
        raise DocumentError(("file", f"is larger than {MAX_BYTES // 1000} kB; split it into one document a file"))
    if not raw.strip():
        raise DocumentError(("file", "is empty"))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DocumentError(("file", "is not UTF-8 text; save it as UTF-8 Markdown")) from None
    if "\x00" in text:
        raise DocumentError(("file", "is not a text file; save it as UTF-8 Markdown"))
    return parse(text.replace("\r\n", "\n"), _slug(path.stem))


def content_hash(document: Case | Guidance) -> str:
    """SHA-256 (hex) of all that a document says; equal exactly when nothing in it changed."""
    return hashlib.sha256(document.model_dump_json().encode()).hexdigest()
