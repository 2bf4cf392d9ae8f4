"""Intuit's webhooks: the signature over the raw bytes, and both shapes of events."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest

from services.quickbooks_connector.callbacks import parse, verify

VERIFIER = "sample-verifier"
CLOUD = (
    b'[{"specversion":"1.0","id":"e-1","source":"intuit.x","type":"qbo.invoice.updated.v1","time":"2026-03-09T10:00:00.000000000Z",'
    b'"intuitentityid":"77","intuitaccountid":"9341450000000001","data":{}},'
    b'{"specversion":"1.0","id":"e-2","source":"intuit.x","type":"qbo.payment.created.v1","time":"2026-03-09T10:00:00.000000000Z",'
    b'"intuitentityid":"78","intuitaccountid":"9341450000000002","data":{}}]'
)
OLDER = (
    b'{"eventNotifications":[{"realmId":"9341450000000001","dataChangeEvent":{"entities":[{"name":"Invoice","id":"77",'
    b'"operation":"Void","lastUpdated":"2026-03-09T10:00:00.000Z"}]}}]}'
)


def signature(raw: bytes, key: str = VERIFIER) -> str:
    return base64.b64encode(hmac.digest(key.encode(), raw, hashlib.sha256)).decode()


def test_the_signature_is_over_the_very_bytes():
    assert verify(CLOUD, {"intuit-signature": signature(CLOUD)}, VERIFIER)
    assert not verify(CLOUD.replace(b'"77"', b'"78"'), {"intuit-signature": signature(CLOUD)}, VERIFIER)
    assert not verify(CLOUD + b" ", {"intuit-signature": signature(CLOUD)}, VERIFIER)
    assert not verify(CLOUD, {"intuit-signature": signature(CLOUD, "another")}, VERIFIER)


@pytest.mark.parametrize("given", ["", "not base64!", "aaaa", "é", "=" * 5000])
def test_no_header_of_a_stranger_raises(given):
    assert not verify(CLOUD, {"intuit-signature": given}, VERIFIER)
    assert not verify(CLOUD, {}, VERIFIER)


def test_without_a_verifier_nothing_is_genuine():
    assert not verify(CLOUD, {"intuit-signature": signature(CLOUD, "")}, "")


def test_one_delivery_of_cloud_events_names_several_companies():
    pokes = [(poke.tenant, poke.event, poke.kind, poke.external_id) for poke in parse(CLOUD)]
    assert pokes == [("9341450000000001", "e-1", "invoice", "77"), ("9341450000000002", "e-2", "payment", "78")]


def test_the_older_shape_is_read_too_and_its_events_are_told_apart_by_their_content():
    [poke] = parse(OLDER)
    [again] = parse(OLDER)
    [later] = parse(OLDER.replace(b"10:00:00", b"10:00:01"))
    assert (poke.tenant, poke.kind, poke.external_id) == ("9341450000000001", "invoice", "77")
    assert poke.event == again.event != later.event
