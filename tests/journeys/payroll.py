"""Ingest with the Xero connector in one process, driven over HTTP alone: the emulator, real databases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from services.ingest import app as ingest
from services.ingest.tables import metadata as ingest_tables
from services.xero_connector import app as xero
from services.xero_connector.emulator.app import Options, create, environment
from services.xero_connector.emulator.seeds import AU, NZ, UK
from services.xero_connector.models import metadata as payroll_tables
from shared.connector.models import metadata as connector_tables
from shared.kernel import canonical
from shared.platform.db import Database
from shared.platform.http import Network
from shared.platform.service import Service
from shared.platform.vault import Vault
from tests.journeys.product import PREFIXES, Product, settings

XERO = "https://xero.example"
PREFIXES["xero"] = "http://xero.internal/xero"
REGIONS = {"au": AU, "nz": NZ, "uk": UK}
ZONES = {"au": "Australia/Sydney", "nz": "Pacific/Auckland", "uk": "Europe/London"}
WORKER = {"au": "Wanda Wattle", "nz": "Kiri Kowhai", "uk": "Wilma Weekly"}
"""Somebody on a weekly calendar in each country: weeks begin on Mondays."""


class Payroll(Product):
    """One installation with one organisation, paying through Xero."""

    BOOKS = "xero"

    def __init__(
        self, make_database: Callable[..., Database], clock: Any, *, own: dict[str, str] | None = None, **options: Any
    ) -> None:
        self.clock, self.vault, self.network = clock, Vault(bytes(range(32))), Network()
        self._tokens = {}
        self.emulator: Any = create(Options(clock=clock, **options))
        self.network.mount(f"{XERO}/", self.emulator.wsgi)
        mine = settings(environment(XERO) | (own or {}))
        mine.urls["xero"] = "http://xero.internal"
        mine.urls.pop("quickbooks")
        self.ingest: Service = ingest.build(mine, make_database(ingest_tables), self.vault, self.network)
        self.xero: Service = xero.build(mine, make_database(connector_tables, payroll_tables), self.vault, self.network)
        for service in self.services:
            self.network.mount(f"http://{service.name}.internal/", service.app)
        self.owner = self.organisation("owner@sample.example", currency="AUD", zone="Australia/Sydney")

    @property
    def services(self) -> tuple[Service, ...]:
        return self.ingest, self.xero

    @property
    def looked_at(self) -> tuple[Service, ...]:
        return (self.xero,)

    def connects(self, region: str = "au", *, key: str | None = None) -> str:
        """Connect an organisation through the consent page; the connection's id."""
        url = self.post("xero", "/connect", {}, key=key)["authorize_url"]
        callback = self.emulator.consent(url, REGIONS[region])
        page = self.network.send("GET", f"{PREFIXES['xero']}/{callback.split('/xero/', 1)[1]}")
        assert page.status == 200, page.body
        return str(self.get("xero", "/connections", key=key)["items"][-1]["id"])

    def chooses(self, connection: str, **options: Any) -> None:
        self.post("xero", f"/connections/{connection}", options)

    def links(self, connection: str) -> None:
        """Link everybody and every kind of pay to what over there is called the same."""
        path = f"/connections/{connection}/references"
        for kind in ("employee", "earnings_rate"):
            for row in self.get("xero", path, kind=kind)["items"]:
                if row["state"] == "suggested":
                    named = {name: row[name] for name in ("kind", "local", "currency")}
                    self.post("xero", path, named | {"remote": row["candidates"][0]["remote"]}, method="PUT")

    def logs(self, *entries: tuple[str, str, str, str]) -> None:
        """Approved work: (source id, person, date, h:mm:ss)."""
        rows = [f"time,{name},{day},,,{length},,,{person},Harbour,,,,,,,,,yes,Work" for name, person, day, length in entries]
        self.imports("\n".join(rows))
        self.approves(confirm=True)

    def unapproves(self, *names: str) -> None:
        entries = self.get("ingest", "/records", kind="time", page_size="200")["items"]
        ids = [one["id"] for one in entries if one["source_id"] in names]
        self.post("ingest", "/approvals/withdraw", {"ids": ids})

    def plans(self, connection: str) -> Any:
        return self.post("xero", f"/connections/{connection}/plans", {})

    def pushes(self, connection: str) -> Any:
        plan = self.plans(connection)
        self.post("xero", f"/plans/{plan['plan']}/apply", {})
        self.work()
        return plan

    def timesheets(self, **filters: str) -> list[dict[str, Any]]:
        """As the API lists them."""
        found: list[dict[str, Any]] = self.get("ingest", "/timesheets", page_size="200", **filters)["items"]
        return found

    def there(self, region: str = "au") -> list[dict[str, Any]]:
        """Every timesheet over there."""
        found: list[dict[str, Any]] = canonical.loads(canonical.dumps(self.emulator.timesheets(REGIONS[region])))
        return found
