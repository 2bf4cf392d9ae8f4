"""Many rows at once: they come back as they went in, in their order, on both databases and however many there are."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from shared.platform import bulk
from shared.platform.db import Database, Exact, Instant, Json, reading, transaction

_METADATA = sa.MetaData()
THING = sa.Table(
    "bulk_thing",
    _METADATA,
    sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("id", sa.String(36), unique=True),
    sa.Column("text", sa.Text),
    sa.Column("price", Exact),
    sa.Column("at", Instant),
    sa.Column("list", Json),
    sa.Column("sealed", sa.LargeBinary),
    sa.Column("yes", sa.Boolean),
    sa.Column("hash", sa.String(8)),
)
NAMES = ("hash", "id", "text", "price", "at", "list", "sealed", "yes")  # not in the table's order
AT = datetime(2026, 3, 2, 9, 0, 0, 5, UTC)
MANY = [bulk.COPY_FROM - 1, bulk.COPY_FROM, 2_500]


def _rows(count: int, hashed: str = "a") -> list[tuple]:
    texts = ("plain", "tab\tline\nslash\\N \\.", "", None, "Zoë 🚀", '"quoted"')
    return [
        (
            hashed,
            f"id-{number}",
            texts[number % len(texts)],
            (Decimal("85.00"), Decimal("85.0"), None)[number % 3],
            AT + timedelta(seconds=number % 2),
            (["a"], None, {"b": Decimal("1.50")})[number % 3],
            (b"\x00\\x\xff", None)[number % 2],
            number % 2 == 0,
        )
        for number in range(count)
    ]


@pytest.fixture
def db(make_database: Callable[..., Database]) -> Database:
    return make_database(_METADATA)


def _stored(db: Database) -> list[tuple]:
    with reading(db) as session:
        wanted = sa.select(*(THING.c[name] for name in NAMES)).order_by(THING.c.number)
        return [tuple(row) for row in session.execute(wanted)]


@pytest.mark.parametrize("count", MANY)
def test_rows_come_back_as_they_went_in_and_in_their_order(db: Database, count: int) -> None:
    with transaction(db) as session:
        bulk.insert(session, THING, NAMES, _rows(count))
    assert _stored(db) == _rows(count)
    assert str(_stored(db)[0][3]) == "85.00"
    assert str(_stored(db)[1][3]) == "85.0"


@pytest.mark.parametrize("count", MANY)
def test_only_what_differs_is_replaced(db: Database, count: int) -> None:
    with transaction(db) as session:
        for _ in range(2):  # twice in one transaction
            bulk.upsert(session, THING, NAMES, _rows(count), key="id", differs="hash")
    changed = [("b", row[1], "new", *row[3:]) for row in _rows(count)[::2]]
    same = [("a", row[1], "never written", *row[3:]) for row in _rows(count)[1::2]]
    with transaction(db) as session:
        bulk.upsert(session, THING, NAMES, [*changed, *same], key="id", differs="hash")
    stored = {row[1]: row for row in _stored(db)}
    assert len(stored) == count
    assert [stored[row[1]] for row in changed] == changed
    assert [stored[row[1]] for row in same] == _rows(count)[1::2]


def test_what_is_undone_leaves_nothing_and_the_next_time_goes_well(db: Database) -> None:
    with pytest.raises(ZeroDivisionError), transaction(db) as session:
        bulk.upsert(session, THING, NAMES, _rows(300), key="id", differs="hash")
        raise ZeroDivisionError
    assert _stored(db) == []
    with transaction(db) as session:
        bulk.upsert(session, THING, NAMES, _rows(300), key="id", differs="hash")
    assert len(_stored(db)) == 300
