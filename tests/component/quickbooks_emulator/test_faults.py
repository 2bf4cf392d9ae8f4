"""Things that go wrong on request: what was done all the same, and what the caller hears."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from services.quickbooks_connector.emulator.faults import Dropped
from shared.kernel.errors import Retry
from shared.platform.http import Network
from tests.component.quickbooks_emulator.driver import HAND, draft, header


@pytest.mark.parametrize(
    ("kind", "done", "also"),
    [
        ("connect", 0, ConnectionRefusedError),
        ("reset_before", 0, ConnectionResetError),
        ("hang", 0, TimeoutError),
        ("reset_after", 1, ConnectionResetError),
        ("timeout", 1, TimeoutError),
    ],
)
def test_a_dropped_connection_and_what_was_done_before_it(app, emulator, kind, done, also):
    emulator.fault(kind, entity="invoice")
    with pytest.raises(Dropped) as dropped:
        app.post("invoice", draft(), requestid="r-1")
    assert isinstance(dropped.value, also)
    assert len(emulator.live_invoices(HAND)) == done
    assert app.post("invoice", draft(), requestid="r-1").status == 200  # one fault, once
    assert len(emulator.live_invoices(HAND)) == 1


@pytest.mark.parametrize(
    ("kind", "unknown"), [("connect", False), ("reset_before", True), ("reset_after", True), ("timeout", True)]
)
def test_mounted_in_the_products_process_a_drop_is_a_retry_that_knows_what_it_does_not_know(app, emulator, kind, unknown):
    network = Network()
    network.mount("https://quickbooks.api.intuit.com", emulator.wsgi)
    emulator.fault(kind)
    with pytest.raises(Retry) as heard:
        network.send("GET", f"https://quickbooks.api.intuit.com/v3/company/{HAND}/preferences")
    assert heard.value.unknown is unknown


def test_an_error_before_does_nothing_and_an_error_after_has_done_it(app, emulator):
    emulator.fault("error_before", operation="create", status=503)
    emulator.fault("error_after", operation="create", nth=2, status=500, retry_after=7)
    assert app.post("invoice", draft()).status == 503
    assert emulator.live_invoices(HAND) == []
    answer = app.post("invoice", draft())
    assert (answer.status, answer.code, answer.headers["Retry-After"]) == (500, "10000", "7")
    assert len(emulator.live_invoices(HAND)) == 1


def test_a_401_in_mid_flight_does_nothing(app, emulator):
    emulator.fault("unauthorized", entity="invoice")
    assert (app.post("invoice", draft()).code, emulator.live_invoices(HAND)) == ("3200", [])
    assert app.post("invoice", draft()).status == 200


@pytest.mark.parametrize("told", [None, 60])
def test_throttling_with_and_without_a_time(app, emulator, told):
    emulator.fault("throttle", retry_after=told)
    refused = app.get("preferences")
    assert (refused.status, refused.code, refused.headers.get("Retry-After")) == (429, "3001", told and str(told))


def test_a_200_may_hold_a_fault(app, emulator):
    emulator.fault("fault", entity="invoice", code="6000", detail="closed")
    answer = app.post("invoice", draft())
    assert (answer.status, answer.code, answer.fault["Detail"]) == (200, "6000", "closed")


def test_answers_can_be_html_xml_garbage_or_cut_short(app, emulator):
    emulator.fault("page", operation="create", status=200)
    assert app.post("invoice", draft(DocNumber="1")).headers["Content-Type"] == "text/html"
    emulator.fault("page", operation="create", status=502, body="<x/>", content_type="application/xml")
    assert app.post("invoice", draft(DocNumber="2")).raw == b"<x/>"
    emulator.fault("page_before", operation="create", body="\udcff\x00")
    assert app.post("invoice", draft(DocNumber="3")).raw == b"\xff\x00"
    emulator.fault("truncated", operation="create")
    with pytest.raises(json.JSONDecodeError):
        _ = app.post("invoice", draft(DocNumber="4")).body
    assert [each["DocNumber"] for each in emulator.live_invoices(HAND)] == ["1", "2", "4"]


def test_a_wrong_total_in_the_answer_is_not_in_the_books(app, emulator):
    emulator.fault("wrong_total", operation="create", add="0.01")
    assert app.post("invoice", draft()).body["Invoice"]["TotalAmt"] == Decimal("100.01")
    assert emulator.live_invoices(HAND)[0]["TotalAmt"] == 100


def test_delays_use_the_sleep_of_the_options(app, emulator):
    slept = []
    emulator.configure(sleep=slept.append)
    emulator.fault("delay", seconds=3)
    emulator.fault("delay_after", seconds=4, nth=2)
    assert [app.get("preferences").status for _ in range(2)] == [200, 200]
    assert slept == [3, 4]


def test_a_rule_strikes_the_nth_call_of_its_kind_so_many_times(app, emulator):
    emulator.fault("error_before", entity="invoice", method="GET", nth=2, times=2)
    invoice = app.invoice()
    assert [app.get(f"invoice/{invoice['Id']}").status for _ in range(5)] == [200, 503, 503, 200, 200]
    emulator.fault("error_before", path="/preferences$", times=None)
    assert [app.get("preferences").status for _ in range(3)] == [503] * 3
    assert app.get(f"invoice/{invoice['Id']}").status == 200
    emulator.clear_faults()
    assert app.get("preferences").status == 200


def test_rules_tell_operations_apart(app, emulator):
    invoice = app.invoice()
    emulator.fault("error_before", operation="void")
    assert app.post("invoice", header(invoice, PrivateNote="x")).status == 200
    assert app.post("invoice", {**header(invoice), "SyncToken": "1"}, operation="void").status == 503
    emulator.fault("reset_after", operation="token")
    with pytest.raises(Dropped):
        app.refresh()
    assert emulator.token_calls()[-1] == "refresh_token"  # refreshed, and the answer lost


def test_an_unknown_kind_is_refused(emulator):
    with pytest.raises(ValueError, match="none of connect"):
        emulator.fault("earthquake")


def test_requests_are_counted(app, emulator):
    app.get("preferences")
    assert emulator.requests[-1] == ("GET", f"/v3/company/{HAND}/preferences")
