"""Makes the provider's deliveries: intent to receive, signed events of contacts and invoices, forged ones. Payroll sends none."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from .options import Options
from .wire import Body, dumps, moment

CATEGORIES = {"INVOICE": "Invoices", "CONTACT": "Contacts"}


@dataclass(frozen=True)
class Delivery:
    """One POST; `valid` says what its signature is worth, `status` what the receiver answered."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    valid: bool
    status: int | None = None

    def as_json(self) -> Body:
        return {**vars(self), "headers": dict(self.headers), "body": self.body.decode()}

    @property
    def understood(self) -> bool:
        """Whether the receiver told right from wrong."""
        return self.status == (200 if self.valid else 401)


@dataclass
class Hooks:
    """Events that wait, all deliveries made, and the sequence numbers given out."""

    events: list[Body] = field(default_factory=list)
    made: list[Delivery] = field(default_factory=list)
    sequence: int = 0

    def note(self, tenant: str, category: str, event_type: str, resource: str | None, now: datetime) -> None:
        found = resource or str(uuid.uuid4())
        self.events.append(
            {
                "resourceUrl": f"https://api.xero.com/api.xro/2.0/{CATEGORIES[category]}/{found}",
                "resourceId": found,
                "tenantId": tenant,
                "tenantType": "ORGANISATION",
                "eventCategory": category,
                "eventType": event_type,
                "eventDateUtc": moment(now),
            }
        )

    def payload(self) -> bytes:
        """Every event that waits, in one body."""
        events, self.events = self.events, []
        first = self.sequence + 1 if events else 0
        self.sequence += len(events)
        last = self.sequence if events else 0
        entropy = secrets.token_hex(10).upper()
        return dumps({"events": events, "firstEventSequence": first, "lastEventSequence": last, "entropy": entropy}).encode()


def delivery(options: Options, body: bytes, sign: str = "right") -> Delivery:
    """`sign`: right | wrong_key | forged (signed, then changed) | none."""
    key = "somebody-elses-key" if sign == "wrong_key" else options.webhook_key
    over = body.replace(b'"', b"'", 1) if sign == "forged" else body
    signature = base64.b64encode(hmac.new(key.encode(), over, hashlib.sha256).digest()).decode()
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Xero/webhooks"}
    if sign != "none":
        headers["x-xero-signature"] = signature
    return Delivery(options.webhook_url, headers, body, sign == "right")


def sent(options: Options, each: Delivery) -> Delivery:
    """Carried to the receiver; without one, only handed back."""
    if options.deliver is not None:
        return replace(each, status=options.deliver(each.url, each.headers, each.body))
    return replace(each, status=_post(each)) if each.url else each


def _post(each: Delivery) -> int:
    """Over the network; no answer within 5 seconds is none."""
    if not each.url.startswith(("http://", "https://")):
        return 0
    asked = urllib.request.Request(each.url, data=each.body, headers=dict(each.headers), method="POST")
    try:
        return int(urllib.request.urlopen(asked, timeout=5).status)
    except urllib.error.HTTPError as refused:
        return int(refused.code)
    except OSError:
        return 0
