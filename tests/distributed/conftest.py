"""One stack for all of these tests: what compose.yaml starts, with short leases."""

from __future__ import annotations

import pytest

from tests.distributed.firm import Firm
from tests.distributed.stack import Stack

ORCHARD, BILLABONG = "9341450000000002", "9341450000000004"
"""Two companies of the emulator: one whose books number invoices, one numbered by hand."""


@pytest.fixture(scope="session")
def stack(tmp_path_factory):
    one = Stack(tmp_path_factory.mktemp("stack"), TIMEBOOKS_LEASE_SECONDS="2", TIMEBOOKS_RESEND_SECONDS="2")
    try:
        one.up()
        one.emulator("configure", limits=None)
        yield one
    finally:
        one.stop()


@pytest.fixture(scope="session")
def firms(stack):
    """Two organisations, each connected to a company of its own, whose invoices go there by themselves."""
    stack.start("quickbooks-bulk", hostname="second-bulk@%h")
    return Firm(stack, "Orchard", ORCHARD, "USD"), Firm(stack, "Billabong", BILLABONG, "AUD")
