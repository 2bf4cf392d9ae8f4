"""The second factor: codes of an authenticator app (RFC 6238), each good once, and recovery codes for when it is lost."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from base64 import b32decode, b32encode
from typing import Any

import sqlalchemy as sa
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from services.ingest.accounts.models import account_user, recovery_code
from services.ingest.tables import within
from shared.kernel.errors import Conflict
from shared.platform import audit, clock
from shared.platform.auth import NotAuthenticated
from shared.platform.faultpoint import works
from shared.platform.session import Session
from shared.platform.vault import Vault

STEP, DRIFT = 30, (-1, 0, 1)
"""Seconds that a code is shown for, and how many steps a phone's clock may be off."""
SECRET_BYTES, CODES, CODE_CHARACTERS = 20, 10, 16
_PLACE, _ISSUER = "account_user.totp", "timebooks"
_CODE = re.compile(r"[0-9]{6}", re.ASCII)


def enrol(session: Session, vault: Vault, organisation: str, user: str) -> dict[str, str]:
    """A new secret, and its address for an authenticator app; asked for once it is confirmed."""
    if _of(session, organisation, user).totp_since is not None:
        raise Conflict("totp_is_on", "The second factor is on already.", "Turn it off first, with one of its codes.")
    secret = secrets.token_bytes(SECRET_BYTES)
    text = b32encode(secret).decode()
    sealed = vault.keyring(session, organisation).seal(None, _PLACE, user, text)
    session.execute(_mine(organisation, user).values(totp=sealed, totp_step=0))
    return {"secret": text, "uri": _totp(secret).get_provisioning_uri(user[:8], _ISSUER)}


def confirm(session: Session, vault: Vault, organisation: str, user: str, otp: str) -> list[str]:
    """Turn the second factor on with a first code; gives the recovery codes, which are not told again."""
    row = _of(session, organisation, user)
    if row.totp is None or row.totp_since is not None:
        raise Conflict("totp_not_begun", "No second factor waits for its first code.", "Ask for a secret first.")
    _use_code(session, vault, row, otp)
    session.execute(_mine(organisation, user).values(totp_since=clock.now()))
    codes = [b32encode(secrets.token_bytes(10)).decode().lower() for _ in range(CODES)]
    rows = [{"hash": _hash(vault, user, code), "organisation": organisation, "holder": user} for code in codes]
    session.execute(sa.insert(recovery_code), rows)
    audit.record(session, organisation, user, "totp.on", user)
    return ["-".join(code[at : at + 4] for at in range(0, CODE_CHARACTERS, 4)) for code in codes]


def remove(session: Session, vault: Vault, organisation: str, user: str, otp: str) -> None:
    """Turn the second factor off, with one more code."""
    row = _of(session, organisation, user)
    if row.totp_since is None:
        raise Conflict("totp_is_off", "There is no second factor to turn off.", "Nothing is to be done.")
    check(session, vault, row, otp)
    session.execute(_mine(organisation, user).values(totp=None, totp_since=None, totp_step=0))
    session.execute(sa.delete(recovery_code).where(within(recovery_code, organisation), recovery_code.c.holder == user))
    audit.record(session, organisation, user, "totp.off", user)


def check(session: Session, vault: Vault, user: Any, otp: str | None) -> None:
    """Raise NotAuthenticated unless ``user`` has no second factor, or this is its code."""
    if user.totp_since is None:
        return
    if otp is None:
        raise NotAuthenticated("otp_needed", "This account has a second factor.", "Send its code, or a recovery code, as otp.")
    if _CODE.fullmatch(otp):
        _use_code(session, vault, user, otp)
    elif not _use_recovery(session, vault, user, otp):
        raise _wrong()


def _use_code(session: Session, vault: Vault, user: Any, otp: str) -> None:
    keyring = vault.keyring(session, user.organisation)
    secret = _totp(b32decode(keyring.open(None, _PLACE, user.id, user.totp) or ""))
    now = int(clock.now().timestamp()) // STEP
    matching = [now + by for by in DRIFT if hmac.compare_digest(secret.generate((now + by) * STEP), otp.encode())]
    if not matching:
        raise _wrong()
    step = matching[-1]
    unused = _mine(user.organisation, user.id).where(*([account_user.c.totp_step < step] if works("otp_once") else []))
    if not session.execute(unused.values(totp_step=step)).rowcount:
        raise _wrong()


def _use_recovery(session: Session, vault: Vault, user: Any, otp: str) -> bool:
    code = _hash(vault, user.id, re.sub(r"[\s-]", "", otp).lower())
    mine = (within(recovery_code, user.organisation), recovery_code.c.holder == user.id, recovery_code.c.hash == code)
    used = sa.update(recovery_code).where(*mine, recovery_code.c.used.is_(None)).values(used=clock.now())
    if not session.execute(used).rowcount:
        return False
    audit.record(session, user.organisation, user.id, "totp.recovered", user.id)
    return True


def _of(session: Session, organisation: str, user: str) -> Any:
    return session.execute(sa.select(account_user).where(within(account_user, organisation), account_user.c.id == user)).one()


def _mine(organisation: str, user: str) -> sa.Update:
    return sa.update(account_user).where(within(account_user, organisation), account_user.c.id == user)


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret, 6, SHA1(), STEP)


def _hash(vault: Vault, user: str, code: str) -> str:
    return hmac.new(vault.derive(b"recovery"), f"{user}:{code}".encode(), hashlib.sha256).hexdigest()


def _wrong() -> NotAuthenticated:
    return NotAuthenticated("otp_wrong", "The code is not right, or was used.", "Send the next code of your app.")
