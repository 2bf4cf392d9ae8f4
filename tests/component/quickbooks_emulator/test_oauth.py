"""Consent, tokens, and who may speak for which company."""

from __future__ import annotations

import base64
from urllib.parse import parse_qs, urlsplit

import pytest

from services.quickbooks_connector.emulator.app import Client
from tests.component.quickbooks_emulator.driver import AUTHORIZE, BASIC, HAND, REDIRECT, SERVICE

DAY = 86_400


def test_pressing_connect_sends_the_browser_back_with_code_state_and_company(app, emulator):
    asked = {"client_id": "sample-client", "response_type": "code", "scope": "x", "redirect_uri": REDIRECT, "state": "s-1"}
    page = app.http.get("/connect/oauth2", query_string=asked)
    assert page.status_code == 200 and "Sample Timekeeping App" in page.text and "Imaginary Harbor Design" in page.text

    sent = app.http.post("/connect/oauth2", data={**asked, "realm": SERVICE, "decision": "connect"})

    assert sent.status_code == 302 and sent.location.startswith(REDIRECT + "?")
    back = parse_qs(urlsplit(sent.location).query)
    assert back["state"] == ["s-1"] and back["realmId"] == [SERVICE] and app.exchange(back["code"][0]).status == 200


def test_pressing_cancel_sends_the_browser_back_with_access_denied_and_no_code(app, emulator):
    asked = {"client_id": "sample-client", "response_type": "code", "scope": "x", "redirect_uri": REDIRECT, "state": "s-1"}
    sent = app.http.post("/connect/oauth2", data={**asked, "realm": HAND, "decision": "cancel"})
    assert sent.location == emulator.refuse_consent(AUTHORIZE) == f"{REDIRECT}?error=access_denied&state=s-1"


@pytest.mark.parametrize("wrong", [{"client_id": "nobody"}, {"redirect_uri": ""}, {"response_type": "token"}, {"scope": ""}])
def test_a_request_for_consent_that_is_not_in_order_shows_a_refusal_and_redirects_nowhere(app, wrong):
    asked = {"client_id": "sample-client", "response_type": "code", "scope": "x", "redirect_uri": REDIRECT, **wrong}
    assert app.http.get("/connect/oauth2", query_string=asked).status_code == 400
    assert app.http.post("/connect/oauth2", data={**asked, "realm": HAND, "decision": "connect"}).status_code == 400


def test_an_unregistered_redirect_address_is_refused(app, emulator):
    emulator.configure(clients={"sample-client": Client("sample-secret", redirects=("https://product.example/back",))})
    assert app.http.get(AUTHORIZE.removeprefix("https://appcenter.intuit.com")).status_code == 400


def test_tokens_live_for_an_hour_and_a_hundred_and_one_days(app, emulator):
    assert app.tokens["token_type"] == "bearer"
    assert app.tokens["expires_in"] == 3600
    assert app.tokens["x_refresh_token_expires_in"] == 8_726_400
    assert "x_refresh_token_hard_expires_in" not in app.tokens

    emulator.advance(3599)
    assert app.get("preferences").status == 200
    emulator.advance(1)
    assert (app.get("preferences").status, app.get("preferences").code) == (401, "3200")


def test_the_five_year_end_is_told_when_the_header_asks(app):
    told = app.exchange(app.code(), **{"x-include-refresh-token-hard-expires-in": "true"}).body
    assert told["x_refresh_token_hard_expires_in"] == 5 * 365 * DAY


def test_a_code_is_taken_with_the_very_redirect_address_it_was_given_for(app):
    assert app.exchange(app.code(), REDIRECT + "/").body["error"] == "invalid_grant"


def test_a_code_used_twice_kills_the_tokens_made_from_it(app):
    code = app.code()
    app.tokens = app.exchange(code).body
    assert app.get("preferences").status == 200

    assert app.exchange(code).status == 400

    assert app.get("preferences").code == "3200"
    assert app.refresh().body == {"error": "invalid_grant", "error_description": "Incorrect or invalid refresh token"}


def test_a_wrong_secret_gets_no_tokens(app, emulator):
    wrong = {"Authorization": "Basic " + base64.b64encode(b"sample-client:guess").decode()}
    heard = app.http.post("/oauth2/v1/tokens/bearer", data={"grant_type": "refresh_token"}, headers=wrong)
    assert (heard.status_code, heard.json) == (401, {"error": "invalid_client"})
    assert emulator.token_calls() == ["authorization_code", "refused refresh_token"]


def test_a_replaced_refresh_token_is_good_for_24_hours_more(app, emulator):
    first = app.tokens["refresh_token"]
    second = app.refresh().body["refresh_token"]
    assert second != first

    emulator.advance(DAY - 1)
    assert app.refresh(first).body["refresh_token"] == second  # an old one leads to the present one
    emulator.advance(1)
    assert app.refresh(first).body["error"] == "invalid_grant"
    assert app.refresh(second).status == 200


def test_in_strict_mode_a_replaced_refresh_token_is_dead_at_once(app, emulator):
    emulator.configure(rotation="strict")
    first = app.tokens["refresh_token"]
    assert app.refresh().status == 200
    assert app.refresh(first).status == 400


def test_in_daily_mode_a_refresh_may_answer_with_the_same_refresh_token(app, emulator):
    emulator.configure(rotation="daily")
    first = app.tokens["refresh_token"]
    assert app.refresh().body["refresh_token"] == first
    emulator.advance(DAY)
    assert app.refresh().body["refresh_token"] != first


def test_a_refresh_token_dies_of_101_idle_days_and_lives_on_when_used(app, emulator):
    app.tokens = app.refresh().body
    emulator.advance(100 * DAY)
    app.tokens = app.refresh().body
    assert app.tokens["x_refresh_token_expires_in"] == 101 * DAY
    emulator.advance(101 * DAY)
    assert app.refresh().status == 400


def test_no_refresh_token_outlives_five_years(app, emulator):
    emulator.configure(hard_seconds=10 * DAY)
    emulator.advance(9 * DAY)
    app.tokens = app.refresh().body
    emulator.advance(1 * DAY)
    assert app.refresh().status == 400


def test_revoking_either_token_ends_the_whole_grant(app):
    heard = app.http.post("/v2/oauth2/tokens/revoke", json={"token": app.tokens["refresh_token"]}, headers=BASIC)
    assert heard.status_code == 200
    refused = app.get("preferences")
    assert (refused.status, refused.code, refused.body["fault"]["type"]) == (403, "3100", "AUTHORIZATION")
    assert app.refresh().status == 400


def test_a_person_who_disconnects_inside_quickbooks_leaves_403_3100(app, emulator):
    emulator.disconnect(HAND)
    assert app.get("preferences").code == "3100"


def test_a_token_speaks_for_its_own_company_only(app):
    app.realm = SERVICE
    assert app.get("preferences").code == "3100"


def test_an_unknown_token_gets_the_gateways_own_fault_in_lower_case(app):
    app.tokens["access_token"] = "made-up"
    refused = app.get("preferences")
    assert refused.status == 401
    assert refused.body["fault"]["error"][0]["message"] == "message=AuthenticationFailed; errorCode=003200; statusCode=401"
    assert isinstance(refused.body["time"], int) and refused.body["warnings"] is None


def test_a_second_consent_replaces_the_first_where_the_option_says_so(emulator, connect):
    emulator.configure(reconnect="replaces")
    first, second = connect(HAND), connect(HAND)
    assert first.get("preferences").code == "3200"
    assert second.get("preferences").status == 200
