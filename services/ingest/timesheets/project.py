"""Projecting: what a connector's feed says of a timesheet becomes its status here."""

from __future__ import annotations

from typing import Any

from services.ingest.timesheets import query, store
from shared.contract.messages import TimesheetStatusMessage
from shared.contract.statuses import TimesheetStatus
from shared.platform.faultpoint import works
from shared.platform.logs import log
from shared.platform.session import Session

FINAL = frozenset({TimesheetStatus.DELETED})
"""Nothing comes back from it under the same generation. What is processed may: somebody sets a pay run back over there."""


def status(session: Session, organisation: str, service: str, binding: str, message: TimesheetStatusMessage) -> None:
    """Take one word of one connection on one timesheet, unless it is old, or says what can't be."""
    stored = query.stored(session, organisation, message.timesheet, message.connection)
    if stored is not None and works("version_not_older") and not _is_newer(stored, message):
        return
    if stored is not None and works("absorbing_states") and not _may_follow(stored, message):
        log("status.refused", service=service, code=message.status)
        return
    store.keep(session, organisation, service, binding, message, stored)


def _is_newer(stored: Any, message: TimesheetStatusMessage) -> bool:
    return (message.generation, message.version) > (stored.generation, stored.version)


def _may_follow(stored: Any, message: TimesheetStatusMessage) -> bool:
    return stored.status not in FINAL or message.status == stored.status or message.generation > stored.generation
