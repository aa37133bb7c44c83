"""A document as passages: its fields and body split by heading, each with title and section."""

from __future__ import annotations

from langchain_text_splitters import MarkdownHeaderTextSplitter, RecursiveCharacterTextSplitter

from knowledge.document import Case, Guidance, Language
from knowledge.passage import Passage
from knowledge.vocabulary import vocabulary

FULL = 900  # characters; about 250 tokens, which the engines read whole
HEADINGS = [("#", "h1"), ("##", "h2"), ("###", "h3")]

_NAMES: dict[Language, dict[str, str]] = {
    "nl": {
        "problem": "Probleem", "approach": "Aanpak", "result": "Resultaat", "lesson": "Les", "what": "Wat",
        "when": "Wanneer", "steps": "Stappen", "pitfalls": "Valkuilen",
    },
    "en": {
        "problem": "Problem", "approach": "Approach", "result": "Result", "lesson": "Lesson", "what": "What",
        "when": "When", "steps": "Steps", "pitfalls": "Pitfalls",
    },
}  # fmt: skip


def passages(document: Case | Guidance) -> list[Passage]:
    """The passages of a document: those of its own language, then those of its `en` block."""
    found = _split(document, document.title, document.language, f"{_fields(document, document.language)}\n\n{document.body}")
    found += _asked(document, document.language, document.asked)
    if document.en is not None and document.language != "en":
        found += _split(document, document.en.title, "en", _fields(document.en, "en"))
        found += _asked(document, "en", document.en.asked)
    return found


def _asked(document: Case | Guidance, language: Language, asked: list[str]) -> list[Passage]:
    """How buyers ask for a document, each way a passage (document expansion: Nogueira and others, 2019)."""
    return [Passage(document=document.id, language=language, title="", section="", text=text, asked=True) for text in asked]


def _fields(part: object, language: Language) -> str:
    """The fields that tell something, as Markdown sections."""
    sections = []
    for name, heading in _NAMES[language].items():
        value = getattr(part, name, None)
        if isinstance(value, list):
            value = "\n".join(f"{item.label}: {item.text}" if hasattr(item, "label") else item for item in value)
        if value:
            sections.append(f"## {heading}\n\n{value}")
    return "\n\n".join(sections)


def _split(document: Case | Guidance, title: str, language: Language, markdown: str) -> list[Passage]:
    """Sections in order, short neighbours together and long ones cut at paragraphs or sentences."""
    cutter = RecursiveCharacterTextSplitter(
        chunk_size=FULL, chunk_overlap=0, separators=["\n\n", "\n", ". ", " "], keep_separator="end"
    )
    groups: list[tuple[list[str], list[str]]] = []
    for section in MarkdownHeaderTextSplitter(HEADINGS).split_text(markdown):
        heading = " – ".join(str(value) for value in section.metadata.values())
        for text in cutter.split_text(section.page_content):
            size = sum(len(part) for part in groups[-1][1]) if groups else FULL
            if size + len(text) <= FULL:
                headings, texts = groups[-1]
                texts.append(text)
                if heading and heading not in headings:
                    headings.append(heading)
            else:
                groups.append(([heading] if heading else [], [text]))
    return [
        Passage(
            document=document.id,
            language=language,
            title=title,
            section=" · ".join(headings),
            text="\n\n".join(texts),
            keywords=_keywords(document, language),
        )
        for headings, texts in groups
    ]


def _keywords(document: Case | Guidance, language: Language) -> str:
    """Keywords, labels, organisation and procedure: words by which a document may also be asked for."""
    known = vocabulary()
    labels = [known.themes[theme] for theme in document.themes if theme in known.themes]
    words = [*(label[language] for label in labels), *document.keywords]
    if document.sector:
        words.append(known.sectors[document.sector][language])
    if isinstance(document, Case):
        words += [known.families[family][language] for family in document.solutions if family in known.families]
        words += [document.organisation or "", document.procedure or ""]
    return ", ".join(word for word in words if word)
