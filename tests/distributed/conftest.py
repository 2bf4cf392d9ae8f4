"""One stack for all of these tests: what compose.yaml starts, with short leases."""

from __future__ import annotations

import json
import os
import shlex
from concurrent.futures import ThreadPoolExecutor

import pytest

from services.cli import exits, main
from tests.distributed.firm import Firm
from tests.distributed.stack import Stack, command_line
from tests.distributed.workers import BULK, Workers

ORCHARD, BILLABONG = "9341450000000002", "9341450000000004"
"""Two companies of the emulator: one whose books number invoices, one numbered by hand."""


@pytest.fixture(scope="package")
def stack(tmp_path_factory):
    hurry = {"TIMEBOOKS_LEASE_SECONDS": "2", "TIMEBOOKS_RESEND_SECONDS": "2", "XERO_CALLS_PER_MINUTE": "6000"}
    hurry |= {"QUICKBOOKS_SETTLE_SECONDS": "5"}  # these books show at once what they have
    one = Stack(tmp_path_factory.mktemp("stack"), **hurry)
    try:
        one.up()
        one.start(BULK[0], hostname=BULK[1])
        for provider in ("quickbooks", "xero"):
            one.emulator("configure", provider=provider, limits=None)
        yield one
    finally:
        one.stop()


@pytest.fixture(scope="package")
def workers(stack):
    """The connector's worker groups."""
    one = Workers(stack)
    yield one
    one.close()


@pytest.fixture(scope="package")
def firms(stack, workers):
    """Two organisations, each connected to a company of its own, whose invoices go there by themselves."""
    wanted = (("Orchard", ORCHARD, "USD"), ("Billabong", BILLABONG, "AUD"))
    with ThreadPoolExecutor(2) as both:
        return tuple(both.map(lambda facts: Firm(stack, *facts), wanted))


@pytest.fixture
def typed(stack, tmp_path, monkeypatch, capsys):
    """Types a command, in a data folder of the test's own; gives its exit code and its --json."""
    for name in [name for name in os.environ if name.startswith(("TIMEBOOKS_", "QUICKBOOKS_", "XERO_"))]:
        monkeypatch.delenv(name)
    for name, value in command_line(stack, tmp_path).items():
        monkeypatch.setenv(name, value)

    def command(line: str):
        code = main([*shlex.split(line), "--json"])
        told = capsys.readouterr()
        return code, json.loads(told.out), told.err

    return command


@pytest.fixture
def run(stack, typed):
    """Types a command that has to go well; gives its --json."""

    def command(line: str):
        code, told, said = typed(line)
        assert code == exits.DONE, f"{line}: exit {code}\n{told}{said}\n{stack.logs()}"
        return told

    return command


@pytest.fixture
def slow_books(stack):
    """``slow_books(seconds)``: from now on the books think that long about every invoice."""

    def slow(seconds: float) -> None:
        stack.emulator("clear_faults")
        stack.emulator("fault", kind="delay", path="/(batch|invoice)$", seconds=seconds, times=None)

    yield slow
    stack.emulator("clear_faults")
