"""Web processes as each mode runs them: waitress on SQLite, gunicorn on PostgreSQL, with the same number of threads."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

WAITRESS = """import sys
from waitress import serve
from {module} import create
serve(create({argument}), port=int(sys.argv[1]), threads=8)"""


@contextmanager
def serving(application: str, environ: Mapping[str, str], log: Path, *, sqlite: bool) -> Iterator[int]:
    """``application`` as gunicorn names it, ``module:create('what')``; gives the port, on loopback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    module, _, call = application.partition(":create(")
    command = [sys.executable, "-c", WAITRESS.format(module=module, argument=call[:-1]), str(port)]
    if not sqlite:
        web = [application, "--bind", f"127.0.0.1:{port}", "--workers", "2", "--threads", "4"]
        command = [sys.executable, "-m", "gunicorn", *web]
    with open(log, "ab") as kept, subprocess.Popen(command, env=dict(environ), stdout=kept, stderr=kept) as process:
        try:
            _await(port, process)
            yield port
        finally:
            process.terminate()
            process.wait(30)


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        with socket.socket() as knock:
            if knock.connect_ex(("127.0.0.1", port)) == 0:
                time.sleep(2)  # gunicorn listens before its workers are there
                return
        time.sleep(0.05)
    raise SystemExit("the web process ended; see its log")
