"""One organisation at a running stack, over HTTP alone; its truth is the emulator's journal."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests

from services.ingest.accounts.operator import operator_token
from shared.platform.vault import Vault, load_master
from tests.distributed.stack import PATIENCE, WEB, Stack

HEADER = "kind,source_id,date,duration,person,client,rate,currency,billable"
FIRST_DAY = date(2026, 1, 1)
NO_TAX = "2"
"""The tax code of the emulated company that stands for none."""


class Firm:
    """Imports, approves and composes; its one connection pushes by itself."""

    def __init__(self, stack: Stack, name: str, realm: str, currency: str) -> None:
        self.stack, self.name, self.realm, self.currency = stack, name, realm, currency
        self.count = 0
        self._session = requests.Session()
        operator = operator_token(Vault(load_master(Path(stack.environment["TIMEBOOKS_MASTER_KEY_FILE"]))))
        wanted = {"organisation": name, "owner": f"{name}@sample.example", "zone": "UTC", "currency": currency}
        self.keys = {"ingest": self._call(operator, "POST", "ingest", "/accounts", json=wanted)["key"]}
        self.keys["quickbooks"] = self.post("ingest", "/token", {"audience": "quickbooks"})["token"]
        self.connection = self._connect()
        self.bills()
        self._link()
        plan = self.post("quickbooks", f"/connections/{self.connection}/plans", {})
        self.post("quickbooks", f"/plans/{plan['plan']}/apply", {})
        stack.until(self.pushed, f"{name}'s first invoice is in the books")
        self.post("quickbooks", f"/connections/{self.connection}", {"push": "automatic"})

    # ---- what people do

    def bills(self, count: int = 1) -> None:
        """Some more days of an hour and a bit, and an invoice for each."""
        fresh = range(self.count, self.count + count)
        days = {number: FIRST_DAY + timedelta(days=number) for number in fresh}
        rows = [
            f"time,t{number},{days[number]},{timedelta(minutes=60 + number)},Pat,Client,60,{self.currency},yes"
            for number in fresh
        ]
        file = {"file": ("hours.csv", "\n".join([HEADER, *rows, ""]).encode())}
        assert self._call(self.keys["ingest"], "POST", "ingest", "/import", files=file)["totals"]["refused"] == 0
        self.post("ingest", "/approvals", {})
        for day in days.values():
            period = {"from": str(day), "to": str(day), "grouping": "day"}
            assert len(self.post("ingest", "/invoices/compose", period)["invoices"]) == 1
        self.count += count

    def _connect(self) -> str:
        url = self.post("quickbooks", "/connect", {})["authorize_url"]
        asked = dict(parse_qsl(urlsplit(url).query))
        agreed = asked | {"realm": self.realm, "decision": "connect"}
        answer = self._session.post(url.partition("?")[0], data=agreed, allow_redirects=False, timeout=PATIENCE)
        back = self._session.get(answer.headers["location"], timeout=PATIENCE)
        assert back.status_code == 200, back.text
        [one] = self.get("quickbooks", "/connections")["items"]
        return str(one["id"])

    def _link(self) -> None:
        """Link everything that the first invoice names, creating over there what has no namesake."""
        path = f"/connections/{self.connection}/references"
        wanted = 2 if self.currency == "USD" else 3

        def named() -> Any:
            rows = [row for kind in ("customer", "item", "tax_code") for row in self.get("quickbooks", path, kind=kind)["items"]]
            return rows if len(rows) >= wanted else None

        for row in self.stack.until(named, f"{self.name} knows what its first invoice names"):
            chosen = {"remote": NO_TAX} if row["kind"] == "tax_code" else {"create": True}
            self.post("quickbooks", path, {name: row[name] for name in ("kind", "local", "currency")} | chosen, method="PUT")

    # ---- what is seen

    def pushed(self) -> bool:
        """Whether every invoice is in the books, as this side sees it."""
        items = self.get("ingest", "/invoices", page_size="200")["items"]
        return len(items) == self.count and all(
            one["external"] and one["external"][0]["pushed_version"] == one["version"] and one["external"][0]["external_id"]
            for one in items
        )

    def assert_once(self) -> None:
        """The journal's word: one live invoice for each that was composed, made once, of the hours that were worked."""
        live = self.stack.emulator("live_invoices", realm=self.realm)
        made = self.stack.emulator("writes", realm=self.realm, entity="Invoice", operation="create", actor="api")
        marks = Counter(entry["body"]["PrivateNote"].rpartition("tb:")[2] for entry in made)
        assert set(marks.values()) == {1}, f"made twice: {marks}"
        minutes = sorted(
            round(Decimal(str(line["SalesItemLineDetail"]["Qty"])) * 60)
            for one in live
            for line in one["Line"]
            if "SalesItemLineDetail" in line
        )
        assert minutes == [60 + number for number in range(self.count)]
        assert len(live) == len(marks) == self.count

    # ---- HTTP

    def get(self, service: str, path: str, **params: str) -> Any:
        return self._call(self.keys[service], "GET", service, path, params=params)

    def post(self, service: str, path: str, value: Any, *, method: str = "POST") -> Any:
        return self._call(self.keys[service], method, service, path, json=value)

    def _call(self, key: str, method: str, service: str, path: str, **what: Any) -> Any:
        url, headers = self.stack.url(service) + WEB[service] + path, {"Authorization": f"Bearer {key}"}
        answer = self._session.request(method, url, headers=headers, timeout=PATIENCE, **what)
        assert answer.status_code < 300, f"{method} {path}: {answer.status_code} {answer.text}"
        return json.loads(answer.text, parse_float=Decimal) if answer.text else None
