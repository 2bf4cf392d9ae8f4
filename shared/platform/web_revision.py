"""Optimistic locking: a write says which revision it saw, in If-Match or its body, and is refused when there is a newer one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from flask import Response, request

from shared.kernel import canonical
from shared.kernel.errors import Conflict, Failure, Invalid
from shared.kernel.quote import quoted
from shared.platform.web_errors import Malformed

_TAG = re.compile(r'(?:W/)?"([0-9]{1,9})"', re.ASCII)  # proxies that compress make tags weak


class _Moved(Conflict):
    """Another revision is there than If-Match names."""

    status = 412


class _Unsaid(Failure):
    """The write names no revision."""

    status = 428


@dataclass(frozen=True, slots=True)
class Seen:
    """The revision that a caller saw; None: any will do. ``by`` tells where it was said: header, body, or nowhere ("")."""

    revision: int | None
    by: str


def condition() -> str:
    """If-Match as it was sent; a request with another one is another request."""
    return request.headers.get("If-Match", "")


def seen(sent: dict[str, Any], field: str = "revision") -> Seen:
    """What a request says it saw; ``field`` is taken out of its body."""
    in_body = sent.pop(field, None)
    if in_body is not None and (type(in_body) is not int or in_body < 1):
        raise Invalid("bad_revision", f"{field} is {quoted(in_body)}.", "Give the whole number that was shown with it.")
    header = condition()
    if not header:
        return Seen(in_body, "body" if in_body else "")
    named = _named(header)
    if None not in (in_body, named) and in_body != named:
        raise Invalid("contradiction", f"If-Match says {named}, {field} says {in_body}.", "Say it once.")
    return Seen(named, "header")


def _named(header: str) -> int | None:
    """The revision that If-Match names; None: any."""
    found = _TAG.fullmatch(header)
    if found is None and header != "*":
        raise Malformed("bad_if_match", f"If-Match is {quoted(header)}.", 'Send one revision in quotes, "3", or *.')
    return int(found[1]) if found else None


def check(seen: Seen, present: int, what: str) -> None:
    """Refuse a write whose caller did not see the present revision."""
    if not seen.by:
        cause = f"The request does not say which revision of the {what} it saw; the present one is {present}."
        raise _Unsaid("revision_required", cause, f'Read it, then send If-Match: "{present}".', revision=present)
    if seen.revision in (None, present):
        return
    told = f"The {what} has revision {present} by now, you saw {seen.revision}. Nothing was changed."
    remedy = "Read it again, put your change onto that, and send it anew."
    if seen.by == "header":
        raise _Moved("revision_moved", told, remedy, revision=present)
    raise Conflict("revision_moved", told, remedy, revision=present)


def tag(revision: int) -> dict[str, str]:
    """The header that tells a revision."""
    return {"ETag": f'"{revision}"'}


def tagged(replay: Response, field: str = "revision") -> Response:
    """A kept answer with the tag that it had."""
    replay.headers.update(tag(canonical.loads(replay.data)[field]))
    return replay
