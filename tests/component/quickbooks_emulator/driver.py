"""A connected app as small as can be: it speaks HTTP to the emulator and keeps every number exact."""

from __future__ import annotations

import base64
import json
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from services.quickbooks_connector.emulator.app import Emulator
from services.quickbooks_connector.emulator.wire import dumps

HAND, SERVICE, BRITISH, AUSTRALIAN = "9341450000000001", "9341450000000002", "9341450000000003", "9341450000000004"
REDIRECT = "http://localhost:8000/quickbooks/connect/callback"
BASIC = {"Authorization": "Basic " + base64.b64encode(b"sample-client:sample-secret").decode()}
AUTHORIZE = "https://appcenter.intuit.com/connect/oauth2?" + urlencode(
    {
        "client_id": "sample-client",
        "response_type": "code",
        "scope": "com.intuit.quickbooks.accounting",
        "redirect_uri": REDIRECT,
        "state": "s-1",
    }
)


class Answer:
    """Status, headers and body of one answer."""

    def __init__(self, status: int, headers: Any, raw: bytes) -> None:
        self.status, self.headers, self.raw = status, headers, raw

    @property
    def body(self) -> Any:
        return json.loads(self.raw, parse_float=Decimal)

    @property
    def fault(self) -> dict[str, Any]:
        """The first error, which must be there."""
        found = self.body.get("Fault") or self.body["fault"]
        errors = found.get("Error") or found["error"]
        return dict(errors[0])

    @property
    def code(self) -> str:
        return str(self.fault["code"])


class App:
    """One app with one company's tokens."""

    def __init__(self, emulator: Emulator, realm: str) -> None:
        self.emulator, self.realm = emulator, realm
        self.http = emulator.wsgi.test_client()
        self.tokens: dict[str, Any] = {}
        self.connect()

    def code(self) -> str:
        return parse_qs(urlsplit(self.emulator.consent(AUTHORIZE, self.realm)).query)["code"][0]

    def connect(self) -> None:
        self.tokens = self.exchange(self.code()).body

    def exchange(self, code: str, redirect: str = REDIRECT, **headers: str) -> Answer:
        return self.token({"grant_type": "authorization_code", "code": code, "redirect_uri": redirect}, headers)

    def refresh(self, token: str | None = None) -> Answer:
        return self.token({"grant_type": "refresh_token", "refresh_token": token or self.tokens["refresh_token"]}, {})

    def token(self, form: dict[str, str], headers: dict[str, str]) -> Answer:
        heard = self.http.post("/oauth2/v1/tokens/bearer", data=form, headers={**BASIC, **headers})
        return Answer(heard.status_code, heard.headers, heard.data)

    def get(self, path: str, **args: str) -> Answer:
        heard = self.http.get(f"/v3/company/{self.realm}/{path}", query_string=args, headers=self._bearer())
        return Answer(heard.status_code, heard.headers, heard.data)

    def post(self, path: str, body: Any, **args: str) -> Answer:
        """`body` as a dict, or as the very text to send."""
        text = body if isinstance(body, str) else dumps(body)
        heard = self.http.post(f"/v3/company/{self.realm}/{path}", data=text, query_string=args, headers=self._bearer())
        return Answer(heard.status_code, heard.headers, heard.data)

    def query(self, statement: str) -> Any:
        answer = self.get("query", query=statement)
        assert answer.status == 200, answer.raw
        return answer.body["QueryResponse"]

    def invoice(self, **changes: Any) -> dict[str, Any]:
        """A stored invoice: two hours at 50, number A-1, unless told otherwise."""
        answer = self.post("invoice", draft(**changes))
        assert answer.status == 200, answer.raw
        return dict(answer.body["Invoice"])

    def read(self, invoice: dict[str, Any]) -> dict[str, Any]:
        return dict(self.get(f"invoice/{invoice['Id']}").body["Invoice"])

    def _bearer(self) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self.tokens['access_token']}",
            "Accept": "application/json",
            "Content-Type": "application/json",
        }


def line(qty: str = "2", price: str = "50", amount: str = "100", **detail: Any) -> dict[str, Any]:
    return {
        "DetailType": "SalesItemLineDetail",
        "Amount": Decimal(amount),
        "SalesItemLineDetail": {"ItemRef": {"value": "1"}, "Qty": Decimal(qty), "UnitPrice": Decimal(price), **detail},
    }


def draft(**changes: Any) -> dict[str, Any]:
    """What is sent to make an invoice; a property given as None is left out."""
    body = {"CustomerRef": {"value": "1"}, "DocNumber": "A-1", "TxnDate": "2026-03-02", "Line": [line()], **changes}
    return {name: value for name, value in body.items() if value is not None}


def header(invoice: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A sparse change of an invoice."""
    return {"Id": invoice["Id"], "SyncToken": invoice["SyncToken"], "sparse": True, **changes}
