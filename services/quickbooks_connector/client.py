"""The only place that speaks to QuickBooks: python-quickbooks over our own transport, bytes as they were committed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from services.quickbooks_connector import faults, mapping, statuses
from shared.connector import oauth
from shared.connector.context import Connector
from shared.connector.provider import Changes, Held, Need, Operation, Outcome, RemoteObject, Sought, Tenant, Wire
from shared.contract.statuses import InvoiceStatus
from shared.kernel import canonical
from shared.kernel.dates import utc_text
from shared.kernel.errors import Failure, Missing, Park, Retry
from shared.platform import clock, quota
from shared.platform.http import Network

if TYPE_CHECKING:
    from quickbooks import QuickBooks

MINOR_VERSION = 75
PAGE = 1000
MOST_CHANGES = 1000  # objects in one answer of the change query
IDS_AT_ONCE = 100
PATIENCE = 1  # seconds that a call may wait for its turn; longer, and the job comes again later
SKEW = timedelta(minutes=5)  # between our clock and theirs, when looking for what was created since


@dataclass(slots=True)
class Wires:
    """What the library calls its session: one request through our transport, its errors as our Failures."""

    network: Network
    connector: Connector
    tenant: str
    access_token: str
    intent_hash: str | None = None

    def request(self, method: str, url: str, headers: Mapping[str, str], params: Mapping[str, Any], data: Any) -> _Answer:
        self._take_turn(batch=url.endswith("/batch"))
        body = data if isinstance(data, bytes) else data.encode() if isinstance(data, str) else None
        query = {name: str(value) for name, value in params.items()}
        answer = self.network.send(method, url, headers=headers, params=query, body=body, intent_hash=self.intent_hash)
        try:
            return _Answer(answer.status, answer.body.decode(), faults.raise_failure(answer))
        except Retry as failure:
            if failure.code == "throttled":
                until = clock.now() + timedelta(seconds=failure.after or faults.PAUSE)
                quota.penalise(self.connector.db, f"quickbooks:{self.tenant}", until)
            raise

    def _take_turn(self, *, batch: bool) -> None:
        """500 requests a minute and 10 a second for a company, 40 batches a minute: 8 a second and 2 at once keep to both."""
        limits = [(f"quickbooks:{self.tenant}", 480), *([(f"quickbooks-batch:{self.tenant}", 38)] if batch else [])]
        db = self.connector.db
        waits = [quota.take(db, name, rate=rate, per_seconds=60, burst=2, patience=PATIENCE) for name, rate in limits]
        if max(waits):
            clock.sleep(max(waits) / 1000)


@dataclass(frozen=True, slots=True)
class _Answer:
    status_code: int
    text: str
    value: Any


class Client:
    """One company, with one token, for a few calls (``connector.provider.Client``)."""

    def __init__(self, connector: Connector, api_url: str, tenant: str, token: str) -> None:
        self._wires = Wires(connector.network, connector, tenant, token)
        self._tenant = tenant
        self._company = f"{api_url}/v3/company/{tenant}"
        self._sdk = _library(api_url, tenant, self._wires)

    # ---- what is there

    def tenants(self) -> Sequence[Tenant]:
        info = self._get(f"companyinfo/{self._tenant}")["CompanyInfo"]
        preferences = self._get("preferences")["Preferences"]
        currency = preferences.get("CurrencyPrefs", {})
        facts = {
            "custom_numbers": preferences.get("SalesFormsPrefs", {}).get("CustomTxnNumbers") is True,
            "multicurrency": currency.get("MultiCurrencyEnabled") is True,
            "automated_tax": preferences.get("TaxPrefs", {}).get("PartnerTaxEnabled") is True,
        }
        home = currency.get("HomeCurrency", {}).get("value") or "USD"
        return [Tenant(id=self._tenant, name=str(info["CompanyName"]), country=str(info["Country"]), currency=home, facts=facts)]

    def references(self, kind: str) -> Sequence[RemoteObject]:
        if kind == "tax_code":
            rates = {str(rate["Id"]): rate for rate in self._all("select * from TaxRate", "TaxRate")}
            return [_tax_code(code, rates) for code in self._all("select * from TaxCode", "TaxCode")]
        entity = {"customer": "Customer", "item": "Item"}[kind]
        return [_object(thing) for thing in self._all(f"select * from {entity}", entity)]

    def create_reference(self, need: Need, tenant: Tenant, key: str) -> RemoteObject:
        name = need.name.replace(":", " ").replace("\t", " ").replace("\n", " ").strip()
        if need.kind == "customer":
            wire: Wire = {"DisplayName": name[:500]}
            if tenant.facts.get("multicurrency"):
                wire["CurrencyRef"] = {"value": need.currency}
            return _object(self._sdk.create_object("Customer", canonical.dumps(wire), request_id=key)["Customer"])
        if need.kind == "item":
            wire = {"Name": name[:100], "Type": "Service", "IncomeAccountRef": {"value": self._income_account()}}
            return _object(self._sdk.create_object("Item", canonical.dumps(wire), request_id=key)["Item"])
        raise Park("not_creatable", "A tax code can't be made from here.", "Make it in QuickBooks, then link it.")

    def _income_account(self) -> str:
        accounts = self._all("select * from Account where AccountType = 'Income' and Active = true", "Account")
        if not accounts:
            raise Park(
                "no_income_account", "The company has no income account.", "Make one in QuickBooks, or link an existing item."
            )
        best = [one for one in accounts if one.get("AccountSubType") in ("ServiceFeeIncome", "SalesOfProductIncome")] or accounts
        return str(best[0]["Id"])

    # ---- writing

    def write(
        self, operations: Sequence[Operation], body: bytes, key: str, intent_hash: str, *, again: bool = False
    ) -> Sequence[Outcome]:
        """Carry out the stored intent, first or ``again``: each change names the version that it goes over."""
        self._wires.intent_hash = intent_hash
        if len(operations) > 1:
            answer = self._sdk.post(f"{self._company}/batch", body, request_id=key)
            return _by_item(answer["BatchItemResponse"], len(operations))
        if operations[0] is Operation.RETIRE:
            answer = self._sdk.post(f"{self._company}/invoice", body, params={"operation": "void"}, request_id=key)
        else:
            send = self._sdk.create_object if operations[0] is Operation.CREATE else self._sdk.update_object
            answer = send("Invoice", body, request_id=key)
        invoice: Wire = answer["Invoice"]
        return [invoice]

    # ---- looking

    def find(self, sought: Sequence[Sought]) -> Sequence[Wire | None]:
        return [self._find(one) for one in sought]

    def _find(self, one: Sought) -> Wire | None:
        if one.operation is Operation.CREATE:
            return self._find_created(one)
        remote = self._read(one.external_id or "")
        if one.operation is Operation.RETIRE:
            gone: Wire = {"Id": one.external_id, "status": "Deleted"}
            void = remote is not None and statuses.read_status(remote).status == InvoiceStatus.VOID
            return gone if remote is None else remote if void else None
        return remote if remote is not None and _took_effect(one, remote) else None

    def _find_created(self, one: Sought) -> Wire | None:
        """By our number where the company numbers by hand, else by customer, day and time; the marker decides."""
        payload = one.payload
        if "DocNumber" in payload:
            where = f"DocNumber = '{_quoted(payload['DocNumber'])}'"
        else:
            since = utc_text(one.since - SKEW)
            where = f"CustomerRef = '{_quoted(payload['CustomerRef']['value'])}' and TxnDate = '{payload['TxnDate']}'"
            where += f" and MetaData.CreateTime >= '{since}'"
        found = self._all(f"select * from Invoice where {where}", "Invoice")
        return next((invoice for invoice in found if one.marker in str(invoice.get("PrivateNote", ""))), None)

    def fetch(self, external_ids: Sequence[str]) -> Mapping[str, Wire | None]:
        if len(external_ids) <= 2:
            return {number: self._read(number) for number in external_ids}
        found: dict[str, Wire | None] = {}
        for start in range(0, len(external_ids), IDS_AT_ONCE):
            some = external_ids[start : start + IDS_AT_ONCE]
            named = ", ".join(f"'{_quoted(number)}'" for number in some)
            found |= {str(one["Id"]): one for one in self._all(f"select * from Invoice where Id in ({named})", "Invoice")}
        # Not in the index is not gone: only a read by id tells.
        return {number: found[number] if number in found else self._read(number) for number in external_ids}

    def changed_since(self, at: datetime, *, full: bool = False, known: Mapping[str, Held] | None = None) -> Changes:
        now = clock.now()
        answer = self._get("cdc", {"entities": "Invoice,Payment", "changedSince": utc_text(at)})
        changed = [entity for response in answer["CDCResponse"] for entity in response.get("QueryResponse", ())]
        invoices = _flat(changed, "Invoice")
        payments = _flat(changed, "Payment")
        if len(invoices) + len(payments) >= MOST_CHANGES:
            since = f"select * from Invoice where MetaData.LastUpdatedTime >= '{utc_text(at)}' ORDERBY Id"
            invoices = [*(one for one in invoices if one.get("status") == "Deleted"), *self._all(since, "Invoice")]
        known = {str(one["Id"]) for one in invoices}
        paid = sorted(_linked(payments) - known)
        found = self.fetch(paid) if paid else {}
        return Changes(documents=[*invoices, *(wire for wire in found.values() if wire is not None)], until=now)

    def leave(self, refresh_token: str) -> None:
        oauth.revoke(self._wires.connector, refresh_token)

    # ---- plumbing

    def _read(self, number: str) -> Wire | None:
        try:
            invoice: Wire = self._get(f"invoice/{number}")["Invoice"]
        except Missing:
            return None
        return invoice

    def _get(self, path: str, params: dict[str, str] | None = None) -> Any:
        self._wires.intent_hash = None
        return self._sdk.get(f"{self._company}/{path}", params=params or {})

    def _all(self, select: str, entity: str) -> list[Wire]:
        """Every row of a query, page by page."""
        self._wires.intent_hash = None
        rows: list[Wire] = []
        while True:
            page = self._sdk.query(f"{select} STARTPOSITION {len(rows) + 1} MAXRESULTS {PAGE}")
            new = page["QueryResponse"].get(entity, [])
            rows += new
            if len(new) < PAGE:
                return rows


def _library(api_url: str, tenant: str, wires: Wires) -> QuickBooks:
    from quickbooks import QuickBooks  # loaded where it is used: it is heavy

    sdk = QuickBooks(company_id=tenant, minorversion=MINOR_VERSION, use_decimal=True)
    sdk.session, sdk.api_url_v3, sdk.sandbox = wires, f"{api_url}/v3", False
    return sdk


def _quoted(text: str) -> str:
    return str(text).replace("\\", "\\\\").replace("'", "\\'")


def _object(thing: Wire) -> RemoteObject:
    return RemoteObject(
        id=str(thing["Id"]),
        name=str(thing.get("DisplayName") or thing.get("Name") or ""),
        email=thing.get("PrimaryEmailAddr", {}).get("Address"),
        currency=thing.get("CurrencyRef", {}).get("value"),
        active=thing.get("Active", True) is True,
    )


def _tax_code(code: Wire, rates: Mapping[str, Wire]) -> RemoteObject:
    """A tax code, to be suggested by the percent that its sales rates add up to."""
    parts = code.get("SalesTaxRateList", {}).get("TaxRateDetail", ())
    values = [Decimal(str(rates.get(str(part["TaxRateRef"]["value"]), {}).get("RateValue", 0))) for part in parts]
    return replace(_object(code), also=(mapping.tax_name(sum(values, Decimal(0))),))


def _took_effect(one: Sought, remote: Wire) -> bool:
    """Whether an update whose answer was lost is what the object now shows."""
    there = mapping.picture(remote)
    wanted = mapping.picture(one.payload)
    return str(remote.get("SyncToken")) != one.remote_version and all(there.get(name) == text for name, text in wanted.items())


def _by_item(answers: Iterable[Wire], count: int) -> list[Outcome]:
    """A batch's answers by their short ids; an item without one is as good as unheard."""
    by_id = {str(answer.get("bId")): answer for answer in answers}
    return [_item_outcome(by_id.get(str(number))) for number in range(1, count + 1)]


def _item_outcome(answer: Wire | None) -> Outcome:
    if answer is None:
        return Retry("item_unheard", "QuickBooks left an item of a batch unanswered.", unknown=True)
    errors = faults.errors_of(answer)
    if errors:
        refused: Failure = faults.failure(errors, 200, {})
        return refused
    invoice: Wire = answer["Invoice"]
    return invoice


def _flat(changed: Iterable[Wire], entity: str) -> list[Wire]:
    return [thing for part in changed for thing in part.get(entity, ())]


def _linked(payments: Iterable[Wire]) -> set[str]:
    """Ids of the invoices that payments settle."""
    links = [link for payment in payments for line in payment.get("Line", ()) for link in line.get("LinkedTxn", ())]
    return {str(link["TxnId"]) for link in links if link.get("TxnType") == "Invoice"}
