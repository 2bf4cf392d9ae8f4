"""Column types: what goes in comes out exactly, on either engine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import hypothesis.strategies as st
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings

from shared.platform import clock, jobs
from shared.platform.db import Exact, Instant, Json, reading, transaction
from shared.platform.session import insert
from tests import sizes

noted = sa.Table(
    "noted",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", Instant),
    sa.Column("amount", Exact),
    sa.Column("facts", Json),
)
AT = datetime(2026, 3, 29, 1, 30, 15, 123457, tzinfo=UTC)
SAME_FIXTURE = settings(max_examples=sizes.size("other_examples"), suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def db(make_database):
    return make_database(noted.metadata)


def stored(db, **values):
    """One row through the database and back."""
    with transaction(db) as session:
        session.execute(sa.delete(noted))
        session.execute(sa.insert(noted).values(id=1, **values))
    with reading(db) as session:
        return session.execute(sa.select(noted)).one()


AMOUNTS = ["0", "0.00", "7.50", "-12.30", "1000", "0.001", "123456789.123", "0.0000001", "99999999999999999999.9999999", "5E+3"]


@pytest.mark.parametrize("text", AMOUNTS, ids=str)
def test_an_amount_keeps_its_value_and_its_places_from_yen_to_dinar(db, text):
    amount = stored(db, amount=Decimal(text)).amount
    assert (amount, f"{amount:f}") == (Decimal(text), f"{Decimal(text):f}")


def test_any_amount_is_the_same_afterwards(db):
    @SAME_FIXTURE
    @given(st.decimals(allow_nan=False, allow_infinity=False, places=7, min_value=-(10**12), max_value=10**12))
    def check(amount):
        assert stored(db, amount=amount).amount == amount

    check()


@pytest.mark.parametrize("value", [0.1, Decimal("NaN"), Decimal("Infinity"), "1.5"], ids=str)
def test_what_is_no_exact_number_is_refused(db, value):
    with pytest.raises(sa.exc.StatementError, match="no exact number"):
        stored(db, amount=value)


def test_an_instant_comes_back_aware_in_utc_to_the_microsecond(db):
    east = AT.astimezone(timezone(timedelta(hours=13, minutes=45)))
    for given_ in (AT, east, datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)):
        at = stored(db, at=given_).at
        assert (at, at.tzinfo) == (given_, UTC)


def test_an_instant_without_a_zone_is_refused(db):
    with pytest.raises(sa.exc.StatementError, match="no zone"):
        stored(db, at=AT.replace(tzinfo=None))


def test_nothing_stays_nothing(db):
    assert tuple(stored(db, at=None, amount=None, facts=None)) == (1, None, None, None)


SPANS = [timedelta(microseconds=1), timedelta(seconds=-5), timedelta(days=400, seconds=1), timedelta(0)]


@pytest.mark.parametrize("span", SPANS, ids=str)
def test_spans_are_added_subtracted_and_compared_in_the_database(db, span):
    stored(db, at=AT)
    with reading(db) as session:
        later, sooner = session.execute(sa.select(noted.c.at + span, noted.c.at - span)).one()
        assert (later, sooner) == (AT + span, AT - span)
        shifted = sa.select(noted.c.id).where(noted.c.at + span == AT + span, noted.c.at - span == sa.literal(AT - span, Instant))
        assert session.execute(shifted).scalars().all() == [1]
        assert session.execute(sa.select(noted.c.id).where(noted.c.at > noted.c.at + abs(span))).all() == []


def test_instants_are_compared_and_ordered_as_time_goes(db):
    moments = [AT + timedelta(seconds=number) for number in (3, -1, 0, 2)]
    with transaction(db) as session:
        session.execute(sa.insert(noted), [{"id": number, "at": at} for number, at in enumerate(moments)])
    with reading(db) as session:
        assert session.execute(sa.select(noted.c.at).order_by(noted.c.at)).scalars().all() == sorted(moments)
        assert session.execute(sa.select(sa.func.max(noted.c.at))).scalar() == max(moments)
        assert session.execute(sa.select(sa.func.count()).where(noted.c.at > AT)).scalar() == 2
        assert session.execute(sa.select(noted.c.id).where(noted.c.at.in_([AT]))).scalar() == 2


def test_plain_values_come_back_as_they_went_in(db):
    facts = {"b": [1, Decimal("7.50"), None, True], "a": {"ü": "text"}}
    back = stored(db, facts=facts).facts
    assert back == facts
    assert str(back["b"][1]) == "7.50"


def test_an_upsert_is_written_once_for_both_engines(db):
    with transaction(db) as session:
        for amount in ("1", "2"):
            new = insert(session, noted).values(id=1, amount=Decimal(amount))
            session.execute(new.on_conflict_do_update(index_elements=["id"], set_={"amount": new.excluded.amount}))
        session.execute(insert(session, noted).values(id=1, amount=Decimal(3)).on_conflict_do_nothing())
        assert session.execute(sa.select(noted.c.amount)).scalars().all() == [Decimal(2)]


def test_leases_go_by_the_clock_of_the_database_where_it_is_shared(db, backend):
    with reading(db) as session:
        now = clock.lease_now(session)
        assert now.tzinfo is UTC
        assert abs(now - datetime.now(UTC)) < timedelta(minutes=1)
        if backend == "postgresql":
            theirs = session.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
            assert now <= theirs < now + timedelta(minutes=1)


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_host_whose_clock_is_wrong_neither_delays_its_jobs_nor_cuts_leases_short(db, monkeypatch):
    """The hosts' clocks differ by an hour; the database's is what counts."""

    def fast():
        return datetime.now(UTC) + timedelta(hours=1)

    monkeypatch.setattr(clock, "_system", fast)
    monkeypatch.setattr(clock, "_source", fast)
    with transaction(db) as session:
        number = jobs.ask(session, "push", "one", organisation="o")
    monkeypatch.undo()
    assert jobs.due(db) == [number]
    assert jobs.take(db, number)
    assert jobs.take(db, number) is None


def test_a_replaced_clock_is_what_everybody_goes_by(db, request):
    virtual = request.getfixturevalue("clock")
    virtual.advance(days=3)
    with reading(db) as session:
        assert clock.lease_now(session) == clock.now() == virtual.now
    before = virtual.now
    clock.sleep(1.5)
    assert clock.now() == before + timedelta(seconds=1.5)
