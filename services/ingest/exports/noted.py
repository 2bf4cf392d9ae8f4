"""Every export in the audit trail: who asked for what before the first byte, how much went out and its hash after the last."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from services.ingest.exports.asked import Asked
from services.ingest.exports.totals import Totals
from shared.platform import audit
from shared.platform.auth import Principal
from shared.platform.db import Database, transaction
from shared.platform.session import Session
from shared.platform.web import counts


def filter_facts(asked: Asked) -> dict[str, Any]:
    """The whole filter as facts: ids, dates and words of ours."""
    wanted = asked.wanted
    told: dict[str, Any] = {"format": asked.format, "from": wanted.since, "to": wanted.until}
    told |= {"user": wanted.person, "client": wanted.client, "approved": wanted.approved, "page": asked.page}
    told |= {"cursor": asked.cursor, "page_size": asked.size} if asked.in_parts else {}
    told |= {f"job_{at}": job for at, job in enumerate(wanted.jobs or ())}
    told |= {f"tag_{at}": tag for at, tag in enumerate(wanted.tags or ())}
    return {name: value for name, value in told.items() if value is not None} | {f"with_{name}": True for name in asked.shown}


@dataclass(slots=True)
class Sent:
    """How many lines went out so far."""

    lines: int = 0


class Noted:
    """Counts and hashes an export's bytes on their way. ``facts``: what was asked for."""

    def __init__(self, db: Database, caller: Principal, facts: Mapping[str, Any]) -> None:
        self._db, self._caller = db, caller
        self._id, self._facts, self._counts = str(uuid4()), facts, counts()

    def through(self, pieces: Iterator[bytes], totals: Totals | Sent) -> Iterator[bytes]:
        """The same pieces; what was begun is noted at once, and the end when it comes, cut off or not."""
        with transaction(self._db) as session:
            note(session, self._caller, "export.begun", self._id, **self._facts)
        return self._passed(pieces, totals)

    def _passed(self, pieces: Iterator[bytes], totals: Totals | Sent) -> Iterator[bytes]:
        digest, size, whole = hashlib.sha256(), 0, False
        try:
            for piece in pieces:
                digest.update(piece)
                size += len(piece)
                yield piece
            whole = True
        finally:
            self._counts.rows += totals.lines
            with transaction(self._db) as session:
                told = {"rows": totals.lines, "bytes": size, "sha256": digest.hexdigest(), "whole": whole}
                note(session, self._caller, "export.ended", self._id, **told)


def note(session: Session, caller: Principal, action: str, export: str, **facts: Any) -> None:
    audit.record(session, caller.organisation, caller.subject, action, export, key=caller.key, **facts)
