"""What a connector's functions are given: its database, keys, network and the provider it speaks to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.connector.provider import Client, Provider, Tenant
from shared.platform.db import Database
from shared.platform.http import Network, Peer
from shared.platform.session import Session
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
    listed_at: datetime | None
    connected_at: datetime
    refresh_expires_at: datetime | None


Row = Mapping[str, Any]


def _ignore(*about: object) -> None:
    """Nothing follows from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """What a connector does besides, around the algorithm: one that composes its documents itself has work of its own."""

    kinds: tuple[str, ...]  # of ingest's feed that it follows
    work: tuple[str, ...] = ()  # its own kinds of jobs on a connection; asked for whenever one is connected
    take: Callable[[Connector, Session, Row], None]  # one such feed row, within the transaction of the cursor
    before_plan: Callable[[Connector, Connection], None] = _ignore  # bring what is wanted up to date
    pulled: Callable[[Connector, Session, Connection, Sequence[Any], Collection[str]], None] = _ignore
    """What a pull saw (Seen), and ids of what is gone, within its transaction, before it is applied."""
    linked: Callable[[Connector, Session, Connection, str, str], None] = _ignore  # a link was made: its kind and our id
    choosing: Callable[[Session, Connection, Mapping[str, Any]], None] = _ignore
    """Raises Conflict when options can't be chosen as things stand."""
    names: Callable[[Session, str], Mapping[str, str]] = lambda session, connection: {}
    """What things over there are called that nothing of ours is linked to, by their id; for a connection."""
    beside: Callable[[Connector, Connection, Sequence[Row]], dict[str, Any]] = lambda c, connection, items: {}
    """What a plan shows beside its items, by name: what no document could take, and the like."""
    details: Callable[[Session, Sequence[Row]], Mapping[str, Row]] = lambda session, rows: {}
    """What status messages say beyond the binding, by binding."""


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
    hooks: Hooks

    @property
    def callback_url(self) -> str:
        """Where the provider sends the browser back to; registered with the provider, so it never varies."""
        return f"{self.public_url}/{self.provider.info.key}/connect/callback"
