"""What other rooms may read of accounts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from services.ingest.accounts.models import api_key
from services.ingest.accounts.models import organisation as organisations
from services.ingest.accounts.pages import page
from services.ingest.tables import within
from shared.kernel.errors import Missing
from shared.platform.session import Session
from shared.platform.vault import Vault
from shared.platform.web import Page


@dataclass(frozen=True, slots=True)
class Organisation:
    """Our customer; ``zone`` (IANA) and ``currency`` (ISO 4217) hold where nothing nearer says otherwise."""

    id: str
    zone: str
    currency: str


_ORGANISATION = sa.select(*(organisations.c[name] for name in Organisation.__slots__)).where(
    organisations.c.id == sa.bindparam("of")
)


def organisation(session: Session, organisation: str) -> Organisation:
    """Raises Missing when it does not exist."""
    row = session.execute(_ORGANISATION, {"of": organisation}).first()
    if row is None:
        raise Missing("no_such_organisation", "There is no organisation of this id.", "Make one with `timebooks init`.")
    return Organisation(row.id, row.zone, row.currency)


def key_names(session: Session, vault: Vault, organisation: str) -> dict[str, str | None]:
    """The names of all the organisation's API keys, by id; of those that were revoked too."""
    keyring = vault.keyring(session, organisation)
    rows = session.execute(sa.select(api_key.c.id, api_key.c.name).where(within(api_key, organisation)))
    return {row.id: keyring.open(None, "api_key.name", row.id, row.name) for row in rows}


def keys(session: Session, vault: Vault, organisation: str, *, part: Page) -> tuple[list[dict[str, Any]], int]:
    """A page of the organisation's API keys, without anything that opens a door, and how many there are."""
    shown = [api_key.c[name] for name in ("id", "name", "role", "scopes", "person", "created", "expires", "revoked", "last_used")]
    keyring = vault.keyring(session, organisation)
    mine = sa.select(*shown).where(within(api_key, organisation)).order_by(api_key.c.created, api_key.c.id)
    rows, total = page(session, mine, part)
    return [{**row._mapping, "name": keyring.open(None, "api_key.name", row.id, row.name)} for row in rows], total
