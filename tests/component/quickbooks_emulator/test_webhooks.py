"""Events: their two forms, their signature, and everything that can go wrong with their delivery."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest

from services.quickbooks_connector.emulator.app import Options, create
from tests.component.quickbooks_emulator.conftest import NOON
from tests.component.quickbooks_emulator.driver import HAND, SERVICE, App, draft, header


def events(deliveries):
    return [event for each in deliveries for event in json.loads(each.body)]


def signature(body: bytes, key: bytes = b"sample-verifier") -> str:
    return base64.b64encode(hmac.new(key, body, hashlib.sha256).digest()).decode()


class Receiver:
    """Answers deliveries with the statuses it was given, then with 200."""

    def __init__(self, *statuses: int) -> None:
        self.statuses, self.heard = list(statuses), []

    def __call__(self, url, headers, body):
        self.heard.append((url, dict(headers), body))
        return self.statuses.pop(0) if self.statuses else 200


def test_one_delivery_of_cloud_events_holds_several_companies(emulator, connect):
    first, second = connect(HAND), connect(SERVICE)
    invoice = first.invoice()
    second.invoice(DocNumber=None)

    (delivery,) = emulator.deliver()

    told = json.loads(delivery.body)
    assert [(each["type"], each["intuitaccountid"]) for each in told] == [
        ("qbo.invoice.created.v1", HAND),
        ("qbo.invoice.created.v1", SERVICE),
    ]
    assert (told[0]["specversion"], told[0]["intuitentityid"], told[0]["data"]) == ("1.0", invoice["Id"], {})
    assert told[0]["time"] == "2026-03-02T20:00:00.000000000Z" and told[0]["id"] != told[1]["id"]
    assert delivery.headers["intuit-signature"] == signature(delivery.body)
    assert emulator.deliver() == []


def test_the_old_form_speaks_of_one_company_at_a_time(emulator, connect):
    emulator.configure(webhook_format="classic")
    invoice = connect(HAND).invoice()
    connect(SERVICE).invoice(DocNumber=None)
    first, second = (json.loads(each.body)["eventNotifications"] for each in emulator.deliver())
    assert [each["realmId"] for each in (*first, *second)] == [HAND, SERVICE]
    assert first[0]["dataChangeEvent"]["entities"] == [
        {"name": "Invoice", "id": invoice["Id"], "operation": "Create", "lastUpdated": "2026-03-02T12:00:00-08:00"}
    ]


def test_every_kind_of_change_has_its_word(app, emulator):
    first, second = app.invoice(BillEmail={"Address": "a@b.example"}), app.invoice(DocNumber="A-2")
    app.post("invoice", header(first, PrivateNote="x"))
    app.post(f"invoice/{first['Id']}/send", "")
    emulator.void(HAND, first["Id"])
    emulator.delete(HAND, second["Id"])
    emulator.merge_customers(HAND, keep="2", gone="3")
    told = events(emulator.deliver())
    assert [each["type"].split(".")[1:3] for each in told[2:]] == [
        ["invoice", "updated"], ["invoice", "emailed"], ["invoice", "voided"], ["invoice", "deleted"], ["customer", "merged"]
    ]  # fmt: skip
    assert (told[-1]["intuitentityid"], told[-1]["data"]) == ("2", {"deletedid": "3"})


@pytest.mark.parametrize(("both", "found"), [(True, ["payment", "invoice"]), (False, ["payment"])])
def test_a_payment_makes_its_own_event_and_maybe_one_of_the_invoice(app, emulator, both, found):
    emulator.configure_company(HAND, payment_updates_invoice=both)
    invoice = app.invoice()
    emulator.deliver()
    emulator.pay(HAND, invoice["Id"])
    assert [each["type"].split(".")[1] for each in events(emulator.deliver())] == found


def test_only_connected_companies_have_events_and_only_from_then_on(emulator, connect):
    emulator.add(HAND, "Vendor", {"DisplayName": "Early"})
    connect(HAND)
    assert emulator.deliver() == []
    emulator.add(HAND, "Vendor", {"DisplayName": "Late"})
    emulator.disconnect(HAND)
    emulator.add(HAND, "Vendor", {"DisplayName": "After"})
    assert len(events(emulator.deliver())) == 1


def test_deliveries_can_be_repeated_shuffled_dropped_split_and_forged(app, emulator):
    ids = [app.invoice(DocNumber=f"A-{number}")["Id"] for number in range(5)]
    told = [each["intuitentityid"] for each in events(emulator.deliver(duplicate=3, shuffle=7))]
    assert sorted(told) == sorted(ids * 3) and told != sorted(told)

    app.invoice(DocNumber="B")
    assert emulator.deliver(drop=True) == [] and emulator.deliver() == []

    app.invoice(DocNumber="C"), app.invoice(DocNumber="D")
    assert len(emulator.deliver(split=True)) == 2

    sent = list(dict.fromkeys(each.body for each in emulator.webhooks.made))
    for _ in range(3):  # what was replayed is not one message more
        assert [each.body for each in emulator.replay()] == sent

    app.invoice(DocNumber="E")
    (forged,) = emulator.deliver(forge=True)
    assert forged.headers["intuit-signature"] != signature(forged.body)


def test_a_delivery_that_is_not_acknowledged_comes_again_on_the_services_schedule(app, emulator):
    receiver = Receiver(*[500] * 11)
    emulator.configure(deliver=receiver, webhook_url="https://product.example/hook")
    app.invoice()
    emulator.deliver()
    for wait in (10, 20, 30, 300, 1200, 7200, 14_400, 21_600, 21_600, 21_600):
        tried = len(receiver.heard)
        emulator.advance(wait - 1)
        assert emulator.deliver() == []
        emulator.advance(1)
        assert len(emulator.deliver()) == 1 and len(receiver.heard) == tried + 1
    emulator.advance(21_600)
    assert emulator.deliver()[0].status == 200
    emulator.advance(21_600)
    assert emulator.deliver() == []
    assert len({body for _, _, body in receiver.heard}) == 1 and receiver.heard[0][0] == "https://product.example/hook"


def test_an_event_can_arrive_before_the_answer_of_the_call_that_made_it():
    order: list[str] = []

    def receive(url, headers, body):
        (told,) = json.loads(body)
        order.append(f"event {told['intuitentityid']}")
        # the object can be read already, though its maker has not heard of it
        order.append(f"read {app.get('invoice/' + told['intuitentityid']).body['Invoice']['DocNumber']}")
        return 200

    emulator = create(Options(clock=lambda: NOON, webhook_when="before_answer", deliver=receive))
    app = App(emulator, HAND)
    made = app.post("invoice", draft()).body["Invoice"]["Id"]
    order.append("answer")
    assert order == [f"event {made}", "read A-1", "answer"]


def test_a_replayed_answer_makes_no_second_event(app, emulator):
    for _ in range(2):
        app.post("invoice", draft(), requestid="r-1")
    assert len(events(emulator.deliver())) == 1
