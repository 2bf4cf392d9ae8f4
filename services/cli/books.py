"""Commands about what the books have: plan, push, read back, and where everything stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import click

from services.catalog import entry
from services.cli.door import Door, part
from services.cli.entry import command, which_books
from services.cli.exits import AWAY, CONFLICT, DONE, FAILED, PARTLY, SIGN_IN, code_of
from services.cli.show import Answer, count, money, naming, note, progress, table, title
from services.cli.timesheets import find_timesheet, timesheet_table, timesheets
from services.cli.work import find_invoice, invoice_table, invoices
from shared.kernel.errors import Failure, Missing

_WRITES = {"automatic": "by itself", "on_plan": "when you say"}
_WORST = (FAILED, SIGN_IN, CONFLICT, AWAY, PARTLY)
"""Of several exit codes the first of these is told."""
_HOURS = "h"
"""What a document has in place of a currency when it is a timesheet."""
_STATUSES = "invoice.status_changed,timesheet.status_changed"


def _each(door: Door, wanted: str | None, act: Callable[[dict[str, Any]], Answer]) -> Answer:
    """Do it for the connections that are meant; of several, one that fails keeps nobody from the others."""
    chosen = door.chosen(wanted)
    if len(chosen) == 1:
        return act(chosen[0])
    answers = [(one, _tried(act, one)) for one in chosen]
    value = [{"connection": one["id"], "provider": one["provider"], **answer.value} for one, answer in answers]
    text = "\n\n".join(f"{title(one)}\n{answer.text or 'Nothing was written.'}" for one, answer in answers)
    codes = {answer.code for _, answer in answers}
    return Answer({"connections": value}, text, next((code for code in _WORST if code in codes), DONE))


def _tried(act: Callable[[dict[str, Any]], Answer], one: dict[str, Any]) -> Answer:
    try:
        return act(one)
    except Failure as failure:
        error = {"code": failure.code, "message": failure.cause, "remedy": failure.remedy}
        return Answer({"error": error}, f"error: {failure.cause}\n{failure.remedy}".rstrip(), code_of(failure))


@command("plan")
@which_books
@click.option("--keep", type=click.Choice(["ours", "theirs"]), help="With --document: whose version holds where both changed it.")
@click.option("--document", "--invoice", "number", help="The invoice, by number, or timesheet, by id, that --keep is about.")
def plan(door: Door, wanted: str | None, keep: str | None, number: str | None) -> Answer:
    """Show what would be written, field by field, with totals. Nothing is written."""
    if (keep is None) != (number is None):
        raise click.UsageError("--keep and --document go together.")
    if keep and number:
        one = door.connection(wanted)
        decided = {"document": _document(door, one, number), "whose": keep}
        door.books(one["provider"], "POST", f"/connections/{part(one['id'])}/keep", decided)
        wanted = one["id"]

    def look(one: dict[str, Any]) -> Answer:
        made = _plan(door, one)
        return Answer(made, _planned(one, made), PARTLY if _blocked(made) or made.get("left_out") else DONE)

    return _each(door, wanted, look)


def _document(door: Door, one: dict[str, Any], number: str) -> str:
    if _pays(one):
        return str(find_timesheet(door, number)["timesheet_id"])
    return str(find_invoice(door, number)["invoice_id"])


def _pays(one: dict[str, Any]) -> bool:
    """Whether these books take timesheets."""
    return "employee" in entry(one["provider"]).reference_kinds


def _plan(door: Door, one: dict[str, Any]) -> dict[str, Any]:
    door.at_rest(one)  # a new connection first hears of what was composed before it
    return dict(door.books(one["provider"], "POST", f"/connections/{part(one['id'])}/plans", {}))


def _blocked(made: dict[str, Any]) -> list[dict[str, Any]]:
    return [item for item in made["items"] if item["action"] == "blocked"]


def _planned(one: dict[str, Any], made: dict[str, Any]) -> str:
    beside = [*_left_out(made.get("left_out", ())), *_overtime(made.get("overtime", ())), *_forecast(made.get("forecast"))]
    if not made["items"]:
        return "\n".join([*beside, "Nothing to write." if beside else "The books have everything; nothing to write."])
    going, blocked = [item for item in made["items"] if item["action"] != "blocked"], _blocked(made)
    lines = [*(line for item in made["items"] for line in _item(item)), *beside]
    lines += [f"in all {_size(total, currency)}" for currency, total in _totals(going).items()]
    lines.append(f"plan {made['plan']}, good for 24 hours" + (f"; {len(blocked)} blocked" if blocked else ""))
    lines.append(
        f"next:  timebooks push --plan {made['plan']}" if going else f"next:  timebooks references{naming(one['provider'])}"
    )
    return "\n".join(lines)


def _left_out(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Work that no timesheet takes yet, and why."""
    if not rows:
        return []
    cells = [[one["name"], _days(one), one["duration"], f"{one['cause']} {one['remedy']}"] for one in rows]
    return [table(["on no timesheet", "days", "hours", "why"], cells, right={"hours"}), ""]


def _days(one: dict[str, Any]) -> str:
    return one["since"] if one["since"] == one["until"] else f"{one['since']} to {one['until']}"


def _overtime(rows: Sequence[dict[str, Any]]) -> list[str]:
    """What the overtime rule made of each day."""
    if not rows:
        return []
    cells = [[one["name"], one["date"], _kinds(one["before"]), _kinds(one["after"]), one["why"]] for one in rows]
    return [table(["overtime by rule", "day", "logged", "paid as", "why"], cells), ""]


def _kinds(kinds: dict[str, str]) -> str:
    return ", ".join(f"{kind} {length}" for kind, length in kinds.items())


def _forecast(forecast: dict[str, Any] | None) -> list[str]:
    """How many calls a push will take, and how long."""
    return [f"writing takes {count(forecast['calls'], 'call')}, the last about {forecast['done_at'][:16]}Z"] if forecast else []


def _item(item: dict[str, Any]) -> list[str]:
    heading = (f"{item['action']} {item['number']}", item.get("name"), _size(Decimal(item["total"]), item["currency"]))
    lines = ["  ".join(text for text in heading if text)]
    if item["problem"]:
        lines.append(f"  {item['problem']['cause']} {item['problem']['remedy']}")
    rows = [["", one["field"], one["there"] or "", one["here"] or ""] for one in item["fields"]]
    return [*lines, table(["", "field", "in the books", "will be"], rows)] if rows else lines


def _size(total: Decimal, currency: str) -> str:
    return f"{total:,} h" if currency == _HOURS else f"{money(total, currency)} {currency}"


def _totals(items: list[dict[str, Any]]) -> dict[str, Decimal]:
    """What is written or rewritten, by currency; nothing is ever summed across currencies."""
    totals: dict[str, Decimal] = {}
    for item in items:
        if item["action"] != "retire":
            totals[item["currency"]] = totals.get(item["currency"], Decimal(0)) + Decimal(item["total"])
    return totals


@command("push")
@which_books
@click.option("--plan", "number", metavar="ID", help="The plan that you looked at; refused if anything moved since.")
@click.option("--yes", is_flag=True, help="Without --plan: don't ask after showing what will be written.")
def push(door: Door, wanted: str | None, number: str | None, yes: bool) -> Answer:
    """Write what the plan shows into the books, and wait until they have it."""
    if number is not None:
        return _apply(door, _whose(door, wanted, number), number)
    return _each(door, wanted, lambda one: _push(door, one, yes=yes))


def _push(door: Door, one: dict[str, Any], *, yes: bool) -> Answer:
    made = _plan(door, one)
    note(_planned(one, made))
    if not any(item["action"] != "blocked" for item in made["items"]):
        blocked = len(_blocked(made))
        return Answer({"applied": 0, "written": 0, "blocked": blocked}, "", PARTLY if blocked else DONE)
    if not yes:
        click.confirm("Write this?", abort=True, err=True)
    return _apply(door, one, str(made["plan"]))


def _whose(door: Door, wanted: str | None, number: str) -> dict[str, Any]:
    """The connection that a plan is for."""
    chosen = door.chosen(wanted)
    if len(chosen) == 1:
        return chosen[0]
    for provider in dict.fromkeys(one["provider"] for one in chosen):
        try:
            connection = door.books(provider, "GET", f"/plans/{part(number)}")["connection"]
        except Missing:
            continue
        return next((one for one in chosen if one["id"] == connection), chosen[0])
    raise Missing("no_plan", "There is no such plan.", "Make one: timebooks plan")


def _apply(door: Door, one: dict[str, Any], number: str) -> Answer:
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
    lines = [f"{written} of {applied['applied']} written to {title(one)}"]
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
    return dict(door.books(one["provider"], "GET", "/feed", kinds=_STATUSES, after=after, limit=limit))


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
    if "timesheet" in said:
        return _shows_timesheet(door, said)
    external = door.ingest("GET", f"/invoices/{part(said['invoice'])}")["external"]
    names = ("status", "binding_state", "pushed_version", "balance")
    return any(all(each[name] == said[name] for name in names) for each in external if each["connection"] == said["connection"])


def _shows_timesheet(door: Door, said: dict[str, Any]) -> bool:
    try:
        found = door.ingest("GET", f"/timesheets/{part(said['timesheet'])}")
    except Missing:  # this is the first word of it
        return False
    return all(found[name] == said[name] for name in ("status", "binding_state", "pushed_version", "external_id"))


@command("sync")
@which_books
def sync(door: Door, wanted: str | None) -> Answer:
    """Read back now what changed in the books, instead of waiting for their word or the next round."""
    return _each(door, wanted, lambda one: _sync(door, one))


def _sync(door: Door, one: dict[str, Any]) -> Answer:
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
    """Where everything stands: connections, invoices, timesheets, and what needs you."""
    connections = door.connections()
    listed = list(invoices(door, state))
    problems = door.ingest("GET", "/problems")["items"]
    lines = [f"{title(one)}: {one['state']}, writes {_WRITES[one['push']]}" for one in connections]
    lines += [invoice_table(listed)] if listed else ["No invoices."]
    sheets = list(timesheets(door)) if state is None and any(_pays(one) for one in connections) else []
    lines += [timesheet_table(sheets)] if sheets else []
    lines += [f"{count(len(problems), 'problem')}: timebooks problems"] if problems else []
    value = {"connections": connections, "invoices": listed, "timesheets": sheets, "problems": problems}
    return Answer(value, "\n".join(lines), PARTLY if problems else DONE)


@command("problems")
def problems(door: Door) -> Answer:
    """What waits for you: cause, remedy, and how many things it blocks."""
    found = door.ingest("GET", "/problems")["items"]
    lines = []
    for one in found:
        lines += [f"{one['title']} ({one['code']}, blocks {one['blocks']})", f"  {one['cause']}", f"  {one['remedy']}"]
    return Answer({"items": found}, "\n".join(lines or ["Nothing needs you."]), PARTLY if found else DONE)
