"""Answers change data capture: what changed since a time, whole objects, deleted ones as stubs."""

from __future__ import annotations

from datetime import datetime, timedelta

from . import query
from .books import Books
from .properties import SHAPES
from .wire import Body, invalid, missing, stamp

_MOST = 1000
_DAYS = 30


def answer(books: Books, entities: str | None, since: str | None, visible: datetime) -> Body:
    if not entities or not since:
        raise missing("entities" if not entities else "changedSince")
    start = query.instant(since)
    if start < books.now() - timedelta(days=_DAYS):
        raise invalid(f"changedSince may lie {_DAYS} days back at most", element="changedSince")
    found = [(at, name, body) for name in map(_named, entities.split(",")) for at, body in _changed(books, name, start, visible)]
    # At most so many over all entities: the oldest changes first, so that one can ask again from a later time.
    kept = sorted(found, key=lambda each: each[0])[:_MOST]
    return {"CDCResponse": [{"QueryResponse": [_group(name, kept) for name in map(_named, entities.split(","))]}]}


def _named(spoken: str) -> str:
    entity = next((each for each in SHAPES if each.lower() == spoken.strip().lower()), None)
    if entity is None:
        raise invalid(f"Entity {spoken} is not supported", element="entities")
    return entity


def _changed(books: Books, entity: str, start: datetime, visible: datetime) -> list[tuple[datetime, Body]]:
    whole_second = start.replace(microsecond=0)
    return [(at, body or _stub(object_id, at)) for object_id, at, body in books.seen(entity, visible) if at >= whole_second]


def _stub(object_id: str, at: datetime) -> Body:
    return {"domain": "QBO", "status": "Deleted", "Id": object_id, "MetaData": {"LastUpdatedTime": stamp(at)}}


def _group(entity: str, kept: list[tuple[datetime, str, Body]]) -> Body:
    rows = [body for _, name, body in kept if name == entity]
    return {entity: rows, "startPosition": 1, "maxResults": len(rows)} if rows else {}
