"""Links to finished exports: signed for one file and one moment, so that whoever holds one needs no key.

They end with their time, with the file, and with the export's revocation.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from services.ingest.exports.models import export
from shared.kernel.errors import Denied, Missing
from shared.platform import clock
from shared.platform.session import Session
from shared.platform.vault import Vault

LIFE = timedelta(hours=1)


def link(vault: Vault, row: Any) -> tuple[str, datetime]:
    """The path of a fresh link, and until when it holds."""
    until = int((clock.now() + LIFE).timestamp())
    return f"/exports/{row.id}/file?expires={until}&signature={_signature(vault, row, until)}", datetime.fromtimestamp(until, UTC)


def opened(session: Session, vault: Vault, number: str, expires: str, signature: str) -> Any:
    """The export that a link leads to: the organisation is what is being learnt, the signature says whose link it is."""
    row = session.execute(sa.select(export).where(export.c.id == number, export.c.file.is_not(None))).first()
    until = int(expires) if expires.isascii() and expires.isdigit() and len(expires) < 12 else 0
    if row is None or not hmac.compare_digest(_signature(vault, row, until), signature):
        cause = "This link leads nowhere: it is not ours, or its file was removed."
        raise Missing("no_such_link", cause, "Ask for the export again.")
    if until <= clock.now().timestamp():
        raise Denied("link_expired", "This link has expired.", "Look at the export again: it tells a fresh link.")
    return row


def _signature(vault: Vault, row: Any, until: int) -> str:
    said = f"{row.organisation}|{row.id}|{row.file}|{until}".encode()
    mac = hmac.digest(vault.derive(b"export-links"), said, hashlib.sha256)
    return base64.urlsafe_b64encode(mac).decode().rstrip("=")
