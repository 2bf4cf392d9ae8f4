"""Everything that goes wrong on request, and whether the work was done."""

from __future__ import annotations

import json

import pytest

from services.xero_connector.emulator.faults import Dropped
from tests.component.xero_emulator.driver import AU, NZ


@pytest.mark.parametrize(
    ("kind", "error", "done"),
    [
        ("connect", ConnectionRefusedError, False),
        ("reset_before", ConnectionResetError, False),
        ("hang", TimeoutError, False),
        ("reset_after", ConnectionResetError, True),
        ("timeout", TimeoutError, True),
    ],
)
def test_a_dropped_connection_is_the_standard_exception_too(au, emulator, kind, error, done):
    emulator.fault(kind, resource="timesheets", operation="create")
    with pytest.raises(error) as caught:
        au.post(au.element())
    assert isinstance(caught.value, Dropped) and caught.value.kind == kind
    assert bool(emulator.timesheets(AU)) is done
    assert au.get("/payroll.xro/1.0/Timesheets").status == 200  # once is once


@pytest.mark.parametrize(
    ("kind", "status", "done"),
    [
        ("error_before", 503, False),
        ("page_before", 503, False),
        ("xml_before", 503, False),
        ("unauthorized", 401, False),
        ("missing_scope", 401, False),
        ("forbidden", 403, False),
        ("error_after", 503, True),
        ("page", 503, True),
        ("xml", 503, True),
    ],
)
def test_a_wrong_answer_before_or_after_the_work(au, emulator, kind, status, done):
    emulator.fault(kind, method="POST")
    assert au.post(au.element()).status == status
    assert bool(emulator.timesheets(AU)) is done


def test_throttled_with_the_headers_of_the_limit(au, emulator):
    emulator.fault("throttle", problem="day", retry_after=73451)
    answer = au.get("/payroll.xro/1.0/Employees")
    assert (answer.status, answer.headers["X-Rate-Limit-Problem"], answer.headers["Retry-After"]) == (429, "day", "73451")


def test_answers_cut_short_emptied_or_wrong_while_the_work_was_done(nz, emulator):
    emulator.fault("truncated", operation="create")
    with pytest.raises(json.JSONDecodeError):
        nz.post(nz.week("Kiri Kowhai")).body.get("timesheet")
    emulator.fault("empty", operation="create")
    assert nz.post(nz.week("Moana Manuka")).raw == b""
    sheet = emulator.timesheets(NZ)[0]["id"]
    emulator.fault("wrong_hours", operation="read", add="0.5")
    assert [str(nz.read(sheet)["totalHours"]) for _ in range(2)] == ["8.0", "7.5"]


def test_the_nth_call_and_as_often_as_asked(au, emulator):
    emulator.fault("error_before", nth=2, times=2, path="/Employees$", tenant=AU)
    assert [au.get("/payroll.xro/1.0/Employees").status for _ in range(4)] == [200, 503, 503, 200]
    emulator.fault("error_before", times=None)
    assert {au.get("/payroll.xro/1.0/Employees").status for _ in range(4)} == {503}
    emulator.clear_faults()
    assert au.get("/payroll.xro/1.0/Employees").status == 200


def test_operations_are_told_apart(au, nz, emulator):
    emulator.fault("error_before", operation="update", times=None)
    emulator.fault("error_before", operation="approve", times=None)
    emulator.fault("error_before", resource="token", status=500, times=None)
    made = au.post(au.element()).body["Timesheets"][0]["TimesheetID"]
    assert au.post(au.element(TimesheetID=made)).status == 503
    sheet = nz.stored(nz.week("Kiri Kowhai"))["timesheetID"]
    assert nz.do(sheet, "Approve").status == 503 and au.refresh().status == 500


def test_a_held_up_answer_waits_by_the_clock_of_the_options(au, emulator):
    waited = []
    emulator.configure(sleep=waited.append)
    emulator.fault("delay", seconds=3)
    emulator.fault("delay_after", seconds="0.5")
    assert [au.get("/payroll.xro/1.0/Employees").status for _ in range(2)] == [200, 200]
    assert waited == [3, "0.5"]


def test_an_unknown_kind_is_refused(emulator):
    with pytest.raises(ValueError, match="none of"):
        emulator.fault("gremlins")


def test_an_organisation_may_be_offline(au, emulator):
    emulator.configure_organisation(AU, offline=True)
    answer = au.get("/payroll.xro/1.0/Employees")
    assert (answer.status, answer.headers["Content-Type"]) == (503, "text/plain; charset=utf-8")


def test_every_answer_has_a_correlation_id(au):
    assert len(au.get("/nowhere").headers.get("Xero-Correlation-Id", "")) in (0, 36)
    assert len(au.get("/connections").headers["Xero-Correlation-Id"]) == 36
