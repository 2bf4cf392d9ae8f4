"""A firm with everything that examples speak of, so that each of them can be sent: ids, people who sign in, and the order."""

from __future__ import annotations

import json
import re
from base64 import b32decode
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from urllib3.filepost import encode_multipart_formdata

from services.ingest.accounts.operator import operator_token
from services.ingest.imports import answers
from shared.contract.answers import example_id
from shared.platform.http import Response
from shared.platform.service import Service
from tests.journeys.api.contract import Operation
from tests.journeys.product import HEADER, PREFIXES, Product

PASSWORD, DEVICE = "three dull otters", "phone"
PDF = b"%PDF-1.7\nreceipt\n%%EOF"
WEEK = (
    "time,a1,2026-02-23,09:00,17:00,7:30:00,0:30:00,,Wanda Wattle,Harbour Bakery,Website,press,48,CUR,,,,,yes,Planning\n"
    "expense,e1,2026-02-24,,,,,,Wanda Wattle,Harbour Bakery,Website,,,CUR,12.50,,,Travel,yes,Train\n"
    "mileage,m1,2026-02-24,,,,,,Wanda Wattle,Harbour Bakery,Website,,0.72,CUR,,12.5,km,,yes,Site\n"
)
NEXT = "time,{id},2026-02-25,09:00,17:00,7:30:00,0:30:00,,Wanda Wattle,Harbour Bakery,Website,,48,CUR,,,,,yes,Writing\n"
KINDS = {"people": "person", "clients": "client", "jobs": "job", "tags": "tag", "time-entries": "time", "expenses": "expense"}
KIND = {"quickbooks": "customer", "xero": "employee"}  # of what is linked
PROVIDERS = {"connections_finish": 400, "callbacks_webhook": 401}
"""What only a provider calls, with its own state or signature; shown with the journeys. Without them it is refused."""
REFUSED = {"quickbooks": {"work_keep": 409, "timesheets_show_timesheet": 404}, "xero": {"work_keep": 409}}
"""What isn't so here: nothing was changed on both sides, which is shown with the journeys, and invoices are no timesheets."""
OPERATORS = ("accounts_create_account", "usage_show_all")
PERSONAL = ("sign_in", "devices", "proofs", "consents")
LAST = ("billing_void_invoice", "privacy_create_erasure", "connections_end")
WEIGHT = {"GET": 0, "POST": 1, "PUT": 2, "DELETE": 3}


class Firm:
    """``ids``: of its things, by the names that examples and paths have for them."""

    def __init__(self, product: Product) -> None:
        self.product, self.password, self.secret, self.recovery = product, PASSWORD, "A" * 32, ""
        self.ids: dict[str, str] = {}
        self.currency = "AUD" if product.BOOKS == "xero" else "USD"
        self._bills()
        self._hires()
        self._subscribes()
        self.ids["plan"] = product.post(product.BOOKS, f"/connections/{self.ids['connection']}/plans", {})["plan"]

    def get(self, path: str, **params: str) -> Any:
        return self.product.get("ingest", path, **params)

    def post(self, path: str, value: Any) -> Any:
        return self.product.post("ingest", path, value)

    def _bills(self) -> None:
        product, books = self.product, self.product.BOOKS
        product.imports(WEEK.replace("CUR", self.currency))
        product.approves(confirm=True)
        connection = product.connects()
        made = product.composes("2026-02-01", "2026-02-28")["invoices"][0]
        product.work()
        product.links(connection)
        product.work()
        product.pushes(connection)
        product.later(minutes=30)
        for kind in ("client", "person", "job", "tag", "time", "expense", "mileage"):
            self.ids[kind] = self.get("/records", kind=kind)["items"][0]["id"]
        product.imports("".join(NEXT.format(id=name) for name in ("b1", "b2")).replace("CUR", self.currency))
        product.approves(confirm=True)
        self.ids |= {one["source_id"]: one["id"] for one in self.get("/records", kind="time")["items"]}
        sheets = self.get("/timesheets")["items"]
        self.ids |= {"document": made["invoice_id"], "connection": connection, "entry": self.ids["time"]}
        self.ids |= {"timesheet": sheets[0]["timesheet_id"] if sheets else "none", "name": "swagger-ui.css"}
        if books == "xero":
            path = f"/connections/{connection}"
            self.ids["calendar"] = product.get("xero", f"{path}/payroll")["calendars"][0]["id"]
            self.ids["payrun"] = product.post("xero", f"{path}/payruns", {"calendar": self.ids["calendar"]})["id"]

    def _invites(self, email: str) -> dict[str, Any]:
        made: dict[str, Any] = self.post("/invitations", {"email": email, "name": "Robin Sample", "role": "manager"})
        return made

    def _hires(self) -> None:
        joined = self.post("/invitations/accept", {"token": self._invites("in@sample.example")["token"], "password": PASSWORD})
        self.ids["user"] = joined["user"]
        self.invited, self.ids["invitation"] = self._invites("guest@sample.example"), self._invites("late@sample.example")["id"]
        self.bearer, self.leaving, self.other = (self._signs_in(name) for name in (DEVICE, "tablet", "laptop"))
        devices = self.as_robin("GET", "/devices")["items"]
        self.ids["device"] = next(one["id"] for one in devices if one["device_id"] == "laptop")
        self.ids["consented"] = self.as_robin("POST", "/consents", {"purpose": "a", "document": "b", "version": "c"})["id"]
        self.ids["key"] = self.post("/keys", {"name": "reader", "scopes": ["records:read"]})["id"]

    def _signs_in(self, device: str) -> dict[str, Any]:
        asked = {"email": "in@sample.example", "password": PASSWORD, "device_id": device}
        made: dict[str, Any] = self.post("/auth/login", asked)
        return made

    def as_robin(self, method: str, path: str, value: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {self.bearer['access_token']}", "Content-Type": "application/json"}
        body = None if value is None else json.dumps(value).encode()
        return json.loads(self.product.send(method, "ingest", path, headers=headers, body=body).body)

    def _subscribes(self) -> None:
        self.ids["endpoint"] = self.post("/webhooks", {"url": "http://127.0.0.1:9/", "events": ["*"]})["id"]
        self.ids["event"] = self.post(f"/webhooks/{self.ids['endpoint']}/test", {})["id"]
        whole = {"from_date": "2026-02-01", "to_date": "2026-02-28", "background": True, "format": "csv"}
        self.ids["number"] = self.post("/timesheet/export", whole)["export_id"]
        answer = self._uploads(f"/expenses/{self.ids['expense']}/receipt", {"file": ("train.pdf", PDF, "application/pdf")})
        self.ids["receipt"] = json.loads(answer.body)["id"]
        self.ids["profile"] = self.post("/import/profiles", answers.EXAMPLE)["id"]
        self.product.work()

    def _uploads(self, path: str, parts: dict[str, Any]) -> Response:
        body, kind = encode_multipart_formdata(parts)
        return self.product.send("POST", "ingest", path, headers={"Content-Type": kind}, body=body)

    # ---- sending

    def sends(self, service: Service, method: str, path: str, operation: Operation) -> Response:
        """The answer to an operation's own example."""
        name = operation["operationId"]
        path = path.removeprefix("/" + PREFIXES[service.name].split("/", 3)[3])
        for place in re.findall(r"{(\w+)}", path):
            path = path.replace(f"{{{place}}}", self.known(path, place, name))
        [(kind, content)] = operation.get("requestBody", {}).get("content", {None: {}}).items()
        if kind == "multipart/form-data":
            report = f"{HEADER}\n{WEEK}".replace("CUR", self.currency).encode()
            receipt = ("hotel.pdf", PDF + b"\n", "application/pdf")
            return self._uploads(path, {"file": ("week.csv", report, "text/csv") if name == "imports_receive" else receipt})
        headers = self.bearer_of(name, operation["tags"][0], service.name)
        body = None
        if kind:
            real = {example_id(known): number for known, number in self.ids.items()}
            text = json.dumps(content["example"] | self.words(name))
            body, headers["Content-Type"] = re.sub("|".join(real), lambda found: real[found[0]], text).encode(), kind
        return self.product.send(method, service.name, path, headers=headers, body=body, params=self._query(name, operation))

    def hears(self, name: str, answer: Response) -> None:
        """What an answer says that later examples need."""
        told = json.loads(answer.body) if answer.status in (200, 201) and answer.body[:1] == b"{" else {}
        if name == "given_give_invoice":
            self.ids["given"] = told.get("invoice_id", "none")
        elif name == "proofs_change_password":
            self.password = "four other plain words"
        elif name == "proofs_enrol":
            self.secret = told.get("secret", self.secret)
        elif name == "proofs_confirm":
            self.recovery = told.get("recovery_codes", [""])[0]
        elif name == "profiles_create":
            self.ids["profile"] = told.get("id", "none")

    def known(self, path: str, place: str, name: str) -> str:
        """The id that stands for a place of an operation's path."""
        if place == "record":
            return self.ids[KINDS.get(path.split("/")[1], "mileage")]
        if place == "document" and name.startswith(("given", "left_out_decide")):
            return self.ids.get("given", "none")
        return self.ids[place]

    def bearer_of(self, name: str, tag: str, service: str) -> dict[str, str]:
        """Whoever may send an operation: the operator, somebody who signed in, or the owner."""
        bearer = self.product.bearer(service, self.product.owner)
        if name in OPERATORS:
            bearer = operator_token(self.product.vault)
        elif tag in PERSONAL:
            bearer = (self.leaving if name == "sign_in_logout" else self.bearer)["access_token"]
        return {"Authorization": f"Bearer {bearer}"}

    def _query(self, name: str, operation: Operation) -> dict[str, str]:
        if name == "background-exports_fetch":
            return dict(parse_qsl(urlsplit(self.get(f"/exports/{self.ids['number']}")["file_url"]).query))
        needed = [one["name"] for one in operation["parameters"] if one["in"] == "query" and one.get("required")]
        known = {"kind": KIND[self.product.BOOKS], "from": "2026-02-01", "to": "2026-02-28", "year": "2026"}
        return {one: known[one] for one in needed}

    def words(self, name: str) -> dict[str, Any]:
        """What of an example is a secret, or depends on the connector or the day."""
        make = getattr(self, f"_{name}", None)
        return make() if make else {}

    def _credentials_create_token(self) -> dict[str, Any]:
        return {"audience": self.product.BOOKS}

    def _sign_in_login(self) -> dict[str, Any]:
        return {"email": "in@sample.example", "password": self.password}

    def _sign_in_refresh(self) -> dict[str, Any]:
        return {"refresh_token": self.bearer["refresh_token"], "device_id": DEVICE}

    def _proofs_change_password(self) -> dict[str, Any]:
        return {"password": self.password}

    _proofs_enrol = _proofs_change_password

    def _proofs_confirm(self) -> dict[str, Any]:
        now = int(self.product.clock.now.timestamp())
        return {"otp": TOTP(b32decode(self.secret), 6, SHA1(), 30).generate(now).decode()}

    def _proofs_remove(self) -> dict[str, Any]:
        return {"otp": self.recovery}

    def _invitations_accept(self) -> dict[str, Any]:
        return {"token": self.invited["token"], "password": PASSWORD}

    def _webhooks_create(self) -> dict[str, Any]:
        return {"url": "http://127.0.0.1:9/other"}

    def _given_give_invoice(self) -> dict[str, Any]:
        line = {"description": "Website", "hours": "7.5", "rate": "48", "amount": "360.00", "entries": [self.ids["b1"]]}
        return {"currency": self.currency, "lines": [line]}

    _given_give_invoice_again = _given_give_invoice

    def _work_keep(self) -> dict[str, Any]:
        return {"document": self.ids["timesheet" if self.product.BOOKS == "xero" else "document"]}

    def _linking_link(self) -> dict[str, Any]:
        path = f"/connections/{self.ids['connection']}/references"
        rows = self.product.get(self.product.BOOKS, path, kind=KIND[self.product.BOOKS])["items"]
        row = next(one for one in rows if one["remote"])
        return {"items": [{name: row[name] for name in ("kind", "local", "currency", "remote")}]}
