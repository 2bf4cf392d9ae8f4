"""Which letters a file's bytes are, where several encodings make readable ones: those of its headers' language, else asked."""

from __future__ import annotations

from babel import Locale

from services.ingest.sources.detect.findings import Inquiry, Option, Question
from services.ingest.sources.detect.languages import languages_of
from services.ingest.sources.detect.scan import Table, scan
from services.ingest.sources.files.book import Book, Fact


def in_encoding(book: Book, tables: list[Table], inquiry: Inquiry) -> tuple[Book, list[Table]]:
    """The file and its tables in the encoding that is meant; as they are while that is asked."""
    told = [fact for fact in book.facts if fact.topic == "encoding"]
    told += [fact for fact in book.facts if fact.topic == "encoding_or"]
    if len(told) < 2 or book.reopen is None:
        return book, tables
    meant = _spoken(told, tables) or _asked(told, inquiry)
    if meant in (None, told[0].value):
        return book, tables
    other = book.reopen(meant)
    return other, scan(other)


def _spoken(told: list[Fact], tables: list[Table]) -> str | None:
    """The only encoding with letters of the language of the headers; English ones tell nothing of names."""
    spoken = languages_of(tables)[:1]
    if spoken in ([], ["en"]):
        return None
    language = Locale.parse(spoken[0]).get_language_name("en")
    fitting = [fact.value for fact in told if language in fact.languages]
    return fitting[0] if len(fitting) == 1 else None


def _asked(told: list[Fact], inquiry: Inquiry) -> str | None:
    choices = tuple(Option(fact.value, f"{fact.value} ({', '.join(fact.languages) or 'any'})", fact.evidence) for fact in told)
    return inquiry.ask(Question("encoding", "encoding", f"{told[0].evidence}. Which letters are right?", choices))
