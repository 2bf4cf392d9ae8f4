"""Xero's webhooks: the signature over the raw bytes, and the events in them; nothing of payroll is told that way."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any

from shared.connector.provider import Poke
from shared.kernel import canonical
from shared.kernel.errors import Invalid

HEADER = "x-xero-signature"
_TELLING = ("tenantId", "resourceId", "eventCategory", "eventType", "eventDateUtc")


def verify(raw: bytes, headers: Mapping[str, str], key: str) -> bool:
    """Whether these very bytes were signed with the app's webhook key. Never raises, whatever a stranger sends."""
    if not key:
        return False
    right = b64encode(hmac.digest(key.encode(), raw, hashlib.sha256))
    return hmac.compare_digest(right, headers.get(HEADER, "").encode("utf-8", "replace"))


def parse(raw: bytes) -> Sequence[Poke]:
    """The events of a delivery; none when Xero only tries whether we check signatures."""
    value = canonical.loads(raw)
    events = value.get("events") if isinstance(value, dict) else None
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        raise Invalid("bad_callback", "It is not a delivery of events.", "Send what Xero sends.")
    return tuple(_poke(event) for event in events)


def _poke(event: Mapping[str, Any]) -> Poke:
    """An event has no id of its own: its fields tell it from another, and a repeated one is the same."""
    told = [str(event.get(name) or "") for name in _TELLING]
    tenant, resource, category, *_ = told
    return Poke(
        tenant=tenant[:64],
        event=hashlib.sha256(canonical.dumps(told)).hexdigest(),
        kind=category.lower()[:20],
        external_id=resource[:64] or None,
    )
