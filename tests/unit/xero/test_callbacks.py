"""Xero's webhooks: the signature over the raw bytes, and events that only make us look."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest

from services.xero_connector.callbacks import parse, verify
from shared.kernel.errors import Invalid

KEY = "sample-webhook-key"
RAW = (
    b'{"events":[{"resourceUrl":"https://api.xero.com/api.xro/2.0/Contacts/c-1","resourceId":"c-1",'
    b'"eventDateUtc":"2026-11-02T01:15:39.902","eventType":"UPDATE","eventCategory":"CONTACT","tenantId":"t-1",'
    b'"tenantType":"ORGANISATION"}],"lastEventSequence":1,"firstEventSequence":1,"entropy":"S0m3r4Nd0mt3xt"}'
)
TRIED = b'{"events":[],"lastEventSequence":0,"firstEventSequence":0,"entropy":"S0m3r4Nd0mt3xt"}'


def signature(raw: bytes, key: str = KEY) -> str:
    return base64.b64encode(hmac.digest(key.encode(), raw, hashlib.sha256)).decode()


def test_the_signature_is_over_the_very_bytes():
    assert verify(RAW, {"x-xero-signature": signature(RAW)}, KEY)
    assert not verify(RAW.replace(b'"c-1"', b'"c-2"'), {"x-xero-signature": signature(RAW)}, KEY)
    assert not verify(RAW + b" ", {"x-xero-signature": signature(RAW)}, KEY)
    assert not verify(RAW, {"x-xero-signature": signature(RAW, "another")}, KEY)


def test_a_signature_worked_out_elsewhere_is_known():
    """printf '%s' '{"events":[]}' | openssl dgst -sha256 -hmac sample-webhook-key -binary | base64"""
    assert verify(b'{"events":[]}', {"x-xero-signature": "GguEqPItPQwsOhFXsXsDwHPAccRz7UKOPWqZSQ4egko="}, KEY)


@pytest.mark.parametrize("given", ["", "not base64!", "aaaa", "é", "\udcff", "=" * 5000])
def test_no_header_of_a_stranger_raises(given):
    assert not verify(RAW, {"x-xero-signature": given}, KEY)
    assert not verify(RAW, {}, KEY)


def test_without_a_key_nothing_is_genuine():
    assert not verify(RAW, {"x-xero-signature": signature(RAW, "")}, "")


def test_an_event_tells_what_to_look_at():
    [poke] = parse(RAW)
    assert (poke.tenant, poke.kind, poke.external_id) == ("t-1", "contact", "c-1")


def test_xero_trying_the_signature_check_tells_of_nothing():
    assert list(parse(TRIED)) == []


def test_the_same_event_again_is_the_same_and_a_later_one_is_another():
    [poke], [again] = parse(RAW), parse(RAW.replace(b"S0m3r4Nd0mt3xt", b"other"))
    [later] = parse(RAW.replace(b"39.902", b"39.903"))
    assert poke.event == again.event != later.event
    assert len(poke.event) <= 80


def test_fields_that_are_too_long_are_cut_to_what_can_be_stored():
    [poke] = parse(RAW.replace(b'"c-1"', b'"' + b"c" * 500 + b'"').replace(b"CONTACT", b"C" * 500))
    assert (len(poke.external_id), len(poke.kind)) == (64, 20)


@pytest.mark.parametrize("raw", [b"[]", b"{}", b'{"events":{}}', b'{"events":[1]}', b"null", b"", b"{"])
def test_what_is_no_delivery_is_refused(raw):
    with pytest.raises(Invalid):
        parse(raw)
