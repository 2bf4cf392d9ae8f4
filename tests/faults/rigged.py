"""The QuickBooks connector under faults: invoices wanted in the books, and what must hold of them when all is quiet."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar

from services.quickbooks_connector import app as quickbooks
from shared.connector import connect
from shared.connector.context import Connection, Connector
from shared.contract.document_schemas import dump_invoice
from shared.contract.documents import Invoice
from shared.contract.messages import INVOICE_CHANGED
from shared.kernel import canonical
from shared.platform import feed
from shared.platform.db import Database
from tests.component.connector.books import INTUIT, ORGANISATION, US, US_OWN_NUMBERS, Books, invoice
from tests.faults.forks import Relay
from tests.faults.stand import FAULTS, Turns, assert_in_step

__all__ = ["OTHER_ORGANISATION", "Rigged", "assert_in_step"]

OTHER_ORGANISATION = "org_other"
ORGANISATIONS = {US: ORGANISATION, US_OWN_NUMBERS: OTHER_ORGANISATION}
WRITE = {"method": "POST", "path": r"/(invoice|batch)$"}
XML = {"content_type": "application/xml", "body": "<IntuitResponse/>"}
GARBAGE = {"content_type": "application/json", "body": '{"Invoice": {]'}


class Rigged(Turns, Books):
    """``stand.Stand`` for invoices in QuickBooks Online: a company that is numbered by hand, and one that numbers itself."""

    name = "quickbooks"
    own: ClassVar[Sequence[str]] = ("connections", "wanted", "realms", "_count")
    places: ClassVar[Sequence[str]] = (US, US_OWN_NUMBERS)
    faults: ClassVar[dict[str, Any]] = {
        **FAULTS,
        "429 in XML": {"kind": "throttle", "xml": True},
        "XML after it was done": {"kind": "page", "status": 200, **XML},
        "garbage after it was done": {"kind": "page", "status": 200, **GARBAGE},
        "200 with a fault inside": {"kind": "fault"},
        "a wrong total": {"kind": "wrong_total"},
    }
    memories: ClassVar[dict[str, Any]] = {
        "books that forget requests at once": {"memory_seconds": 0, "index_lag": 0},
        "an index that lags": {"memory_seconds": 86_400, "index_lag": 45},
        "both": {"memory_seconds": 0, "index_lag": 45},
    }
    forgetful = "both"
    worlds: ClassVar[Sequence[Any]] = (
        {"memory_seconds": 0, "index_lag": 0},
        {"memory_seconds": 86_400, "index_lag": 45},
        {"memory_seconds": 86_400, "index_lag": 0},
    )
    quiet_within = timedelta(minutes=5)
    strict: ClassVar[Any] = {"rotation": "strict"}
    replacing: ClassVar[Any] = {"reconnect": "replaces"}
    cut_off = "access_refused"
    documents_at = WRITE["path"]
    looks: ClassVar[Any] = {"entity": "query"}

    def __init__(self, make_database: Callable[..., Database], clock: Any, **options: Any) -> None:
        super().__init__(make_database, clock, sleep=lambda seconds: None, **options)
        self.relay = Relay(self.emulator.wsgi)
        self.network.mount(f"{INTUIT}/", self.relay)
        self.connections: dict[str, Connection] = {}
        self.wanted: dict[str, Invoice] = {}
        self.realms: dict[str, str] = {}
        self._count = 0

    def knows(self, *, keys: int, settle: int = 60) -> None:
        own = {"QUICKBOOKS_KEY_MEMORY_SECONDS": str(keys), "QUICKBOOKS_SETTLE_SECONDS": str(settle)}
        self.service = quickbooks.build(self.settings(**own), self.db, self.vault, self.network)
        self.network.mount("http://quickbooks.internal/", self.service.app)
        self.connector: Connector = self.service.app.extensions["connector"]

    def opened(self, realm: str = "") -> Connection:
        """A connection that pushes by itself what ``composed`` makes."""
        realm = realm or US
        if realm not in self.connections:
            made = self.connect(realm, ORGANISATIONS[realm])
            self.work()
            first = self.composed(realm)
            self.pushed(made, first)
            connect.choose(self.connector, made, {"push": "automatic"}, "somebody")
            self.connections[realm] = self.reload(made)
        return self.connections[realm]

    def world(self) -> Any:
        return self.emulator._state()

    def put_back(self, world: Any) -> None:
        self.emulator._load(world)

    # ---- documents

    def composed(self, realm: str = "", **changes: Any) -> Invoice:
        """A new invoice of a company's organisation, with a number of its own; not wanted yet."""
        realm = realm or US
        self._count += 1
        one = invoice(f"INV-{self._count:04}", **{"organisation": ORGANISATIONS[realm], **changes})
        self.wanted[one.id], self.realms[one.id] = one, realm
        return one

    def wants(self, *invoices: Invoice) -> None:
        for one in invoices:
            self.wanted[one.id] = one
        self.wishes.want(*invoices)

    def changed(self, one: Invoice, hours: str = "8") -> Invoice:
        """The next version, of other hours."""
        fresh = invoice(one.number, hours=hours, organisation=one.organisation)
        return replace(fresh, version=self.wanted[one.id].version + 1)

    def withdrawn(self, one: Invoice) -> Invoice:
        last = self.wanted[one.id]
        return replace(last, version=last.version + 1, withdrawn=True)

    def other_bytes(self, body: bytes) -> bytes:
        """A body of a first version that says other amounts."""
        return body.replace(b'"Amount":360.00', b'"Amount":36.00').replace(b'"UnitPrice":48', b'"UnitPrice":4.8')

    def publishes(self, session: Any, one: Invoice) -> None:
        self.wishes.bodies[one.id] = json.loads(canonical.dumps(dump_invoice(one)), parse_float=Decimal)
        feed.publish(session, one.organisation, INVOICE_CHANGED, one.id, one.version)

    def moves(self, one: Invoice, *, more: bool = False) -> None:
        """It is paid, wholly or in part; and the payment taken back."""
        realm = self.realms[one.id]
        if more:
            self.emulator.delete_payment(realm, self._payment)
        else:
            amount = "100" if self._count % 2 else None
            self._payment = self.emulator.pay(realm, self.binding(one)["external_id"], amount)["Id"]

    def calls_back(self, one: Invoice, *, more: bool = False) -> None:
        """It is paid, wholly or in part."""
        self.emulator.deliver()  # what is old news by now
        self.emulator.pay(self.realms[one.id], self.binding(one)["external_id"], "100" if more else None)

    def there(self, one: Invoice) -> list[dict[str, Any]]:
        live, mine = self.emulator.live_invoices(self.realms[one.id]), self.binding(one)["id"]
        return [row for row in live if f"tb:{mine}." in row["PrivateNote"]]

    def deletes(self, one: Invoice) -> None:
        [there] = self.there(one)
        self.emulator.delete(self.realms[one.id], there["Id"])

    def stands_in_the_way(self, one: Invoice) -> None:
        line = {"DetailType": "SalesItemLineDetail", "Amount": 5, "SalesItemLineDetail": {"ItemRef": {"value": "1"}}}
        by_hand = {"CustomerRef": {"value": "1"}, "DocNumber": one.number, "PrivateNote": "by hand", "Line": [line]}
        self.emulator.add(self.realms[one.id], "Invoice", by_hand)

    def cuts_off(self) -> None:
        self.emulator.disconnect(US)

    def faults_left(self) -> bool:
        return bool(self.emulator.faults.rules)

    def consents(self, url: str, realm: str) -> str:
        return str(self.emulator.consent(url, realm))

    # ---- what goes wrong

    def spoils(self, write: str, realm: str, fault: str) -> None:
        self.emulator.fault(**WRITE, **self.faults[fault])

    # ---- looking

    def created(self) -> list[dict[str, Any]]:
        """Every invoice that our calls made in the books, as it was sent: the journal's word."""
        return [entry.body for entry in self.emulator.writes(entity="Invoice", operation="create", actor="api")]

    def check(self) -> None:
        live = marked([row for realm in set(self.realms.values()) for row in self.emulator.live_invoices(realm)])
        made, bindings = marked(self.created()), self.bindings()
        for one in self.wanted.values():
            assert one.id in bindings, f"{one.number} was lost on its way here"
            binding = bindings[one.id]
            assert len(made.get(binding["id"], [])) == (binding["external_id"] is not None), f"{one.number} was made twice"
            assert_one(one, binding, live.get(binding["id"], []), numbered=self.realms[one.id] == US)
        assert made.keys() <= {binding["id"] for binding in bindings.values()}


def marked(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Invoices from the books by the id of the binding whose mark they carry."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["PrivateNote"].rpartition("tb:")[2].partition(".")[0], []).append(row)
    return found


# ---- what must hold when all is quiet


def assert_one(one: Invoice, binding: dict[str, Any], there: list[dict[str, Any]], *, numbered: bool) -> None:
    """The books hold the wanted version of a document once, or not at all if it was withdrawn; the binding says the same."""
    said = f"{one.number} v{one.version}: {binding['state']} {binding['status']} {[row['Id'] for row in there]}"
    assert (binding["wanted_version"], binding["pushed_version"]) == (one.version, one.version), said
    if one.withdrawn:
        assert there == [], said
        assert binding["state"] == "void", said
        return
    assert len(there) == 1, said
    assert binding["external_id"] == there[0]["Id"], said
    assert binding["remote_version"] == there[0]["SyncToken"], said
    assert (binding["state"], binding["status"]) == status_of(there[0]), said
    assert binding["balance"] == there[0]["Balance"], said
    assert_content(one, there[0], numbered=numbered)


def status_of(there: dict[str, Any]) -> tuple[str, str]:
    """What an invoice is by its amounts: binding state and status."""
    if there["Balance"] == there["TotalAmt"]:
        return "confirmed", "open"
    return ("settled", "paid") if there["Balance"] == 0 else ("confirmed", "partly_paid")


def assert_content(one: Invoice, there: dict[str, Any], *, numbered: bool) -> None:
    """The invoice over there says what ours says, to the cent and the day."""
    [line] = [line for line in there["Line"] if line["DetailType"] == "SalesItemLineDetail"]
    detail, ours = line["SalesItemLineDetail"], one.lines[0]
    assert (there["TotalAmt"], line["Amount"]) == (one.total, ours.amount)
    assert (detail["Qty"], detail["UnitPrice"]) == (ours.quantity, ours.unit_price)
    assert (line["Description"], there["TxnDate"], there["DueDate"]) == (ours.description, "2026-03-31", "2026-04-30")
    assert not numbered or there["DocNumber"] == one.number
