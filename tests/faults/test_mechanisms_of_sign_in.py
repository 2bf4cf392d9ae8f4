"""What keeps a stolen token or a guessed password from opening more, each with its test that goes red without it."""

from __future__ import annotations

from base64 import b32decode

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from tests.faults.guards import INGEST, Stage, guards
from tests.journeys.api.people import PASSWORD

SQLITE = ("sqlite",)
on_sqlite = pytest.mark.parametrize("backend", SQLITE, indirect=True)


@pytest.fixture
def stage(make_database, clock, connector):
    return Stage(make_database, clock, connector)


@on_sqlite
@guards("refresh_reuse", backends=SQLITE, connectors=INGEST)
def test_a_thief_holds_no_live_token_once_the_owner_has_refreshed_and_either_comes_back(stage):
    """The thief was first: it is the owner's token that is old, and its use ends what the thief has."""
    people = stage.people()
    stolen = people.logs_in()["refresh_token"]
    thief = people.refreshes(stolen)
    people.later(seconds=31)
    people.refreshes(stolen, status=401)
    people.refreshes(thief["refresh_token"], status=401)
    assert not people.opens(thief["access_token"])


@on_sqlite
@guards("refresh_grace", backends=SQLITE, connectors=INGEST)
def test_a_device_whose_answer_was_lost_stays_signed_in(stage):
    people = stage.people()
    token = people.logs_in()["refresh_token"]
    lost = people.refreshes(token)["refresh_token"]
    people.later(seconds=29)
    answer = people.nobody("POST", "/auth/refresh", {"refresh_token": token, "device_id": "phone"})
    assert answer.status_code == 200 and answer.json["refresh_token"] == lost


@guards("sign_in_throttle", connectors=INGEST)
def test_of_many_guesses_most_are_not_even_looked_at(stage):
    people = stage.people()
    told = [people.nobody("POST", "/auth/login", guess(number)).status_code for number in range(14)]
    assert told == [401] * 10 + [429] * 4


def guess(number):
    return {"email": "robin@sample.example", "password": f"guess number {number}", "device_id": f"new {number}"}


@on_sqlite
@guards("otp_once", backends=SQLITE, connectors=INGEST)
def test_a_code_that_was_looked_at_over_the_shoulder_is_used_up(stage):
    people = stage.people()
    robin = people.signed_in()
    secret = b32decode(robin.told("POST", "/auth/totp", {"password": PASSWORD})["secret"])
    code = TOTP(secret, 6, SHA1(), 30).generate(int(people.clock.now.timestamp())).decode()
    robin.told("POST", "/auth/totp/confirm", {"otp": code})
    again = {"email": "robin@sample.example", "password": PASSWORD, "device_id": "a thief's", "otp": code}
    assert people.nobody("POST", "/auth/login", again).status_code == 401
