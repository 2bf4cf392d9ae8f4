"""The library under our own wires: no token crosses, nothing is slept out, no good answer is refused, limits are kept."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from services.xero_connector import pace
from services.xero_connector.emulator.app import Limits
from services.xero_connector.sdk import Books, claims, step_key
from shared.kernel.errors import Reconnect, Retry
from shared.platform import quota
from shared.platform.http import TIMEOUT, Network
from tests.architecture.sources import ROOT
from tests.component.xero.conftest import NOW, XERO
from tests.component.xero_emulator.driver import AU, NZ

BOTH = pytest.mark.parametrize("backend", ["sqlite", "postgresql"], indirect=True)


def listen(office) -> list[tuple[str, str]]:
    """Which tenant was asked with which token, as it arrives."""
    heard = []
    whole = office.emulator.wsgi

    def listening(environ, start):
        heard.append((environ.get("HTTP_XERO_TENANT_ID", ""), environ["HTTP_AUTHORIZATION"].removeprefix("Bearer ")))
        return whole(environ, start)

    office.connector.network.mount(f"{XERO}/", listening)
    return heard


# ---- tokens


def test_two_organisations_clients_interleaved_each_keep_their_own_token(open_office):
    one, other = open_office("au1"), open_office("nz")
    heard = listen(one)
    for _ in range(3):
        one.client.changed_since(NOW)
        other.client.changed_since(NOW)
    assert set(heard) == {(AU, one.token), (NZ, other.token)}
    assert one.token != other.token


def test_two_organisations_clients_in_threads_each_keep_their_own_token(open_office):
    one, other = open_office("au1"), open_office("nz")
    heard = listen(one)

    def work(office):
        for _ in range(4):
            office.another().changed_since(NOW)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, [one, other, one, other]))
    assert Counter(heard) == {(AU, one.token): 8, (NZ, other.token): 8}


def test_a_token_that_was_refreshed_replaces_the_one_before(office):
    office.client.changed_since(NOW)
    office.emulator.expire_access()
    with pytest.raises(Exception, match="token_expired"):
        office.client.changed_since(NOW)
    office.app.tokens = office.app.refresh().body
    heard = listen(office)
    office.another().changed_since(NOW)
    assert set(heard) == {(office.tenant, office.token)}


@pytest.mark.parametrize("token", ["", "a", "a.b.c", "a.!!!.c", "a.bnVsbA.c", "a.é.c"])
def test_a_token_that_is_no_jwt_claims_nothing(token):
    assert claims(token) == {}


# ---- answers


def test_good_answers_that_the_librarys_models_refuse_are_read(open_office):
    """A list of employees without addresses, and an old earnings rate without IsQualifyingEarnings."""
    for region, method, kind in (("nz", "get_employees", "employee"), ("au1", "get_pay_items", "earnings_rate")):
        office = open_office(region)
        assert len(list(office.client.references(kind))) > 2
        books = Books(office.connector, XERO, office.tenant, office.token, region, pace.SMALLEST)
        answer = books.payroll(method)
        assert answer


def test_the_libraries_own_reading_would_have_refused_one_of_them(open_office):
    from xero_python.api_client.deserializer import deserialize
    from xero_python.payrollnz import PayrollNzApi

    office = open_office("nz")
    answer = Books(office.connector, XERO, office.tenant, office.token, "nz", pace.SMALLEST).payroll("get_employees")
    with pytest.raises(ValueError):
        deserialize("Employees", answer, PayrollNzApi().get_model_finder())


def test_an_answer_without_the_thing_is_not_understood_and_says_that_it_may_be_done(office):
    office.emulator.fault(
        "page", resource="timesheets", operation="create", status=200, body="{}", content_type="application/json"
    )
    with pytest.raises(Retry) as unheard:
        office.create("7.6")
    assert unheard.value.unknown


def test_the_library_is_not_loaded_before_it_is_used():
    loaded = "import sys, services.xero_connector.client; print([name for name in sys.modules if name.startswith('xero_python')])"
    said = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True, cwd=ROOT)
    assert said.stdout.strip() == "[]"


# ---- waiting


def test_a_refusal_for_the_day_is_a_due_time_and_nobody_sleeps_it_out(office, clock):
    office.emulator.fault("throttle", problem="day", retry_after=73_451, resource="timesheets")
    with pytest.raises(Retry) as refused:
        office.client.changed_since(NOW)
    assert (refused.value.code, refused.value.after) == ("day_limit", 73_451)
    assert clock.now - NOW < timedelta(seconds=5)
    office.calls()
    with pytest.raises(Retry) as waiting:
        office.another().changed_since(NOW)
    assert 73_300 < waiting.value.after <= 73_451
    assert office.calls() == []


def test_a_refusal_concerns_one_organisation_only_but_for_the_apps_own_limit(open_office):
    one, other = open_office("au1"), open_office("nz")
    one.emulator.fault("throttle", problem="minute", retry_after=40, tenant=AU)
    with pytest.raises(Retry):
        one.client.changed_since(NOW)
    assert other.client.changed_since(NOW).documents == []
    other.emulator.fault("throttle", problem="appminute", retry_after=30, tenant=NZ)
    with pytest.raises(Retry):
        other.client.changed_since(NOW)
    open_office("uk")
    with pytest.raises(quota.Limited):
        open_office("uk").client.changed_since(NOW)


def test_no_time_out_of_the_librarys_reaches_the_wire(office):
    """A binary fraction would be dropped without a word; ours are whole seconds, and always there."""
    books = Books(office.connector, XERO, office.tenant, office.token, office.region.key, pace.SMALLEST)
    books.timesheets("get_timesheets", _request_timeout=0.001)
    sending = inspect.signature(Network.send).parameters["timeout"].default
    assert sending == TIMEOUT
    assert all(isinstance(seconds, int) for seconds in TIMEOUT)


def test_a_dropped_connection_is_tried_once(office):
    office.emulator.fault("reset_before", resource="timesheets", times=None)
    office.calls()
    with pytest.raises(Retry):
        office.client.changed_since(NOW)
    assert len(office.calls()) == 1


# ---- limits


@BOTH
def test_the_minutes_quota_is_used_nearly_whole_and_never_exceeded(office, clock):
    office.emulator.configure(limits=Limits())
    office.client.changed_since(NOW)
    start, calls = clock.now, 180
    for _ in range(calls):
        office.client.changed_since(NOW)
    minutes = (clock.now - start).total_seconds() / 60
    assert office.emulator.refusals() == {}
    assert calls / minutes >= 0.95 * pace.SMALLEST.per_minute


@BOTH
def test_the_days_calls_are_counted_and_start_again_with_the_next_day(open_office, clock):
    office = open_office("au1", granted=pace.Granted(5))
    for _ in range(5):
        office.client.changed_since(NOW)
    office.calls()
    with pytest.raises(Retry) as used_up:
        office.client.changed_since(NOW)
    assert (used_up.value.code, used_up.value.facts["limit"]) == ("day_limit", "day")
    assert office.calls() == []
    clock.advance(seconds=used_up.value.after)
    assert clock.now.date().isoformat() == "2026-11-12"
    office.app.tokens = office.app.refresh().body
    for _ in range(5):
        office.another(granted=pace.Granted(5)).changed_since(NOW)


def test_five_calls_are_under_way_at_most(office):
    db = office.connector.db
    with pace.under_way(db, office.tenant), pace.under_way(db, office.tenant), pace.under_way(db, office.tenant):
        office.client.changed_since(NOW)
        with pace.under_way(db, office.tenant), pace.under_way(db, office.tenant), pytest.raises(quota.Limited):
            office.client.changed_since(NOW)
    office.client.changed_since(NOW)


# ---- keys


def test_each_step_of_a_call_has_a_key_of_its_own_and_keeps_it():
    steps = [
        ("k-1", "POST", "/payroll.xro/2.0/Timesheets", b"{}"),
        ("k-2", "POST", "/payroll.xro/2.0/Timesheets", b"{}"),
        ("k-1", "PUT", "/payroll.xro/2.0/Timesheets", b"{}"),
        ("k-1", "POST", "/payroll.xro/2.0/Timesheets/t/Approve", None),
        ("k-1", "POST", "/payroll.xro/2.0/Timesheets", b"[]"),
    ]
    keys = [step_key(*step) for step in steps]
    assert len(set(keys)) == 5
    assert keys == [step_key(*step) for step in steps]
    assert all(len(key) <= 128 and key.isascii() for key in keys)


def test_a_right_that_is_missing_is_told_from_a_connection_that_was_ended(office):
    office.emulator.fault("missing_scope", resource="timesheets")
    with pytest.raises(Reconnect, match="scope_missing"):
        office.client.changed_since(NOW)
    office.emulator.disconnect(office.tenant)
    with pytest.raises(Reconnect, match="disconnected_there"):
        office.client.changed_since(NOW)
