"""A whole product that goes back to a kept morning in milliseconds, so that thousands of lives can start from it."""

from __future__ import annotations

import pickle
import shutil
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from shared.platform import jobs
from shared.platform.db import Database
from shared.platform.service import Service
from tests import servers
from tests.conftest import template_of
from tests.journeys.product import Product


class Stage:
    """A product with its worker, and the morning it can be put back to: databases as files or templates, the emulator as
    a pickle. ``told`` is what ``prepare`` gave."""

    def __init__(
        self,
        make_database: Callable[..., Database],
        clock: Any,
        prepare: Callable[[Any], Any],
        product: Callable[..., Any] = Product,
    ) -> None:
        self.product, self.clock = product(make_database, clock), clock
        self._rung: deque[tuple[Service, int]] = deque()
        for service in self.product.services:
            service.db.ring = self._bell(service)
        self.told = prepare(self)
        self._morning: datetime = clock.now
        self._emulator, self._options = self._picture(), self.product.emulator.options
        self._kept = [(service.db, template_of(service.db)) for service in self.product.services]

    def again(self) -> None:
        """Everything as it was on the kept morning."""
        for database, template in self._kept:
            _put_back(database, template)
        self.product.emulator.options = self._options
        self._restore(self._emulator)
        self.product.forget_tokens()
        self._rung.clear()
        self.clock.now = self._morning

    def _picture(self) -> bytes:
        return pickle.dumps(self.product.emulator._state())

    def _restore(self, picture: bytes) -> None:
        self.product.emulator._load(pickle.loads(picture))

    def forget_rings(self) -> None:
        """The process died: what was rung for is only in the rows."""
        self._rung.clear()

    def _bell(self, service: Service) -> Callable[[Sequence[int]], None]:
        def ring(numbers: Sequence[int]) -> None:
            self._rung.extend((service, number) for number in numbers if (service, number) not in self._rung)

        return ring

    def work(self) -> None:
        """Do what was rung for, and what that rings for, as a pool would that has one worker."""
        while self._rung:
            service, number = self._rung.popleft()
            jobs.run(service.db, number, service.handlers)

    def catch_up(self, service: Service) -> None:
        """Have what has become due rung."""
        self._bell(service)(jobs.due(service.db))


def _put_back(database: Database, template: str) -> None:
    database.dispose()
    place = str(database.engine.url.database)
    if database.sqlite:
        for log in ("-wal", "-shm"):
            Path(f"{place}{log}").unlink(missing_ok=True)
        shutil.copyfile(template, place)
        return
    server = servers.postgres()
    server.drop(place)
    server.execute(f"CREATE DATABASE {place} TEMPLATE {template} STRATEGY file_copy")
