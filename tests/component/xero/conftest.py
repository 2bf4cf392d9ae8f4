"""The client on a real database, with the emulator mounted where Xero would be, and one clock for both."""

from __future__ import annotations

import hashlib
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.xero_connector.client import Client
from services.xero_connector.emulator.app import Emulator, Options, create
from services.xero_connector.regions.registry import REGIONS
from shared.connector.context import Connection, Connector
from shared.connector.provider import Operation, Sought, Tenant
from shared.kernel import canonical
from shared.platform.http import Network
from tests.component.xero_emulator import driver

XERO = "https://xero.example"
NOW = datetime(2026, 11, 11, 1, 30, tzinfo=UTC)
TENANTS = {"au1": driver.AU, "au2": driver.AU, "nz": driver.NZ, "uk": driver.UK}
WORKER = {"au1": "Wanda Wattle", "au2": "Wanda Wattle", "nz": "Kiri Kowhai", "uk": "Wilma Weekly"}
COUNTRY = {"au1": "AU", "au2": "AU", "nz": "NZ", "uk": "GB"}


class Office:
    """One region's organisation: a client of ours, an app that only looks, and what a test wants to have written."""

    def __init__(
        self,
        emulator: Emulator,
        connector: Connector,
        region: str,
        *,
        tenant: str = "",
        worker: str | None = None,
        **options: Any,
    ) -> None:
        self.emulator, self.connector, self.region = emulator, connector, REGIONS[region]
        self.tenant = tenant or TENANTS[region]
        kind = driver.Australia if region == "au1" else driver.Second
        self.app: Any = kind(emulator, self.tenant)
        self.client = self.another(**options)
        self.worker = emulator.employees(self.tenant).get(worker or WORKER[region], "")

    @property
    def token(self) -> str:
        return str(self.app.tokens["access_token"])

    def another(self, **options: Any) -> Client:
        """A client with the present token."""
        return self.anew(self.connection(), **options)

    def anew(self, connection: Connection, **options: Any) -> Client:
        """A client that knows of the organisation what this connection says."""
        return Client(self.connector, XERO, connection, self.token, **options)

    def connection(self, **changes: Any) -> Connection:
        facts = {"region": self.region.key}
        known = Tenant(id=self.tenant, name="", country=COUNTRY[self.region.key], currency="", facts=facts)
        return Connection(
            id="c-1",
            organisation="org_sample",
            tenant=replace(known, **changes),
            state="live",
            push="on_plan",
            pulled_until=None,
            listed_at=None,
            connected_at=NOW,
            refresh_expires_at=None,
        )

    # ---- what is wanted

    def week(
        self, *units: str, name: str | None = None, number: str | None = None, rate: str = "Ordinary Hours"
    ) -> dict[str, Any]:
        """The payload of a week from Monday the 2nd of November 2026 with these units on its first days."""
        if self.region.key == "au1":
            filled = [*units, *["0"] * (7 - len(units))]
            lines = [{"EarningsRateID": self.app.rate(rate), "NumberOfUnits": [driver.Decimal(one) for one in filled]}]
            body = self.app.element(name or WORKER["au1"], TimesheetLines=lines)
            return body | ({"TimesheetID": number} if number else {})
        days = [driver.MONDAY + timedelta(days=place) for place in range(len(units))]
        lines = [self.app.line(day, one, rate) for day, one in zip(days, units, strict=True) if driver.Decimal(one)]
        body = self.app.week(name or WORKER[self.region.key], timesheetLines=lines)
        return body | ({"timesheetID": number} if number else {})

    def write(
        self,
        *items: tuple[str, dict[str, Any], bool],
        key: str = "k-1",
        client: Client | None = None,
        seen: str = "",
        again: bool = False,
    ) -> list[Any]:
        """Each item: operation, payload, whether it is to be approved. ``seen``: their last change that we know of."""
        known = {"seen": seen} if seen else {}
        sent = [{"timesheet": payload, "approve": approve, **known} for _, payload, approve in items]
        body = canonical.dumps({"items": sent})
        operations = [Operation(operation) for operation, _, _ in items]
        return list((client or self.client).write(operations, body, key, hashlib.sha256(body).hexdigest(), again=again))

    def create(self, *units: str, approve: bool = False, key: str = "k-1") -> dict[str, Any]:
        [outcome] = self.write(("create", self.week(*units), approve), key=key)
        return dict(outcome)

    def number(self, wire: dict[str, Any]) -> str:
        return str(wire.get("timesheetID") or wire["TimesheetID"])

    def find(self, operation: str, payload: dict[str, Any], *, approve: bool = False, number: str | None = None) -> Any:
        return self.client.find([_sought(operation, payload, approve, number)])[0]

    def find_all(self, *sought: tuple[str, dict[str, Any]]) -> Any:
        return self.client.find([_sought(operation, payload, False, None) for operation, payload in sought])

    # ---- what is there

    def there(self) -> list[tuple[str, str, str]]:
        """Employee's timesheets as status and hours, by start."""
        rows = self.emulator.timesheets(self.tenant, employee=self.worker)
        return [(row["start"], row["status"], str(row["hours"])) for row in rows]

    def calls(self) -> list[tuple[str, str]]:
        """Method and last parts of the path of every call since the last look."""
        with self.emulator.held() as state:
            seen = [(method, "/".join(path.split("/")[3:])) for method, path in state.requests]
            state.requests.clear()
        return seen


def _sought(operation: str, payload: dict[str, Any], approve: bool, number: str | None) -> Sought:
    return Sought(
        operation=Operation(operation),
        external_id=number,
        remote_version=None,
        marker="tb:b.1",
        payload={"timesheet": payload, "approve": approve},
        since=NOW,
    )


@pytest.fixture
def backend(request: pytest.FixtureRequest) -> str:
    """One engine is enough where only Xero's side is of interest; the quota's tests ask for both."""
    return str(getattr(request, "param", "sqlite"))


@pytest.fixture
def emulator(clock: Any) -> Emulator:
    clock.now = NOW
    return create(Options(clock=clock))


@pytest.fixture
def connector(make_database: Any, emulator: Emulator) -> Connector:
    network = Network()
    network.mount(f"{XERO}/", emulator.wsgi)
    unused: Any = {field.name: None for field in fields(Connector)}
    return Connector(**unused | {"db": make_database(), "network": network})


@pytest.fixture
def open_office(emulator: Emulator, connector: Connector) -> Any:
    """``open_office("nz")``"""
    return lambda region, **options: Office(emulator, connector, region, **options)


@pytest.fixture(params=["au1", "au2", "nz", "uk"])
def office(request: pytest.FixtureRequest, open_office: Any) -> Office:
    """Once in each region."""
    return open_office(request.param)


@pytest.fixture(params=["au2", "nz", "uk"])
def dated_office(request: pytest.FixtureRequest, open_office: Any) -> Office:
    """Once in each region of the 2.0 shape."""
    return open_office(request.param)


@pytest.fixture
def australia(open_office: Any) -> Office:
    """Australia 1.0."""
    return open_office("au1")
