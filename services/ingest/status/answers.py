"""What invoices and problems look like in answers."""

from __future__ import annotations

from services.ingest.billing.answers import UNITS, InvoiceHead
from shared.contract import answers as a
from shared.contract import fields as f
from shared.contract.documents import LineKind
from shared.contract.statuses import BindingState, InvoiceStatus
from shared.platform.web import Paged


class Listed(Paged):
    """Which invoices."""

    status = f.choice((*InvoiceStatus, "sent"), metadata={"description": "Only those in this state; sent is open."})


class Line(a.Answer):
    """A line of an invoice: amount = quantity x rate, rounded half-up to the currency's smallest coin."""

    position = a.whole("From 1.")
    kind = a.word(LineKind)
    desc = a.text("", "Website")
    quantity = a.number("Hours, a distance, or 1.", "7.5")
    unit = a.word(UNITS)
    hours = a.number("The quantity, where it is hours.", "7.5", null=True)
    rate = a.number("For one unit.", "48")
    amount = a.number("", "360.00")
    date = a.day("When all of the line is of one day.", None)
    job_id = a.ident("job", null=True)
    person_id = a.ident("person", null=True)
    taxable = a.flag()


class External(a.Answer):
    """The invoice in the books of one connection."""

    provider = a.text("Which connector keeps it.", "quickbooks")
    connection = a.ident("connection")
    status = a.word(InvoiceStatus, example="open")
    binding_state = a.word(BindingState, example="confirmed")
    wanted_version = a.whole("The version composed last.")
    pushed_version = a.whole("The version that the books have.", null=True)
    external_id = a.text("", "147", null=True)
    external_number = a.text("", "INV-00001", null=True)
    deep_link = a.text("Where to see it in the books.", None)
    total = a.number("As the books compute it.", "360.00", null=True)
    balance = a.number("What is not paid yet.", "360.00", null=True)
    problem = a.text("The code of what stops it.", None)
    at = a.instant("When the books last said something.")


class Invoice(InvoiceHead):
    """An invoice in its present version, with what the books say of it."""

    status = a.word((*InvoiceStatus, "sent"), "In the promised words: sent is open, and deleted is void with its reason.")
    status_reason = a.text("Why it is void, where the books deleted it.", None)
    deductions = a.number("What was taken off, as a positive figure.", "0.00")
    lines = a.many(Line)
    balance = a.number("What is not paid yet, once the books have it.", None)
    external = a.many(External)


class Stage(a.Answer):
    """What the books said of it at one time."""

    connection = a.ident("connection")
    status = a.word(InvoiceStatus, example="open")
    total = a.number("", "360.00", null=True)
    balance = a.number("", "360.00", null=True)
    at = a.instant()


class Version(a.Answer):
    """One version of an invoice, and why it was made."""

    version = a.whole()
    cause = a.text("", "composed")
    at = a.instant()
    total = a.number("", "360.00")
    withdrawn = a.flag()
    reason = a.text("What somebody gave as the reason.", None)


class Allocation(a.Answer):
    """What of one entry a line bills."""

    entry = a.ident("entry")
    revision = a.whole("Of the entry.")
    chain = a.whole("Allocations of one chain correct each other.", 0)
    part = a.whole("", 0)
    line = a.whole("The line's position.")
    client = a.ident("client")
    currency = a.text("", "USD")
    kind = a.word(LineKind)
    unit = a.word(UNITS)
    unit_price = a.number("", "48")
    seconds = a.whole("", 27000)
    quantity = a.number("", "7.5")
    amount = a.number("", "360.00")
    live = a.flag("False once the invoice was voided or a later version took its place.", True)


class WholeInvoice(Invoice):
    """An invoice with its history, its versions, and what it billed entry by entry."""

    history = a.many(Stage)
    versions = a.many(Version)
    allocations = a.many(Allocation)


class OpenProblem(a.Answer):
    """Something that a person can mend."""

    id = a.ident("problem")
    service = a.text("Who found it.", "quickbooks")
    connection = a.ident("connection", null=True)
    code = a.text("", "reference_missing")
    subject = a.text("The id of what it is about.", a.example_id("binding"))
    title = a.text("", "Harbour Bakery isn't linked to a customer")
    cause = a.text("", "An invoice names this client.")
    remedy = a.text("", "Link it, or have it created.")
    blocks = a.whole("How many things wait for it.")
    at = a.instant("Since when.")
    invoice_id = a.ident("document", null=True)
    timesheet_id = a.ident("timesheet", null=True)


INVOICES, PROBLEMS = a.page(Invoice), a.listing(OpenProblem)
