"""Counts requests against the service's limits, in windows that slide with the emulator's clock."""

from __future__ import annotations

from collections import defaultdict, deque
from datetime import datetime, timedelta

from .options import Limits

_MINUTE, _SECOND = timedelta(minutes=1), timedelta(seconds=1)


class Meter:
    """The times of the requests let through, by what they count against."""

    def __init__(self) -> None:
        self._passed: dict[tuple[str, ...], deque[datetime]] = defaultdict(deque)
        self.refused = 0

    def admits(self, limits: Limits | None, realm: str, client: str, *, batch: bool, now: datetime) -> bool:
        """Whether one more request passes; one that is refused does not count."""
        if limits is None:
            return True
        windows = [(("minute", realm), limits.per_minute, _MINUTE), (("second", realm, client), limits.per_second, _SECOND)]
        if batch:
            windows.append((("batch", realm, client), limits.batch_per_minute, _MINUTE))
        if any(self._count(key, length, now) >= most for key, most, length in windows):
            self.refused += 1
            return False
        for key, _, _ in windows:
            self._passed[key].append(now)
        return True

    def _count(self, key: tuple[str, ...], length: timedelta, now: datetime) -> int:
        passed = self._passed[key]
        while passed and passed[0] <= now - length:
            passed.popleft()
        return len(passed)
