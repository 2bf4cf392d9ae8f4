"""What becomes of records that come in."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.records import query
from services.ingest.records.approval import set_state
from services.ingest.records.fingerprint import fingerprint
from services.ingest.records.intake import RECORD_CHANGED
from services.ingest.records.models import TABLES
from shared.contract.record_schemas import content, load_record
from shared.contract.records import AnyRecord, Approval, Kind
from shared.kernel import canonical
from shared.platform import feed
from shared.platform.db import reading, transaction
from tests.component.ingest.conftest import Books, Caller

EVERY: tuple[dict[str, Any], ...] = (
    {"kind": "person", "source_id": "p", "name": "Ann", "email": "ann@blue.example", "zone": "Asia/Tokyo"},
    {"kind": "client", "source_id": "c", "name": "Blue", "address": "1 Sea St\nPort", "currency": "JPY"},
    {"kind": "tag", "source_id": "g", "name": "urgent"},
    {"kind": "job", "source_id": "j", "name": "Site", "client": "c", "currency": "JPY",
     "rates": [{"rate": "85.50", "person": "p", "since": "2026-01-01"}, {"rate": "7", "overtime_rate": "8"}]},
    {"kind": "time", "source_id": "t", "date": "2026-03-02", "person": "p", "client": "c", "job": "j", "tags": ["g"],
     "seconds": 3600, "break_seconds": 60, "overtime_seconds": 30, "start": "2026-03-02T09:00:00", "end": "2026-03-02T10:01:00",
     "zone": "Asia/Tokyo", "rate": "0.0000001", "notes": "line one\nline two", "billable": False},
    {"kind": "expense", "source_id": "e", "date": "2026-03-02", "person": "p", "amount": "-12.34", "currency": "EUR",
     "category": "travel"},
    {"kind": "mileage", "source_id": "m", "date": "2026-03-02", "person": "p", "distance": "12.5", "unit": "km", "rate": "0.3"},
)  # fmt: skip


def _all(books: Books) -> list[AnyRecord]:
    return [books.record(**one) for one in EVERY]


def _stored(books: Books) -> dict[str, AnyRecord]:
    with reading(books.db) as session:
        return {one.id: one for kind in Kind for one in query.by_id(session, books.vault, books.organisation, kind).values()}


def test_every_kind_comes_back_as_it_went_in_and_again_writes_nothing(books: Books) -> None:
    sent = _all(books)
    assert {one.outcome for one in books.accepts(*reversed(sent))} == {"new"}
    held = _stored(books)
    for one in sent:
        kept = held[one.id]
        assert replace(kept, revision=0, content_hash="", origin=None) == one
    assert {one.outcome for one in books.accepts(*sent)} == {"unchanged"}
    with reading(books.db) as session:
        mine = sa.select(sa.func.count()).where(feed.feed.c.kind == RECORD_CHANGED)
        assert session.execute(mine).scalar_one() == len(sent)


def test_every_version_is_kept_and_told_on_the_feed(books: Books) -> None:
    *_, expense, _ = _all(books)
    books.accepts(*_all(books))
    for category in ("food", "drink"):
        [result] = books.accepts(replace(expense, category=category))
    assert (result.outcome, result.revision) == ("changed", 3)
    with reading(books.db) as session:
        versions = query.history(session, books.vault, books.organisation, Kind.EXPENSE, expense.id)
        told = sa.select(feed.feed.c.version).where(feed.feed.c.subject == expense.id, feed.feed.c.kind == RECORD_CHANGED)
        assert session.execute(told.order_by(feed.feed.c.position)).scalars().all() == [1, 2, 3]
    assert [(one.revision, one.category) for one in versions] == [(1, "travel"), (2, "food"), (3, "drink")]


def test_the_same_id_twice_in_one_request_counts_in_order(books: Books) -> None:
    ann = books.record("person", "p", name="Ann")
    results = books.accepts(ann, replace(ann, name="Anna"), ann, ann)
    assert [(one.outcome, one.revision) for one in results] == [("new", 1), ("changed", 2), ("changed", 3), ("unchanged", 3)]


def test_a_tombstone_hides_a_record_from_lists_and_keeps_its_versions(books: Books) -> None:
    books.accepts(*_all(books))
    entry = next(one for one in _all(books) if one.source_id == "t")
    [result] = books.accepts(replace(entry, deleted=True))
    assert result.outcome == "changed"
    with reading(books.db) as session:
        chosen = {"kinds": (Kind.TIME,)}
        assert query.entries(session, books.vault, books.organisation, **chosen) == []
        assert query.count_entries(session, books.organisation, deleted=None, **chosen) == 1
        assert len(query.history(session, books.vault, books.organisation, Kind.TIME, entry.id)) == 2


def test_a_record_that_refers_to_something_unknown_is_refused_alone(books: Books) -> None:
    person, client, tag, job, *work = _all(books)
    results = books.accepts(person, client, job, *work)
    assert [(one.kind, one.problem.code) for one in results if one.problem] == [("time", "unknown_tag")]
    assert books.accepts(tag, work[0])[1].outcome == "new"


def test_approval_stays_with_an_entry_through_an_edit_and_names_the_revision_that_was_seen(books: Books) -> None:
    books.accepts(*_all(books))
    expense = next(one for one in _all(books) if one.source_id == "e")
    with transaction(books.db) as session:
        set_state(session, books.organisation, {expense.id: (Approval.APPROVED, 1)}, "me")
    books.accepts(replace(expense, category="food"))
    with reading(books.db) as session:
        chosen = query.entries(session, books.vault, books.organisation, approval=[Approval.APPROVED])
        assert [(one.record.id, one.record.revision, one.approved_revision) for one in chosen] == [(expense.id, 2, 1)]
        drafts = query.entries(session, books.vault, books.organisation, approval=[Approval.DRAFT])
        assert {one.record.source_id for one in drafts} == {"t", "m"}


def test_two_at_once_sending_the_same_records_make_one_revision_each(books: Books) -> None:
    sent = _all(books)
    with ThreadPoolExecutor(4) as pool:
        results = [one for batch in pool.map(lambda _: books.accepts(*sent), range(8)) for one in batch]
    assert sum(one.outcome == "new" for one in results) == len(sent)
    assert {one.outcome for one in results} == {"new", "unchanged"}
    with reading(books.db) as session:
        for tables in TABLES.values():
            assert set(session.execute(sa.select(tables.present.c.revision)).scalars()) == {1}
            assert not session.execute(sa.select(tables.past.c.id)).all()


_numbers = st.sampled_from(["1", "1.0", "1.00", "10", "0", "0.10", "7.5"])
_entries = st.fixed_dictionaries(
    {"kind": st.just("time"), "source_id": st.just("t"), "date": st.just("2026-03-02"), "person": st.sampled_from("pq"),
     "seconds": st.integers(0, 3), "break_seconds": st.integers(0, 2)},
    optional={"notes": st.sampled_from(["", "a", "b"]), "rate": _numbers, "tags": st.lists(st.sampled_from("xyz"), unique=True),
              "billable": st.booleans(), "currency": st.sampled_from(["EUR", "JPY"]), "deleted": st.booleans()},
)  # fmt: skip


@given(_entries, _entries)
def test_content_hashes_are_equal_exactly_when_the_contents_are(one: dict[str, Any], other: dict[str, Any]) -> None:
    loaded = [load_record("time", fields, "o", "w") for fields in (one, other)]
    same = canonical.dumps(content(loaded[0])) == canonical.dumps(content(loaded[1]))
    assert (fingerprint(Kind.TIME, loaded[0]) == fingerprint(Kind.TIME, loaded[1])) is same


def test_a_request_sent_again_under_its_key_gets_the_first_answer(owner: Caller) -> None:
    sent = {"schema": "1", "records": [{"kind": "person", "source": "w", "source_id": "p", "name": "Ann"}]}
    first = owner.told("POST", "/records", sent, status=202, Idempotency_Key="k")
    assert owner.told("POST", "/records", sent, status=202, Idempotency_Key="k") == first
    assert owner.told("POST", "/records", sent, status=202)["results"][0]["outcome"] == "unchanged"
    assert owner("POST", "/records", {**sent, "records": []}, Idempotency_Key="k").status_code == 422


def test_a_trip_that_says_no_more_than_trips_could_say_before_keeps_its_hash() -> None:
    said = {"source_id": "m", "date": "2026-03-02", "person": "p", "distance": "12.50", "unit": "km", "rate": "0.3"}
    before = (
        b'["mileage","source","worklog","source_id","m","date","2026-03-02","person","e70bac3c-0566-5304-9268-86684d280420",'
        b'"distance","12.5","unit","km","rate","0.3"]'
    )
    assert fingerprint(Kind.MILEAGE, load_record("mileage", said, "o", "worklog")) == before
    longer = load_record("mileage", said | {"vehicle": "Van 2"}, "o", "worklog")
    assert fingerprint(Kind.MILEAGE, longer) == before[:-1] + b',"vehicle","Van 2"]'
