"""Every write of background exports."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from services.ingest.exports.models import export
from services.ingest.tables import within
from shared.platform import clock, files
from shared.platform.auth import Principal
from shared.platform.session import Session, prepared

KEPT = timedelta(days=7)
"""How long a finished file can be fetched."""
OPEN = ("waiting", "writing")


def add(session: Session, caller: Principal, number: str, asked: Mapping[str, Any], total: int) -> None:
    row = {"id": number, "organisation": caller.organisation, "actor": caller.subject, "key": caller.key}
    row |= {"asked": asked, "state": "waiting", "total": total, "done": 0, "created": clock.now()}
    session.execute(sa.insert(export).values(row))


@prepared
def _one(organisation: Any, number: Any) -> sa.Select[Any]:
    return sa.select(export).where(within(export, organisation), export.c.id == number)


def find(session: Session, organisation: str, number: str) -> Any | None:
    """The row of an export."""
    return session.execute(*_one(organisation, number)).first()


def move(session: Session, organisation: str, number: str, **values: Any) -> bool:
    """Note how an unfinished export comes along; False when it was revoked meanwhile."""
    mine = (within(export, organisation), export.c.id == number, export.c.state.in_(OPEN))
    return bool(session.execute(sa.update(export).where(*mine).values(**values)).rowcount)


def finish(session: Session, organisation: str, number: str, file: str, *, rows: int, size: int, sha256: str) -> None:
    told = {"state": "ready", "done": rows, "size": size, "sha256": sha256, "file": file}
    move(session, organisation, number, **told, finished=clock.now(), expires=clock.now() + KEPT)


def end(session: Session, row: Any, state: str) -> None:
    """Remove an export's file; every link to it is dead with that."""
    if row.file:
        files.delete(session, row.organisation, row.file)
    mine = sa.update(export).where(export.c.id == row.id)
    session.execute(mine.values(state=state, file=None, finished=clock.now(), expires=None))


def expired(session: Session, limit: int = 20) -> list[Any]:
    """Finished exports of any organisation whose time is over."""
    over = sa.select(export).where(export.c.expires <= clock.now()).order_by(export.c.expires).limit(limit)
    return list(session.execute(over).all())
