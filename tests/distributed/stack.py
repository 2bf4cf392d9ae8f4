"""The distributed mode on this machine: what compose.yaml runs as containers, run as processes on loopback.

Only what the containers' network would do is replaced: host names and ports, and the folder where the master key lives.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from services.xero_connector.emulator.app import environment as payroll
from tests import servers
from tests.distributed import compose

ROOT = Path(__file__).resolve().parents[2]
WEB = {"ingest": "/api/v1/worklog", "quickbooks": "/quickbooks", "xero": "/xero"}
EMULATORS = {"quickbooks": (8099, "/accountant"), "xero": (8098, "/clerk")}
"""Where compose.yaml has them published, and a page of each."""
PATIENCE = 60


class _Guard:
    """Ends the processes of a stack whose test process was killed before it could."""

    _SCRIPT = 'cat > /dev/null; for group in $(cat "$1"); do kill -s KILL -- "-$group" 2> /dev/null; done'

    def __init__(self, groups: Path) -> None:
        self._groups = groups
        self._groups.touch()
        command = ["sh", "-c", self._SCRIPT, "guard", str(groups)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)

    def note(self, group: int) -> None:
        with open(self._groups, "a") as groups:
            groups.write(f"{group}\n")

    def dismiss(self) -> None:
        self._process.kill()
        self._process.communicate()


class Stack:
    """All containers of compose.yaml with the demo profile; ``stop`` ends every process that was started."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder, self.postgres, self.valkey = folder, servers.postgres(), servers.Valkey()
        self.ports = {name: _free_port() for name in (*WEB, *map(_emulator, EMULATORS))}
        self.databases = {name: self.postgres.create() for name in WEB}
        self.environment = self._environment() | settings
        assert compose.settings() <= set(self.environment)
        self.commands = compose.commands()
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self._guard = _Guard(folder / "groups")

    def url(self, name: str) -> str:
        return f"http://localhost:{self.ports[name]}"

    def up(self) -> None:
        """Migrate, then start everything and wait until it serves."""
        subprocess.run(self._command("migrate"), env=self.environment, cwd=ROOT, check=True, timeout=PATIENCE)
        for name in self.commands.keys() - {"migrate"}:
            self.start(name)
        for name, prefix in WEB.items():
            self.until(lambda name=name, prefix=prefix: self._healthy(name, prefix), f"{name} serves")
        for url in [self.url(_emulator(name)) + page for name, (_, page) in EMULATORS.items()]:
            self.until(lambda url=url: self._answers(url), f"{url} answers")

    def start(self, name: str, *, hostname: str = "") -> None:
        """Start one container's command; another ``hostname`` makes a second worker of it."""
        command = self._command(name)
        if hostname:
            command[command.index("--hostname") + 1] = hostname
        with open(self.folder / f"{hostname or name}.log", "ab") as log:
            self.running[hostname or name] = subprocess.Popen(
                command, env=self._environment_of(name), cwd=ROOT, stdout=log, stderr=log, start_new_session=True
            )
        self._guard.note(self.running[hostname or name].pid)

    def kill(self, *names: str) -> None:
        """SIGKILL whole containers: every process of their groups, at once."""
        for name in names:
            os.killpg(self.running[name].pid, signal.SIGKILL)
        for name in names:
            self.running.pop(name).wait()

    def stop(self) -> None:
        self.kill(*self.running)
        self._guard.dismiss()
        self.valkey.stop()
        for database in self.databases.values():
            self.postgres.drop(database)

    @contextmanager
    def paused(self, name: str) -> Iterator[None]:
        """A container whose processes all stand still for a while."""
        os.killpg(self.running[name].pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(self.running[name].pid, signal.SIGCONT)

    def stop_broker(self) -> None:
        """SIGKILL the broker; whatever was in it is gone."""
        self.valkey.crash()

    def start_broker(self) -> None:
        """Start the broker again where it was, empty."""
        self.valkey.again()

    def celery(self, service: str, *arguments: str) -> str:
        """What an operator types: ``celery --app services.worker:SERVICE …``; gives stdout."""
        command = ["celery", "--app", f"services.worker:{service}", *arguments]
        options = {"capture_output": True, "text": True, "timeout": PATIENCE, "check": False}
        return subprocess.run(command, env=self.environment, cwd=ROOT, **options).stdout

    def until(self, done: Any, what: str, *, seconds: int = PATIENCE) -> Any:
        """Ask until there is an answer; fails with the logs when it takes too long."""
        end = time.monotonic() + seconds
        pause = 0.02
        while not (answer := done()):
            assert time.monotonic() < end, f"{what}: not within {seconds} s\n{self.logs()}"
            dead = [name for name, process in self.running.items() if process.poll() is not None]
            assert not dead, f"{dead} ended\n{self.logs()}"
            time.sleep(pause)
            pause = min(pause * 2, 0.2)
        return answer

    def logs(self, lines: int = 15) -> str:
        logs = sorted(self.folder.glob("*.log"))
        return "\n".join(f"--- {log.name}\n" + "\n".join(log.read_text().splitlines()[-lines:]) for log in logs)

    def emulator(self, action: str, *, provider: str = "quickbooks", **arguments: Any) -> Any:
        """Press one of an emulator's buttons."""
        answer = requests.post(f"{self.url(_emulator(provider))}/_control/{action}", json=arguments, timeout=PATIENCE)
        assert answer.status_code == 200, answer.text
        return answer.json()["result"]

    def _command(self, name: str) -> list[str]:
        """A container's command, with its ports and folders as they are on this machine."""
        port = str(self.ports.get(name, 0))
        here = {"0.0.0.0:8000": f"127.0.0.1:{port}", "0.0.0.0": "127.0.0.1", "8000": port}
        for provider, (published, _) in EMULATORS.items():
            emulator, path = _emulator(provider), f"/{provider}/callbacks/webhook"
            here |= {f"http://localhost:{published}": self.url(emulator), f"/data/{emulator}": str(self.folder / emulator)}
            here |= {f"http://{provider}:8000{path}": self.url(provider) + path}
        words = [here.get(word, word.replace("/tmp/", f"{self.folder}/")) for word in self.commands[name]]
        return [sys.executable, *words[1:]] if words[0] == "python" else words

    def _environment(self) -> dict[str, str]:
        emulator = self.url("emulator-quickbooks")
        return {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(self.folder),
            "TIMEBOOKS_DATA": str(self.folder),
            "TIMEBOOKS_MASTER_KEY_FILE": str(self.folder / "master.key"),
            "TIMEBOOKS_PUBLIC_URL": self.url("quickbooks"),
            "TIMEBOOKS_BROKER_URL": self.valkey.broker_url,
            "QUICKBOOKS_API_URL": emulator,
            "QUICKBOOKS_AUTHORIZE_URL": f"{emulator}/connect/oauth2",
            "QUICKBOOKS_TOKEN_URL": f"{emulator}/oauth2/v1/tokens/bearer",
            "QUICKBOOKS_REVOKE_URL": f"{emulator}/v2/oauth2/tokens/revoke",
            "QUICKBOOKS_CLIENT_ID": "sample-client",
            "QUICKBOOKS_CLIENT_SECRET": "sample-secret",
            "QUICKBOOKS_WEBHOOK_VERIFIER": "sample-verifier",
            **payroll(self.url("emulator-xero")),
            **{f"TIMEBOOKS_{name.upper()}_URL": self.url(name) for name in WEB},
            **{f"TIMEBOOKS_{name.upper()}_DATABASE_URL": self.postgres.url(self.databases[name]) for name in WEB},
        }

    def _environment_of(self, name: str) -> dict[str, str]:
        """Without a proxy before them, the browser comes back to the connector's own port."""
        own = {"TIMEBOOKS_PUBLIC_URL": self.url(name)} if name in EMULATORS else {}
        return self.environment | own

    def _healthy(self, name: str, prefix: str) -> bool:
        return self._answers(f"{self.url(name)}{prefix}/health")

    @staticmethod
    def _answers(url: str) -> bool:
        try:
            return requests.get(url, timeout=5).status_code == 200
        except (requests.ConnectionError, requests.Timeout):  # gunicorn listens before its workers are there
            return False


def _emulator(provider: str) -> str:
    return f"emulator-{provider}"


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def command_line(stack: Stack, folder: Path) -> Mapping[str, str]:
    """The environment of a person who types commands against the stack and keeps a key in a folder."""
    return stack.environment | {"TIMEBOOKS_URL": stack.url("ingest"), "TIMEBOOKS_DATA": str(folder)}
