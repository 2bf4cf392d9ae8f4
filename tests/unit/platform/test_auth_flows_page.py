"""The page of auth flows states the lifetimes that hold."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from services.ingest.accounts import factor, invitations, routes, session_routes, sessions, throttle
from services.ingest.accounts.passwords import Hashing
from shared.connector import connect

PAGE = (Path(__file__).parents[3] / "docs/reference/auth-flows.md").read_text("utf-8")
UNITS = {"days": 86_400, "minutes": 60, "seconds": 1}


def test_the_lifetimes_on_the_page_are_those_of_the_code():
    rows = re.findall(r"^\| ([^|]+?) \| ([^|]*\d[^|]*) \|", PAGE.split("## Sign in")[0], re.M)
    told = {name: [int(number) * UNITS[unit] for number, unit in re.findall(r"(\d+) (\w+)", text)] for name, text in rows}
    assert {name: [timedelta(seconds=one) for one in ends] for name, ends in told.items()} == {
        "access token of a person": [timedelta(seconds=session_routes.SECONDS)],
        "refresh token `rt_…`": [sessions.IDLE, sessions.WHOLE],
        "the answer of a lost refresh": [sessions.GRACE],
        "token for another service, from a session": [timedelta(seconds=routes.SESSION_SECONDS)],
        "token for another service, from an API key": [timedelta(seconds=routes.TOKEN_SECONDS)],
        "token of a service of ours": [timedelta(seconds=60)],
        "invitation `inv_…`": [invitations.GOOD_FOR],
        "code of an authenticator app": [timedelta(seconds=factor.STEP)],
        "consent page of a provider": [connect.STATE_LIFE],
    }


def test_the_limits_and_costs_on_the_page_are_those_of_the_code():
    assert f"{throttle.MOST_ACCOUNT} attempts in {throttle.WINDOW.seconds // 60} minutes count against an account" in PAGE
    assert f"{throttle.MOST_NETWORK} count against a network" in PAGE
    costs = re.findall(r"`TIMEBOOKS_SIGN_IN_HASH_\w+` \| [^|]*\((\d+)\)", PAGE)
    assert Hashing(*map(int, costs)) == Hashing()
