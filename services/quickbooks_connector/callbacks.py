"""Intuit's webhooks: the signature over the raw bytes, and the two shapes their events come in."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

from shared.connector.provider import Poke
from shared.kernel import canonical

HEADER = "intuit-signature"


def verify(raw: bytes, headers: Mapping[str, str], verifier: str) -> bool:
    """Whether these very bytes were signed with the app's verifier token. Never raises, whatever a stranger sends."""
    try:
        given = base64.b64decode(headers.get(HEADER, ""), validate=True)
    except (binascii.Error, ValueError):
        return False
    return bool(verifier) and hmac.compare_digest(given, hmac.digest(verifier.encode(), raw, hashlib.sha256))


def parse(raw: bytes) -> Sequence[Poke]:
    """The events of a delivery: CloudEvents of several companies, or the older shape."""
    value = canonical.loads(raw)
    return [_cloud_event(event) for event in value] if isinstance(value, list) else _older(value)


def _cloud_event(event: Mapping[str, Any]) -> Poke:
    """``type`` is like qbo.invoice.updated.v1."""
    kind = str(event["type"]).split(".")[1]
    return Poke(
        tenant=_text(event["intuitaccountid"]),
        event=_text(event["id"]),
        kind=kind[:20],
        external_id=_text(event["intuitentityid"]),
    )


def _older(value: Mapping[str, Any]) -> list[Poke]:
    return [
        _older_event(str(company["realmId"]), entity)
        for company in value["eventNotifications"]
        for entity in company["dataChangeEvent"]["entities"]
    ]


def _older_event(realm: str, entity: Mapping[str, Any]) -> Poke:
    named = [realm, *(str(entity.get(name, "")) for name in ("name", "id", "operation", "lastUpdated"))]
    event = hashlib.sha256(canonical.dumps(named)).hexdigest()
    return Poke(tenant=_text(realm), event=event, kind=str(entity["name"]).lower()[:20], external_id=_text(entity["id"]))


def _text(value: Any) -> str:
    return str(value)[:64]
