"""Who agreed to what: a purpose, and the version of the document that they were shown; when, and when they took it back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from services.ingest.accounts.models import consent
from services.ingest.accounts.pages import page
from services.ingest.tables import within
from shared.kernel.errors import Missing
from shared.platform import audit, clock
from shared.platform.session import Session
from shared.platform.web import Page

_SHOWN = ("id", "purpose", "document", "version", "given", "withdrawn")


def give(session: Session, organisation: str, user: str, asked: Mapping[str, str]) -> str:
    """Record a consent; one that stands already for the same version stays, and its id is given."""
    same = (consent.c[name] == asked[name] for name in ("purpose", "document", "version"))
    mine = (within(consent, organisation), consent.c.holder == user, consent.c.withdrawn.is_(None), *same)
    standing = session.execute(sa.select(consent.c.id).where(*mine)).scalar()
    if standing is not None:
        return str(standing)
    number = str(uuid4())
    session.execute(sa.insert(consent).values(id=number, organisation=organisation, holder=user, given=clock.now(), **asked))
    audit.record(session, organisation, user, "consent.given", number, **asked)
    return number


def withdraw(session: Session, organisation: str, user: str, number: str) -> None:
    """Take a consent back; that it was given stays on record. Again changes nothing. Raises Missing."""
    mine = (within(consent, organisation), consent.c.id == number, consent.c.holder == user)
    if session.execute(sa.select(consent.c.id).where(*mine)).first() is None:
        raise Missing("no_such_consent", "You have given no consent of this id.", "List your consents to see their ids.")
    standing = sa.update(consent).where(*mine, consent.c.withdrawn.is_(None)).values(withdrawn=clock.now())
    if session.execute(standing).rowcount:
        audit.record(session, organisation, user, "consent.withdrawn", number)


def listed(session: Session, organisation: str, user: str | None, *, part: Page) -> tuple[list[dict[str, Any]], int]:
    """A page of consents, the latest first, and how many there are; of everybody where no user is named."""
    mine = [within(consent, organisation), *([consent.c.holder == user] if user is not None else [])]
    rows, total = page(session, sa.select(consent).where(*mine).order_by(consent.c.given.desc(), consent.c.id), part)
    return [{name: getattr(row, name) for name in _SHOWN} | {"user": row.holder} for row in rows], total
