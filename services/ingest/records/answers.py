"""What records look like from outside: as they are sent, and as answers show them."""

from __future__ import annotations

from copy import copy
from decimal import Decimal
from functools import cache

from services.ingest.records.intake import Outcome
from services.ingest.records.outside import OUTSIDE, outside_schema
from shared.contract import answers as a
from shared.contract import fields as f
from shared.contract.records import Approval, Kind
from shared.contract.statuses import TimesheetStatus
from shared.platform.web import Paged, Said
from shared.platform.web_openapi import FieldError

_work_only = "Only of this one's work: with the kinds time, expense and mileage."


class Listed(Paged):
    """Which records."""

    kind = f.choice(Kind, metadata={"description": "What sort of record; time unless said."})
    client = f.text(200, metadata={"description": f"A client's id. {_work_only}"})
    job = f.text(200, metadata={"description": f"A job's id. {_work_only}"})
    person = f.text(200, metadata={"description": f"A person's id. {_work_only}"})
    since = f.civil_date(data_key="from", metadata={"description": "Work of this day and later."})
    until = f.civil_date(data_key="to", metadata={"description": "Work of this day and earlier."})
    approval = f.choice(Approval, metadata={"description": "Work in this state only."})


class Batch(f.Strict):
    """Records to take in; each is taken or refused by itself."""

    schema = f.text(10, required=True, metadata={"pattern": r"^1(\..*)?$", "description": "The version of this schema: 1."})
    records = f.fields.List(
        f.fields.Raw(
            metadata={
                "type": "object",
                "required": ["kind", "source", "source_id"],
                "properties": {
                    "kind": {"type": "string", "enum": [str(kind) for kind in Kind]},
                    "source": {"type": "string", "description": "A short lower-case word such as toggl."},
                    "source_id": {"type": "string", "description": "The source's own id: sent again, it is the same record."},
                },
                "description": "The header and the fields of its kind; see the guide.",
            }
        ),
        required=True,
        metadata={"minItems": 1, "maxItems": 1000},
    )


class RecordProblem(a.OpenAnswer):
    """Why a record was refused, with every error of it."""

    code = a.text("", "missing_field")
    cause = a.text("", "date: the field is missing")
    remedy = a.text("", "give this field")
    errors = a.many(FieldError, optional=True)


class Result(a.Answer):
    """What became of one record."""

    index = a.whole("Its place in the request, from 0.", 0)
    outcome = a.word(Outcome)
    kind = a.word(Kind, null=True, example="time")
    id = a.ident("entry", null=True)
    revision = a.whole("1 for what is new; 0 when it was refused.", 1)
    problem = a.one(RecordProblem, null=True)


class Received(a.Answer):
    """What became of each record."""

    results = a.many(Result)


class Origin(a.Answer):
    """Where a record came from."""

    via = a.word(("request", "file"))
    ref = a.text("The request's id, or the hash of the file's content.", a.example_id("request"))
    row = a.whole("Of the file, its header being row 1.", None)


class RateLine(a.Answer):
    """A line of a job's rate card."""

    rate = a.number("Per hour.", "48")
    overtime_rate = a.number("", None)
    person = a.ident("person", null=True)
    since = a.day("", None)


class OwnRateLine(RateLine):
    """A line of a job's rate card, as jobs are written."""

    user_id = a.ident("person", null=True)

    class Meta:
        exclude = ("person",)


class Record(a.Answer):
    """One record. Which members it has besides the header depends on its kind."""

    kind = a.word(Kind, example="time")
    id = a.ident("entry")
    organisation = a.ident("organisation", optional=True)
    source = a.text("", "worklog")
    source_id = a.text("", "a1")
    revision = a.whole("Grows with every edit.", 1)
    content_hash = a.text("Changes with the content.", "5f3c…", optional=True)
    origin = a.one(Origin, null=True, optional=True)
    deleted = a.flag("The source has it no more.")
    name = a.text("Of a person, client, job or tag.", optional=True, example="Website")
    email = a.text("", None, optional=True)
    zone = a.text("", None, optional=True)
    address = a.text("", None, optional=True)
    currency = a.text("ISO 4217.", "USD", null=True, optional=True)
    client = a.ident("client", null=True, optional=True)
    rates = a.many(RateLine, optional=True)
    date = a.day("The worker's civil day.", optional=True)
    person = a.ident("person", optional=True)
    job = a.ident("job", null=True, optional=True)
    tags = a.many(a.ident("tag"), optional=True)
    billable = a.flag("", True, optional=True)
    notes = a.text("", "Planning", optional=True)
    seconds = a.whole("Worked, without breaks.", 27000, optional=True)
    break_seconds = a.whole("", 1800, optional=True)
    overtime_seconds = a.whole("Of the seconds.", 0, optional=True)
    start = a.text("Wall-clock time, with its offset where that is known.", "2026-03-02T09:00:00", null=True, optional=True)
    end = a.text("", "2026-03-02T17:00:00", null=True, optional=True)
    rate = a.number("Per hour, or per mi or km.", "48", null=True, optional=True)
    amount = a.number("Of an expense.", "12.50", optional=True)
    category = a.text("Of an expense.", "Travel", optional=True)
    distance = a.number("Of a trip.", "12.5", optional=True)
    unit = a.word(("mi", "km"), optional=True)
    vehicle = a.text("Of a trip.", "Van 2", optional=True)
    odometer_start = a.number("In the trip's unit.", "48210", null=True, optional=True)
    odometer_end = a.number("End - start is the distance, as exactly as both were read.", "48223", null=True, optional=True)
    from_place = a.text("Where a trip began.", "Office", optional=True)
    to_place = a.text("Where it ended.", "Harbour Bakery", optional=True)
    approval = a.word(Approval, "Of work: here.", optional=True)
    approved_revision = a.whole("Of work: the revision that was approved.", None, optional=True)
    approved_there = a.word(TimesheetStatus, "Of time: the state of the timesheet that pays it.", null=True, optional=True)


class Receipt(a.Answer):
    """A receipt of an expense."""

    id = a.ident("receipt")
    name = a.text("", "train.pdf", null=True)
    media_type = a.text("", "application/pdf")
    size = a.whole("Bytes.", 48211)
    at = a.instant()


_WORK = ("date", "person", "client", "job", "tags", "currency", "billable", "notes", "approval", "approved_revision")
_OWN = {
    Kind.PERSON: ("name", "email", "zone"),
    Kind.CLIENT: ("name", "email", "address", "currency"),
    Kind.JOB: ("name", "client", "currency", "rates"),
    Kind.TAG: ("name",),
    Kind.TIME: (*_WORK, "seconds", "break_seconds", "overtime_seconds", "start", "end", "zone", "rate"),
    Kind.EXPENSE: (*_WORK, "amount", "category"),
    Kind.MILEAGE: (*_WORK, "distance", "unit", "rate", "vehicle", "odometer_start", "odometer_end", "from_place", "to_place"),
}
_HEADER = ("id", "source", "source_id", "revision", "deleted")
_SENT = {
    Kind.PERSON: {"name": "Robin Sample", "zone": "America/New_York"},
    Kind.CLIENT: {"name": "Corner Cafe", "currency": "USD"},
    Kind.JOB: {"name": "Menu cards", "client_id": a.example_id("client"), "rates": [{"rate": 48}]},
    Kind.TAG: {"name": "rush"},
    Kind.TIME: {"date": "2026-03-04", "user_id": a.example_id("person"), "job_id": a.example_id("job"), "seconds": 5400},
    Kind.EXPENSE: {"date": "2026-03-04", "user_id": a.example_id("person"), "amount": Decimal("12.50"), "category": "Travel"},
    Kind.MILEAGE: {"date": "2026-03-04", "user_id": a.example_id("person"), "distance": Decimal("12.5"), "unit": "mi"},
}


def _one(kind: Kind) -> type[a.Answer]:
    names = (*_HEADER, *_OWN[kind])
    members = {OUTSIDE.get(name, name): copy(Record._declared_fields[name]) for name in names}
    own = {"kind": a.word((kind,)), **({"receipts": a.many(Receipt, optional=True)} if kind is Kind.EXPENSE else {})}
    own |= {"rates": a.many(OwnRateLine)} if kind is Kind.JOB else {}
    head = {"__module__": __name__, "__doc__": f"A record of the kind {kind}."}
    return type(kind.capitalize(), (a.Answer,), {**head, **members, **own})


_ONE = {kind: _one(kind) for kind in Kind}


@cache
def said_of(kind: Kind, word: str) -> dict[str, Said]:
    """What the routes of one kind say of themselves."""
    named = f"{'an' if word[0] in 'aeiou' else 'a'} {word}"
    sent, one, many = outside_schema(kind), _ONE[kind], word.replace(" ", "_")
    example = _SENT[kind]
    return {
        "create": Said(
            name=f"create_{many}", says=f"Make {named}. It may have an id of your own (`source_id`); the same again answers 200.",
            takes=sent, example=example, gives=one, status=201, also={200: one}, once=True, revised=True,
        ),
        "show": Said(name=f"show_{many}", says=f"Show one {word} as it is now.", gives=one, revised=True),
        "replace": Said(
            name=f"replace_{many}", says=f"Write {named} anew, as a whole, over the revision that was seen.",
            takes=sent, example={**example, "revision": 1}, gives=one, once=True, revised=True,
        ),
        "delete": Said(name=f"delete_{many}", says=f"Delete {named}.", gives=one, once=True, revised=True),
    }


LISTED = a.page(Record)
EXAMPLE = {
    "schema": "1",
    "records": [
        {"kind": "person", "source": "api", "source_id": "p1", "name": "Robin Sample"},
        {"kind": "client", "source": "api", "source_id": "c1", "name": "Harbour Bakery"},
        {
            "kind": "time",
            "source": "api",
            "source_id": "t1",
            "date": "2026-03-03",
            "person": "p1",
            "client": "c1",
            "seconds": 27000,
            "rate": 48,
            "currency": "USD",
        },
    ],
}
TAKING_IN = """\
Take in up to a thousand records of any kind.

Each is stored or refused by itself. Sent again under its source and source id, a record with the same content
changes nothing, one with other content is a new revision. References are source ids of the same source."""
