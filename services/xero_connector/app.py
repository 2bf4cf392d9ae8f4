"""The Xero connector as a service."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from services.xero_connector import details, intake, routes, sight, wish
from services.xero_connector import settings as ours
from services.xero_connector.client import Client
from services.xero_connector.provider import XeroProvider
from shared.connector import app
from shared.connector.app import More
from shared.connector.context import Connector, Hooks
from shared.contract.messages import WORK_CHANGED
from shared.platform.db import Database
from shared.platform.http import Network
from shared.platform.jobs import Job
from shared.platform.service import Service
from shared.platform.settings import Settings
from shared.platform.vault import Vault


def build(settings: Settings, db: Database, vault: Vault, network: Network) -> Service:
    """The service on a migrated database."""
    mine = ours.load(settings)
    provider = XeroProvider(mine.info, mine.webhook_key, mine.array_size)
    how = partial(Client, au_version=mine.au_version, granted=mine.granted)
    hooks = replace(HOOKS, beside=partial(details.beside, array_size=mine.array_size, granted=mine.granted))
    return app.build(settings, db, vault, network, provider, lambda c, *one: how(c, mine.api_url, *one), hooks, _more)


HOOKS = Hooks(
    kinds=(WORK_CHANGED,),
    take=intake.take,
    before_plan=wish.before_plan,
    pulled=sight.pulled,
    linked=intake.linked,
    choosing=intake.choosing,
    details=details.of,
    names=details.names,
)
"""What payroll does around the shared algorithm: its timesheets are composed here."""


def _more(c: Connector) -> More:
    handlers: Mapping[str, Callable[[Job], None]] = {intake.COMPOSE: lambda job: wish.work_off(c, job)}
    return More(rooms=(routes.room(c), routes.pay_runs(c)), handlers=handlers)
