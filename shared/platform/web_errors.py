"""What a caller is told when something goes wrong: one body for every error of every route."""

from __future__ import annotations

import secrets
import traceback
from http import HTTPStatus
from pathlib import Path
from typing import Any

from flask import Flask, Response, request
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from shared.kernel import canonical
from shared.kernel.errors import Failure, Invalid, Retry
from shared.platform.logs import log

SQLITE_ERROR = 1  # SQLite's code for a statement that is wrong, which no later try mends
_ROOT = Path(__file__).parents[2]

_REMEDIES = {
    400: ("bad_request", "The request can't be read as HTTP.", "Check headers, query and body."),
    404: ("no_such_route", "There is nothing at this address.", "Check the path against the documented routes."),
    405: ("method_not_allowed", "This address doesn't take this method.", "The Allow header names those it takes."),
    413: ("too_large", "The request is larger than this address takes.", "Send it in smaller parts."),
    415: ("unsupported_media_type", "This address doesn't take this kind of content.", "Send the documented Content-Type."),
}


class Malformed(Invalid):
    """Not even readable: the sender's program is at fault rather than its data."""

    status = 400


class TooLarge(Invalid):
    """More bytes than the route takes."""

    status = 413


class WrongMedia(Invalid):
    """Another Content-Type or Content-Encoding than the route takes."""

    status = 415


def handle_errors(app: Flask) -> None:
    """Answer every failure of ``app`` as ``application/problem+json``; this is the web's one catcher."""
    app.register_error_handler(Failure, _failure)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OperationalError, _database)
    app.register_error_handler(Exception, _unexpected)


def problem(failure: Failure, status: int | None = None) -> Response:
    """The answer that says what went wrong, why, and what to do now."""
    status = status or failure.status
    error: dict[str, Any] = {"code": failure.code, "message": failure.cause}
    if failure.remedy:
        error["remedy"] = failure.remedy
    facts = dict(failure.facts)
    headers: dict[str, str] = dict(facts.pop("headers", {}))
    if isinstance(failure, Retry):
        after = failure.after if failure.after is not None else 5
        error["retry_after_s"], headers["Retry-After"] = after, str(after)
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if "fields" in facts:
        error["fields"] = facts.pop("fields")
    if facts:
        error["facts"] = facts
    body = {
        "type": f"urn:timebooks:problem:{failure.code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": failure.cause,
        "instance": request.path,
        "error": error,
    }
    return Response(canonical.dumps(body), status, headers, content_type="application/problem+json")


def _failure(failure: Failure) -> Response:
    if failure.status >= HTTPStatus.INTERNAL_SERVER_ERROR and not isinstance(failure, Retry):
        return _unexpected(failure)
    return problem(failure)


def _http(error: HTTPException) -> Any:
    if error.response is not None:
        return error.response
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    code, cause, remedy = _REMEDIES.get(status, _REMEDIES[400] if status < 500 else _unknown())
    answer = problem(Failure(code, cause, remedy), status)
    for name, value in error.get_headers(request.environ):
        if name in ("Allow", "Retry-After"):
            answer.headers[name] = value
    return answer


def _database(error: OperationalError) -> Response:
    if getattr(error.orig, "sqlite_errorcode", None) == SQLITE_ERROR:
        return _unexpected(error)
    log("request.database", error=type(error.orig).__name__, route=_route(), method=request.method, where=_where(error))
    return problem(Retry("database_busy", "The database can't answer now; nothing was stored.", "Send it again.", after=1))


def _unexpected(error: Exception) -> Response:
    support = secrets.token_hex(5)
    code = error.code if isinstance(error, Failure) else None
    log(
        "request.failed", support=support, error=type(error).__name__, code=code, where=_where(error),
        route=_route(), method=request.method,
    )  # fmt: skip
    code, cause, remedy = _unknown()
    return problem(Failure(code, cause, f"{remedy} Support code: {support}.", support=support), 500)


def _unknown() -> tuple[str, str, str]:
    return "internal_error", "Something went wrong on our side.", "Send it again later; if it stays, report it."


def _route() -> str | None:
    return request.url_rule.rule if request.url_rule else None


def _where(error: BaseException) -> str:
    """The innermost places of our own code that the error passed: no values, so nothing personal."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if frame.filename.startswith(str(_ROOT)) and "site-packages" not in frame.filename]
    return " ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(ours[-3:]))
