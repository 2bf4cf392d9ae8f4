"""Who is let in: keys, tokens, roles."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey

from shared.kernel.errors import Denied
from shared.platform import auth
from shared.platform.auth import NotAuthenticated, Principal, Verifier, sign_token, verify_token

OWNER = Principal("org-1", "anna", "owner", auth.ROLES["owner"], "token", "session-1")
KEY = auth.new_signing_key()
KEYS = auth.public_keys(KEY)


def part(value: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def claims(clock, **changed: object) -> dict[str, object]:
    now = int(clock.now.timestamp())
    whole = {"iss": "timebooks", "aud": "xero", "sub": "anna", "org": "org-1", "role": "owner", "scope": "push:write", "sid": "s",
             "iat": now, "nbf": now, "exp": now + 60, "jti": "j"}  # fmt: skip
    return {name: value for name, value in {**whole, **changed}.items() if value is not None}


def signed(values: dict[str, object], *, key: OKPKey = KEY, **header: object) -> str:
    head = {"alg": "Ed25519", "typ": "at+jwt", "kid": auth.key_id(KEY), **header}
    return jwt.encode(
        {name: value for name, value in head.items() if value is not None}, values, key, algorithms=["Ed25519"], default_type=None
    )


def test_a_token_names_its_caller_to_the_audience_it_was_made_for(clock):
    token = sign_token(KEY, OWNER, audience="quickbooks")
    assert verify_token(token, KEYS, "quickbooks") == OWNER


def test_a_token_for_one_service_is_refused_by_another(clock):
    token = sign_token(KEY, OWNER, audience="quickbooks")
    with pytest.raises(NotAuthenticated):
        verify_token(token, KEYS, "xero")


def test_a_token_holds_until_its_end_and_not_a_minute_longer(clock):
    token = sign_token(KEY, OWNER, audience="xero", seconds=60)
    clock.advance(seconds=59)
    verify_token(token, KEYS, "xero")
    clock.advance(seconds=6)
    with pytest.raises(NotAuthenticated, match="expired"):
        verify_token(token, KEYS, "xero")


def test_a_hand_made_token_with_all_claims_is_accepted_so_that_the_refusals_below_mean_something(clock):
    assert verify_token(signed(claims(clock)), KEYS, "xero").scopes == {"push:write"}


@pytest.mark.parametrize(
    ("changed", "header"),
    [
        ({"aud": "quickbooks"}, {}),
        ({"aud": ["xero"]}, {}),
        ({"aud": None}, {}),
        ({"iss": "elsewhere"}, {}),
        ({"role": "emperor"}, {}),
        ({"role": None}, {}),
        ({"org": 7}, {}),
        ({"jti": None}, {}),
        ({"exp": None}, {}),
        ({"exp": "tomorrow"}, {}),
        ({"exp": True}, {}),
        ({"exp": 10**17}, {}),
        ({}, {"typ": "JWT"}),
        ({}, {"typ": None}),
        ({}, {"kid": "unknown"}),
        ({}, {"kid": None}),
        ({}, {"kid": "../../etc/passwd"}),
    ],
)
def test_a_token_with_a_wrong_claim_or_header_is_refused(clock, changed, header):
    with pytest.raises(NotAuthenticated):
        verify_token(signed(claims(clock, **changed), **header), KEYS, "xero")


def test_a_token_that_begins_later_is_refused_now_but_a_few_seconds_of_clock_skew_are_not(clock):
    now = int(clock.now.timestamp())
    verify_token(signed(claims(clock, nbf=now + 3, iat=now + 3)), KEYS, "xero")
    for name in ("nbf", "iat"):
        with pytest.raises(NotAuthenticated, match="not valid yet"):
            verify_token(signed(claims(clock, **{name: now + 30})), KEYS, "xero")


def test_a_token_valid_for_more_than_an_hour_is_refused(clock):
    with pytest.raises(NotAuthenticated, match="too long"):
        verify_token(signed(claims(clock, exp=int(clock.now.timestamp()) + 3601)), KEYS, "xero")


def test_an_unsigned_token_and_one_signed_with_the_public_key_as_a_secret_are_refused(clock):
    kid = auth.key_id(KEY)
    none = f"{part({'alg': 'none', 'typ': 'at+jwt', 'kid': kid})}.{part(claims(clock))}."
    secret = OctKey.import_key(KEYS[kid]["x"])
    confused = jwt.encode({"alg": "HS256", "typ": "at+jwt", "kid": kid}, claims(clock), secret, algorithms=["HS256"])
    for token in (none, confused):
        with pytest.raises(NotAuthenticated):
            verify_token(token, KEYS, "xero")


def test_a_token_signed_by_a_stranger_under_our_kid_is_refused(clock):
    with pytest.raises(NotAuthenticated, match="signature"):
        verify_token(signed(claims(clock), key=auth.new_signing_key()), KEYS, "xero")


@settings(max_examples=60)
@given(place=st.integers(0, 10_000), letter=st.sampled_from("AZaz09-_.="))
def test_a_token_changed_in_any_letter_is_refused(place, letter):
    token = sign_token(KEY, OWNER, audience="xero")
    place %= len(token) - 1  # the last letter has bits that mean nothing
    if token[place] == letter:
        return
    with pytest.raises(NotAuthenticated):
        verify_token(token[:place] + letter + token[place + 1 :], KEYS, "xero")


@given(st.text(max_size=60))
def test_text_that_is_no_token_is_refused_and_nothing_worse(text):
    with pytest.raises(NotAuthenticated):
        verify_token(text, KEYS, "xero")


def test_a_credential_never_gives_more_than_its_role():
    greedy = Principal("org-1", "w", "worker", frozenset({"records:read", "privacy:write"}), "key", "k")
    assert greedy.scopes == {"records:read"}
    with pytest.raises(Denied) as refused:
        greedy.need("privacy:write")
    assert refused.value.status == 403


def test_an_api_key_is_known_by_its_hash_alone():
    number, text, kept = auth.new_key()
    assert auth.split_key(text) == number
    assert auth.key_matches(text, kept)
    assert not auth.key_matches(text[:-1] + ("A" if text[-1] != "A" else "B"), kept)
    assert text.split("_", 2)[2] not in kept and len(text.split("_", 2)[2]) == 43  # 256 bits


@pytest.mark.parametrize(
    "text", ["", "tbk_", "tbk_abc_def", "Bearer x", "tbk_ABCDEFGHIJKL_" + "a" * 43, "tbk_abcdefghijkl_" + "é" * 43, "\x00"]
)
def test_what_is_no_api_key_has_no_id(text):
    assert auth.split_key(text) is None


class Publisher:
    """Another service's published keys, counting how often they are asked for."""

    def __init__(self, keys: auth.PublicKeys) -> None:
        self.keys, self.asked = keys, 0

    def __call__(self) -> auth.PublicKeys:
        self.asked += 1
        return self.keys


def test_a_verifier_keeps_keys_a_minute_and_asks_again_for_an_unknown_one_at_most_every_five_seconds(clock):
    published = Publisher(KEYS)
    verify = Verifier(published, "xero")
    good = sign_token(KEY, OWNER, audience="xero", seconds=600)
    new_key = auth.new_signing_key()
    new = sign_token(new_key, OWNER, audience="xero", seconds=600)
    assert verify(good) == verify(good) == OWNER and published.asked == 1
    for _ in range(50):
        with pytest.raises(NotAuthenticated):
            verify(new)
    assert published.asked == 1
    published.keys = auth.public_keys(KEY, new_key)
    clock.advance(seconds=5)
    assert verify(new) == OWNER and published.asked == 2
    clock.now += timedelta(seconds=59)
    verify(good)
    assert published.asked == 2
    clock.advance(seconds=1)
    verify(good)
    assert published.asked == 3


def test_a_withdrawn_key_is_refused_within_a_minute(clock):
    published = Publisher(KEYS)
    verify = Verifier(published, "xero")
    token = sign_token(KEY, OWNER, audience="xero", seconds=600)
    verify(token)
    published.keys = {}
    clock.advance(seconds=60)
    with pytest.raises(NotAuthenticated):
        verify(token)


def test_a_services_own_key_cannot_speak_for_an_owner():
    verify = Verifier(Publisher(KEYS), "ingest", issuer="xero", roles=frozenset({"service"}))
    service = Principal("", "xero", "service", auth.ROLES["service"], "token")
    assert verify(sign_token(KEY, service, audience="ingest", issuer="xero")) == service
    with pytest.raises(NotAuthenticated, match="role"):
        verify(sign_token(KEY, OWNER, audience="ingest", issuer="xero"))
    with pytest.raises(NotAuthenticated):
        verify(sign_token(KEY, service, audience="ingest", issuer="quickbooks"))
