"""A receiver of webhooks on this machine: what it heard, and what it shall answer next."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks.webhooks import Webhook

from shared.kernel import canonical


@dataclass(slots=True)
class Receiver:
    """``answer(body)`` gives a status, or a status with headers and a body; every request heard is kept as (headers, bytes)."""

    url: str
    answer: Callable[[dict[str, Any]], Any] = lambda body: 204
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def bodies(self) -> list[dict[str, Any]]:
        return [canonical.loads(body) for _, body in self.heard]

    def events(self) -> list[str]:
        return [body["event"] for body in self.bodies()]


class AnyTime(Webhook):
    """The official verifier; its tolerance of real time is no matter of a test's clock."""

    def _Webhook__verify_timestamp(self, text: str) -> Any:  # noqa: N802
        return datetime.fromtimestamp(int(text), UTC)


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver that listens on a port of its own."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.heard.append(({name.lower(): value for name, value in self.headers.items()}, body))
            said = receiver.answer(canonical.loads(body))
            status, headers, text = (*said, b"")[:3] if isinstance(said, tuple) else (said, {}, b"")
            self.send_response(status)
            for name, value in {"Content-Length": str(len(text)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Nothing is printed."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver = Receiver(f"http://127.0.0.1:{server.server_address[1]}/hooks")
        threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01), daemon=True).start()
        yield receiver
        server.shutdown()
