"""Large exports: ordered now, written by a worker, given out only when the whole file is there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from typing import Any
from uuid import uuid4

from services.ingest.exports import asked as requests
from services.ingest.exports import store, stream
from services.ingest.exports.asked import Asked
from services.ingest.exports.lines import Line
from services.ingest.exports.noted import filter_facts
from services.ingest.exports.query import WRITE
from services.ingest.exports.totals import Totals
from services.ingest.exports.written import written
from shared.kernel.errors import Failure, Invalid, Retry
from shared.platform import audit, files, jobs
from shared.platform.auth import Principal
from shared.platform.db import Database, reading, transaction
from shared.platform.faultpoint import faultpoint
from shared.platform.jobs import Job
from shared.platform.schedule import Tick
from shared.platform.session import Session
from shared.platform.vault import Vault

FORGET = "export.forget"
TICKS = (Tick(FORGET, 3600),)
_IN_MEMORY = 8_000_000  # bytes; beyond, the file is on disk, without a name, and gone with the process
_PIECE = 256 * 1024
_STEP = 20_000
"""Lines between two notes of progress."""


def order(session: Session, caller: Principal, asked: Asked, sent: dict[str, Any], total: int) -> str:
    """Ask for an export; gives its id."""
    number = str(uuid4())
    kept = {**sent, "user_id": asked.wanted.person, "format": asked.format, "background": True}
    store.add(session, caller, number, kept, total)
    audit.record(session, caller.organisation, caller.subject, "export.ordered", number, key=caller.key, **filter_facts(asked))
    jobs.ask(session, WRITE, number, organisation=caller.organisation)
    return number


@dataclass(slots=True)
class _Work:
    """One export under way."""

    db: Database
    vault: Vault
    job: Job
    totals: Totals
    named: set[str] = field(default_factory=set)  # the people and clients in it

    def watched(self, pages: Iterable[list[Line]]) -> Iterator[list[Line]]:
        """The same pages; who is named in them is kept, and progress noted."""
        told = 0
        for page in pages:
            self.named.update(name for line in page for name in (line.person, line.client) if name)
            yield page
            if self.totals.lines - told >= _STEP:
                told = self.totals.lines
                self.progress(done=told)

    def progress(self, **values: Any) -> None:
        """Raises Invalid when the export was revoked meanwhile."""
        with jobs.fenced(self.db, self.job) as session:
            if not store.move(session, self.job.organisation, self.job.subject, **values):
                raise _Revoked("revoked", "The export was revoked.")


class _Revoked(Invalid):
    """Nobody wants it any more."""


def write(db: Database, vault: Vault, job: Job) -> None:
    """Write an ordered export. One that is cut off begins again from the start, since nothing of it was given out."""
    with reading(db) as session:
        row = store.find(session, job.organisation, job.subject)
    if row is None or row.state not in store.OPEN:
        return
    try:
        _write(db, vault, job, row)
    except _Revoked:
        return
    except Retry:
        raise
    except Failure as failure:
        told = {"code": failure.code, "cause": failure.cause, "remedy": failure.remedy}
        with jobs.fenced(db, job) as session:
            store.move(session, job.organisation, job.subject, state="failed", failure=told)


def _write(db: Database, vault: Vault, job: Job, row: Any) -> None:
    with reading(db) as session:
        asked = requests.again(session, job.organisation, row.asked)
    work = _Work(db, vault, job, Totals(asked.shown))
    work.progress(state="writing", done=0)
    digest, size = hashlib.sha256(), 0
    with SpooledTemporaryFile(max_size=_IN_MEMORY) as spool:
        for piece in written(asked, work.watched(stream.pages(db, vault, job.organisation, asked)), work.totals):
            digest.update(piece)
            size += len(piece)
            spool.write(piece)
        faultpoint("export.written")
        told = {"rows": work.totals.lines, "size": size, "sha256": digest.hexdigest()}
        _publish(work, row, spool, told)


def _publish(work: _Work, row: Any, spool: Any, told: dict[str, Any]) -> None:
    """The file and the word that it is there, in one transaction."""
    organisation, number = work.job.organisation, work.job.subject
    with jobs.fenced(work.db, work.job) as session:
        if not store.move(session, organisation, number, done=told["rows"]):
            return
        keyring = work.vault.keyring(session, organisation, work.named)
        named = {name for name in work.named if not keyring.erased(name)}
        file = files.store(session, work.vault, organisation, _content(number, spool), kind="export", subjects=named)
        store.finish(session, organisation, number, file, **told)
        audit.record(session, organisation, row.actor, "export.ended", number, key=row.key, whole=True, **told)


def _content(number: str, spool: Any) -> Iterator[bytes]:
    """The file with its export's id in front: files are found by content, and this one shall go without taking another."""
    yield number.encode()
    spool.seek(0)
    while piece := spool.read(_PIECE):
        yield piece


def content(db: Database, vault: Vault, row: Any, start: int, stop: int) -> Iterator[bytes]:
    """The bytes from ``start`` up to ``stop`` of a finished export. Raises Missing when somebody in it was erased."""
    ahead = len(row.id)
    return files.stream(db, vault, row.organisation, row.file, start=ahead + start, stop=ahead + stop)


def forget(db: Database) -> None:
    """Remove files whose time is over."""
    while True:
        with transaction(db) as session:
            over = store.expired(session)
            for row in over:
                store.end(session, row, "expired")
        if not over:
            return
