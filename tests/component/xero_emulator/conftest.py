"""An emulated service whose clock stands still, and apps connected to its organisations."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from services.xero_connector.emulator.app import Emulator, Options, create
from tests.component.xero_emulator.driver import AU, NZ, UK, Australia, Second

NOW = datetime(2026, 11, 11, 1, 30, tzinfo=UTC)


@pytest.fixture
def emulator() -> Emulator:
    return create(Options(clock=lambda: NOW))


@pytest.fixture
def au(emulator: Emulator) -> Australia:
    return Australia(emulator, AU)


@pytest.fixture
def au2(emulator: Emulator) -> Second:
    return Second(emulator, AU)


@pytest.fixture
def nz(emulator: Emulator) -> Second:
    return Second(emulator, NZ)


@pytest.fixture
def uk(emulator: Emulator) -> Second:
    return Second(emulator, UK)
