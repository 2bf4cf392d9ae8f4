"""An emulated service whose clock stands still, and an app connected to one of its companies."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from services.quickbooks_connector.emulator.app import Emulator, Options, create
from tests.component.quickbooks_emulator.driver import BRITISH, HAND, App

NOON = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)  # noon on 2 March where the service is


@pytest.fixture
def emulator() -> Emulator:
    return create(Options(clock=lambda: NOON))


@pytest.fixture
def connect(emulator: Emulator) -> Callable[[str], App]:
    return lambda realm: App(emulator, realm)


@pytest.fixture
def app(connect: Callable[[str], App]) -> App:
    """Connected to the American company that numbers by hand."""
    return connect(HAND)


@pytest.fixture
def british(connect: Callable[[str], App]) -> App:
    return connect(BRITISH)
