"""Opens the emulator's own buttons to tests in other processes: POST /_control/<action> with a JSON object of arguments."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request

from .options import Client, Company, Limits
from .webhooks import Delivery
from .wire import Refused, Reply, parse, reply
from .world import World

ACTIONS = frozenset(
    {
        "pay",
        "credit",
        "refund",
        "void",
        "delete",
        "edit",
        "delete_payment",
        "void_payment",
        "rename_customer",
        "deactivate_customer",
        "deactivate_item",
        "merge_customers",
        "add",
        "consent",
        "refuse_consent",
        "fault",
        "clear_faults",
        "disconnect",
        "expire_access",
        "forget_requests",
        "writes",
        "token_calls",
        "objects",
        "live_invoices",
        "object",
        "advance",
        "configure",
        "configure_company",
        "settings",
        "deliver",
        "replay",
        "start",
        "now",
        "open_company",
    }
)


def blueprint(world: World) -> Blueprint:
    rooms = Blueprint("control", __name__, url_prefix="/_control")

    @rooms.get("/journal")
    def journal() -> Response:
        with world.lock:
            return _answer(reply([entry.as_json() for entry in world.journal.read(**request.args.to_dict())]))

    @rooms.get("/requests")
    def requests() -> Response:
        with world.lock:
            return _answer(reply([list(each) for each in world.requests]))

    @rooms.post("/<action>")
    def act(action: str) -> Response:
        return _answer(_acted(world, action, request.get_data()))

    return rooms


def _acted(world: World, action: str, raw: bytes) -> Reply:
    if action not in ACTIONS:
        return reply({"error": f"unknown action {action}", "actions": sorted(ACTIONS)}, 404)
    try:
        return reply({"result": _plain(getattr(world, action)(**_arguments(action, parse(raw or b"{}"))))})
    except Refused as refused:
        return reply({"error": refused.detail, "code": refused.code}, 409)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        return reply({"error": f"{type(error).__name__}: {error}"}, 400)


def _arguments(action: str, sent: dict[str, Any]) -> dict[str, Any]:
    if action == "configure":
        return {name: _option(name, value) for name, value in sent.items()}
    if action == "open_company":
        return {"company": Company(**sent)}
    return sent


def _option(name: str, value: Any) -> Any:
    if name == "limits" and value is not None:
        return Limits(**value)
    return {each: Client(**facts) for each, facts in value.items()} if name == "clients" else value


def _plain(value: Any) -> Any:
    """Results in JSON: entries and deliveries as objects, bytes as text, times in ISO form."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, Delivery):
        return _plain({**asdict(value), "body": value.body.decode()})
    if isinstance(value, datetime):
        return value.isoformat()
    if hasattr(value, "as_json"):
        return value.as_json()
    return {name: _plain(each) for name, each in value.items()} if isinstance(value, dict) else value


def _answer(made: Reply) -> Response:
    return Response(made.body, made.status, dict(made.headers))
