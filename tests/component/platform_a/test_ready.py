"""A SELECT that was made once gives what SQLAlchemy gives, whoever runs it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import sqlalchemy as sa

from shared.platform.db import Exact, Instant, Json, reading, transaction
from shared.platform.ready import LONGEST
from shared.platform.session import prepared, ready

thing = sa.Table(
    "bench_thing",
    sa.MetaData(),
    sa.Column("id", sa.String(8), primary_key=True),
    sa.Column("day", sa.Date),
    sa.Column("at", Instant),
    sa.Column("price", Exact),
    sa.Column("count", sa.BigInteger),
    sa.Column("open", sa.Boolean),
    sa.Column("told", Json),
    sa.Column("sealed", sa.LargeBinary),
)
ROWS = [
    {"id": f"t{number}", "day": date(2026, 3, number), "at": datetime(2026, 3, number, 9, tzinfo=UTC), "price": Decimal("48.50"),
     "count": 2**40 + number, "open": number % 2 == 0, "told": {"n": Decimal("1.5"), "of": ["ä%s?"]}, "sealed": b"\0:x"}
    for number in range(1, 6)
]  # fmt: skip


@pytest.fixture
def things(db):
    thing.create(db.engine)
    with transaction(db) as session:
        session.execute(sa.insert(thing), ROWS)
    return db


@prepared
def _among(shape: str, /, ids, since, least):
    chosen = sa.select(thing).where(thing.c.id.in_(ids), thing.c.at >= since, thing.c.price >= least, thing.c.id != "100%")
    return chosen.where(thing.c.id.in_(["t1", "t2", "t3", "t4"])).order_by(thing.c.id)


other = thing.alias()
STATEMENTS = {
    "every type": (sa.select(thing).order_by(thing.c.id), {}),
    "a union": (sa.union_all(sa.select(thing.c.id.label("one")), sa.select(sa.literal("x:y%"))).order_by("one"), {}),
    "nameless": (sa.select(sa.func.count(), sa.func.sum(thing.c.count), sa.exists().where(thing.c.open)), {}),
    "one name twice": (sa.select(thing.c.id, other.c.id).join(other, other.c.id == thing.c.id), {}),
    "of none": (sa.select(thing.c.id).where(thing.c.id == sa.bindparam("of")), {"of": None}),
    "tuples": (sa.select(thing.c.id).where(sa.tuple_(thing.c.id, thing.c.open).in_(sa.bindparam("of", expanding=True))),
               {"of": [("t1", False), ("t2", False)]}),
}  # fmt: skip


@pytest.mark.parametrize("what", STATEMENTS)
def test_the_driver_gives_what_sqlalchemy_gives(things, what):
    statement, values = STATEMENTS[what]
    with reading(things) as session:
        wanted = session.execute(statement, values)
        found = session.execute(ready(statement), values)
        assert list(found.keys()) == list(wanted.keys())
        assert found.all() == wanted.all()


@pytest.mark.parametrize("length", [0, 1, 4, LONGEST, LONGEST + 1])
def test_a_list_of_any_length_is_looked_among(things, length):
    ids = [f"t{number}" for number in range(1, length + 1)]
    with reading(things) as session:
        found = session.execute(*_among("a", ids, ROWS[1]["at"], Decimal("48.5"))).mappings().all()
    assert [dict(row) for row in found] == [row for row in ROWS[1:4] if row["id"] in ids]


def test_what_the_database_refuses_is_raised_as_sqlalchemy_raises_it(db):
    with pytest.raises(sa.exc.DBAPIError) as refused, reading(db) as session:
        session.execute(ready(sa.select(thing.c.id)))
    assert "bench_thing" in str(refused.value)
