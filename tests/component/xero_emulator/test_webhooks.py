"""Deliveries: the intent to receive, events of contacts and invoices, and forged ones. Payroll is silent."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest

from services.xero_connector.emulator.app import Options, create
from tests.component.xero_emulator.driver import AU


def signed(body: bytes) -> str:
    return base64.b64encode(hmac.new(b"sample-webhook-key", body, hashlib.sha256).digest()).decode()


def test_an_invoice_event_is_signed_over_its_bytes(emulator):
    emulator.touch(AU, "INVOICE", "CREATE", "c0ffee00-0000-4000-8000-000000000001")
    emulator.touch(AU, "CONTACT")
    delivery = emulator.deliver()[0]
    assert delivery.headers["x-xero-signature"] == signed(delivery.body)
    body = json.loads(delivery.body)
    assert (body["firstEventSequence"], body["lastEventSequence"]) == (1, 2) and body["entropy"]
    event = body["events"][0]
    assert event["resourceUrl"] == "https://api.xero.com/api.xro/2.0/Invoices/c0ffee00-0000-4000-8000-000000000001"
    assert (event["eventType"], event["eventCategory"], event["tenantId"]) == ("CREATE", "INVOICE", AU)
    assert event["eventDateUtc"] == "2026-11-11T01:30:00"
    assert emulator.deliver() == []


def test_payroll_sends_nothing(emulator, au):
    sheet = au.stored()
    emulator.pay(AU, sheet["TimesheetID"])
    assert emulator.deliver() == []
    with pytest.raises(ValueError, match="no events"):
        emulator.touch(AU, "TIMESHEET")


@pytest.mark.parametrize("sign", ["wrong_key", "forged", "none"])
def test_bad_signatures_are_bad(emulator, sign):
    emulator.touch(AU)
    delivery = emulator.deliver(sign=sign)[0]
    assert delivery.headers.get("x-xero-signature") != signed(delivery.body) and not delivery.valid


def test_the_intent_to_receive_tells_who_can_tell_right_from_wrong():
    def careful(_url, headers, body):
        return 200 if headers.get("x-xero-signature") == signed(body) else 401

    emulator = create(Options(webhook_url="https://app.example/hook", deliver=careful))
    assert [each.understood for each in emulator.intend()] == [True] * 4
    emulator.configure(deliver=lambda *_: 200)
    assert [each.understood for each in emulator.intend()] == [True, False, True, False]
    assert json.loads(emulator.intend()[0].body)["events"] == []


def test_a_delivery_may_come_twice_and_be_replayed(emulator):
    emulator.touch(AU)
    first, second = emulator.deliver(duplicate=2)
    assert first.body == second.body
    for _ in range(3):  # what was replayed is not one message more
        assert [each.body for each in emulator.replay()] == [first.body]
