"""What every test may ask for: a fresh database on either engine, and a clock it can set."""

from __future__ import annotations

import hashlib
import importlib
import shutil
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import hypothesis
import pytest
import sqlalchemy as sa

from shared.platform import clock as platform_clock
from shared.platform.db import Database, transaction
from shared.platform.db import metadata as platform_metadata
from tests import engines, routes, servers, sizes

TESTS = Path(__file__).parent

routes.parse_once()

hypothesis.settings.register_profile("short", derandomize=True, database=None, deadline=None)
hypothesis.settings.register_profile("long", database=None, deadline=None, print_blob=True)
hypothesis.settings.load_profile("long" if sizes.is_long() else "short")


def pytest_report_header() -> str:
    return sizes.headline()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if sizes.is_long():
        terminalreporter.write_line(sizes.headline())
    done = [report for outcome in ("passed", "failed") for report in terminalreporter.stats.get(outcome, ())]
    for line in (said for report in done for name, said in report.user_properties if name == "told"):
        terminalreporter.write_line(line)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest tests first, so that at the end no process works alone; without those that only long runs do."""
    items[:] = [item for item in items if sizes.is_long() or not _only_long(item)]
    weight = {folder: place for place, folder in enumerate(("journeys", "distributed", "faults", "component"))}
    items.sort(key=lambda item: weight.get(item.path.relative_to(TESTS).parts[0], len(weight)))


ONLY_LONG = ("test_tokens.py", "test_outages.py")
"""Of faults: what the second connector has in common with the first, in code and all."""
PAYROLL = ("test_payroll.py", "test_overtime.py", "test_found_payroll.py", "test_owing.py")
"""Journeys of the second connector."""
EVERY_REGION = ("becomes_a_timesheet", "pay_run")
"""Journeys in which each region goes its own way; in others the one that is left out is read and written as its neighbour."""


def _only_long(item: pytest.Item) -> bool:
    """Whether another test shows it already: what differs between databases is shown with the first connector, and what
    differs between connectors on one database."""
    chosen = getattr(getattr(item, "callspec", None), "params", {})
    payroll = item.path.name in PAYROLL
    second = payroll or "region" in chosen or "xero" in (chosen.get("connector"), getattr(chosen.get("product"), "BOOKS", None))
    neighbour = payroll and chosen.get("region") == "uk" and not any(name in item.name for name in EVERY_REGION)
    postgresql = chosen.get("backend") == "postgresql"
    return (postgresql and _other_share(item)) or (second and (postgresql or item.path.name in ONLY_LONG or neighbour))


WHOLE_ON_BOTH = ("platform_a", "test_kills.py", "test_lost_answers.py", "test_main_job.py", "test_random_lives.py")
"""Rooms and files of tests whose point is what a database does: their short share is theirs to say."""


def _other_share(item: pytest.Item) -> bool:
    """Whether a test that ran on SQLite is not among those that this short run repeats on PostgreSQL."""
    if any(name in item.path.parts for name in WHOLE_ON_BOTH):
        return False
    every = sizes.size("postgresql_every")
    return zlib.crc32(item.nodeid.encode()) % every != sizes.seed() % every


@dataclass(slots=True)
class VirtualClock:
    """A clock that stands still until the test moves it."""

    now: datetime = field(default_factory=lambda: datetime(2026, 3, 2, 9, 0, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **amount: int) -> datetime:
        """``clock.advance(hours=2, seconds=1)``"""
        self.now += timedelta(**amount)
        return self.now


@pytest.fixture
def clock() -> Iterator[VirtualClock]:
    """The product's clock, standing at 2026-03-02 09:00 UTC; set ``clock.now`` or call ``clock.advance(seconds=…)``."""
    virtual = VirtualClock()
    with platform_clock.use(virtual, lambda seconds: virtual.advance(milliseconds=round(seconds * 1000))):
        yield virtual


@pytest.fixture(params=["sqlite", "postgresql"])
def backend(request: pytest.FixtureRequest) -> str:
    """The database engine; a test asking for it, or for anything standing on it, runs once on each."""
    return str(request.param)


@pytest.fixture
def new_database_url(backend: str, tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Makes fresh databases: ``new_database_url()`` an empty one, ``new_database_url(metadata, …)`` one with these tables,
    ``new_database_url(like=template)`` a copy of what ``template_of`` kept."""
    made: list[str] = []

    def make(*metadatas: sa.MetaData, like: str | None = None) -> str:
        if backend == "sqlite":
            path = tmp_path / f"d{len(list(tmp_path.glob('d*.sqlite')))}.sqlite"
            if like or metadatas:
                shutil.copyfile(like or _sqlite_template(metadatas), path)
            return f"sqlite:///{path}"
        server = servers.postgres()
        made.append(server.create(like or (_postgres_template(metadatas) if metadatas else "template1")))
        return server.url(made[-1])

    yield make
    for name in made:
        servers.postgres().drop(name)


@pytest.fixture
def database_url(new_database_url: Callable[..., str]) -> str:
    """The address of a fresh, empty database."""
    return new_database_url()


@pytest.fixture
def make_database(new_database_url: Callable[..., str]) -> Iterator[Callable[..., Database]]:
    """``make_database(metadata, …)``: a fresh open database with the platform's tables and those of each metadata."""
    from shared.platform.migrations import PLATFORM

    opened: list[Database] = []
    for name in PLATFORM:  # each registers its tables when imported
        importlib.import_module(f"shared.platform.{name}")

    def make(*metadatas: sa.MetaData, like: str | None = None) -> Database:
        opened.append(engines.opened(new_database_url(like=like) if like else new_database_url(platform_metadata, *metadatas)))
        return opened[-1]

    yield make
    for database in opened:
        database.dispose()


def template_of(database: Database) -> str:
    """What ``make_database(like=…)`` makes copies of: this database as it is now."""
    place = str(database.engine.url.database)
    if database.sqlite:
        with database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.dispose()
    if not database.sqlite:
        servers.postgres().execute(f"CREATE DATABASE {place}_kept TEMPLATE {place}")
        return f"{place}_kept"
    kept = f"{_templates['folder']}/kept{len(list(Path(_templates['folder']).glob('kept*')))}"
    shutil.copyfile(place, kept)
    return kept


_templates: dict[str, str] = {}


@cache
def _template_name(engine: str, *metadatas: sa.MetaData) -> str:
    tables = sorted(_outline(table) for metadata in metadatas for table in metadata.tables.values())
    return f"{engine}_{hashlib.sha256(' '.join(tables).encode()).hexdigest()[:16]}"


def _outline(table: sa.Table) -> str:
    """What tells two tables of one name apart."""
    columns = [f"{column.name} {column.type!r}" for column in table.columns]
    return f"{table.name}({', '.join(columns)}; {sorted(str(index.name) for index in table.indexes)})"


def _create_all(url: str, metadatas: tuple[sa.MetaData, ...]) -> None:

    database = engines.opened(url)
    with transaction(database) as session:
        for metadata in metadatas:
            metadata.create_all(session)
    database.dispose()


@pytest.fixture(scope="session", autouse=True)
def _template_folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    _templates["folder"] = str(tmp_path_factory.mktemp("templates"))


def _sqlite_template(metadatas: tuple[sa.MetaData, ...]) -> str:
    name = _template_name("sqlite", *metadatas)
    if name not in _templates:
        path = f"{_templates['folder']}/{name}"
        _create_all(f"sqlite:///{path}", metadatas)
        _templates[name] = path
    return _templates[name]


def _postgres_template(metadatas: tuple[sa.MetaData, ...]) -> str:
    name = _template_name("postgresql", *metadatas)
    if name not in _templates:
        server = servers.postgres()
        server.execute(f"CREATE DATABASE {name}")
        _create_all(server.url(name), metadatas)
        _templates[name] = name
    return _templates[name]
