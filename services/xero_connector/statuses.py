"""What the books' words for a timesheet and a pay run mean in ours. Tables only."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from shared.kernel.errors import Park


class TimesheetStatus(StrEnum):
    """What a timesheet is in the books."""

    DRAFT = "draft"
    REQUESTED = "requested"  # the employee has handed it in there
    APPROVED = "approved"
    REJECTED = "rejected"
    PROCESSED = "processed"  # it is in a posted pay run; nothing changes it any more


class PayRunStatus(StrEnum):
    DRAFT = "draft"
    POSTED = "posted"


TIMESHEET: Mapping[str, TimesheetStatus] = {
    "draft": TimesheetStatus.DRAFT,
    "requested": TimesheetStatus.REQUESTED,
    "approved": TimesheetStatus.APPROVED,
    "rejected": TimesheetStatus.REJECTED,
    "declined": TimesheetStatus.REJECTED,  # New Zealand shows it; its enumeration doesn't name it
    "processed": TimesheetStatus.PROCESSED,  # Australia 1.0
    "completed": TimesheetStatus.PROCESSED,  # 2.0
}
PAY_RUN: Mapping[str, PayRunStatus] = {"draft": PayRunStatus.DRAFT, "posted": PayRunStatus.POSTED}


def timesheet_status(word: str) -> TimesheetStatus:
    """Ours for theirs, in any case. Raises Park for a word that isn't known: it is never guessed."""
    known = TIMESHEET.get(word.casefold())
    if known is None:
        raise Park("unknown_status", f"Xero calls a timesheet “{word}”, which timebooks doesn't know.", "Report this text.")
    return known
