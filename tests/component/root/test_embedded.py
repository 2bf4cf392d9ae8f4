"""The product in one process: every service at its own prefix, one data folder, a real socket when it serves."""

from __future__ import annotations

import socket
import threading
from dataclasses import replace

import pytest
import requests

from services import catalog, data_folder, embedded
from shared.kernel.errors import Conflict, Invalid, Missing


@pytest.fixture
def settings(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return catalog.settings_from({"TIMEBOOKS_DATA": str(tmp_path / "data"), "TIMEBOOKS_PORT": str(port)})


def test_every_service_answers_at_its_own_prefix_in_process(settings):
    with embedded.opened(settings) as product:
        for entry in catalog.SERVICES:
            answer = product.network.send("GET", f"{settings.public_url}{entry.prefix}/health")
            assert (answer.status, answer.json()["service"]) == (200, entry.name)


def test_an_address_of_nobody_is_not_found(settings):
    with embedded.opened(settings) as product:
        assert product.network.send("GET", f"{settings.public_url}/quickbooksandmore").status == 404


def test_it_serves_on_a_socket_until_told_to_stop(settings):
    with embedded.opened(settings, address=settings.public_url) as product:
        ready, stopping = threading.Event(), threading.Event()
        options = {"ready": ready.set, "stopping": stopping}
        server = threading.Thread(target=embedded.serve, args=(product,), kwargs=options)
        server.start()
        assert ready.wait(10)
        assert data_folder.address(settings.data) == settings.public_url
        url = f"http://127.0.0.1:{settings.port}/api/v1/worklog/health"
        assert requests.get(url, timeout=10).json()["ok"] is True
        stopping.set()
        server.join(10)
        assert not server.is_alive()
        with pytest.raises(requests.ConnectionError):
            requests.get(url, timeout=10)


def test_two_products_never_share_a_data_folder(settings):
    with embedded.opened(settings), pytest.raises(Conflict), embedded.opened(settings):
        pass


def test_what_is_stored_is_there_after_a_restart(settings):
    for _ in range(2):
        with embedded.opened(settings) as product:
            keys = product.network.send("GET", f"{settings.public_url}/api/v1/worklog/identity/keys").json()["keys"]
    with embedded.opened(settings) as product:
        assert product.network.send("GET", f"{settings.public_url}/api/v1/worklog/identity/keys").json()["keys"] == keys


def test_only_the_owner_may_look_into_the_data_folder(settings):
    with embedded.opened(settings):
        assert settings.data.stat().st_mode & 0o777 == 0o700
        assert settings.master_key_file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["quickbooks", "xero"])
def test_real_credentials_turn_the_emulator_off(settings, name):
    connectors = {one.name: one for one in catalog.CONNECTORS}
    real = replace(settings, extra={f"{name.upper()}_CLIENT_ID": "AB123"})
    assert {one for one in connectors if connectors[one].emulated(settings)} == {"quickbooks", "xero"}
    assert {one for one in connectors if connectors[one].emulated(real)} == {"quickbooks", "xero"} - {name}


def test_each_emulator_shows_the_page_of_whoever_works_there(settings):
    with embedded.opened(settings) as product:
        for page in ("quickbooks/accountant", "xero/clerk"):
            assert product.network.send("GET", f"{settings.public_url}/emulator/{page}").status == 200


def test_an_unknown_service_is_named_with_those_there_are():
    with pytest.raises(Missing) as caught:
        catalog.entry("xyz")
    assert "ingest, quickbooks" in caught.value.remedy


def test_a_setting_that_is_no_number_is_named():
    with pytest.raises(Invalid) as caught:
        catalog.settings_from({"TIMEBOOKS_PORT": "eighty"})
    assert "TIMEBOOKS_PORT" in caught.value.cause
