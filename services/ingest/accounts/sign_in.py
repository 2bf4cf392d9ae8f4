"""Signing in: who it is, in which organisation, with a second factor where they have one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from services.ingest.accounts import factor, sessions, throttle
from services.ingest.accounts.alarm import Alarm
from services.ingest.accounts.models import account_user, user_session
from services.ingest.accounts.models import organisation as organisations
from services.ingest.accounts.passwords import Passwords
from services.ingest.accounts.sessions import Held
from services.ingest.tables import within
from shared.kernel.errors import Conflict
from shared.platform import clock
from shared.platform.auth import NotAuthenticated, Principal
from shared.platform.db import Database, reading, transaction
from shared.platform.session import Session, prepared
from shared.platform.vault import Vault


def sign_in(
    db: Database, vault: Vault, passwords: Passwords, asked: Mapping[str, str], alarm: Alarm, *, network: str
) -> Held:
    """A session for who gives e-mail, password and device. Raises NotAuthenticated, Conflict, TooOften.

    Somebody who isn't there, is there no more or has another password gets the same answer after the same work.
    """
    account, device = passwords.account(asked["email"]), sessions.device_hash(vault, asked["device_id"])
    with reading(db) as session:
        users = session.execute(*_of_account(account, device, clock.now())).all()
    keys = throttle.count(db, network, account + (device if any(user.known for user in users) else ""))
    user = _one_of(db, vault, _with_password(passwords, account, asked, users))
    old = passwords.outdated(user.password)
    renewed = passwords.kept(account, asked["password"]) if old else user.password
    with transaction(db) as session:
        factor.check(session, vault, user, asked.get("otp"))
        failed = throttle.forgive(session, *keys)
        if old:
            mine = sa.update(account_user).where(within(account_user, user.organisation), account_user.c.id == user.id)
            session.execute(mine.values(password=renewed))
        return sessions.begin(session, vault, user, asked["device_id"], alarm, failed=failed)


def _with_password(passwords: Passwords, account: str, asked: Mapping[str, str], users: Sequence[Any]) -> list[Any]:
    """Those of an account whose password this is, in the organisation asked for if any was."""
    meant = [user for user in users if user.organisation == asked.get("organisation", user.organisation)]
    right = passwords.matching(account, asked["password"], [user.password for user in meant])
    return [user for user, matches in zip(meant, right, strict=True) if matches]


def _one_of(db: Database, vault: Vault, users: Sequence[Any]) -> Any:
    if not users:
        cause = "E-mail and password are not those of anybody who may sign in here."
        raise NotAuthenticated("sign_in_refused", cause, "Check both; whoever manages your organisation can invite you anew.")
    if len(users) > 1:
        raise _several(db, vault, users)
    return users[0]


@prepared
def _of_account(account: Any, device: Any, now: Any) -> Any:
    """Who may sign in with an e-mail, in every organisation, and whether they ever did on a device."""
    user, here = account_user.c, user_session.c
    known = sa.exists().where(here.holder == user.id, here.device == device).label("known")
    mine = sa.select(account_user, known).where(user.email_hash == account, user.password.is_not(None), user.ended.is_(None))
    return mine.where(sa.or_(user.until.is_(None), user.until > now)).order_by(user.organisation)


def prove(db: Database, passwords: Passwords, caller: Principal, password: str, *, network: str) -> Any:
    """The user row of who is signed in and gives their password again. Raises NotAuthenticated, TooOften."""
    with reading(db) as session:
        mine = sa.select(account_user).where(within(account_user, caller.organisation), account_user.c.id == caller.subject)
        user = session.execute(mine).one()
    keys = throttle.count(db, network, f"{user.email_hash}{caller.key}")
    if not all(passwords.matching(user.email_hash, password, [user.password])):
        raise NotAuthenticated("wrong_password", "This is not your password.", "Give the one that you sign in with.")
    with transaction(db) as session:
        throttle.forgive(session, *keys)
    return user


def _several(db: Database, vault: Vault, users: Sequence[Any]) -> Conflict:
    with reading(db) as session:
        known = [{"organisation": user.organisation, "name": _name(session, vault, user.organisation)} for user in users]
    cause = f"You belong to {len(known)} organisations with this password."
    return Conflict("several_organisations", cause, "Name one as organisation; facts lists them.", organisations=known)


def _name(session: Session, vault: Vault, organisation: str) -> str | None:
    sealed = session.execute(sa.select(organisations.c.name).where(organisations.c.id == organisation)).scalar_one()
    return vault.keyring(session, organisation).open(None, "organisation.name", organisation, sealed)
