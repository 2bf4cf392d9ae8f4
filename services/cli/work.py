"""Commands about work and its invoices on this side: approve it, compose, void, erase."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import click

from services.cli.door import Door, part
from services.cli.entry import command
from services.cli.exits import DONE, PARTLY
from services.cli.show import Answer, count, money, table
from shared.kernel.duration import format_hms
from shared.kernel.errors import Invalid, Missing

_PAGE = 200
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_SHOWN = 20
"""Entries shown to a person; ``--json`` has them all."""


DATE = click.DateTime(["%Y-%m-%d"])


def day(value: Any) -> str | None:
    """A day that was typed, as the API takes it."""
    return value.date().isoformat() if value else None


@command("approve")
@click.option("--from", "since", type=DATE, help="First day, as 2026-03-01.")
@click.option("--to", "until", type=DATE, help="Last day.")
@click.option("--client", help="Only this client's work, by name or id.")
@click.option("--job", help="Only this job's, by name or id.")
@click.option("--person", help="Only this person's, by name or id.")
@click.option("--confirm", is_flag=True, help="Approve also what carries a warning, as a day of more than 24 hours.")
@click.option("--withdraw", multiple=True, metavar="ID", help="Take back the approval of this entry.")
def approve(door: Door, since: Any, until: Any, confirm: bool, withdraw: tuple[str, ...], **chosen: str | None) -> Answer:
    """Say that work may be billed: all of it, or what the options choose.

    \b
    timebooks approve --from 2026-03-01 --to 2026-03-31
    """
    if withdraw:
        found = door.ingest("POST", "/approvals/withdraw", {"ids": list(withdraw)})
        return Answer(found, f"{count(len(withdraw), 'approval')} taken back.")
    named = {kind: find(door, kind, text) for kind, text in chosen.items() if text}
    asked = {"from": day(since), "to": day(until), **named, "confirm": confirm}
    found = door.ingest("POST", "/approvals", {name: value for name, value in asked.items() if value not in (None, False)})
    held = found["held"]
    lines = [f"{count(found['approved'], 'entry', 'entries')} approved."]
    lines += [f"  held: {one['id']}: {one['warning']}" for one in held[:_SHOWN]]
    lines.append("Look at them, then approve again with --confirm." if held else "next:  timebooks compose")
    return Answer(found, "\n".join(lines), PARTLY if held else DONE)


@command("compose")
@click.option("--from", "since", type=DATE, required=True, help="First day of work to bill.")
@click.option("--to", "until", type=DATE, required=True, help="Last day.")
@click.option("--client", help="Only for this client, by name or id.")
@click.option("--grouping", type=click.Choice(["job", "person", "day", "detailed"]), default="job", show_default=True)
@click.option("--issued", type=DATE, help="The invoices' date; without, today.")
@click.option("--due-days", type=click.IntRange(0), help="Days until they are due.")
@click.option("--tax", type=(str, str), metavar="NAME PERCENT", help="Tax added to the total.")
@click.option("--deduct", "deductions", type=(str, str), multiple=True, metavar="TEXT SIZE", help="A deduction: 50.00, or 5%.")
@click.option("--mileage-rate", help="Rate for distances that carry none.")
def compose(door: Door, since: Any, until: Any, issued: Any, client: str | None, **chosen: Any) -> Answer:
    """Make invoices out of approved, billable work: one for each client and currency.

    \b
    timebooks compose --from 2026-03-01 --to 2026-03-31 --grouping job
    """
    tax, deductions = chosen.pop("tax"), chosen.pop("deductions")
    asked = {"from": day(since), "to": day(until), "issued": day(issued), **chosen}
    asked["client"] = find(door, "client", client) if client else None
    asked["tax"] = {"name": tax[0], "percent": tax[1]} if tax else None
    asked["deductions"] = [_deduction(*each) for each in deductions] or None
    found = door.ingest("POST", "/invoices/compose", {name: value for name, value in asked.items() if value is not None})
    lines = [invoice_table(found["invoices"])] if found["invoices"] else ["Nothing to bill."]
    lines += _left_out(door, found["skipped"], asked) if found["skipped"] else []
    return Answer(found, "\n".join([*lines, "next:  timebooks plan"]), DONE)


def _left_out(door: Door, skipped: list[dict[str, Any]], period: dict[str, Any]) -> list[str]:
    """What was not billed and why, in words that a person finds in the report again."""
    names = {one["id"]: one["name"] for kind in ("job", "person") for one in records(door, kind)}
    dates = {"from": period["from"], "to": period["to"]}
    work = {one["id"]: one for kind in ("time", "expense", "mileage") for one in records(door, kind, **dates)}
    told = [(_about(work[one["entry"]], names) if one["entry"] in work else one["entry"], one["cause"]) for one in skipped]
    lines = [f"  left out: {about}: {cause}" for about, cause in told[:_SHOWN]]
    more = len(skipped) - _SHOWN
    return [*lines, f"  … and {more} more; --json shows all"] if more > 0 else lines


def _about(entry: dict[str, Any], names: dict[str, str | None]) -> str:
    size = format_hms(entry["seconds"]) if entry.get("seconds") else None
    return " · ".join(text for text in (entry["date"], size, names.get(entry["job"]), names.get(entry["person"])) if text)


def _deduction(text: str, size: str) -> dict[str, str]:
    kind = "percent" if size.endswith("%") else "amount"
    return {"description": text, kind: size.removesuffix("%").strip()}


def find(door: Door, kind: str, wanted: str) -> str:
    """The id of the client, job or person that is called so; an id is taken as it is."""
    if _ID.fullmatch(wanted):
        return wanted
    found = [one["id"] for one in records(door, kind) if not one["deleted"] and _same(one["name"], wanted)]
    if len(found) != 1:
        cause = f"{count(len(found), kind) if found else 'No ' + kind} called {wanted!r}."
        raise Invalid("which_record", cause, f"Give an id: {', '.join(found)}" if found else "")
    return str(found[0])


def _same(name: str | None, wanted: str) -> bool:
    return name is not None and name.casefold().split() == wanted.casefold().split()


def invoice_table(listed: list[dict[str, Any]]) -> str:
    """Invoices as a person reads them."""
    rows = []
    for one in listed:
        amounts = [None if one.get(name) is None else money(one[name], one["currency"]) for name in ("total", "balance")]
        rows.append([one["number"], one["client_name"], one["issued"], *amounts, one["currency"], one["status"], _external(one)])
    headings = ["number", "client", "issued", "total", "open", "currency", "status", "in the books"]
    return table(headings, rows, right={"total", "open"})


def _external(invoice: dict[str, Any]) -> str:
    return ", ".join(f"{one['provider']} {one['external_id']}" for one in invoice.get("external", ()) if one["external_id"])


def find_invoice(door: Door, wanted: str) -> dict[str, Any]:
    """The invoice of this number or id."""
    for one in invoices(door):
        if wanted in (one["number"], one["invoice_id"]):
            return one
    raise Missing("no_such_invoice", f"There is no invoice {wanted}.")


def invoices(door: Door, status: str | None = None) -> Iterator[dict[str, Any]]:
    """Every invoice, or those of one status, the newest first."""
    return pages(door, "/invoices", status=status)


def records(door: Door, kind: str, **chosen: Any) -> Iterator[dict[str, Any]]:
    """Every record of a kind, or those that are chosen."""
    return pages(door, "/records", kind=kind, **chosen)


def pages(door: Door, path: str, **query: Any) -> Iterator[dict[str, Any]]:
    """Everything of a list of ingest, page by page."""
    seen, total, page = 0, 1, 0
    while seen < total:
        page += 1
        found = door.ingest("GET", path, page=page, page_size=_PAGE, **query)
        yield from found["items"]
        seen, total = page * _PAGE, found["total"]


@command("void")
@click.argument("invoice", metavar="NUMBER")
@click.option("--reason", help="Why; it stays with the invoice.")
def void(door: Door, invoice: str, reason: str | None) -> Answer:
    """Void an invoice here; its hours can be billed again, and the next push voids it in the books."""
    number = part(find_invoice(door, invoice)["invoice_id"])
    found = door.ingest("POST", f"/invoices/{number}/void", {"reason": reason} if reason else {})
    return Answer(found, f"Invoice {invoice} is void.\nnext:  timebooks push")


@command("left-out")
@click.argument("invoice", metavar="NUMBER")
@click.option("--bill", "decision", flag_value="bill", help="Bill it beside the invoice, when you compose next.")
@click.option("--covered", "decision", flag_value="covered", help="The invoice covers it: it is never billed.")
@click.option("--entry", "entries", multiple=True, metavar="ID", help="Only this entry; else all that wait.")
def left_out(door: Door, invoice: str, decision: str | None, entries: tuple[str, ...]) -> Answer:
    """See what an invoice made elsewhere leaves out of its client's days, and say what becomes of it.

    \b
    timebooks left-out WL-7
    timebooks left-out WL-7 --bill
    """
    path = f"/invoices/{part(find_invoice(door, invoice)['invoice_id'])}/left-out"
    if decision:
        found = door.ingest("POST", path, {"decision": decision} | ({"ids": list(entries)} if entries else {}))
        became = "to be billed beside it" if decision == "bill" else "covered by it"
        return Answer(found, f"{count(len(found['ids']), 'entry', 'entries')} {became}; {found['waiting']} wait.")
    found = door.ingest("GET", path)
    rows = [[one["date"], one["kind"], one["id"]] for one in found["items"]]
    return Answer(found, table(["date", "kind", "id"], rows) if rows else f"Invoice {invoice} leaves nothing out.")


@command("erase")
@click.option("--person", help="A person, by name or id.")
@click.option("--client", help="A client, by name or id.")
@click.option("--yes", is_flag=True, help="Don't ask.")
def erase(door: Door, person: str | None, client: str | None, yes: bool) -> Answer:
    """Destroy everything that names one person or client, for good; totals and bindings stay."""
    if (person is None) == (client is None):
        raise click.UsageError("Say who: either --person ID or --client ID.")
    kind, named = ("person", person) if person else ("client", client or "")
    number = find(door, kind, named)
    if not yes:
        click.confirm(f"Erase {kind} {named}? Nothing brings the name back.", abort=True, err=True)
    found = door.ingest("POST", "/erasures", {kind: number})
    return Answer(found, f"{kind} {number} is erased.")
