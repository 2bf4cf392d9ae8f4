"""Commands about payroll: what was learnt of it, how a connection works, and pay runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from services.cli.door import Door, part
from services.cli.entry import command, which_books
from services.cli.exits import DONE
from services.cli.show import Answer, table, title
from shared.kernel import canonical
from shared.kernel.errors import Invalid, Missing

_SWITCH = {"on": True, "off": False}


@command("payroll")
@which_books
@click.option("--overtime", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Go by the rule in this JSON file; {} goes by what was logged as overtime.")  # fmt: skip
def payroll(door: Door, wanted: str | None, overtime: Path | None) -> Answer:
    """What is known of a payroll: its region and what that can't do, calendars, earnings rates, the overtime rule."""
    one = _payroll(door, wanted)
    path = f"/connections/{part(one['id'])}"
    if overtime is not None:
        door.books(one["provider"], "PUT", f"{path}/overtime", _object(overtime))
    known = door.books(one["provider"], "GET", f"{path}/payroll")
    rule = door.books(one["provider"], "GET", f"{path}/overtime")["rule"]
    return Answer(known | {"overtime": rule}, _told(one, known, rule), DONE)


def _object(path: Path) -> dict[str, Any]:
    value = canonical.loads(path.read_bytes())
    if not isinstance(value, dict):
        raise Invalid("bad_rule", f"{path} holds no JSON object.", 'Write {"daily": [{"after": "8:00:00", "kind": "overtime"}]}.')
    return value


def _told(one: dict[str, Any], known: dict[str, Any], rule: dict[str, Any]) -> str:
    calendars = [[each["name"], each["type"], each["start"], each["id"]] for each in known["calendars"]]
    rates = [[each["name"], each["kind"], "" if each["active"] else "not active", each["id"]] for each in known["rates"]]
    return "\n".join(
        [
            f"{title(one)}: {known['title']}, {known['employees']} linked employees",
            f"rights: {known['rights']}; tracking on timesheets: {'yes' if known['tracking'] else 'no'}",
            "",
            table(["calendar", "type", "a period begins", "id"], calendars),
            "",
            table(["earnings rate", "kind", "", "id"], rates),
            "",
            f"overtime: {canonical.dumps(rule).decode() if rule else 'as it was logged'}",
            "",
            *(f"- {limit}" for limit in known["cannot"]),
        ]
    )


@command("choose")
@which_books
@click.option("--push", type=click.Choice(["on_plan", "automatic"]), help="Write when you say so, or by itself.")
@click.option("--approve", type=click.Choice(list(_SWITCH)), help="Payroll: approve timesheets there as they are written.")
@click.option("--version", type=click.Choice(["1.0", "2.0"]), help="Payroll in Australia: of the API for timesheets.")
@click.option("--correct-approved", type=click.Choice(list(_SWITCH)), help="Payroll: set approved ones back, change, approve.")
def choose(door: Door, wanted: str | None, **asked: str | None) -> Answer:
    """How a connection works. Without options: how it works now."""
    one = door.connection(wanted)
    given = {name: _SWITCH.get(value, value) for name, value in asked.items() if value is not None}
    if given:
        door.books(one["provider"], "POST", f"/connections/{part(one['id'])}", given)
        one = door.connection(one["id"])
    shown = {"push": one["push"]} | {name: value for name, value in one["facts"].items() if name in asked}
    rows = [[name, {True: "on", False: "off"}.get(value, value)] for name, value in shown.items()]
    return Answer({"connection": one["id"], **shown}, f"{title(one)}\n{table(['option', 'is'], rows)}")


@command("payruns")
@which_books
@click.option("--draft", metavar="CALENDAR", help="Draft the next pay run of this calendar, by id.")
@click.option("--post", "number", metavar="ID", help="Post this drafted pay run. It can't be undone from here.")
@click.option("--confirm", metavar="ID", help="With --post: its id once more, or nothing is posted.")
def payruns(door: Door, wanted: str | None, draft: str | None, number: str | None, confirm: str | None) -> Answer:
    """The pay runs over there; draft one, or post one, where the region can."""
    one = _payroll(door, wanted)
    path = f"/connections/{part(one['id'])}/payruns"
    if draft:
        door.books(one["provider"], "POST", path, {"calendar": draft})
    if number:
        door.books(one["provider"], "POST", f"{path}/{part(number)}/post", {"confirm": confirm} if confirm else {})
    items = door.books(one["provider"], "GET", path)["items"]
    rows = [[f"{each['start']} to {each['end']}", each["payment"], each["status"], each["id"]] for each in items]
    return Answer({"items": items}, table(["period", "paid on", "status", "id"], rows) if rows else "No pay runs.")


def _payroll(door: Door, wanted: str | None) -> dict[str, Any]:
    """The connection that is meant; without a name the only one that pays."""
    paying = [one for one in door.chosen(wanted) if "region" in one["facts"]]
    if not paying:
        raise Missing("no_payroll", "No payroll is connected.", "Connect one: timebooks connect xero")
    return paying[0] if len(paying) == 1 else door.connection(wanted)
