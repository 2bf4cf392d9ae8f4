"""Counts what every key does and holds it to its limit, without a write for each call.

Counts wait in memory and are added to the tables together: after 50 calls, or with the first call 2 seconds later. A
process that is killed loses those that wait, no more; one that ends adds them. A limit is kept over all processes as
exactly as they tell each other: a twentieth of it each, at most 50 calls; a limit of up to 20 calls is kept to the call.
"""

from __future__ import annotations

import atexit
import threading
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from weakref import WeakSet

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from services.ingest.usage.models import COUNTED, usage, window
from shared.platform import clock
from shared.platform.auth import Principal
from shared.platform.db import Database, transaction
from shared.platform.logs import log
from shared.platform.quota import Limited
from shared.platform.session import Session, dialect, insert_in
from shared.platform.web import Counts

EVERY = timedelta(seconds=2)
MOST = 50  # calls
WINDOW = 60  # seconds
POLICY = "default"


@dataclass(slots=True)
class _Window:
    began: int
    told: int = 0  # by all processes, as of the last time ours were added
    mine: int = 0  # not added yet


_Key = tuple[str, str, str]
_Caller = tuple[str, str]


class Meter:
    """One process's counts. ``limit``: calls of a key in 60 seconds."""

    def __init__(self, db: Database, limit: int) -> None:
        self._db, self._limit = db, limit
        self._lock = threading.Lock()
        self._waiting: dict[_Key, list[int]] = defaultdict(lambda: [0, 0, 0])
        self._windows: dict[_Caller, _Window] = {}
        self._added_at: datetime | None = None
        _METERS.add(self)

    def admit(self, caller: Principal) -> dict[str, str]:
        """Count a call against the caller's limit; gives the headers that tell of it. Raises Limited, which tells as well."""
        if not caller.organisation:
            return {}
        limit, now = self._limit, int(clock.now().timestamp())
        left = WINDOW - now % WINDOW
        used = self._use((caller.organisation, caller.key or caller.subject), now - now % WINDOW)
        headers = {
            "RateLimit-Policy": f'"{POLICY}";q={limit};w={WINDOW}',
            "RateLimit": f'"{POLICY}";r={max(limit - used, 0)};t={left}',
        }
        if used > limit:
            raise Limited("rate_limited", f"Too many calls in {WINDOW}s window", after=left, headers=headers)
        return headers

    def _use(self, key: _Caller, began: int) -> int:
        with self._lock:
            one = self._windows.get(key)
            if one is None or one.began != began:
                one = self._windows[key] = _Window(began)
            one.mine += 1
            if one.mine < min(max(self._limit // 20, 1), MOST):
                return one.told + one.mine
            mine, one.mine = one.mine, 0
        with transaction(self._db) as session:
            told = _add_calls(session, key, began, mine)
        with self._lock:
            one.told = max(one.told, told)
            return one.told + one.mine

    def count(self, caller: Principal, counts: Counts) -> None:
        """Note a call that was answered."""
        if not caller.organisation:
            return
        now = clock.now()
        key = (caller.organisation, f"{now:%Y-%m}", caller.key or caller.subject)
        with self._lock:
            for place, more in enumerate((1, counts.rows, counts.documents)):
                self._waiting[key][place] += more
            calls = sum(waiting[0] for waiting in self._waiting.values())
            self._added_at = self._added_at or now
            late = calls >= MOST or not timedelta(0) <= now - self._added_at < EVERY
        if late:
            self.flush()

    def flush(self) -> None:
        """Add what waits to the tables; when the database can't take it now, it waits on."""
        with self._lock:
            waiting, self._waiting = self._waiting, defaultdict(lambda: [0, 0, 0])
            self._added_at = clock.now()
            ended = int(self._added_at.timestamp()) - 2 * WINDOW
            self._windows = {key: one for key, one in self._windows.items() if one.began > ended}
        if not waiting:
            return
        try:
            with transaction(self._db) as session:
                for key in sorted(waiting):
                    session.execute(_adding(dialect(session)), _row(key, waiting[key]))
        except SQLAlchemyError as error:
            log("usage.not_added", error=type(error).__name__)
            with self._lock:
                for key, values in waiting.items():
                    self._waiting[key] = [one + other for one, other in zip(self._waiting[key], values, strict=True)]


_METERS: WeakSet[Meter] = WeakSet()


@atexit.register
def _flush_all() -> None:
    for meter in tuple(_METERS):
        meter.flush()


# ---- statements, each made once


def _row(key: _Key, values: list[int]) -> dict[str, Any]:
    organisation, month, caller = key
    return {"organisation": organisation, "month": month, "caller": caller, **dict(zip(COUNTED, values, strict=True))}


@cache
def _adding(dialect: str) -> Any:
    new = insert_in(dialect, usage)
    more = {name: usage.c[name] + new.excluded[name] for name in COUNTED}
    return new.on_conflict_do_update(index_elements=list(usage.primary_key), set_=more)


@cache
def _calling(dialect: str) -> Any:
    new = insert_in(dialect, window)
    same = window.c.began == new.excluded.began
    newer = window.c.began < new.excluded.began
    calls = sa.case((same, window.c.calls + new.excluded.calls), (newer, new.excluded.calls), else_=window.c.calls)
    began = sa.case((newer, new.excluded.began), else_=window.c.began)
    changed = new.on_conflict_do_update(index_elements=list(window.primary_key), set_={"calls": calls, "began": began})
    return changed.returning(window.c.calls)


def _add_calls(session: Session, key: _Caller, began: int, calls: int) -> int:
    organisation, caller = key
    row = {"organisation": organisation, "caller": caller, "policy": POLICY, "began": began, "calls": calls}
    return int(session.execute(_calling(dialect(session)), row).scalar_one())
