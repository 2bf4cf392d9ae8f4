"""Commands that join us and the books: agree, disconnect, say who is who over there."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import click

from services.catalog import CONNECTORS, entry
from services.cli import consent
from services.cli.door import Door, part
from services.cli.entry import command, which_books
from services.cli.exits import DONE, PARTLY
from services.cli.show import Answer, naming, note, table, title
from shared.kernel.errors import Invalid

AT_ONCE = 100  # links in one request
_PROVIDERS = click.Choice([connector.name for connector in CONNECTORS])


@command("connect")
@click.argument("provider", metavar="BOOKS", type=_PROVIDERS, default=CONNECTORS[0].name)
@click.option("--push", type=click.Choice(["on_plan", "automatic"]), help="Write when you say so (the default), or by itself.")
@click.option("--no-browser", is_flag=True, help="Only print the address to open.")
@click.option("--yes", is_flag=True, help="With the emulator: agree there at once, without a browser.")
@click.option("--company", help="With --yes: which of the emulated companies, by id.")
def connect(door: Door, provider: str, push: str | None, no_browser: bool, yes: bool, company: str | None) -> Answer:
    """Connect your books, or connect them again, by agreeing on the provider's page.

    \b
    timebooks connect quickbooks
    timebooks connect xero
    """
    before = {one["id"]: one["connected_at"] for one in _live(door, provider)}
    address = door.books(provider, "POST", "/connect", {})["authorize_url"]
    if yes:
        consent.agree(door.network.send, provider, address, company)
    else:
        note(f"Open this address and agree there:\n  {address}")
    with _listening(door, wanted=not yes):
        if not (yes or no_browser):
            click.launch(address)
        made = door.wait(lambda: _fresh(door, provider, before), "Connecting")
    if push:
        door.books(provider, "POST", f"/connections/{part(made['id'])}", {"push": push})
    return Answer(made, f"Connected: {title(made)} ({made['id']})\nnext:  timebooks references{naming(provider)}")


def _live(door: Door, provider: str) -> list[dict[str, Any]]:
    return [one for one in door.connections() if one["provider"] == provider and one["state"] == "live"]


def _fresh(door: Door, provider: str, before: dict[str, Any]) -> dict[str, Any] | None:
    return next((one for one in _live(door, provider) if before.get(one["id"]) != one["connected_at"]), None)


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
@which_books
@click.option("--yes", is_flag=True, help="Don't ask.")
def disconnect(door: Door, wanted: str | None, yes: bool) -> Answer:
    """End the authorisation on both sides; what is in the books stays, and so do its ids."""
    one = door.connection(wanted)
    if not yes:
        click.confirm(f"Disconnect {title(one)}?", abort=True, err=True)
    door.books(one["provider"], "DELETE", f"/connections/{part(one['id'])}")
    return Answer({"disconnected": one["id"]}, f"{title(one)} is disconnected.")


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
@which_books
@click.option("--kind", help="Only these, as customer, item or employee.")
@click.option("--accept", is_flag=True, help="Link everything for which exactly one of the same name exists there.")
@click.option("--create", is_flag=True, help="Have created there what has no counterpart.")
@click.option("--link", nargs=2, metavar="LOCAL REMOTE", help="Link this one of ours to that one of theirs, by id.")
def references(door: Door, wanted: str | None, kind: str | None, **wish: Any) -> Answer:
    """Which customer, item or employee there is meant by ours: show, link, or create.

    \b
    timebooks references --accept --create
    timebooks references --books xero --accept
    timebooks references --kind customer --link OUR-ID THEIR-ID
    """
    one = door.connection(wanted)
    door.at_rest(one)
    items = _references(door, one, kind)
    chosen = [(item, remote) for item in items if (remote := _Wish(**wish).of(item)) is not None]
    if wish["link"] and not chosen:
        raise Invalid("no_such_reference", "Nothing of ours that is not linked has this id.", "List them: timebooks references")
    for start in range(0, len(chosen), AT_ONCE):
        some = [
            {name: item[name] for name in ("kind", "local", "currency")} | remote for item, remote in chosen[start:][:AT_ONCE]
        ]
        door.books(one["provider"], "PUT", f"/connections/{part(one['id'])}/references", {"items": some})
    return _linked(one["provider"], _references(door, one, kind) if chosen else items)


def _linked(provider: str, items: list[dict[str, Any]]) -> Answer:
    open_ = [item for item in items if item["state"] != "linked"]
    rows = [[item["kind"], item["local"], item["local_name"], item["currency"], item["state"], _remote(item)] for item in items]
    shown = table(["kind", "id", "here", "currency", "state", "there"], rows)
    named = naming(provider)
    made_here = "employee" not in entry(provider).reference_kinds  # people and pay items are made over there only
    how = "--accept --create" if made_here else "--accept, or --link OUR-ID THEIR-ID"
    ending = f"next:  timebooks references{named} {how}" if open_ else f"next:  timebooks plan{named}"
    nothing = "No document names anything yet: approve work or compose invoices first."
    return Answer({"items": items}, f"{shown}\n{ending}" if items else nothing, PARTLY if open_ else DONE)


def _references(door: Door, one: dict[str, Any], kind: str | None) -> list[dict[str, Any]]:
    kinds = (kind,) if kind else entry(one["provider"]).reference_kinds
    path = f"/connections/{part(one['id'])}/references"
    return [item for each in kinds for item in door.books(one["provider"], "GET", path, kind=each)["items"]]


def _remote(item: dict[str, Any]) -> str:
    if item["state"] == "linked":
        return f"{item['remote']} {item['remote_name'] or ''}"
    return " or ".join(f"{one['remote']} {one['name']}?" for one in item["candidates"])
