"""The way out: every request to a provider or to another service of ours passes here.

Own time-outs, no hidden retries, no sleeping, no redirects, no proxies of the host; refused while a transaction is open.
"""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import unquote_to_bytes, urlsplit

import requests
import urllib3
from requests.adapters import BaseAdapter, HTTPAdapter

from shared.kernel import canonical
from shared.kernel.errors import Conflict, Denied, Failure, Invalid, Missing, Park, Retry
from shared.platform.db import in_transaction
from shared.platform.faultpoint import faultpoint, works
from shared.platform.logs import log

_SENT: ContextVar[int] = ContextVar("requests_sent", default=0)
_CHECK: ContextVar[Callable[[], None] | None] = ContextVar("check_before_sending", default=None)
TIMEOUT = (5, 30)  # seconds to connect, and between bytes of the answer
LARGEST_ANSWER = 50 * 1024 * 1024
LONGEST_ANSWER = 120
"""Seconds for the whole of an answer's body, since each byte of a dripping one is in time."""

S = TypeVar("S", bound=requests.Session)


@dataclass(frozen=True, slots=True)
class Response:
    """An answer, whatever its status. Header names are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body by our strict reader; raises Invalid("bad_json")."""
        return canonical.loads(self.body)


class Network:
    """One process's network: sockets, and applications of the same process mounted at their addresses."""

    def __init__(self, *, longest_answer: int = LONGEST_ANSWER) -> None:
        self._mounts: dict[str, Callable[..., Any]] = {}
        self._longest_answer = longest_answer

    def mount(self, url: str, application: Callable[..., Any]) -> None:
        """Let requests to ``url`` and below reach a WSGI application of this process instead of a socket."""
        self._mounts[url] = application

    def equip(self, session: S) -> S:
        """Put a session that a library wants for itself under this policy; not to be shared between threads."""
        session.trust_env = False
        session.get_redirect_target = _nowhere
        plain = _Plain(max_retries=urllib3.Retry(0, redirect=0, read=False))
        for prefix in ("https://", "http://"):
            session.mount(prefix, plain)
        for url, application in self._mounts.items():
            session.mount(url, _InProcess(application))
        return session

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: tuple[int, int] = TIMEOUT,
        intent_hash: str | None = None,
    ) -> Response:
        """Send one request, once. Raises Retry when no whole answer was heard; ``unknown`` unless it surely never arrived.

        ``intent_hash``: SHA-256 hex of the bytes that were committed as intended; other bytes are refused.
        """
        if intent_hash is not None and works("intent_hash") and hashlib.sha256(body or b"").hexdigest() != intent_hash:
            raise Park(
                "intent_mismatch",
                "The bytes about to be sent are not the ones that were recorded as intended, so nothing was sent.",
                "This is a fault of the program: report it with the call's key.",
            )
        _refuse_in_transaction()
        _SENT.set(_SENT.get() + 1)
        faultpoint("http.before_send")
        if (check := _CHECK.get()) is not None:
            check()
        with self.equip(requests.Session()) as session:
            asked = {"headers": headers, "params": params, "data": body, "timeout": timeout}
            answer = _exchange(session, method, url, self._longest_answer, **asked)
        faultpoint("http.answered")
        return answer


@contextmanager
def only_while(check: Callable[[], None]) -> Iterator[None]:
    """Have ``check`` called right before each request; what it raises is raised, and nothing is sent."""
    mark = _CHECK.set(check)
    try:
        yield
    finally:
        _CHECK.reset(mark)


@contextmanager
def counted() -> Iterator[Callable[[], int]]:
    """Counts the requests of this thread of work; gives how many it has sent so far."""
    before = _SENT.get()
    yield lambda: _SENT.get() - before


def _nowhere(_answer: requests.Response) -> None:
    """Where a redirect leads: it is never followed, an answer is an answer."""


def _refuse_in_transaction() -> None:
    if in_transaction():
        raise RuntimeError("network inside a database transaction: end the transaction first")


def _exchange(session: requests.Session, method: str, url: str, longest: int, **options: Any) -> Response:
    host = urlsplit(url).hostname or ""
    try:
        heard = session.request(method, url, allow_redirects=False, stream=True, **options)
        body = _body(heard, longest)
    except (requests.ConnectTimeout, urllib3.exceptions.ConnectTimeoutError) as error:
        raise _unheard(host, error, unknown=False) from None
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        raise _unheard(host, error, unknown=not _never_connected(error)) from None
    log("http.answered", method=method, host=host, path=urlsplit(url).path, status=heard.status_code)
    if len(body) > LARGEST_ANSWER:
        raise Retry("answer_too_large", f"{host} answered more than {LARGEST_ANSWER} bytes.", unknown=True)
    return Response(heard.status_code, {name.lower(): value for name, value in heard.headers.items()}, body)


def _body(heard: requests.Response, longest: int) -> bytes:
    """The whole body, or a little more than the largest that is taken."""
    end = time.monotonic() + longest
    pieces: list[bytes] = []
    size = 0
    while piece := heard.raw.read1(64 * 1024, decode_content=True):
        pieces.append(piece)
        size += len(piece)
        if time.monotonic() > end:
            raise TimeoutError(f"the answer took more than {longest} s")
        if size > LARGEST_ANSWER:
            break
    return b"".join(pieces)


def _unheard(host: str, error: Exception, *, unknown: bool) -> Retry:
    log("http.unheard", host=host, error=type(error).__name__)
    what = "no answer was heard" if unknown else "it could not be reached"
    return Retry("no_answer", f"{host}: {what} ({type(error).__name__}).", "It is tried again by itself.", unknown=unknown)


def _never_connected(error: Exception) -> bool:
    """Whether the request surely never reached the other side: its address is none, or the connection was refused."""
    if isinstance(error, _NO_ADDRESS):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, urllib3.exceptions.NewConnectionError)


_NO_ADDRESS = (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema, requests.exceptions.InvalidSchema)


class _Plain(HTTPAdapter):
    """Sockets, with retries off and a time-out on, whatever a library asks for."""

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        _refuse_in_transaction()
        if options.get("timeout") is None:
            options["timeout"] = TIMEOUT
        return super().send(request, *args, **options)


class _InProcess(BaseAdapter):
    """Carries requests to a WSGI application of this process, as a server on a socket would."""

    def __init__(self, application: Callable[..., Any]) -> None:
        super().__init__()
        self._application = application

    def send(self, request: requests.PreparedRequest, **_options: Any) -> requests.Response:
        _refuse_in_transaction()
        status: list[Any] = []

        def start(line: str, headers: list[tuple[str, str]], _error: object = None) -> Callable[[bytes], object]:
            status[:] = [int(line.split()[0]), headers]
            return lambda data: None

        chunks: Any = ()
        try:
            chunks = self._application(_environ(request), start)
            body = b"".join(chunks)
        except ConnectionRefusedError as error:
            raise requests.ConnectTimeout(str(error)) from None
        except TimeoutError as error:
            raise requests.ReadTimeout(str(error)) from None
        except ConnectionError as error:
            raise requests.ConnectionError(str(error)) from None
        finally:
            if hasattr(chunks, "close"):
                chunks.close()
        raw = urllib3.HTTPResponse(
            io.BytesIO(body),
            headers=urllib3.HTTPHeaderDict(status[1]),
            status=status[0],
            preload_content=False,
            request_method=request.method,
        )
        return HTTPAdapter().build_response(request, raw)

    def close(self) -> None:
        """Nothing is held."""


def _environ(request: requests.PreparedRequest) -> dict[str, Any]:
    """The WSGI environment (PEP 3333) of a prepared request."""
    parts = urlsplit(request.url or "")
    body = request.body.encode() if isinstance(request.body, str) else bytes(request.body or b"")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(parts.path).decode("latin-1"),
        "QUERY_STRING": parts.query,
        "SERVER_NAME": parts.hostname,
        "SERVER_PORT": str(parts.port or (443 if parts.scheme == "https" else 80)),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "HTTP_HOST": parts.netloc,
    }
    for name, value in request.headers.items():
        text = value.decode("latin-1") if isinstance(value, bytes) else value
        key = name.upper().replace("-", "_")
        environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = text
    return environ


_BY_STATUS: dict[int, type[Failure]] = {401: Denied, 403: Denied, 404: Missing, 409: Conflict}


class Peer:
    """Another service of ours, spoken to as JSON. ``token()`` gives the bearer for each call."""

    def __init__(self, network: Network, url: str, token: Callable[[], str]) -> None:
        self._network, self._url, self._token = network, url.rstrip("/"), token

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Any:
        return self._call("GET", path, params=params)

    def post(self, path: str, value: Any) -> Any:
        return self._call("POST", path, body=canonical.dumps(value))

    def _call(self, method: str, path: str, **options: Any) -> Any:
        headers = {"Authorization": f"Bearer {self._token()}", "Content-Type": "application/json"}
        answer = self._network.send(method, self._url + path, headers=headers, **options)
        if answer.status < 400:
            return answer.json() if answer.body else None
        raise refused(answer)


def refused(answer: Response) -> Failure:
    """The failure that the other service reported, as the same class here."""
    try:
        error = answer.json()["error"]
        code, message, remedy = error["code"], error["message"], error.get("remedy", "")
    except (Invalid, KeyError, TypeError):
        code, message, remedy = "bad_answer", f"The service answered {answer.status} without saying why.", ""
    if answer.status >= 500 or answer.status == 429:
        after = answer.headers.get("retry-after", "")
        return Retry(code, message, remedy, after=int(after) if after.isascii() and after.isdigit() else None)
    return _BY_STATUS.get(answer.status, Invalid)(code, message, remedy)
