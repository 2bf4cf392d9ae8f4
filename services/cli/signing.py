"""Commands to sign in as a person, and out again."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress

import click

from services import data_folder
from services.cli import session
from services.cli.door import Door
from services.cli.entry import command
from services.cli.show import Answer
from shared.kernel.errors import Conflict, Denied, Failure


@command("login")
@click.argument("email")
@click.option("--organisation", help="Its id, where one password opens several.")
def login(door: Door, email: str, organisation: str | None) -> Answer:
    """Sign in with your password, which is asked for, and go on as yourself instead of with the kept API key.

    \b
    timebooks login robin@sample.example
    """
    if os.environ.get("TIMEBOOKS_API_KEY"):
        raise Conflict("key_set", "TIMEBOOKS_API_KEY is set, which goes before signing in.", "Unset it, then sign in.")
    device = f"cli-{secrets.token_hex(8)}"
    asked = {"email": email, "password": _secret("Password"), "device_id": device}
    asked |= {"organisation": organisation} if organisation else {}
    try:
        answer = door.open_post("/auth/login", asked)
    except Failure as failure:
        if failure.code != "otp_needed":
            raise
        answer = door.open_post("/auth/login", asked | {"otp": _secret("Code of your second factor")})
    session.keep(door.settings.data, door.base, device, answer)
    kept = str(door.settings.data / data_folder.SESSION)
    return Answer({"email": email, "kept_in": kept}, f"You are signed in as {email}, until `timebooks logout`.")


def _secret(what: str) -> str:
    return str(click.prompt(what, hide_input=True, err=True))


@command("logout")
def logout(door: Door) -> Answer:
    """Sign out of this data folder; commands go on with the kept API key, if there is one."""
    if door.signed is None:
        raise Conflict("not_signed_in", "Nobody is signed in here.", "Sign in: timebooks login EMAIL")
    with suppress(Denied):  # it has ended there already
        door.ingest("POST", "/auth/logout")
    data_folder.forget_session(door.settings.data)
    return Answer({"signed_out": True}, "You are signed out.")
