"""What idempotency keys remember, and how many calls get through."""

from __future__ import annotations

import threading

import pytest

from services.xero_connector.emulator.app import Limits
from tests.component.xero_emulator.driver import AU, NZ, Second

EMPLOYEES = "/payroll.xro/1.0/Employees"


def test_the_same_key_and_request_get_the_first_answer_and_do_nothing(au, emulator):
    element = au.element()
    first, again = au.post(element, key="k-1"), au.post(element, key="k-1")
    assert first.raw == again.raw and len(emulator.timesheets(AU)) == 1
    assert emulator.writes(key="k-1")[0].operation == "create"


def test_after_six_minutes_the_key_is_forgotten(au, emulator):
    au.post(au.element(), key="k-1")
    emulator.advance(359)
    assert au.post(au.element(), key="k-1").status == 200
    emulator.advance(1)
    assert au.post(au.element(), key="k-1").errors == ["This timesheet already exists, please provide the timesheet ID"]


def test_a_key_with_anything_changed_is_refused(au):
    au.post(au.element(), key="k-1")
    answer = au.post(au.element("Barney Billabong"), key="k-1")
    assert answer.status == 400 and "used with a different request" in answer.body["Message"]


def test_errors_are_remembered_too(au, emulator):
    bad = au.element("Nora Nocalendar")
    assert au.post(bad, key="k-1").status == 400
    emulator.change_calendar(AU, au.employee("Nora Nocalendar"), au.calendar("Weekly"))
    assert au.post(bad, key="k-1").status == 400
    assert au.post(bad, key="k-2").status == 200


def test_even_the_services_own_failures_are(au, emulator):
    emulator.fault("error_before", resource="timesheets", status=500, kept=True)
    assert [au.post(au.element(), key="k-1").status for _ in range(2)] == [500, 500]
    emulator.fault("error_after", resource="timesheets", status=500, kept=True)
    assert [au.post(au.element(), key="k-2").status for _ in range(2)] == [500, 500]
    assert len(emulator.timesheets(AU)) == 1  # the second one was done


@pytest.mark.parametrize("way", ["forgets", "disabled"])
def test_the_memory_may_forget(au, emulator, way):
    emulator.configure(memory_seconds=0 if way == "disabled" else 360)
    au.post(au.element(), key="k-1")
    emulator.forget_keys()
    assert au.post(au.element(), key="k-1").status == 400


def test_a_key_has_at_most_128_characters_and_a_broken_store_is_a_500(au, emulator):
    assert au.post(au.element(), key="k" * 129).status == 400
    emulator.configure(memory_down=True)
    assert au.post(au.element(), key="k").status == 500
    assert emulator.timesheets(AU) == []


def test_a_key_is_the_apps_not_the_organisations(nz, emulator):
    first = nz.post(nz.week("Kiri Kowhai"), key="k-1")
    other = Second(emulator, AU)
    assert other.post(nz.week("Kiri Kowhai"), key="k-1").raw == first.raw


def test_by_default_nothing_is_limited(au):
    assert {au.get(EMPLOYEES).status for _ in range(70)} == {200}
    assert "X-MinLimit-Remaining" not in au.get(EMPLOYEES).headers


def test_sixty_calls_a_minute_for_each_organisation(au, emulator):
    emulator.configure(limits=Limits())
    answers = [au.get(EMPLOYEES) for _ in range(61)]
    assert {answer.status for answer in answers[:60]} == {200}
    assert answers[0].headers["X-MinLimit-Remaining"] == "59" and answers[0].headers["X-DayLimit-Remaining"] == "4999"
    refused = answers[60]
    assert (refused.status, refused.headers["X-Rate-Limit-Problem"], refused.raw) == (429, "minute", b"")
    wait = int(refused.headers["Retry-After"])
    assert 0 < wait <= 60
    assert Second(emulator, NZ).get("/payroll.xro/2.0/Employees").status == 200
    emulator.advance(wait - 1)
    assert au.get(EMPLOYEES).status == 429
    emulator.advance(1)
    assert au.get(EMPLOYEES).status == 200
    assert emulator.refusals() == {"minute": 2}


def test_so_many_a_day_by_the_organisations_tier_and_then_hours_of_waiting(au, emulator):
    emulator.configure(limits=Limits(per_minute=10_000))
    assert emulator.settings(AU)["day_limit"] == 5000
    emulator.configure_organisation(AU, day_limit=100)
    waits = []
    for _ in range(101):
        answer = au.get("/payroll.xro/1.0/Settings")
        if answer.status == 429:
            waits.append((answer.headers["X-Rate-Limit-Problem"], int(answer.headers["Retry-After"])))
    assert len(waits) == 1 and waits[0][0] == "day" and waits[0][1] <= 86_400
    emulator.advance(waits[0][1])
    au.tokens = au.refresh().body
    assert au.get("/payroll.xro/1.0/Settings").status == 200


def test_ten_thousand_a_minute_for_the_app_over_all_organisations(au, nz, emulator):
    emulator.configure(limits=Limits(app_per_minute=2))
    assert au.get(EMPLOYEES).status == nz.get("/payroll.xro/2.0/Employees").status == 200
    assert au.get(EMPLOYEES).headers["X-Rate-Limit-Problem"] == "appminute"


def test_replays_count_and_limits_come_before_keys(au, emulator):
    emulator.configure(limits=Limits(per_minute=2))
    element = au.element()
    assert [au.post(element, key="k-1").status for _ in range(3)] == [200, 200, 429]


def test_five_at_once(au, emulator):
    gate, entered = threading.Event(), threading.Semaphore(0)

    def hold(_: object) -> None:
        entered.release()
        gate.wait(5)

    emulator.configure(limits=Limits(), sleep=hold)
    emulator.fault("delay", seconds=1, times=5)
    threads = [threading.Thread(target=au.get, args=(EMPLOYEES,)) for _ in range(5)]
    for thread in threads:
        thread.start()
    assert all(entered.acquire(timeout=5) for _ in threads)
    sixth = au.get(EMPLOYEES)
    assert (sixth.status, sixth.headers["X-Rate-Limit-Problem"]) == (429, "concurrent")
    assert "Retry-After" not in sixth.headers
    gate.set()
    for thread in threads:
        thread.join()
    assert au.get(EMPLOYEES).status == 200
