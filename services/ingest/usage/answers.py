"""What usage is asked and answered."""

from __future__ import annotations

from shared.contract import answers as a
from shared.contract import fields as f


class Month(f.Strict):
    """Which month."""

    month = f.text(7, metadata={"pattern": "^[0-9]{4}-[0-9]{2}$", "description": "As 2026-11; this month unless said."})


class Counts(a.Answer):
    """What is counted."""

    calls = a.whole("", 12)
    rows = a.whole("Rows exported or listed.", 480)
    documents = a.whole("Invoices composed.", 3)


class KeyUsage(Counts):
    """What one key did."""

    key_id = a.text("", "0a1b2c3d4e5f")
    name = a.text("None: a person's own session.", "Payroll export", null=True)


class Usage(a.Answer):
    """What each key did in a month."""

    month = a.text("", "2026-03")
    items = a.many(KeyUsage)
    total = a.one(Counts)


class OrganisationUsage(Counts):
    """What one organisation did."""

    organisation = a.ident("organisation")


class AllUsage(a.Answer):
    """What each organisation did in a month."""

    month = a.text("", "2026-03")
    items = a.many(OrganisationUsage)
