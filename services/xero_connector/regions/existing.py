"""What happens when a timesheet is already there: one table per region and state, published and obeyed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from services.xero_connector.statuses import TimesheetStatus as S


class Action(StrEnum):
    UPDATE = "update"
    DELETE = "delete"
    ZERO = "zero"
    REVERT = "revert"  # set back to draft, update, and approve again if it was approved
    REVERT_DELETE = "revert_delete"
    ASK = "ask"
    CORRECT_NEXT = "correct_next"
    STOP = "stop"


SAID = {
    Action.UPDATE: "update it",
    Action.DELETE: "delete it",
    Action.ZERO: "set its hours to zero",
    Action.REVERT: "set it back to draft, update it, and approve it again",
    Action.REVERT_DELETE: "set it back to draft and delete it",
    Action.ASK: "ask a person first",
    Action.CORRECT_NEXT: "leave it; the difference goes into the next open period as a visible correction",
    Action.STOP: "stop; somebody has to set it back to draft in Xero",
}
"""In the words of the reader."""


@dataclass(frozen=True, slots=True)
class Row:
    """One state of a timesheet that is already there."""

    region: str
    state: S
    change: Action  # the work changed
    withdraw: Action  # nothing of the work is left
    chosen: bool = False  # not asked about where the connection says that approved ones may be corrected

    def if_chosen(self, *, withdrawn: bool) -> Action:
        """What is done instead of asking."""
        return Action.REVERT_DELETE if withdrawn else Action.REVERT


def _dated(region: str, *, handed_in: bool) -> tuple[Row, ...]:
    return (
        Row(region, S.DRAFT, Action.UPDATE, Action.DELETE),
        *((Row(region, S.REQUESTED, Action.ASK, Action.ASK),) if handed_in else ()),
        Row(region, S.APPROVED, Action.ASK, Action.ASK, chosen=True),
        *((Row(region, S.REJECTED, Action.ASK, Action.ASK),) if handed_in else ()),
        Row(region, S.PROCESSED, Action.CORRECT_NEXT, Action.CORRECT_NEXT),
    )


TABLE: tuple[Row, ...] = (
    Row("au1", S.DRAFT, Action.UPDATE, Action.ZERO),
    *(Row("au1", state, Action.STOP, Action.STOP) for state in (S.REQUESTED, S.APPROVED, S.REJECTED)),  # it takes drafts only
    Row("au1", S.PROCESSED, Action.CORRECT_NEXT, Action.CORRECT_NEXT),
    *_dated("au2", handed_in=False),
    *_dated("nz", handed_in=True),
    *_dated("uk", handed_in=False),
)
_BY_STATE = {(row.region, row.state): row for row in TABLE}


def decide(
    region: str,
    state: str,
    *,
    withdrawn: bool = False,
    ours: bool = True,
    automatic: bool = False,
    confirmed: bool = False,
    correct_approved: bool = False,
) -> Action:
    """What is done about a timesheet that is there in this state.

    ``ours`` false: somebody else made it; a plan shows what would be overwritten, so only unattended pushing asks about it.
    ``confirmed``: a person answered the question with yes. A state that the region doesn't list is always asked about.
    """
    row = _BY_STATE.get((region, S(state)))
    if row is None:
        return Action.ASK
    action = row.withdraw if withdrawn else row.change
    if action is Action.ASK:
        return _answered(row, withdrawn, confirmed, correct_approved)
    foreign = not ours and (automatic or withdrawn) and not confirmed
    return Action.ASK if foreign and action in (Action.UPDATE, Action.DELETE, Action.ZERO) else action


def _answered(row: Row, withdrawn: bool, confirmed: bool, correct_approved: bool) -> Action:
    """Whatever is asked about is in a region that can set it back to draft."""
    return row.if_chosen(withdrawn=withdrawn) if confirmed or (row.chosen and correct_approved) else Action.ASK
