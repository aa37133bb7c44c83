"""A passage: a piece of a document that is embedded and retrieved."""

from __future__ import annotations

import hashlib

from pydantic import BaseModel

from knowledge.document import Language


class Passage(BaseModel):
    """`text` is what the document says; `title` and `section` travel with it, `keywords` into the index of words only.

    An `asked` passage holds how buyers ask for the document: it is found by and never shown.
    """

    document: str
    language: Language
    title: str
    section: str
    text: str
    keywords: str = ""
    asked: bool = False

    @property
    def indexed(self) -> str:
        """What is embedded: the text with its context."""
        if self.asked:
            return self.text
        return f"{self.title}\n{self.section}\n{self.text}"

    @property
    def words(self) -> str:
        """What the index of words reads: the text with its context and keywords."""
        return f"{self.indexed}\n{self.keywords}"

    @property
    def digest(self) -> str:
        """Identifies this passage of this document; never changes as long as the passage does not."""
        return hashlib.sha256(f"{self.document}\0{self.language}\0{self.words}".encode()).hexdigest()[:32]
