"""What may be read of background exports."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from services.ingest.exports import store
from services.ingest.exports.models import export
from services.ingest.tables import within
from shared.kernel.errors import Missing
from shared.platform import jobs
from shared.platform.auth import Principal
from shared.platform.session import Session

WRITE = "export.write"
"""Job kind; the subject is the export."""


def one(session: Session, caller: Principal, number: str) -> Any:
    """Raises Missing for an export that isn't there, another organisation's, and to a worker another's."""
    row = store.find(session, caller.organisation, number)
    if row is None or (caller.role == "worker" and row.actor != caller.subject):
        raise Missing("no_such_export", "There is no export of this id.", "List the exports to see their ids.")
    return row


def listed(session: Session, caller: Principal, *, limit: int, offset: int) -> tuple[list[Any], int]:
    """The newest first, and how many there are."""
    mine = [within(export, caller.organisation), *([export.c.actor == caller.subject] if caller.role == "worker" else [])]
    total = session.execute(sa.select(sa.func.count()).select_from(export).where(*mine)).scalar_one()
    page = sa.select(export).where(*mine).order_by(export.c.created.desc(), export.c.id).limit(limit).offset(offset)
    return list(session.execute(page).all()), total


def given_up(session: Session, row: Any) -> bool:
    """Whether nobody writes an unfinished export any more, since its workers died of it."""
    mine = (jobs.job.c.kind == WRITE, jobs.job.c.subject == row.id)
    states = set(session.execute(sa.select(jobs.job.c.state).where(*mine)).scalars())
    return row.state in store.OPEN and states <= set(jobs.ENDED)
