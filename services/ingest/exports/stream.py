"""The lines of an export in the order of their days, read page by page in short transactions."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from itertools import chain, islice

from services.ingest.exports.asked import Asked, place_of
from services.ingest.exports.lines import Known, Line, lines
from services.ingest.records import query_pages
from services.ingest.records.query_pages import Place, Wanted
from shared.contract.records import Kind
from shared.platform.db import Database, reading
from shared.platform.vault import Vault

AT_ONCE = 3_000
"""Lines in memory."""


def pages(db: Database, vault: Vault, organisation: str, asked: Asked) -> Iterator[list[Line]]:
    """All that was asked for, or the part of it; never with a transaction open between two pages.

    By cursor one line more, which tells that it goes on.
    """
    if not asked.in_parts:
        return _pages(db, vault, organisation, asked, None, None)
    if asked.cursor is not None:
        return _pages(db, vault, organisation, asked, place_of(asked.cursor), asked.size + 1)
    with reading(db) as session:
        offset = ((asked.page or 1) - 1) * asked.size
        after = query_pages.place_before(session, organisation, asked.kinds, asked.wanted, offset)
    return _pages(db, vault, organisation, asked, after, asked.size)


def whole(db: Database, vault: Vault, organisation: str, wanted: Wanted, kinds: tuple[Kind, ...]) -> Iterator[list[Line]]:
    """All work of some kinds, one kind after the other."""
    return chain.from_iterable(_kind(db, vault, organisation, wanted, kind, None, AT_ONCE) for kind in kinds)


def _pages(
    db: Database, vault: Vault, organisation: str, asked: Asked, after: Place | None, limit: int | None
) -> Iterator[list[Line]]:
    kinds = [_kind(db, vault, organisation, asked.wanted, kind, after, limit or AT_ONCE) for kind in asked.kinds]
    if len(kinds) == 1 and limit is None:
        return kinds[0]
    merged = heapq.merge(*map(chain.from_iterable, kinds), key=place)
    return _portions(islice(merged, limit))


def _kind(
    db: Database, vault: Vault, organisation: str, wanted: Wanted, kind: Kind, after: Place | None, most: int
) -> Iterator[list[Line]]:
    size, known = min(most, AT_ONCE), Known()
    while True:
        with reading(db) as session:
            worked = query_pages.page(session, vault, organisation, kind, wanted, after=after, limit=size)
            found = lines(session, vault, organisation, kind, worked, known)
        if found:
            yield found
            after = place(found[-1])
        if len(found) < size:
            return


def place(line: Line) -> Place:
    """Where a line stands among the others."""
    return line.date, line.id


def _portions(found: Iterator[Line]) -> Iterator[list[Line]]:
    while some := list(islice(found, AT_ONCE)):
        yield some
