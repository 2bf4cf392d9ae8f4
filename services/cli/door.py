"""How a command reaches the product: the address it was told, the process that serves this data folder, or one of its own."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO
from urllib.parse import quote

from services import data_folder
from services.catalog import CONNECTORS, Entry, entry, settings_from
from services.cli.session import Signed, signed
from shared.kernel import canonical
from shared.kernel.errors import Conflict, Denied, Invalid, Retry
from shared.platform.http import Network, Response, refused
from shared.platform.settings import Settings

_LOOK_EVERY = 0.05
_PATIENCE = 120
"""Seconds that a command waits for work it started."""
_BACK_OFF = (1, 2, 4, 8)
"""Seconds between tries of what may be asked again, when the answer was "busy"."""
_PIECE = 8 * 1024 * 1024
"""Bytes of a file that are fetched at once."""
_TIMEOUT = (5, 300)
"""Seconds to connect, and to wait for an answer: a large import is one request."""


class Door:
    """The product as its HTTP client sees it; ``base`` is the address before the services' prefixes."""

    def __init__(self, settings: Settings, network: Network, base: str, key: str, *, own: Any = None) -> None:
        self.settings, self.network, self.base, self.key = settings, network, base, key
        self.own = own  # the embedded product, when this very process runs it
        self.signed: Signed | None = None  # who is signed in, in place of the key
        self._tokens: dict[str, str] = {}

    def ingest(self, method: str, path: str, value: Any = None, **options: Any) -> Any:
        """Call ingest: ``door.ingest("GET", "/invoices", status="open")``; options are the query, None ones left out."""
        return self._call(entry("ingest"), method, path, value, options)

    def books(self, provider: str, method: str, path: str, value: Any = None, **options: Any) -> Any:
        """Call the connector of a provider."""
        return self._call(entry(provider), method, path, value, options)

    def upload(self, path: str, fields: Mapping[str, str], name: str, data: bytes) -> dict[str, Any]:
        """Send a file with some form fields to ingest; refused rows and what has to be asked are part of the answer."""
        boundary = secrets.token_hex(16)
        body = _multipart(boundary, fields, name, data)
        answer = self._send(entry("ingest"), "POST", path, body, {}, f"multipart/form-data; boundary={boundary}")
        found = answer.json() if answer.status in (200, 409, 422) else {}
        if "rows" not in found and "questions" not in found:
            raise refused(answer)
        return dict(found)

    def fetch(self, path: str, size: int, into: BinaryIO) -> None:
        """A file of ingest by its link, piece by piece."""
        for start in range(0, size, _PIECE):
            headers = {"Range": f"bytes={start}-{min(start + _PIECE, size) - 1}"}
            answer = self.network.send("GET", self._host("ingest") + path, headers=headers, timeout=_TIMEOUT)
            if answer.status != 206:
                raise refused(answer)
            into.write(answer.body)

    def open_get(self, service: str, path: str) -> dict[str, Any]:
        """Call what needs no credential, as a service's health."""
        one = entry(service)
        answer = self.network.send("GET", self._host(service) + one.prefix + path)
        if answer.status >= 400:
            raise refused(answer)
        return dict(answer.json())

    def open_post(self, path: str, value: Any) -> dict[str, Any]:
        """Call what of ingest needs no credential, as signing in."""
        url, headers = self._host("ingest") + entry("ingest").prefix + path, {"Content-Type": "application/json"}
        answer = self.network.send("POST", url, headers=headers, body=canonical.dumps(value), timeout=_TIMEOUT)
        if answer.status >= 400:
            raise refused(answer)
        return dict(answer.json())

    def _host(self, service: str) -> str:
        return self.base if self.own else self.settings.urls[service] or self.base

    def wait(self, done: Callable[[], Any], what: str, patience: int = _PATIENCE) -> Any:
        """Ask again until there is an answer; raises Retry when it takes too long."""
        end = time.monotonic() + patience
        pause = _LOOK_EVERY
        while time.monotonic() < end:
            answer = done()
            if answer:
                return answer
            time.sleep(pause)
            pause = min(pause * 2, 1)
        raise Retry("still_working", f"{what} takes longer than {patience} s; it goes on.", "Look again: timebooks status")

    def connections(self) -> list[dict[str, Any]]:
        """Every connection of the organisation, each with its ``provider``."""
        return [
            {**one, "provider": connector.name}
            for connector in CONNECTORS
            if self.has(connector.name)
            for one in self.books(connector.name, "GET", "/connections")["items"]
        ]

    def has(self, service: str) -> bool:
        """Whether this installation runs the service; some have one connector only."""
        try:
            return bool(self._bearer(service))
        except Invalid as failure:
            if failure.code != "unknown_audience":
                raise
            return False

    def chosen(self, wanted: str | None) -> list[dict[str, Any]]:
        """The connections that are meant: the one of this id, those of this provider, or all there are."""
        there = [one for one in self.connections() if one["state"] != "disconnected" or one["id"] == wanted]
        fitting = [one for one in there if wanted in (None, one["id"], one["provider"])]
        if not there:
            raise Conflict("not_connected", "No books are connected.", "Connect them first.")
        if not fitting:
            raise _which(there)
        return fitting

    def connection(self, wanted: str | None) -> dict[str, Any]:
        """The connection of this id, or the only one there is."""
        fitting = self.chosen(wanted)
        if len(fitting) > 1:
            raise _which(fitting)
        return fitting[0]

    def at_rest(self, one: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Wait until nothing is under way for a connection; gives its latest runs."""

        def look() -> dict[str, Any] | None:
            found = self.books(one["provider"], "GET", f"/connections/{part(one['id'])}/runs")
            return None if found["busy"] else found

        return list(self.wait(look, "Work on this connection")["items"])

    def _call(self, service: Entry, method: str, path: str, value: Any, query: Mapping[str, Any]) -> Any:
        body = None if value is None else canonical.dumps(value)
        answer = self._send(service, method, path, body, query, "application/json")
        for pause in _BACK_OFF if method in ("GET", "PUT", "DELETE") else ():
            if answer.status not in (429, 503):
                break
            time.sleep(_asked(answer, pause))
            answer = self._send(service, method, path, body, query, "application/json")
        if answer.status >= 400:
            raise refused(answer)
        return answer.json() if answer.body else None

    def _send(
        self, service: Entry, method: str, path: str, body: bytes | None, query: Mapping[str, Any], content: str
    ) -> Response:
        headers = {"Authorization": f"Bearer {self._bearer(service.name)}", "Content-Type": content}
        params = {name: str(each) for name, each in query.items() if each is not None}
        url = self._host(service.name) + service.prefix + path
        return self.network.send(method, url, headers=headers, params=params, body=body, timeout=_TIMEOUT)

    def _bearer(self, service: str) -> str:
        if service == "ingest" and self.signed is not None:
            return self.signed.token(self)
        if not self.key and self.signed is None:
            raise Denied("no_key", "This data folder keeps no API key.", "Make an organisation first, or set TIMEBOOKS_API_KEY.")
        if service == "ingest":
            return self.key
        if service not in self._tokens:
            self._tokens[service] = self.ingest("POST", "/token", {"audience": service})["token"]
        return self._tokens[service]


def _which(there: list[dict[str, Any]]) -> Invalid:
    listed = ", ".join(f"{one['id']} ({one['provider']})" for one in there)
    remedy = "Add --books and the provider, or the connection's id."
    return Invalid("which_connection", f"Not one connection is meant, these are there: {listed}.", remedy)


def _asked(answer: Response, otherwise: int) -> int:
    """How long a busy service wants us to wait before the same question, in seconds."""
    after = answer.headers.get("retry-after", "")
    return min(int(after), _BACK_OFF[-1]) if after.isdigit() else otherwise


@contextmanager
def opened() -> Iterator[Door]:
    """The door that the environment and the data folder lead to."""
    settings = settings_from(os.environ)
    key = os.environ.get("TIMEBOOKS_API_KEY") or data_folder.kept_key(settings.data)
    base = os.environ.get("TIMEBOOKS_URL", "").rstrip("/") or data_folder.address(settings.data)
    if base:
        yield _with_session(Door(settings, Network(), base, key))
        return
    from services import embedded

    with embedded.opened(settings) as product:
        yield _with_session(Door(product.settings, product.network, product.settings.public_url, key, own=product))


def _with_session(door: Door) -> Door:
    if not os.environ.get("TIMEBOOKS_API_KEY"):
        door.signed = signed(door.settings.data, door.base)
    return door


def elsewhere() -> bool:
    """Whether the product runs in another process."""
    settings = settings_from(os.environ)
    return bool(os.environ.get("TIMEBOOKS_URL") or data_folder.address(settings.data))


def part(text: str) -> str:
    """A value as one part of a path."""
    return quote(text, safe="")


def _multipart(boundary: str, fields: Mapping[str, str], name: str, data: bytes) -> bytes:
    pieces = []
    for field, text in fields.items():
        pieces.append(f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{text}\r\n'.encode())
    safe = name.replace("\\", "_").replace('"', "_").replace("\r", "_").replace("\n", "_")
    disposition = f'Content-Disposition: form-data; name="file"; filename="{safe}"'
    pieces.append(f"--{boundary}\r\n{disposition}\r\nContent-Type: application/octet-stream\r\n\r\n".encode())
    return b"".join([*pieces, data, f"\r\n--{boundary}--\r\n".encode()])
