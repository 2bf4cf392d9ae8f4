"""What services hand each other is read again to the cent, later fields are passed over, and wrong totals are refused."""

from dataclasses import fields, replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from shared.contract.document_schemas import _INVOICE, _LineSchema, dump_invoice, load_invoice
from shared.contract.documents import Grouping, Invoice, InvoiceLine, LineKind
from shared.contract.message_schemas import (
    _PROBLEM,
    _STATUS,
    _TIMESHEET,
    _WORK,
    dump_problem,
    dump_status,
    dump_timesheet_status,
    dump_work,
    load_problem,
    load_status,
    load_timesheet_status,
    load_work,
)
from shared.contract.messages import InvoiceStatusMessage, ProblemMessage, TimesheetStatusMessage, WorkMessage
from shared.kernel import canonical
from shared.kernel.errors import Invalid

D = Decimal
LINES = (
    InvoiceLine(
        position=1,
        kind=LineKind.TIME,
        description="Site — März\nBuild",
        quantity=D("1.23444"),
        unit="hour",
        unit_price=D("85.0000001"),
        amount=D("104.93"),
        date=date(2024, 3, 1),
        job="j",
        person="p",
        taxable=True,
    ),
    InvoiceLine(
        position=2,
        kind=LineKind.DEDUCTION,
        description="Discount",
        quantity=D(1),
        unit="each",
        unit_price=D("-4.93"),
        amount=D("-4.93"),
        taxable=True,
    ),
)
INVOICE = Invoice(
    id="i",
    organisation="o",
    version=2,
    number="INV-0001",
    client="c",
    client_name="Acme",
    currency="USD",
    issued=date(2024, 3, 31),
    due=None,
    period_from=date(2024, 3, 1),
    period_to=date(2024, 3, 31),
    grouping=Grouping.DETAILED,
    lines=LINES,
    subtotal=D("100.00"),
    tax_name="VAT",
    tax_percent=D("8.25"),
    tax=D("8.25"),
    total=D("108.25"),
    people=("p", "c"),
)
STATUS = InvoiceStatusMessage(
    invoice="i",
    version=1,
    connection="c",
    generation=0,
    status="partly_paid",
    binding_state="confirmed",
    wanted_version=2,
    pushed_version=2,
    external_id="17",
    external_number=None,
    deep_link=None,
    total=D("108.25"),
    balance=D("0.00"),
    currency="USD",
    problem=None,
)
PROBLEM = ProblemMessage(
    problem="p",
    version=3,
    connection=None,
    code="customer_missing",
    subject="i",
    about="c",
    title="No customer",
    cause="Acme has none there",
    remedy="Link it",
    blocks=2,
    open=True,
)
TIMESHEET = TimesheetStatusMessage(
    timesheet="t",
    version=4,
    connection="c",
    generation=1,
    person="p",
    period_start=date(2026, 3, 2),
    period_end=date(2026, 3, 15),
    hours=D("76.25"),
    region="nz",
    status="approved",
    binding_state="confirmed",
    wanted_version=2,
    pushed_version=2,
    external_id="17",
    deep_link=None,
    total=D("76.25"),
    payment_date=date(2026, 3, 18),
    problem=None,
    entries=(("e1", 27_000), ("e2", -60)),
)
WORK = WorkMessage(
    entry="e1",
    revision=3,
    person="p",
    person_name="Robin Sample",
    date=date(2026, 3, 2),
    seconds=(("ordinary", 27_000), ("overtime", 3_600)),
    start=datetime(2026, 3, 2, 22, tzinfo=timezone(timedelta(hours=11))),
    end=datetime.fromisoformat("2026-03-03T07:00:00"),  # a wall-clock time whose zone nobody told
    zone="Australia/Sydney",
    person_zone="Australia/Sydney",
    break_seconds=1_800,
    job="j",
    tags=("g", "h"),
    names={"j": "Harbour Site", "g": "Night", "h": "Wet"},
    approved=True,
    deleted=False,
)
BARE = replace(WORK, seconds=(), start=None, end=None, zone=None, job=None, tags=(), names={})
CASES = [
    (INVOICE, dump_invoice, load_invoice),
    (STATUS, dump_status, load_status),
    (PROBLEM, dump_problem, load_problem),
    (TIMESHEET, dump_timesheet_status, load_timesheet_status),
    (replace(TIMESHEET, entries=(), total=None, payment_date=None), dump_timesheet_status, load_timesheet_status),
    (WORK, dump_work, load_work),
    (BARE, dump_work, load_work),
]


def travelled(value, dump):
    return canonical.loads(canonical.dumps(dump(value)))


@pytest.mark.parametrize(("value", "dump", "load"), CASES)
def test_what_is_sent_is_what_is_read(value, dump, load):
    read = load(travelled(value, dump))
    assert read == value
    assert canonical.dumps(dump(read)) == canonical.dumps(dump(value))


@pytest.mark.parametrize(("value", "dump", "load"), CASES)
def test_a_field_of_a_later_version_is_passed_over(value, dump, load):
    assert load(travelled(value, dump) | {"later": {"deep": [1]}}) == value


@pytest.mark.parametrize(("value", "dump", "load"), CASES)
def test_what_must_be_there_is_named_when_it_is_missing(value, dump, load):
    with pytest.raises(Invalid) as caught:
        load({})
    assert {"missing_field"} == {error["code"] for error in caught.value.facts["errors"]}
    with pytest.raises(Invalid):
        load([dump(value)])


@pytest.mark.parametrize(
    ("schema", "known"),
    [
        (_INVOICE, Invoice),
        (_LineSchema(), InvoiceLine),
        (_STATUS, InvoiceStatusMessage),
        (_PROBLEM, ProblemMessage),
        (_TIMESHEET, TimesheetStatusMessage),
        (_WORK, WorkMessage),
    ],
)
def test_a_schema_has_the_fields_of_its_class(schema, known):
    assert set(schema.fields) == {field.name for field in fields(known)}


@pytest.mark.parametrize(
    ("field", "value", "wrong"),
    [
        ("subtotal", D("100.01"), {"subtotal", "total"}),
        ("tax", D("8.26"), {"tax", "total"}),
        ("total", D("108.24"), {"total"}),
        ("lines", (replace(LINES[0], amount=D("104.94")), LINES[1]), {"lines.0.amount", "subtotal"}),
        ("tax_percent", D(0), {"tax"}),
        ("currency", "JPY", {"lines.0.amount", "lines.1.amount", "tax"}),
    ],
)
def test_an_invoice_whose_figures_do_not_add_up_is_refused(field, value, wrong):
    with pytest.raises(Invalid) as caught:
        load_invoice(travelled(replace(INVOICE, **{field: value}), dump_invoice))
    assert {error["field"] for error in caught.value.facts["errors"]} == wrong
    assert caught.value.code == "does_not_add_up"


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("number", "x" * 22, "too_long"),
        ("currency", "usd", "unknown_currency"),
        ("version", 0, "out_of_range"),
        ("grouping", "week", "bad_choice"),
        ("issued", "31/03/2024", "bad_date"),
        ("total", "NaN", "bad_number"),
        ("lines", {}, "bad_list"),
        ("lines", [{}], "missing_field"),
    ],
)
def test_a_field_of_the_wrong_kind_is_refused(field, value, code):
    with pytest.raises(Invalid) as caught:
        load_invoice(travelled(INVOICE, dump_invoice) | {field: value})
    assert caught.value.code == code


@pytest.mark.parametrize(("field", "value"), [("status", "lost"), ("binding_state", None), ("balance", "NaN"), ("version", 1.5)])
def test_a_status_that_nobody_knows_is_refused(field, value):
    with pytest.raises(Invalid):
        load_status(travelled(STATUS, dump_status) | {field: value})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("seconds", [["ordinary"]]),
        ("seconds", {"ordinary": 60}),
        ("person_zone", "Mars/Base"),
        ("start", "soon"),
        ("names", {"j": 1}),
    ],
)
def test_work_that_nobody_can_read_is_refused(field, value):
    with pytest.raises(Invalid):
        load_work(travelled(WORK, dump_work) | {field: value})
