"""The only place that speaks to Xero: xero-python's API methods over our own transport, bytes as they were committed."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partialmethod
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from services.xero_connector import faults, pace
from services.xero_connector.pace import Granted
from shared.connector.context import Connector
from shared.connector.provider import Wire
from shared.kernel import canonical
from shared.kernel.errors import Failure, Invalid, Park, Retry
from shared.platform.http import Response
from shared.platform.logs import log

_APIS = {
    "au1": ("xero_python.payrollau", "PayrollAuApi"),
    "au2": ("xero_python.payrollauv2", "PayrollAuV2Api"),
    "nz": ("xero_python.payrollnz", "PayrollNzApi"),
    "uk": ("xero_python.payrolluk", "PayrollUkApi"),
    "accounting": ("xero_python.accounting", "AccountingApi"),
    "identity": ("xero_python.identity", "IdentityApi"),
}
_FACTS_OF = {"au2": "au1"}
"""Whose API tells of employees, calendars, rates and pay runs, where the region's own doesn't."""


@dataclass(slots=True)
class Wires:
    """Stands where the library has its REST client: one request through our transport, its errors as our Failures.

    Nothing of the library's client is left: no retries, no sleeping, no time-outs of its own (it drops one that is a binary
    fraction without a word), no reading of answers into models (which refuse good ones).
    """

    connector: Connector
    tenant: str
    granted: Granted
    key: str = ""  # of the call that is being made; each of its steps has one of its own
    part: bytes | None = None  # what the next request carries
    refusal: Response | None = None  # the last definite one, for whoever wants all of it

    def _go(
        self, method: str, url: str, *, headers: Mapping[str, str], query_params: Any = None, body: Any = None, **_options: Any
    ) -> Any:
        sent = self._stored(body)
        named = dict(headers)
        if self.key and method in ("POST", "PUT"):
            named["Idempotency-Key"] = step_key(self.key, method, urlsplit(url).path, sent)
        answer = self._send(method, url, named, {name: str(value) for name, value in query_params or ()}, sent)
        try:
            return faults.value_of(answer)
        except Failure as failure:
            self._note(answer, failure)
            raise

    def _note(self, answer: Response, failure: Failure) -> None:
        log("xero.refused", code=failure.code, status=answer.status, correlation=answer.headers.get("xero-correlation-id"))
        if isinstance(failure, Retry):
            pace.slow_down(self.connector.db, self.tenant, failure)
        else:
            self.refusal = answer

    GET = partialmethod(_go, "GET")
    POST = partialmethod(_go, "POST")
    PUT = partialmethod(_go, "PUT")
    DELETE = partialmethod(_go, "DELETE")

    def _stored(self, body: Any) -> bytes | None:
        """The stored bytes instead of the library's own: it turns numbers into binary fractions and spells texts its way."""
        part, self.part = self.part, None
        if part is None and body is None:
            return None
        if part is None or canonical.loads(part) != canonical.loads(json.dumps(body)):
            raise other_bytes()
        return part

    def _send(self, method: str, url: str, headers: Mapping[str, str], query: Mapping[str, str], body: bytes | None) -> Response:
        db = self.connector.db
        pace.take_turn(db, self.tenant, self.granted)
        intent = None if body is None else hashlib.sha256(body).hexdigest()
        with pace.under_way(db, self.tenant):
            return self.connector.network.send(method, url, headers=headers, params=query, body=body, intent_hash=intent)


def other_bytes() -> Park:
    """What was about to be sent is not what was recorded."""
    return Park(
        "intent_mismatch",
        "The bytes about to be sent are not the ones that were recorded as intended, so nothing was sent.",
        "This is a fault of the program: report it with the call's key.",
    )


def step_key(key: str, method: str, path: str, body: bytes | None) -> str:
    """The key of one request of a call: the same step of the same call has the same, any other has another."""
    named = f"{key}\n{method}\n{path}\n".encode() + (body or b"")
    return base64.b32encode(hashlib.sha256(named).digest()).decode().rstrip("=").lower()


@dataclass(frozen=True, slots=True)
class _Bearer:
    """What the library takes a token from. One per client: its own token object is shared by a whole process."""

    token: str

    def get_auth_settings(self) -> dict[str, str]:
        return {"in": "header", "key": "Authorization", "value": f"Bearer {self.token}"}


@dataclass(slots=True)
class Books:
    """One organisation's API methods under one token; not to be shared between threads."""

    connector: Connector
    api_url: str
    tenant: str
    token: str
    region: str  # regions.Region.key; "" before it is known
    granted: Granted
    wires: Wires = field(init=False)
    _apis: dict[str, Any] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.wires = Wires(self.connector, self.tenant, self.granted)

    def timesheets(self, method: str, *ids: str, part: Any = None, **options: Any) -> Any:
        """A method of the region's timesheets. ``part``: what it carries, a part of the stored body."""
        given = (self.tenant, *ids, *self._carried(part))
        return self._call(self.region, method, given, options)

    def payroll(self, method: str, *ids: str, part: Any = None, **options: Any) -> Any:
        """A method about employees, calendars, rates and pay runs."""
        given = (self.tenant, *ids, *self._carried(part))
        return self._call(_FACTS_OF.get(self.region, self.region), method, given, options)

    def accounting(self, method: str) -> Any:
        return self._call("accounting", method, (self.tenant,), {})

    def identity(self, method: str, *ids: str, **options: Any) -> Any:
        return self._call("identity", method, ids, options)

    def _carried(self, part: Any) -> tuple[Any, ...]:
        self.wires.part = None if part is None else canonical.dumps(part)
        return () if part is None else (part,)

    def _call(self, api: str, method: str, given: Sequence[Any], options: Mapping[str, Any]) -> Any:
        if api not in self._apis:
            self._apis[api] = _api(api, self.api_url, self.token, self.wires)
        return getattr(self._apis[api], method)(*given, _preload_content=False, **options)


def _api(name: str, api_url: str, token: str, wires: Wires) -> Any:
    """One of the library's API classes on our wires, loaded where it is used: it is heavy."""
    from xero_python.api_client import ApiClient, Configuration

    module, kind = _APIS[name]
    made = getattr(import_module(module), kind)
    configuration = Configuration()  # bare, and the token set afterwards: what the first one is given stays for the process
    configuration.oauth2_token = _Bearer(token)
    client = ApiClient(configuration)
    client.rest_client = wires
    return made(client, api_url + urlsplit(made.base_url).path)


def thing(answer: Any, name: str) -> Wire:
    """The object of an answer. One without it was not understood, though what was asked may be done."""
    found = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(found, dict):
        raise Retry("unreadable", "Xero's answer lacks what was asked for.", unknown=True)
    return found


def things(answer: Any, name: str) -> list[Wire]:
    """The objects of an answer."""
    found = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(found, list):
        raise Retry("unreadable", "Xero's answer lacks what was asked for.", unknown=True)
    return found


def claims(token: str) -> Mapping[str, Any]:
    """What an access token says of itself; it came from the token endpoint, so its signature tells nothing more."""
    try:
        middle = token.split(".")[1]
        value = canonical.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    except (IndexError, ValueError, Invalid):
        return {}
    return value if isinstance(value, dict) else {}
