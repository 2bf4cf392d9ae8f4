"""Serves the emulator on a loopback port: python -m services.quickbooks_connector.emulator --port 8099"""

from __future__ import annotations

import argparse
import socketserver
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from .app import Emulator, create
from .faults import Dropped
from .options import Limits, Options


class Server(socketserver.ThreadingMixIn, WSGIServer):
    """A thread for every connection, so that a hanging one holds up nobody."""

    daemon_threads = True
    request_queue_size = 128

    def server_bind(self) -> None:
        """Without the name look-up of the standard server, which may wait for a name server."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        self.setup_environ()


class Handler(WSGIRequestHandler):
    """Quiet: the journal says what happened."""

    def log_message(self, *_: Any) -> None:
        pass


def serve(world: Emulator, port: int, host: str = "127.0.0.1") -> Server:
    """A bound server; call serve_forever on it."""
    server = Server((host, port), Handler)
    server.set_app(lambda environ, start: _answered(world, environ, start))
    return server


def _answered(world: Emulator, environ: Any, start: Any) -> Iterable[bytes]:
    """Every kind of drop closes the socket without an answer: the server takes a reset for the client's going away."""
    try:
        return world.wsgi(environ, start)
    except Dropped as dropped:
        raise ConnectionResetError(dropped.kind) from dropped


def _repeat(world: Emulator) -> None:
    """Deliveries that were not acknowledged go out again when their time has come."""
    pause = threading.Event()
    while not pause.wait(1):
        world.deliver()


def main() -> None:
    parser = argparse.ArgumentParser(prog="quickbooks-emulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8099)
    parser.add_argument("--public-url", default="", help="where browsers and apps reach it; default http://127.0.0.1:PORT")
    parser.add_argument("--webhook-url", default="", help="where events are sent, a moment after the answer")
    parser.add_argument("--state", type=Path, help="a file that keeps everything; without it, memory")
    parser.add_argument("--no-limits", action="store_true", help="let any number of requests through")
    asked = parser.parse_args()
    options = Options(
        public_url=asked.public_url or f"http://127.0.0.1:{asked.port}",
        webhook_url=asked.webhook_url,
        webhook_when="after_answer" if asked.webhook_url else "asked",
        limits=None if asked.no_limits else Limits(),
    )
    world = create(options, asked.state)
    server = serve(world, asked.port, asked.host)
    if asked.webhook_url:
        threading.Thread(target=_repeat, args=(world,), daemon=True).start()
    print(f"QuickBooks emulator at {options.public_url} (companies: {options.public_url}/accountant)", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


if __name__ == "__main__":
    main()
