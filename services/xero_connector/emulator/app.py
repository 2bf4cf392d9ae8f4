"""Puts the emulated service together: one object for tests to hold, one WSGI application that answers for all its hosts."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from flask import Flask, Response, request

from . import clerk, consent, control, faults, gateway, identity, pages, seeds
from .asking import Call
from .faults import Rule
from .journal import Entry
from .limits import throttled
from .options import App, Limits, Options, Organisation
from .wire import Body, Reply, Turned
from .world import World

__all__ = ["App", "Emulator", "Limits", "Options", "Organisation", "Rule", "create", "environment", "mount"]


class Emulator(World):
    """The service, its payroll clerk, and its journal, for tests in the same process. `wsgi` is what speaks HTTP."""

    approve, revert, reject, request = clerk.approve, clerk.revert, clerk.reject, clerk.request
    edit, edit_units, add, delete = clerk.edit, clerk.edit_units, clerk.add, clerk.delete
    draft_pay_run, post_pay_run, pay = clerk.draft_pay_run, clerk.post_pay_run, clerk.pay
    reopen_pay_run, delete_pay_run = clerk.reopen_pay_run, clerk.delete_pay_run
    end_employment, start_employment, hire = clerk.end_employment, clerk.start_employment, clerk.hire
    change_calendar, change_template = clerk.change_calendar, clerk.change_template
    rename_employee, archive_rate = clerk.rename_employee, clerk.archive_rate
    consent, refuse_consent = consent.give, consent.refuse

    def __init__(self, options: Options, path: Path | None = None) -> None:
        super().__init__(options, path)
        self.wsgi = _application(self)

    @property
    def requests(self) -> list[tuple[str, str]]:
        """Method and path of every call that came in, the refused ones too."""
        return list(self.state.requests)

    def fault(self, kind: str, **match: Any) -> None:
        """Something goes wrong: see `faults.Rule` for what can be named."""
        with self.held() as state:
            state.faults.append(Rule(kind, **match))

    def clear_faults(self) -> None:
        with self.held() as state:
            state.faults.clear()

    def disconnect(self, tenant: str | None = None, user: str | None = None) -> None:
        """A person disconnects the app inside Xero; the next call is a 403."""
        with self.held() as state:
            state.identity.cut(tenant, user)

    def expire_access(self) -> None:
        with self.held() as state:
            state.identity.expire(self.now())

    def expire_refresh(self) -> None:
        """Sixty days of silence: only a new consent helps."""
        with self.held() as state:
            state.identity.expire(self.now(), refreshes=True)

    def forget_keys(self) -> None:
        with self.held() as state:
            state.memory.answers.clear()

    def writes(self, **wanted: Any) -> list[Entry]:
        """The journal; named fields narrow it: writes(tenant=..., kind="timesheet", operation="create", actor="api")."""
        with self.held() as state:
            return list(state.journal.matching(**wanted))

    def token_calls(self) -> list[str]:
        """The grant type of every token call; refused ones begin with "refused"."""
        with self.held() as state:
            return list(state.identity.calls)

    def refusals(self) -> dict[str, int]:
        """How often a limit turned a call away, by limit."""
        with self.held() as state:
            return dict(state.meter.refused)

    def connections(self) -> list[Body]:
        with self.held() as state:
            return [asdict(each) for each in state.identity.connections.values()]

    def timesheets(self, tenant: str, **wanted: Any) -> list[Body]:
        """Every timesheet that is there, in plain words: timesheets(tenant, employee=..., start="2026-11-02", status="DRAFT")."""
        with self.held():
            rows = [sheet.as_json() for sheet in self.books(tenant).sheets.values()]
        return [row for row in rows if all(row[name] == value for name, value in wanted.items())]

    def live_timesheets(self, tenant: str, employee: str, start: str) -> list[Body]:
        """Those of an employee and period that somebody may be paid by: there must never be two."""
        return [row for row in self.timesheets(tenant, employee=employee, start=start) if row["status"] != "REJECTED"]

    def timesheet(self, tenant: str, timesheet: str) -> Body | None:
        with self.held():
            found = self.books(tenant).sheets.get(timesheet)
            return found.as_json() if found else None

    def pay_runs(self, tenant: str) -> list[Body]:
        with self.held():
            return [run.as_json() for run in self.books(tenant).runs.values()]

    def employees(self, tenant: str) -> dict[str, str]:
        """Names to ids."""
        with self.held():
            return {each.name: each.id for each in self.books(tenant).employees.values()}

    def calendars(self, tenant: str) -> dict[str, str]:
        with self.held():
            return {each.name: each.id for each in self.books(tenant).calendars.values()}

    def rates(self, tenant: str) -> dict[str, str]:
        with self.held():
            return {each.name: each.id for each in self.books(tenant).rates.values()}

    def open_crowd(self, region: str, count: int, kind: str = "WEEKLY") -> str:
        """A new organisation with many invented employees: its tenant id."""
        made = seeds.crowd(region, count, kind)
        self.open_organisation(made)
        return made.tenant


def create(options: Options | None = None, path: Path | None = None) -> Emulator:
    """An emulated service: in memory, or in a file that several processes may share and find again."""
    return Emulator(options or Options(), path)


def environment(base_url: str, options: Options | None = None) -> dict[str, str]:
    """The settings that make the product talk to an emulator served at an address."""
    chosen, at = options or Options(), base_url.rstrip("/")
    name = next(iter(chosen.apps))
    paths = {"API": "", "AUTHORIZE": consent.PATH, "TOKEN": "/connect/token", "REVOKE": "/connect/revocation"}
    keys = {"CLIENT_ID": name, "CLIENT_SECRET": chosen.apps[name].secret, "WEBHOOK_KEY": chosen.webhook_key}
    named = {f"XERO_{word}_URL": at + path for word, path in paths.items()}
    return named | {f"XERO_{word}": value for word, value in keys.items()}


def mount(address: str, path: Path | None, send: Callable[..., Any]) -> tuple[Flask, dict[str, str]]:
    """Stands in for the provider inside the product's own process: the application to mount at `address`, and the settings."""

    def carry(url: str, headers: Mapping[str, str], body: bytes) -> int:
        try:
            return int(send("POST", url, headers=dict(headers), body=body).status)
        except (OSError, RuntimeError):
            return 0

    own = address.removesuffix("/emulator/xero")
    world = create(Options(public_url=address, webhook_url=f"{own}/xero/callbacks/webhook", deliver=carry), path)
    return world.wsgi, environment(address, world.options)


_DATA = ("/payroll.xro/<version>/<path:rest>", "/api.xro/<version>/<path:rest>")
_IDENTITY = ("/connections", "/Connections", "/connections/<rest>", "/Connections/<rest>")


def _application(world: Emulator) -> Flask:
    app = Flask(__name__)
    app.config["PROPAGATE_EXCEPTIONS"] = True  # a dropped connection must reach whoever mounted this
    app.url_map.strict_slashes = False
    doors: dict[Callable[[World, Call], Reply], tuple[str, ...]] = {
        gateway.answer: _DATA,
        _connections: _IDENTITY,
        lambda world, call: _under(world, call, identity.token): ("/connect/token",),
        lambda world, call: _under(world, call, lambda known, options, call, _: identity.revoke(known, options, call)): (
            "/connect/revocation",
        ),
    }
    for place, (work, rules) in enumerate(doors.items()):
        for number, rule in enumerate(rules):
            view = _door(world, work)
            app.add_url_rule(rule, f"door{place}.{number}", view, methods=["GET", "POST", "PUT", "DELETE"])
    for rooms in (consent, pages, control):
        app.register_blueprint(rooms.blueprint(world))
    return app


def _under(world: World, call: Call, work: Callable[..., Reply]) -> Reply:
    with world.held() as state:
        return work(state.identity, world.options, call, world.now())


def _connections(world: World, call: Call) -> Reply:
    with world.held() as state:
        names = {tenant: books.organisation.name for tenant, books in state.books.items()}
        try:
            return identity.connections(state.identity, call, names, world.now())
        except Turned as turned:
            return turned.answer


def _door(world: World, work: Callable[[World, Call], Reply]) -> Callable[..., Response]:
    """The one way in: so many at once, and where faults strike."""

    def view(**_: str) -> Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        call = Call(request.method, request.path, request.args.to_dict(), headers, request.get_data())
        tenant, limits = headers.get("xero-tenant-id", ""), world.options.limits
        if not world.in_flight.enter(tenant, limits.at_once if limits and tenant else None):
            return _sent(throttled("concurrent", None))
        try:
            return _sent(_through(world, call, work))
        finally:
            world.in_flight.leave(tenant)

    return view


def _through(world: World, call: Call, work: Callable[[World, Call], Reply]) -> Reply:
    with world.held() as state:
        state.requests.append((call.method, call.path))
        rule = faults.taken(state.faults, call) if state.faults else None
    if rule is None:
        return work(world, call)
    if rule.seconds:
        world.options.sleep(rule.seconds)
    if rule.kind in faults.BEFORE and rule.kind != "delay":
        made = faults.BEFORE[rule.kind](rule)
    else:
        made = work(world, call)
        made = faults.AFTER[rule.kind](rule, made) if rule.kind in faults.AFTER else made
    if rule.kept and call.headers.get("idempotency-key"):
        gateway.remember(world, call, made)
    return made


def _sent(made: Reply) -> Response:
    return Response(made.body, made.status, {**made.headers, "Xero-Correlation-Id": str(uuid.uuid4())})
