"""Goes wrong on request: a rule picks calls by what they are and says what becomes of them before, instead of, or after the work.

In one process a broken connection is raised out of the application as `Dropped`, which is a standard exception too:

    kind            also a                    the request was ...
    connect         ConnectionRefusedError    never sent
    reset_before    ConnectionResetError      received, nothing was done
    hang            TimeoutError              received, nothing was done, no answer comes
    reset_after     ConnectionResetError      done, the answer is lost
    timeout         TimeoutError              done, no answer comes

Other kinds answer: throttle, error_before, unauthorized, missing_scope, forbidden, page_before, xml_before, delay (nothing done,
but for delay) and error_after, page, xml, truncated, empty, wrong_hours, delay_after (all done). With `kept` the wrong answer
is also what the idempotency key remembers.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from .asking import Call
from .limits import throttled
from .wire import Reply, denied, dumps, json_reply, loads, refused_xml


class Dropped(ConnectionError):
    """The connection broke; `kind` says how."""

    kind = ""


class Unreachable(Dropped, ConnectionRefusedError):
    pass


class Reset(Dropped, ConnectionResetError):
    pass


class Silent(Dropped, TimeoutError):
    pass


@dataclass(frozen=True)
class Rule:
    """Which calls (from the nth that matches, `times` of them) and what becomes of them."""

    kind: str
    method: str | None = None
    path: str | None = None  # a regular expression
    resource: str | None = None  # timesheets, payruns, employees, token, revocation, connections ...
    operation: str | None = None  # create update approve revert delete add_line update_line delete_line read list token
    tenant: str | None = None
    nth: int = 1
    times: int | None = 1  # None: from then on for ever
    status: int = 503
    seconds: Any = 0
    retry_after: int | None = None
    problem: str = "minute"  # throttle: minute | day | concurrent | appminute
    body: str = ""
    content_type: str = "text/html"
    message: str = "An unhandled error with the Xero API occurred"
    add: Any = 1  # wrong_hours
    kept: bool = False

    def __post_init__(self) -> None:
        if self.kind not in BEFORE and self.kind not in AFTER:
            raise ValueError(f"{self.kind} is none of {', '.join([*BEFORE, *AFTER])}")

    def strikes(self, call: Call) -> bool:
        found = {
            "method": call.method,
            "resource": call.resource,
            "operation": call.operation,
            "tenant": call.headers.get("xero-tenant-id", ""),
        }
        named = {name: getattr(self, name) for name in found if getattr(self, name) is not None}
        same = all(str(wanted).lower() == found[name].lower() for name, wanted in named.items())
        return same and (self.path is None or bool(re.search(self.path, call.path)))


def taken(rules: list[Rule], call: Call) -> Rule | None:
    """The rule for this call, and the rules counted down in place: one that waits for its nth call has seen one more."""
    chosen: Rule | None = None
    left = []
    for rule in rules:
        now = rule
        if rule.strikes(call) and rule.nth > 1:
            now = replace(rule, nth=rule.nth - 1)
        elif chosen is None and rule.strikes(call):
            chosen = rule
            now = replace(rule, times=rule.times - 1) if rule.times is not None else rule
        left.append(now)
    rules[:] = [rule for rule in left if rule.times is None or rule.times > 0]
    return chosen


def _drop(kind: type[Dropped]) -> Callable[..., Reply]:
    def strike(rule: Rule, *_: Any) -> Reply:
        dropped = kind(f"the emulator dropped the connection: {rule.kind}")
        dropped.kind = rule.kind
        raise dropped

    return strike


def _error(rule: Rule, *_: Any) -> Reply:
    answer = json_reply({"ErrorNumber": rule.status, "Type": "Error", "Message": rule.message}, rule.status)
    extra = {"Retry-After": str(rule.retry_after)} if rule.retry_after is not None else {}
    return replace(answer, headers={**answer.headers, **extra})


def _page(rule: Rule, *_: Any) -> Reply:
    text = rule.body or "<html><head><title>Offline</title></head><body><h1>The organisation is offline</h1></body></html>"
    return Reply(rule.status, text.encode("utf-8", "surrogateescape"), {"Content-Type": rule.content_type})


def _xml(rule: Rule, *_: Any) -> Reply:
    return refused_xml(0, "Error", rule.message, rule.status)


def _wrong_hours(rule: Rule, answer: Reply) -> Reply:
    """The answer tells other hours than were stored."""
    return replace(answer, body=dumps(_shifted(loads(answer.body), Decimal(str(rule.add)))).encode())


def _shifted(value: Any, add: Decimal) -> Any:
    if isinstance(value, list):
        return [_shifted(each, add) for each in value]
    if isinstance(value, dict):
        return {name: each + add if name in ("Hours", "totalHours") else _shifted(each, add) for name, each in value.items()}
    return value


def _scopeless(rule: Rule) -> Reply:
    return denied(401, "AuthorizationUnsuccessful", WWW_Authenticate='Bearer error="insufficent_scope"').answer


BEFORE: dict[str, Callable[[Rule], Reply]] = {
    "connect": _drop(Unreachable),
    "reset_before": _drop(Reset),
    "hang": _drop(Silent),
    "throttle": lambda rule: throttled(rule.problem, rule.retry_after),
    "error_before": _error,
    "unauthorized": lambda rule: denied(401, "TokenExpired: token expired at 01/01/2026 00:00:00").answer,
    "missing_scope": _scopeless,
    "forbidden": lambda rule: denied(403, "AuthenticationUnsuccessful").answer,
    "page_before": _page,
    "xml_before": _xml,
    "delay": lambda rule: Reply(0, b""),
}
AFTER: dict[str, Callable[[Rule, Reply], Reply]] = {
    "reset_after": _drop(Reset),
    "timeout": _drop(Silent),
    "error_after": _error,
    "page": _page,
    "xml": _xml,
    "truncated": lambda rule, answer: replace(answer, body=answer.body[: len(answer.body) // 2]),
    "empty": lambda rule, answer: replace(answer, body=b""),
    "wrong_hours": _wrong_hours,
    "delay_after": lambda rule, answer: answer,
}
