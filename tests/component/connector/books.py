"""The connector alone: real databases, the emulator, and a feed that stands where ingest's would."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import sqlalchemy as sa

from services.quickbooks_connector import app as quickbooks
from services.quickbooks_connector.emulator.app import Options, create
from shared.connector import connect, follow, models, plan, references, store
from shared.connector.context import Connection, Connector
from shared.contract.document_schemas import dump_invoice
from shared.contract.documents import Grouping, Invoice, InvoiceLine, LineKind
from shared.contract.messages import INVOICE_CHANGED
from shared.kernel import canonical
from shared.platform import auth, feed, identity, jobs
from shared.platform.db import Database, reading, transaction
from shared.platform.http import Network
from shared.platform.settings import Settings
from shared.platform.vault import Vault

US, US_OWN_NUMBERS, GB = "9341450000000001", "9341450000000002", "9341450000000003"
ORGANISATION = "org_sample"
INTUIT = "https://quickbooks.intuit.example"
MASTER = bytes(range(32))


def client_id(name: str) -> str:
    return str(uuid5(NAMESPACE_URL, name))


def invoice(number: str, *, hours: str = "7.5", price: str = "48", client: str = "Sample Client", **changes: Any) -> Invoice:
    """An invoice of one line, its sums worked out."""
    amount = (Decimal(hours) * Decimal(price)).quantize(Decimal("0.01"))
    line = InvoiceLine(
        position=1,
        kind=LineKind.TIME,
        description="Planning",
        quantity=Decimal(hours),
        unit="hour",
        unit_price=Decimal(price),
        amount=amount,
    )
    plain = Invoice(
        id=client_id(f"invoice {number}"),
        organisation=ORGANISATION,
        version=1,
        number=number,
        client=client_id(client),
        client_name=client,
        currency="USD",
        issued=date(2026, 3, 31),
        due=date(2026, 4, 30),
        period_from=date(2026, 3, 1),
        period_to=date(2026, 3, 31),
        grouping=Grouping.JOB,
        lines=(line,),
        subtotal=amount,
        tax_name=None,
        tax_percent=Decimal(0),
        tax=Decimal(0),
        total=amount,
        people=(client_id(client),),
    )
    return replace(plain, **changes)


class Wishes:
    """Stands where ingest does: a real feed, bodies held in memory, and ingest's public keys."""

    def __init__(self, db: Database, vault: Vault) -> None:
        self.db, self.vault = db, vault
        self.bodies: dict[str, dict[str, Any]] = {}

    def want(self, *invoices: Invoice) -> None:
        with transaction(self.db) as session:
            for one in invoices:
                self.bodies[one.id] = json.loads(canonical.dumps(dump_invoice(one)), parse_float=Decimal)
                feed.publish(session, one.organisation, INVOICE_CHANGED, one.id, one.version)

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        start("200 OK", [("Content-Type", "application/json")])
        if environ["PATH_INFO"].endswith("/identity/keys"):
            return [canonical.dumps({"keys": list(identity.published(self.db).values())})]
        query = dict(pair.split("=") for pair in environ["QUERY_STRING"].split("&"))
        found = {INVOICE_CHANGED: lambda session, rows: self.bodies}
        page = feed.page(
            self.db, int(query["after"]), [], int(query["limit"]), found, organisation=query.get("organisation")
        )
        return [canonical.dumps(page)]


class Books:
    """One connector with everything it needs; ``work`` does what is due until nothing is."""

    def __init__(self, make_database: Callable[..., Database], clock: Callable[[], Any], **options: Any) -> None:
        self.clock = clock
        self.vault = Vault(MASTER)
        self.emulator = create(Options(clock=clock, **options))
        self.network = Network()
        self.network.mount(f"{INTUIT}/", self.emulator.wsgi)
        self.wishes = Wishes(make_database(), self.vault)
        self.network.mount("http://ingest.internal/", self.wishes)
        self.db = make_database(models.metadata)
        self.service = quickbooks.build(self.settings(), self.db, self.vault, self.network)
        self.network.mount("http://quickbooks.internal/", self.service.app)
        self.connector: Connector = self.service.app.extensions["connector"]

    def settings(self, **extra: str) -> Settings:
        intuit = {
            "QUICKBOOKS_API_URL": INTUIT,
            "QUICKBOOKS_AUTHORIZE_URL": f"{INTUIT}/connect/oauth2",
            "QUICKBOOKS_TOKEN_URL": f"{INTUIT}/oauth2/v1/tokens/bearer",
            "QUICKBOOKS_REVOKE_URL": f"{INTUIT}/v2/oauth2/tokens/revoke",
            "QUICKBOOKS_CLIENT_ID": "sample-client",
            "QUICKBOOKS_CLIENT_SECRET": "sample-secret",
            "QUICKBOOKS_WEBHOOK_VERIFIER": "sample-verifier",
        }
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
            extra=MappingProxyType(intuit | extra),
        )

    # ---- people's doings

    def connect(self, realm: str = US, organisation: str = ORGANISATION) -> Connection:
        url = connect.start(self.connector, organisation, "somebody")
        callback = self.emulator.consent(url, realm)
        query = dict(pair.split("=", 1) for pair in callback.split("?", 1)[1].split("&"))
        return connect.finish(self.connector, query)

    def connected(self, realm: str = US) -> Connection:
        """A connection on which the invoices of ``invoice`` can be pushed."""
        made = self.connect(realm)
        self.work()
        return made

    def link_all(self, connection: Connection) -> None:
        follow.catch_up(self.connector)
        for kind in ("customer", "item"):
            for row in references.listed(self.connector, connection, kind):
                if row["state"] != "linked":
                    chosen = row["candidates"][0]["remote"] if row["candidates"] else None
                    wish = references.Wish(kind, row["local"], row["currency"], chosen)
                    references.link(self.connector, connection, [wish], "somebody")

    def go(self, connection: Connection) -> dict[str, Any]:
        """Plan and press go."""
        made = plan.make(self.connector, connection, "somebody")
        plan.apply(self.connector, made["plan"], connection.organisation, "somebody")
        return made

    def pushed(self, connection: Connection, *invoices: Invoice) -> None:
        """Want these, link what they need, go, and work it off."""
        self.wishes.want(*invoices)
        self.link_all(connection)
        self.go(connection)
        self.work()

    # ---- work

    def work(self, *, limit: int = 200) -> int:
        """Do what is due, until nothing is."""
        return jobs.run_ready(self.db, self.service.handlers, limit=limit)

    def later(self, **amount: int) -> None:
        self.clock.advance(**amount)  # type: ignore[attr-defined]
        self.work()

    def hears(self, **how: Any) -> list[int]:
        """Deliver the emulator's callbacks to the service over HTTP; give the answers' statuses."""
        url = "http://quickbooks.internal/quickbooks/callbacks/webhook"
        sent = self.emulator.deliver(**how)
        statuses = [self.network.send("POST", url, headers=one.headers, body=one.body).status for one in sent]
        self.work()
        return statuses

    # ---- looking

    def binding(self, one: Invoice) -> dict[str, Any]:
        with reading(self.db) as session:
            row = session.execute(sa.select(models.binding).where(models.binding.c.local == one.id)).mappings().one()
            return dict(row)

    def problems(self) -> list[str]:
        with reading(self.db) as session:
            open_ = sa.select(models.problem.c.code).where(models.problem.c.closed_at.is_(None))
            return sorted(session.execute(open_).scalars())

    def jobs(self) -> list[tuple[str, str, Any]]:
        with reading(self.db) as session:
            return [tuple(row) for row in session.execute(sa.select(jobs.job.c.kind, jobs.job.c.state, jobs.job.c.failure))]

    def token(self, scopes: frozenset[str] = auth.SCOPES, organisation: str = ORGANISATION) -> str:
        """A bearer as ingest would sign it."""
        who = auth.Principal(organisation, "somebody", "owner", scopes, "token")
        return auth.sign_token(identity.signer(self.wishes.db, self.vault, "ingest"), who, audience="quickbooks", seconds=3600)

    def reload(self, connection: Connection) -> Connection:
        with reading(self.db) as session:
            return store.connection(self.connector, session, connection.id, connection.organisation)
