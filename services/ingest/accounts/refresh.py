"""Refresh tokens: each follows from its session and its number, so that an old one is known as ours, and none is kept.

`rt_` and, in base64url, the session's id (16 bytes), the generation (4) and a MAC of both (32).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

from services.ingest.accounts.models import SESSION
from shared.platform.vault import Vault

_TOKEN = re.compile(r"rt_[A-Za-z0-9_-]{70}", re.ASCII)
_BODY = 20  # bytes


def write(vault: Vault, session_id: str, generation: int) -> str:
    """The refresh token of a session's generation."""
    body = bytes.fromhex(session_id.removeprefix(SESSION)) + generation.to_bytes(4, "big")
    return f"rt_{base64.urlsafe_b64encode(body + _mac(vault, body)).decode().rstrip('=')}"


def read(vault: Vault, text: str) -> tuple[str, int] | None:
    """The session and the generation that a token of ours is for; None when we never made it."""
    if not _TOKEN.fullmatch(text):
        return None
    raw = base64.urlsafe_b64decode(text.removeprefix("rt_") + "==")
    body, mac = raw[:_BODY], raw[_BODY:]
    if not hmac.compare_digest(mac, _mac(vault, body)):
        return None
    return SESSION + body[:16].hex(), int.from_bytes(body[16:], "big")


def _mac(vault: Vault, body: bytes) -> bytes:
    return hmac.digest(vault.derive(b"refresh"), body, hashlib.sha256)
