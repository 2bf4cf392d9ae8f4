"""Each mechanism has a test that goes red without it; proven by running each with the mechanism on and off."""

from __future__ import annotations

import json
import re
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from services.ingest.billing import compose
from services.ingest.billing import wish as wishes
from shared.connector import connect, follow, models, plan, tokens
from shared.contract.document_schemas import dump_invoice
from shared.contract.messages import INVOICE_CHANGED
from shared.kernel import canonical
from shared.kernel.errors import Retry
from shared.platform import feed, files, jobs, schedule
from shared.platform.db import reading, transaction
from shared.platform.faultpoint import MECHANISMS
from tests.component.billing.conftest import MARCH
from tests.component.connector.books import ORGANISATION, US, US_OWN_NUMBERS
from tests.faults.guards import GUARDS, Killed, Stage, bites, guards, refusal
from tests.faults.rigged import OTHER_ORGANISATION, Rigged, assert_in_step, created
from tests.faults.scenarios import WEBHOOK
from tests.faults.test_lost_answers import WRITE

ROOT = Path(__file__).parents[2]
HERE = "tests/faults/test_mechanisms.py"
POSTGRESQL = ("postgresql",)
only_postgresql = pytest.mark.parametrize("backend", POSTGRESQL, indirect=True)


@pytest.fixture
def stage(make_database, clock, still_hearts):
    return Stage(make_database, clock)


# ---- what may happen twice


@guards("key_reuse")
def test_what_is_sent_again_goes_out_under_its_first_key(stage):
    """The answer is lost and the index lags: only the key tells the books that it is the same invoice."""
    books = stage.books()
    books.knows(QUICKBOOKS_KEY_MEMORY_SECONDS="600")
    books.opened(US_OWN_NUMBERS)
    books.emulator.configure(memory_seconds=86_400, index_lag=45)
    books.emulator.fault("timeout", **WRITE)
    books.wants(books.composed(US_OWN_NUMBERS))
    books.settles()
    assert_in_step(books)


@guards("look_before_resend")
def test_what_may_have_arrived_is_looked_for_before_it_is_sent_again(stage):
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
    """It has read its answer; meanwhile another worker has taken over, and the invoice was paid."""
    books = stage.books()
    one = books.composed()
    books.wants(one)

    def meanwhile():
        books.clock.advance(seconds=31)
        books.goes_round()
        books.emulator.pay(US, books.binding(one)["external_id"])
        books.hears()

    with stage.once_at("push.answered", meanwhile):
        books.goes_round()
    assert books.binding(one)["status"] == "paid"


@guards("lease_fence")
def test_a_worker_that_slept_before_it_sent_sends_nothing_any_more(stage):
    """It was about to send; another worker has looked, found nothing and sent. The books forget keys."""
    books = stage.books()
    books.opened(US_OWN_NUMBERS)
    books.emulator.configure(memory_seconds=0)
    books.wants(books.composed(US_OWN_NUMBERS))

    def meanwhile():
        books.clock.advance(seconds=91)  # past the lease, and past the time that what was written may not show
        books.goes_round()

    with stage.once_at("push.intended", meanwhile):
        books.goes_round()
    books.settles()
    assert_in_step(books)


@only_postgresql  # SQLite has one writer at a time: what is looked for cannot appear in between
@guards("unique_binding", backends=POSTGRESQL)
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
    assert len(created(books)) == 2  # the connection's first, and this one
    assert isinstance(refused, sa.exc.IntegrityError)


def until_it_waits(books: Rigged, other: Future[None]) -> None:
    """Until another thread stands before a lock of ours, or has ended without."""
    waiting = sa.text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
    end = time.monotonic() + 30
    with books.db.engine.connect() as connection:
        while not other.done() and not connection.execute(waiting).scalar():
            assert time.monotonic() < end
            connection.rollback()


@guards("unique_allocation")
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


@guards("refresh_fence")
def test_a_worker_that_needs_a_token_waits_for_the_one_that_is_refreshing(stage):
    books = stage.books()
    connection = books.connections[US]
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
    books.wishes.bodies[slow.id] = json.loads(canonical.dumps(dump_invoice(slow)), parse_float=Decimal)
    with ThreadPoolExecutor(1) as elsewhere, transaction(books.wishes.db) as session:
        feed.publish(session, ORGANISATION, INVOICE_CHANGED, slow.id, 1)
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
    one = books.composed()
    books.wants(one)
    books.settles()

    def meanwhile():
        books.wants(books.changed(one))
        books.goes_round()
        assert books.binding(one)["pushed_version"] == 2

    books.clock.advance(minutes=6)
    with stage.once_at("pull.fetched", meanwhile):
        books.goes_round()
    binding = books.binding(one)
    assert (binding["total"], binding["remote_version"]) == (Decimal("384.00"), "1")


@guards("version_not_older")
def test_old_word_from_a_connector_does_not_overwrite_new(stage):
    firm = stage.firm()
    firm.logs("1")
    invoice = firm.bills()
    firm.books_say(invoice, "paid", version=5)
    firm.books_say(invoice, "open", version=4)
    assert firm.shown(invoice)["status"] == "paid"


@guards("absorbing_states")
def test_what_is_paid_in_the_books_is_not_written_over(stage):
    books = stage.books()
    one = books.composed()
    books.wants(one)
    books.settles()
    books.emulator.pay(US, books.binding(one)["external_id"])
    books.hears()
    books.wants(books.changed(one))
    books.settles()
    there = books.emulator.object(US, "Invoice", books.binding(one)["external_id"])
    assert (there["TotalAmt"], there["Balance"]) == (Decimal("360.00"), 0)
    assert books.problems() == ["closed_there"]


@guards("absorbing_states")
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
            other = body.replace(b'"Amount":360.00', b'"Amount":36.00').replace(b'"UnitPrice":48', b'"UnitPrice":4.8')
            assert other != body
            blob = files.store(session, books.vault, row["organisation"], other, kind="call", subjects=())
            session.execute(sa.update(models.call).where(models.call.c.id == row["id"]).values(body=blob))

    with stage.once_at("push.intended", exchanged):
        books.goes_round()
    assert len(created(books)) == 1  # the connection's first
    assert books.problems() == ["intent_mismatch"]


@guards("plan_fingerprint")
def test_a_plan_that_the_world_has_moved_on_from_is_refused(stage):
    books = stage.books()
    connection = books.connections[US]
    connect.choose(books.connector, connection, {"push": "on_plan"}, "somebody")
    one = books.composed()
    books.wants(one)
    made = plan.make(books.connector, connection, "somebody")
    books.wants(replace(books.changed(one, hours="80")))
    assert refusal(lambda: plan.apply(books.connector, made["plan"], ORGANISATION, "somebody")) == "plan_moved"
    books.settles()
    assert len(created(books)) == 1  # the connection's first


# ---- who may


@guards("signature_raw_bytes")
def test_a_callback_is_signed_as_it_stands_on_the_wire(stage):
    """Genuine bytes are taken as they are; the same value written otherwise is not what was signed."""
    books = stage.books()
    books.emulator.pay(US, books.binding(next(iter(books.wanted.values())))["external_id"], "100")
    [genuine] = books.emulator.deliver()
    rewritten = json.dumps(json.loads(genuine.body), indent=1).encode()
    answers = [books.network.send("POST", WEBHOOK, headers=genuine.headers, body=raw).status for raw in (rewritten, genuine.body)]
    assert answers == [401, 200]


@guards("organisation_filter")
def test_a_connection_of_another_organisation_is_not_there(stage):
    books = stage.books()
    url = f"http://quickbooks.internal/quickbooks/connections/{books.connections[US].id}/runs"
    told = [books.network.send("GET", url, headers=bearer(books, who)).status for who in (ORGANISATION, OTHER_ORGANISATION)]
    assert told == [200, 404]


def bearer(books: Rigged, organisation: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {books.token(organisation=organisation)}"}


@guards("organisation_filter")
def test_an_invoice_of_another_organisation_is_not_there(stage):
    firm = stage.firm()
    firm.logs("1")
    invoice = firm.bills()
    stranger = replace(firm, id="00000000-0000-4000-8000-0000000000b2")
    assert refusal(lambda: stranger.head(invoice)) == "no_such_invoice"


# ---- both ways


def test_every_mechanism_has_a_guard():
    assert GUARDS.keys() == MECHANISMS


def test_the_page_of_mechanisms_names_each_with_its_guards():
    page = (ROOT / "docs/reference/mechanisms.md").read_text()
    rows = re.findall(r"^\| `(\w+)` (.*)$", page, re.M)
    named = {name: set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", row)) for name, row in rows}
    assert named == {mechanism: {(HERE, test.__name__) for test, _ in tests} for mechanism, tests in GUARDS.items()}


def test_the_page_restates_every_invariant_that_it_names():
    page = (ROOT / "docs/reference/mechanisms.md").read_text()
    stated = re.findall(r"^- \*\*(I\d+) ", page, re.M)
    assert stated == [f"I{number}" for number in range(1, 14)]
    assert set(re.findall(r"\bI\d+\b", page)) == set(stated)


def test_every_test_that_the_page_names_exists():
    page = (ROOT / "docs/reference/mechanisms.md").read_text()
    for path, name in re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", page):
        assert re.search(rf"^def {name or 'test_'}", (ROOT / path).read_text(), re.M), f"{path}::{name}"


BOTH_WAYS = [
    pytest.param(mechanism, test, backends[0], id=f"{mechanism}-{backends[0]}-{test.__name__}")
    for mechanism, tests in sorted(GUARDS.items())
    for test, backends in tests
]


@pytest.mark.parametrize(("mechanism", "test", "backend"), BOTH_WAYS, indirect=["backend"])
def test_without_its_mechanism_a_guard_goes_red(mechanism, test, make_database, clock, still_hearts):
    bites(mechanism, test, lambda off: Stage(make_database, clock, off))
