"""Where documents come from: the built-in library, a folder or a file. Each gives documents with their origin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from knowledge.document import Case, DocumentError, Guidance, read
from knowledge.settings import BUILTIN as BUILTIN_FOLDER

BUILTIN = "builtin"


class SourceError(ValueError):
    """A source cannot be read at all. The message says in one line what to do."""


@dataclass(frozen=True)
class Item:
    """One file of a source: a document, or the reason why it is none."""

    origin: str
    path: str
    document: Case | Guidance | None
    fault: str = ""


@dataclass(frozen=True)
class Source:
    """Files that belong to one origin. `whole` when they are all that the origin has, so that prune may compare."""

    origin: str
    files: tuple[Path, ...]
    whole: bool

    def items(self) -> Iterator[Item]:
        for path in self.files:
            try:
                yield Item(self.origin, str(path), read(path))
            except DocumentError as error:
                yield Item(self.origin, str(path), None, str(error))


def builtin() -> Source:
    """The documents that come with the program."""
    folders = (BUILTIN_FOLDER / "cases", BUILTIN_FOLDER / "guidance")
    return Source(BUILTIN, tuple(path for folder in folders for path in sorted(folder.glob("*.md"))), whole=True)


def locate(argument: str) -> Source:
    """The source that a command line argument names. Raises SourceError when there is no such thing."""
    if "://" in argument:
        raise SourceError(f"{argument}: web addresses cannot be read yet; save the page as Markdown and name that file")
    path = Path(argument).expanduser()
    try:
        path = path.resolve(strict=True)
    except (OSError, ValueError, RuntimeError):
        raise SourceError(f"{argument}: does not exist; name a Markdown file or a folder of them") from None
    if path == BUILTIN_FOLDER.resolve():
        return builtin()
    if path.is_dir():
        files = tuple(sorted(file for file in path.rglob("*.md") if file.is_file()))
        if not files:
            raise SourceError(f"{argument}: holds no Markdown files (*.md)")
        inside = path.is_relative_to(BUILTIN_FOLDER.resolve())
        return Source(BUILTIN if inside else str(path), files, whole=not inside)
    origin = BUILTIN if path.is_relative_to(BUILTIN_FOLDER.resolve()) else str(path.parent)
    return Source(origin, (path,), whole=False)
