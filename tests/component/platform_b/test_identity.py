"""A service's own signing key."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa

from shared.platform import auth, identity
from shared.platform.auth import Principal, Verifier
from shared.platform.db import reading

SERVICE = Principal("", "xero", "service", auth.ROLES["service"], "token")


def test_tokens_signed_with_the_kept_key_verify_with_the_published_one(database, vault):
    token = auth.sign_token(identity.signer(database, vault, "xero"), SERVICE, audience="ingest")
    assert Verifier(lambda: identity.published(database), "ingest")(token) == SERVICE


def test_many_first_users_end_with_one_key(database, vault):
    with ThreadPoolExecutor(5) as pool:
        kids = {auth.key_id(key) for key in pool.map(lambda _: identity.signer(database, vault, "xero"), range(5))}
    assert kids == set(identity.published(database)) and len(kids) == 1


def test_the_private_half_is_neither_published_nor_in_the_clear(database, vault):
    secret = identity.signer(database, vault, "xero").as_dict(private=True)["d"]
    with reading(database) as session:
        row = session.execute(sa.select(identity.signing_key)).one()
    assert secret not in str(identity.published(database)) and secret.encode() not in row.sealed
    assert set(next(iter(identity.published(database).values()))) == {"kty", "crv", "x", "kid", "alg", "use"}


def test_after_a_rotation_the_new_key_signs_and_the_old_one_still_verifies(database, vault):
    old = auth.sign_token(identity.signer(database, vault, "xero"), SERVICE, audience="ingest")
    identity.rotate(database, vault, "xero", number=2)
    new = auth.sign_token(identity.signer(database, vault, "xero"), SERVICE, audience="ingest")
    verify = Verifier(lambda: identity.published(database), "ingest")
    assert verify(old) == verify(new) == SERVICE
    assert auth.token_kid(old) != auth.token_kid(new)
