"""Each mechanism has a test that goes red without it; proven by running each with the mechanism on and off."""

from __future__ import annotations

import json
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

import pytest
import sqlalchemy as sa

from services.ingest.billing import compose
from services.ingest.billing import wish as wishes
from services.xero_connector import store as timesheets
from services.xero_connector.documents import load_timesheet
from shared.connector import connect, follow, models, plan, tokens
from shared.kernel.errors import Retry
from shared.platform import files, jobs, schedule
from shared.platform.db import reading, transaction
from tests.component.billing.conftest import MARCH
from tests.component.connector.books import US_OWN_NUMBERS
from tests.faults.guards import INGEST, Killed, Stage, bearer, guards, refusal, until_it_waits
from tests.faults.payroll import NZ
from tests.faults.rigged import WRITE
from tests.faults.scenarios import webhook
from tests.faults.stand import assert_in_step, sendings

POSTGRESQL = ("postgresql",)
OTHER_ORGANISATION = "org_other"
QUICKBOOKS, XERO = ("quickbooks",), ("xero",)
only_postgresql = pytest.mark.parametrize("backend", POSTGRESQL, indirect=True)


@pytest.fixture
def stage(make_database, clock, still_hearts, connector):
    return Stage(make_database, clock, connector)


# ---- what may happen twice


@guards("key_reuse")
def test_what_is_sent_again_goes_out_under_its_first_key(stage):
    """It never arrived, which nobody here can know."""
    books = stage.books()
    books.spoils("created", books.places[0], "reset before it was done")
    books.wants(books.composed())
    before = len(sendings(books))
    books.settles()
    first, again = sendings(books)[before:]
    assert first == again
    assert_in_step(books)


@guards("key_reuse", connectors=QUICKBOOKS)  # a timesheet has a natural key besides: one for each employee and period
def test_what_does_not_show_yet_is_not_made_twice(stage):
    """The answer is lost and the index lags: only the key tells the books that it is the same invoice."""
    books = stage.books()
    books.knows(keys=600)
    books.opened(US_OWN_NUMBERS)
    books.emulator.configure(memory_seconds=86_400, index_lag=45)
    books.emulator.fault("timeout", **WRITE)
    books.wants(books.composed(US_OWN_NUMBERS))
    books.settles()
    assert_in_step(books)


@guards("look_before_resend")
def test_what_may_have_arrived_is_looked_for_before_it_is_sent_again(stage):
    """The answer is lost: what is there is not sent once more."""
    books = stage.books()
    books.spoils("created", books.places[0], "done, then silence")
    books.wants(books.composed())
    before = len(sendings(books))
    books.settles()
    assert len(sendings(books)) == before + 1
    assert_in_step(books)


@guards("look_before_resend", connectors=QUICKBOOKS)  # a timesheet has a natural key besides: one for each employee and period
def test_what_is_there_is_not_made_twice_by_books_that_forget_keys(stage):
    """The answer is lost and the books forget keys: only a look tells that the invoice is there."""
    books = stage.books()
    books.opened(US_OWN_NUMBERS)
    books.emulator.configure(memory_seconds=0)
    books.emulator.fault("timeout", **WRITE)
    books.wants(books.composed(US_OWN_NUMBERS))
    books.settles()
    assert_in_step(books)


@guards("lease_fence")
def test_a_worker_that_slept_beyond_its_lease_writes_nothing_any_more(stage):
    """It has read its answer; meanwhile another worker has taken over, and the document was paid or approved."""
    books = stage.books()
    one = books.composed()
    books.wants(one)
    statuses = []

    def meanwhile():
        books.clock.advance(seconds=31)
        books.goes_round()
        before = books.binding(one)["status"]
        books.moves(one)
        books.looks_round()
        statuses.extend([before, books.binding(one)["status"]])

    with stage.once_at("push.answered", meanwhile):
        books.goes_round()
    before, after = statuses
    assert before != after == books.binding(one)["status"]


@guards("lease_fence")
def test_a_worker_that_slept_before_it_sent_sends_nothing_any_more(stage):
    """It was about to send; another worker has looked, found nothing and sent. The books forget keys."""
    books = stage.books()
    place = books.places[-1]
    books.opened(place)
    books.emulator.configure(memory_seconds=0)
    books.wants(books.composed(place))
    counts = []

    def meanwhile():
        books.clock.advance(seconds=91)  # past the lease, and past the time that what was written may not show
        books.goes_round()
        counts.append(len(sendings(books)))

    with stage.once_at("push.intended", meanwhile):
        books.goes_round()
    assert counts == [len(sendings(books))]
    books.settles()
    assert_in_step(books)


@only_postgresql  # SQLite has one writer at a time: what is looked for cannot appear in between
@guards("unique_binding", backends=POSTGRESQL, connectors=QUICKBOOKS)  # timesheets are composed by one at a time
def test_two_readers_of_one_wish_reserve_one_binding(stage):
    """A connection's first reading and the running one meet in the same document: neither sees the other's row yet."""
    books = stage.books()
    one = books.composed()
    books.wants(one)
    [row] = [row for row in books.connector.ingest.get("/feed", {"after": "0", "limit": "9"})["rows"] if row["subject"] == one.id]

    def other_reader():
        with transaction(books.db) as session:
            follow.apply(books.connector, session, row)

    def meanwhile():
        late.append(elsewhere.submit(other_reader))
        until_it_waits(books, late[0])

    late: list[Future[None]] = []
    with ThreadPoolExecutor(1) as elsewhere, stage.once_at("follow.applied", meanwhile):
        books.goes_round()
        refused = late[0].exception(30)
    books.settles()
    assert len(books.created()) == 2  # the connection's first, and this one
    assert isinstance(refused, sa.exc.IntegrityError)


@guards("unique_allocation", connectors=INGEST)
def test_an_entry_that_two_invoices_claim_at_once_is_billed_once(stage):
    firm = stage.firm()
    entry = firm.logs("1", hours="2")
    firm.approves()
    wish = wishes.read(dict(MARCH), "USD")
    with reading(firm.db) as session:
        prepared = compose.prepare(session, firm.vault, firm.id, wish)
    for _ in range(2):
        refusal(lambda: writes_what_was_prepared(firm, wish, prepared))
    assert firm.billed(entry) == 2 * 3600


def writes_what_was_prepared(firm, wish, prepared) -> None:
    with transaction(firm.db) as session:
        compose.write(session, firm.vault, firm.id, wish, prepared, "tester")


@guards("unique_allocation", connectors=XERO)
def test_a_second_of_work_stands_once_on_a_timesheet(stage):
    """Whatever composes it: the next version is stored with everything that it pays twice."""
    books = stage.books()
    one = books.composed()
    books.wants(one)
    books.settles()
    number = books.binding(one)["local"]
    with reading(books.db) as session:
        made = load_timesheet(timesheets.bodies(session, {number: 1})[number])
        parts = timesheets.allocations(session, {number: 1})
    with suppress(sa.exc.IntegrityError), transaction(books.db) as session:
        timesheets.keep_timesheet(session, books.connections[NZ].id, replace(made, version=2), parts * 2, [])
    with reading(books.db) as session:
        assert sum(part.seconds for part in timesheets.allocations(session, {number: 2})) in (0, 27_360 + 28_800)


@guards("refresh_fence")
def test_a_worker_that_needs_a_token_waits_for_the_one_that_is_refreshing(stage):
    books = stage.books()
    connection = books.connections[books.places[0]]
    books.emulator.expire_access()

    def another_worker():
        try:
            tokens.access(books.connector, connection.id, refused=1)
        except Retry:
            waited.append("long enough")

    waited: list[str] = []
    with stage.once_at("token.answered", another_worker):
        tokens.access(books.connector, connection.id, refused=1)
    assert [call for call in books.emulator.token_calls() if "refresh" in call] == ["refresh_token"]
    assert waited


# ---- what may get lost


@guards("cursor_with_effect")
def test_a_reader_that_dies_while_applying_reads_it_again(stage):
    books = stage.books()
    books.wants(books.composed())

    def dies():
        raise Killed

    try:
        with stage.once_at("follow.applied", dies):
            books.goes_round()
    except Killed:
        books.clock.advance(seconds=31)
    books.settles()
    assert_in_step(books)


@only_postgresql  # SQLite has one writer at a time: commits come in the order of positions anyway
@guards("feed_numbering", backends=POSTGRESQL)
def test_a_change_that_commits_late_is_read_all_the_same(stage):
    """A slow transaction publishes first and commits last; a reader comes by in between."""
    books = stage.books()
    slow, fast = books.composed(), books.composed()
    with ThreadPoolExecutor(1) as elsewhere, transaction(books.wishes.db) as session:
        books.publishes(session, slow)
        elsewhere.submit(books.wants, fast).result(30)
        elsewhere.submit(books.settles).result(30)
    books.settles()
    assert_in_step(books)


@guards("sweep")
def test_work_whose_message_was_lost_is_swept_up(stage):
    """Workers do what they are told, and nobody told them: whoever should have died between commit and message."""
    books = stage.books()
    books.db.ring = lambda numbers: None
    books.wants(books.composed())
    books.clock.advance(seconds=2)
    schedule.ring(books.db, books.service.ticks)
    while told := jobs.sweep(books.db):
        for number, _ in told:
            jobs.run(books.db, number, books.service.handlers)
    assert_in_step(books)


# ---- what may be wrong


@guards("version_not_older")
def test_old_news_from_the_books_does_not_overwrite_new(stage):
    """A pull has fetched; before it applies, a push has written the next version."""
    books = stage.books()
    opened = int(books.name == "xero")  # the second one there, where a pull brings back what we wrote ourselves
    place = books.places[opened]
    books.opened(place)
    one = books.composed(place)
    books.wants(one)
    books.settles()

    def meanwhile():
        books.wants(books.changed(one))
        books.goes_round()
        assert books.binding(one)["pushed_version"] == 2

    books.clock.advance(minutes=6)
    with stage.once_at("pull.fetched", meanwhile, nth=1 + opened):
        books.goes_round()
    assert_in_step(books)


@guards("version_not_older", connectors=INGEST)
def test_old_word_from_a_connector_does_not_overwrite_new(stage):
    firm = stage.firm()
    firm.logs("1")
    invoice = firm.bills()
    firm.books_say(invoice, "paid", version=5)
    firm.books_say(invoice, "open", version=4)
    assert firm.shown(invoice)["status"] == "paid"


@guards("absorbing_states")
def test_what_is_paid_or_approved_in_the_books_is_not_written_over(stage):
    books = stage.books()
    one = books.composed()
    books.wants(one)
    books.settles()
    books.moves(one)
    books.looks_round()
    before = books.binding(one)
    books.wants(books.changed(one))
    books.settles()
    books.looks_round()
    told = ("status", "total", "remote_version")
    assert {name: before[name] for name in told} == {name: books.binding(one)[name] for name in told}
    assert books.problems() == [{"quickbooks": "closed_there", "xero": "asks_first"}[books.name]]


@guards("absorbing_states", connectors=INGEST)
def test_what_is_void_in_the_books_stays_void_here(stage):
    firm = stage.firm()
    firm.logs("1")
    invoice = firm.bills()
    firm.books_say(invoice, "open")
    firm.books_say(invoice, "void")
    firm.books_say(invoice, "open")
    assert firm.shown(invoice)["status"] == "void"


@guards("intent_hash")
def test_other_bytes_than_the_recorded_ones_never_leave(stage):
    """Between intent and sending, the recorded body is exchanged."""
    books = stage.books()
    one = books.composed()
    books.wants(one)

    def exchanged():
        with transaction(books.db) as session:
            row = session.execute(sa.select(models.call).where(models.call.c.state == "intended")).mappings().one()
            body = files.read(session, books.vault, row["organisation"], row["body"])
            other = books.other_bytes(body)
            assert other != body
            blob = files.store(session, books.vault, row["organisation"], other, kind="call", subjects=())
            session.execute(sa.update(models.call).where(models.call.c.id == row["id"]).values(body=blob))

    before = len(books.created())
    with stage.once_at("push.intended", exchanged):
        books.goes_round()
    assert len(books.created()) == before
    assert books.problems() == ["intent_mismatch"]


@guards("plan_fingerprint")
def test_a_plan_that_the_world_has_moved_on_from_is_refused(stage):
    books = stage.books()
    connection, before = books.connections[books.places[0]], len(books.created())
    connect.choose(books.connector, connection, {"push": "on_plan"}, "somebody")
    one = books.composed()
    books.wants(one)
    made = plan.make(books.connector, connection, "somebody")
    books.wants(books.changed(one))
    assert refusal(lambda: plan.apply(books.connector, made["plan"], connection.organisation, "somebody")) == "plan_moved"
    books.settles()
    assert len(books.created()) == before


# ---- who may


@guards("signature_raw_bytes")
def test_a_callback_is_signed_as_it_stands_on_the_wire(stage):
    """Genuine bytes are taken as they are; the same value written otherwise is not what was signed."""
    books = stage.books()
    one = books.composed()
    books.wants(one)
    books.settles()
    books.calls_back(one)
    [genuine] = books.emulator.deliver()
    rewritten = json.dumps(json.loads(genuine.body), indent=1).encode()
    answers = [
        books.network.send("POST", webhook(books), headers=genuine.headers, body=raw).status for raw in (rewritten, genuine.body)
    ]
    assert answers == [401, 200]


@guards("organisation_filter")
def test_a_connection_of_another_organisation_is_not_there(stage):
    books = stage.books()
    connection = books.connections[books.places[0]]
    url = f"http://{books.name}.internal/{books.name}/connections/{connection.id}/runs"
    asking = (connection.organisation, OTHER_ORGANISATION)
    told = [books.network.send("GET", url, headers=bearer(books, who)).status for who in asking]
    assert told == [200, 404]


@guards("organisation_filter", connectors=INGEST)
def test_an_invoice_of_another_organisation_is_not_there(stage):
    firm = stage.firm()
    firm.logs("1")
    invoice = firm.bills()
    stranger = replace(firm, id="00000000-0000-4000-8000-0000000000b2")
    assert refusal(lambda: stranger.head(invoice)) == "no_such_invoice"
