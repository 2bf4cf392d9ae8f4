"""Every write of accounts."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import uuid4

import sqlalchemy as sa

from services.ingest.accounts.models import account_user, api_key
from services.ingest.accounts.models import organisation as organisations
from services.ingest.tables import within
from shared.kernel.errors import Missing
from shared.platform import audit, auth, clock
from shared.platform.session import Session
from shared.platform.vault import Keyring, Vault


def create_organisation(session: Session, vault: Vault, name: str, owner: str, *, zone: str, currency: str) -> tuple[str, str]:
    """Make an organisation with its owner; gives its id and the owner's API key, which is not told again."""
    organisation, user, now = str(uuid4()), str(uuid4()), clock.now()
    keyring = vault.keyring(session, organisation)
    sealed = keyring.seal(None, "organisation.name", organisation, name)
    values = {"id": organisation, "name": sealed, "zone": zone, "currency": currency, "created": now}
    session.execute(sa.insert(organisations).values(values))
    person = keyring.seal(None, "account_user.name", user, owner)
    values = {"id": user, "organisation": organisation, "name": person, "role": "owner", "created": now}
    session.execute(sa.insert(account_user).values(values))
    audit.record(session, organisation, "operator", "organisation.created", organisation)
    return organisation, create_key(session, keyring, user, "owner", role="owner", scopes=auth.ROLES["owner"])[1]


def create_key(
    session: Session,
    keyring: Keyring,
    holder: str,
    name: str,
    *,
    role: str,
    scopes: Collection[str],
    person: str | None = None,
    expires: datetime | None = None,
) -> tuple[str, str]:
    """Make an API key for ``holder``; gives its id and its text. Only a hash of the text is kept."""
    number, text, kept = auth.new_key()
    row = {
        "id": number,
        "organisation": keyring.organisation,
        "holder": holder,
        "name": keyring.seal(None, "api_key.name", number, name),
        "hash": kept,
        "role": role,
        "scopes": sorted(scopes),
        "person": person,
        "created": clock.now(),
        "expires": expires,
    }
    session.execute(sa.insert(api_key).values(row))
    audit.record(session, keyring.organisation, holder, "key.created", number)
    return number, text


def revoke_key(session: Session, organisation: str, key: str, actor: str) -> None:
    """End a key; ending it again changes nothing."""
    mine = sa.and_(within(api_key, organisation), api_key.c.id == key)
    if session.execute(sa.select(api_key.c.id).where(mine)).first() is None:
        raise Missing("no_such_key", "There is no key of this id.", "List the keys to see their ids.")
    live = sa.update(api_key).where(mine, api_key.c.revoked.is_(None)).values(revoked=clock.now())
    if session.execute(live.returning(api_key.c.id)).first():
        audit.record(session, organisation, actor, "key.revoked", key)


def used(session: Session, organisation: str, key: str) -> None:
    """Note the first use of a key in an hour; of two first uses one leaves the audit row."""
    if audit.first_use(session, organisation, key):
        hour = clock.now().replace(minute=0, second=0, microsecond=0)
        session.execute(sa.update(api_key).where(within(api_key, organisation), api_key.c.id == key).values(last_used=hour))


def expiry(days: int | None) -> datetime | None:
    """When a key of so many days ends; None: never."""
    return clock.now() + timedelta(days=days) if days is not None else None
