"""The emulator as its own process would serve it: sockets, the control surface, a state file, and the real SDK."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import requests
from quickbooks import QuickBooks
from quickbooks.exceptions import ObjectNotFoundException, QuickbooksException, ValidationException
from quickbooks.objects import Customer, Invoice, Item, Payment

from services.quickbooks_connector.emulator.__main__ import serve
from services.quickbooks_connector.emulator.app import Emulator, create, environment, mount
from services.quickbooks_connector.emulator.wire import dumps
from tests.component.quickbooks_emulator.driver import AUTHORIZE, HAND, App, draft


@pytest.fixture
def address(emulator: Emulator) -> Iterator[str]:
    server = serve(emulator, 0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def control(address: str, action: str, **arguments):
    heard = requests.post(f"{address}/_control/{action}", data=dumps(arguments), timeout=5)
    assert heard.status_code == 200, heard.text
    return heard.json()["result"]


@pytest.fixture
def books(emulator: Emulator, app: App, address: str) -> QuickBooks:
    """The real SDK, its requests sent to the emulator."""

    class Wire:
        access_token = app.tokens["access_token"]

        def request(self, method, url, headers, params, data):
            headers = {**headers, "Authorization": f"Bearer {self.access_token}"}
            return requests.request(method, url, headers=headers, params=params, data=data, timeout=5)

    client = QuickBooks(company_id=HAND, minorversion=75)
    client.session, client.api_url_v3 = Wire(), f"{address}/v3"
    return client


def test_the_real_sdk_creates_queries_updates_and_deletes(books, emulator):
    customer = Customer()
    customer.DisplayName = "Typed By The Library"
    customer.save(qb=books)
    found = Customer.filter(DisplayName="Typed By The Library", qb=books)
    assert [each.Id for each in found] == [customer.Id] == ["5"]
    assert Item.get(1, qb=books).Name == "Sample Hours"

    invoice = Invoice.from_json(draft(CustomerRef={"value": customer.Id}))
    invoice.save(qb=books, request_id="sdk-1")
    again = Invoice.from_json(draft(CustomerRef={"value": customer.Id}))
    again.save(qb=books, request_id="sdk-1")
    assert again.Id == invoice.Id and len(emulator.live_invoices(HAND)) == 1

    kept = Invoice.get(invoice.Id, qb=books)
    kept.PrivateNote = "from the library"
    kept.save(qb=books)
    assert emulator.object(HAND, "Invoice", invoice.Id)["PrivateNote"] == "from the library"
    assert emulator.object(HAND, "Invoice", invoice.Id)["TotalAmt"] == 100
    emulator.pay(HAND, invoice.Id)
    assert Payment.all(qb=books)[0].TotalAmt == 100
    emulator.delete_payment(HAND, Payment.all(qb=books)[0].Id)
    Invoice.get(invoice.Id, qb=books).void(qb=books)
    assert Invoice.get(invoice.Id, qb=books).PrivateNote.startswith("Voided")
    Invoice.get(invoice.Id, qb=books).delete(qb=books)
    with pytest.raises(ObjectNotFoundException):
        Invoice.get(invoice.Id, qb=books)


def test_the_real_sdk_reads_the_faults(books):
    with pytest.raises(ValidationException) as unknown:
        books.create_object("Invoice", dumps(draft(Colour="red")))
    assert unknown.value.error_code == 2010
    books.create_object("Invoice", dumps(draft()))
    with pytest.raises(QuickbooksException) as twice:
        books.create_object("Invoice", dumps(draft()))
    assert twice.value.error_code == 6140


def test_everything_can_be_done_from_another_process(address):
    back = control(address, "consent", authorize_url=AUTHORIZE, realm=HAND)
    assert back.startswith("http://localhost:8000/quickbooks/connect/callback?code=")
    made = control(address, "add", realm=HAND, entity="Invoice", body=draft())
    control(address, "pay", realm=HAND, invoice_id=made["Id"], amount="30.50")
    assert control(address, "object", realm=HAND, entity="Invoice", object_id=made["Id"])["Balance"] == 69.5
    assert [each["operation"] for each in control(address, "writes", entity="Payment")] == ["create"]
    journal = requests.get(f"{address}/_control/journal", params={"realm": HAND, "actor": "accountant"}, timeout=5).json()
    assert [each["entity"] for each in journal] == ["Invoice", "Payment"]
    before = control(address, "now")
    control(address, "advance", seconds=Decimal("1.5"))
    assert (before, control(address, "now")) == ("2026-03-02T20:00:00+00:00", "2026-03-02T20:00:01.500000+00:00")
    control(address, "configure", memory_seconds=0, limits={"per_second": 3}, clients={"other": {"secret": "s"}})
    control(address, "configure_company", realm=HAND, custom_numbers=False)
    assert control(address, "settings", realm=HAND)["custom_numbers"] is False
    assert control(address, "deliver") == []  # nobody is connected
    control(address, "start")
    assert control(address, "writes") == []
    assert requests.post(f"{address}/_control/launch", timeout=5).status_code == 404
    assert requests.post(f"{address}/_control/pay", data="{}", timeout=5).status_code == 400
    assert requests.post(f"{address}/_control/void", data=dumps({"realm": HAND, "invoice_id": "1"}), timeout=5).status_code == 409
    assert requests.post(f"{address}/_control/void", data=dumps({"realm": "1", "invoice_id": "1"}), timeout=5).status_code == 409


@pytest.mark.parametrize(("kind", "done"), [("connect", 0), ("reset_before", 0), ("hang", 0), ("reset_after", 1), ("timeout", 1)])
def test_over_sockets_a_drop_closes_the_connection_without_an_answer(address, app, emulator, kind, done):
    control(address, "fault", kind=kind, entity="invoice")
    with pytest.raises(requests.ConnectionError):
        requests.post(
            f"{address}/v3/company/{HAND}/invoice",
            data=dumps(draft()),
            headers={"Authorization": f"Bearer {app.tokens['access_token']}"},
            timeout=5,
        )
    assert len(emulator.live_invoices(HAND)) == done


def test_a_delay_asked_for_in_exact_seconds_passes(address, app, emulator):
    control(address, "fault", kind="delay", seconds=Decimal("0.01"))
    assert app.get("preferences").status == 200


def test_events_are_posted_to_a_webhook_address_a_moment_after_the_answer(address, app, emulator):
    heard: list[tuple[str, bytes]] = []
    arrived = threading.Event()

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self):
            heard.append((self.headers["intuit-signature"], self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()
            arrived.set()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Hook) as hook:
        thread = threading.Thread(target=hook.handle_request)
        thread.start()
        emulator.configure(webhook_url=f"http://127.0.0.1:{hook.server_port}/hook", webhook_when="after_answer")
        app.invoice()
        assert arrived.wait(5)
        thread.join()
    signature, body = heard[0]
    assert signature == base64.b64encode(hmac.new(b"sample-verifier", body, hashlib.sha256).digest()).decode()
    assert json.loads(body)[0]["type"] == "qbo.invoice.created.v1"


def test_a_state_file_is_shared_by_processes_and_found_again(tmp_path):
    first, second = create(path=tmp_path / "books"), create(path=tmp_path / "books")
    app = App(first, HAND)
    invoice = app.invoice()
    second.pay(HAND, invoice["Id"], 25)
    assert app.read(invoice)["Balance"] == 75
    assert [each.entity for each in first.writes()] == ["Invoice", "Payment"]
    third = create(path=tmp_path / "books")
    app.emulator, app.http = third, third.wsgi.test_client()
    assert app.read(invoice)["SyncToken"] == "1"
    third.advance(60)
    assert len(first.writes()) == 2
    assert (first.now() - create().now()).total_seconds() == pytest.approx(60, abs=5)
    assert (tmp_path / "books").stat().st_mode & 0o077 == 0


def test_the_settings_for_the_product_name_every_address(tmp_path):
    sent = []

    def send(method, url, *, headers, body):
        sent.append((method, url))
        raise ConnectionRefusedError

    application, settings = mount("http://localhost:8000/emulator/quickbooks", tmp_path / "books", send)
    assert settings == environment("http://localhost:8000/emulator/quickbooks/")
    assert settings["QUICKBOOKS_API_URL"] == "http://localhost:8000/emulator/quickbooks"
    assert settings["QUICKBOOKS_TOKEN_URL"].endswith("/emulator/quickbooks/oauth2/v1/tokens/bearer")
    assert len(settings) == 7
    http = application.test_client()
    http.post("/_control/consent", data=dumps({"authorize_url": AUTHORIZE, "realm": HAND}))
    http.post("/_control/configure", data=dumps({"only_connected": False}))
    assert http.post("/_control/add", data=dumps({"realm": HAND, "entity": "Invoice", "body": draft()})).status_code == 200
    assert sent == [("POST", "http://localhost:8000/quickbooks/callbacks/webhook")]


def test_the_command_serves_and_says_where():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "services.quickbooks_connector.emulator", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout.readline().startswith(f"QuickBooks emulator at http://127.0.0.1:{port} ")
            page = requests.get(f"http://127.0.0.1:{port}/accountant", timeout=5)
            assert page.status_code == 200 and "Imaginary Harbor Design Inc." in page.text
            found = requests.get(f"http://127.0.0.1:{port}/.well-known/openid_configuration/", timeout=5).json()
            assert found["token_endpoint"] == f"http://127.0.0.1:{port}/oauth2/v1/tokens/bearer"
        finally:
            process.terminate()
