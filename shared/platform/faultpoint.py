"""Named places where a test may kill the process or switch a mechanism off; nothing happens here otherwise.

No setting, variable or request reaches this: only a ``Rig`` made in the same process does.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from types import TracebackType

POINTS = {
    "feed.before_commit": "the change and its feed rows are written, not committed",
    "feed.committed": "a transaction that wrote feed rows is committed, its jobs are not rung yet",
    "job.taken": "a job's lease and attempt count are committed, its handler has not begun",
    "job.ended": "a job's handler has ended, its row does not say so yet",
    "follow.fetched": "a feed page is read, nothing of it applied",
    "follow.applied": "a feed page is applied, cursor and effect not committed",
    "push.intended": "a call is committed, not sent",
    "http.before_send": "the transport is about to send",
    "http.answered": "the provider has answered, nothing of it is stored",
    "push.answered": "a write's answer is read, not stored",
    "push.confirmed": "the answer is stored in a transaction, not committed",
    "push.done": "the answer is committed",
    "token.before_refresh": "the refresh lease is committed, the provider not called",
    "token.answered": "the provider rotated the tokens, they are not stored",
    "token.stored": "the new tokens are committed",
    "inbound.before_commit": "a verified callback is written, not committed",
    "inbound.committed": "a callback is committed, not answered",
    "pull.fetched": "the remote objects are read, nothing of them applied",
    "pull.applied": "statuses and cursor are written, not committed",
    "import.stored": "an import's rows are written, not committed",
    "export.written": "an export's file is whole, nothing of it is stored",
    "compose.written": "an invoice and its allocations are written, not committed",
}

MECHANISMS = {
    "key_reuse",
    "look_before_resend",
    "lease_fence",
    "unique_binding",
    "unique_allocation",
    "cursor_with_effect",
    "refresh_fence",
    "version_not_older",
    "signature_raw_bytes",
    "organisation_filter",
    "intent_hash",
    "feed_numbering",
    "sweep",
    "plan_fingerprint",
    "absorbing_states",
    "refresh_reuse",
    "refresh_grace",
    "sign_in_throttle",
    "otp_once",
}


class Rig:
    """While entered, ``hook(name)`` is called at every fault point and the mechanisms in ``off`` don't work."""

    def __init__(self, hook: Callable[[str], None] | None = None, off: Set[str] = frozenset()) -> None:
        if not off <= MECHANISMS:
            raise ValueError(f"unknown mechanisms: {sorted(off - MECHANISMS)}")
        self.hook, self.off = hook, frozenset(off)

    def __enter__(self) -> Rig:
        global _rig
        self._before, _rig = _rig, self
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        global _rig
        _rig = self._before


_rig: Rig | None = None


def faultpoint(name: str) -> None:
    """Mark a place where a crash must be harmless. Raises KeyError for a name that POINTS does not list."""
    POINTS[name]
    if _rig is not None and _rig.hook is not None:
        _rig.hook(name)


def switched_off() -> frozenset[str]:
    """The mechanisms that a test has switched off."""
    return frozenset() if _rig is None else _rig.off


def works(mechanism: str) -> bool:
    """True, unless a test has switched this mechanism off to prove that another test then fails."""
    return mechanism not in switched_off()
