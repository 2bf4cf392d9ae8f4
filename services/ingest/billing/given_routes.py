"""Invoices that were made elsewhere over HTTP: given, given anew, and what they leave out decided."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from marshmallow import fields, validate

from services.ingest.billing import answers, give, left_out, query, store
from services.ingest.billing import wish as wishes
from services.ingest.billing.left_out import LeftOut
from services.ingest.billing.store import LONGEST_NUMBER
from services.ingest.tables import ID
from shared.contract import fields as f
from shared.contract.document_schemas import dump_invoice
from shared.contract.documents import LineKind
from shared.domain.given import Given, GivenLine
from shared.domain.invoicing import Tax
from shared.kernel.errors import Invalid
from shared.platform.db import Database, reading, transaction
from shared.platform.session import Session
from shared.platform.vault import Vault
from shared.platform.web import Room, body, counts, principal, raw_body, sent
from shared.platform.web_idempotency import once
from shared.platform.web_revision import check, condition, seen, tag, tagged

MOST_LINES = 750
MOST_ENTRIES = 1_000  # on one line
LARGEST = 2_000_000  # bytes


class _Line(f.Strict):
    description = f.text(4_000, multiline=True, required=True)
    hours = f.number(5, 9)
    quantity = f.number(5, 9)
    unit = f.choice(("each", "mi", "km"))
    overtime = f.flag()
    rate = f.number(7, 9, negative=True, required=True)
    amount = f.number(4, 12, negative=True, required=True)
    taxable = f.flag()
    as_agreed = f.flag()
    entries = fields.List(f.text(ID.length or 0), load_default=list, validate=validate.Length(max=MOST_ENTRIES))


class _GivenTax(f.Strict):
    name = f.text(100, required=True)
    percent = f.number(3, 3, required=True)
    amount = f.number(4, 12)


class _Given(f.Strict):
    number = f.text(LONGEST_NUMBER, required=True)
    client = f.text(ID.length or 0, required=True, data_key="client_id")
    currency = f.currency(required=True)
    issued = f.civil_date(required=True)
    due = f.civil_date()
    since = f.civil_date(data_key="from")
    until = f.civil_date(data_key="to")
    lines = fields.List(fields.Nested(_Line), required=True, validate=validate.Length(min=1, max=MOST_LINES))
    tax = fields.Nested(_GivenTax)
    deductions = fields.List(fields.Nested(wishes.DeductionSchema), load_default=list, validate=validate.Length(max=20))
    subtotal = f.number(4, 12, negative=True)
    total = f.number(4, 12, negative=True, required=True)


class _GivenAgain(_Given):
    version = f.whole(10**9, lowest=1, metadata={"description": "The one that was seen, in place of If-Match."})


class _Decision(f.Strict):
    decision = f.choice((left_out.BESIDE, left_out.COVERED), required=True)
    ids = fields.List(f.text(ID.length or 0), validate=validate.Length(min=1, max=10_000))


_GIVEN, _AGAIN, _DECISION = _Given(), _GivenAgain(), _Decision()


def given_room(db: Database, vault: Vault) -> Room:
    room = Room("given")

    @room.post("/invoices", scope="invoices:write", limit=LARGEST, takes=_GIVEN, **answers.GIVE)
    def give_invoice() -> Any:
        """Give an invoice that was made elsewhere. It is kept as it is, and bills the entries that it names."""
        caller, given = principal(), read(body())
        with once(db, vault, caller, "POST /invoices", raw_body()) as claim:
            if claim.replay:
                return tagged(claim.replay, "version")
            with transaction(db) as session:
                counts().documents += 1
                made = give.give(session, vault, caller.organisation, given, caller.subject)
                return *claim.done(session, _shown(session, vault, caller.organisation, made.id), 201), tag(1)

    @room.put("/invoices/<document>", scope="invoices:write", limit=LARGEST, takes=_AGAIN, **answers.GIVE_AGAIN)
    def give_invoice_again(document: str) -> Any:
        """Give a changed invoice in place of the one that was given."""
        caller, asked = principal(), body()
        with once(db, vault, caller, f"PUT /invoices/{document}", raw_body() + b"\0" + condition().encode()) as claim:
            if claim.replay:
                return tagged(claim.replay, "version")
            with transaction(db) as session:
                store.turn(session, caller.organisation)
                head, saw = query.head(session, caller.organisation, document), seen(asked, "version")
                made = give.give_again(session, vault, caller.organisation, head, read(asked), caller.subject)
                if made:
                    check(saw, head.version, "invoice")
                shown = _shown(session, vault, caller.organisation, document)
                return *claim.done(session, shown), tag(shown["version"])

    return room


def left_out_room(db: Database) -> Room:
    room = Room("left_out")

    @room.get("/invoices/<document>/left-out", scope="invoices:read", gives=answers.LeftOut)
    def show_left_out(document: str) -> Any:
        """List the entries of the same client and days that a given invoice does not name."""
        organisation = principal().organisation
        with reading(db) as session:
            query.head(session, organisation, document)
            found = left_out.waiting(session, organisation, document=document).get(document, [])
        return {"items": [_item(one) for one in found], "total": len(found)}

    @room.post("/invoices/<document>/left-out", scope="invoices:write", takes=_DECISION, **answers.DECIDE)
    def decide(document: str) -> Any:
        """Say whether entries that a given invoice left out are covered by it, or are to be billed beside it."""
        caller, asked = principal(), sent()
        decision, ids = asked["decision"], asked.get("ids")
        with transaction(db) as session:
            done = left_out.decide(session, caller.organisation, document, decision, caller.subject, entries=ids)
            waiting = left_out.waiting(session, caller.organisation, document=document).get(document, [])
        return {"decision": decision, "ids": done, "waiting": len(waiting)}

    return room


def _shown(session: Session, vault: Vault, organisation: str, document: str) -> dict[str, Any]:
    one = query.invoices(session, vault, organisation, [document])[document]
    status = query.head(session, organisation, document).status
    waiting = left_out.waiting(session, organisation, document=document).get(document, [])
    told = {"invoice_id": one.id, "client_id": one.client, "status": status, "left_out": [_item(item) for item in waiting]}
    return dump_invoice(one) | told


def _item(one: LeftOut) -> dict[str, Any]:
    return {"id": one.entry, "kind": one.kind, "date": one.date}


# ---- in


def read(sent: dict[str, Any]) -> Given:
    """The invoice that a request gives; figures that don't fit together are told later, with those of its entries."""
    values = f.load(_GIVEN, sent, "the invoice")
    if _later(values.get("since"), values.get("until")) or _later(values["issued"], values.get("due")):
        raise Invalid("bad_period", "from is after to, or issued after due.", "give the days in their order")
    tax = values.get("tax")
    return Given(
        **{name: values[name] for name in ("number", "client", "currency", "issued", "total")},
        **{name: values.get(name) for name in ("due", "since", "until", "subtotal")},
        lines=tuple(_line(at, line, taxed=tax is not None) for at, line in enumerate(values["lines"])),
        tax=Tax(name=tax["name"], percent=tax["percent"]) if tax else None,
        tax_amount=tax.get("amount") if tax else None,
        deductions=tuple(wishes.deduction(item) for item in values["deductions"]),
    )


def _later(one: date | None, other: date | None) -> bool:
    return one is not None and other is not None and one > other


def _line(at: int, line: dict[str, Any], *, taxed: bool) -> GivenLine:
    hours, quantity, unit = line.get("hours"), line.get("quantity"), line.get("unit", "each")
    if (hours is None) == (quantity is None) or (hours is not None and "unit" in line):
        cause = f"lines.{at}: it needs hours, or a quantity with its unit, and not both"
        raise Invalid("bad_line", cause, "give hours for time, quantity for trips (unit mi or km) and all else (each)")
    if line.get("taxable") and not taxed:
        raise Invalid("no_tax", f"lines.{at}: it is taxable, and the invoice has no tax", "give the tax, or leave taxable out")
    return GivenLine(
        description=line["description"],
        kind=_kind(hours, unit, line.get("overtime", False)),
        unit=unit if hours is None else "hour",
        quantity=quantity if hours is None else hours,
        unit_price=line["rate"],
        amount=line["amount"],
        taxable=line.get("taxable", taxed),
        as_agreed=line.get("as_agreed", False),
        entries=tuple(line["entries"]),
    )


def _kind(hours: Decimal | None, unit: str, overtime: bool) -> LineKind:
    if hours is not None:
        return LineKind.OVERTIME if overtime else LineKind.TIME
    return LineKind.EXPENSE if unit == "each" else LineKind.MILEAGE
