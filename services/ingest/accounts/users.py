"""The people of an organisation who may sign in: listed, ended, forgotten, and their passwords changed."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from services.ingest.accounts import invitations, sessions
from services.ingest.accounts.alarm import Alarm
from services.ingest.accounts.models import account_user, invitation, recovery_code
from services.ingest.accounts.pages import page
from services.ingest.accounts.passwords import Passwords, check_new
from services.ingest.tables import within
from shared.kernel.errors import Conflict, Denied, Missing
from shared.platform import audit, auth, clock
from shared.platform.auth import Principal
from shared.platform.db import Database, reading
from shared.platform.session import Session
from shared.platform.vault import Vault
from shared.platform.web import Page


def listed(session: Session, vault: Vault, organisation: str, *, part: Page) -> tuple[list[dict[str, Any]], int]:
    """A page of everybody who ever could, the first one first, and how many there are."""
    mine = sa.select(account_user).where(within(account_user, organisation)).order_by(account_user.c.created, account_user.c.id)
    rows, total = page(session, mine, part)
    keyring = vault.keyring(session, organisation, {row.person for row in rows})
    names = ("id", "role", "person", "until", "created", "ended")
    return [
        {name: getattr(row, name) for name in names}
        | {name: keyring.open(row.person, f"account_user.{name}", row.id, getattr(row, name)) for name in ("name", "email")}
        | {"totp": row.totp_since is not None}
        for row in rows
    ], total


def end(session: Session, caller: Principal, user: str, alarm: Alarm) -> None:
    """Let somebody in no more: sessions, keys and open invitations of theirs end with them. Raises Missing, Denied, Conflict."""
    mine = sa.select(account_user).where(within(account_user, caller.organisation))
    row = session.execute(mine.where(account_user.c.id == user)).first()
    if row is None:
        raise Missing("no_such_user", "There is no user of this id.", "List the users to see their ids.")
    if row.ended is not None:
        return
    if not auth.ROLES[row.role] <= auth.ROLES[caller.role]:
        raise Denied("more_than_yours", f"The role {row.role} can do more than you.", "Ask somebody who has it.")
    owners = session.execute(mine.where(account_user.c.role == "owner", account_user.c.ended.is_(None)).with_for_update()).all()
    if [one.id for one in owners] == [user]:
        raise Conflict("last_owner", "This is the only owner.", "Invite another owner first.")
    _end(session, caller.organisation, account_user.c.id == user, alarm)
    audit.record(session, caller.organisation, caller.subject, "user.ended", user)


def forget(session: Session, organisation: str, person: str, alarm: Alarm) -> None:
    """A person is being erased: whoever signs in as them ends, and nothing tells that e-mail from another any more."""
    _end(session, organisation, account_user.c.person == person, alarm)
    theirs = sa.update(invitation).where(within(invitation, organisation), invitation.c.person == person)
    session.execute(theirs.values(email_hash=None))
    invitations.revoke_all(session, organisation, invitation.c.person == person)


def _end(session: Session, organisation: str, which: sa.ColumnElement[bool], alarm: Alarm) -> None:
    mine = sa.update(account_user).where(within(account_user, organisation), which, account_user.c.ended.is_(None))
    gone = {"ended": clock.now(), "email_hash": None, "password": None, "totp": None, "totp_since": None}
    for user in session.execute(mine.values(**gone).returning(account_user.c.id)).scalars().all():
        sessions.end_all(session, organisation, user, "user_ended")
        alarm(session, organisation, user, "")
        invitations.revoke_all(session, organisation, invitation.c.inviter == user)
        session.execute(sa.delete(recovery_code).where(within(recovery_code, organisation), recovery_code.c.holder == user))


def new_password(db: Database, vault: Vault, passwords: Passwords, user: Any, password: str) -> str:
    """What to keep of a new password of somebody. Raises Invalid."""
    with reading(db) as session:
        keyring = vault.keyring(session, user.organisation, [user.person])
        email = keyring.open(user.person, "account_user.email", user.id, user.email)
    check_new(email or "", password)
    return passwords.kept(user.email_hash, password)


def change_password(session: Session, organisation: str, user: str, kept: str, *, but: str) -> None:
    """Set a new password; every session of theirs ends but one."""
    mine = sa.update(account_user).where(within(account_user, organisation), account_user.c.id == user)
    session.execute(mine.values(password=kept))
    sessions.end_all(session, organisation, user, "password", but=but)
    audit.record(session, organisation, user, "password.changed", user)
