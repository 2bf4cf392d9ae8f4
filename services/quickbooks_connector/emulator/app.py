"""Puts the emulated service together: one object for tests to hold, one WSGI application that answers for all its hosts."""

from __future__ import annotations

import copy
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from flask import Flask, Response, request

from . import accountant, control, faults, gateway, invoices, pages
from . import consent as asking
from .faults import Call, Rule
from .journal import Entry
from .options import Client, Company, Limits, Options
from .wire import Body, Reply, reply
from .world import World

__all__ = ["Client", "Company", "Emulator", "Limits", "Options", "Rule", "create"]


class Emulator(World):
    """The service, its accountant, and its journal, for tests in the same process. `wsgi` is what speaks HTTP."""

    pay = accountant.pay
    credit = accountant.credit
    refund = accountant.refund
    void = accountant.void
    delete = accountant.delete
    edit = accountant.edit
    delete_payment = accountant.delete_payment
    void_payment = accountant.void_payment
    rename_customer = accountant.rename_customer
    deactivate_customer = accountant.deactivate_customer
    deactivate_item = accountant.deactivate_item
    merge_customers = accountant.merge_customers
    add = accountant.add
    consent = asking.give
    refuse_consent = asking.refuse

    def __init__(self, options: Options, path: Path | None = None) -> None:
        super().__init__(options, path)
        self.wsgi = _application(self)

    def fault(self, kind: str, **match: Any) -> None:
        """Something goes wrong: see `faults.Rule` for what can be named."""
        with self.lock:
            self.faults.add(Rule(kind, **match))

    def clear_faults(self) -> None:
        with self.lock:
            self.faults.rules.clear()

    def disconnect(self, realm: str, client_id: str | None = None) -> None:
        """A person removes the app inside QuickBooks."""
        with self.lock:
            self.grants.disconnect(realm, client_id)

    def expire_access(self, realm: str | None = None) -> None:
        """Every access token is out of date from now on; refresh tokens still work."""
        with self.lock:
            self.grants.expire_access(realm)

    def forget_requests(self) -> None:
        with self.lock:
            self.memory.forget()

    def writes(self, **wanted: str | None) -> list[Entry]:
        """The journal; named fields narrow it: writes(realm=..., entity="Invoice", operation="create", actor="api")."""
        with self.lock:
            return self.journal.read(**wanted)

    def token_calls(self) -> list[str]:
        """The grant type of every call of the token endpoint; refused ones begin with "refused"."""
        with self.lock:
            return list(self.grants.calls)

    def objects(self, realm: str, entity: str) -> list[Body]:
        """Every object that is there now, voided ones included, deleted ones not."""
        with self.lock:
            return [copy.deepcopy(row) for row in self.books[realm].all(entity)]

    def live_invoices(self, realm: str) -> list[Body]:
        """Invoices that are neither deleted nor voided."""
        return [row for row in self.objects(realm, "Invoice") if not invoices.is_void(row)]

    def object(self, realm: str, entity: str, object_id: str) -> Body | None:
        with self.lock:
            return copy.deepcopy(self.books[realm].find(entity, object_id))


def create(options: Options | None = None, path: Path | None = None) -> Emulator:
    """An emulated service: in memory, or in a file that several processes may share and find again."""
    return Emulator(options or Options(), path)


def environment(base_url: str, options: Options | None = None) -> dict[str, str]:
    """The settings that make the product talk to an emulator served at an address."""
    chosen, base = options or Options(), base_url.rstrip("/")
    client_id, client = next(iter(chosen.clients.items()))
    return {
        "QUICKBOOKS_API_URL": base,
        "QUICKBOOKS_AUTHORIZE_URL": f"{base}/connect/oauth2",
        "QUICKBOOKS_TOKEN_URL": f"{base}/oauth2/v1/tokens/bearer",
        "QUICKBOOKS_REVOKE_URL": f"{base}/v2/oauth2/tokens/revoke",
        "QUICKBOOKS_CLIENT_ID": client_id,
        "QUICKBOOKS_CLIENT_SECRET": client.secret,
        "QUICKBOOKS_WEBHOOK_VERIFIER": chosen.verifier_token,
    }


def mount(address: str, path: Path, send: Callable[..., Any]) -> tuple[Flask, dict[str, str]]:
    """Stands in for the provider inside the product's own process: the application to mount at `address`, and the settings.

    Events go out through `send` before the answer of the call that caused them, so that nothing depends on a thread.
    """

    def carry(url: str, headers: Mapping[str, str], body: bytes) -> int:
        try:
            return int(send("POST", url, headers=headers, body=body).status)
        except (OSError, RuntimeError):  # nobody there: not acknowledged
            return 0

    webhook = address.removesuffix("/emulator/quickbooks") + "/quickbooks/callbacks/webhook"
    options = Options(public_url=address, webhook_url=webhook, webhook_when="before_answer", deliver=carry)
    return create(options, path).wsgi, environment(address, options)


def _application(world: Emulator) -> Flask:
    app = Flask(__name__)
    app.config["PROPAGATE_EXCEPTIONS"] = True  # a dropped connection must reach whoever mounted this
    app.url_map.strict_slashes = False
    app.add_url_rule("/v3/company/<realm>/<path:resource>", "data", _served(world, gateway.answer), methods=["GET", "POST"])
    app.add_url_rule(
        "/oauth2/v1/tokens/bearer", "token", _served(world, lambda world, call: world.grants.token(call)), methods=["POST"]
    )
    app.add_url_rule(
        "/v2/oauth2/tokens/revoke", "revoke", _served(world, lambda world, call: world.grants.revoke(call)), methods=["POST"]
    )
    app.add_url_rule("/.well-known/openid_configuration", "discovery", lambda: _sent(_discovery(world)))
    app.add_url_rule("/.well-known/openid_sandbox_configuration", "sandbox", lambda: _sent(_discovery(world)))
    app.register_blueprint(asking.blueprint(world))
    app.register_blueprint(pages.blueprint(world))
    app.register_blueprint(control.blueprint(world))
    return app


def _served(world: World, work: Callable[[World, Call], Reply]) -> Callable[..., Response]:
    """One door for every call a fault may strike."""

    def view(realm: str = "", resource: str = "") -> Response:
        call = Call(
            request.method,
            request.path,
            realm,
            resource or request.path.rpartition("/")[2].replace("bearer", "token"),
            dict(request.args),
            {name.lower(): value for name, value in request.headers.items()},
            request.get_data(),
        )
        with world.lock:
            world.requests.append((call.method, call.path))
            rule = world.faults.take(call)
        instead = faults.before(rule, world.options.sleep)
        if instead is not None:
            return _sent(instead)
        return _sent(faults.after(rule, work(world, call), world.options.sleep))

    return view


def _sent(answer: Reply) -> Response:
    return Response(answer.body, answer.status, {**answer.headers, "intuit_tid": f"1-{uuid.uuid4()}"})


def _discovery(world: World) -> Reply:
    base = world.options.public_url.rstrip("/")
    return reply(
        {
            "issuer": f"{base}/op/v1",
            "authorization_endpoint": f"{base}/connect/oauth2",
            "token_endpoint": f"{base}/oauth2/v1/tokens/bearer",
            "revocation_endpoint": f"{base}/v2/oauth2/tokens/revoke",
            "userinfo_endpoint": f"{base}/v1/openid_connect/userinfo",
            "jwks_uri": f"{base}/op/v1/jwks",
        }
    )
