"""What may be read of receipts."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from services.ingest.receipts.models import receipt
from services.ingest.records import query as records
from services.ingest.tables import within
from shared.contract.records import Expense, Kind
from shared.kernel.errors import Missing
from shared.platform import files
from shared.platform.session import Session, prepared
from shared.platform.vault import Vault


@prepared
def _of(organisation: Any, expense: Any) -> sa.Select[Any]:
    mine = (within(receipt, organisation), receipt.c.expense == expense)
    return sa.select(receipt).where(*mine).order_by(receipt.c.at, receipt.c.id)


def check_expense(session: Session, vault: Vault, organisation: str, expense: str, *, own: str | None = None) -> Expense:
    """The expense, which is to be of ``own``, if given. Raises Missing when it isn't there, or any more."""
    found = records.by_id(session, vault, organisation, Kind.EXPENSE, [expense]).get(expense)
    if not isinstance(found, Expense) or found.deleted or own not in (None, found.person):
        raise Missing("no_such_expense", "There is no expense of this id, or it was deleted.", "List them to see their ids.")
    return found


def of_expense(session: Session, vault: Vault, organisation: str, expense: str) -> list[dict[str, Any]]:
    """The receipts of an expense, the oldest first; of one that was erased the name is None."""
    return [shown(session, vault, organisation, row) for row in session.execute(*_of(organisation, expense))]


def shown(session: Session, vault: Vault, organisation: str, row: Any) -> dict[str, Any]:
    """A receipt as answers show it."""
    about = files.about(session, vault, organisation, row.blob)
    return {"id": row.id, "name": about.name, "media_type": row.media_type, "size": about.size, "at": row.at}


def beside(session: Session, vault: Vault, organisation: str, kind: Kind, record: str) -> dict[str, Any]:
    """What is shown with a record."""
    return {"receipts": of_expense(session, vault, organisation, record)} if kind is Kind.EXPENSE else {}


def one(session: Session, organisation: str, expense: str, number: str) -> Any:
    """A receipt's row. Raises Missing."""
    for row in session.execute(*_of(organisation, expense)):
        if row.id == number:
            return row
    raise Missing("no_such_receipt", "This expense has no receipt of this id.", "Read the expense to see its receipts.")


def ids_of(session: Session, organisation: str, expenses: Collection[str]) -> dict[str, list[str]]:
    """The ids of the receipts of some expenses, the oldest first."""
    mine = (within(receipt, organisation), receipt.c.expense.in_(expenses))
    found: dict[str, list[str]] = {}
    for row in session.execute(sa.select(receipt.c.expense, receipt.c.id).where(*mine).order_by(receipt.c.at, receipt.c.id)):
        found.setdefault(row.expense, []).append(row.id)
    return found


def blobs_of(session: Session, organisation: str, expenses: Collection[str]) -> set[str]:
    """The files that prove any of these expenses."""
    mine = sa.select(receipt.c.blob).where(within(receipt, organisation), receipt.c.expense.in_(expenses))
    return set(session.execute(mine).scalars())
