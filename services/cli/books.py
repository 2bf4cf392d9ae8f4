"""Commands about the books on the other side: connect, reference, plan, push, read back."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import click

from services.catalog import CONNECTORS, entry
from services.cli.door import Door, part
from services.cli.entry import command
from services.cli.exits import AWAY, DONE, PARTLY
from services.cli.show import Answer, count, money, note, progress, table
from services.cli.work import find_invoice, invoice_table, invoices
from shared.kernel.errors import Invalid, Unsupported

_WRITES = {"automatic": "by itself", "on_plan": "when you say"}
_PROVIDERS = click.Choice([connector.name for connector in CONNECTORS])
_connection = click.option("--connection", "wanted", help="Which connection, by id or provider; without, the only one.")


@command("connect")
@click.argument("provider", type=_PROVIDERS, default=CONNECTORS[0].name)
@click.option("--push", type=click.Choice(["on_plan", "automatic"]), help="Write when you say so (the default), or by itself.")
@click.option("--no-browser", is_flag=True, help="Only print the address to open.")
@click.option("--yes", is_flag=True, help="With the emulator: agree there at once, without a browser.")
def connect(door: Door, provider: str, push: str | None, no_browser: bool, yes: bool) -> Answer:
    """Connect your books, or connect them again, by agreeing on the provider's page."""
    before = {one["id"]: one["connected_at"] for one in _live(door, provider)}
    address = door.books(provider, "POST", "/connect", {})["authorize_url"]
    if yes:
        _agree(door, address)
    else:
        note(f"Open this address and agree there:\n  {address}")
    with _listening(door, wanted=not yes):
        if not (yes or no_browser):
            click.launch(address)
        made = door.wait(lambda: _fresh(door, provider, before), "Connecting")
    if push:
        door.books(provider, "POST", f"/connections/{part(made['id'])}", {"push": push})
    return Answer(made, f"Connected: {_title(made)} ({made['id']})\nnext:  timebooks references")


def _live(door: Door, provider: str) -> list[dict[str, Any]]:
    return [one for one in door.connections() if one["provider"] == provider and one["state"] == "live"]


def _fresh(door: Door, provider: str, before: dict[str, Any]) -> dict[str, Any] | None:
    return next((one for one in _live(door, provider) if before.get(one["id"]) != one["connected_at"]), None)


def _title(connection: dict[str, Any]) -> str:
    return f"{connection['provider']} {connection.get('name') or connection['tenant']}"


def _agree(door: Door, address: str) -> None:
    """Do what a person does on the emulator's consent page."""
    if urlsplit(address).hostname not in ("localhost", "127.0.0.1"):
        raise Unsupported("not_emulated", "Real books are connected by a person in a browser.", "Leave --yes out.")
    from services.cli.demo import agree

    agree(door.network.send, address)


@contextlib.contextmanager
def _listening(door: Door, *, wanted: bool) -> Iterator[None]:
    """While the browser is away: serve, when this process is the product, so that it finds its way back."""
    if door.own is None or not wanted:
        yield
        return
    from services import embedded

    done = threading.Event()
    server = threading.Thread(target=embedded.serve, args=(door.own,), kwargs={"stopping": done}, daemon=True)
    server.start()
    try:
        yield
    finally:
        done.set()
        server.join()


@command("disconnect")
@_connection
@click.option("--yes", is_flag=True, help="Don't ask.")
def disconnect(door: Door, wanted: str | None, yes: bool) -> Answer:
    """End the authorisation on both sides; invoices and their ids stay."""
    one = door.connection(wanted)
    if not yes:
        click.confirm(f"Disconnect {_title(one)}?", abort=True, err=True)
    door.books(one["provider"], "DELETE", f"/connections/{part(one['id'])}")
    return Answer({"disconnected": one["id"]}, f"{_title(one)} is disconnected.")


@dataclass(frozen=True, slots=True)
class _Wish:
    """What the options say shall become of references that are not linked."""

    accept: bool
    create: bool
    link: tuple[str, str] | None

    def of(self, item: dict[str, Any]) -> dict[str, Any] | None:
        """A remote id for this one, to have it created, or nothing."""
        if item["state"] == "linked":
            return None
        if self.link:
            return {"remote": self.link[1]} if item["local"] == self.link[0] else None
        if self.accept and len(item["candidates"]) == 1:
            return {"remote": item["candidates"][0]["remote"]}
        return {"create": True} if self.create and not item["candidates"] else None


@command("references")
@_connection
@click.option("--kind", help="Only these, as customer or item.")
@click.option("--accept", is_flag=True, help="Link everything for which exactly one of the same name exists there.")
@click.option("--create", is_flag=True, help="Have created there what has no counterpart.")
@click.option("--link", nargs=2, metavar="LOCAL REMOTE", help="Link this one of ours to that one of theirs, by id.")
def references(door: Door, wanted: str | None, kind: str | None, **wish: Any) -> Answer:
    """Which customer and item there is meant by ours: show, link, or create.

    \b
    timebooks references --accept --create
    timebooks references --kind customer --link OUR-ID THEIR-ID
    """
    one = door.connection(wanted)
    door.at_rest(one)
    items = _references(door, one, kind)
    chosen = [(item, remote) for item in items if (remote := _Wish(**wish).of(item)) is not None]
    if wish["link"] and not chosen:
        raise Invalid("no_such_reference", "Nothing of ours that is not linked has this id.", "List them: timebooks references")
    for item, remote in chosen:
        named = {name: item[name] for name in ("kind", "local", "currency")}
        door.books(one["provider"], "PUT", f"/connections/{part(one['id'])}/references", named | remote)
    return _linked(_references(door, one, kind) if chosen else items)


def _linked(items: list[dict[str, Any]]) -> Answer:
    open_ = [item for item in items if item["state"] != "linked"]
    rows = [[item["kind"], item["local"], item["local_name"], item["currency"], item["state"], _remote(item)] for item in items]
    shown = table(["kind", "id", "here", "currency", "state", "there"], rows)
    ending = "next:  timebooks references --accept --create" if open_ else "next:  timebooks plan"
    nothing = "No document names anything yet: compose invoices first."
    return Answer({"items": items}, f"{shown}\n{ending}" if items else nothing, PARTLY if open_ else DONE)


def _references(door: Door, one: dict[str, Any], kind: str | None) -> list[dict[str, Any]]:
    kinds = (kind,) if kind else entry(one["provider"]).reference_kinds
    path = f"/connections/{part(one['id'])}/references"
    return [item for each in kinds for item in door.books(one["provider"], "GET", path, kind=each)["items"]]


def _remote(item: dict[str, Any]) -> str:
    if item["state"] == "linked":
        return f"{item['remote']} {item['remote_name'] or ''}"
    return " or ".join(f"{one['remote']} {one['name']}?" for one in item["candidates"])


@command("plan")
@_connection
@click.option("--keep", type=click.Choice(["ours", "theirs"]), help="With --invoice: whose version holds where both changed it.")
@click.option("--invoice", help="Number of the invoice that --keep is about.")
def plan(door: Door, wanted: str | None, keep: str | None, invoice: str | None) -> Answer:
    """Show what would be written, field by field, with totals. Nothing is written."""
    if (keep is None) != (invoice is None):
        raise click.UsageError("--keep and --invoice go together.")
    one = door.connection(wanted)
    if keep and invoice:
        number = find_invoice(door, invoice)["invoice_id"]
        door.books(one["provider"], "POST", f"/connections/{part(one['id'])}/keep", {"document": number, "whose": keep})
    made = _plan(door, one)
    return Answer(made, _planned(made), PARTLY if _blocked(made) else DONE)


def _plan(door: Door, one: dict[str, Any]) -> dict[str, Any]:
    door.at_rest(one)  # a new connection first hears of what was composed before it
    return dict(door.books(one["provider"], "POST", f"/connections/{part(one['id'])}/plans", {}))


def _blocked(made: dict[str, Any]) -> list[dict[str, Any]]:
    return [item for item in made["items"] if item["action"] == "blocked"]


def _planned(made: dict[str, Any]) -> str:
    if not made["items"]:
        return "The books have everything; nothing to write."
    going, blocked = [item for item in made["items"] if item["action"] != "blocked"], _blocked(made)
    lines = [line for item in made["items"] for line in _item(item)]
    lines += [f"in all {money(total, currency)} {currency}" for currency, total in _totals(going).items()]
    lines.append(f"plan {made['plan']}, good for 24 hours" + (f"; {len(blocked)} blocked" if blocked else ""))
    lines.append(f"next:  timebooks push --plan {made['plan']}" if going else "next:  timebooks references")
    return "\n".join(lines)


def _item(item: dict[str, Any]) -> list[str]:
    lines = [f"{item['action']} {item['number']}  {money(Decimal(item['total']), item['currency'])} {item['currency']}"]
    if item["problem"]:
        lines.append(f"  {item['problem']['cause']} {item['problem']['remedy']}")
    rows = [["", one["field"], one["there"] or "", one["here"] or ""] for one in item["fields"]]
    return [*lines, table(["", "field", "in the books", "will be"], rows)] if rows else lines


def _totals(items: list[dict[str, Any]]) -> dict[str, Decimal]:
    """What is written or rewritten, by currency; nothing is ever summed across currencies."""
    totals: dict[str, Decimal] = {}
    for item in items:
        if item["action"] != "retire":
            totals[item["currency"]] = totals.get(item["currency"], Decimal(0)) + Decimal(item["total"])
    return totals


@command("push")
@_connection
@click.option("--plan", "number", metavar="ID", help="The plan that you looked at; refused if anything moved since.")
@click.option("--yes", is_flag=True, help="Without --plan: don't ask after showing what will be written.")
def push(door: Door, wanted: str | None, number: str | None, yes: bool) -> Answer:
    """Write what the plan shows into the books, and wait until they have it."""
    one = door.connection(wanted)
    if number is None:
        made = _plan(door, one)
        note(_planned(made))
        if not any(item["action"] != "blocked" for item in made["items"]):
            blocked = len(_blocked(made))
            return Answer({"applied": 0, "written": 0, "blocked": blocked}, "", PARTLY if blocked else DONE)
        if not yes:
            click.confirm("Write this?", abort=True, err=True)
        number = str(made["plan"])
    head = _feed(door, one, 0, 1)["head"]
    applied = door.books(one["provider"], "POST", f"/plans/{part(number)}/apply", {})
    if applied["applied"] == 0:
        return Answer({**applied, "written": 0, "refused": 0}, "Nothing was left to write.")
    since = door.books(one["provider"], "GET", f"/plans/{part(number)}")["applied_at"]
    with progress("Push") as moved:
        moved(0, applied["applied"])
        counts = _counts(door.at_rest(one), "push", since)
        _heard(door, one, head)
    return _pushed(one, applied, counts)


def _pushed(one: dict[str, Any], applied: dict[str, Any], counts: dict[str, int]) -> Answer:
    written = sum(counts.get(what, 0) for what in ("create", "update", "retire"))
    refused = sum(counts.get(what, 0) for what in ("refused", "blocked"))
    value = {**applied, "written": written, "refused": refused}
    lines = [f"{written} of {applied['applied']} written to {_title(one)}"]
    if refused:
        return Answer(value, "\n".join([*lines, "next:  timebooks problems"]), PARTLY)
    if written < applied["applied"]:
        return Answer(value, "\n".join([*lines, "The rest is tried again by itself.", "next:  timebooks status"]), AWAY)
    return Answer(value, "\n".join([*lines, "next:  timebooks status"]))


def _counts(runs: list[dict[str, Any]], kind: str, since: str) -> dict[str, int]:
    """The counts of all runs of this kind that began at ``since`` or later, together."""
    mine = [Counter(run["counts"]) for run in runs if run["kind"] == kind and run["started_at"] >= since]
    return dict(sum(mine, Counter()))


def _feed(door: Door, one: dict[str, Any], after: int, limit: int) -> dict[str, Any]:
    return dict(door.books(one["provider"], "GET", "/feed", kinds="invoice.status_changed", after=after, limit=limit))


def _heard(door: Door, one: dict[str, Any], head: int) -> None:
    """Wait until ingest, which follows the connector, shows the last of what that has said since ``head``."""
    said: dict[str, Any] | None = None
    while rows := _feed(door, one, head, 500)["rows"]:
        head = rows[-1]["position"]
        said = next((row["body"] for row in reversed(rows) if row["body"]), said)
    if said is not None:
        last = said
        door.wait(lambda: _shows(door, last), "Reading the statuses back")


def _shows(door: Door, said: dict[str, Any]) -> bool:
    external = door.ingest("GET", f"/invoices/{part(said['invoice'])}")["external"]
    names = ("status", "binding_state", "pushed_version", "balance")
    return any(all(each[name] == said[name] for name in names) for each in external if each["connection"] == said["connection"])


@command("sync")
@_connection
def sync(door: Door, wanted: str | None) -> Answer:
    """Read back now what changed in the books, instead of waiting for their word or the next round."""
    one = door.connection(wanted)
    before = {run["id"] for run in door.at_rest(one)}
    head = _feed(door, one, 0, 1)["head"]
    door.books(one["provider"], "POST", f"/connections/{part(one['id'])}/sync", {})
    counts = _counts([run for run in door.at_rest(one) if run["id"] not in before], "pull", "")
    _heard(door, one, head)
    value = {"connection": one["id"], "seen": counts.get("seen", 0), "changed": counts.get("changed", 0)}
    return Answer(value, f"{value['seen']} looked at, {value['changed']} changed.\nnext:  timebooks status")


@command("status")
@click.option("--status", "state", help="Only invoices in this state, as paid.")
def status(door: Door, state: str | None) -> Answer:
    """Where everything stands: connections, invoices, and what needs you."""
    connections = door.connections()
    listed = list(invoices(door, state))
    problems = door.ingest("GET", "/problems")["items"]
    lines = [f"{_title(one)}: {one['state']}, writes {_WRITES[one['push']]}" for one in connections]
    lines += [invoice_table(listed)] if listed else ["No invoices."]
    lines += [f"{count(len(problems), 'problem')}: timebooks problems"] if problems else []
    value = {"connections": connections, "invoices": listed, "problems": problems}
    return Answer(value, "\n".join(lines), PARTLY if problems else DONE)


@command("problems")
def problems(door: Door) -> Answer:
    """What waits for you: cause, remedy, and how many things it blocks."""
    found = door.ingest("GET", "/problems")["items"]
    lines = []
    for one in found:
        lines += [f"{one['title']} ({one['code']}, blocks {one['blocks']})", f"  {one['cause']}", f"  {one['remedy']}"]
    return Answer({"items": found}, "\n".join(lines or ["Nothing needs you."]), PARTLY if found else DONE)
