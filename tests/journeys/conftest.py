"""Stages for whole groups of tests: each is prepared once, and put back to its morning for every test."""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from shared.platform import clock as platform_clock
from shared.platform.db import Database
from shared.platform.db import metadata as platform_metadata
from shared.platform.migrations import PLATFORM
from tests import conftest, engines, servers
from tests.journeys.clerks import PayStage
from tests.journeys.stage import Stage

Prepare = Callable[[Stage], Any]


@dataclass
class Stages:
    """The stages prepared so far, by how they were prepared and on which database."""

    folder: Path
    ending: ExitStack
    made: dict[tuple[Prepare, str], Stage]

    def get(self, prepare: Prepare, backend: str) -> Stage:
        if (prepare, backend) not in self.made:
            clock = conftest.VirtualClock()
            with platform_clock.use(clock, lambda seconds: clock.advance(milliseconds=round(seconds * 1000))):
                self.made[prepare, backend] = Stage(lambda *tables: self._database(backend, *tables), clock, prepare)
        return self.made[prepare, backend]

    def _database(self, backend: str, *tables: sa.MetaData) -> Database:
        for name in PLATFORM:  # each registers its tables when imported
            importlib.import_module(f"shared.platform.{name}")
        metadatas = (platform_metadata, *tables)
        if backend == "sqlite":
            path = self.folder / f"s{len(list(self.folder.glob('s*.sqlite')))}.sqlite"
            shutil.copyfile(conftest._sqlite_template(metadatas), path)
            url = f"sqlite:///{path}"
        else:
            name = servers.postgres().create(conftest._postgres_template(metadatas))
            for one in (name, f"{name}_kept"):
                self.ending.callback(servers.postgres().drop, one)
            url = servers.postgres().url(name)
        opened = engines.opened(url)
        self.ending.callback(opened.dispose)
        return opened


@pytest.fixture(scope="session")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stages]:
    with ExitStack() as ending:
        yield Stages(tmp_path_factory.mktemp("stages"), ending, {})


@pytest.fixture
def stage_of(stages: Stages, backend: str) -> Iterator[Callable[[Prepare], Stage]]:
    """``stage_of(prepare)``: a stage prepared so, on its kept morning, with its clock as everybody's."""
    with ExitStack() as until:

        def get(prepare: Prepare) -> Stage:
            stage = stages.get(prepare, backend)
            clock = stage.clock
            sleeps = platform_clock.use(clock, lambda seconds: clock.advance(milliseconds=round(seconds * 1000)))
            until.enter_context(sleeps)
            stage.again()
            return stage

        yield get


@pytest.fixture(scope="session")
def pay_stage(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], PayStage]:
    """``pay_stage(place)``: the stage of one of the payroll APIs, prepared once; to be put back, and entered for its clock."""
    folder, made = tmp_path_factory.mktemp("payday"), {}

    def get(place: str) -> PayStage:
        made[place] = made.get(place) or PayStage(folder, place)
        return made[place]

    return get
