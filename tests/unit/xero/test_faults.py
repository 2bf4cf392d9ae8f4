"""Xero's refusals in all their shapes, and what is done about each."""

from __future__ import annotations

import pytest

from services.xero_connector.faults import failure, value_of
from shared.connector.tokens import Expired
from shared.kernel import canonical
from shared.kernel.errors import Conflict, Failure, Missing, Park, Reconnect, Retry, Unsupported
from shared.platform.http import Response


def refused(status: int, body: object, **headers: str) -> Failure:
    raw = body if isinstance(body, bytes) else canonical.dumps(body)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with pytest.raises(Failure) as caught:
        value_of(Response(status, named, raw))
    return caught.value


def australian(*texts: str) -> dict:
    errors = [{"Message": text} for text in texts]
    head = {"ErrorNumber": 10, "Type": "ValidationException", "Message": "A validation exception occurred"}
    return head | {"Elements": [{"EmployeeID": "emp-1", "ValidationErrors": errors}]}


def british(*reasons: str) -> dict:
    fields = [{"name": "_default", "reason": reason} for reason in reasons]
    problem = {"type": "application/problem+json", "title": "BadRequest", "status": 400, "detail": "Validation error occurred."}
    return {"id": "x", "pagination": None, "problem": problem | {"invalidFields": fields}, "timesheet": None}


BUSINESS = [
    ("This timesheet already exists, please provide the timesheet ID", Conflict, "timesheet_exists"),
    ("Incorrect number of timesheet entries supplied for the pay period.", Park, "period_differs"),
    ("The end date does not correspond with a pay period", Park, "period_differs"),
    ("Employee does not have a payroll calendar", Park, "no_calendar"),
    ("Timesheet is not a Draft Timesheet", Conflict, "not_draft"),
    ("Earnings Rate does not exist", Park, "rate_gone"),
    ("Earnings Rate is not active", Park, "rate_inactive"),
    ("the earning rate is not valid for timesheets", Park, "rate_not_for_timesheets"),
    ("Earnings Rate is not on the employee's pay template", Park, "rate_not_on_template"),
    ("A tracking item must be chosen", Park, "tracking_missing"),
    ("There is already a draft pay run for this payroll calendar", Conflict, "pay_run_open"),
    ("The idempotency key is used with a different request", Conflict, "key_used"),
    ("Something quite new", Park, "refused"),
]


@pytest.mark.parametrize("shape", [australian, british], ids=["1.0", "2.0"])
@pytest.mark.parametrize(
    ("text", "kind", "code"), BUSINESS, ids=[code for *_, code in BUSINESS[:2]] + [text[:24] for text, *_ in BUSINESS[2:]]
)
def test_a_business_refusal_is_known_by_its_words(shape, text, kind, code):
    found = refused(400, shape(text))
    assert (type(found), found.code) == (kind, code)
    assert text in found.cause
    assert found.remedy


def test_all_reasons_are_shown_and_nothing_that_was_echoed():
    found = refused(400, australian("First reason", "Second reason"))
    assert found.cause == "Xero: First reason; Second reason; A validation exception occurred"
    assert "emp-1" not in found.cause


def test_a_refusal_in_xml_is_understood():
    inside = b"<Elements><E><Message>This timesheet already exists</Message></E></Elements>"
    xml = b"<ApiException><ErrorNumber>10</ErrorNumber>" + inside + b"</ApiException>"
    assert refused(400, xml).code == "timesheet_exists"
    short = b"<Response><ErrorNumber>0</ErrorNumber><Type>Error</Type><Message>Bad request</Message></Response>"
    found = refused(400, short)
    assert (found.code, found.cause) == ("refused", "Xero: Bad request")


def test_a_page_of_html_is_an_outage_and_only_its_words_are_kept():
    page = b"<html><head><title>x</title><style>p{}</style></head><body><h1>The organisation is offline</h1></body></html>"
    found = refused(503, page, retry_after="120")
    assert isinstance(found, Retry)
    assert (found.after, found.unknown, found.cause) == (120, True, "Xero failed: The organisation is offline")


def test_the_days_limit_parks_calls_for_twenty_hours():
    found = refused(429, b"", x_rate_limit_problem="day", retry_after="73451")
    assert isinstance(found, Retry)
    assert (found.code, found.after, found.unknown) == ("day_limit", 73_451, False)
    assert found.facts == {"limit": "day", "whole_tenant": True}


@pytest.mark.parametrize(
    ("problem", "after", "waits", "whole"),
    [
        ("minute", "17", 17, True),
        ("Minute", "", 60, True),
        ("concurrent", "", 5, True),
        ("App-Minute", "", 60, False),
        ("appminute", "9", 9, False),
        ("day", "", 3600, True),
        ("", "", 60, True),
        ("day", "99999999", 86_400, True),
        ("day", "soon", 3600, True),
    ],
)
def test_each_limit_waits_as_long_as_it_must(problem, after, waits, whole):
    found = refused(429, b"slow down", x_rate_limit_problem=problem, retry_after=after)
    assert isinstance(found, Retry)
    assert (found.after, found.facts["whole_tenant"]) == (waits, whole)


def detail(title: str, text: str) -> dict:
    return {"Type": None, "Title": title, "Status": 401, "Detail": text, "Instance": "x", "Extensions": {}}


def test_an_expired_token_is_renewed_and_a_missing_right_is_not():
    assert isinstance(refused(401, detail("Unauthorized", "TokenExpired: token expired at 04/09/2023 05:16:59")), Expired)
    lacking = refused(401, detail("Unauthorized", "AuthorizationUnsuccessful"))
    assert (type(lacking), lacking.code) == (Reconnect, "scope_missing")
    misspelt = refused(401, b"", www_authenticate='Bearer error="insufficent_scope"')
    assert misspelt.code == "scope_missing"
    assert refused(403, detail("Forbidden", "AuthenticationUnsuccessful")).code == "disconnected_there"
    assert refused(403, detail("Forbidden", "User has no payroll rights")).code == "no_rights"


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (400, {"error": "invalid_grant"}, Reconnect, "access_refused"),
        (400, {"message": "The request is invalid", "modelState": {}}, Park, "refused"),
        (
            400,
            {"ErrorNumber": 16, "Type": "QueryParseException", "Message": "No property or field 'hi' exists in type 'Employee'"},
            Unsupported,
            "not_understood",
        ),
        (404, b"The resource you're looking for cannot be found", Missing, "gone"),
        (412, b"", Unsupported, "not_understood"),
        (500, b"An unhandled error with the Xero API", Retry, "provider_failed"),
        (501, b"", Unsupported, "not_there"),
        (400, b"", Park, "refused"),
    ],
)
def test_the_other_answers(status, body, kind, code):
    found = refused(status, body)
    assert (type(found), found.code) == (kind, code)


def test_a_server_that_failed_may_have_done_it():
    assert failure(Response(500, {}, b"")).unknown  # type: ignore[attr-defined]


def test_a_good_answer_is_its_json():
    assert value_of(Response(200, {}, b'{"timesheet": null, "problem": null}')) == {"timesheet": None, "problem": None}
    assert value_of(Response(204, {}, b"")) == {}
    assert refused(200, british("the earning rate is not valid for timesheets")).code == "rate_not_for_timesheets"


def test_a_good_status_with_a_page_instead_of_json_leaves_the_outcome_open():
    found = refused(200, b"<html>Welcome to the hotel network</html>")
    assert isinstance(found, Retry)
    assert found.unknown
