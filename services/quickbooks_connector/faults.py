"""QuickBooks' errors, each mapped to what can be done about it. Codes and meanings: Intuit's list of error codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from shared.connector.outcome import STALE
from shared.connector.tokens import Expired
from shared.kernel import canonical
from shared.kernel.errors import Conflict, Failure, Invalid, Missing, Park, Reconnect, Retry, Unsupported
from shared.platform.http import Response

PAUSE = 60  # seconds that Intuit asks for after a 429
LONGEST_PAUSE = 3600
NAME = "QuickBooks Online"


def raise_failure(answer: Response) -> Any:
    """The answer's JSON when it is good; else raises the Failure of its first error, with all of them in the text."""
    try:
        value = canonical.loads(answer.body)
    except Invalid:
        raise _unreadable(answer) from None
    if not isinstance(value, dict):
        raise _unreadable(answer)
    errors = errors_of(value)
    if errors or answer.status >= 400:
        raise failure(errors, answer.status, answer.headers)
    return value


def errors_of(value: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Every error of an answer; the gateway spells them in lower case."""
    fault = value.get("Fault") or value.get("fault") or {}
    return list(fault.get("Error") or fault.get("error") or [])


def failure(errors: list[Mapping[str, Any]], status: int, headers: Mapping[str, str]) -> Failure:
    """The Failure for the errors of one answer, or of one item of a batch (status 200 then)."""
    code = str(errors[0].get("code", "")) if errors else ""
    text = "; ".join(_said(error) for error in errors) or f"It answered {status}."
    if status == 429 or code == "3001":
        return Retry("throttled", f"{NAME} asks to slow down.", after=_pause(headers))
    make = _BY_CODE.get(code.lstrip("0") or code) or _by_status(status)
    found = make(f"{NAME}: {text}")
    if status >= 500 and isinstance(found, Retry):
        found.unknown = True  # it may have been done before the server failed
    return found


def _said(error: Mapping[str, Any]) -> str:
    """An error in its own words; details of a stale object name another user and are left out."""
    message = error.get("Message") or error.get("message") or ""
    detail = error.get("Detail") or error.get("detail") or ""
    code = str(error.get("code", ""))
    return f"{message if code == '5010' or not detail else detail} ({code})"


def _pause(headers: Mapping[str, str]) -> int:
    given = headers.get("retry-after", "")
    return min(int(given), LONGEST_PAUSE) if given.isascii() and given.isdigit() else PAUSE


def _unreadable(answer: Response) -> Failure:
    """XML or HTML comes from gateways; so does a throttle."""
    if answer.status == 429 or b"003001" in answer.body:
        return Retry("throttled", f"{NAME} asks to slow down.", after=_pause(answer.headers))
    if answer.status == 401:
        return Expired("token_expired", f"{NAME} turned the token down.")
    return Retry("unreadable", f"{NAME} answered {answer.status} with something that is not JSON.", unknown=True)


def _by_status(status: int) -> Callable[[str], Failure]:
    if status == 401:
        return lambda text: Expired("token_expired", text)
    if status == 403:
        return lambda text: Reconnect("access_refused", text, "Connect QuickBooks again, as an administrator of the company.")
    if status == 404:
        return lambda text: Missing("gone", text)
    if status >= 500:
        return lambda text: Retry("provider_failed", text, unknown=True)
    return lambda text: Park("refused", text, "See what QuickBooks says, mend it there or here, and plan again.")


def _ours(text: str) -> Failure:
    return Unsupported("not_understood", text, "This is a fault of timebooks: please report it with this text.")


def _park(code: str, remedy: str) -> Callable[[str], Failure]:
    return lambda text: Park(code, text, remedy)


_BY_CODE: Mapping[str, Callable[[str], Failure]] = {
    "120": lambda text: Reconnect("no_rights", text, "Have an administrator of the company connect it again."),
    "130": lambda text: Retry("wrong_cluster", text, after=300),
    "140": lambda text: Retry("company_locked", text, after=300),
    "150": lambda text: Retry("maintenance", text, after=300),
    "500": _ours,
    "600": lambda text: Retry("request_known", text, unknown=True),
    "610": lambda text: Missing("gone", text),
    "2010": _ours,
    "2020": _ours,
    "2030": _park("bad_value", "Mend the value it names, and plan again."),
    "2050": _park("too_long", "Shorten the text it names, and plan again."),
    "2080": _ours,
    "2090": _park("bad_value", "Mend the value it names, and plan again."),
    "2500": _park("stale_reference", "What was linked is not there any more: link it again with timebooks references."),
    "3100": lambda text: Reconnect("access_refused", text, "Connect QuickBooks again, as an administrator of the company."),
    "3200": lambda text: Expired("token_expired", text),
    "4000": _ours,
    "4001": _ours,
    "5010": lambda text: Conflict(STALE, text, "It is looked at again by itself."),
    "5020": _park("not_in_edition", "This edition of QuickBooks can't do it."),
    "5030": _park("not_in_edition", "Switch the feature on in QuickBooks, and plan again."),
    "6000": _park(
        "books_refuse",
        "QuickBooks says why; closed books or an inactive account are the usual reasons. Mend it there and plan again.",
    ),
    "6070": _ours,
    "6080": _park("bad_value", "Give it a name, and plan again."),
    "6090": _park("bad_value", "Mend the discount, and plan again."),
    "6100": _ours,
    "6140": lambda text: Conflict("number_taken", text, "Void this invoice here and compose it again: it gets the next number."),
    "6190": _park("subscription_ended", "Renew the company's QuickBooks subscription, and plan again."),
    "6200": _park("books_closed", "Reopen the period in QuickBooks, or void this invoice and bill it later."),
    "6210": _park("books_closed", "Reopen the period in QuickBooks, or void this invoice and bill it later."),
    "6240": lambda text: Conflict("name_taken", text, "Link the one that has the name, or rename it there."),
    "6540": _park("linked_there", "Unlink the payment or deposit in QuickBooks first, and plan again."),
    "10000": lambda text: Retry("provider_failed", text, unknown=True),
}
