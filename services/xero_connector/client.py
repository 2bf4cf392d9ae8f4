"""One organisation in Xero under one token: what the shared algorithm asks for, and payroll's own questions."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from services.xero_connector import looking, organisation, payroll_reading, sending
from services.xero_connector.pace import SMALLEST, Granted
from services.xero_connector.payroll import Payroll, PayRun
from services.xero_connector.regions import registry
from services.xero_connector.regions.region import Region
from services.xero_connector.regions.registry import REGIONS, for_country
from services.xero_connector.sdk import Books
from shared.connector.context import Connection, Connector
from shared.connector.provider import Changes, Held, Need, Operation, Outcome, RemoteObject, Sought, Tenant, Wire
from shared.kernel.errors import Unsupported


class Client:
    """``connector.provider.Client`` for a few calls; not to be shared between threads."""

    def __init__(
        self,
        connector: Connector,
        api_url: str,
        connection: Connection,
        token: str,
        *,
        au_version: str = "1.0",
        granted: Granted = SMALLEST,
    ) -> None:
        tenant = connection.tenant
        self._tenant, self._au_version, self._connected_at = tenant, au_version, connection.connected_at
        known = registry.of(tenant.facts).key if tenant.facts.get("region") else ""
        self._books = Books(connector, api_url, tenant.id, token, known, granted)

    def _region(self) -> Region:
        """The region as it was learnt when connecting, else by the country. Raises Unsupported where there is none."""
        region = REGIONS.get(self._books.region) or for_country(self._tenant.country, self._au_version)
        self._books.region = region.key
        return region

    # ---- what is there

    def tenants(self) -> Sequence[Tenant]:
        return organisation.tenants(self._books, self._au_version)

    def references(self, kind: str) -> Sequence[RemoteObject]:
        region = self._region()
        return organisation.references(self._books, region, kind)

    def create_reference(self, need: Need, tenant: Tenant, key: str) -> RemoteObject:
        """Never: writing one pay item replaces them all."""
        raise Unsupported(
            "not_created_there",
            "Employees, earnings rates and tracking options are made in Xero.",
            "Make it there, then link it here.",
        )

    # ---- timesheets

    def write(
        self, operations: Sequence[Operation], body: bytes, key: str, intent_hash: str, *, again: bool = False
    ) -> Sequence[Outcome]:
        region = self._region()
        return sending.write(self._books, region, operations, body, key, intent_hash, again=again)

    def find(self, sought: Sequence[Sought]) -> Sequence[Wire | None]:
        region = self._region()
        return looking.find(self._books, region, sought)

    def fetch(self, external_ids: Sequence[str]) -> Mapping[str, Wire | None]:
        region = self._region()
        return looking.fetch(self._books, region, external_ids)

    def changed_since(self, at: datetime, *, full: bool = False, known: Mapping[str, Held] | None = None) -> Changes:
        region = self._region()
        return looking.changed_since(self._books, region, at, self._connected_at, full=full, known=known or {})

    # ---- payroll

    def payroll(self, employees: Collection[str]) -> Payroll:
        """What planning needs of the books: calendars, rates, pay runs, and these employees."""
        self._region()
        return payroll_reading.payroll(self._books, employees)

    def pay_runs(self) -> tuple[PayRun, ...]:
        self._region()
        return payroll_reading.pay_runs(self._books)

    def draft_pay_run(self, calendar: str, key: str) -> PayRun:
        region = self._region()
        return payroll_reading.draft_pay_run(self._books, region, calendar, key)

    def post_pay_run(self, number: str, key: str) -> PayRun:
        region = self._region()
        return payroll_reading.post_pay_run(self._books, region, number, key)

    def leave(self, refresh_token: str) -> None:
        """The connection is deleted; the token stays good for the organisations that the same person connected besides."""
        organisation.leave(self._books, self._tenant.facts.get("connection_id"))
