"""What people, accountants and networks do to one organisation's work and its books, one deed a method."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from services.quickbooks_connector.emulator.wire import Refused as BooksRefused
from shared.platform import jobs, schedule
from tests.journeys.product import PREFIXES, US, Product, Refused

DAYS = {"a": "2026-03-02", "b": "2026-03-03", "c": "2026-03-04", "old": "2026-03-05", "x": "2026-03-06", "m": "2026-03-07"}
"""Every entry of the organisation with its date: times, an expense (x), a trip (m)."""
KINDS = {"x": "expense", "m": "mileage"}
CLIENTS = {"harbour": ("Harbour Bakery", "website", "Website"), "moon": ("Moon Garage", "till", "Till")}
MARCH = {"from": "2026-03-01", "to": "2026-03-31"}
NOT_NOW = {"money_moved", "plan_moved", "plan_expired", "not_connected", "access_refused", "no_answer", "no_binding", "deduction_too_large"}
"""What a deed may be refused for without anything being wrong."""
THERE = {"6540", "610", "6000", "6210", "5010"}
"""What the books may refuse their accountant."""

PEOPLE: list[dict[str, Any]] = [
    {"kind": "person", "source_id": "robin", "name": "Robin Sample"},
    *({"kind": "client", "source_id": key, "name": name} for key, (name, _, _) in CLIENTS.items()),
    *(
        {"kind": "job", "source_id": job, "name": name, "client": key, "rates": [{"rate": "48", "overtime_rate": "72.5"}]}
        for key, (_, job, name) in CLIENTS.items()
    ),
]


class Life:
    """One organisation with one connection. ``decided`` are the numbers on whose lines the books had the last word."""

    def __init__(self, product: Product, connection: str, realm: str = US) -> None:
        self.product, self.connection, self.realm = product, connection, realm
        self.emulator = product.emulator
        self.plan: str | None = None
        self.edited_there: set[str] = set()

    # ---- the worker

    def log(self, name: str, *, seconds: int = 3600, client: str = "harbour", rate: str | None = None, overtime: int = 0,
            billable: bool = True, deleted: bool = False, by_file: bool = True) -> None:  # fmt: skip
        """Log an entry, or log it anew as it should have been; ``seconds`` is also the cents of an expense, a trip's metres."""
        values = {"date": DAYS[name], "currency": "USD", "billable": billable, "notes": f"Work {name}"}
        values |= {"deleted": True} if deleted else {}
        kind = KINDS.get(name, "time")
        if kind == "time":
            values |= {"seconds": seconds, "overtime_seconds": min(overtime, seconds)} | ({"rate": rate} if rate else {})
        elif kind == "expense":
            values |= {"amount": f"{seconds // 100}.{seconds % 100:02}"}
        else:
            values |= {"distance": f"{seconds // 1000}.{seconds % 1000:03}", "unit": "km", "rate": rate or "0.67"}
        if by_file and not deleted:
            self.product.imports(_row(name, kind, client, values))
        else:
            self.sends([{"kind": kind, "source_id": name, "person": "robin", "client": client, "job": CLIENTS[client][1]} | values])

    def sends(self, records: list[dict[str, Any]]) -> None:
        told = self.product.post(
            "ingest", "/records", {"schema": "1", "records": [{"source": "worklog", **one} for one in records]}
        )
        assert all(one["problem"] is None for one in told["results"]), told

    # ---- the office

    def approve(self) -> None:
        self.product.approves(**MARCH)

    def unapprove(self, name: str) -> None:
        entry = self.entries().get(name)
        if entry is not None:
            self.product.post("ingest", "/approvals/withdraw", {"ids": [entry["id"]]})

    def entries(self) -> dict[str, dict[str, Any]]:
        """What the organisation has logged and not deleted, by its name."""
        found = [self.product.get("ingest", "/records", kind=kind, page_size="100") for kind in ("time", "expense", "mileage")]
        return {one["source_id"]: one for page in found for one in page["items"]}

    def compose(self, grouping: str = "job", percent: str | None = None) -> None:
        deductions = [{"description": "Discount", "percent": percent}] if percent else []
        self._may(lambda: self.product.composes(grouping=grouping, deductions=deductions))

    def void(self, at: int) -> None:
        """Void an invoice in Work Log, the ``at``-th."""
        invoices = sorted(self.product.invoices().values(), key=lambda one: one["number"])
        if invoices:
            document = invoices[at % len(invoices)]["invoice_id"]
            self._may(lambda: self.product.post("ingest", f"/invoices/{document}/void", {"reason": "A mistake"}))

    def mode(self, push: str) -> None:
        self.product.post("quickbooks", f"/connections/{self.connection}", {"push": push})

    def make_plan(self) -> None:
        made = self._may(lambda: self.product.post("quickbooks", f"/connections/{self.connection}/plans", {}))
        self.plan = made["plan"] if made else self.plan

    def go(self) -> None:
        """Press go on the last plan, however old."""
        if self.plan is not None:
            self._may(lambda: self.product.post("quickbooks", f"/plans/{self.plan}/apply", {}))

    def keep(self, number: str, whose: str) -> None:
        document = self.product.invoices()[number]["invoice_id"]
        self._may(lambda: self.product.post("quickbooks", f"/connections/{self.connection}/keep",
                                            {"invoice": document, "whose": whose}))  # fmt: skip

    def reconnect(self) -> None:
        """Go through the consent page again when the connection asks for it."""
        [mine] = [one for one in self.product.get("quickbooks", "/connections")["items"] if one["id"] == self.connection]
        if mine["state"] != "live":
            url = self.product.post("quickbooks", "/connect", {"reconnect": self.connection})["authorize_url"]
            path = self.emulator.consent(url, self.realm).split("/quickbooks/", 1)[1]
            assert self.product.network.send("GET", f"{PREFIXES['quickbooks']}/{path}").status == 200

    # ---- the accountant

    def there(self) -> list[str]:
        """Ids of the invoices that we wrote and that have not been deleted, the oldest first."""
        made = [entry.id for entry in self.emulator.writes(realm=self.realm, entity="Invoice", operation="create", actor="api")]
        return [number for number in made if self.emulator.object(self.realm, "Invoice", number)]

    def pay(self, at: int, share: int = 1) -> None:
        """Pay what is open of an invoice, or one ``share``-th of it."""

        def paid(number: str) -> None:
            invoice = self.emulator.object(self.realm, "Invoice", number)
            assert invoice is not None
            if invoice["Balance"] * 100 >= share:
                self.emulator.pay(self.realm, number, round(invoice["Balance"] / share, 2))

        self._act(at, paid)

    def unpay(self, at: int, *, void: bool = False) -> None:
        """Delete or void a payment."""
        live = [one["Id"] for one in self.emulator.objects(self.realm, "Payment") if one["TotalAmt"]]
        if live:
            undo = self.emulator.void_payment if void else self.emulator.delete_payment
            undo(self.realm, live[at % len(live)])

    def void_there(self, at: int) -> None:
        self._act(at, lambda number: self.emulator.void(self.realm, number))

    def delete_there(self, at: int) -> None:
        self._act(at, lambda number: self.emulator.delete(self.realm, number))

    def edit_there(self, at: int, *, lines: bool) -> None:
        """Change what is ours (a line's text), or what is not (the memo that the customer reads)."""

        def changed(number: str) -> None:
            invoice = self.emulator.object(self.realm, "Invoice", number)
            assert invoice is not None
            if not lines:
                self.emulator.edit(self.realm, number, CustomerMemo={"value": "Thank you"})
            elif invoice["TotalAmt"]:
                kept = [line for line in invoice["Line"] if line["DetailType"] == "SalesItemLineDetail"]
                self.emulator.edit(self.realm, number, Line=[{**kept[0], "Description": "As agreed by phone"}, *kept[1:]])
                self.edited_there.add(number)

        self._act(at, changed)

    def _act(self, at: int, deed: Callable[[str], object]) -> None:
        ids = self.there()
        if ids:
            try:
                deed(ids[at % len(ids)])
            except BooksRefused as refused:
                assert refused.code in THERE, refused.detail

    # ---- the network, the workers, and time

    def deliver(self, **how: Any) -> None:
        """Callbacks arrive: ``duplicate``, ``shuffle``, ``split``, or ``drop``."""
        self._carry(self.emulator.deliver(**how))

    def replay(self) -> None:
        """Every callback that was ever sent arrives once more."""
        self._carry(self.emulator.replay())

    def _carry(self, deliveries: list[Any]) -> None:
        for one in deliveries:
            answer = self.product.network.send(
                "POST", f"{PREFIXES['quickbooks']}/callbacks/webhook", headers=one.headers, body=one.body
            )
            assert answer.status == 200, answer.body

    def goes_wrong(self, kind: str, nth: int = 1, **match: Any) -> None:
        """The next calls to the books: see the emulator's faults."""
        self.emulator.fault(kind, nth=nth, realm=self.realm, **match)

    def expire(self) -> None:
        self.emulator.expire_access(self.realm)

    def revoke(self) -> None:
        """Somebody removes the app inside the books."""
        self.emulator.disconnect(self.realm)

    def work(self) -> None:
        """What is due is done; nothing new comes round."""
        while sum(jobs.run_ready(service.db, service.handlers) for service in self.product.services):
            pass

    def follow(self) -> None:
        """Both services read each other's news."""
        self._round(timedelta(seconds=2), 10)

    def wait(self, **amount: int) -> None:
        """Time passes, with everything that comes round in it."""
        self._round(timedelta(**amount), 10**9)

    def _round(self, length: timedelta, longest: int) -> None:
        self.product.clock.now += length
        for service in self.product.services:
            schedule.ring(service.db, [tick for tick in service.ticks if tick.every <= longest])
        self.work()

    # ---- refusals

    def _may(self, deed: Callable[[], Any]) -> Any:
        """Do it; a refusal that says why, and how to go on, is an answer too."""
        try:
            return deed()
        except Refused as refused:
            assert refused.error["code"] in NOT_NOW or refused.status == 503, refused
            assert refused.error["message"], refused
            return None


def _row(name: str, kind: str, client: str, values: dict[str, Any]) -> str:
    """The entry as a row of a report."""
    length = f"{values['seconds'] // 3600}:{values['seconds'] // 60 % 60:02}:{values['seconds'] % 60:02}" if kind == "time" else ""
    extra = values.get("overtime_seconds", 0)
    cells = {
        "kind": kind, "source_id": name, "date": values["date"], "duration": length, "person": "Robin Sample",
        "client": CLIENTS[client][0], "job": CLIENTS[client][2], "rate": values.get("rate", ""), "currency": "USD",
        "overtime": f"0:{extra // 60:02}:{extra % 60:02}" if extra else "", "amount": values.get("amount", ""),
        "distance": values.get("distance", ""), "unit": values.get("unit", ""),
        "billable": "yes" if values["billable"] else "no", "notes": values["notes"],
    }  # fmt: skip
    assert not any(re.search(r"[,\n]", str(cell)) for cell in cells.values())
    return f"{','.join(cells)}\n{','.join(map(str, cells.values()))}\n"


# ---- the first morning


def settle_in(product: Product, realm: str = US) -> str:
    """An organisation with everything linked, an invoice paid, one corrected by the next, one open; its connection."""
    life = Life(product, "", realm)
    life.sends(PEOPLE)
    life.log("old", seconds=7200, overtime=1800)
    life.log("x", seconds=12_345, client="moon")
    life.log("m", seconds=41_250, client="moon")
    life.approve()
    life.compose(percent="10")
    life.connection = product.connects(realm)
    product.work()
    product.links(life.connection)
    product.pushes(life.connection)
    life.pay(0)
    product.hears()
    life.log("old", seconds=9000, overtime=1800)
    life.compose()
    product.work()
    product.links(life.connection)
    product.pushes(life.connection)
    life.deliver()
    life.work()
    return life.connection
