"""Feed rows of a great import: they follow its commit in transactions of their own, since one holds 5,000 at most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from services.ingest.records import intake, store, work
from services.ingest.records.models import announcement
from services.ingest.tables import within
from shared.contract.records import Kind
from shared.platform import jobs
from shared.platform.db import MOST_FEED_ROWS, Database
from shared.platform.jobs import Job
from shared.platform.session import Session

KIND = work.PUBLISH
_MOST = MOST_FEED_ROWS - 2 * intake.AT_ONCE
"""Feed rows in an import's own transaction; what its edits hold again and bill anew needs some too."""


class Announcements:
    """Collects what an import changed: up to the limit as feed rows of its own transaction, beyond it as notes for a job.

    A note is written with the records, so a crash between the commit and the job loses nothing. A row published later
    tells the version of that moment, so the versions of one subject still come in order.
    """

    def __init__(self) -> None:
        self._held: list[tuple[Kind, Sequence[tuple[str, int]]]] = []
        self._count, self._noted = 0, False

    def __call__(self, session: Session, organisation: str, kind: Kind, changed: Sequence[tuple[str, int]]) -> None:
        self._held.append((kind, changed))
        self._count += len(changed) * intake.feed_rows(kind)
        if self._count > _MOST:
            self._note(session, organisation)

    def finish(self, session: Session, organisation: str) -> None:
        """Call once, before the commit."""
        if self._noted:
            self._note(session, organisation)
            jobs.ask(session, KIND, organisation, organisation=organisation)
            return
        for kind, changed in self._held:
            intake.announce_now(session, organisation, kind, changed)

    def _note(self, session: Session, organisation: str) -> None:
        for kind, changed in self._held:
            store.announce_later(session, organisation, kind.value, [record for record, _ in changed])
        self._held, self._count, self._noted = [], 0, True


def publish(db: Database, job: Job) -> None:
    """Turn the organisation's notes into feed rows, a note a transaction."""
    while True:
        with jobs.fenced(db, job) as session:
            mine = within(announcement, job.organisation)
            first = sa.select(announcement).where(mine).order_by(announcement.c.id).limit(1).with_for_update()
            note = session.execute(first).first()
            if note is None:
                return
            _tell(session, job.organisation, note)
            session.execute(sa.delete(announcement).where(announcement.c.id == note.id))


def _tell(session: Session, organisation: str, note: Any) -> None:
    kind = Kind.TIME if note.kind == work.NOTE else Kind(note.kind)
    stored = store.states(session, organisation, kind, note.subjects.split("\n"))
    changed = {one: revision for one, (revision, _) in stored.items()}
    if note.kind == work.NOTE:
        work.publish(session, organisation, changed)
    else:
        intake.announce_now(session, organisation, kind, [*changed.items()])
