"""Who runs the installation proves it by the master key: the one caller who is not of an organisation."""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc.jwk import OKPKey

from shared.platform import auth
from shared.platform.auth import Principal
from shared.platform.vault import Vault

AUDIENCE = "ingest"


def operator_token(vault: Vault) -> str:
    """A token of a minute that may make organisations; for whoever can read the master key file."""
    operator = Principal("", "operator", "operator", auth.ROLES["operator"], "token")
    return auth.sign_token(_key(vault), operator, audience=AUDIENCE)


def operator_keys(vault: Vault) -> dict[str, dict[str, Any]]:
    """The public half, by kid; made from the master key, so it is published nowhere."""
    return auth.public_keys(_key(vault))


def _key(vault: Vault) -> OKPKey:
    private = Ed25519PrivateKey.from_private_bytes(vault.derive(b"operator")[:32])
    return OKPKey.import_key(private)
