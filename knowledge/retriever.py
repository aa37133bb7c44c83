"""The library as a LangChain retriever, so that others can plug it into their chains.

retriever = LibraryRetriever(library=Library(Path("var")), k=4, kind="case")
retriever.invoke("klachten over het leerlingenvervoer")
"""

from __future__ import annotations

from typing import Literal

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from knowledge.document import Language
from knowledge.library import Library
from knowledge.search import search


class LibraryRetriever(BaseRetriever):
    """Finds the documents that fit a question best, each by its best passage; `kind` keeps to cases or to guidance."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    library: Library
    k: int = 5
    kind: Literal["case", "guidance"] | None = None
    language: Language = "nl"

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        with self.library.lease() as (generation, engine):
            hits = search(
                generation,
                query,
                engine.embed_query(query),
                self.language,
                self.k,
                lambda document: self.kind in (None, document.kind),
            )
        return [
            Document(
                page_content=hit.passage.text,
                metadata={
                    "id": hit.document.id,
                    "kind": hit.document.kind,
                    "title": hit.document.title,
                    "section": hit.passage.section,
                    "url": hit.document.sources[0].url,
                    "score": hit.score,
                },
            )
            for hit in hits
        ]
