"""Consent, tokens, connections and scopes."""

from __future__ import annotations

import base64
import hashlib
import json
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from services.xero_connector.emulator.app import create
from services.xero_connector.emulator.consent import Unfit
from services.xero_connector.emulator.options import App, Options
from tests.component.xero_emulator.driver import AU, NO_RIGHTS, NZ, REDIRECT, SCOPES, UK, Australia, Client, Second, authorize


def claims(token: str) -> dict:
    middle = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))


def test_the_page_offers_every_organisation_and_sends_the_browser_back(emulator):
    http = emulator.wsgi.test_client()
    path = "/identity/connect/authorize?" + urlsplit(authorize()).query
    page = http.get(path).text
    assert all(name in page for name in ("Invented Billabong", "Imaginary Kowhai", "Pretend &amp; Sons", "no payroll rights"))
    assert "<script" not in page and "prefers-color-scheme: dark" in page
    form = dict(parse_qs(urlsplit(path).query).items()) | {"tenant": NZ, "decision": "allow"}
    back = http.post("/identity/connect/authorize", data=form, headers={})
    assert back.status_code == 302 and back.location.startswith(REDIRECT)
    found = parse_qs(urlsplit(back.location).query)
    assert found["state"] == ["s-1"] and found["code"]
    cancelled = http.post("/identity/connect/authorize", data={**form, "decision": "cancel"}).location
    assert parse_qs(urlsplit(cancelled).query)["error"] == ["access_denied"]


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"client_id": "stranger"}, "unauthorized_client"),
        ({"redirect_uri": "http://127.0.0.1:8000/back"}, "redirect_uri"),
        ({"redirect_uri": "http://books.example/back"}, "redirect_uri"),
        ({"response_type": "token"}, "response_type"),
        ({"scope": "accounting.transactions"}, "invalid_scope"),
        ({"scope": "payroll.everything"}, "invalid_scope"),
        ({"client_id": "sample-native"}, "code challenge"),
    ],
)
def test_an_unfit_request_gets_an_error_page_and_no_redirect(emulator, changes, word):
    with pytest.raises(Unfit, match=word):
        emulator.consent(authorize(**changes), AU)
    page = emulator.wsgi.test_client().get("/identity/connect/authorize?" + urlsplit(authorize(**changes)).query)
    assert page.status_code == 400 and word in page.text


def test_an_older_app_may_still_ask_for_the_broad_scopes(emulator):
    assert "code=" in emulator.consent(authorize(client_id="sample-older", scope="accounting.transactions"), AU)


def test_tokens_tell_which_consent_they_come_from(au):
    found = claims(au.tokens["access_token"])
    assert au.tokens["expires_in"] == 1800 and au.tokens["token_type"] == "Bearer"
    assert set(au.tokens["scope"].split()) == set(SCOPES.split()) and au.tokens["id_token"]
    rows = au.get("/connections", authEventId=found["authentication_event_id"]).body
    assert [(row["tenantId"], row["tenantType"]) for row in rows] == [(AU, "ORGANISATION")]
    assert au.get("/Connections", authEventId="another").body == []


def test_without_offline_access_there_is_nothing_to_refresh_with(emulator):
    assert "refresh_token" not in Client(emulator, AU, scope="payroll.timesheets").tokens


def test_a_code_works_once_for_five_minutes_and_its_own_redirect(au, emulator):
    code = au.code()
    assert au.exchange(code).status == 200
    assert au.exchange(code).body == {"error": "invalid_grant"}
    assert au.token(grant_type="authorization_code", code=au.code(), redirect_uri="https://other.example/").status == 400
    late = au.code()
    emulator.advance(301)
    assert au.exchange(late).status == 400


def test_a_native_app_proves_itself_with_the_verifier(au, emulator):
    verifier = "v" * 43
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    asked = {"client_id": "sample-native", "code_challenge": challenge, "code_challenge_method": "S256"}
    native = {"client_id": "sample-native"}
    assert au.exchange(au.code(**asked), **native, code_verifier="w" * 43).body == {"error": "invalid_grant"}
    assert au.exchange(au.code(**asked), **native, code_verifier=verifier).status == 200


def test_the_secret_may_come_in_the_form_and_must_be_right(au):
    form = {"client_id": "sample-client", "client_secret": "sample-secret"}
    assert au.exchange(au.code(), **form).status == 200
    assert au.exchange(au.code(), **{**form, "client_secret": "wrong"}).body == {"error": "invalid_client"}
    assert au.token(grant_type="password").body == {"error": "unsupported_grant_type"}


def test_a_lost_refresh_answer_may_be_asked_for_again_for_half_an_hour(au, emulator):
    old = au.tokens["refresh_token"]
    first = au.refresh().body["refresh_token"]
    emulator.advance(1800)
    again = au.refresh(old)
    assert again.status == 200 and again.body["refresh_token"] not in (old, first)
    emulator.advance(1)
    assert au.refresh(old).body == {"error": "invalid_grant"}
    assert au.refresh(first).status == 200
    assert emulator.token_calls()[-4:] == ["refresh_token", "refresh_token", "refused refresh_token", "refresh_token"]


def test_refresh_tokens_die_after_sixty_days_unused(au, emulator):
    emulator.advance(60 * 86_400)
    assert au.refresh().status == 400


def test_access_ends_after_half_an_hour_with_a_401_that_says_so(au, emulator):
    emulator.advance(1800)
    answer = au.get("/payroll.xro/1.0/Employees")
    assert (answer.status, answer.body["Title"]) == (401, "Unauthorized")
    assert answer.body["Detail"].startswith("TokenExpired: token expired at 11/11/2026 02:00:00")
    assert au.get("/connections").status == 401
    au.tokens = au.refresh().body
    assert au.get("/payroll.xro/1.0/Employees").status == 200


def test_a_missing_scope_is_a_401_of_another_kind(emulator):
    app = Australia(emulator, AU, scope="payroll.timesheets.read offline_access")
    assert app.get("/payroll.xro/1.0/Timesheets").status == 200
    for answer in (app.post({}), app.get("/payroll.xro/1.0/Employees"), app.get("/api.xro/2.0/Organisation")):
        assert (answer.status, answer.body["Detail"]) == (401, "AuthorizationUnsuccessful")
        assert answer.headers["WWW-Authenticate"] == 'Bearer error="insufficent_scope"'


def test_one_token_reaches_all_organisations_its_person_connected_and_no_other(au, emulator):
    Second(emulator, NZ)  # the same person, later
    headers = {"Xero-Tenant-Id": NZ}
    assert au.get("/payroll.xro/2.0/Employees", headers=headers).status == 200
    for tenant in (UK, "nonsense"):
        answer = au.get("/payroll.xro/2.0/Employees", headers={"Xero-Tenant-Id": tenant})
        assert (answer.status, answer.body["Detail"]) == (403, "AuthenticationUnsuccessful")


def test_another_persons_connections_are_out_of_reach(au, emulator):
    emulator.consent(authorize(), NZ, user="somebody-else")
    assert au.get("/payroll.xro/2.0/Employees", headers={"Xero-Tenant-Id": NZ}).status == 403


def test_one_connection_ends_without_the_others(au, emulator):
    Second(emulator, NZ)
    rows = {row["tenantId"]: row["id"] for row in au.get("/connections").body}
    assert au.send("DELETE", f"/connections/{rows[AU]}").status == 204
    assert au.get("/payroll.xro/1.0/Employees").status == 403
    assert au.get("/payroll.xro/2.0/Employees", headers={"Xero-Tenant-Id": NZ}).status == 200
    assert au.send("DELETE", f"/connections/{rows[AU]}").status == 404
    emulator.advance(60)
    again = {row["tenantId"]: row for row in Australia(emulator, AU).get("/connections").body}[AU]
    assert again["id"] == rows[AU] and again["createdDateUtc"] != again["updatedDateUtc"]


def test_a_person_disconnects_inside_the_books(au, emulator):
    emulator.disconnect(AU)
    assert au.get("/payroll.xro/1.0/Employees").status == 403
    assert au.refresh().status == 200


def test_revoking_ends_every_connection_of_the_person(au, emulator):
    other = Second(emulator, NZ)
    form = {"token": au.tokens["refresh_token"], "client_id": "sample-client", "client_secret": "sample-secret"}
    assert au.http.post("/connect/revocation", data=form).status_code == 200
    assert other.get("/payroll.xro/2.0/Employees").status == 403
    assert other.refresh().status == 400


def test_several_organisations_in_one_consent_are_for_advanced_apps(emulator):
    with pytest.raises(Unfit, match="one organisation"):
        emulator.consent(authorize(), [AU, NZ])
    advanced = create(Options(apps={"sample-client": App("sample-secret", several_at_once=True)}))
    assert advanced.consent(authorize(), [AU, NZ])
    assert len(advanced.connections()) == 2


def test_without_payroll_rights_payroll_is_refused_and_the_organisation_shown(emulator):
    app = Australia(emulator, NO_RIGHTS)
    answer = app.get("/payroll.xro/1.0/Employees")
    assert (answer.status, answer.body["Detail"]) == (403, "AuthorizationUnsuccessful")
    shown = app.get("/api.xro/2.0/Organisation").body["Organisations"][0]
    assert (shown["CountryCode"], shown["BaseCurrency"]) == ("AU", "AUD")


def test_the_organisation_and_its_tracking_are_shown(uk):
    shown = uk.get("/api.xro/2.0/Organisation").body["Organisations"][0]
    assert (shown["CountryCode"], shown["Version"], shown["Timezone"]) == ("GB", "UK", "GMTSTANDARDTIME")
    tracking = uk.get("/api.xro/2.0/TrackingCategories").body["TrackingCategories"][0]
    assert [option["Name"] for option in tracking["Options"]] == ["Harbour", "Hinterland"]
    assert uk.get("/api.xro/2.0/Invoices").status == 404


def test_the_form_of_the_authorize_address_is_the_published_one():
    assert urlencode({"a": "b"}) in "a=b" and urlsplit(authorize()).path == "/identity/connect/authorize"
