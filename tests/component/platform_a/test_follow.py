"""Following another service's feed: cursor and effect in one transaction, start again where the feed was restored."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from shared.kernel.errors import Park
from shared.platform import feed
from shared.platform.db import Database, reading, transaction
from shared.platform.faultpoint import Rig
from shared.platform.session import insert
from tests.component.platform_a.conftest import PATIENCE, Gate

applied = sa.Table(
    "applied",
    sa.MetaData(),
    sa.Column("reader", sa.String(20), primary_key=True),
    sa.Column("subject", sa.String(20), primary_key=True),
    sa.Column("version", sa.Integer),
    sa.Column("times", sa.Integer),
)


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def there(make_database) -> Database:
    """The database of the service that is followed."""
    return make_database()


@pytest.fixture
def here(make_database) -> Database:
    return make_database(applied.metadata)


def says(there, *subjects, version=1, kind="thing.changed"):
    with transaction(there) as session:
        for subject in subjects:
            feed.publish(session, "o", kind, subject, version)


def source(there, kinds=()):
    """What GET /feed answers."""
    return lambda after, limit: feed.page(there, after, kinds, limit, {})


def applying(reader="r", seen=None):
    def apply(session, row):
        new = insert(session, applied).values(reader=reader, subject=row["subject"], version=row["version"], times=1)
        again = {"version": new.excluded.version, "times": applied.c.times + 1}
        session.execute(new.on_conflict_do_update(index_elements=["reader", "subject"], set_=again))
        if seen is not None:
            seen.append(row["subject"])

    return apply


def effects(here, reader="r"):
    with reading(here) as session:
        mine = sa.select(applied.c.subject, applied.c.times).where(applied.c.reader == reader)
        return {row.subject: row.times for row in session.execute(mine)}


def cursor(here, name="r"):
    with reading(here) as session:
        return session.execute(sa.select(feed.cursor.c.position).where(feed.cursor.c.name == name)).scalar()


def test_every_row_is_applied_once_over_many_pages_and_then_nothing_is_left(here, there):
    says(there, *(f"s{number}" for number in range(25)))
    seen = []
    assert feed.follow(here, "r", source(there), applying(seen=seen), limit=10) == 25
    assert seen == [f"s{number}" for number in range(25)]
    assert feed.follow(here, "r", source(there), applying(seen=seen), limit=10) == 0
    says(there, "new")
    assert feed.follow(here, "r", source(there), applying(seen=seen), limit=10) == 1
    assert effects(here) == {**{f"s{number}": 1 for number in range(25)}, "new": 1}


def test_the_cursor_passes_over_what_the_reader_does_not_want(here, there):
    says(there, *(f"s{number}" for number in range(30)), kind="other")
    says(there, "mine")
    asked = []

    def fetch(after, limit):
        asked.append(after)
        return source(there, ["thing.changed"])(after, limit)

    assert feed.follow(here, "r", fetch, applying(), limit=10) == 1
    says(there, *(f"t{number}" for number in range(30)), kind="other")
    assert feed.follow(here, "r", fetch, applying(), limit=10) == 0
    assert (asked, cursor(here)) == ([0, 31], 61)


def test_a_server_with_a_smaller_page_than_asked_for_makes_no_reader_jump(here, there):
    says(there, *(f"s{number}" for number in range(25)))
    assert feed.follow(here, "r", lambda after, limit: source(there)(after, min(limit, 4)), applying(), limit=100) == 25
    assert len(effects(here)) == 25


def test_a_reader_beyond_the_head_starts_again_at_the_beginning(here, there, make_database):
    says(there, *(f"s{number}" for number in range(10)))
    feed.follow(here, "r", source(there), applying())
    restored = make_database()
    says(restored, "s0", "s1")
    with transaction(restored) as session:  # an old backup of the same feed: same name, fewer rows
        session.execute(sa.insert(feed.head).values(one=1, feed=feed.identity(there)))
    assert feed.follow(here, "r", source(restored), applying()) == 2
    assert (effects(here)["s0"], effects(here)["s9"], cursor(here)) == (2, 1, 2)


def test_a_reader_of_a_feed_with_another_name_starts_again_at_the_beginning(here, there, make_database):
    says(there, "a", "b")
    feed.follow(here, "r", source(there), applying())
    anew = make_database()
    says(anew, *(f"n{number}" for number in range(5)))
    assert feed.follow(here, "r", source(anew), applying()) == 5
    assert effects(here) == {"a": 1, "b": 1, **{f"n{number}": 1 for number in range(5)}}


def of_another_schema(fetch, position, schema):
    def answer(after, limit):
        page = fetch(after, limit)
        rows = [{**row, "schema": schema} if row["position"] >= position else row for row in page["rows"]]
        return {**page, "rows": rows}

    return answer


def test_an_unknown_schema_parks_the_reader_before_it_and_nothing_is_skipped(here, there):
    says(there, *(f"s{number}" for number in range(6)))
    newer = of_another_schema(source(there), 4, "2.0")
    for _ in range(2):
        with pytest.raises(Park, match="position 4") as told:
            feed.follow(here, "r", newer, applying())
        assert told.value.code == "unknown_schema"
        assert (effects(here), cursor(here)) == ({"s0": 1, "s1": 1, "s2": 1}, 3)
    assert feed.follow(here, "r", source(there), applying()) == 3
    assert effects(here) == {f"s{number}": 1 for number in range(6)}


def test_a_newer_minor_schema_is_read(here, there):
    says(there, "a")
    assert feed.follow(here, "r", of_another_schema(source(there), 1, "1.7"), applying()) == 1


def test_readers_of_different_names_each_see_everything(here, there):
    says(there, "a", "b")
    assert feed.follow(here, "one", source(there), applying("one")) == 2
    assert feed.follow(here, "two", source(there), applying("two")) == 2


def test_two_readers_of_one_name_apply_every_row_once(here, there, aside):
    says(there, *(f"s{number}" for number in range(40)))
    gates = Gate(), Gate()

    def meeting(gate):
        def fetch(after, limit):
            page = source(there)(after, limit)
            if after == 0:
                gate.wait()  # both hold the first page before either applies it
            return page

        return fetch

    both = [aside(feed.follow, here, "r", meeting(gate), applying()) for gate in gates]
    for gate in gates:
        gate.reached()
    for gate in gates:
        gate.open()
    assert sum(future.result(PATIENCE) for future in both) == 40
    assert effects(here) == {f"s{number}": 1 for number in range(40)}


def dies_and_comes_back(here, there, point):
    def die(name):
        if name == point:
            raise Killed

    says(there, "a", "b", "c")
    with pytest.raises(Killed), Rig(hook=die):
        feed.follow(here, "r", source(there), applying())
    feed.follow(here, "r", source(there), applying())
    return effects(here)


@pytest.mark.parametrize("point", ["follow.fetched", "follow.applied"])
def test_a_reader_killed_at_any_point_applies_every_row_once_in_the_end(here, there, point):
    assert dies_and_comes_back(here, there, point) == {"a": 1, "b": 1, "c": 1}


def test_with_the_cursor_apart_from_the_effect_a_killed_reader_loses_rows(here, there):
    met = []

    def die(name):
        met.append(name)
        if met.count("follow.fetched") == 2:
            raise Killed

    says(there, "a", "b", "c")
    off = frozenset({"cursor_with_effect"})
    with pytest.raises(Killed), Rig(hook=die, off=off):
        feed.follow(here, "r", source(there), applying())
    with Rig(off=off):
        feed.follow(here, "r", source(there), applying())
    assert effects(here) == {}


def test_a_row_that_cannot_be_applied_leaves_cursor_and_effect_of_its_page_undone(here, there):
    says(there, "a", "b", "c")

    def apply(session, row):
        applying()(session, row)
        if row["subject"] == "b":
            raise LookupError

    with pytest.raises(LookupError):
        feed.follow(here, "r", source(there), apply)
    assert (effects(here), cursor(here)) == ({}, None)


def test_moving_a_cursor_back_replays(here, there):
    says(there, "a", "b")
    feed.follow(here, "r", source(there), applying())
    with transaction(here) as session:
        session.execute(sa.update(feed.cursor).values(position=1))
    assert feed.follow(here, "r", source(there), applying()) == 1
    assert effects(here) == {"a": 1, "b": 2}
