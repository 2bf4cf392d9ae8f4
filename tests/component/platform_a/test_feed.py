"""The feed: positions in commit order, so that no reader steps over a row that commits late."""

from __future__ import annotations

import random
import time
from collections import Counter, defaultdict

import pytest
import sqlalchemy as sa

from shared.contract.messages import SCHEMA
from shared.platform import feed
from shared.platform.db import FEED_LOCK, Database, metadata, reading, transaction
from shared.platform.faultpoint import Rig
from shared.platform.session import insert
from tests import sizes
from tests.component.platform_a.conftest import PATIENCE, Gate

thing = sa.Table("thing", sa.MetaData(), sa.Column("id", sa.String(20), primary_key=True), sa.Column("version", sa.Integer))


@pytest.fixture
def db(make_database) -> Database:
    return make_database(thing.metadata)


def change(session, subject: str) -> int:
    """A change as services make them: a row's next version, and a feed row that tells it."""
    new = insert(session, thing).values(id=subject, version=1)
    changed = new.on_conflict_do_update(index_elements=["id"], set_={"version": thing.c.version + 1}).returning(thing.c.version)
    version = session.execute(changed).scalar_one()
    feed.publish(session, "o", "thing.changed", subject, version)
    return version


class Reader:
    """Reads on from where it is, as every follower does."""

    def __init__(self, db: Database) -> None:
        self.db, self.at, self.seen = db, 0, []

    def read(self, limit: int = 50) -> int:
        page = feed.page(self.db, self.at, [], limit, {})
        self.seen += [(row["subject"], row["version"]) for row in page["rows"]]
        self.at = page["through"]
        return len(page["rows"])


def a_late_commit(db: Database, aside) -> list[tuple[str, int]]:
    """One writer publishes, another publishes and commits, a reader reads, then the first commits; what the reader saw."""
    gate, reader = Gate(), Reader(db)

    def late():
        with transaction(db) as session:
            change(session, "late")
            gate.wait()

    writer = aside(late)
    gate.reached()
    with transaction(db) as session:
        change(session, "early")
    reader.read()
    gate.open()
    writer.result(PATIENCE)
    reader.read()
    return sorted(reader.seen)


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_row_that_commits_late_is_read_and_with_numbering_off_it_is_lost(db, aside, make_database):
    assert a_late_commit(db, aside) == [("early", 1), ("late", 1)]
    with Rig(off=frozenset({"feed_numbering"})):
        assert a_late_commit(make_database(thing.metadata), aside) == [("early", 1)]


def storm(db: Database, aside, *, writers: int, transactions: int) -> tuple[Counter, list[Reader]]:
    """Writers change shared subjects and now and then think better of it, readers read meanwhile; what was committed."""
    finished, committed = [], Counter()

    def write(number: int) -> None:
        pick = random.Random(sizes.seed() * 1000 + number)
        for _ in range(transactions):
            try:
                with transaction(db) as session:
                    made = [
                        (subject, change(session, subject)) for subject in sorted({f"s{pick.randrange(40)}" for _ in range(3)})
                    ]
                    if pick.random() < 0.05:
                        raise InterruptedError
                    if pick.random() < 0.2 and not db.sqlite:
                        time.sleep(pick.random() / 100)  # others commit meanwhile
                committed.update(made)
            except InterruptedError:
                pass
        finished.append(number)

    def read(reader: Reader) -> Reader:
        end = time.monotonic() + PATIENCE
        while len(finished) < writers and time.monotonic() < end:
            reader.read()
        while reader.read():
            pass
        return reader

    readers = [aside(read, Reader(db)) for _ in range(2)]
    for writing in [aside(write, number) for number in range(writers)]:
        writing.result(60)
    return committed, [reading.result(60) for reading in readers]


def test_with_many_writers_no_reader_loses_a_row_and_versions_come_in_order(db, aside):
    committed, readers = storm(db, aside, writers=8, transactions=60)
    assert committed
    for reader in readers:
        assert Counter(reader.seen) == committed
        by_subject = defaultdict(list)
        for subject, version in reader.seen:
            by_subject[subject].append(version)
        assert all(versions == sorted(versions) for versions in by_subject.values())
    assert readers[0].seen == readers[1].seen


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_with_numbering_off_many_writers_make_readers_lose_rows(db, aside):
    with Rig(off=frozenset({"feed_numbering"})):
        committed, readers = storm(db, aside, writers=8, transactions=60)
    assert any(committed - Counter(reader.seen) for reader in readers)


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_writer_that_stops_before_its_commit_holds_the_others_up_for_two_seconds_only(db, aside):
    gate = Gate()

    def stop(name: str) -> None:
        if name == "feed.before_commit" and not gate._reached.is_set():
            gate.wait()

    def write() -> None:
        with transaction(db) as session:
            change(session, "stopped")

    with Rig(hook=stop):
        stopped = aside(write)
        gate.reached()
        start = time.monotonic()
        with transaction(db) as session:
            change(session, "free")
        assert 1 < time.monotonic() - start < 5
        gate.open()
        with pytest.raises(sa.exc.DBAPIError):
            stopped.result(PATIENCE)
    reader = Reader(db)
    reader.read()
    assert reader.seen == [("free", 1)]


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_reading_waits_for_no_lock_and_writes_nothing(db):
    feed.page(db, 0, [], 10, {})  # the feed's name is made at the first reading
    with transaction(db) as session:
        change(session, "a")
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(FEED_LOCK)))
        assert feed.page(db, 0, [], 10, {})["rows"] == []


def test_a_page_has_bodies_of_the_present_state_and_none_for_what_is_gone(db):
    with transaction(db) as session:
        for subject in ("a", "b", "a"):
            change(session, subject)
    asked = []

    def bodies(session, rows):
        asked.append([row["subject"] for row in rows])
        return {"a": {"now": 2}}

    page = feed.page(db, 0, [], 10, {"thing.changed": bodies})
    assert [(row["position"], row["subject"], row["version"], row["body"]) for row in page["rows"]] == [
        (1, "a", 1, {"now": 2}),
        (2, "b", 1, None),
        (3, "a", 2, {"now": 2}),
    ]
    assert asked == [["a", "b", "a"]]
    assert {row["schema"] for row in page["rows"]} == {SCHEMA}


def subjects(page):
    return [row["subject"] for row in page["rows"]]


def test_pages_are_told_by_kind_and_organisation_and_say_through_where_they_go(db):
    with transaction(db) as session:
        for number in range(6):
            feed.publish(session, f"o{number % 2}", f"k{number % 3}", f"s{number}", 1)
    assert subjects(feed.page(db, 0, ["k0"], 10, {})) == ["s0", "s3"]
    assert subjects(feed.page(db, 0, ["k0", "k1"], 10, {}, organisation="o1")) == ["s1", "s3"]
    full, last = feed.page(db, 0, [], 4, {}), feed.page(db, 4, [], 4, {})
    assert (full["through"], last["through"], full["head"]) == (4, 6, 6)
    assert feed.page(db, 0, ["k0"], 10, {})["through"] == 6
    empty = feed.page(db, 6, [], 4, {})
    assert (empty["rows"], empty["through"]) == ([], 6)


def test_a_feed_has_one_name_whoever_asks_first(db, aside):
    names = {future.result(PATIENCE) for future in [aside(feed.identity, db) for _ in range(8)]}
    assert len(names) == 1
    with reading(db) as session:
        assert session.execute(sa.select(sa.func.count()).select_from(metadata.tables["feed_head"])).scalar() == 1
