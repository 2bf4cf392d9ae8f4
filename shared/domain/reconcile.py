"""What an invoice is here, given what the books say of it: rules on states, decided without looking anywhere."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

from shared.contract.statuses import BindingState
from shared.contract.statuses import InvoiceStatus as S

GONE = frozenset({S.VOID, S.DELETED})
"""The books hold nothing any more, and never will again under this invoice: its seconds can be billed anew."""
MONEY_MOVED = frozenset({S.PARTLY_PAID, S.PAID, S.REFUNDED})
UNPAID = frozenset({S.DRAFT, S.OPEN})
IN_FLIGHT = frozenset({BindingState.SENT, BindingState.UNKNOWN})
CLOSED = "books_closed"
"""Code of the problem that the books' period is closed: what they hold stays as it is."""
_OUT_OF_REACH = frozenset({BindingState.DIVERGED, BindingState.SETTLED, BindingState.VOID})

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


def is_open_and_untouched(status: str, words: Iterable[tuple[str, str | None]]) -> bool:
    """Whether a change may still become a new version of the invoice; otherwise it waits as a correction.

    ``words``: binding state and open problem of each connection.
    """
    return status in UNPAID and all(state not in _OUT_OF_REACH and problem != CLOSED for state, problem in words)


def is_money_moved(status: str, binding_state: str) -> bool:
    """Whether money moved in the books, and nothing of ours is on its way there."""
    return status in MONEY_MOVED and binding_state not in IN_FLIGHT


def can_withdraw(status: str) -> bool:
    """Money that moved is never voided from here."""
    return status not in MONEY_MOVED
