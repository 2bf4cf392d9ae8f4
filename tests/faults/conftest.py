"""What tests of faults stand on."""

from __future__ import annotations

import pytest

from services.ingest.accounts.operator import operator_token
from services.ingest.app import build
from services.ingest.tables import metadata
from shared.platform import jobs
from shared.platform.http import Network
from shared.platform.settings import Settings
from shared.platform.vault import Vault
from tests.component.ingest.conftest import Caller
from tests.faults import kept
from tests.faults.stands import STANDS


@pytest.fixture
def still_hearts():
    """No heartbeats: a child must not be forked from a process with threads, and a paused worker must lose its lease."""
    jobs.heart().enabled = False
    yield
    jobs.heart().enabled = True


@pytest.fixture(params=STANDS)
def connector(request):
    """A connector by its name; a test asking for it, or for anything standing on it, runs once with each."""
    return request.param


@pytest.fixture
def new_books(connector, make_database, clock, still_hearts):
    """Makes a connector that is not connected to anything yet."""
    return lambda: STANDS[connector](make_database, clock)


@pytest.fixture
def opened_books(connector, backend, make_database, clock, still_hearts):
    """``opened_books(place, …)``: a connector with connections to these places that push by themselves."""
    return lambda *places: kept.opened(connector, places, make_database, clock, backend)


@pytest.fixture
def books(connector, opened_books):
    """A connector with one connection that pushes by itself."""
    return opened_books(STANDS[connector].places[0])


@pytest.fixture
def owner(make_database, clock, still_hearts, tmp_path):
    """The owner of an organisation in ingest, calling over HTTP."""
    vault = Vault(b"m" * 32)
    environ = {"TIMEBOOKS_DATA": str(tmp_path), "TIMEBOOKS_QUICKBOOKS_URL": "http://127.0.0.1:9"}  # where nobody listens
    service = build(Settings.load(environ, ("ingest", "quickbooks")), make_database(metadata), vault, Network())
    asked = {"organisation": "Sample Firm", "owner": "Olive Owner", "zone": "America/New_York", "currency": "USD"}
    made = Caller(service, operator_token(vault)).told("POST", "/accounts", asked, status=201)
    return Caller(service, made["key"], made["organisation"])
