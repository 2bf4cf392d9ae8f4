"""People who are invited, what they may do, how they prove who they are, what they consented to, and how they go."""

from __future__ import annotations

from base64 import b32decode

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from services.ingest.accounts.models import account_user, invitation, user_session
from shared.platform import audit
from shared.platform.db import reading
from tests.component.ingest.conftest import Caller
from tests.journeys.api.people import EMAIL, PASSWORD, People

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
INVITED = {"email": EMAIL, "name": "Robin Sample", "role": "manager"}


@pytest.fixture
def people(make_database, clock):
    return People(make_database, clock)


def actions(people):
    with reading(people.service.db) as session:
        return session.execute(sa.select(audit.audit.c.action).order_by(audit.audit.c.id)).scalars().all()


# ---- invited


def test_an_invitation_is_good_once_and_its_link_is_shown_once(people):
    made = people.invites()
    [listed] = people.owner.told("GET", "/invitations")["items"]
    assert (listed["id"], listed["email"], listed["name"]) == (made["id"], EMAIL, "Robin Sample") and "token" not in listed
    joined = people.accepts(made["token"])
    assert (joined["role"], joined["email"], joined["organisation"]) == ("manager", EMAIL, people.owner.organisation)
    people.accepts(made["token"], status=404)
    assert people.logs_in()
    assert actions(people)[-3:] == ["user.invited", "user.joined", "session.begun"]


def test_a_link_that_is_old_taken_back_or_made_up_lets_nobody_in(people):
    old = people.invites("old@sample.example")
    people.later(days=7)
    revoked = people.invites("back@sample.example")
    people.owner.told("DELETE", f"/invitations/{revoked['id']}", status=204)
    for token in (old["token"], revoked["token"], "inv_" + "A" * 43):
        people.accepts(token, status=404)


SENSELESS = [
    ({"email": "no address"}, "bad_email"),
    ({"email": "a@b@sample.example"}, "bad_email"),
    ({"role": "operator"}, "bad_choice"),
    ({"role": "auditor"}, "until_missing"),
    ({"role": "auditor", "until": "2026-03-01"}, "bad_until"),
    ({"role": "auditor", "until": "2027-03-04"}, "bad_until"),
    ({"role": "worker"}, "no_such_person"),
    ({"person": "x"}, "person_not_worker"),
    ({"phone": "1"}, "unknown_field"),
]


def test_an_invitation_that_makes_no_sense_is_refused(people):
    for changed, code in SENSELESS:
        assert people.owner.told("POST", "/invitations", INVITED | changed, status=422)["error"]["code"] == code, changed


def test_a_password_that_is_guessed_first_is_refused_and_the_link_stays_good(people):
    made = people.invites()
    for password in ("short", "aaaaaaaaaaaaaaaa", "sample.example"):
        assert people.accepts(made["token"], password, status=422)["error"]["code"] == "weak_password"
    people.accepts(made["token"])


def test_nobody_invites_to_more_than_they_hold(people):
    people.joins(role="manager")
    manager = people.signed_in()
    for role in ("owner", "manager"):
        asked = {"email": f"{role}@sample.example", "name": "N", "role": role}
        assert manager("POST", "/invitations", asked).status_code == (403 if role == "owner" else 201)
    scopes = ["users:write", "records:read"]
    narrow = people.owner.told("POST", "/keys", {"name": "narrow", "scopes": scopes}, status=201)["key"]
    Caller(people.service, narrow).told("POST", "/invitations", INVITED | {"email": "x@sample.example"}, status=403)


def test_an_e_mail_signs_in_once_in_an_organisation(people):
    twice = people.invites()
    people.joins()
    people.owner.told("POST", "/invitations", INVITED | {"email": EMAIL.upper()}, status=409)
    people.accepts(twice["token"], status=409)


def test_what_is_personal_or_opens_a_door_is_nowhere_in_the_clear(people):
    token = people.invites()["token"]
    people.accepts(token)
    held = people.logs_in(device="robin's own phone")
    with reading(people.service.db) as session:
        kept = [row for table in (account_user, invitation, user_session) for row in session.execute(sa.select(table)).all()]
    told = str(kept).lower()
    for secret in (EMAIL, "robin", PASSWORD, token, held["refresh_token"], held["access_token"]):
        assert secret.lower() not in told


# ---- while they are here


def test_an_auditor_reads_until_the_last_day_and_no_longer(people):
    people.joins(role="auditor", until="2026-03-04")
    auditor = people.signed_in()
    people.later(days=2, hours=13, minutes=50)  # 2026-03-04 22:50 UTC, 23:50 in Berlin
    auditor = people.signed_in()
    assert auditor("GET", "/invoices").status_code == 200
    held = people.logs_in()
    people.later(minutes=10)
    assert auditor("GET", "/invoices").status_code == 401
    people.refreshes(held["refresh_token"], status=401)
    people.logs_in(status=401)


def test_a_worker_who_signs_in_has_their_own_records_and_their_own_news(people):
    robin, other = people.person("robin"), people.person("other", "Ola Sample")
    work = {"kind": "time", "source": "w", "date": "2026-03-02", "seconds": 3600}
    records = [{**work, "source_id": who, "person": who} for who in ("robin", "other")]
    people.owner.told("POST", "/records", {"schema": "1", "records": records}, status=202)
    people.joins(role="worker", person=robin)
    worker = people.signed_in()
    assert {one["person"] for one in worker.told("GET", "/records?kind=time")["items"]} == {robin}
    worker.told("GET", f"/records?kind=time&person={other}", status=404)
    sync = worker.told("GET", "/sync")
    assert [row["body"]["person"] for row in sync["rows"]] == [robin]
    assert sync["through"] == people.owner.told("GET", "/sync")["head"]
    worker.told("GET", "/feed", status=403)


def test_the_second_factor_is_asked_for_once_confirmed_and_each_code_is_good_once(people):
    people.joins()
    robin = people.signed_in()
    robin.told("POST", "/auth/totp", {"password": "not this one at all"}, status=401)
    made = robin.told("POST", "/auth/totp", {"password": PASSWORD})
    assert made["secret"] in made["uri"] and people.logs_in(device="laptop")  # not on yet

    def code(steps=0):
        return TOTP(b32decode(made["secret"]), 6, SHA1(), 30).generate(int(people.clock.now.timestamp()) + 30 * steps).decode()

    robin.told("POST", "/auth/totp/confirm", {"otp": "000000" if code() != "000000" else "111111"}, status=401)
    recovery = robin.told("POST", "/auth/totp/confirm", {"otp": code()})["recovery_codes"]
    assert len(set(recovery)) == 10
    assert people.logs_in(status=401)["error"]["code"] == "otp_needed"
    assert people.logs_in(password="not this one at all", status=401)["error"]["code"] == "sign_in_refused"
    assert people.logs_in(otp=code(), status=401)["error"]["code"] == "otp_wrong"  # it confirmed
    people.later(seconds=30)
    used = code()
    assert people.logs_in(otp=used)
    people.logs_in(otp=used, status=401)
    assert people.logs_in(otp=recovery[0].upper())
    people.logs_in(otp=recovery[0], status=401)
    robin = Caller(people.service, people.logs_in(otp=recovery[1])["access_token"])
    robin.told("POST", "/auth/totp", {"password": PASSWORD}, status=409)
    people.later(minutes=5)
    robin.told("POST", "/auth/totp/remove", {"otp": code()}, status=204)
    assert people.logs_in()
    assert {"totp.on", "totp.recovered", "totp.off"} <= set(actions(people))


def test_a_consent_is_on_record_with_who_what_and_when_until_withdrawn_and_after(people):
    user = people.joins(role="payroll")
    robin, asked = people.signed_in(), {"purpose": "payroll", "document": "privacy-notice", "version": "2026-01"}
    number = robin.told("POST", "/consents", asked, status=201)["id"]
    assert robin.told("POST", "/consents", asked, status=201)["id"] == number
    people.later(minutes=50)
    people.joins("other@sample.example", "owner")
    people.signed_in("other@sample.example").told("DELETE", f"/consents/{number}", status=404)  # nobody withdraws for another
    people.owner.told("DELETE", f"/consents/{number}", status=403)  # and no key
    robin.told("DELETE", f"/consents/{number}", status=204)
    robin.told("DELETE", f"/consents/{number}", status=204)
    assert robin.told("POST", "/consents", asked, status=201)["id"] != number
    later, first = people.owner.told("GET", f"/consents?user={user}")["items"]
    assert (first["id"], first["user"]) == (number, user)
    assert (first["given"][:16], first["withdrawn"][:16]) == ("2026-03-02T09:00", "2026-03-02T09:50")
    assert later["withdrawn"] is None and robin.told("GET", "/consents")["total"] == 2
    assert people.owner.told("GET", "/consents?user=nobody")["total"] == 0
    assert actions(people).count("consent.given") == 2 and actions(people).count("consent.withdrawn") == 1
    robin.told("POST", "/consents", asked | {"purpose": "to pay me, and more"}, status=422)


def test_people_and_what_is_theirs_are_listed_page_by_page(people):
    people.joins(role="owner")
    robin = people.signed_in()
    people.signed_in(device="laptop")
    robin.told("POST", "/consents", {"purpose": "pay", "document": "notice", "version": "1"}, status=201)
    totals = {"keys": 1, "users": 2, "invitations": 1, "devices": 2, "consents": 1}
    for name, total in totals.items():
        told = robin.told("GET", f"/{name}?page=2&page_size=1")
        assert (len(told["items"]), told["page"], told["page_size"], told["total"]) == (total - 1, 2, 1, total), name


# ---- and gone


def test_who_is_ended_is_out_at_once_with_sessions_keys_and_invitations(people):
    user = people.joins(role="manager")
    held = people.logs_in()
    robin = Caller(people.service, held["access_token"])
    key = robin.told("POST", "/keys", {"name": "k", "scopes": ["records:read"]}, status=201)["key"]
    invited = people.invites("friend@sample.example", "payroll", by=robin)
    people.owner.told("DELETE", f"/users/{user}", status=204)
    assert not people.opens(held["access_token"]) and not people.opens(key)
    people.refreshes(held["refresh_token"], status=401)
    people.logs_in(status=401)
    people.accepts(invited["token"], status=404)
    people.joins()  # and may be invited again
    assert people.logs_in()


def test_a_manager_ends_no_owner_and_the_last_owner_stays(people):
    people.joins(role="manager")
    manager = people.signed_in()
    [owner] = [one["id"] for one in manager.told("GET", "/users")["items"] if one["role"] == "owner"]
    manager.told("DELETE", f"/users/{owner}", status=403)
    assert people.owner.told("DELETE", f"/users/{owner}", status=409)["error"]["code"] == "last_owner"
    people.organisation("Other Studio").told("DELETE", f"/users/{owner}", status=404)


def test_a_worker_who_is_erased_signs_in_no_more_and_is_named_nowhere(people):
    robin = people.person("robin")
    people.joins(role="worker", person=robin)
    held = people.logs_in()
    people.owner.told("POST", "/erasures", {"person": robin})
    assert not people.opens(held["access_token"])
    people.logs_in(status=401)
    [user] = [one for one in people.owner.told("GET", "/users")["items"] if one["role"] == "worker"]
    [invited] = people.owner.told("GET", "/invitations")["items"]
    assert (user["name"], user["email"], invited["name"], invited["email"]) == (None, None, None, None)
    with reading(people.service.db) as session:
        hashes = [*session.execute(sa.select(account_user.c.email_hash)), *session.execute(sa.select(invitation.c.email_hash))]
    assert {row[0] for row in hashes} == {None}
    people.owner.told("POST", "/invitations", INVITED | {"role": "worker", "person": robin}, status=422)


def test_a_key_says_until_when_it_holds_and_when_it_was_last_used(people):
    made = people.owner.told("POST", "/keys", {"name": "week", "scopes": ["records:read"], "days": 7}, status=201)
    people.later(hours=2, minutes=20)
    assert Caller(people.service, made["key"])("GET", "/records").status_code == 200
    [shown] = [one for one in people.owner.told("GET", "/keys")["items"] if one["id"] == made["id"]]
    assert (shown["expires"][:19], shown["last_used"][:19]) == ("2026-03-09T09:00:00", "2026-03-02T11:00:00")
    assert made["key"] not in str(shown)
