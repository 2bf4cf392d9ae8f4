"""What a computed list came to, kept between the pages of one reading: else each page would cost as much as the whole.

The first page computes; a later one takes the same result while it is young and nothing was told of the organisation
since, so the pages of a reading agree with each other. It is the caller's own, and never of another filter.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.ingest.lists.listing import Filter, Reader, Whole
from shared.platform import clock, feed
from shared.platform.auth import Principal
from shared.platform.db import reading

FOR = timedelta(seconds=60)  # as long as anything opened may stay so
MOST = 20_000
"""Items of all results that one process keeps; what alone has more is not kept."""

_Key = tuple[Principal, str, Filter]


@dataclass(frozen=True, slots=True)
class _Result:
    whole: Whole
    until: datetime
    position: int  # of the feed before it was computed


class Kept:
    """The results of one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._results: OrderedDict[_Key, _Result] = OrderedDict()

    def whole(self, reader: Reader, name: str, chosen: Filter, compute: Callable[[Reader, Filter], Whole], *, page: int) -> Whole:
        """The list's result: that of the page before, or a new one."""
        key = (reader.caller, name, chosen)
        with self._lock:
            found = self._results.get(key) if page > 1 else None
        with reading(reader.db) as session:
            if found and clock.now() < found.until and not feed.told_since(session, reader.organisation, found.position):
                return found.whole
            position = feed.top(session)
        whole = compute(reader, chosen)
        self._keep(key, _Result(whole, clock.now() + FOR, position))
        return whole

    def _keep(self, key: _Key, result: _Result) -> None:
        now = clock.now()
        with self._lock:
            self._results.pop(key, None)
            self._results[key] = result
            while self._results and (self._size() > MOST or next(iter(self._results.values())).until <= now):
                self._results.popitem(last=False)

    def _size(self) -> int:
        return sum(len(one.whole.items) for one in self._results.values())
