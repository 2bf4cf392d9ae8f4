"""What approving, composing and correcting are answered with."""

from __future__ import annotations

from decimal import Decimal

from shared.contract import answers as a
from shared.contract import fields as f
from shared.contract.documents import Grouping, LineKind
from shared.contract.statuses import InvoiceStatus
from shared.platform.web import Said

UNITS = ("hour", "mi", "km", "each")


class HeldEntry(a.Answer):
    """An entry that waits for a person to confirm it."""

    id = a.ident("entry")
    warning = a.text("", "more than 24 hours of one person on one day")


class Approved(a.Answer):
    """What the approval came to."""

    approved = a.whole()
    unchanged = a.whole("Approved before, or billed already.", 0)
    held = a.many(HeldEntry)


class Withdrawn(a.Answer):
    """How many approvals were taken back."""

    withdrawn = a.whole()


class InvoiceHead(a.Answer):
    """An invoice without its lines."""

    invoice_id = a.ident("document")
    number = a.text("", "INV-00001")
    version = a.whole("Grows with every change.")
    withdrawn = a.flag("Voided here.")
    client_id = a.ident("client")
    client_name = a.text("", "Harbour Bakery")
    currency = a.text("Of every figure on it.", "USD")
    issued = a.day("", "2026-03-31")
    due = a.day("", "2026-04-30", null=True)
    period_from = a.day("", "2026-03-01")
    period_to = a.day("", "2026-03-31")
    grouping = a.word(Grouping)
    subtotal = a.number("The sum of the lines, deductions included.", "360.00")
    tax_name = a.text("", None)
    tax_percent = a.number()
    tax = a.number("", "0.00")
    total = a.number("", "360.00")


class ComposedLine(a.Answer):
    """A line as it was composed: amount = quantity x unit price, rounded half-up to the currency's smallest coin."""

    position = a.whole("From 1.")
    kind = a.word(LineKind)
    description = a.text("", "Website")
    quantity = a.number("Hours, a distance, or 1.", "7.5")
    unit = a.word(UNITS)
    unit_price = a.number("", "48")
    amount = a.number("", "360.00")
    date = a.day("When all of the line is of one day.", None)
    job = a.ident("job", null=True)
    person = a.ident("person", null=True)
    taxable = a.flag()


class ComposedInvoice(InvoiceHead):
    """An invoice that was just composed."""

    id = a.ident("document")
    organisation = a.ident("organisation")
    client = a.ident("client")
    status = a.word(InvoiceStatus)
    lines = a.many(ComposedLine)
    people = a.many(a.ident("person"))
    external = a.many(a.by_name("Nothing yet: no books have it.", {}))


class SkippedEntry(a.Answer):
    """An entry that was left out, and why."""

    entry = a.ident("entry")
    why = a.text("", "no_rate")
    cause = a.text("", "The entry has no rate.")
    remedy = a.text("", "Give the job a rate.")


class Composed(a.Answer):
    """The invoices made, and what is not on them."""

    invoices = a.many(ComposedInvoice)
    skipped = a.many(SkippedEntry)
    waiting = a.many(a.ident("entry", "An entry whose correction waits for the client's next invoice."))


class Voided(a.Answer):
    """The invoice is withdrawn; books that have it are going to hear."""

    invoice_id = a.ident("document")
    version = a.whole("", 2)
    withdrawn = a.flag("", True)
    status = a.word(InvoiceStatus, example="void")


class Correction(a.Answer):
    """A difference that waits for the next invoice of its client and currency."""

    entry = a.ident("entry")
    client = a.ident("client")
    currency = a.text("", "USD")
    unit = a.word(UNITS)
    unit_price = a.number("", "48")
    seconds = a.whole("", -1800)
    quantity = a.number("", "-0.5")
    about = a.text("The number of the invoice that it corrects.", "INV-00001")


class Corrections(f.Strict):
    """Which corrections."""

    client = f.text(200, metadata={"description": "Only those of the client of this id."})


class Numbering(a.Answer):
    """How invoices are numbered from now on."""

    prefix = a.text("", "INV-")
    width = a.whole("Digits, with zeros in front.", 5)
    next = a.whole("The next number, if it was given.", 8, optional=True)


class LeftOutEntry(a.Answer):
    """An entry of the same client and days that the invoice does not name."""

    id = a.ident("entry")
    kind = a.word(("time", "expense", "mileage"))
    date = a.day()


class LeftOut(a.Answer):
    """All of them."""

    items = a.many(LeftOutEntry)
    total = a.whole()


class GivenInvoice(InvoiceHead):
    """The invoice as it was given, and what it leaves out."""

    id = a.ident("document")
    organisation = a.ident("organisation")
    client = a.ident("client")
    status = a.word(InvoiceStatus)
    lines = a.many(ComposedLine)
    people = a.many(a.ident("person"))
    left_out = a.many(LeftOutEntry)


class Decided(a.Answer):
    """What was decided, and how many entries still wait for it."""

    decision = a.text("", "covered")
    ids = a.many(a.ident("entry"))
    waiting = a.whole("", 0)


_GIVEN = {
    "number": "WL-2026-031",
    "client_id": a.example_id("client"),
    "currency": "USD",
    "issued": "2026-03-31",
    "lines": [
        {
            "description": "Website",
            "hours": Decimal("7.5"),
            "rate": 48,
            "amount": Decimal("360.00"),
            "entries": [a.example_id("entry")],
        }
    ],
    "total": Decimal("360.00"),
}
GIVE = Said(example=_GIVEN, gives=GivenInvoice, status=201, once=True, revised=True)
GIVE_AGAIN = Said(example={**_GIVEN, "version": 1}, gives=GivenInvoice, once=True, revised=True)
DECIDE = Said(example={"decision": "covered"}, gives=Decided)
CORRECTIONS = a.listing(Correction)
