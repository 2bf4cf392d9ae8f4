"""The databases that tests stand on are fresh, and one of each kind."""

from __future__ import annotations

import sqlalchemy as sa

things = sa.MetaData()
thing = sa.Table("thing", things, sa.Column("name", sa.String(20), primary_key=True))


def test_each_database_is_fresh_and_has_the_platforms_tables_and_ours(make_database):
    first, second = make_database(things), make_database(things)
    with first.engine.begin() as connection:
        connection.execute(thing.insert().values(name="here"))
    with second.engine.connect() as connection:
        assert connection.execute(sa.select(thing)).all() == []
    assert {"thing", "feed"} <= set(sa.inspect(second.engine).get_table_names())


def test_the_clock_stands_still_until_it_is_moved(clock):
    from shared.platform.clock import now

    before = now()
    clock.advance(minutes=1)
    assert (now() - before).total_seconds() == 60
