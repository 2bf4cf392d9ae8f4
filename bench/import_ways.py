"""Ways in which the same entries come into a database, each timed in a process of its own: ours, dlt's, plain inserts."""

from __future__ import annotations

import gc
import importlib
import json
import os
import resource
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bench import import_data
from services.ingest.accounts.operator import operator_token
from services.ingest.app import build
from services.ingest.records.models import TABLES
from services.ingest.tables import metadata as ingest_tables
from shared.contract.records import Kind
from shared.kernel import canonical
from shared.platform import jobs
from shared.platform.db import Database, metadata, open_database
from shared.platform.db import feed as feed_table
from shared.platform.http import Network
from shared.platform.memory import search_seldom
from shared.platform.migrations import PLATFORM
from shared.platform.service import Service
from shared.platform.settings import Settings
from shared.platform.vault import Vault

API = "/api/v1/worklog"
AT_ONCE = 1_000
WRITTEN = (*(TABLES[kind].present for kind in (Kind.PERSON, Kind.CLIENT, Kind.TAG, Kind.JOB, Kind.TIME)), feed_table)
"""Tables that an import fills."""


@dataclass(frozen=True, slots=True)
class Task:
    """One measurement. ``source`` is where plain inserts take their tuples from: a database that ours filled."""

    way: str
    url: str
    count: int
    folder: Path
    source: str = ""


def measure(task: Task) -> dict[str, Any]:
    """Seconds by the wall and of the processor, and the process's peak memory in megabytes."""
    gc.collect()
    watch = WAYS[task.way](task)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"s": round(watch.seconds, 2), "cpu_s": round(watch.cpu, 2), "peak_mb": round(peak / 1024)}


# ---- ours


def our_csv(task: Task) -> Watch:
    """One file over HTTP, in process: read, checked, stored, told on the feed, and every row answered."""
    report = task.folder / "report.csv"
    import_data.write_report(report, task.count)
    form = task.folder / "form"
    with form.open("wb") as whole:
        whole.write(b'--cut\r\nContent-Disposition: form-data; name="file"; filename="report.csv"\r\n')
        whole.write(b"Content-Type: text/csv\r\n\r\n")
        whole.write(report.read_bytes())
        whole.write(b"\r\n--cut--\r\n")
    report.unlink()

    def send(service: Service, key: str) -> None:
        with form.open("rb") as body:
            answered = _call(service, key, "/import", body, form.stat().st_size, "multipart/form-data; boundary=cut")
            if not any(b'"stored":true' in piece for piece in answered):
                raise RuntimeError("the import was refused")

    return _ours(task, send)


def our_json(task: Task) -> Watch:
    """Requests of a thousand records each, over HTTP, in process."""
    requests = task.folder / "requests.jsonl"
    import_data.write_requests(requests, task.count)

    def send(service: Service, key: str) -> None:
        with requests.open("rb") as bodies:
            for body in bodies:
                for _ in _call(service, key, "/records", _Bytes(body), len(body), "application/json"):
                    pass

    return _ours(task, send)


class _Bytes:
    """A body in memory, as a server gives it."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self, size: int = -1) -> bytes:
        end = len(self._data) if size < 0 else size
        piece, self._data = self._data[:end], self._data[end:]
        return piece


def _ours(task: Task, send: Callable[[Service, str], None]) -> Watch:
    db = fresh(task.url)
    environ = {"TIMEBOOKS_DATA": str(task.folder), "TIMEBOOKS_QUICKBOOKS_URL": "http://127.0.0.1:9"}  # where nobody listens
    vault = Vault(bytes(range(32)))
    service = build(Settings.load(environ, ("ingest", "quickbooks")), db, vault, Network())
    account = {"organisation": "Sample Crew", "owner": "Sample Owner", "zone": "UTC", "currency": "USD"}
    body = canonical.dumps(account)
    answer = _call(service, operator_token(vault), "/accounts", _Bytes(body), len(body), "application/json")
    key = json.loads(b"".join(answer))["key"]
    search_seldom()  # as every process of ours that serves
    with Watch() as watch:
        send(service, key)
        jobs.run_ready(db, service.handlers)  # the feed rows of a great file follow in transactions of their own
    _check(db, task.count)
    db.dispose()
    return watch


def _call(service: Service, key: str, path: str, body: Any, length: int, kind: str) -> Iterator[bytes]:
    environ = {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": API + path,
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": body,
        "CONTENT_LENGTH": str(length),
        "CONTENT_TYPE": kind,
        "HTTP_AUTHORIZATION": f"Bearer {key}",
    }
    heard: list[str] = []
    pieces: Iterable[bytes] = service.app(environ, lambda status, headers, *rest: heard.append(status))  # type: ignore[arg-type,return-value]
    yield from pieces
    if heard[0][:1] != "2":
        raise RuntimeError(f"{path}: {heard[0]}")


def _check(db: Database, count: int) -> None:
    """A figure counts only if every entry is stored and told twice: to whoever reads records, and to whoever pays."""
    with db.engine.connect() as connection:
        stored = connection.scalar(sa.select(sa.func.count()).select_from(TABLES[Kind.TIME].present))
        told = connection.scalar(sa.select(sa.func.count()).select_from(feed_table))
    if stored != count or told < 2 * count:
        raise RuntimeError(f"{stored} of {count} entries are stored, and {told} feed rows")


def fresh(url: str) -> Database:
    """A database with the tables of ingest, empty."""
    for name in PLATFORM:
        importlib.import_module(f"shared.platform.{name}")
    db = open_database(url)
    for tables in (metadata, ingest_tables):
        tables.create_all(db.engine)
    return db


# ---- others


def raw(task: Task) -> Watch:
    """``executemany`` of tuples that are ready, by the driver, into the same tables, all in one transaction."""
    source, target = open_database(task.source), fresh(task.url)
    connection = target.engine.raw_connection()
    cursor = connection.cursor()
    cursor.execute("BEGIN") if target.sqlite else None
    watch = Watch()
    for table in WRITTEN:
        names = [column.name for column in table.columns]
        listed, mark = ", ".join(f'"{name}"' for name in names), "?" if target.sqlite else "%s"
        insert = f'INSERT INTO "{table.name}" ({listed}) VALUES ({", ".join([mark] * len(names))})'
        for some in _tuples(source, table, listed):
            with watch:
                cursor.executemany(insert, some)
    with watch:
        connection.commit()
    _check(target, task.count)
    source.dispose()
    target.dispose()
    return watch


def _tuples(db: Database, table: sa.Table, listed: str) -> Iterator[list[Any]]:
    """A table's rows as the driver gives and takes them, in the order in which they were written."""
    order = "rowid" if db.sqlite else "ctid"
    connection = db.engine.raw_connection()
    cursor = connection.cursor() if db.sqlite else connection.cursor(name="rows")  # on the server, or all come at once
    cursor.execute(f'SELECT {listed} FROM "{table.name}" ORDER BY {order}')
    while some := cursor.fetchmany(AT_ONCE):
        yield some
    cursor.close()
    connection.close()


@dataclass(slots=True)
class Watch:
    """Adds up what happens within it: by the wall, and the processor time of this process."""

    seconds: float = 0.0
    cpu: float = 0.0

    def __enter__(self) -> Watch:
        self.seconds -= time.perf_counter()
        self.cpu -= time.process_time()
        return self

    def __exit__(self, *_: Any) -> None:
        self.seconds += time.perf_counter()
        self.cpu += time.process_time()


@dataclass(slots=True)
class Making:
    """Items, and the time that making them took: it is nobody's."""

    items: Iterator[Any]
    watch: Watch = field(default_factory=Watch)

    def __iter__(self) -> Iterator[Any]:
        while True:
            with self.watch:
                item = next(self.items, None)
            if item is None:
                return
            yield item


def dlt(task: Task) -> Watch:
    """dlt from Python dicts, unread and unchecked: merged by id on PostgreSQL, appended on SQLite, where it can't merge."""
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    os.environ["RUNTIME__LOG_LEVEL"] = "CRITICAL"
    os.environ["DLT_DATA_DIR"] = str(task.folder / "dlt")
    import dlt as theirs

    sqlite = task.url.startswith("sqlite")
    if sqlite:
        destination = theirs.destinations.sqlalchemy(credentials=task.url)
    else:
        destination = theirs.destinations.postgres(credentials=_for_dlt(task.url))
    how = "append" if sqlite else {"disposition": "merge", "strategy": "upsert"}
    folder = str(task.folder / "pipelines")
    pipeline = theirs.pipeline("bench", pipelines_dir=folder, destination=destination, dataset_name="main")
    making = Making(import_data.plain_rows(task.count))
    with Watch() as watch:
        done = pipeline.run(
            iter(making),
            table_name="entry",
            primary_key="source_id",
            write_disposition=how,
            columns={"date": {"data_type": "date"}, "rate": {"data_type": "decimal"}},
        )
    done.raise_on_failed_jobs()
    with pipeline.sql_client() as client:
        [(stored,)] = client.execute_sql("SELECT count(*) FROM entry")
    if stored != task.count:
        raise RuntimeError(f"{stored} of {task.count} entries are stored")
    return Watch(watch.seconds - making.watch.seconds, watch.cpu - making.watch.cpu)


def _for_dlt(url: str) -> str:
    """It wants a password and a host; the server asks for none, and the socket's folder in the query goes before."""
    return url.replace("postgresql+psycopg://postgres@/", "postgresql://postgres:none@localhost/")


WAYS: dict[str, Callable[[Task], Watch]] = {"csv": our_csv, "json": our_json, "raw": raw, "dlt": dlt}
