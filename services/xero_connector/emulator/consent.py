"""Asks a person which organisation the app may speak for, and sends the browser back with a code or a refusal."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from flask import Blueprint, Response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from . import scopes
from .identity import Consent
from .options import App
from .world import World

FIELDS = ("client_id", "redirect_uri", "state", "scope", "response_type", "code_challenge", "code_challenge_method")
PATH = "/identity/connect/authorize"


class Unfit(Exception):
    """A request for consent that a person never gets to see; the word is the error's."""


def give(world: World, authorize_url: str, tenant: str | Iterable[str], user: str = "sample-user") -> str:
    """A person presses Allow access: the callback address the browser goes to."""
    asked = dict(parse_qsl(urlsplit(authorize_url).query))
    chosen = [tenant] if isinstance(tenant, str) else list(tenant)
    with world.held() as state:
        app = fit(world, asked)
        if not chosen or not set(chosen) <= set(state.books):
            raise Unfit("Choose an organisation")
        if len(chosen) > 1 and not app.several_at_once:
            raise Unfit("This app may connect one organisation at a time")
        consent = Consent(asked["client_id"], user, str(uuid.uuid4()), frozenset(asked["scope"].split()))
        state.identity.allow(consent, chosen, world.now())
        until = world.now() + timedelta(seconds=world.options.code_seconds)
        code = state.identity.code(consent, asked["redirect_uri"], asked.get("code_challenge", ""), until)
    return _callback(asked, code=code, scope=asked["scope"], session_state=uuid.uuid4().hex)


def refuse(world: World, authorize_url: str) -> str:
    """A person presses Cancel."""
    asked = dict(parse_qsl(urlsplit(authorize_url).query))
    fit(world, asked)
    return _callback(asked, error="access_denied", error_description="TenantConsent status DENIED")


def fit(world: World, asked: dict[str, str]) -> App:
    """The app that asks, or what is wrong with its asking."""
    app = world.options.apps.get(asked.get("client_id", ""))
    if app is None:
        raise Unfit("unauthorized_client: the client is not known")
    if not _may_return(app, asked.get("redirect_uri", "")):
        raise Unfit("invalid_request: invalid redirect_uri")
    if asked.get("response_type") != "code":
        raise Unfit("unsupported_response_type")
    wanted = asked.get("scope", "").split()
    if not wanted or not all(scopes.known(each, broad=app.broad_scopes) for each in wanted):
        raise Unfit("invalid_scope")
    if not app.secret and (not asked.get("code_challenge") or asked.get("code_challenge_method") != "S256"):
        raise Unfit("invalid_request: code challenge required")
    return app


def _may_return(app: App, address: str) -> bool:
    """Absolute and over https; http on the very name localhost only."""
    parts = urlsplit(address)
    allowed = bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme, parts.hostname) == ("http", "localhost"))
    return allowed and (not app.redirects or address in app.redirects)


def _callback(asked: dict[str, str], **found: str) -> str:
    parts = urlsplit(asked["redirect_uri"])
    state = {"state": asked["state"]} if asked.get("state") else {}
    return urlunsplit(parts._replace(query=urlencode([*parse_qsl(parts.query), *found.items(), *state.items()])))


def blueprint(world: World) -> Blueprint:
    rooms = Blueprint("consent", __name__, template_folder="templates")
    rooms.register_error_handler(Unfit, lambda unfit: (render_template("refused.html", problem=str(unfit)), 400))

    @rooms.get(PATH)
    def ask() -> ResponseReturnValue:
        app = fit(world, request.args.to_dict())
        with world.held() as state:
            chosen = [books.organisation for books in state.books.values()]
        hidden = {name: request.args[name] for name in FIELDS if name in request.args}
        wanted = hidden["scope"].split()
        return Response(render_template("consent.html", app=app, hidden=hidden, organisations=chosen, scopes=wanted))

    @rooms.post(PATH)
    def decide() -> ResponseReturnValue:
        query = urlencode({name: request.form[name] for name in FIELDS if name in request.form})
        if request.form.get("decision") != "allow":
            return redirect(refuse(world, f"{PATH}?{query}"))
        return redirect(give(world, f"{PATH}?{query}", request.form.getlist("tenant")))

    return rooms
