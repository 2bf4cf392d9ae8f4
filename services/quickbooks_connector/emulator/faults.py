"""Goes wrong on request: a rule picks a call and says what happens to it before, after, or instead of its being done.

Inside one process a broken connection is raised as `Dropped`, which is also the standard library's own exception for the same
mishap, so that an in-process mount can map it without knowing this module:

    Dropped kind    also a                    the request was ...
    connect         ConnectionRefusedError    never sent
    reset_before    ConnectionResetError      received, not processed
    reset_after     ConnectionResetError      processed, the answer is lost
    timeout         TimeoutError              processed (or not: kind hang), no answer ever comes

Served over a socket, the same exception closes the connection without an answer (see `__main__`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from .wire import Refused, Reply, dumps, parse, reply

BEFORE = ("connect", "reset_before", "hang", "throttle", "error_before", "unauthorized", "fault", "page_before", "delay")
AFTER = ("reset_after", "timeout", "error_after", "page", "truncated", "wrong_total", "delay_after")
KINDS = BEFORE + AFTER


class Dropped(ConnectionError):
    """The connection broke; `kind` says how far the request had come."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"the emulator dropped the connection: {kind}")
        self.kind = kind


class Unreachable(Dropped, ConnectionRefusedError):
    pass


class Reset(Dropped, ConnectionResetError):
    pass


class Silence(Dropped, TimeoutError):
    pass


@dataclass(frozen=True)
class Call:
    """One request as the emulator sees it."""

    method: str
    path: str
    realm: str
    resource: str  # the path after the company, in lower case: invoice, query, batch; or token, revoke
    args: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def operation(self) -> str:
        if self.resource in _OWN_NAME:
            return self.resource
        if self.method == "GET":
            return "read"
        if self.resource.endswith("/send"):
            return "send"
        asked = "void" if "void" in self.args.get("include", "") else self.args.get("operation", "")
        return asked if asked in ("void", "delete") else ("update" if _names_an_id(self.body) else "create")


_OWN_NAME = ("query", "cdc", "batch", "token", "revoke")


def _names_an_id(body: bytes) -> bool:
    """Whether the object itself has an Id; its lines have some anyway."""
    try:
        sent = parse(body)
    except Refused:
        return False
    return isinstance(sent, dict) and bool(sent.get("Id"))


@dataclass(frozen=True)
class Rule:
    """Which call (the nth that matches, then `times` in all) and what happens to it."""

    kind: str
    method: str | None = None
    path: str | None = None  # a regular expression found in the path
    entity: str | None = None  # the resource: invoice, customer, query, batch, token, revoke
    operation: str | None = None  # create | update | void | delete | send | read | query | batch | cdc | token
    realm: str | None = None
    nth: int = 1
    times: int | None = 1  # None: from then on for ever
    status: int = 503  # error_before, error_after, page
    seconds: Any = 0  # delay, hang and timeout over sockets
    retry_after: int | None = None
    xml: bool = False  # throttle
    body: str = ""  # page: what is sent instead; empty means an HTML page
    content_type: str = "text/html"
    code: str = "10000"  # fault: a 200 with this inside
    message: str = "An application error has occurred while processing your request"
    detail: str = "System Failure Error: sample"
    add: Any = "1.00"  # wrong_total: by how much

    def matches(self, call: Call) -> bool:
        wanted = (
            (self.method, call.method),
            (self.entity, call.resource.split("/")[0]),
            (self.operation, call.operation),
            (self.realm, call.realm),
        )
        if any(asked is not None and asked.lower() != found.lower() for asked, found in wanted):
            return False
        return self.path is None or re.search(self.path, call.path) is not None


class Faults:
    """The rules in force, each counting the calls it has seen."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []

    def add(self, rule: Rule) -> None:
        if rule.kind not in KINDS:
            raise ValueError(f"{rule.kind} is none of {', '.join(KINDS)}")
        self.rules.append(rule)

    def take(self, call: Call) -> Rule | None:
        """The rule that strikes this call; every rule that matches counts it."""
        struck = None
        for place, rule in enumerate(self.rules):
            if not rule.matches(call):
                continue
            if rule.nth > 1:
                self.rules[place] = replace(rule, nth=rule.nth - 1)
            elif struck is None:
                struck = rule
                self.rules[place] = replace(rule, times=None if rule.times is None else rule.times - 1)
        self.rules = [rule for rule in self.rules if rule.times != 0]
        return struck


def before(rule: Rule | None, sleep: Callable[[Any], None]) -> Reply | None:
    """Strikes before anything is done: raises, or gives the answer that is sent instead, or lets the call through."""
    if rule is None or rule.kind not in BEFORE:
        return None
    if rule.kind in ("delay", "hang") and rule.seconds:
        sleep(rule.seconds)
    if rule.kind in _DROPS:
        raise _DROPS[rule.kind](rule.kind if rule.kind != "hang" else "timeout")
    return None if rule.kind == "delay" else _INSTEAD[rule.kind](rule)


def after(rule: Rule | None, answer: Reply, sleep: Callable[[Any], None]) -> Reply:
    """Strikes when all is done: loses, delays or spoils the answer."""
    if rule is None or rule.kind not in AFTER:
        return answer
    if rule.seconds:
        sleep(rule.seconds)
    if rule.kind in _DROPS:
        raise _DROPS[rule.kind](rule.kind)
    return answer if rule.kind == "delay_after" else _SPOIL[rule.kind](rule, answer)


def throttled(retry_after: int | None, xml: bool) -> Reply:
    """The refusal of too many requests; sent as XML at times though JSON was asked for."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    detail = "message=ThrottleExceeded; errorCode=003001; statusCode=429"
    if not xml:
        error = {"message": detail, "detail": "The request limit was reached.", "code": "3001", "element": None}
        return reply({"warnings": None, "intuitObject": None, "fault": {"error": [error], "type": "SERVICE"}}, 429, headers)
    text = (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><IntuitResponse><Fault type="SERVICE"><Error code="3001">'
        f"<Message>{detail}</Message><Detail>The request limit was reached.</Detail></Error></Fault></IntuitResponse>"
    )
    return Reply(429, text.encode(), {"Content-Type": "application/xml", **headers})


def _error(rule: Rule, _: Reply | None = None) -> Reply:
    fault = {"Error": [{"Message": rule.message, "Detail": rule.detail, "code": rule.code}], "type": "SystemFault"}
    headers = {} if rule.retry_after is None else {"Retry-After": str(rule.retry_after)}
    return reply({"Fault": fault}, rule.status, headers)


def _page(rule: Rule, _: Reply | None = None) -> Reply:
    body = rule.body or "<html><body><h1>Service Unavailable</h1><p>sample gateway page</p></body></html>"
    return Reply(rule.status, body.encode("utf-8", "surrogateescape"), {"Content-Type": rule.content_type})


def _unauthorized(_: Rule) -> Reply:
    return reply(
        {
            "warnings": None,
            "intuitObject": None,
            "fault": {
                "error": [
                    {
                        "message": "message=AuthenticationFailed; errorCode=003200; statusCode=401",
                        "detail": "Token expired: sample",
                        "code": "3200",
                        "element": None,
                    }
                ],
                "type": "AUTHENTICATION",
            },
        },
        401,
    )


def _truncated(_: Rule, answer: Reply) -> Reply:
    return replace(answer, body=answer.body[: len(answer.body) // 2])


def _wrong_total(rule: Rule, answer: Reply) -> Reply:
    """Every TotalAmt in the answer is off; the books are not."""
    return replace(answer, body=dumps(_shifted(parse(answer.body), Decimal(str(rule.add)))).encode())


def _shifted(value: Any, add: Decimal) -> Any:
    if isinstance(value, list):
        return [_shifted(item, add) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: item + add if name == "TotalAmt" else _shifted(item, add) for name, item in value.items()}


_DROPS: dict[str, type[Dropped]] = {
    "connect": Unreachable,
    "reset_before": Reset,
    "reset_after": Reset,
    "hang": Silence,
    "timeout": Silence,
}
_INSTEAD: dict[str, Callable[[Rule], Reply]] = {
    "throttle": lambda rule: throttled(rule.retry_after, rule.xml),
    "error_before": _error,
    "unauthorized": _unauthorized,
    "fault": lambda rule: _error(replace(rule, status=200)),
    "page_before": _page,
}
_SPOIL: dict[str, Callable[[Rule, Reply], Reply]] = {
    "error_after": _error,
    "page": _page,
    "truncated": _truncated,
    "wrong_total": _wrong_total,
}
