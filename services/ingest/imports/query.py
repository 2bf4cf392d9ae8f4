"""What is read of imports."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.ingest.imports.models import report
from services.ingest.records.store import among, chunks
from services.ingest.tables import within


def laid_out(session: Session, organisation: str, family: str, refs: Collection[str]) -> set[str]:
    """Those of some stored reports that were laid out so."""
    mine = sa.select(report.c.ref).where(within(report, organisation), report.c.family == family)
    pages = [mine.where(among(session, report.c.ref, some)) for some in chunks(refs)]
    return {ref for page in pages for ref in session.execute(page).scalars()}
