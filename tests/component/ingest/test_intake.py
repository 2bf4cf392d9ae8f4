"""What becomes of records that come in."""

from __future__ import annotations

from services.ingest.records import query
from shared.platform.db import reading
from tests.component.ingest.conftest import Books


def test_the_same_records_twice_write_nothing(books: Books) -> None:
    ann = books.record("person", "p1", name="Ann")
    entry = books.record("time", "t1", date="2026-03-02", person="p1", seconds=3600, notes="did things")
    first, again = books.accepts(ann, entry), books.accepts(ann, entry)
    assert [r.outcome for r in first] == ["new", "new"]
    assert [r.outcome for r in again] == ["unchanged", "unchanged"]
    with reading(books.db) as session:
        [logged] = query.entries(session, books.vault, books.organisation)
    assert (logged.record.notes, logged.record.seconds, logged.record.revision) == ("did things", 3600, 1)
