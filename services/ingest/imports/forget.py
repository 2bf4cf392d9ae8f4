"""What imports still hold of somebody erased: profiles that name them."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from services.ingest.imports import query
from services.ingest.imports.models import profile as table
from services.ingest.records import query as records
from services.ingest.tables import within
from shared.contract.records import Kind
from shared.platform.session import Session
from shared.platform.vault import Vault


def forget(session: Session, vault: Vault, organisation: str, kind: Kind, subject: str) -> None:
    """Delete the profiles whose reports are all about this person or client. Call it while the key still opens the name."""
    name = getattr(records.by_id(session, vault, organisation, kind, [subject])[subject], "name", "")
    for one in query.kept_profiles(session, vault, organisation):
        if _folded(name) in map(_folded, _names(one, kind)):
            session.execute(sa.delete(table).where(within(table, organisation), table.c.id == one.number))


def _names(one: query.Kept, kind: Kind) -> Iterator[str]:
    return (part.constants[kind.value] for part in one.profile.layout.parts() if kind.value in part.constants)


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())
