"""What waits beside invoices made elsewhere, told as problems: opened when something begins to wait, closed when nothing does.

The list of problems looks itself; this is for those who listen.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from services.ingest.billing import left_out
from services.ingest.billing.models import invoice
from services.ingest.status import report
from services.ingest.status.models import problem
from services.ingest.tables import within
from shared.platform.db import Database, reading, transaction
from shared.platform.schedule import Tick
from shared.platform.session import Session
from shared.platform.vault import Vault

KIND = "left_out.tell"  # job kind
TICKS = (Tick(KIND, 300),)
_TOLD = ("title", "cause", "remedy", "blocks")


def tell(db: Database, vault: Vault) -> None:
    """Tell what has changed since the last time, in every organisation that has such invoices."""
    with reading(db) as session:
        having = sa.select(invoice.c.organisation).where(invoice.c.given_from.is_not(None)).distinct()
        organisations = session.execute(having).scalars().all()
    for organisation in sorted(organisations):
        with reading(db) as session:
            _, news = _news(session, organisation)
        if news:
            with transaction(db) as session:
                _tell(session, vault, organisation)


def _tell(session: Session, vault: Vault, organisation: str) -> None:
    waiting, news = _news(session, organisation)
    for document in sorted(news):
        if document in waiting:
            said = {name: waiting[document][name] for name in _TOLD}
            report.say(session, vault, organisation, document, code=left_out.CODE, **said)
        else:
            report.settle(session, vault, organisation, document)


def _news(session: Session, organisation: str) -> tuple[dict[str, Any], set[str]]:
    """What waits, by invoice, and the invoices of which something else was told."""
    waiting = {one["subject"]: one for one in left_out.problems(session, organisation)}
    mine = (within(problem, organisation), problem.c.code == left_out.CODE, problem.c.open.is_(sa.true()))
    told = {row.subject: row.blocks for row in session.execute(sa.select(problem.c.subject, problem.c.blocks).where(*mine))}
    now = {document: one["blocks"] for document, one in waiting.items()}
    return waiting, {document for document in now.keys() | told.keys() if now.get(document) != told.get(document)}
