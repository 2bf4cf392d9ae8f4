"""The one list of services: everything that runs, mounts, migrates or addresses them goes through it."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.kernel.errors import Missing
from shared.platform.settings import Settings

if TYPE_CHECKING:
    from shared.platform.db import Database
    from shared.platform.http import Network
    from shared.platform.service import Service


@dataclass(frozen=True, slots=True)
class Entry:
    """One service: loaded only where it runs, so a connector's libraries cost the others nothing."""

    name: str
    prefix: str  # every path of its HTTP surface begins with this, in both modes
    package: str
    emulator: str = ""  # module of what stands in for the provider where no real account is set
    credentials: str = ""  # the setting that says a real account is meant
    reference_kinds: tuple[str, ...] = ()  # what of ours is linked to something of theirs

    def open(self, settings: Settings) -> Database:
        """The service's database."""
        from shared.platform.db import open_database

        seconds = {"lease_seconds": settings.lease_seconds, "resend_seconds": settings.resend_seconds}
        return open_database(settings.databases[self.name], **seconds)

    def build(self, settings: Settings, db: Database) -> Service:
        """The service, ready to serve and to work, on a database that is migrated."""
        from shared.platform.http import Network
        from shared.platform.vault import Vault, load_master

        return self.build_in(settings, db, Vault(load_master(settings.master_key_file)), Network())

    def build_in(self, settings: Settings, db: Database, vault: Any, network: Network) -> Service:
        """The same, with a vault and a network that it shares with others of its process."""
        built: Service = importlib.import_module(f"{self.package}.app").build(settings, db, vault, network)
        return built

    def migrate(self, db: Database) -> None:
        """Bring the service's database to its newest form."""
        from shared.platform.migrations import migrate

        migrate(db, Path(__file__).parent / self.package.removeprefix("services.") / "migrations")

    def emulated(self, settings: Settings) -> bool:
        """Whether the provider's emulator stands in: there is one, and no real account is set."""
        return bool(self.emulator) and not settings.extra.get(self.credentials)


SERVICES: tuple[Entry, ...] = (
    Entry("ingest", "/api/v1/worklog", "services.ingest"),
    Entry(
        "quickbooks",
        "/quickbooks",
        "services.quickbooks_connector",
        emulator="services.quickbooks_connector.emulator.app",
        credentials="QUICKBOOKS_CLIENT_ID",
        reference_kinds=("customer", "item", "tax_code"),
    ),
    Entry(
        "xero",
        "/xero",
        "services.xero_connector",
        emulator="services.xero_connector.emulator.app",
        credentials="XERO_CLIENT_ID",
        reference_kinds=("employee", "earnings_rate", "tracking"),
    ),
)
NAMES = tuple(entry.name for entry in SERVICES)
CONNECTORS = tuple(entry for entry in SERVICES if entry.emulator)


def entry(name: str) -> Entry:
    """The service of this name; raises Missing naming those that exist."""
    for one in SERVICES:
        if one.name == name:
            return one
    raise Missing("no_such_service", f"There is no service {name!r}.", f"Services: {', '.join(NAMES)}.")


def settings_from(environ: Mapping[str, str]) -> Settings:
    """The settings of this installation."""
    return Settings.load(environ, NAMES)
