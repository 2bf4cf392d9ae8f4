"""What webhooks are asked and answered."""

from __future__ import annotations

from services.ingest.webhooks import events, query
from shared.contract import answers as a
from shared.contract import fields as f
from shared.platform.web import Paged, Said


class Webhook(a.Answer):
    """Who hears of what."""

    id = a.ident("endpoint")
    url = a.text("", "https://hooks.example/timebooks")
    description = a.text("", "Payroll", null=True)
    events = a.many(a.word(events.CHOICES, example="invoice.paid"))
    state = a.text("live, paused or disabled.", "live")
    why = a.text("Why it is not live.", None)
    created = a.instant()
    failures = a.whole("Failed attempts in a row.", 0)
    failing_since = a.instant("", None)
    rest_until = a.instant("The receiver asked to be left alone until then.", None)
    old_secret_until = a.instant("Until when the old secret signs as well.", None)


class WebhookWithSecret(Webhook):
    """Who hears of what, and the secret that it is signed with."""

    secret = a.text("Shown this once. Standard Webhooks: base64 after the prefix.", "whsec_" + "x" * 43 + "=")


class Delivery(a.Answer):
    """What was told, and how far it got."""

    id = a.text("The event's id, as in webhook-id.", "evt_3f9c2a71d04be8563f9c2a71d04be856")
    event = a.text("", "invoice.paid")
    subject = a.text("The id of what it is about.", a.example_id("document"))
    at = a.instant()
    state = a.word(query.STATES)
    attempts = a.whole("", 0)
    due_at = a.instant("When it is tried next.", null=True)
    deadline = a.instant("After which it is tried no more.", "2026-03-03T09:00:00+00:00", null=True)
    ended_at = a.instant("", None)
    status = a.whole("What the receiver answered last.", None)
    why = a.text("Why it failed.", None)


class Attempt(a.Answer):
    """One attempt to tell it."""

    at = a.instant()
    milliseconds = a.whole("", 85, null=True)
    status = a.whole("", 200, null=True)
    why = a.text("", None)
    answer = a.text("The beginning of what the receiver said.", "ok", null=True)


class WholeDelivery(Delivery):
    """What was told, with its body and every attempt."""

    body = a.by_name("As it is sent.", {"event": "invoice.paid", "invoice_id": a.example_id("document")}, null=True)
    log = a.many(Attempt)


class Deliveries(Paged):
    """Which deliveries."""

    state = f.choice(query.STATES, metadata={"description": "Only those in this state."})


class Replayed(a.Answer):
    """How many events are told again."""

    replayed = a.whole()


class Test(a.Answer):
    """The test event."""

    id = a.text("", "evt_3f9c2a71d04be8563f9c2a71d04be856")


_NEW = {"url": "https://hooks.example/timebooks", "events": ["invoice.paid", "problem.*"], "description": "Payroll"}
CREATE = Said(
    says="Have events told to an address. The secret that signs them is shown this once.",
    example=_NEW,
    gives=WebhookWithSecret,
    status=201,
    once=True,
)
LIST = Said(says="List the webhooks, the oldest first.", gives=a.listing(Webhook))
SHOW = Said(says="Show one webhook.", gives=Webhook)
CHANGE = Said(says="Change where events go, or which ones.", example={"events": ["invoice.*"]}, gives=Webhook)
REMOVE = Said(says="Delete a webhook; what it waits for is not told any more.", gives=None)
DELIVERIES = Said(says="List what was told to a webhook, the newest first.", asks=Deliveries, gives=a.page(Delivery))
SHOW_DELIVERY = Said(says="Show one event as it is told, with every attempt.", gives=WholeDelivery)
REPLAY = Said(
    says="Tell events again, by ids or by a stretch of time.",
    example={"from": "2026-03-02T00:00:00+00:00", "to": "2026-03-02T12:00:00+00:00"},
    gives=Replayed,
    status=202,
)
TEST = Said(says="Tell a webhook a test event.", gives=Test, status=202)
