"""Webhooks as a consumer meets them: subscribe, hear of each change once, signed, and have it told again."""

from __future__ import annotations

from decimal import Decimal

import pytest
from standardwebhooks.webhooks import WebhookVerificationError

from tests.journeys.api.listening import TRAIN, WORK, deliveries, passes, subscribes
from tests.journeys.api.receiver import AnyTime, receiving
from tests.journeys.product import US, Refused


@pytest.mark.row("E2", "E5")
def test_an_invoice_is_told_of_from_its_making_to_its_payment(product, receiver):
    webhook = subscribes(product, receiver, "invoice.*")
    product.imports(WORK)
    product.approves(**{"from": "2026-03-01", "to": "2026-03-31"})
    made = product.composes()["invoices"][0]
    connection = product.connects()
    product.work()
    product.links(connection)
    product.pushes(connection)
    product.work()
    number = next(iter(product.invoices()))
    product.emulator.pay(US, product.external_id(number), Decimal("100.00"))
    product.hears()
    product.emulator.pay(US, product.external_id(number), Decimal("260.00"))
    product.hears()
    product.work()
    assert receiver.events() == ["invoice.created", "invoice.sent", "invoice.partly_paid", "invoice.paid"]
    _, _, partly, paid = receiver.bodies()
    assert paid["invoice_id"] == made["invoice_id"]
    assert (paid["amount"], paid["currency"], paid["balance"], paid["number"]) == (Decimal(360), "USD", Decimal(0), number)
    assert (partly["amount"], partly["balance"]) == (Decimal(100), Decimal(260))
    assert paid["paid_at"] and paid["at"] and paid["connection"] == connection
    for headers, body in receiver.heard:
        AnyTime(webhook["secret"]).verify(body, headers)
        with pytest.raises(WebhookVerificationError):
            AnyTime(webhook["secret"]).verify(body + b" ", headers)
    assert len({headers["webhook-id"] for headers, _ in receiver.heard}) == 4
    assert [one["state"] for one in deliveries(product, webhook)] == ["delivered"] * 4


def test_a_void_is_told_once_whoever_says_it_first(product, receiver):
    subscribes(product, receiver, "invoice.void")
    product.imports(WORK)
    product.approves(**{"from": "2026-03-01", "to": "2026-03-31"})
    made = product.composes()["invoices"][0]
    connection = product.connects()
    product.work()
    product.links(connection)
    product.pushes(connection)
    product.post("ingest", f"/invoices/{made['invoice_id']}/void", {})
    product.work()
    product.pushes(connection)
    product.work()
    assert receiver.events() == ["invoice.void"]


def test_expenses_are_told_of_when_they_come_change_and_go_and_mileage_is_not_unless_wanted(product, receiver):
    subscribes(product, receiver, "expense.created", "expense.updated")
    trip = "mileage,m1,2026-03-02,,,,,,Robin Sample,Harbour Bakery,Website,,0.7,USD,,120,mi,,yes,\n"
    product.imports(TRAIN.format(id="e1", amount="12.50") + TRAIN.format(id="e2", amount="9") + trip + WORK)
    product.work()
    product.imports(TRAIN.format(id="e1", amount="13.50"))
    product.work()
    told = [(body["event"], body["amount"], body["currency"], body["category"], body["version"]) for body in receiver.bodies()]
    assert sorted(told[:2]) == [
        ("expense.created", Decimal("9"), "USD", "travel", 1),
        ("expense.created", Decimal("12.50"), "USD", "travel", 1),
    ]
    assert told[2:] == [("expense.updated", Decimal("13.50"), "USD", "travel", 2)]
    assert not [body for body in receiver.bodies() if "Robin" in str(body)]


def test_what_happened_before_anybody_listened_is_not_told(product, receiver):
    product.imports(TRAIN.format(id="e1", amount="12.50"))
    product.clock.advance(seconds=1)
    subscribes(product, receiver, "*")
    product.imports(TRAIN.format(id="e2", amount="8"))
    product.work()
    assert [body["amount"] for body in receiver.bodies()] == [Decimal(8)]


@pytest.mark.row("E4")
def test_a_receiver_that_fails_hears_it_again_within_the_day_under_the_same_id(product, receiver):
    webhook = subscribes(product, receiver, "expense.*")
    receiver.answer = lambda body: 500
    product.imports(TRAIN.format(id="e1", amount="12.50"))
    product.work()
    passes(product, 7, hours=1)
    assert len(receiver.heard) == 5  # at once, and after 5 s, 5 min, 30 min and 2 h; the next comes 5 h later
    assert {headers["webhook-id"] for headers, _ in receiver.heard} == {deliveries(product, webhook)[0]["id"]}
    receiver.answer = lambda body: 200
    passes(product, 1, hours=2)
    [one] = deliveries(product, webhook)
    assert (one["state"], one["attempts"], one["status"]) == ("delivered", 6, 200)
    assert product.get("ingest", "/problems")["items"] == []


def test_what_fails_for_a_day_is_marked_a_problem_is_opened_and_it_can_be_replayed(product, receiver):
    webhook = subscribes(product, receiver, "expense.*")
    receiver.answer = lambda body: 500
    product.imports(TRAIN.format(id="e1", amount="12.50"))
    product.work()
    for minutes in (6, 30, 120, 300, 600, 360, 30):
        passes(product, 1, minutes=minutes)
    [one] = deliveries(product, webhook, state="failed")
    assert (one["attempts"], one["why"]) == (8, "answered_500")
    assert len(receiver.heard) == 8
    times = [int(headers["webhook-timestamp"]) for headers, _ in receiver.heard]
    assert 23 * 3600 < times[-1] - times[0] < 24 * 3600
    [problem] = product.get("ingest", "/problems")["items"]
    assert (problem["code"], problem["subject"], problem["blocks"]) == ("webhook_undelivered", webhook["id"], 1)
    receiver.answer = lambda body: 200
    assert product.post("ingest", f"/webhooks/{webhook['id']}/replay", {"ids": [one["id"]]}) == {"replayed": 1}
    product.work()
    assert [one["state"] for one in deliveries(product, webhook)] == ["delivered"]
    assert receiver.heard[-1][0]["webhook-id"] == one["id"]
    assert product.get("ingest", "/problems")["items"] == []
    again = {"from": "2026-03-02T00:00:00Z", "to": "2026-03-03T00:00:00Z"}
    assert product.post("ingest", f"/webhooks/{webhook['id']}/replay", again) == {"replayed": 1}


def test_a_receiver_that_is_away_rests_and_delays_nobody_else(product, receiver):
    with receiving() as dead:
        away = subscribes(product, dead, "expense.*")
    subscribes(product, receiver, "expense.*")
    product.imports("".join(TRAIN.format(id=f"e{n}", amount=n) for n in range(1, 6)))
    product.work()
    assert len(receiver.heard) == 5
    waiting = deliveries(product, away)
    assert [body["id"] for body in receiver.bodies()] == [one["id"] for one in reversed(waiting)]  # in their order
    assert {one["state"] for one in waiting} == {"waiting"}
    assert {one["why"] for one in waiting} <= {"webhook_unreachable", None}
    assert product.get("ingest", f"/webhooks/{away['id']}")["rest_until"]


def test_410_disables_at_once_and_resuming_sends_again(product, receiver):
    webhook = subscribes(product, receiver, "expense.*")
    receiver.answer = lambda body: 410
    product.imports("".join(TRAIN.format(id=f"e{n}", amount=n) for n in range(1, 4)))
    product.work()
    shown = product.get("ingest", f"/webhooks/{webhook['id']}")
    assert (len(receiver.heard), shown["state"], shown["why"]) == (1, "disabled", "gone")
    assert {one["state"] for one in deliveries(product, webhook)} == {"failed"}
    assert [one["code"] for one in product.get("ingest", "/problems")["items"]] == ["webhook_gone"]
    receiver.answer = lambda body: 200
    product.imports(TRAIN.format(id="e4", amount="4"))
    product.work()
    assert len(receiver.heard) == 1
    with pytest.raises(Refused, match="webhook_disabled"):
        product.post("ingest", f"/webhooks/{webhook['id']}/replay", {"from": "2026-03-01T00:00:00Z"})
    product.post("ingest", f"/webhooks/{webhook['id']}/resume", {})
    assert product.post("ingest", f"/webhooks/{webhook['id']}/replay", {"from": "2026-03-01T00:00:00Z"}) == {"replayed": 4}
    product.work()
    assert sorted(body["amount"] for body in receiver.bodies()[1:]) == [1, 2, 3, 4]
    assert {one["state"] for one in deliveries(product, webhook)} == {"delivered"}
    assert product.get("ingest", "/problems")["items"] == []


def test_retry_after_is_respected(product, receiver):
    subscribes(product, receiver, "expense.*")
    receiver.answer = lambda body: (429, {"Retry-After": "3600"})
    product.imports("".join(TRAIN.format(id=f"e{n}", amount=n) for n in range(1, 4)))
    product.work()
    passes(product, 1, minutes=50)
    assert len(receiver.heard) == 1
    passes(product, 1, minutes=11)
    assert len(receiver.heard) == 2


def test_a_redirect_is_a_failure_and_is_not_followed(product, receiver):
    with receiving() as elsewhere:
        webhook = subscribes(product, receiver, "expense.*")
        receiver.answer = lambda body: (307, {"Location": elsewhere.url})
        product.imports(TRAIN.format(id="e1", amount="12.50"))
        product.work()
        assert (len(receiver.heard) >= 1, elsewhere.heard) == (True, [])
        assert deliveries(product, webhook)[0]["why"] == "answered_307"


def test_a_pause_keeps_what_happens_and_resuming_tells_it(product, receiver):
    webhook = subscribes(product, receiver, "expense.*")
    product.post("ingest", f"/webhooks/{webhook['id']}/pause", {})
    product.imports(TRAIN.format(id="e1", amount="12.50"))
    product.work()
    assert receiver.heard == []
    product.post("ingest", f"/webhooks/{webhook['id']}/resume", {})
    product.work()
    assert receiver.events() == ["expense.created"]


@pytest.mark.parametrize("changes", [{}, {"events": ["mileage.*"]}])
def test_a_change_leaves_what_it_does_not_name(product, receiver, changes):
    path = f"/webhooks/{subscribes(product, receiver, 'expense.*')['id']}"
    before = product.get("ingest", path)
    assert product.post("ingest", path, changes, method="PUT") == before | changes == product.get("ingest", path)


def test_while_a_secret_is_changed_both_sign_and_afterwards_only_the_new_one(product, receiver):
    webhook = subscribes(product, receiver, "expense.*")
    new = product.post("ingest", f"/webhooks/{webhook['id']}/secret", {})["secret"]
    product.post("ingest", f"/webhooks/{webhook['id']}/test", {})
    product.work()
    passes(product, 1, hours=25)
    product.post("ingest", f"/webhooks/{webhook['id']}/test", {})
    product.work()
    (early, told), (late, later) = receiver.heard
    assert receiver.events() == ["webhook.test", "webhook.test"]
    for secret in (webhook["secret"], new):
        AnyTime(secret).verify(told, early)
    AnyTime(new).verify(later, late)
    with pytest.raises(WebhookVerificationError):
        AnyTime(webhook["secret"]).verify(later, late)


def test_the_log_tells_what_was_sent_and_what_the_receiver_said(product, receiver):
    webhook = subscribes(product, receiver, "expense.*")
    receiver.answer = lambda body: 503
    product.imports(TRAIN.format(id="e1", amount="12.50"))
    product.work()
    [one] = deliveries(product, webhook)
    shown = product.get("ingest", f"/webhooks/{webhook['id']}/deliveries/{one['id']}")
    assert shown["body"] == receiver.bodies()[0]
    assert [(entry["status"], entry["why"]) for entry in shown["log"]][:1] == [(503, None)]
    assert "secret" not in product.get("ingest", "/webhooks")["items"][0]


def test_events_are_told_within_their_own_organisation_only(product, receiver):
    rival = product.organisation("rival@sample.example")
    webhook = subscribes(product, receiver, "*", key=rival)
    product.imports(TRAIN.format(id="e1", amount="12.50"))
    product.work()
    assert receiver.heard == []
    with pytest.raises(Refused) as refused:
        product.get("ingest", f"/webhooks/{webhook['id']}")
    assert refused.value.status == 404


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"url": "https://10.0.0.1/hooks", "events": ["*"]}, "webhook_target_refused"),
        ({"url": "https://169.254.169.254/latest", "events": ["*"]}, "webhook_target_refused"),
        ({"url": "http://hooks.example/a", "events": ["*"]}, "webhook_target_refused"),
        ({"url": "https://localhost.localdomain:22/", "events": ["*"]}, "webhook_target_refused"),
        ({"url": "https://hooks.example/a", "events": ["invoice.burnt"]}, "unknown_event"),
        ({"url": "https://hooks.example/a", "events": []}, "bad_field"),
        ({"url": "https://hooks.example/a", "events": ["*"], "colour": "red"}, "unknown_field"),
    ],
)
def test_what_is_no_subscription_is_refused_with_its_reason(product, wanted, code):
    with pytest.raises(Refused) as refused:
        product.post("ingest", "/webhooks", wanted)
    assert (refused.value.status, refused.value.error["code"]) == (422, code)
    assert product.get("ingest", "/webhooks")["items"] == []


def test_a_replayed_feed_says_nothing_twice(product, receiver):
    subscribes(product, receiver, "*")
    product.imports(TRAIN.format(id="e1", amount="12.50"))
    product.work()
    with product.ingest.db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE feed_cursor SET position = 0 WHERE name = 'webhooks'")
    product.imports(TRAIN.format(id="e2", amount="7"))
    product.work()
    assert [body["amount"] for body in receiver.bodies()] == [Decimal("12.50"), Decimal(7)]


def test_connecting_losing_the_authorisation_and_disconnecting_are_told_and_so_is_the_problem(product, receiver):
    subscribes(product, receiver, "connection.*", "problem.*")
    connection = product.connects()
    product.work()
    product.emulator.disconnect(US)
    product.later(hours=2)
    product.work()
    product.connects()
    product.work()
    product.send("DELETE", "quickbooks", f"/connections/{connection}")
    product.work()
    told = [body["event"] for body in receiver.bodies() if body["event"].startswith("connection.")]
    assert told == ["connection.connected", "connection.needs_reconnect", "connection.connected", "connection.disconnected"]
    assert {body["connection_id"] for body in receiver.bodies() if "connection_id" in body} == {connection}
    assert [event for event in receiver.events() if event.startswith("problem.")] == ["problem.opened", "problem.closed"]
