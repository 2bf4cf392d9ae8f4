"""The whole product in one process, driven over its HTTP surface alone: both services, the emulator, real databases."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from urllib3.filepost import encode_multipart_formdata

from services.ingest import app as ingest
from services.ingest.accounts.operator import operator_token
from services.ingest.tables import metadata as ingest_tables
from services.quickbooks_connector import app as quickbooks
from services.quickbooks_connector.emulator.app import Options, create
from shared.connector.models import metadata as connector_tables
from shared.kernel import canonical
from shared.platform import jobs, schedule
from shared.platform.db import Database, feed, reading
from shared.platform.http import Network, Response
from shared.platform.service import Service
from shared.platform.settings import Settings
from shared.platform.vault import Vault

US, GB = "9341450000000001", "9341450000000003"
INTUIT = "https://quickbooks.intuit.example"
TOKEN_LIFE = timedelta(minutes=50)  # of the hour that they are good for
PREFIXES = {"ingest": "http://ingest.internal/api/v1/worklog", "quickbooks": "http://quickbooks.internal/quickbooks"}
HEADER = (
    "kind,source_id,date,start,end,duration,break,overtime,person,client,job,tags,"
    "rate,currency,amount,distance,unit,category,billable,notes"
)


def position(db: Database, table: sa.Table) -> int:
    """How far a feed has been written, or a cursor has read."""
    with reading(db) as session:
        return session.execute(_top(table)).scalar() or 0


@cache
def _top(table: sa.Table) -> sa.Select[Any]:
    return sa.select(sa.func.max(table.c.position))


def settings(extra: Mapping[str, str]) -> Settings:
    return Settings(
        data=Path("unused"),
        host="127.0.0.1",
        port=8765,
        public_url="http://localhost:8765",
        broker_url="",
        master_key_file=Path("unused"),
        databases={},
        urls={"ingest": "http://ingest.internal", "quickbooks": "http://quickbooks.internal"},
        lease_seconds=30,
        extra=MappingProxyType({"TIMEBOOKS_WEBHOOK_LOOPBACK": "yes", **extra}),
    )


def intuit_settings() -> dict[str, str]:
    return {
        "QUICKBOOKS_API_URL": INTUIT,
        "QUICKBOOKS_AUTHORIZE_URL": f"{INTUIT}/connect/oauth2",
        "QUICKBOOKS_TOKEN_URL": f"{INTUIT}/oauth2/v1/tokens/bearer",
        "QUICKBOOKS_REVOKE_URL": f"{INTUIT}/v2/oauth2/tokens/revoke",
        "QUICKBOOKS_CLIENT_ID": "sample-client",
        "QUICKBOOKS_CLIENT_SECRET": "sample-secret",
        "QUICKBOOKS_WEBHOOK_VERIFIER": "sample-verifier",
    }


class Refused(AssertionError):
    """An answer of 400 and above; ``status`` and ``error`` as given."""

    def __init__(self, answer: Response) -> None:
        self.status, self.value = answer.status, json.loads(answer.body or b"{}")
        self.error: dict[str, Any] = self.value.get("error", {})
        super().__init__(f"{answer.status} {self.error or self.value}")


class Product:
    """One installation with one organisation and its owner; ``work`` does what is due until nothing is."""

    BOOKS = "quickbooks"  # the connector of this installation

    def __init__(
        self,
        make_database: Callable[..., Database],
        clock: Any,
        *,
        extra: Mapping[str, str] = MappingProxyType({}),
        **options: Any,
    ) -> None:
        self.clock, self.vault, self.network = clock, Vault(bytes(range(32))), Network()
        self._tokens: dict[tuple[str, str], tuple[datetime, str]] = {}
        self.emulator = create(Options(clock=clock, **options))
        self.network.mount(f"{INTUIT}/", self.emulator.wsgi)
        mine = settings({**intuit_settings(), **extra})
        self.ingest: Service = ingest.build(mine, make_database(ingest_tables), self.vault, self.network)
        self.quickbooks: Service = quickbooks.build(mine, make_database(connector_tables), self.vault, self.network)
        for service in self.services:
            self.network.mount(f"http://{service.name}.internal/", service.app)
        self.owner = self.organisation("owner@sample.example")

    @property
    def services(self) -> tuple[Service, ...]:
        return self.ingest, self.quickbooks

    @property
    def looked_at(self) -> tuple[Service, ...]:
        """The services that a test of every route goes through with this product: those that no other product shows."""
        return self.services

    # ---- HTTP

    def organisation(self, owner: str, currency: str = "USD", zone: str = "America/New_York") -> str:
        """A new organisation; its owner's API key."""
        wanted = {"organisation": "Sample Studio", "owner": owner, "zone": zone, "currency": currency}
        return str(self.post("ingest", "/accounts", wanted, key=operator_token(self.vault))["key"])

    def bearer(self, service: str, key: str) -> str:
        """What is shown at a service's door: the key itself to ingest, a token made of it to the others."""
        if service == "ingest":
            return key
        until, token = self._tokens.get((service, key), (self.clock.now, ""))
        if until <= self.clock.now:
            token = str(self.post("ingest", "/token", {"audience": service}, key=key)["token"])
            self._tokens[service, key] = self.clock.now + TOKEN_LIFE, token
        return token

    def forget_tokens(self) -> None:
        """Time has gone back, or keys have."""
        self._tokens.clear()

    def send(self, method: str, service: str, path: str, *, key: str | None = None, **options: Any) -> Response:
        headers = {"Authorization": f"Bearer {self.bearer(service, key or self.owner)}", **options.pop("headers", {})}
        return self.network.send(method, PREFIXES[service] + path, headers=headers, **options)

    def get(self, service: str, path: str, *, key: str | None = None, **params: str) -> Any:
        return _value(self.send("GET", service, path, key=key, params=params))

    def post(self, service: str, path: str, value: Any, *, key: str | None = None, method: str = "POST") -> Any:
        if key is not None and path in ("/accounts", "/token"):
            headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
            url = PREFIXES[service] + path
            return _value(self.network.send(method, url, headers=headers, body=canonical.dumps(value)))
        headers = {"Content-Type": "application/json"}
        return _value(self.send(method, service, path, key=key, headers=headers, body=canonical.dumps(value)))

    # ---- people's doings

    def imports(self, text: str, *, name: str = "report.csv", key: str | None = None, **fields: str) -> Any:
        """Import our layout; the header is put in front unless the text has one."""
        body = text if text.startswith("kind,") else f"{HEADER}\n{text}"
        return self.uploads(name, body.encode(), key=key, **fields)

    def uploads(self, name: str, data: bytes, *, key: str | None = None, **fields: str) -> Any:
        """Send a file as a program that looks at no difference."""
        parts: dict[str, Any] = {"file": (name, data, "application/octet-stream"), "changes": "accept", **fields}
        body, kind = encode_multipart_formdata(parts)
        return _value(self.send("POST", "ingest", "/import", key=key, headers={"Content-Type": kind}, body=body))

    def approves(self, **what: Any) -> Any:
        return self.post("ingest", "/approvals", what)

    def composes(self, since: str = "2026-03-01", until: str = "2026-03-31", **what: Any) -> Any:
        return self.post("ingest", "/invoices/compose", {"from": since, "to": until, "grouping": "job", **what})

    def connects(self, realm: str = US, *, key: str | None = None) -> str:
        """Connect a company through the consent page; the connection's id."""
        url = self.post("quickbooks", "/connect", {}, key=key)["authorize_url"]
        callback = self.emulator.consent(url, realm)
        path = callback.split("/quickbooks/", 1)[1]
        page = self.network.send("GET", f"{PREFIXES['quickbooks']}/{path}")
        assert page.status == 200, page.body
        return str(self.get("quickbooks", "/connections", key=key)["items"][-1]["id"])

    def links(self, connection: str) -> None:
        """Link everything that documents name, creating over there what has no namesake."""
        for kind in ("customer", "item", "tax_code"):
            path = f"/connections/{connection}/references"
            for row in self.get("quickbooks", path, kind=kind)["items"]:
                if row["state"] == "linked":
                    continue
                chosen = {"remote": row["candidates"][0]["remote"]} if row["candidates"] else {"create": True}
                named = {name: row[name] for name in ("kind", "local", "currency")}
                self.post("quickbooks", path, named | chosen, method="PUT")

    def pushes(self, connection: str) -> Any:
        """Plan, press go, and work it off; the plan as it was shown."""
        plan = self.post("quickbooks", f"/connections/{connection}/plans", {})
        self.post("quickbooks", f"/plans/{plan['plan']}/apply", {})
        self.work()
        return plan

    def hears(self, **how: Any) -> list[int]:
        """Deliver the emulator's callbacks; give the answers' statuses."""
        url = f"{PREFIXES['quickbooks']}/callbacks/webhook"
        sent = self.emulator.deliver(**how)
        heard = [self.network.send("POST", url, headers=one.headers, body=one.body).status for one in sent]
        self.work()
        return heard

    def invoices(self, **filters: str) -> dict[str, Any]:
        """Invoices as the API lists them, by number."""
        return {one["number"]: one for one in self.get("ingest", "/invoices", page_size="200", **filters)["items"]}

    def external_id(self, number: str) -> str:
        [external] = self.invoices()[number]["external"]
        return str(external["external_id"])

    # ---- work

    def work(self) -> None:
        """Let every service follow the others and do what is due, until a round of it brings nothing new."""
        for _ in range(20):
            self.clock.advance(seconds=2)
            told = self._told()
            rung = sum(schedule.ring(one.db, [tick for tick in one.ticks if tick.every <= 10]) for one in self.services)
            done = sum(jobs.run_ready(service.db, service.handlers) for service in self.services)
            if done <= rung and self._told() == told:
                return

    def _told(self) -> list[int]:
        """How much news each service has told so far."""
        return [position(service.db, feed) for service in self.services]

    def later(self, **amount: int) -> None:
        """Let time pass, with everything that comes round in it."""
        self.clock.advance(**amount)
        for service in self.services:
            schedule.ring(service.db, service.ticks)
        self.work()


def _value(answer: Response) -> Any:
    if answer.status >= 400:
        raise Refused(answer)
    return json.loads(answer.body, parse_float=Decimal) if answer.body else None
