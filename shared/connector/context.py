"""What a connector's functions are given: its database, keys, network and the provider it speaks to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.connector.provider import Client, Provider, Tenant
from shared.platform.db import Database
from shared.platform.http import Network, Peer
from shared.platform.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """An organisation's authorised link to one remote tenant. ``name`` is opened, tokens are not in here."""

    id: str
    organisation: str
    tenant: Tenant
    state: str  # statuses.ConnectionState
    push: str  # "on_plan" | "automatic"
    pulled_until: datetime | None
    connected_at: datetime
    refresh_expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """One accounting connector, built. ``client(connector, connection, token)`` makes its I/O part for one call."""

    db: Database
    vault: Vault
    network: Network
    provider: Provider
    client: Callable[[Connector, Any, str], Client]
    ingest: Peer
    public_url: str

    @property
    def callback_url(self) -> str:
        """Where the provider sends the browser back to; registered with the provider, so it never varies."""
        return f"{self.public_url}/{self.provider.info.key}/connect/callback"
