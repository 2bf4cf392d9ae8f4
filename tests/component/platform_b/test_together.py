"""What several callers want written at once goes into one transaction, and each knows whether its own is stored."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from shared.platform.together import Together

tables = sa.MetaData()
note = sa.Table("note", tables, sa.Column("text", sa.String(20), primary_key=True))


class Notes:
    """Writes notes, and lets a test hold the first transaction up."""

    def __init__(self, db):
        self.db, self.batches, self.go_on = db, [], threading.Event()
        self.together = Together(db, self.write)

    def write(self, session, texts):
        self.batches.append(list(texts))
        if texts == ["first"]:
            self.go_on.wait(10)
        session.execute(sa.insert(note), [{"text": text} for text in texts])

    def kept(self):
        with self.db.engine.connect() as connection:
            return set(connection.execute(sa.select(note.c.text)).scalars())


@pytest.fixture
def notes(make_database):
    return Notes(make_database(tables))


def test_those_who_come_while_one_writes_are_written_together(notes):
    with ThreadPoolExecutor(5) as pool:
        first = pool.submit(notes.together, "first")
        while not notes.batches:
            pass
        others = [pool.submit(notes.together, f"other {number}") for number in range(4)]
        while len(notes.together._parts) < 4:
            pass
        notes.go_on.set()
        for one in (first, *others):
            one.result(10)
    assert notes.batches[0] == ["first"]
    assert sorted(notes.batches[1]) == ["other 0", "other 1", "other 2", "other 3"]
    assert len(notes.kept()) == 5


def test_one_that_can_not_be_written_fails_alone_and_the_others_are_stored(notes):
    notes.together("twice")
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(notes.together, "first")
        while len(notes.batches) < 2:
            pass
        others = {text: pool.submit(notes.together, text) for text in ("good", "twice", "fine")}
        while len(notes.together._parts) < 3:
            pass
        notes.go_on.set()
        first.result(10)
        failed = {text for text, one in others.items() if one.exception(10)}
    kept = notes.kept()
    assert "twice" in failed
    assert {"good", "fine"} - failed <= kept
    assert not (failed - {"twice"}) & kept
