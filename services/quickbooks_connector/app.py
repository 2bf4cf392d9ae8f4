"""The QuickBooks connector as a service."""

from __future__ import annotations

from services.quickbooks_connector import settings as ours
from services.quickbooks_connector.client import Client
from services.quickbooks_connector.provider import QuickBooksProvider
from shared.connector import app, follow
from shared.connector.context import Connection, Connector, Hooks
from shared.contract.messages import INVOICE_CHANGED
from shared.platform.db import Database
from shared.platform.http import Network
from shared.platform.service import Service
from shared.platform.settings import Settings
from shared.platform.vault import Vault


def build(settings: Settings, db: Database, vault: Vault, network: Network) -> Service:
    """The service on a migrated database."""
    mine = ours.load(settings)

    def client(connector: Connector, connection: Connection, token: str) -> Client:
        return Client(connector, mine.api_url, connection.tenant.id, token)

    hooks = Hooks(kinds=(INVOICE_CHANGED,), take=follow.take_document)
    return app.build(settings, db, vault, network, QuickBooksProvider(mine.info, mine.verifier), client, hooks)
