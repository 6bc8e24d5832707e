"""Full-text search over titles and artist names: a tantivy index of the catalogue.

Text is folded before it is indexed or searched: compatibility forms decomposed, accents and case dropped, split at what
is neither letter nor digit. So white space, case, the order of words and their repetition change nothing.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from unicodedata import combining, normalize

import numpy as np
from tantivy import Document, Index, Occur, Query, Searcher, TextAnalyzerBuilder, Tokenizer
from tantivy import Schema as IndexSchema
from tantivy import SchemaBuilder as IndexSchemaBuilder

from recsys.domain.arrays import Bools, Slots
from recsys.domain.items import Catalogue
from recsys.errors import ArtifactError

WORD: Final = re.compile(r"\w+")
TITLE_BOOST: Final = 2.0
SAME_TITLE: Final = 100.0  # above any sum of term scores: a track whose title is the query comes first
HEAP_BYTES: Final = 1_000_000_000  # a limit, not an allocation: reached at some millions of tracks
FIRST_WINDOW: Final = 4


class TantivySearch:
    """One document a track. searcher: over `indexed` of the catalogue; without it, it is built, in memory.

    Build time: 12 microseconds a track. Memory: about 25 bytes a track.
    """

    def __init__(self, catalogue: Catalogue, searcher: Searcher | None = None) -> None:
        self._schema = _schema()
        self._size = catalogue.size
        self._searcher = searcher or searcher_of(indexed(catalogue))

    def search(self, text: str, limit: int, allowed: Bools) -> Slots:
        """Return the best `limit` allowed slots (int32) that hold every word, best first, ties by slot."""
        words = words_of(text)
        if not words or limit <= 0:
            return np.zeros(0, dtype=np.int32)
        query = self._query(words)
        window = limit * FIRST_WINDOW
        while True:
            found = self._found(query, window)
            kept = found[allowed[found]]
            if kept.shape[0] >= limit or found.shape[0] < window:
                return kept[:limit]
            window = min(window * 8, self._size + 1)

    def _query(self, words: tuple[str, ...]) -> Query:
        # A title of as many words that has them all. Titles as terms would take a third of the time to index.
        same = [self._term("title", word) for word in words] + [self._sized(len(words))]
        same_title = Query.const_score_query(Query.boolean_query([(Occur.Must, part) for part in same]), SAME_TITLE)
        return Query.boolean_query([*((Occur.Must, self._word(word)) for word in words), (Occur.Should, same_title)])

    def _sized(self, words: int) -> Query:
        return Query.term_query(self._schema, "words", words)

    def _word(self, word: str) -> Query:
        title = Query.boost_query(self._term("title", word), TITLE_BOOST)
        return Query.disjunction_max_query([title, self._term("artist", word)])

    def _term(self, field: str, text: str) -> Query:
        return Query.term_query(self._schema, field, text, index_option="freq")

    def _found(self, query: Query, window: int) -> Slots:
        hits = self._searcher.search(query, window, count=False).hits
        slots = self._searcher.fast_field_values("slot", [address for _, address in hits])
        return np.array(slots, dtype=np.int32)


def words_of(text: str) -> tuple[str, ...]:
    """Return the distinct folded words, sorted. Text without letters and digits, such as "???", is one word."""
    plain = text.lower() if text.isascii() else _folded(text)  # the same for ASCII, at a quarter of the time
    return tuple(sorted(set(WORD.findall(plain)))) or tuple(["".join(plain.split())] if plain.strip() else [])


def _folded(text: str) -> str:
    decomposed = normalize("NFKD", normalize("NFKD", text).casefold())
    return "".join(char for char in decomposed if not combining(char))


def _schema() -> IndexSchema:
    builder = IndexSchemaBuilder()
    builder.add_text_field("title", tokenizer_name="spaces", index_option="freq")
    builder.add_text_field("artist", tokenizer_name="spaces", index_option="freq")
    builder.add_integer_field("words", indexed=True)
    builder.add_integer_field("slot", fast=True)
    return builder.build()


def indexed(catalogue: Catalogue, directory: Path | None = None) -> Index:
    """Return a new index of a catalogue. directory: an empty one to put it in; None for memory."""
    index = Index(_schema(), path=None if directory is None else str(directory))
    index.register_tokenizer("spaces", TextAnalyzerBuilder(Tokenizer.whitespace()).build())
    writer = index.writer(heap_size=HEAP_BYTES, num_threads=1)
    for document in _documents(catalogue):
        writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    return index


def searcher_of(index: Index) -> Searcher:
    """Return what searches an index. Raises `ArtifactError` for one of several segments.

    Equal scores come in the order of insertion, which is slot order, in one segment only.
    """
    searcher = index.searcher()
    if searcher.num_segments > 1:
        raise ArtifactError(f"{searcher.num_docs} tracks do not fit one index segment: raise HEAP_BYTES in search.py")
    return searcher


def _documents(catalogue: Catalogue) -> Iterator[Document]:
    artists = [" ".join(words_of(name)) for name in catalogue.artist_names]
    for slot, (title, artist) in enumerate(zip(catalogue.titles, catalogue.artist.tolist(), strict=True)):
        words, document = words_of(title), Document()
        document.add_text("title", " ".join(words))
        document.add_integer("words", len(words))
        document.add_text("artist", artists[artist])
        document.add_integer("slot", slot)
        yield document
