"""Sending one webhook to a stranger's receiver, and hearing what it says: the only place that speaks to them."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import cache

from requests.certs import where
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse

from services.ingest.webhooks.target import Resolve, Target, locate, look_up
from shared.kernel.errors import Failure
from shared.platform.db import in_transaction
from shared.platform.faultpoint import faultpoint
from shared.platform.logs import log

CONNECT, WHOLE = 5, 15  # seconds: to connect, and for everything, since each byte of a dripping answer is in time
MOST_BYTES = 64 * 1024
"""Of an answer; more is not read."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one attempt: a ``status``, or ``why`` none was heard."""

    milliseconds: int
    status: int | None = None
    why: str | None = None
    retry_after: int | None = None  # seconds
    text: str = ""

    @property
    def taken(self) -> bool:
        """Whether the receiver has it now."""
        return self.status is not None and 200 <= self.status < 300


@cache
def _trusted() -> ssl.SSLContext:
    """Whom we believe; reading the list takes longer than a call."""
    return ssl.create_default_context(cafile=where())


class Outlet:
    """Sends to strangers: never inside our network, never on to where they point, never for long."""

    def __init__(self, *, loopback: bool = False, resolve: Resolve = look_up, whole: int = WHOLE) -> None:
        self._loopback, self._resolve, self._whole = loopback, resolve, whole

    def check(self, url: str) -> Target:
        """Where this would go. Raises Invalid, or Retry when the name can't be looked up now."""
        return locate(url, self._resolve, loopback=self._loopback)

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send once; an answer of any status is an answer."""
        if in_transaction():
            raise RuntimeError("network inside a database transaction: end the transaction first")
        began = time.monotonic_ns()
        faultpoint("http.before_send")
        try:
            target = self.check(url)
            answer = self._exchange(target, headers, body, began)
        except Failure as failure:
            answer = Answer(_since(began), why=failure.code)
        except (HTTPError, OSError, ValueError) as error:
            late = isinstance(error, TimeoutError) or _since(began) >= self._whole * 1000
            answer = Answer(_since(began), why="webhook_timed_out" if late else "webhook_unreachable")
        faultpoint("http.answered")
        log("webhook.sent", status=answer.status, code=answer.why, ms=answer.milliseconds)
        return answer

    def _exchange(self, target: Target, headers: Mapping[str, str], body: bytes, began: int) -> Answer:
        with closing(self._connected(target)) as connection:
            late = threading.Timer(self._whole, _hang_up, (connection,))
            late.daemon = True
            late.start()
            try:
                told = {"Host": target.authority, **headers}
                connection.request("POST", target.path, body=body, headers=told, preload_content=False)
                heard = connection.getresponse()
                text = heard.read(MOST_BYTES, decode_content=False)
            finally:
                late.cancel()
        return Answer(_since(began), heard.status, None, _seconds(heard), text.decode("utf-8", "replace"))

    def _connected(self, target: Target) -> HTTPConnection:
        """A connection to the address that was checked; the name serves for the certificate alone."""
        address = target.addresses[0]
        if not target.secure:
            connection = HTTPConnection(address, target.port, timeout=CONNECT)
        else:
            name = {"server_hostname": target.host, "assert_hostname": target.host}
            connection = HTTPSConnection(address, target.port, timeout=CONNECT, ssl_context=_trusted(), **name)
        connection.connect()
        if connection.sock is not None:
            connection.sock.settimeout(self._whole)
        return connection


def _hang_up(connection: HTTPConnection) -> None:
    sock = connection.sock
    if sock is not None:
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # it ended by itself


def _since(began: int) -> int:
    return (time.monotonic_ns() - began) // 1_000_000


def _seconds(heard: BaseHTTPResponse) -> int | None:
    """Retry-After, when it is a number of seconds."""
    text = heard.headers.get("Retry-After", "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else None
