"""The sealed form of a value: AES-256-GCM, bound to the place it stands in, with a version byte in front."""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared.kernel.errors import Failure

KEY_BYTES = 32
_VERSION = b"\x01"  # AES-256-GCM: version, 12 bytes nonce, ciphertext, 16 bytes tag
_NONCE_BYTES = 12


class SealBroken(Failure):
    """A sealed value was altered, moved to another row, or its key is gone without a trace."""


def new_key() -> bytes:
    """A fresh random key."""
    return os.urandom(KEY_BYTES)


def derive(key: bytes, label: bytes) -> bytes:
    """A key for one purpose out of another key."""
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=b"timebooks/1/" + label).derive(key)


def bound(*names: str) -> bytes:
    """What a sealed value is bound to. Lengths are written down, so that no two lists of names look the same."""
    return "".join([f"{len(name)}:{name}" for name in names]).encode()


def seal(cipher: AESGCM, data: bytes, place: bytes) -> bytes:
    """Seal ``data`` for ``place``."""
    nonce = os.urandom(_NONCE_BYTES)
    return _VERSION + nonce + cipher.encrypt(nonce, data, place)


def unseal(cipher: AESGCM, sealed: bytes, place: bytes) -> bytes:
    """Open what was sealed for ``place``; raises SealBroken for anything else."""
    if sealed[:1] != _VERSION:
        raise SealBroken("seal_unknown", "A sealed value has a form that this version does not know.", "Upgrade this service.")
    try:
        return cipher.decrypt(sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :], place)
    except (InvalidTag, ValueError) as error:
        cause = "A sealed value was altered, stands in another row than it was sealed for, or was sealed by another key."
        raise SealBroken("seal_broken", cause, "Restore this row from a backup and check the master key file.") from error
