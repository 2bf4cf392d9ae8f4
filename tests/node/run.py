"""Sends every request of the Postman collection to a product that serves on this machine; `make test-node` runs it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from services.catalog import settings_from
from services.embedded import opened, serve
from services.ingest.accounts.operator import operator_token
from shared.platform.vault import Vault, load_master

HERE = Path(__file__).parent
COLLECTION = HERE.parents[1] / "docs" / "reference" / "timebooks.postman_collection.json"
OWNER = {"organisation": "Sample Studio", "owner": "owner@sample.example", "zone": "America/New_York", "currency": "USD"}


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        environ = {"TIMEBOOKS_DATA": folder, "TIMEBOOKS_PORT": str(free_port())}
        settings, stopping, ready = settings_from(environ), threading.Event(), threading.Event()
        with opened(settings, address=settings.public_url) as product:
            server = threading.Thread(target=serve, args=(product,), kwargs={"ready": ready.set, "stopping": stopping})
            server.start()
            ready.wait()
            try:
                operator = operator_token(Vault(load_master(settings.master_key_file)))
                headers = {"Authorization": f"Bearer {operator}", "Content-Type": "application/json"}
                url = f"{settings.public_url}/api/v1/worklog/accounts"
                made = product.network.send("POST", url, headers=headers, body=json.dumps(OWNER).encode())
                return newman(settings.public_url, made.json()["key"])
            finally:
                stopping.set()
                server.join()


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def newman(base: str, key: str) -> int:
    variables = [f"--env-var=base={base}", f"--env-var=key={key}"]
    command = [str(HERE / "node_modules" / ".bin" / "newman"), "run", str(COLLECTION), *variables, "--reporters=cli"]
    return subprocess.run([*command, "--reporter-cli-no-success-assertions"], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
