"""Web processes as each mode runs them: waitress on SQLite, gunicorn on PostgreSQL, with the same number of threads."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

WAITRESS = """import sys
from waitress import serve
from {module} import create
serve(create({argument}), port=int(sys.argv[1]), threads=8)"""


@dataclass(frozen=True, slots=True)
class Web:
    """A web process and its workers; ``port`` on loopback."""

    port: int
    process: int

    def processor_ms(self) -> float:
        """What they have taken of the processor until now."""
        listed = Path(f"/proc/{self.process}/task/{self.process}/children").read_text().split()
        return sum(map(_ticks, (str(self.process), *listed))) * 1000 / os.sysconf("SC_CLK_TCK")


def _ticks(process: str) -> int:
    told = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return int(told[11]) + int(told[12])  # user and system


@contextmanager
def serving(application: str, environ: Mapping[str, str], log: Path, *, sqlite: bool) -> Iterator[Web]:
    """``application`` as gunicorn names it, ``module:create('what')``."""
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
            yield Web(port, process.pid)
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
