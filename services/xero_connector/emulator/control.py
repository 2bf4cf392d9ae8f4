"""Opens the emulator's own buttons to other processes: POST /_control/<method> with a JSON object of arguments."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request

from .consent import Unfit
from .options import App, Limits
from .wire import Broken, Malformed, Turned, dumps, loads
from .world import World

# fmt: off
BUTTONS = frozenset({
    "approve", "revert", "reject", "request", "delete", "edit", "edit_units", "add", "draft_pay_run",
    "post_pay_run", "reopen_pay_run", "delete_pay_run", "pay", "end_employment", "start_employment",
    "change_calendar", "change_template", "rename_employee", "hire", "archive_rate", "consent",
    "refuse_consent", "disconnect", "expire_access", "expire_refresh", "forget_keys", "fault", "clear_faults",
    "writes", "token_calls", "timesheets", "timesheet", "live_timesheets", "pay_runs", "employees",
    "calendars", "rates", "connections", "refusals", "advance", "now", "start", "configure",
    "configure_organisation", "settings", "touch", "deliver", "intend", "replay", "open_crowd",
})
# fmt: on


def blueprint(world: World) -> Blueprint:
    rooms = Blueprint("control", __name__)
    rooms.add_url_rule("/_control/<button>", "read", lambda button: _read(world, button), methods=["GET"])
    rooms.add_url_rule("/_control/<button>", "press", lambda button: _press(world, button), methods=["POST"])
    return rooms


def _read(world: World, button: str) -> Response:
    """What can be looked at without pressing anything."""
    if button not in ("journal", "requests"):
        return _said({"error": f"there is no {button} to read"}, 404)
    with world.held() as state:
        return _said(list(state.journal.matching(**request.args.to_dict()) if button == "journal" else state.requests))


def _press(world: World, button: str) -> Response:
    if button in BUTTONS:
        return _pressed(getattr(world, button), button, request.get_data())
    return _said({"error": f"there is no {button}", "buttons": sorted(BUTTONS)}, 404)


def _pressed(work: Callable[..., Any], button: str, raw: bytes) -> Response:
    try:
        sent = loads(raw or b"{}")
        return _said({"result": work(**(_settings(sent) if button == "configure" else sent))})
    except Broken as refused:
        return _said({"error": str(refused)}, 409)
    except Turned:
        return _said({"error": "there is no such thing"}, 404)
    except (Malformed, Unfit, TypeError, ValueError, KeyError, AttributeError) as error:
        return _said({"error": f"{type(error).__name__}: {error}"}, 400)


def _settings(sent: dict[str, Any]) -> dict[str, Any]:
    """JSON has no classes: limits and apps come as objects."""
    made: dict[str, Any] = dict(sent)
    if sent.get("limits"):
        made["limits"] = Limits(**sent["limits"])
    if "apps" in sent:
        made["apps"] = {name: App(**facts) for name, facts in sent["apps"].items()}
    return made


def _said(value: Any, status: int = 200) -> Response:
    return Response(dumps(_flat(value)), status, content_type="application/json")


def _flat(value: Any) -> Any:
    if hasattr(value, "as_json"):
        return _flat(value.as_json())
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [_flat(each) for each in value]
    return {name: _flat(each) for name, each in value.items()} if isinstance(value, dict) else value
