"""Exports over HTTP: at once, page by page, or in the background with a link to the file."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from flask import Response, request

from services.ingest.exports import answers, background, query, store, stream
from services.ingest.exports import asked as requests
from services.ingest.exports.asked import Asked, cursor_of, file_name, media
from services.ingest.exports.limits import Limit
from services.ingest.exports.link import link, opened
from services.ingest.exports.noted import Noted, filter_facts
from services.ingest.exports.totals import Totals
from services.ingest.exports.written import written
from services.ingest.records import query_pages
from shared.kernel import canonical
from shared.platform import audit
from shared.platform.auth import Principal
from shared.platform.db import Database, reading, transaction
from shared.platform.session import Session
from shared.platform.vault import Vault
from shared.platform.web import Room, argument, body, page_args, principal


def room(db: Database, vault: Vault, limit: Limit) -> Room:
    room = Room("exports")

    @room.post("/timesheet/export", scope="records:read", own=True, takes=requests.EXPORT, **answers.EXPORT)
    def export() -> Response:
        """Export work: time, and expenses, trips and overtime where asked for.

        The same figures in every format. By `page` or `cursor`, or whole; what is large is written in the background (202).
        """
        caller, sent = principal(), body()
        with reading(db) as session:
            asked = requests.load(session, caller, sent)
            total = None if asked.in_parts else query_pages.count(session, caller.organisation, asked.kinds, asked.wanted)
        limit(db, caller)
        if total is not None and (asked.background or total > limit.rows):
            return _ordered(db, caller, asked, sent, total)
        headers = {"Content-Disposition": f'attachment; filename="{file_name(sent)}"'} if asked.format != "json" else {}
        if asked.in_parts:
            pieces, more = _part(db, vault, caller.organisation, asked)
            headers |= more
        else:
            pieces = _whole(db, vault, caller.organisation, asked)
        noted = Noted(db, caller, filter_facts(asked)).through(*pieces)
        return Response(noted, headers=headers, content_type=media(asked.format))

    return room


def _ordered(db: Database, caller: Principal, asked: Asked, sent: dict[str, Any], total: int) -> Response:
    with transaction(db) as session:
        number = background.order(session, caller, asked, sent, total)
    url = f"{request.path.removesuffix('/timesheet/export')}/exports/{number}"
    told = {"export_id": number, "state": "waiting", "total": total, "status_url": url}
    return Response(canonical.dumps(told), 202, {"Location": url}, content_type="application/json")


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


# ---- in the background


def orders(db: Database, vault: Vault, prefix: str) -> Room:
    room = Room("background-exports")

    @room.get("/exports", scope="records:read", own=True, **answers.EXPORTS)
    def list_exports() -> Any:
        """List the exports that were written in the background, the latest first."""
        part = page_args()
        with reading(db) as session:
            rows, total = query.listed(session, principal(), limit=part.size, offset=part.offset)
            items = [_shown(session, vault, row, prefix) for row in rows]
        return {"items": items, "page": part.number, "page_size": part.size, "total": total}

    @room.get("/exports/<number>", scope="records:read", own=True, gives=answers.BackgroundExport)
    def show_export(number: str) -> Any:
        """Show how far an export is, and where its file is."""
        with reading(db) as session:
            return _shown(session, vault, query.one(session, principal(), number), prefix)

    @room.delete("/exports/<number>", scope="records:read", own=True, gives=None)
    def revoke_export(number: str) -> Any:
        """Revoke an export: its link is dead, and its file gone."""
        caller = principal()
        with transaction(db) as session:
            row = query.one(session, caller, number)
            store.end(session, row, "revoked")
            audit.record(session, caller.organisation, caller.subject, "export.revoked", number, key=caller.key)

    @room.open_get("/exports/<number>/file", **answers.FETCH)
    def fetch(number: str) -> Response:
        """Fetch an export's file by its signed link."""
        with reading(db) as session:
            row = opened(session, vault, number, argument("expires") or "", argument("signature") or "")
        start, stop, status = _range(row.size)
        pieces = background.content(db, vault, row, start, stop) if stop > start else iter(())
        first = next(pieces, b"")  # a file that was erased says so here
        if status == 206 or start == 0:
            with transaction(db) as session:
                audit.record(session, row.organisation, "link", "export.fetched", number, start=start, stop=stop)
        headers = {"Accept-Ranges": "bytes", "X-Robots-Tag": "noindex", "ETag": f'"{row.sha256}"'}
        if status != 200:
            headers["Content-Range"] = f"bytes {f'{start}-{stop - 1}' if status == 206 else '*'}/{row.size}"
        headers |= {"Content-Disposition": f'attachment; filename="{file_name(row.asked)}"', "Content-Length": str(stop - start)}
        return Response(chain([first], pieces), status, headers, content_type=media(row.asked["format"]))

    return room


def _range(size: int) -> tuple[int, int, int]:
    """Which bytes are wanted, and the answer's status: the whole for what isn't one plain range."""
    asked = request.range
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1:
        return 0, size, 200
    found = asked.range_for_length(size)
    return (*found, 206) if found else (0, 0, 416)


def _shown(session: Session, vault: Vault, row: Any, prefix: str) -> dict[str, Any]:
    names = ("state", "total", "done", "size", "sha256", "failure", "created", "finished", "expires")
    told = {name: getattr(row, name) for name in names} | {"export_id": row.id, "asked": row.asked}
    if query.given_up(session, row):
        remedy = "Ask for it again; if it stays, report it."
        failure = {"code": "crash_loop", "cause": "Writing it failed over and over.", "remedy": remedy}
        told |= {"state": "failed", "failure": failure}
    if row.file:
        path, until = link(vault, row)
        told |= {"file_url": prefix + path, "file_url_expires": until}
    return told
