"""What lists are asked and answered: made of the columns and filters that each list has anyway."""

from __future__ import annotations

from functools import cache
from typing import Any

from services.ingest.exports.answers import MEDIA
from services.ingest.exports.formats.registry import FORMATS
from services.ingest.lists.listing import Listing
from services.ingest.lists.periods import GROUPS, PERIODS
from services.ingest.status.answers import Invoice
from shared.contract import answers as a
from shared.contract import fields as f
from shared.contract.statuses import InvoiceStatus
from shared.platform.web import Paged, Said


def _year(*, metadata: dict[str, Any], **how: Any) -> Any:
    return f.text(4, metadata={**metadata, "pattern": "^[0-9]{4}$", "example": "2026"}, **how)


_FILTERS: dict[str, tuple[str, Any]] = {
    "from": ("This day and later.", f.civil_date),
    "to": ("This day and earlier.", f.civil_date),
    "updated_since": ("What changed at this moment or later, as 2026-03-02T09:00:00Z; deleted ones among it.", f.moment),
    "approved": ("Only what is approved, or only what isn't.", lambda **how: f.choice(("true", "false"), **how)),
    "client": ("A client's id.", lambda **how: f.text(200, **how)),
    "job": ("A job's id.", lambda **how: f.text(200, **how)),
    "person": ("A person's id.", lambda **how: f.text(200, **how)),
    "tag": ("A tag's name or id.", lambda **how: f.text(200, **how)),
    "status": ("Only those in this state; sent is open.", lambda **how: f.choice((*InvoiceStatus, "sent"), **how)),
    "period": ("What is added up together; a month unless said.", lambda **how: f.choice(PERIODS, **how)),
    "year": ("The year of four digits; where tax years begin in April, the one it begins in.", _year),
    "group": ("What is added up by; clients unless said.", lambda **how: f.choice(GROUPS, **how)),
}
_CELLS: dict[str, Any] = {
    "number": lambda: a.number("", None),
    "flag": lambda: a.flag("", null=True),
    "date": lambda: a.day("", null=True),
    "moment": lambda: a.text("", "2026-03-02T09:00", null=True),
    "list": lambda: a.many(a.anything("", "press")),
    "text": lambda: a.text("", None),
    "word": lambda: a.text("", None),
}


class Changes(f.Strict):
    """What to go on from."""

    cursor = f.text(200, empty=True, metadata={"description": "The last answer's next_cursor; nothing at first."})
    page_size = f.whole(500, lowest=1, metadata={"description": "How many at once."})
    page = f.whole(1_000_000, lowest=1, metadata={"description": "Not heeded: changes go on by cursors."})


class Change(a.Answer):
    """That something changed, and what it is now."""

    type = a.word(("record", "invoice", "erased"))
    kind = a.text("Of a record.", "time", null=True)
    id = a.ident("entry")
    version = a.whole()
    changed_at = a.instant()
    deleted = a.flag()
    state = a.by_name("The whole of it as it is now; null when it is gone.", {"kind": "time"}, null=True)


class ChangeList(a.Answer):
    """The next changes."""

    items = a.many(Change)
    next_cursor = a.text("To go on from.", "3f9c2a71d04be856.17")
    more = a.flag("Whether others wait already.")


@cache
def said_of(listing: Listing) -> Said:
    """What a list's route says of itself."""
    what, _, which = listing.name.partition("/")
    title = f"{what.replace('-', ' ')}{f' for the {which.upper()}' if which else ''}"
    return Said(
        name=f"list_{'_'.join(_words(listing))}",
        says=f"List {title}, page by page, by cursors, or as a file with `format`.",
        asks=_asks(listing),
        gives=_gives(listing),
        files=MEDIA,
    )


def _asks(listing: Listing) -> type[f.Strict]:
    chosen = {}
    for name in listing.filters:
        says, make = _FILTERS[name]
        required = name in listing.needs
        chosen[name] = make(metadata={"description": says}, required=required)
    chosen["cursor"] = f.text(200, empty=True, metadata={"description": "An answer's next_cursor; empty to begin."})
    chosen["format"] = f.choice(("json", *FORMATS, "excel"), metadata={"description": "JSON by pages, or the whole as a file."})
    return type(f"{''.join(_words(listing))}Asked", (Paged,), {"__module__": __name__, "__doc__": "Which.", **chosen})


def _gives(listing: Listing) -> type[a.Answer]:
    word = "".join(part.capitalize() for part in _words(listing))
    members = {column.name: _CELLS[column.kind]() for column in listing.columns}
    head = {"__module__": __name__, "__doc__": f"One of the {listing.name.replace('-', ' ')}."}
    item = Invoice if listing.name == "invoices" else type(f"{word}Item", (a.Answer,), {**head, **members})
    how = {
        "page": a.whole("Which page; not with a cursor.", optional=True),
        "page_size": a.whole("", 50),
        "total": a.whole("How many there are on all pages; not with a cursor.", optional=True),
        "next_cursor": a.text("With a cursor: what to go on from; null at the end.", None, optional=True),
        "as_of": a.instant("Ask for what was updated since this moment next time.", optional=True),
    }
    more = _SUMS if listing.foot else {}
    return type(f"{word}Page", (a.Answer,), {"__module__": __name__, "__doc__": "A part.", "items": a.many(item), **how, **more})


_SUMS = {
    "from": a.day("The first day of the year."),
    "to": a.day("Its last.", "2026-12-31"),
    "totals": a.many(a.by_name("The sums of one person.", {"user": "Robin Sample", "trips": 1, "miles": 12})),
    "rates": a.many(a.by_name("A rate that holds in it.", {"from": "2026-01-01", "to": "2026-12-31", "rate": 1})),
}
"""What a mileage log says beside its trips."""


def _words(listing: Listing) -> list[str]:
    return listing.name.replace("/", "-").split("-")
