"""Exports over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from flask import Response

from services.ingest.exports import asked as requests
from services.ingest.exports import stream
from services.ingest.exports.asked import Asked, cursor_of
from services.ingest.exports.formats.registry import FORMATS
from services.ingest.exports.limits import Limit
from services.ingest.exports.noted import Noted
from services.ingest.exports.totals import Totals
from services.ingest.exports.written import written
from services.ingest.records import query_pages
from shared.platform.db import Database, reading
from shared.platform.vault import Vault
from shared.platform.web import Room, body, principal


def room(db: Database, vault: Vault, limit: Limit) -> Room:
    room = Room("exports")

    @room.post("/timesheet/export", scope="records:read")
    def export() -> Response:
        caller, sent = principal(), body()
        with reading(db) as session:
            asked = requests.load(session, caller, sent)
        limit(db, caller)
        headers = {"Content-Disposition": f'attachment; filename="{file_name(asked)}"'} if asked.format != "json" else {}
        if asked.in_parts:
            pieces, more = _part(db, vault, caller.organisation, asked)
            headers |= more
        else:
            pieces = _whole(db, vault, caller.organisation, asked)
        return Response(Noted(db, caller, asked).through(*pieces), headers=headers, content_type=media(asked))

    return room


def media(asked: Asked) -> str:
    return FORMATS[asked.format].media if asked.format in FORMATS else "application/json"


def file_name(asked: Asked) -> str:
    return f"work-{asked.wanted.since}-{asked.wanted.until}.{asked.format}"


Pieces = tuple[Iterator[bytes], Totals]


def _whole(db: Database, vault: Vault, organisation: str, asked: Asked) -> Pieces:
    totals = Totals(asked.shown)
    pages = stream.pages(db, vault, organisation, asked)
    first = next(pages, [])  # what can go wrong mostly does here, while it can still be said
    return written(asked, chain([first], pages), totals), totals


def _part(db: Database, vault: Vault, organisation: str, asked: Asked) -> tuple[Pieces, dict[str, str]]:
    """One page. The summary is of all pages; with cursors it comes with the first one."""
    lines = [line for page in stream.pages(db, vault, organisation, asked) for line in page]
    told: dict[str, Any] = {"page_size": asked.size}
    headers = {}
    if asked.cursor is None:
        with reading(db) as session:
            total = query_pages.count(session, organisation, asked.kinds, asked.wanted)
        told |= {"page": asked.page, "total": total}
        headers["X-Total-Count"] = str(total)
    else:
        more = len(lines) > asked.size
        told["next_cursor"] = cursor_of(stream.place(lines[asked.size - 1])) if more else None
        headers |= {"X-Next-Cursor": told["next_cursor"]} if more else {}
    told["summary"] = None if asked.cursor else _summary(db, vault, organisation, asked)
    totals, shown = Totals(asked.shown), lines[: asked.size]
    return (written(asked, iter([shown]), totals, lambda: told), totals), headers


def _summary(db: Database, vault: Vault, organisation: str, asked: Asked) -> dict[str, Any]:
    totals = Totals(asked.shown)
    for page in stream.pages(db, vault, organisation, asked.whole()):
        totals.add(page)
    return totals.summary()


