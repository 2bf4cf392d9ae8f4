"""People invited by a link: made by whoever holds what is given, good once, for a week, and taken back at any time."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from services.ingest.accounts import query
from services.ingest.accounts.models import account_user, invitation
from services.ingest.accounts.pages import page
from services.ingest.accounts.passwords import Passwords, check_new
from services.ingest.tables import within
from shared.kernel.dates import zone_of
from shared.kernel.errors import Conflict, Invalid, Missing
from shared.platform import audit, clock
from shared.platform.auth import Principal
from shared.platform.db import Database, reading, transaction
from shared.platform.session import Session
from shared.platform.vault import Keyring, Vault
from shared.platform.web import Page

GOOD_FOR, LONGEST = timedelta(days=7), timedelta(days=366)
"""How long a link may wait, and an auditor stay."""


def invite(session: Session, vault: Vault, passwords: Passwords, caller: Principal, asked: Mapping[str, Any]) -> tuple[str, str]:
    """Invite somebody; gives the invitation's id and the token of its link, of which only a hash is kept."""
    organisation, number, token, now = caller.organisation, str(uuid4()), f"inv_{secrets.token_urlsafe(32)}", clock.now()
    account, person = passwords.account(asked["email"]), asked.get("person")
    if _taken(session, organisation, account):
        raise Conflict("already_a_user", "Somebody signs in here with this e-mail already.", "End that user first.")
    keyring = vault.keyring(session, organisation, [person])
    row = {
        "id": number,
        "organisation": organisation,
        "name": keyring.seal(person, "invitation.name", number, asked["name"]),
        "email": keyring.seal(person, "invitation.email", number, asked["email"]),
        "email_hash": account,
        "role": asked["role"],
        "person": person,
        "until": _end_of(session, organisation, asked["role"], asked.get("until")),
        "hash": _hash(token),
        "inviter": caller.subject,
        "created": now,
        "expires": now + GOOD_FOR,
    }
    session.execute(sa.insert(invitation).values(row))
    audit.record(session, organisation, caller.subject, "user.invited", number, role=asked["role"])
    return number, token


def accept(db: Database, vault: Vault, passwords: Passwords, asked: Mapping[str, str]) -> dict[str, Any]:
    """Become a user with a password of one's own. Raises Missing for a link that is used, old, taken back or made up."""
    with reading(db) as session:
        row = _open_one(session, asked["token"])
        email = vault.keyring(session, row.organisation).open(row.person, "invitation.email", row.id, row.email)
    check_new(email or "", asked["password"])
    kept = passwords.kept(row.email_hash, asked["password"])  # outside of the transaction, since it takes its time
    with transaction(db) as session:
        used = sa.update(invitation).where(within(invitation, row.organisation), invitation.c.id == row.id, _open(clock.now()))
        if not session.execute(used.values(accepted=clock.now())).rowcount:
            raise _gone()
        if _taken(session, row.organisation, row.email_hash):
            raise Conflict("already_a_user", "Somebody signs in here with this e-mail already.", "Sign in with your password.")
        return _become(session, vault.keyring(session, row.organisation), row, kept)


def _become(session: Session, keyring: Keyring, row: Any, kept: str) -> dict[str, Any]:
    user = str(uuid4())
    name, email = (keyring.open(row.person, f"invitation.{what}", row.id, getattr(row, what)) for what in ("name", "email"))
    values = {
        "id": user,
        "organisation": row.organisation,
        "name": keyring.seal(row.person, "account_user.name", user, name or ""),
        "email": keyring.seal(row.person, "account_user.email", user, email or ""),
        "email_hash": row.email_hash,
        "role": row.role,
        "person": row.person,
        "until": row.until,
        "password": kept,
        "created": clock.now(),
    }
    session.execute(sa.insert(account_user).values(values))
    audit.record(session, row.organisation, user, "user.joined", row.id, role=row.role)
    return {"user": user, "organisation": row.organisation, "email": email, "role": row.role}


def listed(session: Session, vault: Vault, organisation: str, *, part: Page) -> tuple[list[dict[str, Any]], int]:
    """A page of invitations, the latest first, without what opens them, and how many there are."""
    mine = sa.select(invitation).where(within(invitation, organisation)).order_by(invitation.c.created.desc(), invitation.c.id)
    rows, total = page(session, mine, part)
    keyring = vault.keyring(session, organisation, {row.person for row in rows})
    names = ("id", "role", "person", "until", "inviter", "created", "expires", "accepted", "revoked")
    sealed = ("name", "email")
    return [
        {name: getattr(row, name) for name in names}
        | {name: keyring.open(row.person, f"invitation.{name}", row.id, getattr(row, name)) for name in sealed}
        for row in rows
    ], total


def revoke(session: Session, organisation: str, number: str, actor: str) -> None:
    """Take an invitation back; one that was accepted stays so. Raises Missing."""
    mine = (within(invitation, organisation), invitation.c.id == number)
    if session.execute(sa.select(invitation.c.id).where(*mine)).first() is None:
        raise Missing("no_such_invitation", "There is no invitation of this id.", "List the invitations to see their ids.")
    live = sa.update(invitation).where(*mine, invitation.c.accepted.is_(None), invitation.c.revoked.is_(None))
    if session.execute(live.values(revoked=clock.now())).rowcount:
        audit.record(session, organisation, actor, "invitation.revoked", number)


def revoke_all(session: Session, organisation: str, *which: sa.ColumnElement[bool]) -> None:
    """Take back what nobody accepted yet."""
    live = (within(invitation, organisation), invitation.c.accepted.is_(None), invitation.c.revoked.is_(None), *which)
    session.execute(sa.update(invitation).where(*live).values(revoked=clock.now()))


def _end_of(session: Session, organisation: str, role: str, until: date | None) -> datetime | None:
    """The end of the last day, where the organisation is."""
    if until is None:
        if role == "auditor":
            raise Invalid("until_missing", "An auditor looks for a limited time.", "Give until: the last day, as YYYY-MM-DD.")
        return None
    zone = zone_of(query.organisation(session, organisation).zone)
    end = datetime.combine(until + timedelta(days=1), time(), zone).astimezone(UTC)
    if not clock.now() < end <= clock.now() + LONGEST:
        raise Invalid("bad_until", f"until is {until}.", f"Give a day from today, {LONGEST.days} days ahead at most.")
    return end


def _taken(session: Session, organisation: str, account: str) -> bool:
    user = account_user.c
    mine = (within(account_user, organisation), user.email_hash == account, user.ended.is_(None))
    return session.execute(sa.select(user.id).where(*mine)).first() is not None


def _open(now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(invitation.c.accepted.is_(None), invitation.c.revoked.is_(None), invitation.c.expires > now)


def _open_one(session: Session, token: str) -> Any:
    """An invitation by its link alone: the organisation is what is being learnt."""
    row = session.execute(sa.select(invitation).where(invitation.c.hash == _hash(token), _open(clock.now()))).first()
    if row is None or row.email_hash is None:
        raise _gone()
    return row


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()  # 256 random bits need no slow hash


def _gone() -> Missing:
    return Missing("no_such_invitation", "This link was used, is too old, or was taken back.", "Ask for another invitation.")
