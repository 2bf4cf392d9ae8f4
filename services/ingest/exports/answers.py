"""What exports are answered."""

from __future__ import annotations

from services.ingest.exports.formats.registry import FORMATS
from shared.contract import answers as a
from shared.contract import fields as f
from shared.contract.records import Approval
from shared.platform.web import Media, Paged, Said


class Expense(a.Answer):
    """What was spent."""

    amount = a.number("", "12.50")
    currency = a.text("", "USD")
    category = a.text("", "Travel")


class Trip(a.Answer):
    """What was driven."""

    distance = a.number("", "12.5")
    unit = a.word(("mi", "km"))
    rate = a.number("", "0.70", null=True)
    amount = a.number("None: no rate is known.", "8.75", null=True)
    currency = a.text("", "USD")
    from_place = a.text("", "Office", null=True)
    to_place = a.text("", "Harbour Bakery", null=True)
    vehicle = a.text("", "Van 2", null=True)
    odometer_start = a.number("In the unit of the distance.", "48210.0", null=True)
    odometer_end = a.number("", "48223.0", null=True)


class Entry(a.Answer):
    """A time entry; an expense or a trip has `expense` or `mileage` in place of hours and rates."""

    id = a.ident("entry")
    kind = a.word(("time", "expense", "mileage"))
    date = a.day()
    job_id = a.ident("job", null=True)
    client_id = a.ident("client", null=True)
    user_id = a.ident("person")
    start = a.text("With `detail`.", "2026-03-02T09:00", null=True, optional=True)
    end = a.text("With `detail`.", "2026-03-02T17:00", null=True, optional=True)
    break_min = a.number("With `detail`.", "30", null=True, optional=True)
    hours = a.number("", "7.5", optional=True)
    overtime_h = a.number("With `overtime`.", "1.0", optional=True)
    rate = a.number("None: no rate is known.", "48.0", null=True, optional=True)
    overtime_rate = a.number("With `overtime`.", "72.0", null=True, optional=True)
    earnings = a.number("None: no rate is known.", "360.00", null=True, optional=True)
    currency = a.text("", "USD", optional=True)
    expense = a.one(Expense, optional=True)
    mileage = a.one(Trip, optional=True)
    tags = a.many(a.text("", "press"))
    notes = a.text("", "Planning")
    billable = a.flag("", True)
    approval = a.word(Approval)
    user = a.text("", "Robin Sample")
    client = a.text("", "Harbour Bakery", null=True)
    job = a.text("", "Website", null=True)


class CurrencySummary(a.Answer):
    """What the entries of one currency come to."""

    currency = a.text("", "USD", null=True)
    hours = a.number("", "7.5")
    overtime_h = a.number("With `overtime`.", "1.0", optional=True)
    earnings = a.number("None with several currencies: nothing is added across.", "360.00", null=True)
    expenses = a.number("With `expenses`.", "12.50", optional=True)
    mileage = a.number("With `mileage`.", "8.75", optional=True)
    hours_without_rate = a.number("Hours that earn nothing yet, because no rate is known.", "0.0", optional=True)


class Summary(CurrencySummary):
    """What all entries come to; figures of several currencies are in `by_currency` only."""

    by_currency = a.many(CurrencySummary)


class Export(a.Answer):
    """The entries, and what they come to."""

    entries = a.many(Entry)
    summary = a.one(Summary, null=True)
    page = a.whole("", optional=True)
    page_size = a.whole("", 500, optional=True)
    total = a.whole("", optional=True)
    next_cursor = a.text("Send it as cursor for what follows; null when nothing does.", None, optional=True)


class Ordered(a.Answer):
    """It is written in the background."""

    export_id = a.ident("number")
    state = a.text("", "waiting")
    total = a.whole("Entries.", 250000)
    status_url = a.text("Where to see how far it is.", f"/api/v1/worklog/exports/{a.example_id('number')}")


class Failure(a.Answer):
    """Why it couldn't be written."""

    code = a.text("", "unknown_job")
    cause = a.text("", "job_ids: there is no job of this id.")
    remedy = a.text("", "Ask for it again.")


class BackgroundExport(a.Answer):
    """A large export."""

    export_id = a.ident("number")
    state = a.text("waiting, running, done, failed, revoked or expired.", "done")
    asked = a.by_name("The request.", {"from_date": "2026-03-01", "to_date": "2026-03-31", "format": "csv"})
    total = a.whole("Entries.", 250000)
    done = a.whole("Entries written so far.", 250000)
    size = a.whole("Bytes.", 31457280, null=True)
    sha256 = a.text("Of the file.", None)
    failure = a.one(Failure, null=True)
    created = a.instant()
    finished = a.instant(null=True)
    expires = a.instant("", "2026-03-09T09:00:00+00:00", null=True)
    file_url = a.text("Signed: whoever has it can fetch the file until then.", "/api/v1/worklog/exports/…", optional=True)
    file_url_expires = a.instant(optional=True)


class Signed(f.Strict):
    """What a link is signed with."""

    expires = f.text(200, metadata={"description": "As in the link."})
    signature = f.text(200, metadata={"description": "As in the link."})


MEDIA = tuple(dict.fromkeys(one.media.partition(";")[0] for one in FORMATS.values()))
EXPORT = Said(
    example={"from_date": "2026-03-01", "to_date": "2026-03-31", "include": ["expenses", "mileage", "overtime"]},
    gives=Export,
    files=MEDIA,
    also={202: Ordered},
)
EXPORTS = Said(asks=Paged, gives=a.page(BackgroundExport))
FETCH = Said(asks=Signed, gives=Media("*/*", "The file, in whole or the range that was asked for."))
