"""Turns changes into signed event deliveries: queued, bundled, repeated on failure, and spoilt when a test asks for it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import random
import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from .books import Change
from .options import Options
from .wire import Body, dumps, stamp

ENTITIES = frozenset({"Invoice", "Payment", "Customer", "Vendor", "Employee", "Item", "Account", "CreditMemo", "RefundReceipt"})
_PAST = {"Create": "created", "Update": "updated", "Delete": "deleted", "Void": "voided", "Merge": "merged", "Emailed": "emailed"}
_WAITS = (10, 20, 30, 300, 1200, 7200, 14400, 21600)  # seconds before each repeat; from then on the last


@dataclass(frozen=True)
class Event:
    """Something happened to an object of a company."""

    id: str
    realm: str
    entity: str
    entity_id: str
    operation: str
    at: datetime
    other: str = ""


@dataclass(frozen=True)
class Delivery:
    """One signed POST; `status` is what the receiver answered, None when the caller carries it over by hand."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    status: int | None = None
    attempts: int = 0
    due: datetime | None = None


class Webhooks:
    """Events not yet bundled, deliveries still to be made, and all that were made."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.waiting: list[Delivery] = []
        self.made: list[Delivery] = []

    def note(self, realm: str, change: Change, now: datetime) -> None:
        if change.entity in ENTITIES:
            self.events.append(Event(str(uuid.uuid4()), realm, change.entity, change.id, change.operation, now, change.other))

    def bundle(
        self, options: Options, *, duplicate: int = 1, shuffle: int | None = None, forge: bool = False, split: bool = False
    ) -> None:
        """Makes deliveries of the waiting events: repeated, in another order (a seed), wrongly signed, or one event each."""
        events = [event for event in self.events for _ in range(duplicate)]
        self.events.clear()
        if shuffle is not None:
            random.Random(shuffle).shuffle(events)
        for body in _bodies(events, options.webhook_format, split):
            self.waiting.append(signed(options, body, forge=forge))

    def due(self, now: datetime) -> list[Delivery]:
        """Takes out what is to be sent now."""
        ready = [each for each in self.waiting if each.due is None or each.due <= now]
        self.waiting = [each for each in self.waiting if each not in ready]
        return ready

    def done(self, delivery: Delivery, status: int | None, now: datetime) -> Delivery:
        """Notes the receiver's answer; anything but 200 is tried again on the service's schedule."""
        made = replace(delivery, status=status, attempts=delivery.attempts + 1)
        self.made.append(made)
        if status not in (None, 200):
            wait = _WAITS[min(delivery.attempts, len(_WAITS) - 1)]
            self.waiting.append(replace(made, status=None, due=now + timedelta(seconds=wait)))
        return made


def signed(options: Options, body: bytes, *, forge: bool = False) -> Delivery:
    key = "not-the-verifier" if forge else options.verifier_token
    digest = hmac.new(key.encode(), body, hashlib.sha256).digest()
    headers = {
        "intuit-signature": base64.b64encode(digest).decode(),
        "Content-Type": "application/json",
        "User-Agent": "intuit_notification_server/1.0",
    }
    return Delivery(options.webhook_url, headers, body)


def post(url: str, headers: Mapping[str, str], body: bytes) -> int:
    """Sends one delivery over the network; no answer within 3 seconds counts as a failure."""
    if not url.startswith(("http://", "https://")):
        return 0
    request = urllib.request.Request(url, body, dict(headers), method="POST")
    try:
        with urllib.request.urlopen(request, timeout=3) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def _bodies(events: list[Event], shape: str, split: bool) -> list[bytes]:
    write = _classic if shape == "classic" else _cloud
    groups: dict[str, list[Event]] = {}
    for place, event in enumerate(events):
        # The old form speaks of one company at a time, the new one of all together.
        key = str(place) if split else event.realm if shape == "classic" else ""
        groups.setdefault(key, []).append(event)
    return [dumps(write(group)).encode() for group in groups.values()]


def _cloud(events: list[Event]) -> list[Body]:
    return [
        {
            "specversion": "1.0",
            "id": event.id,
            "source": "intuit.dGltZWJvb2tz",
            "type": f"qbo.{event.entity.lower()}.{_PAST[event.operation]}.v1",
            "datacontenttype": "application/json",
            "time": f"{event.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}000Z",
            "intuitentityid": event.entity_id,
            "intuitaccountid": event.realm,
            "data": {"deletedid": event.other} if event.other else {},
        }
        for event in events
    ]


def _classic(events: list[Event]) -> Body:
    entities: list[Body] = [
        {
            "name": event.entity,
            "id": event.entity_id,
            "operation": event.operation,
            "lastUpdated": stamp(event.at),
            **({"deletedId": event.other} if event.other else {}),
        }
        for event in events
    ]
    notification: dict[str, Any] = {"realmId": events[0].realm, "dataChangeEvent": {"entities": entities}}
    return {"eventNotifications": [notification]}
