"""Commands about who may work here: making an organisation, and its API keys."""

from __future__ import annotations

import os

import click

from services import data_folder
from services.cli.door import Door, part
from services.cli.entry import command, timebooks
from services.cli.exits import DONE
from services.cli.show import Answer, table
from shared.kernel.errors import Conflict, Denied
from shared.platform import auth


@command("init")
@click.argument("organisation")
@click.option("--owner", default="Owner", show_default=True, help="Who you are.")
@click.option("--zone", default="UTC", show_default=True, help="Time zone of your working days, as Europe/Berlin.")
@click.option("--currency", default="USD", show_default=True, help="Currency of your rates, where a job names none.")
@click.option("--again", is_flag=True, help="Make another organisation, although this data folder keeps a key already.")
def init(door: Door, organisation: str, owner: str, zone: str, currency: str, again: bool) -> Answer:
    """Make an organisation and its owner, and keep the owner's API key in the data folder.

    \b
    timebooks init "Doe Consulting" --zone America/New_York --currency USD
    """
    folder = door.settings.data
    if data_folder.kept_key(folder) and not again:
        raise Conflict(
            "already_begun",
            f"{folder / data_folder.KEY} keeps the key of an organisation already.",
            "Go on with `timebooks import FILE`; --again makes another organisation and replaces the kept key.",
        )
    door.key = operator(door)
    made = door.ingest("POST", "/accounts", {"organisation": organisation, "owner": owner, "zone": zone, "currency": currency})
    path = data_folder.keep_key(folder, made["key"])
    value = {"organisation": made["organisation"], "key": made["key"], "kept_in": str(path)}
    lines = [
        f"Organisation {made['organisation']} is there.",
        f"API key {made['key']}",
        f"It is kept in {path}, so commands on this machine just work; elsewhere set TIMEBOOKS_API_KEY.",
        "next:  timebooks import FILE",
    ]
    return Answer(value, "\n".join(lines), DONE)


def operator(door: Door) -> str:
    """Proof that the caller runs this installation: made from the master key, which only its host can read."""
    from services.ingest.accounts.operator import operator_token
    from shared.platform.vault import Vault, load_master

    path = door.settings.master_key_file
    if os.environ.get("TIMEBOOKS_URL") and not path.exists():
        raise Denied(
            "no_master_key",
            f"Making an organisation needs the installation's master key, and {path} is not there.",
            "Run init on the host that keeps it, with TIMEBOOKS_MASTER_KEY_FILE naming it.",
        )
    return operator_token(Vault(load_master(path)))


@timebooks.group("key")
def key() -> None:
    """API keys: what another program or person may do in your name."""


@command("new", group=key)
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, help="What it may do, as records:write; say it once for each.")
@click.option("--role", help="Or all that a role may do: manager, payroll, auditor, worker.")
@click.option("--person", help="For a worker: the id of the person whose records alone the key opens.")
@click.option("--days", type=click.IntRange(1), help="How long it holds; without, until revoked.")
def new(door: Door, name: str, scopes: tuple[str, ...], role: str | None, person: str | None, days: int | None) -> Answer:
    """Make a key; it is shown this once."""
    if not scopes and role not in auth.ROLES:
        raise click.UsageError("Say what it may do: --role ROLE, or --scope for each thing.")
    wanted = {"name": name, "role": role, "scopes": sorted(scopes or auth.ROLES[role or ""])}
    wanted |= {"person": person, "days": days}
    made = door.ingest("POST", "/keys", {what: value for what, value in wanted.items() if value is not None})
    return Answer(made, f"API key {made['key']}\nIt is not shown again.")


@command("list", group=key)
def list_keys(door: Door) -> Answer:
    """Every key: what it is called, what it may do, until when."""
    found = door.ingest("GET", "/keys", page_size="500")
    columns = ("id", "name", "role", "expires", "revoked", "last_used")
    rows = [[one.get(column) for column in columns] for one in found["items"]]
    return Answer(found, table([column.replace("_", " ") for column in columns], rows))


@command("revoke", group=key)
@click.argument("number", metavar="ID")
def revoke(door: Door, number: str) -> Answer:
    """End a key at once."""
    door.ingest("DELETE", f"/keys/{part(number)}")
    return Answer({"revoked": number}, f"Key {number} no longer works.")
