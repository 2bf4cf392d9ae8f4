"""Every error of Intuit's list leads to what can be done about it."""

from __future__ import annotations

import json

import pytest

from services.quickbooks_connector.faults import raise_failure
from shared.connector.tokens import Expired
from shared.kernel.errors import Conflict, Failure, Missing, Park, Reconnect, Retry, Unsupported
from shared.platform.http import Response

CODES = {
    "3200": (401, Expired), "3100": (403, Reconnect), "120": (403, Reconnect),
    "130": (400, Retry), "140": (400, Retry), "150": (503, Retry), "3001": (429, Retry), "10000": (500, Retry),
    "600": (400, Retry),
    "610": (400, Missing),
    "5010": (400, Conflict), "6140": (400, Conflict), "6240": (400, Conflict),
    "500": (400, Unsupported), "2010": (400, Unsupported), "2020": (400, Unsupported), "2080": (400, Unsupported),
    "4000": (400, Unsupported), "4001": (400, Unsupported), "6070": (400, Unsupported), "6100": (400, Unsupported),
    "2030": (400, Park), "2050": (400, Park), "2090": (400, Park), "2500": (400, Park), "5020": (400, Park), "5030": (403, Park),
    "6000": (400, Park), "6080": (400, Park), "6090": (400, Park), "6190": (400, Park), "6200": (400, Park), "6210": (400, Park),
    "6540": (400, Park),
    "9999": (400, Park),  # not in the list: a person looks
}  # fmt: skip


def refusal(code: str, status: int, *, lower: bool = False, headers: dict[str, str] | None = None) -> Failure:
    error = {"Message": "Said shortly", "Detail": "Said at length", "code": code, "element": ""}
    fault = {"Fault": {"Error": [error], "type": "ValidationFault"}, "time": "2026-03-09"}
    if lower:
        fault = {"fault": {"error": [{name.lower(): value for name, value in error.items()}], "type": "SERVICE"}}
    with pytest.raises(Failure) as caught:
        raise_failure(Response(status, headers or {}, json.dumps(fault).encode()))
    return caught.value


@pytest.mark.parametrize("lower", [False, True], ids=["service", "gateway"])
@pytest.mark.parametrize("code", CODES)
def test_each_code_leads_to_its_recovery(code, lower):
    status, kind = CODES[code]
    found = refusal(code, status, lower=lower)
    assert type(found) is kind
    assert code in found.cause or kind is Retry
    assert found.remedy or kind in (Retry, Missing, Expired)


def test_a_throttle_waits_as_long_as_it_is_told_and_a_minute_otherwise():
    assert refusal("3001", 429).after == 60
    assert refusal("3001", 429, headers={"retry-after": "7"}).after == 7
    assert refusal("3001", 429, headers={"retry-after": "soon"}).after == 60


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_failed_server_may_have_done_it(status):
    assert refusal("10000", status).unknown
    with pytest.raises(Retry) as caught:
        raise_failure(Response(status, {}, b"<html>Bad gateway</html>"))
    assert caught.value.unknown


def test_a_throttle_in_xml_is_a_throttle():
    with pytest.raises(Retry) as caught:
        raise_failure(Response(429, {}, b"<Fault>ThrottleExceeded; errorCode=003001; statusCode=429</Fault>"))
    assert (caught.value.code, caught.value.unknown) == ("throttled", False)


def test_a_fault_in_a_good_answer_is_a_fault():
    assert type(refusal("6000", 200)) is Park


def test_a_stale_objects_detail_names_somebody_and_is_left_out():
    assert "Said at length" not in refusal("5010", 400).cause


def test_all_errors_of_an_answer_are_told():
    errors = [{"Message": "m", "Detail": f"The {name} is wrong", "code": "2090"} for name in ("date", "price")]
    with pytest.raises(Park) as caught:
        raise_failure(Response(400, {}, json.dumps({"Fault": {"Error": errors}}).encode()))
    assert "The date is wrong" in caught.value.cause
    assert "The price is wrong" in caught.value.cause
