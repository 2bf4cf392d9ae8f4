"""A service's own signing key: made on first use, sealed in its database, its public half published."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from joserfc.jwk import OKPKey

from shared.platform import auth, clock, sealing
from shared.platform.db import Database, Instant, metadata, reading, transaction
from shared.platform.session import add_new, prepared
from shared.platform.vault import Vault

signing_key = sa.Table(
    "signing_key",
    metadata,
    sa.Column("name", sa.String(40), primary_key=True),  # the service
    sa.Column("number", sa.Integer, primary_key=True),  # the highest one signs; older ones are still published
    sa.Column("public", sa.Text, nullable=False),  # JWK
    sa.Column("sealed", sa.LargeBinary, nullable=False),  # private JWK
    sa.Column("made_at", Instant, nullable=False),
)


def signer(db: Database, vault: Vault, name: str) -> OKPKey:
    """The key with which the service ``name`` signs; two first users end with the same one."""
    with reading(db) as session:
        row = session.execute(*_newest(name)).first()
    if row is None:
        rotate(db, vault, name, number=1)
        with reading(db) as session:
            row = session.execute(*_newest(name)).one()
    text = sealing.unseal(_cipher(vault), row.sealed, sealing.bound("signing_key", name, str(row.number)))
    return OKPKey.import_key(json.loads(text))


@prepared
def _newest(name: Any) -> sa.Select[Any]:
    mine = sa.select(signing_key.c.number, signing_key.c.sealed).where(signing_key.c.name == name)
    return mine.order_by(signing_key.c.number.desc()).limit(1)


def rotate(db: Database, vault: Vault, name: str, *, number: int) -> None:
    """Make key ``number`` of a service, unless it exists."""
    private = auth.new_signing_key()
    [public] = auth.public_keys(private).values()
    secret = json.dumps(private.as_dict(private=True)).encode()
    row = {
        "name": name,
        "number": number,
        "public": json.dumps(public, sort_keys=True),
        "sealed": sealing.seal(_cipher(vault), secret, sealing.bound("signing_key", name, str(number))),
        "made_at": clock.now(),
    }
    with transaction(db) as session:
        add_new(session, signing_key, row)


_PUBLIC = sa.select(signing_key.c.public)


def published(db: Database) -> dict[str, dict[str, Any]]:
    """Public keys by kid, for ``GET …/identity/keys`` and ``auth.Verifier``."""
    with reading(db) as session:
        keys = [json.loads(text) for text in session.execute(_PUBLIC).scalars()]
    return {key["kid"]: key for key in keys}


def _cipher(vault: Vault) -> AESGCM:
    return AESGCM(vault.derive(b"signing"))
