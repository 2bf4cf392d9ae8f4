"""What Xero says when it refuses, in JSON, XML, HTML or plain text, each mapped to what can be done about it."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from shared.connector.tokens import Expired
from shared.kernel import canonical
from shared.kernel.errors import Conflict, Failure, Invalid, Missing, Park, Reconnect, Retry, Unsupported
from shared.platform.http import Response

EXISTS = "timesheet_exists"
NOT_DRAFT = "not_draft"
DAY = 86_400
_WAITS = {"appmin": 60, "day": 3600, "minute": 60, "concurrent": 5}
"""Seconds to wait for each kind of limit when the answer doesn't say; a day's is looked at again each hour."""
_LIMITS = {
    "day": ("day_limit", "This organisation's calls of the day are used up."),
    "appmin": ("throttled", "All organisations of this app together have used up the minute's calls."),
}
_MOST_TEXT = 600
_SPOKEN = ("detail", "Detail", "Message", "message", "error", "Title", "title")
_XML_MESSAGE = re.compile(r"<(?:\w+:)?Message>(.*?)</(?:\w+:)?Message>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")


def value_of(answer: Response) -> Any:
    """The JSON of a good answer; raises the Failure of any other. A 2.0 envelope may carry a problem under a good status."""
    if answer.status >= 400:
        raise failure(answer)
    if not answer.body.strip():
        return {}  # a deletion or a pay run may be answered without a word
    value = _json(answer.body)
    if value is None:
        raise Retry("unreadable", "Xero answered with something that is not JSON.", unknown=True)
    if isinstance(value, dict) and isinstance(value.get("problem"), dict) and value["problem"].get("title"):
        raise _refused(said(value))
    return value


def failure(answer: Response) -> Failure:
    """What to do about an answer that is no success."""
    texts = said(_json(answer.body)) or list(_plain(answer.body))
    by_status = _BY_STATUS.get(answer.status)
    if by_status is not None:
        return by_status(answer, texts)
    if answer.status >= 500:
        return Retry("provider_failed", f"Xero failed: {_joined(texts, answer)}", after=_given(answer), unknown=True)
    return _refused(texts or [_joined(texts, answer)])


# ---- what it said


def said(value: Any) -> list[str]:
    """Every message of an error body, whichever of their shapes it has. Never what they echo of our own data."""
    return list(dict.fromkeys(text for text in _messages(value) if text)) if isinstance(value, Mapping) else []


def _messages(value: Mapping[str, Any]) -> Iterator[str]:
    for name in ("Elements", "Timesheets", "PayRuns"):
        for element in _maps(value.get(name)):
            yield from (str(error.get("Message") or "") for error in _maps(element.get("ValidationErrors")))
    given = value.get("problem")
    problem: Mapping[str, Any] = given if isinstance(given, Mapping) else value
    yield from (str(field.get("reason") or "") for field in _maps(problem.get("invalidFields")))
    spoken = [problem[name] for name in _SPOKEN if isinstance(problem.get(name), str)]
    yield from spoken[:1]


def _maps(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _json(body: bytes) -> Any:
    try:
        return canonical.loads(body)
    except Invalid:
        return None


def _plain(body: bytes) -> Iterator[str]:
    """The messages of an XML answer, or the words of an HTML or text one."""
    text = body[:20_000].decode("utf-8", "replace")
    for found in _XML_MESSAGE.findall(text) or [re.sub(r"(?is)<(style|script|head)\b.*?</\1>", " ", text)]:
        words = " ".join(html.unescape(_TAG.sub(" ", found)).split())
        if words:
            yield words


def _joined(texts: list[str], answer: Response) -> str:
    return "; ".join(texts)[:_MOST_TEXT] or f"it answered {answer.status}."


# ---- by status


def _unauthorised(answer: Response, texts: list[str]) -> Failure:
    """Only an expired token is worth a new one. A right that is missing stays missing however often the token is renewed."""
    words = _loose(" ".join([*texts, answer.headers.get("www-authenticate", "")]))
    if any(sign in words for sign in ("authorizationunsuccessful", "insufficentscope", "insufficientscope")):
        why = "Xero didn't give this connection the right to do that."
        return Reconnect("scope_missing", why, "Connect again and agree to everything that is asked for.")
    return Expired("token_expired", "Xero turned the token down.")


def _forbidden(answer: Response, texts: list[str]) -> Failure:
    if "authenticationunsuccessful" in _loose(" ".join(texts)):
        why = "The connection to this organisation was ended in Xero."
        return Reconnect("disconnected_there", why, "Connect the organisation again.")
    return Reconnect(
        "no_rights",
        f"Xero: {_joined(texts, answer)}",
        "Have somebody with payroll administrator rights connect the organisation again.",
    )


def _throttled(answer: Response, texts: list[str]) -> Failure:
    """A limit concerns the whole organisation. The wait may be 20 hours: it is a due time, nobody sleeps it out."""
    problem = _loose(answer.headers.get("x-rate-limit-problem", ""))
    limit = next((known for known in _WAITS if known in problem), "minute")
    code, cause = _LIMITS.get(limit, ("throttled", "Xero asks to slow down."))
    return Retry(code, cause, after=_given(answer) or _WAITS[limit], limit=limit, whole_tenant=limit != "appmin")


def _given(answer: Response) -> int | None:
    """Retry-After in seconds; never more than a day, which is the longest window there is."""
    text = answer.headers.get("retry-after", "").strip()
    return min(int(text), DAY) if re.fullmatch(r"[0-9]{1,9}", text, re.ASCII) else None


_BY_STATUS: Mapping[int, Callable[[Response, list[str]], Failure]] = {
    401: _unauthorised,
    403: _forbidden,
    404: lambda answer, texts: Missing("gone", "Xero doesn't have it any more."),
    408: lambda answer, texts: Retry("provider_failed", "Xero gave up waiting.", unknown=True),
    412: lambda answer, texts: _ours(texts or ["A condition of the request failed."]),
    429: _throttled,
    501: lambda answer, texts: Unsupported("not_there", "Xero can't do this.", "See what this region can do."),
}


# ---- by what it said


def _refused(texts: list[str]) -> Failure:
    """A definite no, known by its words; the words of Xero stay in the cause."""
    whole = "; ".join(texts)[:_MOST_TEXT]
    words = _loose(whole)
    for signs, make in _BY_WORDS:
        if any(sign in words for sign in signs):
            return make(f"Xero: {whole}")
    return Park("refused", f"Xero: {whole}", "See what Xero says, mend it there or here, and plan again.")


def _loose(text: str) -> str:
    """Letters and digits only: their texts change in case, blanks and dots."""
    return re.sub(r"[^a-z0-9]", "", text.casefold())


def _ours(texts: list[str]) -> Failure:
    text = "; ".join(texts)[:_MOST_TEXT]
    return Unsupported("not_understood", f"Xero: {text}", "This is a fault of timebooks: please report it with this text.")


def _mend(code: str, remedy: str) -> Callable[[str], Failure]:
    return lambda text: Park(code, text, remedy)


def _clash(code: str, remedy: str) -> Callable[[str], Failure]:
    return lambda text: Conflict(code, text, remedy)


_BY_WORDS: tuple[tuple[tuple[str, ...], Callable[[str], Failure]], ...] = (
    (("invalidgrant",), lambda text: Reconnect("access_refused", text, "Connect the organisation again.")),
    (("differentrequest",), _clash("key_used", "It is looked up, and sent under a new key by itself.")),
    (("alreadyexist",), _clash(EXISTS, "It is looked up by itself; the plan shows what is there.")),
    (("notadraft", "onlydraft", "mustbedraft"), _clash(NOT_DRAFT, "Set the timesheet back to draft in Xero, and plan again.")),
    (
        ("incorrectnumberoftimesheetentries", "correspondwithapayperiod", "wholepayperiod", "entirepayperiod"),
        _mend("period_differs", "The pay calendar has changed in Xero: it is read again with the next plan."),
    ),
    (
        ("onedraftpayrun", "alreadyadraftpayrun", "existingdraftpayrun"),
        _clash("pay_run_open", "Post or delete the calendar's draft pay run first."),
    ),
    (("notvalidfortimesheets",), _mend("rate_not_for_timesheets", "Link the kind of pay to another earnings rate.")),
    (("earningsratedoesnotexist", "earningsratenotfound"), _mend("rate_gone", "Link the kind of pay to another earnings rate.")),
    (
        ("earningsrateisnotactive", "earningsrateisinactive", "inactiveearningsrate"),
        _mend("rate_inactive", "Activate the earnings rate in Xero, or link another."),
    ),
    (("paytemplate",), _mend("rate_not_on_template", "Add the earnings rate to the employee's pay template in Xero.")),
    (("tracking",), _mend("tracking_missing", "Link the job to an option of the category that Xero tracks timesheets by.")),
    (("payrollcalendar", "paycalendar"), _mend("no_calendar", "Give the employee a pay calendar in Xero.")),
    (
        ("terminated", "employeeisnotactive", "employeeisinactive"),
        _mend(
            "employee_inactive",
            "Pay these days by hand in Xero, or let the employment end later there; a timesheet of later days is deleted there.",
        ),
    ),
    (("cannotdeserialize", "queryparse", "nopropertyorfield"), lambda text: _ours([text.removeprefix("Xero: ")])),
)
"""The first line of which one sign is in the text. Signs are texts as vendors and users report them, compared loosely."""
