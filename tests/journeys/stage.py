"""A whole product that goes back to a kept morning in milliseconds, so that thousands of lives can start from it."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from shared.platform.db import Database
from tests import servers
from tests.journeys.product import Product


class Stage:
    """A product, and the morning it can be put back to: databases as files or templates, the emulator as a pickle."""

    def __init__(self, make_database: Callable[..., Database], clock: Any, prepare: Callable[[Product], Any], **options: Any) -> None:
        self.product = Product(make_database, clock, **options)
        self.told = prepare(self.product)
        self._clock, self._databases = clock, [service.db for service in self.product.services]
        self._morning: datetime = clock.now
        self._emulator = pickle.dumps(self.product.emulator._state())
        self._options = self.product.emulator.options
        for database in self._databases:
            _keep(database)

    def again(self) -> Product:
        """The product as it was on the kept morning."""
        for database in self._databases:
            _put_back(database)
        emulator = self.product.emulator
        emulator.options = self._options
        emulator._load(pickle.loads(self._emulator))
        self._clock.now = self._morning
        return self.product


def _keep(database: Database) -> None:
    if database.sqlite:
        with database.engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.dispose()
    if database.sqlite:
        path = _path(database)
        shutil.copyfile(path, f"{path}.morning")
    else:
        name = database.engine.url.database
        servers.postgres().execute(f"CREATE DATABASE {name}_morning TEMPLATE {name} STRATEGY file_copy")


def _put_back(database: Database) -> None:
    database.dispose()
    if database.sqlite:
        path = _path(database)
        for log in ("-wal", "-shm"):
            Path(f"{path}{log}").unlink(missing_ok=True)
        shutil.copyfile(f"{path}.morning", path)
        return
    server, name = servers.postgres(), database.engine.url.database
    server.drop(str(name))
    server.execute(f"CREATE DATABASE {name} TEMPLATE {name}_morning STRATEGY file_copy")


def _path(database: Database) -> str:
    return str(database.engine.url.database)
