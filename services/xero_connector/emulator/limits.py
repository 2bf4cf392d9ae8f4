"""Meters calls: five at once, so many a minute and a day for each organisation in windows of its own, so many for the app."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from .options import Limits
from .wire import Reply, text_reply

_MINUTE, _DAY = 60, 86_400


@dataclass
class Meter:
    """How many calls each window has seen. Windows are fixed; where they begin differs from organisation to organisation."""

    counts: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)  # the window's number, and its calls
    refused: Counter[str] = field(default_factory=Counter)

    def admit(self, limits: Limits, tenant: str, app: str, day_limit: int, now: datetime) -> tuple[Reply | None, dict[str, str]]:
        """A refusal or nothing, and the headers that every answer carries."""
        windows = (
            ("minute", "X-MinLimit-Remaining", tenant, limits.per_minute, _MINUTE),
            ("day", "X-DayLimit-Remaining", tenant, limits.per_day or day_limit, _DAY),
            ("appminute", "X-AppMinLimit-Remaining", app, limits.app_per_minute, _MINUTE),
        )
        left: dict[str, str] = {}
        full: tuple[str, int] | None = None
        seen = {}
        for name, header, owner, most, length in windows:
            number, until_next = _window(owner, length, now)
            before, calls = self.counts.get((name, owner), (number, 0))
            seen[name, owner] = (number, calls + 1 if before == number else 1)
            remaining = most - seen[name, owner][1] + 1
            left[header] = str(max(0, remaining - 1))
            if remaining <= 0 and (full is None or name == "day"):
                full = (name, until_next)
        if full is not None:
            self.refused[full[0]] += 1
            return throttled(*full), left
        self.counts.update(seen)
        return None, left


def _window(owner: str, length: int, now: datetime) -> tuple[int, int]:
    """The number of the owner's present window, and the seconds until the next."""
    shift = int.from_bytes(hashlib.sha256(owner.encode()).digest()[:4], "big") % length
    number, passed = divmod(int(now.timestamp()) + shift, length)
    return number, length - passed


def throttled(problem: str, retry_after: int | None) -> Reply:
    answer = text_reply("", 429, X_Rate_Limit_Problem=problem)
    waiting = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return Reply(429, answer.body, {**answer.headers, **waiting})


class InFlight:
    """Calls that are being answered now, by organisation; of this process only."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now: Counter[str] = Counter()

    def enter(self, tenant: str, most: int | None) -> bool:
        with self._lock:
            if most is not None and self._now[tenant] >= most:
                return False
            self._now[tenant] += 1
            return True

    def leave(self, tenant: str) -> None:
        with self._lock:
            self._now[tenant] -= 1
