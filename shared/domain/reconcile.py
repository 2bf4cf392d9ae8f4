"""What an invoice is here, given what the books say of it: rules on states, decided without looking anywhere."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from shared.contract.statuses import BindingState
from shared.contract.statuses import InvoiceStatus as S

GONE = frozenset({S.VOID, S.DELETED})
"""The books hold nothing any more, and never will again under this invoice: its seconds can be billed anew."""
MONEY_MOVED = frozenset({S.PARTLY_PAID, S.PAID, S.REFUNDED})
UNPAID = frozenset({S.DRAFT, S.OPEN})
IN_FLIGHT = frozenset({BindingState.SENT, BindingState.UNKNOWN})

_FURTHEST = (S.DELETED, S.VOID, S.DRAFT, S.OPEN, S.PARTLY_PAID, S.PAID, S.REFUNDED)


def is_newer(stored: int | None, incoming: int) -> bool:
    """Whether a status version tells something that isn't known yet."""
    return stored is None or incoming > stored


def may_follow(stored: str | None, incoming: str) -> bool:
    """Whether the books can truly have gone this way: nothing comes back from void or deleted; a paid invoice may."""
    return stored not in GONE or incoming in GONE


def combined(statuses: Collection[str], *, withdrawn: bool) -> S:
    """One status out of those of several connections: what any living copy says goes before what a gone one says."""
    known = [S(status) for status in statuses if status != S.DRAFT]
    if known:
        return max(known, key=_FURTHEST.index)
    return S.VOID if withdrawn else S.DRAFT


def shown(status: str, due: date | None, today: date) -> S:
    """The status as a reader sees it: ``overdue`` is derived here and never stored."""
    late = due is not None and due < today and status in (S.OPEN, S.PARTLY_PAID)
    return S.OVERDUE if late else S(status)


def is_open_and_untouched(status: str, binding_states: Collection[str]) -> bool:
    """Whether a change may still become a new version of the invoice; otherwise it waits as a correction."""
    return status in UNPAID and not set(binding_states) & {BindingState.DIVERGED, BindingState.SETTLED, BindingState.VOID}


def is_frozen_behind(status: str, binding_state: str, pushed: int, current: int) -> bool:
    """Money moved in the books on an older version than ours: what they hold is what was billed."""
    return status in MONEY_MOVED and binding_state not in IN_FLIGHT and 0 < pushed < current


def can_withdraw(status: str) -> bool:
    """Money that moved is never voided from here."""
    return status not in MONEY_MOVED
