"""Calls from our other services, which sign for themselves."""

from __future__ import annotations

import pytest
from joserfc.jwk import OKPKey

from services.ingest.app import build
from shared.kernel import canonical
from shared.platform import auth
from shared.platform.auth import Principal
from shared.platform.db import Database
from shared.platform.http import Network
from shared.platform.service import Service
from shared.platform.settings import Settings
from shared.platform.vault import Vault
from tests.component.ingest.conftest import Caller


@pytest.fixture(scope="module")
def theirs() -> OKPKey:
    """The connector's signing key."""
    return auth.new_signing_key()


@pytest.fixture
def ingest(db: Database, vault: Vault, theirs: OKPKey) -> Service:
    """Ingest with a connector that publishes its key at its own address."""

    def connector(environ, start):
        assert environ["PATH_INFO"] == "/quickbooks/identity/keys"
        start("200 OK", [("Content-Type", "application/json")])
        return [canonical.dumps({"keys": list(auth.public_keys(theirs).values())})]

    network = Network()
    network.mount("http://quickbooks.internal", connector)
    settings = Settings.load({"TIMEBOOKS_QUICKBOOKS_URL": "http://quickbooks.internal"}, ("ingest", "quickbooks"))
    return build(settings, db, vault, network)


def _signed(key: OKPKey, *, role: str = "service", audience: str = "ingest", issuer: str = "quickbooks") -> str:
    caller = Principal("" if role == "service" else "someone", "quickbooks", role, auth.ROLES[role], "token")
    return auth.sign_token(key, caller, audience=audience, issuer=issuer)


def test_a_connector_reads_the_feed_with_a_token_of_its_own(ingest: Service, theirs: OKPKey) -> None:
    assert Caller(ingest, _signed(theirs)).told("GET", "/feed")["rows"] == []


def test_a_connectors_key_gives_no_role_but_service_and_only_for_ingest(ingest: Service, theirs: OKPKey) -> None:
    stolen = auth.new_signing_key()
    refused = {
        "an owner's role": _signed(theirs, role="owner"),
        "the operator's role": _signed(theirs, role="operator"),
        "another audience": _signed(theirs, audience="quickbooks"),
        "ingest's own issuer": _signed(theirs, issuer="timebooks"),
        "an issuer nobody knows": _signed(theirs, issuer="stranger"),
        "another key": _signed(stolen),
    }
    for what, token in refused.items():
        assert Caller(ingest, token)("GET", "/feed").status_code == 401, what
    assert Caller(ingest, _signed(theirs))("GET", "/keys").status_code == 403


def test_while_a_connector_cannot_be_asked_for_its_keys_its_call_may_come_again(service: Service, theirs: OKPKey) -> None:
    answer = Caller(service, _signed(theirs))("GET", "/feed")
    assert answer.status_code == 503 and answer.headers["Retry-After"]
