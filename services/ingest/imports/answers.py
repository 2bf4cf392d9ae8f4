"""What an import is asked with, and what it is answered."""

from __future__ import annotations

from services.ingest.records.intake import Outcome
from shared.contract import answers as a
from shared.contract import fields as f
from shared.contract.records import Kind

_no, _yes = "false", "true"
_KINDS = (*Kind, "invoice")


class _Form(f.Strict):
    file = f.fields.Raw(required=True, metadata={"type": "string", "format": "binary", "description": "The report."})
    layout = f.text(1_000_000, metadata={"description": "A layout as JSON, when you know how the file is to be read."})
    profile = f.text(100, metadata={"description": "The name of the profile to read it by."})
    detect = f.choice((_no, _yes), metadata={"description": "Look at the file anew, whatever profile it is recognised by."})
    answers = f.text(1_000_000, metadata={"description": 'Answers to the questions: {"question id": "answer", …}.'})
    source = f.text(40, metadata={"description": "Whose report it is, as a short lower-case word; worklog unless said."})
    preview = f.choice((_no, _yes), metadata={"description": "Say what would come of it, and store nothing."})
    partial = f.choice((_no, _yes), metadata={"description": "Store the rows that can be read, though others can't."})
    changes = f.choice(("ask", "accept"), metadata={"description": "Whether edits of stored entries are taken unseen."})
    accept = f.text(1_000_000, metadata={"description": "The fingerprint of the difference that was looked at."})
    vanished = f.choice(("keep", "delete"), metadata={"description": "What becomes of entries that the report has no more."})


class Trouble(a.Answer):
    """What stops the import."""

    code = a.text("", "changes_to_accept")
    message = a.text("", "The file would change 1 of the stored entries; nothing was stored yet.")
    remedy = a.text("", "Look at the difference and send its fingerprint as accept.")


class Finding(a.Answer):
    """One conclusion, and the row and value it was drawn from."""

    topic = a.text("", "date_order")
    value = a.text("", "D-M-Y")
    evidence = a.text("", "row 5: 31/03/2026")


class Option(a.Answer):
    """One answer to a question."""

    value = a.text("", "D-M-Y")
    label = a.text("", "the day first, then the month: 02/03/2026 is 2 March 2026")
    example = a.text()


class Question(a.Answer):
    """What the file leaves open."""

    id = a.text("", "date_order")
    topic = a.text("", "date_order")
    text = a.text("", "Row 3 has the date 02/03/2026. Which comes first?")
    options = a.many(Option)
    free = a.flag("Whether any text is an answer.")


class LeftOut(a.Answer):
    """Rows that are no entries."""

    reason = a.text("", "total")
    rows = a.many(a.whole("One of the first hundred.", 9))
    count = a.whole()
    example = a.text("", "Total 9:45")
    table = a.text()


class Detected(a.Answer):
    """What every answer to an import says."""

    file = a.text("Its name.", "phone-march.csv")
    stored = a.flag("", True)
    findings = a.many(Finding)
    left_out = a.many(LeftOut)
    questions = a.many(Question, optional=True)


class FieldChange(a.Answer):
    """What an edited row said before, and says now."""

    field = a.text("", "seconds")
    was = a.anything("", 16200)
    now = a.anything("", 17100)


class ChangedRow(a.Answer):
    """A row that edits a stored entry."""

    row = a.whole("", 4)
    table = a.text(optional=True)
    id = a.ident("entry")
    kind = a.word(_KINDS, example="time")
    number = a.text("Of an invoice.", "INV-7", optional=True)
    date = a.day()
    person = a.text("", "Robin Vale", null=True)
    client = a.text("", None)
    job = a.text("", "Booking site", null=True)
    fields = a.many(FieldChange)


class Counts(a.Answer):
    """How many entries the difference is about."""

    changed = a.whole()
    vanished = a.whole("Stored before, and not in the report any more.", 0)
    absent = a.whole("Not in the report, and outside of what it covers.", 0)
    doubtful = a.whole("Rows that may be work which another report brought.", 0)


class Difference(a.Answer):
    """What the file changes of what is stored; the first entries of each sort."""

    fingerprint = a.text("To be sent as accept.", "9d1f…")
    counts = a.one(Counts)
    changed = a.many(ChangedRow)
    vanished = a.many(a.by_name("A stored entry, with names.", {"id": a.example_id("entry"), "kind": "time"}))
    deleted = a.whole("Entries deleted because they vanished.", 0)


class Warning(a.Answer):  # noqa: A001 - it is what the answer calls it
    """Something that deserves a look."""

    code = a.text("", "long_day")
    count = a.whole()
    rows = a.many(a.anything("A row's number, or its place where the file has several tables.", 4))
    text = a.text("", "A day of more than 16 hours.")


class RowProblem(a.Answer):
    """Why a row was refused."""

    code = a.text("", "bad_date")
    cause = a.text("", "'32/03/2026' is not a date")
    remedy = a.text("", "mend the date")
    row = a.whole("", 4)
    column = a.text("", "Date", null=True)
    value = a.text("", "'32/03/2026'", null=True)
    errors = a.many(a.by_name("One error of the row.", {"column": "Date"}))


class Row(a.Answer):
    """What became of a row."""

    row = a.whole("", 3)
    table = a.text(optional=True)
    outcome = a.word(Outcome)
    kind = a.word(_KINDS, null=True, example="time")
    id = a.ident("entry", null=True)
    problem = a.one(RowProblem, null=True)


class Totals(a.Answer):
    """What the rows come to."""

    rows = a.whole()
    new = a.whole()
    changed = a.whole("", 0)
    unchanged = a.whole("", 0)
    refused = a.whole("", 0)
    seconds = a.whole("Worked.", 27000)
    people = a.whole()
    invoices = a.whole("Where the file lists invoices: how many.", 0)
    first = a.day("The first day.", null=True, data_key="from")
    last = a.day("The last day.", null=True, data_key="to")


class Imported(Detected):
    """What became of the report, row by row."""

    file_id = a.ident("file", "The kept file.", null=True)
    profile = a.text("The profile that it was read by, or that later ones will be.", "phone-march", null=True)
    read_by = a.text("What told how to read it.", "profile")
    problem = a.one(Trouble, null=True)
    difference = a.one(Difference)
    warnings = a.many(Warning)
    totals = a.one(Totals)
    rows = a.many(Row)


class Undecided(Detected):
    """The file leaves something open, or changes what is stored: nothing was stored yet."""

    stored = a.flag()
    problem = a.one(Trouble)


EXAMPLE = {
    "timebooks_profile": 1,
    "name": "phone",
    "source": "worklog",
    "layout": {"columns": {"date": "Date", "person": "Who", "duration": "Hours"}},
    "recognised": {"kind": "csv", "headers": ["Date", "Hours", "Who"]},
}


class Kept(a.Answer):
    """A profile that is kept."""

    id = a.ident("profile")
    changed = a.instant()
    used = a.instant("When a report was last read by it.", None)
    profile = a.by_name("The profile itself, as it is sent.", EXAMPLE)


PROFILES, FORM = a.listing(Kept), _Form()
