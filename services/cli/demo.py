"""The demonstration: one month of work goes to the emulated books, and what the accountant does there comes back."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from services import data_folder, embedded
from services.catalog import entry, settings_from
from services.cli.door import Door, part
from services.cli.show import count, money, table
from shared.kernel import canonical
from shared.kernel.duration import format_hms
from shared.kernel.errors import Conflict
from shared.platform.http import Response

BOOKS = "quickbooks"
COMPANY = "9341450000000001"
"""The emulated company whose books these are."""
SAMPLE = Path(__file__).parents[2] / "samples" / "worklog-march.csv"
PERIOD = {"from": "2026-03-01", "to": "2026-03-31"}
ENDINGS: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("pay", {}, "paid"),
    ("pay", {"amount": "100.00"}, "partly_paid"),
    ("void", {}, "void"),
)
"""What the accountant does with each invoice, by number: action, its arguments, the status that has to come back."""

Send = Callable[..., Response]
Say = Callable[[str], None]


def run(keep: Path | None, say: Say) -> tuple[dict[str, Any], list[str]]:
    """Do the whole job; gives the value for ``--json`` and the lines for a person."""
    with _folder(keep) as folder:
        environ = {"PATH": os.environ.get("PATH", ""), "TIMEBOOKS_DATA": str(folder)}
        settings = replace(settings_from(environ), public_url="http://localhost:8765")
        with embedded.opened(settings) as product:
            door = Door(product.settings, product.network, product.settings.public_url, "", own=product)
            return _Demo(door, say).run()


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """An empty data folder of the demonstration's own, gone afterwards unless it is to be kept."""
    if keep is not None:
        if keep.exists() and any(keep.iterdir()):
            raise Conflict("folder_not_empty", f"{keep} is not empty.", "Name an empty folder, or one that does not exist.")
        yield keep.absolute()
        return
    folder = Path(tempfile.mkdtemp(prefix="timebooks-demo-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def agree(send: Send, address: str, company: str = COMPANY) -> None:
    """What a person does on the emulator's consent page: choose a company and press Connect; the browser is sent back."""
    host = address.split("/connect/oauth2", maxsplit=1)[0]
    back = _control(send, host, "consent", {"authorize_url": address, "realm": company})
    answer = send("GET", back)
    if answer.status != 200:
        raise Conflict("consent_failed", f"The way back from the consent page answered {answer.status}.")


def _control(send: Send, host: str, action: str, arguments: dict[str, Any]) -> Any:
    """Press one of the emulator's own buttons."""
    answer = send("POST", f"{host}/_control/{action}", body=canonical.dumps(arguments))
    if answer.status != 200:
        raise Conflict("emulator_refused", f"{action}: {answer.body.decode()}")
    return answer.json()["result"]


class _Accountant:
    """The person at the emulated books."""

    def __init__(self, door: Door) -> None:
        self._send, self._host = door.network.send, f"{door.settings.public_url}/emulator/{BOOKS}"

    def does(self, action: str, invoice: str, **more: Any) -> None:
        _control(self._send, self._host, action, {"realm": COMPANY, "invoice_id": invoice, **more})

    def writes(self) -> int:
        """How many writes of ours the books have accepted so far."""
        return len(_control(self._send, self._host, "writes", {"realm": COMPANY, "actor": "api"}))


class _Demo:
    """The demonstration's steps, in order."""

    def __init__(self, door: Door, say: Say) -> None:
        self._door, self._say = door, say

    def run(self) -> tuple[dict[str, Any], list[str]]:
        self._begin()
        imported = self._import()
        self._bill()
        connection = self._connect()
        self._link(connection)
        self._push(connection)
        accountant = _Accountant(self._door)
        invoices = self._settle(accountant)
        before = accountant.writes()
        again, planned = self._import(), self._push(connection)
        writes = accountant.writes() - before + again["new"] + again["changed"] + planned
        short = [_short(one) for one in invoices]
        value = {"imported": imported["new"], "invoices": short, "timesheets": [], "second_run_writes": writes}
        return value, _told(imported, short, writes)

    def _begin(self) -> None:
        from services.cli.account import operator

        self._door.key = operator(self._door)
        account = {"organisation": "Vale & Ferreira", "owner": "Robin Vale", "zone": "America/New_York", "currency": "USD"}
        made = self._door.ingest("POST", "/accounts", account)
        self._door.key = made["key"]
        data_folder.keep_key(self._door.settings.data, made["key"])

    def _import(self) -> dict[str, Any]:
        self._say(f"Importing {SAMPLE.name} …")
        found = self._door.upload("/import", {"source": "worklog", "partial": "false"}, SAMPLE.name, SAMPLE.read_bytes())
        if not found["stored"]:
            raise Conflict("sample_refused", f"The sample was refused: {found['rows']}")
        return dict(found["totals"])

    def _bill(self) -> None:
        self._say("Approving, composing invoices …")
        self._door.ingest("POST", "/approvals", PERIOD)
        asked = {**PERIOD, "grouping": "job", "due_days": 30}
        made = self._door.ingest("POST", "/invoices/compose", asked)
        if len(made["invoices"]) != len(ENDINGS):
            raise Conflict("sample_refused", f"{count(len(made['invoices']), 'invoice')} came out of the sample.")

    def _connect(self) -> dict[str, Any]:
        self._say("Connecting the emulated books …")
        agree(self._door.network.send, self._door.books(BOOKS, "POST", "/connect", {})["authorize_url"])
        return self._door.connection(BOOKS)

    def _link(self, connection: dict[str, Any]) -> None:
        """Have created in the books whatever has no counterpart there yet; what has one is linked to it."""
        self._say("Linking customers and items …")
        self._door.at_rest(connection)
        for kind in entry(BOOKS).reference_kinds:
            path = f"/connections/{part(connection['id'])}/references"
            for one in self._door.books(BOOKS, "GET", path, kind=kind)["items"]:
                named = {name: one[name] for name in ("kind", "local", "currency")}
                known = {"remote": one["candidates"][0]["remote"]} if one["candidates"] else {"create": True}
                self._door.books(BOOKS, "PUT", path, named | known)

    def _push(self, connection: dict[str, Any]) -> int:
        """Plan and press go; gives how many documents were planned."""
        self._say("Pushing …")
        plan = self._door.books(BOOKS, "POST", f"/connections/{part(connection['id'])}/plans", {})
        if plan["items"]:
            self._door.books(BOOKS, "POST", f"/plans/{part(plan['plan'])}/apply", {})
            self._wait(lambda invoices: all(one["external_id"] for one in invoices))
        return len(plan["items"])

    def _settle(self, accountant: _Accountant) -> list[dict[str, Any]]:
        """The accountant pays one, pays a part of one, voids one; their callbacks bring it back."""
        self._say("The accountant is at work; waiting for the word to come back …")
        invoices = sorted(self._invoices(), key=lambda one: one["number"])
        for invoice, (action, more, _) in zip(invoices, ENDINGS, strict=True):
            accountant.does(action, invoice["external_id"], **more)
        wanted = [status for _, _, status in ENDINGS]
        return self._wait(lambda invoices: [one["status"] for one in invoices] == wanted)

    def _wait(self, done: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
        def look() -> list[dict[str, Any]] | None:
            invoices = self._invoices()
            return invoices if done(invoices) else None

        return list(self._door.wait(look, "The demonstration"))

    def _invoices(self) -> list[dict[str, Any]]:
        found = self._door.ingest("GET", "/invoices", page_size=100)["items"]
        return [_with_external(one) for one in sorted(found, key=lambda one: one["number"])]


def _with_external(invoice: dict[str, Any]) -> dict[str, Any]:
    there = next((one["external_id"] for one in invoice.get("external", ()) if one["external_id"]), None)
    return {**invoice, "external_id": there}


def _short(invoice: dict[str, Any]) -> dict[str, Any]:
    return {name: invoice[name] for name in ("number", "external_id", "total", "currency", "status")}


def _told(imported: dict[str, Any], invoices: list[dict[str, Any]], writes: int) -> list[str]:
    rows = [[*list(one.values())[:2], money(one["total"], one["currency"]), one["currency"], one["status"]] for one in invoices]
    return [
        f"Imported from {SAMPLE.name}: {count(imported['new'], 'record')}, {format_hms(imported['seconds'])} of work.",
        "",
        table(["invoice", "in the books", "total", "currency", "status"], rows, right={"in the books", "total"}),
        "",
        f"The same file and the same push once more wrote {writes if writes else 'nothing'}.",
    ]
