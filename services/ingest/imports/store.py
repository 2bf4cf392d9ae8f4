"""Every write of imports."""

from __future__ import annotations

from sqlalchemy.orm import Session

from services.ingest.imports.models import report
from shared.platform import clock
from shared.platform import db as database


def note_report(session: Session, organisation: str, ref: str, family: str) -> None:
    """Remember how a report was laid out that is stored now."""
    row = {"organisation": organisation, "ref": ref, "family": family, "at": clock.now()}
    session.execute(database.insert(session, report).values(row).on_conflict_do_nothing())
