"""`timebooks login`: commands as a person, whose session the data folder keeps and renews."""

from __future__ import annotations

import json
import secrets
import stat

import click
import pytest

from services import data_folder
from services.cli import exits

PASSWORD = "three dull otters"


@pytest.fixture
def robin(firm, tmp_path, monkeypatch):
    """Commands where Robin, a payroll clerk, has an account; ``robin.types`` is what Robin types when asked."""
    firm.email = f"robin-{secrets.token_hex(4)}@sample.example"
    told = json.loads(firm("user", "invite", firm.email, "--name", "Robin", "--role", "payroll", "--json")[1])
    with _door() as door:
        door.open_post("/invitations/accept", {"token": told["token"], "password": PASSWORD})
    firm.types, firm.asked = [PASSWORD], []

    def prompt(what, **how):
        assert how["hide_input"]
        firm.asked.append(what)
        return firm.types[len(firm.asked) - 1]

    monkeypatch.setattr(click, "prompt", prompt)
    firm.session = tmp_path / "data" / data_folder.SESSION
    return firm


def _door():
    from services.cli import door

    return door.opened()


def test_signed_in_commands_act_as_the_person_and_signed_out_with_the_key_again(robin):
    assert robin("user", "list")[0] == exits.DONE  # the owner's key
    assert robin("login", robin.email)[:2] == (exits.DONE, f"You are signed in as {robin.email}, until `timebooks logout`.\n")
    assert stat.S_IMODE(robin.session.stat().st_mode) == 0o600
    assert PASSWORD not in robin.session.read_text()
    assert robin("user", "list")[0] == exits.SIGN_IN  # Robin may not
    assert robin("status")[0] == exits.DONE
    assert robin("logout")[0] == exits.DONE
    assert not robin.session.exists()
    assert robin("user", "list")[0] == exits.DONE
    assert robin("logout")[0] == exits.CONFLICT


def test_a_token_at_its_end_is_renewed_and_the_new_pair_is_kept(robin):
    assert robin("login", robin.email)[0] == exits.DONE
    before = json.loads(robin.session.read_text())
    robin.session.write_text(json.dumps(before | {"until": "2020-01-01T00:00:00+00:00"}))
    assert robin("status")[0] == exits.DONE
    after = json.loads(robin.session.read_text())
    assert after["refresh_token"] != before["refresh_token"]
    assert after["until"] > "2020-01-02"


def test_a_session_that_has_ended_is_said_so_and_not_kept(robin):
    assert robin("login", robin.email)[0] == exits.DONE
    kept = json.loads(robin.session.read_text())
    robin.session.write_text(json.dumps(kept | {"until": "2020-01-01T00:00:00+00:00", "refresh_token": "x" * 43}))
    code, _, err = robin("status")
    assert (code, "timebooks login EMAIL" in err) == (exits.SIGN_IN, True)
    assert not robin.session.exists()


def test_a_session_is_shown_to_the_address_where_it_began_only(robin):
    assert robin("login", robin.email)[0] == exits.DONE
    kept = json.loads(robin.session.read_text())
    robin.session.write_text(json.dumps(kept | {"address": "https://elsewhere.example"}))
    assert robin("user", "list")[0] == exits.DONE  # the owner's key, not Robin's token


def test_a_wrong_password_keeps_nothing_and_a_set_key_goes_first(robin, monkeypatch):
    robin.types = ["wrong"]
    assert robin("login", robin.email)[0] == exits.SIGN_IN
    assert not robin.session.exists()
    monkeypatch.setenv("TIMEBOOKS_API_KEY", "some key")
    assert robin("login", robin.email)[0] == exits.CONFLICT


def test_a_second_factor_is_asked_for_where_one_is_on(robin, monkeypatch):
    assert robin("login", robin.email)[0] == exits.DONE
    with _door() as door:
        secret = door.ingest("POST", "/auth/totp", {"password": PASSWORD})["secret"]
        recovery = door.ingest("POST", "/auth/totp/confirm", {"otp": _code(secret)})["recovery_codes"]
    robin.types, robin.asked = [PASSWORD, recovery[0]], []
    assert robin("login", robin.email)[0] == exits.DONE
    assert robin.asked == ["Password", "Code of your second factor"]


def _code(secret):
    import base64
    import time

    from cryptography.hazmat.primitives.hashes import SHA1
    from cryptography.hazmat.primitives.twofactor.totp import TOTP

    return TOTP(base64.b32decode(secret), 6, SHA1(), 30).generate(int(time.time())).decode()
