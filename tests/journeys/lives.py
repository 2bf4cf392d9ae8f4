"""What people, accountants and networks do to one organisation's work and its books, one deed a method."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import timedelta
from itertools import count
from typing import Any

from services.quickbooks_connector.emulator.wire import Refused as BooksRefused
from shared.kernel.duration import format_hms
from shared.kernel.ids import record_id
from shared.platform import feed, schedule
from shared.platform.db import Database
from tests.journeys.product import PREFIXES, US, Product, Refused, position
from tests.journeys.stage import Stage

DAYS = {"a": "2026-03-02", "b": "2026-03-03", "c": "2026-03-04", "old": "2026-03-05", "x": "2026-03-06", "m": "2026-03-07"}
"""Every entry of the organisation with its date: times, an expense (x), a trip (m)."""
KINDS = {"x": "expense", "m": "mileage"}
CLIENTS = {"harbour": ("Harbour Bakery", "website", "Website"), "moon": ("Moon Garage", "till", "Till")}
MARCH = {"from": "2026-03-01", "to": "2026-03-31"}
FOLLOWING = ("follow", "status.follow")
Ids = dict[str, tuple[str, str]]  # name -> source id, record id
NOT_NOW = {"money_moved", "plan_moved", "plan_expired", "not_connected", "access_refused", "no_answer", "no_binding"}
NOT_NOW |= {"no_such_entry", "nothing_to_decide"}
"""What a deed may be refused for without anything being wrong."""
THERE = {"6540", "610", "6000", "6210", "5010"}
"""What the books may refuse their accountant."""



class Life:
    """One organisation with one connection. ``edited_there`` are the invoices on whose lines the books had the last word."""

    def __init__(self, stage: Stage, realm: str = US) -> None:
        self.stage, self.product, self.emulator, self.realm = stage, stage.product, stage.product.emulator, realm
        self.connection, self.ids = getattr(stage, "told", ("", {}))
        self.plan: str | None = None
        self.edited_there: set[str] = set()
        self.revoked = False

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
            self.product.imports(self._row(name, kind, client, values))
        else:
            named = {"person": "robin", "client": self.ids[client][0], "job": self.ids[CLIENTS[client][1]][0]}
            self.sends([{"kind": kind, "source_id": self.ids[name][0], **named, **values}])

    def sends(self, records: list[dict[str, Any]]) -> None:
        told = self.product.post(
            "ingest", "/records", {"schema": "1", "records": [{"source": "worklog", **one} for one in records]}
        )
        assert all(one["problem"] is None for one in told["results"]), told

    # ---- the office

    def approve(self) -> None:
        self.product.approves(**MARCH)

    def unapprove(self, name: str) -> None:
        self._may(lambda: self.product.post("ingest", "/approvals/withdraw", {"ids": [self.ids[name][1]]}))

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

    def make_plan(self) -> Any:
        """The plan, unless the books can't be reached just now."""
        made = self._may(lambda: self.product.post("quickbooks", f"/connections/{self.connection}/plans", {}))
        self.plan = made["plan"] if made else self.plan
        return made

    def go(self) -> None:
        """Press go on the last plan, however old."""
        if self.plan is not None:
            self._may(lambda: self.product.post("quickbooks", f"/plans/{self.plan}/apply", {}))

    def keep(self, number: str, whose: str) -> None:
        document = self.product.invoices()[number]["invoice_id"]
        self._may(lambda: self.product.post("quickbooks", f"/connections/{self.connection}/keep",
                                            {"document": document, "whose": whose}))  # fmt: skip

    def reconnect(self) -> None:
        """Go through the consent page again when the connection asks for it."""
        [mine] = [one for one in self.product.get("quickbooks", "/connections")["items"] if one["id"] == self.connection]
        if mine["state"] != "live":
            url = self.product.post("quickbooks", "/connect", {"reconnect": self.connection})["authorize_url"]
            path = self.emulator.consent(url, self.realm).split("/quickbooks/", 1)[1]
            assert self.product.network.send("GET", f"{PREFIXES['quickbooks']}/{path}").status == 200
            self.revoked = False

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
        self.revoked = True

    def work(self) -> None:
        """What is due is done; nothing new comes round."""
        self.stage.work()

    def follow(self) -> None:
        """Both services read each other's news."""
        self._round(timedelta(seconds=2), FOLLOWING)

    def wait(self, **amount: int) -> None:
        """Time passes, with everything that comes round in it and may change something."""
        self._round(timedelta(**amount), {*FOLLOWING, "rounds"})

    def settle(self) -> None:
        """Both services read each other's news until there is none."""
        self.work()
        while self._is_news():
            self.follow()

    def _round(self, length: timedelta, kinds: Collection[str]) -> None:
        self.product.clock.now += length
        for service in reversed(self.product.services):  # the books' news first: so one round hears of them
            schedule.ring(service.db, [tick for tick in service.ticks if tick.kind in kinds])
            self.stage.catch_up(service)
            self.work()

    def _is_news(self) -> bool:
        places = [(position(db, feed.feed), position(db, feed.cursor)) for db in self._databases()]
        (written, read_there), (said, heard) = places
        return written > heard or said > read_there

    def _databases(self) -> tuple[Database, Database]:
        return self.product.ingest.db, self.product.quickbooks.db

    # ---- refusals

    def _may(self, deed: Callable[[], Any]) -> Any:
        """Do it; a refusal that says why, and how to go on, is an answer too."""
        try:
            return deed()
        except Refused as refused:
            assert refused.error["code"] in NOT_NOW or refused.status in (429, 503), refused
            assert refused.error["message"], refused
            return None

    def _row(self, name: str, kind: str, client: str, values: dict[str, Any]) -> str:
        """The entry as a row of a report."""
        extra = values.get("overtime_seconds", 0)
        cells = {
            "kind": kind, "source_id": self.ids[name][0], "date": values["date"],
            "duration": format_hms(values["seconds"]) if kind == "time" else "", "overtime": format_hms(extra) if extra else "",
            "person": "Robin Sample", "client": CLIENTS[client][0], "job": CLIENTS[client][2], "rate": values.get("rate", ""),
            "currency": "USD", "amount": values.get("amount", ""), "distance": values.get("distance", ""),
            "unit": values.get("unit", ""), "billable": "yes" if values["billable"] else "no", "notes": values["notes"],
        }  # fmt: skip
        return f"{','.join(cells)}\n{','.join(map(str, cells.values()))}\n"


# ---- the first morning


def settle_in(stage: Stage) -> tuple[str, Ids]:
    """An organisation with an invoice paid, the next one correcting it, one open; its connection and its ids."""
    life = Life(stage)
    life.ids = _ids(_organisation(life.product))
    cards = [{"rate": "48", "overtime_rate": "72.5"}]
    jobs_ = [{"kind": "job", "source_id": life.ids[job][0], "name": name, "client": life.ids[key][0], "rates": cards}
             for key, (_, job, name) in CLIENTS.items()]  # fmt: skip
    clients = [{"kind": "client", "source_id": life.ids[key][0], "name": name} for key, (name, _, _) in CLIENTS.items()]
    life.sends([{"kind": "person", "source_id": "robin", "name": "Robin Sample"}, *clients, *jobs_])
    life.log("old", seconds=7200, overtime=1800)
    life.log("x", seconds=12_345, client="moon")
    life.log("m", seconds=41_250, client="moon")
    life.approve()
    life.compose(percent="10")
    life.connection = life.product.connects(life.realm)
    _send(life)
    life.pay(0)
    life.deliver()
    life.settle()
    life.log("old", seconds=9000, overtime=1800)
    life.compose()
    _send(life)
    life.deliver()
    life.settle()
    return life.connection, life.ids


def _send(life: Life) -> None:
    life.settle()
    life.product.links(life.connection)
    life.make_plan()
    life.go()
    life.work()
    life.settle()


def _organisation(product: Product) -> str:
    tag = {"kind": "tag", "source": "worklog", "source_id": "t", "name": "t"}
    product.post("ingest", "/records", {"schema": "1", "records": [tag]})
    return str(product.get("ingest", "/records", kind="tag")["items"][0]["organisation"])


def _ids(organisation: str) -> Ids:
    """Source ids whose record ids stand in the same order in every run, though the organisation's own id is random."""
    kinds = {name: KINDS.get(name, "time") for name in sorted(DAYS)}
    kinds |= {name: kind for key, (_, job, _) in CLIENTS.items() for name, kind in ((key, "client"), (job, "job"))}
    return {name: _placed(organisation, kind, name, place) for place, (name, kind) in enumerate(kinds.items())}


def _placed(organisation: str, kind: str, name: str, place: int) -> tuple[str, str]:
    tries = ((f"{name}-{number}", record_id(organisation, kind, "worklog", f"{name}-{number}")) for number in count())
    return next((source_id, record) for source_id, record in tries if record[0] == f"{place:x}")
