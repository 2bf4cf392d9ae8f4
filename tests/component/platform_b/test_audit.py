"""The audit chain: complete in whatever order rows commit, and no change of it goes unseen."""

from __future__ import annotations

import contextlib
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.platform.audit import AUDIT_LOCK, Report, audit, audit_head, chain, first_use, record, verify
from shared.platform.db import reading, transaction


def told(database, count, organisation="org"):
    for number in range(count):
        with transaction(database) as session:
            record(
                session,
                organisation,
                "key-1",
                "invoice.composed",
                f"invoice-{number}",
                total=Decimal("7.50"),
                day=date(2026, 3, 2),
            )


def report(database, organisation="org") -> Report:
    with reading(database) as session:
        return verify(session, organisation)


def test_rows_are_sealed_into_one_chain_for_each_organisation(database):
    told(database, 3), told(database, 2, "other")
    assert report(database) == Report(True, 0, 3, None)
    assert chain(database) == 5
    told(database, 1)
    assert report(database) == Report(True, 3, 1, None)
    assert chain(database) == 1 and chain(database) == 0
    assert report(database) == Report(True, 4, 0, None)
    assert report(database, "other") == Report(True, 2, 0, None)
    assert report(database, "nobody") == Report(True, 0, 0, None)


def test_a_row_of_a_change_that_was_undone_is_not_there(database):
    with contextlib.suppress(ZeroDivisionError), transaction(database) as session:
        record(session, "org", "key-1", "plan.applied", "plan-1")
        _ = 1 / 0
    assert chain(database) == 0


def test_facts_of_every_kind_are_told_again_as_they_were_hashed(database):
    with transaction(database) as session:
        record(
            session, "org", "key-1", "push", "run-1", day=date(2026, 3, 2), at=datetime(2026, 3, 2, 9, 0, 0, 5, tzinfo=UTC),
            amount=Decimal("7.500"), count=3, automatic=False, plan="p-1", none=None,
        )  # fmt: skip
    chain(database)
    assert report(database).ok


@pytest.mark.parametrize(
    "value", ["Anna Lindqvist", "anna@example.com", "päivi", "a\nb", "x" * 81, 1.5, b"x", ["a"], {"a": 1}, {"a"}], ids=repr
)
def test_free_text_is_refused_as_a_fact_an_actor_or_a_subject(database, value):
    with transaction(database) as session:
        for arguments in (("org", value, "push", "x"), ("org", "key-1", value, "x"), ("org", "key-1", "push", value)):
            with pytest.raises(TypeError):
                record(session, *arguments)
        with pytest.raises(TypeError):
            record(session, "org", "key-1", "push", "x", fact=value)


def test_a_long_chain_is_sealed_and_verified_in_portions(database):
    with transaction(database) as session:
        for number in range(2_100):
            record(session, "org", "key-1", "push", str(number))
    assert chain(database) == 2_100
    assert report(database) == Report(True, 2_100, 0, None)


def test_a_row_that_commits_late_comes_after_the_sealed_ones_and_breaks_nothing(database, backend):
    """Its id is lower than theirs on PostgreSQL: a chain in order of ids would have to be broken for it."""
    inserted, sealed = threading.Event(), threading.Event()

    def late() -> None:
        with transaction(database) as session:
            record(session, "org", "key-1", "late", "late")
            inserted.set()
            if backend == "postgresql":
                sealed.wait(10)

    writer = threading.Thread(target=late)
    writer.start()
    inserted.wait(10)
    if backend == "sqlite":  # one writer at a time: there is no late commit
        writer.join(10)
    told(database, 2)
    first = chain(database)
    sealed.set()
    writer.join(10)
    assert first + chain(database) == 3
    assert report(database) == Report(True, 3, 0, None)
    with reading(database) as session:
        order = session.execute(sa.select(audit.c.action).order_by(audit.c.position)).scalars().all()
        ids = session.execute(sa.select(audit.c.id).order_by(audit.c.position)).scalars().all()
    assert order.index("late") == (2 if backend == "postgresql" else 0)
    assert (ids == sorted(ids)) == (backend == "sqlite")


def test_writers_and_several_sealers_at_once_lose_nothing(database):
    stop = threading.Event()

    def seal() -> int:
        done = 0
        while not stop.is_set():
            done += chain(database)
        return done

    with ThreadPoolExecutor(6) as pool:
        sealers = [pool.submit(seal) for _ in range(2)]
        writers = [pool.submit(told, database, 25, organisation) for organisation in ("org", "org", "org", "other")]
        for writer in writers:
            writer.result(30)
        stop.set()
        done = sum(sealer.result(30) for sealer in sealers)
    assert done + chain(database) == 100
    assert report(database) == Report(True, 75, 0, None) and report(database, "other") == Report(True, 25, 0, None)


def test_a_sealer_waits_for_the_one_before_it(database, backend):
    told(database, 1)
    if backend == "postgresql":
        with database.engine.connect() as held:
            held.execute(sa.select(sa.func.pg_advisory_xact_lock(AUDIT_LOCK)))
            with ThreadPoolExecutor(1) as pool:
                waiting = pool.submit(chain, database)
                with pytest.raises(TimeoutError):
                    waiting.result(0.2)
                held.rollback()
                assert waiting.result(10) == 1
    assert report(database).unsealed == (0 if backend == "postgresql" else 1)


def edit(session, rows, pick):
    row = rows[pick.randrange(len(rows))]
    column, value = pick.choice(
        [("actor", "mallory"), ("action", "x"), ("subject", "x"), ("facts", {"total": Decimal("7.51")}), ("facts", {}),
         ("at", datetime(2020, 1, 1, tzinfo=UTC)), ("hash", "0" * 64), ("organisation", "third")]
    )  # fmt: skip
    session.execute(sa.update(audit).where(audit.c.id == row.id).values({column: value}))


def remove(session, rows, pick):
    """Remove one row anywhere, the last included; pull the others up now and then, as a careful forger would."""
    row = rows[pick.randrange(len(rows))]
    session.execute(sa.delete(audit).where(audit.c.id == row.id))
    if pick.random() < 0.5:
        for later in rows[row.position :]:
            session.execute(sa.update(audit).where(audit.c.id == later.id).values(position=later.position - 1))


def put_in(session, rows, pick):
    place = pick.randrange(len(rows) + 2)
    for row in reversed(rows[max(place - 1, 0) :]):
        session.execute(sa.update(audit).where(audit.c.id == row.id).values(position=row.position + 1))
    like = rows[pick.randrange(len(rows))]
    forged = {name: getattr(like, name) for name in ("organisation", "at", "actor", "action", "subject", "facts", "hash")}
    session.execute(sa.insert(audit).values(**forged, position=place))


def reorder(session, rows, pick):
    one, two = pick.sample(rows, 2)
    for row, place in ((one, -1), (two, one.position), (one, two.position)):
        session.execute(sa.update(audit).where(audit.c.id == row.id).values(position=place))


def truncate(session, rows, pick):
    keep = pick.randrange(len(rows))
    session.execute(sa.delete(audit).where(audit.c.position > keep, audit.c.organisation == "org"))


def unseal(session, rows, pick):
    row = rows[pick.randrange(len(rows))]
    session.execute(sa.update(audit).where(audit.c.id == row.id).values(position=None, hash=None))


def change_head(session, rows, pick):
    if pick.random() < 0.3:
        session.execute(sa.delete(audit_head).where(audit_head.c.organisation == "org"))
    else:
        change = pick.choice([{"length": len(rows) - 1}, {"length": len(rows) + 1}, {"hash": rows[0].hash}])
        session.execute(sa.update(audit_head).where(audit_head.c.organisation == "org").values(change))


class UndoError(Exception):
    """Leaves a transaction without keeping it."""


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(harm=st.sampled_from([edit, remove, put_in, reorder, truncate, unseal, change_head]), seed=st.integers(0, 2**32))
def test_any_edit_deletion_insertion_reordering_or_truncation_is_found(database, harm, seed):
    if report(database).sealed == 0:
        told(database, 6), told(database, 3, "other")
        chain(database)
    with contextlib.suppress(UndoError), transaction(database) as session:
        rows = session.execute(sa.select(audit).where(audit.c.organisation == "org").order_by(audit.c.position)).all()
        harm(session, rows, random.Random(seed))
        found = verify(session, "org")
        assert not found.ok and found.first_bad is not None
        if harm is not edit:  # an edit may move the row itself into another organisation
            assert verify(session, "other").ok
        raise UndoError
    assert report(database).ok


def test_the_first_use_of_a_key_in_an_hour_leaves_one_row(database, clock):
    def use() -> bool:
        with transaction(database) as session:
            return first_use(session, "org", "key-1")

    assert [use(), use()] == [True, False]
    clock.advance(minutes=59)
    assert not use()
    clock.advance(minutes=1)
    assert use()
    with transaction(database) as session:
        assert first_use(session, "org", "key-2") and first_use(session, "other", "key-1")
    assert chain(database) == 4
