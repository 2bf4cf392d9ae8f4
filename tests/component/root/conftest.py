"""What the tests of the composition root stand on: commands typed into this process, and a product that serves."""

from __future__ import annotations

import os
import shutil
import socket
import threading

import pytest

from services import catalog, embedded
from services.cli import exits, main
from tests.conftest import template_of

HEADER = (
    "kind,source_id,date,start,end,duration,break,overtime,person,client,job,tags,rate,currency,amount,distance,unit,category,"
    "billable,notes"
)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory):
    """A data folder whose databases are there and empty: to make them takes longer than most commands."""
    folder = tmp_path_factory.mktemp("migrated")
    settings = catalog.settings_from({"TIMEBOOKS_DATA": str(folder)})
    for entry in catalog.SERVICES:
        db = entry.open(settings)
        entry.migrate(db)
        template_of(db)
    return folder


@pytest.fixture
def run(tmp_path, monkeypatch, capsys, migrated):
    """Runs one command on a data folder without anything in it; gives exit code, stdout, stderr."""
    shutil.copytree(migrated, tmp_path / "data", ignore=shutil.ignore_patterns("*-wal", "*-shm"))
    for name in [name for name in os.environ if name.startswith(("TIMEBOOKS_", "QUICKBOOKS_", "XERO_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TIMEBOOKS_DATA", str(tmp_path / "data"))

    def command(*arguments):
        code = main(arguments)
        told = capsys.readouterr()
        return code, told.out, told.err

    return command


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The settings of an embedded product that serves on loopback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("served")
    settings = catalog.settings_from({"TIMEBOOKS_DATA": str(folder), "TIMEBOOKS_PORT": str(port)})
    ready, stopping = threading.Event(), threading.Event()
    with embedded.opened(settings, address=settings.public_url) as product:
        options = {"ready": ready.set, "stopping": stopping}
        server = threading.Thread(target=embedded.serve, args=(product,), kwargs=options)
        server.start()
        assert ready.wait(10)
        yield settings
        stopping.set()
        server.join(10)


@pytest.fixture
def firm(run, served, tmp_path, monkeypatch):
    """Runs commands for an organisation of this test's own; ``firm.file(rows)`` writes a report."""
    monkeypatch.setenv("TIMEBOOKS_URL", served.public_url)
    monkeypatch.setenv("TIMEBOOKS_MASTER_KEY_FILE", str(served.master_key_file))
    assert run("init", "Vale")[0] == exits.DONE

    def file(rows):
        path = tmp_path / "report.csv"
        path.write_text(f"{HEADER}\n{rows}")
        return str(path)

    run.file = file
    return run
