"""Lists over HTTP: JSON by pages or cursors, or the whole list as a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

from flask import Response, request

from services.ingest.exports.asked import unwrapped, wrapped
from services.ingest.exports.columns import Row
from services.ingest.exports.formats.registry import FORMATS
from services.ingest.exports.formats.workbook import Foot
from services.ingest.exports.limits import Limit
from services.ingest.exports.noted import Noted, Sent
from services.ingest.lists import answers, arguments, invoices, mileage_log, named, periods, work
from services.ingest.lists.changes import changes
from services.ingest.lists.kept import Kept
from services.ingest.lists.listing import Filter, Item, Listing, Part, Reader, Rows, Whole, cells
from shared.platform import clock
from shared.platform.db import Database
from shared.platform.vault import Vault
from shared.platform.web import Room, argument, page_args, principal

LISTS: tuple[Listing, ...] = (*named.LISTS, *work.LISTS, *invoices.LISTS, *periods.LISTS, *mileage_log.LISTS)
OVERLAP = timedelta(seconds=60)
"""What was committed late may carry an earlier time: who goes on from ``as_of`` sees the last minute again."""


def room(db: Database, vault: Vault, limit: Limit) -> Room:
    room, kept = Room("lists"), Kept()
    for listing in LISTS:
        said = answers.said_of(listing)
        room.get(f"/{listing.name}", scope=listing.scope, own=listing.own, **said)(_answer(db, vault, limit, listing, kept))

    @room.get("/changes", scope="feed:read", asks=answers.Changes, gives=answers.ChangeList)
    def list_changes() -> Any:
        """Read what changed, to be pulled on demand: whoever goes on from the cursor misses nothing."""
        part = page_args(size=200)
        return changes(db, vault, principal().organisation, argument("cursor") or "", part.size)

    return room


def _answer(db: Database, vault: Vault, limit: Limit, listing: Listing, kept: Kept) -> Callable[[], Any]:
    def show() -> Any:
        reader = Reader(db, vault, principal())
        arguments.check_names(request.args.keys(), listing)
        chosen, file = arguments.filter_of(listing), arguments.format_of()
        if file is not None:
            limit(db, reader.caller)
            return _file(reader, listing, chosen, file)
        as_of = clock.now() - OVERLAP
        return _page(reader, listing, chosen, kept) | ({"as_of": as_of} if "updated_since" in listing.filters else {})

    return show


def _page(reader: Reader, listing: Listing, chosen: Filter, kept: Kept) -> dict[str, Any]:
    part, cursor, source = page_args(), argument("cursor"), listing.source
    if not isinstance(source, Rows):
        whole = kept.whole(reader, listing.name, chosen, source, page=part.number)
        items, total, more = whole.items[part.offset : part.offset + part.size], len(whole.items), whole.more
        return {"items": items, "page": part.number, "page_size": part.size, "total": total, **more}
    if cursor is None:
        items, total = source.read(reader, chosen, Part(part.size, part.offset)), source.count(reader, chosen)
        return {"items": items, "page": part.number, "page_size": part.size, "total": total}
    found = source.read(reader, chosen, Part(part.size + 1, after=unwrapped(cursor)))
    items = found[: part.size]
    following = wrapped(source.place(items[-1])) if len(found) > part.size else None
    return {"items": items, "page_size": part.size, "next_cursor": following}


def _file(reader: Reader, listing: Listing, chosen: Filter, file: str) -> Response:
    sent, source = Sent(), listing.source
    whole = Whole([]) if isinstance(source, Rows) else source(reader, chosen)

    def pages() -> Iterator[list[Row]]:
        for items in _portions(reader, source, chosen) if isinstance(source, Rows) else [whole.items]:
            sent.lines += len(items)
            yield [listing.cells(item) for item in items]

    title = listing.name.replace("/", " ")
    pieces = FORMATS[file].write(listing.columns, pages(), title, _foot(listing, whole))
    facts = {name.replace("-", "_"): text for name, text in sorted(request.args.items())}
    noted = Noted(reader.db, reader.caller, {"list": listing.name, **{name: _fact(text) for name, text in facts.items()}})
    name = listing.name.replace("/", "-")
    headers = {"Content-Disposition": f'attachment; filename="{name}.{file}"'}
    return Response(noted.through(pieces, sent), headers=headers, content_type=FORMATS[file].media)


def _foot(listing: Listing, whole: Whole) -> Foot | None:
    """What stands under the table."""
    if listing.foot is None:
        return None
    name, shown = listing.foot
    return lambda: (shown, [cells(shown, one) for one in whole.more[name]])


def _fact(text: str) -> str | None:
    """A filter as the audit trail may hold it: words of ours, not anybody's own."""
    return text if text.isascii() and all(letter.isalnum() or letter in "_.:/+-" for letter in text) and len(text) <= 80 else None


def _portions(reader: Reader, source: Rows, chosen: Filter) -> Iterator[Sequence[Item]]:
    after: str | None = None
    while True:
        items = source.read(reader, chosen, Part(arguments.PART, after=after))
        if items:
            yield items
            after = source.place(items[-1])
        if len(items) < arguments.PART:
            return
