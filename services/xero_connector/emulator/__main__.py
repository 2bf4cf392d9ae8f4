"""Serves the emulator: python -m services.xero_connector.emulator --port 8098"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path
from socketserver import TCPServer, ThreadingMixIn
from typing import Any
from wsgiref import simple_server

from .app import Emulator, create
from .faults import Dropped
from .options import Limits, Options


class Threads(ThreadingMixIn, simple_server.WSGIServer):
    """Every connection in a thread of its own: five at once must be able to come."""

    daemon_threads = True
    request_queue_size = 64

    def server_bind(self) -> None:
        TCPServer.server_bind(self)  # not HTTPServer's: it may wait for a name server
        self.server_name, self.server_port = "localhost", self.socket.getsockname()[1]
        self.setup_environ()


class Silence(simple_server.WSGIRequestHandler):
    """The journal says what happened."""

    def log_message(self, *_: Any) -> None:
        return


def serve(world: Emulator, port: int, host: str = "127.0.0.1") -> simple_server.WSGIServer:
    """A bound server, ready for serve_forever. Every kind of drop closes the socket without an answer."""

    def application(environ: Any, start: Any) -> Iterable[bytes]:
        try:
            return world.wsgi(environ, start)
        except Dropped as dropped:
            raise ConnectionResetError(dropped.kind) from dropped

    server = Threads((host, port), Silence)
    server.set_app(application)
    return server


def arguments() -> argparse.Namespace:
    asked = argparse.ArgumentParser(prog="xero-emulator", description=__doc__)
    asked.add_argument("--host", default="127.0.0.1")
    asked.add_argument("--port", type=int, default=8098)
    asked.add_argument("--public-url", help="where browsers and apps reach it; default http://localhost:PORT")
    asked.add_argument("--webhook-url", default="", help="where deliveries go")
    asked.add_argument("--state", type=Path, help="a file that keeps everything; without it, memory")
    asked.add_argument("--no-limits", action="store_true", help="let any number of calls through")
    return asked.parse_args()


def main() -> None:
    asked = arguments()
    options = Options(
        public_url=asked.public_url or f"http://localhost:{asked.port}",
        webhook_url=asked.webhook_url,
        limits=None if asked.no_limits else Limits(),
    )
    with serve(create(options, asked.state), asked.port, asked.host) as server:
        print(f"Xero emulator at {options.public_url} (payroll clerk: {options.public_url}/clerk)", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
