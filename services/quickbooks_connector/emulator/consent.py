"""Asks a person which company the app may speak for, and sends the browser back with a code or a refusal."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Blueprint, Response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from .options import Client
from .wire import Refused
from .world import World

_ASKED = ("client_id", "redirect_uri", "state", "scope", "response_type")


def give(world: World, authorize_url: str, realm: str) -> str:
    """A person presses Connect: the callback address the browser is sent to."""
    asked = dict(parse_qsl(urlsplit(authorize_url).query))
    with world.lock:
        _checked(world, asked)
        world.company_books(realm)
        return _back(asked, {"code": world.grants.code(asked["client_id"], realm, asked["redirect_uri"]), "realmId": realm})


def refuse(world: World, authorize_url: str) -> str:
    """A person presses Cancel."""
    asked = dict(parse_qsl(urlsplit(authorize_url).query))
    _checked(world, asked)
    return _back(asked, {"error": "access_denied"})


def blueprint(world: World) -> Blueprint:
    rooms = Blueprint("consent", __name__, template_folder="templates")

    @rooms.get("/connect/oauth2")
    def ask() -> Response:
        asked = request.args.to_dict()
        try:
            client = _checked(world, asked)
        except Refused as refused:
            return Response(render_template("refused.html", problem=refused.message), 400)
        with world.lock:
            companies = [books.company for books in world.books.values()]
        hidden = {name: asked.get(name, "") for name in _ASKED}
        return Response(render_template("consent.html", app=client.name, asked=hidden, companies=companies))

    @rooms.post("/connect/oauth2")
    def decide() -> ResponseReturnValue:
        url = f"/connect/oauth2?{urlencode({name: request.form.get(name, '') for name in _ASKED})}"
        try:
            connected = request.form.get("decision") == "connect"
            return redirect(give(world, url, request.form["realm"]) if connected else refuse(world, url))
        except Refused as refused:
            return Response(render_template("refused.html", problem=refused.message), 400)

    return rooms


def _checked(world: World, asked: dict[str, str]) -> Client:
    client = world.grants.client(asked.get("client_id", ""), asked.get("redirect_uri", ""))
    if asked.get("response_type") != "code" or not asked.get("scope"):
        raise Refused("invalid_request", "response_type must be code and scope must be given", "Check the authorize address")
    return client


def _back(asked: dict[str, str], found: dict[str, str]) -> str:
    joint = "&" if urlsplit(asked["redirect_uri"]).query else "?"
    return asked["redirect_uri"] + joint + urlencode({**found, **({"state": asked["state"]} if asked.get("state") else {})})
