"""Sessions as the API promises them: login, refresh, logout, devices."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from services.ingest.accounts.passwords import Hashing, Passwords
from shared.platform import audit
from shared.platform.db import reading
from shared.platform.vault import Vault
from tests.component.ingest.conftest import Caller
from tests.journeys.api.people import EMAIL, PASSWORD, People

on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@pytest.fixture
def people(make_database, clock):
    made = People(make_database, clock)
    made.joins()
    return made


def actions(people, session):
    asked = sa.select(audit.audit.c.action).where(audit.audit.c.subject == session).order_by(audit.audit.c.id)
    with reading(people.service.db) as opened:
        return opened.execute(asked).scalars().all()


@on_sqlite
@pytest.mark.row("A1")
def test_who_signs_in_gets_the_promised_tokens_and_where_to_go_on(people):
    held = people.logs_in()
    assert held.keys() == {"access_token", "token_type", "refresh_token", "expires_in", "sync_endpoint"}
    assert (held["expires_in"], held["refresh_token"][:3]) == (3600, "rt_")
    caller = Caller(people.service, held["access_token"])
    assert caller.told("GET", "/records?kind=person")["items"] == []
    people.person("ann")
    path = held["sync_endpoint"].removeprefix("http://localhost:8765/api/v1/worklog")
    assert caller.told("GET", path)["head"] == people.owner.told("GET", "/feed")["head"]
    people.later(seconds=3599)
    assert people.opens(held["access_token"])
    people.later(seconds=7)  # the end, and what clocks may differ by
    assert not people.opens(held["access_token"])


@on_sqlite
@pytest.mark.row("A1")
def test_nobody_and_a_wrong_password_are_told_alike(people):
    answers = [people.logs_in(email, password, status=401) for email, password in
               ((EMAIL, "three dull ottars"), ("nobody@sample.example", PASSWORD))]  # fmt: skip
    assert answers[0] == answers[1]
    assert people.logs_in(EMAIL.upper())["expires_in"] == 3600


def test_a_password_that_is_nobodys_takes_the_same_work():
    """Processor time, the least of some tries: what else the machine does doesn't count."""
    passwords = Passwords(Vault(b"m" * 32), Hashing(memory=8_192, passes=1))
    account = passwords.account(EMAIL)
    one, two = (passwords.kept(account, text) for text in (PASSWORD, "another of the same"))

    def work(kept):
        begun = time.process_time()
        assert passwords.matching(account, PASSWORD, kept) == [text == one for text in kept]
        return time.process_time() - begun

    least = [min(work(kept) for _ in range(7)) for kept in ([], [one], [one, two, two])]
    assert max(least) < 2 * min(least)


@on_sqlite
@pytest.mark.row("A2")
def test_a_refresh_gives_a_new_pair_and_the_old_one_is_dead(people):
    first = people.logs_in()
    people.later(minutes=50)
    second = people.refreshes(first["refresh_token"])
    assert second["refresh_token"] != first["refresh_token"] and people.opens(second["access_token"])
    people.later(seconds=31)
    people.refreshes(first["refresh_token"], status=401)


@on_sqlite
@pytest.mark.row("A2")
def test_a_refresh_token_used_again_ends_its_family_with_an_alert(people):
    stolen = people.logs_in()
    other = people.logs_in(device="laptop")
    owner = people.refreshes(stolen["refresh_token"])
    people.later(seconds=31)
    people.refreshes(stolen["refresh_token"], status=401)
    people.refreshes(owner["refresh_token"], status=401)
    assert not people.opens(owner["access_token"]) and people.opens(other["access_token"])
    [event] = people.events("session.reuse")
    assert (event["reason"], actions(people, event["session"])) == ("reuse", ["session.begun", "session.reuse"])
    [problem] = people.owner.told("GET", "/problems")["items"]
    assert (problem["code"], "used again" in problem["cause"]) == ("session_copied", True)
    people.logs_in()
    assert people.owner.told("GET", "/problems")["items"] == []


@on_sqlite
@pytest.mark.row("A2")
def test_an_answer_that_was_lost_is_given_once_more_for_thirty_seconds(people):
    first = people.logs_in()
    lost = people.refreshes(first["refresh_token"])
    people.later(seconds=30)
    again = people.refreshes(first["refresh_token"])
    assert again["refresh_token"] == lost["refresh_token"] and people.opens(again["access_token"])
    assert people.refreshes(again["refresh_token"])["refresh_token"] != again["refresh_token"]
    assert people.events("session.reuse") == []


@pytest.mark.row("A2")
def test_refreshes_at_the_same_moment_end_with_one_successor(people):
    first = people.logs_in()["refresh_token"]
    with ThreadPoolExecutor(6) as threads:
        told = list(threads.map(lambda _: people.refreshes(first)["refresh_token"], range(6)))
    assert len(set(told)) == 1 and told[0] != first
    people.refreshes(told[0])


@on_sqlite
@pytest.mark.row("A3")
def test_after_logging_out_both_tokens_are_dead(people):
    held = people.logs_in()
    assert Caller(people.service, held["access_token"]).told("POST", "/auth/logout", status=204) is None
    assert not people.opens(held["access_token"])
    people.refreshes(held["refresh_token"], status=401)
    assert people.events("session.reuse") == []
    people.owner.told("POST", "/auth/logout", status=403)  # a key


@on_sqlite
@pytest.mark.row("A4")
def test_another_device_with_somebodys_refresh_token_ends_the_family_with_an_alert(people):
    held = people.logs_in()
    people.refreshes(held["refresh_token"], device="a thief's", status=401)
    people.refreshes(held["refresh_token"], status=401)
    assert not people.opens(held["access_token"])
    [event] = people.events("session.reuse")
    assert event["reason"] == "other_device"
    [problem] = people.owner.told("GET", "/problems")["items"]
    assert (problem["code"], "another device" in problem["cause"]) == ("session_copied", True)
    [user] = [one for one in people.owner.told("GET", "/users")["items"] if one["email"] == EMAIL]
    people.owner.told("DELETE", f"/users/{user['id']}", status=204)
    assert people.owner.told("GET", "/problems")["items"] == []


@on_sqlite
@pytest.mark.row("A5")
def test_every_other_call_wants_a_bearer_and_a_role_that_may(people):
    people.nobody.told("GET", "/records", status=401)
    people.joins("audit@sample.example", "auditor", until="2026-03-31")
    auditor = people.signed_in("audit@sample.example")
    auditor.told("GET", "/invoices")
    told = auditor.told("POST", "/records", {"schema": "1", "records": []}, status=403)
    assert (told["error"]["code"], told["error"]["facts"]) == ("scope_missing", {"scope": "records:write"})


@on_sqlite
def test_a_token_that_we_never_made_ends_nobodys_family(people):
    held = people.logs_in()
    text = held["refresh_token"]
    for forged in (text[:-2] + ("AA" if text[-2:] != "AA" else "BB"), "rt_" + "A" * 70, "rt_", held["access_token"][:90]):
        people.refreshes(forged, status=401)
    assert people.refreshes(text)


@on_sqlite
def test_signing_in_again_on_a_device_takes_the_place_of_what_was_there(people):
    first, second = people.logs_in(), people.logs_in()
    assert not people.opens(first["access_token"])
    people.refreshes(first["refresh_token"], status=401)
    assert people.refreshes(second["refresh_token"])


@on_sqlite
def test_devices_are_listed_and_revoked_by_their_holder_or_an_owner(people):
    phone, laptop = people.logs_in(), people.signed_in(device="laptop")
    people.joins("payroll@sample.example", "payroll")
    clerk = people.signed_in("payroll@sample.example")
    shown = laptop.told("GET", "/devices")["items"]
    assert {(one["device_id"], one["current"]) for one in shown} == {("phone", False), ("laptop", True)}
    ids = {one["device_id"]: one["id"] for one in shown}
    clerk.told("DELETE", f"/devices/{ids['phone']}", status=404)
    clerk.told("GET", f"/devices?user={shown[0]['user']}", status=404)
    laptop.told("DELETE", f"/devices/{ids['phone']}", status=204)
    assert not people.opens(phone["access_token"])
    assert len(people.owner.told("GET", f"/devices?user={shown[0]['user']}")["items"]) == 2
    people.owner.told("DELETE", f"/devices/{ids['laptop']}", status=204)
    assert laptop("GET", "/devices").status_code == 401


@on_sqlite
def test_a_session_ends_that_nobody_used_for_thirty_days(people):
    token = people.logs_in()["refresh_token"]
    for _ in range(7):
        people.later(days=25)
        token = people.refreshes(token)["refresh_token"]
    people.later(days=5)  # 180 days since it began
    people.refreshes(token, status=401)
    token = people.logs_in()["refresh_token"]
    people.later(days=30)
    people.refreshes(token, status=401)


@on_sqlite
def test_guessing_is_limited_by_account_and_ends_no_account_for_good(people):
    used = people.logs_in(device="the owner's own")
    for _ in range(10):
        people.logs_in(password="a guess of many", device="another each time", status=401)
    answer = people.nobody("POST", "/auth/login", {"email": EMAIL, "password": PASSWORD, "device_id": "phone"})
    assert (answer.status_code, answer.headers["Retry-After"], answer.json["error"]["code"]) == (429, "900", "too_many_sign_ins")
    assert people.logs_in(device="the owner's own") and used
    people.later(minutes=15)
    assert people.logs_in()


@on_sqlite
def test_guessing_is_limited_by_network_too(people):
    for number in range(100):
        people.logs_in(f"guess{number}@sample.example", status=401)
    people.logs_in(status=429)
    people.later(minutes=15)
    assert people.logs_in()


@on_sqlite
def test_a_token_for_another_service_is_short_since_it_does_not_hear_of_the_end(people):
    robin = people.signed_in()
    assert robin.told("POST", "/token", {"audience": "quickbooks"})["expires_in"] == 900
    assert people.owner.told("POST", "/token", {"audience": "quickbooks"})["expires_in"] == 3600


@on_sqlite
def test_somebody_of_several_organisations_names_one(people):
    other = people.organisation("Other Studio")
    people.joins(by=other, role="owner")
    told = people.logs_in(status=409)["error"]
    assert told["code"] == "several_organisations"
    assert {one["name"]: one["organisation"] for one in told["facts"]["organisations"]} == {
        "Sample Studio": people.owner.organisation,
        "Other Studio": other.organisation,
    }
    people.logs_in(password="not this one at all", status=401)
    there = Caller(people.service, people.logs_in(organisation=other.organisation)["access_token"])
    assert [one["role"] for one in there.told("GET", "/users")["items"]] == ["owner", "owner"]
    people.logs_in(organisation="elsewhere", status=401)


@on_sqlite
def test_a_password_is_changed_by_who_knows_it_and_every_other_session_ends(people):
    here, there = people.signed_in(device="laptop"), people.logs_in()
    new = "four loud badgers"
    here.told("POST", "/auth/password", {"password": "not this one at all", "new_password": new}, status=401)
    here.told("POST", "/auth/password", {"password": PASSWORD, "new_password": "short"}, status=422)
    here.told("POST", "/auth/password", {"password": PASSWORD, "new_password": new}, status=204)
    assert here("GET", "/devices").status_code == 200 and not people.opens(there["access_token"])
    people.logs_in(status=401)
    assert people.logs_in(password=new)


@on_sqlite
def test_a_password_hashed_at_a_lower_cost_is_hashed_anew_when_it_is_given(people, clock):
    before = people.service
    dearer = People(lambda *tables: before.db, clock, TIMEBOOKS_SIGN_IN_HASH_KIB="16")
    assert dearer.logs_in()
    kept = sa.text("SELECT password FROM account_user WHERE password IS NOT NULL")
    with reading(before.db) as session:
        assert [text.split("$")[1] for text in session.execute(kept).scalars()] == ["16,1,1"]
    assert dearer.logs_in()
