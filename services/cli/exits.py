"""How a command ends: the exit code of each failure, and the next command to type."""

from __future__ import annotations

import sys
from typing import Any

from services.cli.show import Answer, write
from shared.kernel.errors import Conflict, Denied, Failure, Park, Reconnect, Retry

DONE, FAILED, USAGE, PARTLY, SIGN_IN, AWAY, CONFLICT, ASKED, INTERRUPTED = 0, 1, 2, 3, 4, 5, 6, 7, 130

_BY_CLASS: tuple[tuple[type[Failure], int], ...] = (
    (Denied, SIGN_IN),
    (Reconnect, SIGN_IN),
    (Retry, AWAY),
    (Conflict, CONFLICT),
    (Park, PARTLY),
)
_RECONNECT = ("access_refused", "grant_ended", "no_rights", "not_connected", "oauth_refused", "token_refused")
"""Codes of a lost authorisation: over HTTP the class of a failure is known by its status alone."""

_NEXT = {
    "no_key": "timebooks init NAME",
    "already_begun": "timebooks import FILE",
    "plan_expired": "timebooks plan",
    "plan_moved": "timebooks plan",
    "no_plan": "timebooks plan",
    "reference_missing": "timebooks references",
    "data_folder_in_use": "timebooks doctor",
    "no_answer": "timebooks doctor",
    "no_such_invoice": "timebooks status",
    "no_such_timesheet": "timebooks timesheets",
    "still_working": "timebooks status",
    **dict.fromkeys(_RECONNECT, "timebooks connect"),
}


def code_of(failure: Failure) -> int:
    """The exit code that says what to do about a failure."""
    if failure.code in _RECONNECT:
        return SIGN_IN
    return next((code for kind, code in _BY_CLASS if isinstance(failure, kind)), FAILED)


def tell(failure: Failure, *, as_json: bool) -> int:
    """Say on stderr (or as the JSON document) what went wrong, why, and what to type next; gives the exit code."""
    code, command = code_of(failure), _NEXT.get(failure.code, "")
    if as_json:
        error: dict[str, Any] = {"code": failure.code, "message": failure.cause, "remedy": failure.remedy}
        write(Answer({"error": error | ({"next": command} if command else {})}), as_json=True)
        return code
    lines = [f"error: {failure.cause}", failure.remedy, f"next:  {command}" if command else ""]
    sys.stderr.write("\n".join(line for line in lines if line) + "\n")
    return code
