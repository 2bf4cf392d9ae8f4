"""When nothing is due any more: what must be true of the books, of what was billed, and of everything in between."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from services.ingest.billing.models import allocation
from shared.connector.models import binding, call, inbound_event
from shared.platform.db import reading
from shared.platform.jobs import job
from tests.journeys.lives import Life

GONE = ("void", "deleted")
TOLD = {"changed_there"}
"""Problems that only tell: nothing waits for them."""


def come_to_rest(life: Life, *, heard: bool, whose: str) -> None:
    """Faults end; callbacks arrive or are lost for good; people press go and decide, until there is nothing to do."""
    life.emulator.clear_faults()
    life.emulator.deliver(drop=True) if not heard else life.deliver()
    for _ in range(12):
        life.wait(minutes=11)
        if life.revoked:
            life.reconnect()
        life.deliver()
        life.settle()
        if not press_go(life, whose) and not _unfinished(life):
            return
    raise AssertionError(f"never comes to rest: {_unfinished(life)}")


def press_go(life: Life, whose: str) -> list[dict[str, Any]]:
    """Plan and send until a plan is empty; gives what the last plan still had."""
    items: list[dict[str, Any]] = []
    for _ in range(4):
        items = life.make_plan()["items"]
        if items and not sum(_decide(life, item, whose) for item in items):
            life.go()
            life.work()
            life.settle()
        if not items:
            break
    return items


def _decide(life: Life, item: dict[str, Any], whose: str) -> bool:
    """What a person has to do about a blocked document; gives whether there was anything."""
    code = item["problem"]["code"] if item["action"] == "blocked" else ""
    if code == "reference_missing":
        life.product.links(life.connection)
    elif code == "diverged":
        life.keep(item["number"], whose)
        if whose == "ours":
            life.edited_there.discard(_external(life, item["number"]))
    return code in ("reference_missing", "diverged")


def _external(life: Life, number: str) -> str:
    return life.product.external_id(number)


def _unfinished(life: Life) -> list[Any]:
    """Jobs that are due, run or parked; bindings that wait; open calls; callbacks not looked after."""
    found: list[Any] = []
    now = life.product.clock.now
    for service in life.product.services:
        with reading(service.db) as session:
            waiting = sa.or_(job.c.state.in_(["running", "parked"]), sa.and_(job.c.state == "ready", job.c.due_at <= now))
            failing = sa.and_(job.c.state == "ready", job.c.failure.is_not(None))
            found += session.execute(sa.select(job.c.kind, job.c.state, job.c.failure).where(sa.or_(waiting, failing))).all()
    with reading(life.product.quickbooks.db) as session:
        behind = sa.or_(
            binding.c.state.in_(["sent", "unknown", "parked", "diverged"]), binding.c.wanted_version > binding.c.pushed_version
        )
        shown = (binding.c.number, binding.c.state, binding.c.status, binding.c.wanted_version, binding.c.pushed_version)
        found += session.execute(sa.select(*shown, binding.c.go_version, binding.c.problem).where(behind)).all()
        found += session.execute(sa.select(call.c.state).where(call.c.state == "intended")).all()
        found += session.execute(sa.select(inbound_event.c.kind).where(inbound_event.c.done_at.is_(None))).all()
    return found


# ---- what must hold


def check(life: Life) -> None:
    """Everything, once ``come_to_rest`` is through."""
    invoices = list(life.product.invoices().values())
    held = claims(life)
    for one in invoices:
        check_status(life, one)
        check_lines(life, one, [part for part in held if part["document"] == one["invoice_id"]])
    check_one_each(life, invoices)
    check_seconds(life, held)
    problems = life.product.get("quickbooks", "/problems")["items"]
    assert {one["code"] for one in problems} <= TOLD, problems


def claims(life: Life) -> list[dict[str, Any]]:
    """Every live allocation."""
    names = ("entry", "document", "document_version", "line", "seconds")
    with reading(life.product.ingest.db) as session:
        rows = session.execute(sa.select(*(allocation.c[name] for name in names)).where(allocation.c.live.is_(sa.true())))
        return [dict(row) for row in rows.mappings()]


def books_status(life: Life, external: str | None) -> str:
    """What the books say, by their own amounts."""
    if external is None:
        return "draft"
    invoice = life.emulator.object(life.realm, "Invoice", external)
    if invoice is None:
        return "deleted"
    if invoice["TotalAmt"] == 0 and str(invoice.get("PrivateNote", "")).startswith("Voided"):
        return "void"
    if invoice["Balance"] == 0:
        return "paid"
    return "open" if invoice["Balance"] == invoice["TotalAmt"] else "partly_paid"


def check_status(life: Life, one: dict[str, Any]) -> None:
    external = one["external"][0]["external_id"] if one["external"] else None
    there = books_status(life, external)
    said = {"open": "sent", "deleted": "void"}.get(there, there)
    assert one["status"] == ("void" if there == "draft" and one["withdrawn"] else said), (one["number"], one["status"], there)
    if there not in ("draft", *GONE):
        assert not one["withdrawn"] and one["external"][0]["balance"] == _there(life, one)["Balance"]
    if there in GONE:
        assert one["withdrawn"], one["number"]


def _there(life: Life, one: dict[str, Any]) -> dict[str, Any]:
    found = life.emulator.object(life.realm, "Invoice", one["external"][0]["external_id"])
    assert found is not None
    return found


def check_lines(life: Life, one: dict[str, Any], held: list[dict[str, Any]]) -> None:
    """The books hold the lines we say they hold, and their quantities give the claimed seconds back."""
    if one["withdrawn"]:
        assert not held
        return
    assert {part["document_version"] for part in held} == {one["version"]}
    if one["external"][0]["external_id"] in life.edited_there:
        return
    there = [line for line in _there(life, one)["Line"] if line["DetailType"] == "SalesItemLineDetail"]
    assert [_ours(line) for line in one["lines"]] == [_theirs(line) for line in there], one["number"]
    claimed: Counter[int] = Counter()
    for part in held:
        claimed[part["line"]] += part["seconds"]
    for line, theirs in zip(one["lines"], there, strict=True):
        if line["unit"] == "hour":
            assert round(theirs["SalesItemLineDetail"]["Qty"] * 3600) == claimed[line["position"]], one["number"]
    assert _there(life, one)["TotalAmt"] == one["total"]


def _ours(line: dict[str, Any]) -> tuple[Any, ...]:
    return line["desc"], Decimal(line["quantity"]), Decimal(line["rate"]), Decimal(line["amount"]), line["date"]


def _theirs(line: dict[str, Any]) -> tuple[Any, ...]:
    detail = line["SalesItemLineDetail"]
    return line["Description"], detail["Qty"], detail["UnitPrice"], line["Amount"], detail.get("ServiceDate")


def check_one_each(life: Life, invoices: list[dict[str, Any]]) -> None:
    """The journal made no document twice, unless the accountant deleted the first; what lives there is what lives here."""
    made = life.emulator.writes(realm=life.realm, entity="Invoice", operation="create", actor="api")
    deleted = {entry.id for entry in life.emulator.writes(realm=life.realm, entity="Invoice", operation="delete")}
    markers = Counter(entry.body["PrivateNote"].split(".")[0] for entry in made if entry.id not in deleted)
    assert all(count == 1 for count in markers.values()), markers
    living = {row["Id"] for row in life.emulator.live_invoices(life.realm)} & {entry.id for entry in made}
    here = [one["external"][0]["external_id"] for one in invoices if not one["withdrawn"]]
    assert sorted(living) == sorted(here)


def check_seconds(life: Life, held: list[dict[str, Any]]) -> None:
    """What live invoices hold of an entry and what waits to be put right come to what was approved of it, never more."""
    billed: Counter[str] = Counter()
    for part in held:
        billed[part["entry"]] += part["seconds"]
    for late in life.product.get("ingest", "/corrections")["items"]:
        assert late["entry"] in billed
        billed[late["entry"]] += late["seconds"]
    logged = life.product.get("ingest", "/records", kind="time", page_size="100")["items"]
    approved = {one["id"]: one["seconds"] for one in logged if one["approval"] == "approved" and one["billable"]}
    assert {entry: seconds for entry, seconds in billed.items() if seconds != approved.get(entry, 0)} == {}
