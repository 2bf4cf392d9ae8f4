"""Every write of receipts."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from services.ingest.receipts import query
from services.ingest.receipts.media import media_type, named
from services.ingest.receipts.models import receipt
from services.ingest.records import query as records
from services.ingest.tables import within
from shared.contract.records import Kind
from shared.platform import audit, clock, files
from shared.platform.session import Session, insert
from shared.platform.vault import Vault

_FILE = "receipt"  # kind of such a file
_AT_ONCE = 500


def keep(
    session: Session, vault: Vault, organisation: str, expense: str, content: bytes, actor: str, *, name: str
) -> tuple[dict[str, Any], bool]:
    """Keep a receipt of an expense; gives it as it is shown, and whether it is new: the same file again is the same receipt."""
    media = media_type(content)
    spent = query.check_expense(session, vault, organisation, expense)
    called = named(name, media)
    blob = files.store(session, vault, organisation, content, kind=_FILE, subjects=[spent.person], name=called)
    row = {"id": str(uuid4()), "organisation": organisation, "expense": expense, "blob": blob, "media_type": media}
    new = insert(session, receipt).values(row | {"at": clock.now()}).on_conflict_do_nothing().returning(receipt.c.id)
    made = session.execute(new).first() is not None
    mine = (within(receipt, organisation), receipt.c.expense == expense, receipt.c.blob == blob)
    kept = session.execute(sa.select(receipt).where(*mine)).one()
    if made:
        audit.record(session, organisation, actor, "receipt.stored", kept.id, expense=expense)
    return query.shown(session, vault, organisation, kept), made


def drop(session: Session, vault: Vault, organisation: str, expense: str, number: str, actor: str) -> None:
    """Let go of a receipt, and of its file unless it proves another expense too. Raises Missing."""
    row = query.one(session, organisation, expense, number)
    session.execute(sa.delete(receipt).where(within(receipt, organisation), receipt.c.id == number))
    still = sa.select(receipt.c.id).where(within(receipt, organisation), receipt.c.blob == row.blob)
    if session.execute(still).first() is None and files.about(session, vault, organisation, row.blob).kind == _FILE:
        files.delete(session, organisation, row.blob)
    audit.record(session, organisation, actor, "receipt.deleted", number, expense=expense)


def forget(session: Session, vault: Vault, organisation: str, kind: Kind, subject: str) -> None:
    """Before a person is erased: name them in all receipts of what is theirs by now, so that these go with them.

    An expense may have been somebody else's when its receipt came.
    """
    if kind is not Kind.PERSON:
        return
    spent = records.entries(session, vault, organisation, kinds=(Kind.EXPENSE,), person=subject, deleted=None)
    ids = [one.record.id for one in spent]
    for start in range(0, len(ids), _AT_ONCE):
        for blob in query.blobs_of(session, organisation, ids[start : start + _AT_ONCE]):
            files.name_subjects(session, vault, organisation, blob, [subject])
