"""How many exports a caller may ask for in a minute."""

from __future__ import annotations

from dataclasses import dataclass

from shared.platform import quota
from shared.platform.auth import Principal
from shared.platform.db import Database
from shared.platform.quota import Limited

WINDOW = 60  # seconds


@dataclass(frozen=True, slots=True)
class Limit:
    """``rate`` exports a minute for each credential, a third of them at once; more than ``rows`` go to the background."""

    rate: int = 60
    rows: int = 100_000

    def __call__(self, db: Database, caller: Principal) -> None:
        """Raises Limited with the seconds to wait."""
        bucket = f"export:{caller.organisation}:{caller.key or caller.subject}"
        try:
            quota.take(db, bucket, rate=self.rate, per_seconds=WINDOW, burst=max(1, self.rate // 3), patience=0)
        except Limited as limited:
            cause = f"Too many export calls in {WINDOW}s window"
            raise Limited("rate_limited", cause, after=limited.after) from limited
