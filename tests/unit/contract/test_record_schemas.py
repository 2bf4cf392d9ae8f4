"""A caller's record becomes ours only when it agrees with itself; every error is told at once."""

from dataclasses import fields
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contract.record_schemas import _SCHEMAS, content, dump_record, load_record
from shared.contract.records import KINDS, Kind, Rate, TimeEntry
from shared.kernel import canonical
from shared.kernel.errors import Invalid
from shared.kernel.ids import record_id
from tests.sizes import size

HEADER = {"id", "organisation", "source", "revision", "content_hash", "origin"}
ENTRY = {"source_id": "1", "person": "ada", "date": "2024-03-01", "seconds": 3600}
SMALLEST = {
    Kind.PERSON: {"source_id": "ada", "name": "Ada"},
    Kind.CLIENT: {"source_id": "acme", "name": "Acme"},
    Kind.JOB: {"source_id": "site", "name": "Site"},
    Kind.TAG: {"source_id": "on", "name": "On site"},
    Kind.TIME: ENTRY,
    Kind.EXPENSE: {"source_id": "1", "person": "ada", "date": "2024-03-01", "amount": "12.50"},
    Kind.MILEAGE: {"source_id": "1", "person": "ada", "date": "2024-03-01", "distance": "12.5"},
}


def load(kind, **data):
    return load_record(kind, data, "org", "worklog")


def refused(kind, **data):
    """field -> code of every error of the record."""
    with pytest.raises(Invalid) as caught:
        load(kind, **data)
    errors = caught.value.facts["errors"]
    assert all(error["cause"] and error["remedy"] for error in errors)
    assert all(len(error["cause"]) < 300 and len(error["value"]) < 100 for error in errors)
    return {error["field"]: error["code"] for error in errors}


def entry(**data):
    return load("time", **ENTRY | data)


def entry_refused(**data):
    return refused("time", **ENTRY | data)


@pytest.mark.parametrize("kind", Kind)
def test_a_schema_has_the_fields_of_its_class(kind):
    assert set(_SCHEMAS[kind].fields) == {field.name for field in fields(KINDS[kind])} - HEADER


@pytest.mark.parametrize("kind", Kind)
def test_the_smallest_record_is_taken(kind):
    record = load(kind, **SMALLEST[kind])
    assert record.id == record_id("org", kind, "worklog", record.source_id)
    assert (record.organisation, record.source, record.revision, record.deleted) == ("org", "worklog", 0, False)


@pytest.mark.parametrize("kind", Kind)
def test_what_must_be_there_is_named(kind):
    assert refused(kind) == dict.fromkeys(SMALLEST[kind], "missing_field")
    assert refused(kind, **dict.fromkeys(SMALLEST[kind])) == dict.fromkeys(SMALLEST[kind], "missing_field")


@pytest.mark.parametrize("kind", Kind)
def test_a_field_that_nobody_knows_is_refused_by_name(kind):
    assert refused(kind, **SMALLEST[kind], colour="red", id="x", approval=None) == {
        "colour": "unknown_field",
        "id": "unknown_field",
        "approval": "unknown_field",
    }


def test_a_strange_name_of_a_field_is_shown_escaped_and_short():
    names = list(refused("tag", source_id="1", name="x", **{"\u202e" + "x" * 5_000: 1}))
    assert len(names[0]) < 80
    assert names[0].isprintable()


def test_what_answers_show_holds_every_field():
    record = load("job", source_id="site", name="Site", rates=[{"rate": "85.50", "since": "2024-01-01"}])
    shown = dump_record(record)
    assert shown == {
        "kind": "job",
        "id": record.id,
        "organisation": "org",
        "source": "worklog",
        "source_id": "site",
        "revision": 0,
        "content_hash": "",
        "origin": None,
        "deleted": False,
        "name": "Site",
        "client": None,
        "currency": None,
        "rates": [{"rate": Decimal("85.50"), "overtime_rate": None, "person": None, "since": "2024-01-01"}],
    }
    assert b'"rate":85.50' in canonical.dumps(shown)


def test_a_reference_is_the_record_of_that_source_id_in_the_same_source():
    record = entry(client="acme", job="site", tags=["b", "a", "b"])
    assert record.person == record_id("org", "person", "worklog", "ada")
    assert record.client == record_id("org", "client", "worklog", "acme")
    assert record.job == record_id("org", "job", "worklog", "site")
    assert record.tags == tuple(sorted(record_id("org", "tag", "worklog", tag) for tag in "ab"))


def test_a_rate_card_is_sorted_and_refers_to_people():
    card = [
        {"rate": 95, "person": "ada"},
        {"rate": 90, "since": "2024-01-01"},
        {"rate": "80.5", "overtime_rate": 100, "person": None},
    ]
    assert load("job", source_id="1", name="x", rates=card).rates == (
        Rate(rate=Decimal("80.5"), overtime_rate=Decimal(100)),
        Rate(rate=Decimal(90), since=date(2024, 1, 1)),
        Rate(rate=Decimal(95), person=record_id("org", "person", "worklog", "ada")),
    )


def test_two_lines_of_a_rate_card_for_the_same_person_and_day_are_refused():
    assert refused("job", source_id="1", name="x", rates=[{"rate": 1}, {"rate": 2}]) == {"rates": "rate_twice"}


def test_errors_inside_a_rate_card_are_told_by_their_place():
    assert refused("job", source_id="1", name="x", rates=[{"rate": 1, "per": "hour"}, {"since": "1.1.2024"}, 3]) == {
        "rates.0.per": "unknown_field",
        "rates.1.rate": "missing_field",
        "rates.1.since": "bad_date",
        "rates.2": "bad_object",
    }


def test_every_error_of_a_record_is_told_at_once():
    assert entry_refused(date="2024-02-30", seconds="x", rate="1e3", zone="Mars", tags=["ok", 1], person="", colour=1) == {
        "date": "bad_date",
        "seconds": "bad_number",
        "rate": "bad_number",
        "zone": "unknown_zone",
        "tags.1": "bad_text",
        "person": "empty_text",
        "colour": "unknown_field",
    }


NUMBERS = [
    "NaN",
    "Infinity",
    "-0",
    "1E+999999999",
    "1e400",
    "1_000",
    "١٢",
    "1,5",
    "",
    " 1",
    "9" * 5_000,
    True,
    [],
    {},
    Decimal("-0"),
]
NUMBERS += [Decimal("NaN"), Decimal("Infinity"), Decimal("1E+999999999"), 10**5_000, "\ud800"]


@pytest.mark.parametrize("value", NUMBERS, ids=lambda value: repr(value)[:20] if not isinstance(value, int) else "int")
def test_what_is_no_number_is_refused_in_every_numeric_field(value):
    assert set(entry_refused(seconds=value, break_seconds=value, rate=value)) == {"seconds", "break_seconds", "rate"}
    assert refused("expense", **SMALLEST[Kind.EXPENSE] | {"amount": value})
    assert refused("mileage", **SMALLEST[Kind.MILEAGE] | {"distance": value})


@pytest.mark.parametrize("value", [85, "85", Decimal(85), Decimal("85.00"), "85.00", Decimal("8.5E+1")])
def test_a_number_may_be_a_number_or_its_text(value):
    assert entry(rate=value).rate == 85


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("seconds", -1, "bad_number"),
        ("seconds", 31 * 86_400 + 1, "out_of_range"),
        ("seconds", "3600.5", "bad_number"),
        ("overtime_seconds", 3601, "overtime_exceeds_duration"),
        ("rate", "-1", "bad_number"),
        ("rate", "1.12345678", "bad_number"),
        ("rate", "1234567890", "bad_number"),
        ("currency", "usd", "unknown_currency"),
        ("billable", "yes", "bad_flag"),
        ("billable", 1, "bad_flag"),
        ("notes", "x" * 4_001, "too_long"),
        ("notes", "a\x00b", "bad_text"),
        ("source_id", "x" * 201, "too_long"),
        ("source_id", "a\nb", "bad_text"),
        ("tags", ["x"] * 51, "too_many"),
        ("tags", "x", "bad_list"),
        ("date", "20240301", "bad_date"),
        ("date", 20240301, "bad_date"),
        ("start", "2024-03-01", "bad_time"),
        ("start", "2024-03-01T09:00:00.5", "bad_time"),
        ("start", "09:00", "bad_time"),
        ("start", 9, "bad_time"),
        ("zone", "+01:00", "unknown_zone"),
    ],
)
def test_a_field_out_of_its_range_is_refused(field, value, code):
    assert entry_refused(**{field: value}) == {field: code}


@pytest.mark.parametrize(
    ("kind", "field", "value", "code"),
    [
        ("person", "name", "x" * 501, "too_long"),
        ("person", "name", "  ", "empty_text"),
        ("person", "name", "Ada\u202eB", "bad_text"),
        ("person", "email", "ada", "bad_email"),
        ("person", "zone", "Nowhere", "unknown_zone"),
        ("client", "address", "x" * 1_001, "too_long"),
        ("client", "currency", "XXX", "unknown_currency"),
        ("mileage", "distance", "1.2345", "bad_number"),
        ("mileage", "distance", "-1", "bad_number"),
        ("mileage", "unit", "miles", "bad_choice"),
        ("mileage", "vehicle", "x" * 101, "too_long"),
        ("mileage", "to_place", "x" * 201, "too_long"),
        ("mileage", "odometer_start", "1.2345", "bad_number"),
        ("expense", "category", "x" * 101, "too_long"),
        ("expense", "deleted", "no", "bad_flag"),
    ],
)
def test_the_other_kinds_have_their_limits_too(kind, field, value, code):
    assert refused(kind, **SMALLEST[Kind(kind)] | {field: value}) == {field: code}


@pytest.mark.parametrize(
    ("amount", "currency", "taken"),
    [("12.50", "USD", True), ("-12.50", "USD", True), ("12.505", "USD", False), ("100.0", "JPY", True), ("100.5", "JPY", False)]
    + [("1.234", "KWD", True), ("1.2345", "KWD", False), ("1.2345", None, True), ("0", "USD", True)],
)
def test_an_expense_is_in_whole_coins(amount, currency, taken):
    data = SMALLEST[Kind.EXPENSE] | {"amount": amount, "currency": currency}
    assert load("expense", **data).amount == Decimal(amount) if taken else refused("expense", **data) == {"amount": "bad_amount"}


@pytest.mark.parametrize(
    ("start", "end", "distance", "taken"),
    [("100", "113", "12.6", True), ("100", "113", "13.9", True), ("100", "113", "14", False), ("100", "113", "12", False)]
    + [("100.4", "113.0", "12.6", True), ("100.4", "113.0", "12.5", False), ("100.4", "113", "12.5", True)]
    + [("113", "100", "13", False), ("100", None, "13", True), (None, "100", "13", True)],
)
def test_odometer_readings_agree_with_the_distance_as_exactly_as_they_were_read(start, end, distance, taken):
    data = SMALLEST[Kind.MILEAGE] | {"odometer_start": start, "odometer_end": end, "distance": distance}
    assert load("mileage", **data) if taken else refused("mileage", **data) == {"odometer_end": "odometer_contradicts"}


def at(offset_hours, *moment):
    return datetime(*moment, tzinfo=timezone(timedelta(hours=offset_hours)))


def test_start_end_and_duration_without_a_zone_agree_as_they_stand():
    record = entry(start="2024-03-01T09:00", end="2024-03-01T10:30:00", break_seconds=1800)
    assert (record.start.isoformat(), record.end.isoformat()) == ("2024-03-01T09:00:00", "2024-03-01T10:30:00")


def test_a_zone_gives_start_and_end_their_offsets():
    record = entry(start="2024-03-01T09:00:00", end="2024-03-01T10:00:00", zone="Europe/Madrid")
    assert (record.start, record.end) == (at(1, 2024, 3, 1, 9), at(1, 2024, 3, 1, 10))


def test_an_offset_is_turned_into_the_zones_own():
    record = entry(start="2024-03-01T08:00:00Z", end="2024-03-01T09:00:00Z", zone="Europe/Madrid")
    assert record.start.isoformat() == "2024-03-01T09:00:00+01:00"


@pytest.mark.parametrize(("hours", "date_", "night"), [(9, "2024-11-02", "2024-11-03"), (7, "2024-03-09", "2024-03-10")])
def test_a_night_shift_over_a_change_of_clocks_is_as_long_as_it_was(hours, date_, night):
    shift = {"date": date_, "start": f"{date_}T22:00:00", "end": f"{night}T06:00:00"}
    assert entry(**shift, seconds=hours * 3600, zone="America/New_York").seconds == hours * 3600
    assert entry_refused(**shift, seconds=8 * 3600, zone="America/New_York") == {"end": "duration_contradicts"}
    assert entry(**shift, seconds=8 * 3600).start.tzinfo is None


def test_of_two_equal_readings_the_pair_that_fits_the_duration_is_meant():
    shift = {"date": "2024-11-03", "start": "2024-11-03T01:15:00", "end": "2024-11-03T01:45:00", "zone": "America/New_York"}
    assert entry(**shift, seconds=1800).end.utcoffset() == timedelta(hours=-4)
    record = entry(**shift, seconds=5400)
    assert (record.start.utcoffset(), record.end.utcoffset()) == (timedelta(hours=-4), timedelta(hours=-5))


@pytest.mark.parametrize(
    ("data", "errors"),
    [
        ({"start": "2024-03-01T10:00", "end": "2024-03-01T09:00"}, {"end": "end_before_start"}),
        ({"start": "2024-03-01T09:00", "end": "2024-03-01T11:00"}, {"end": "duration_contradicts"}),
        ({"start": "2024-03-01T09:00", "end": "2024-03-01T10:00", "break_seconds": 1}, {"end": "duration_contradicts"}),
        ({"start": "2024-03-01T09:00:00Z", "end": "2024-03-01T10:00:00"}, {"end": "mixed_offsets"}),
        ({"start": "2024-03-02T09:00"}, {"start": "date_contradicts_start"}),
        ({"start": "2024-02-29T23:30:00Z", "zone": "America/New_York"}, {"start": "date_contradicts_start"}),
        ({"date": "2024-03-10", "start": "2024-03-10T02:30", "zone": "America/New_York"}, {"start": "dst_gap"}),
        ({"date": "2024-03-10", "end": "2024-03-10T02:30", "zone": "America/New_York"}, {"end": "dst_gap"}),
        (
            {"start": "2024-03-01T10:00", "end": "2024-03-01T09:00", "overtime_seconds": 7200},
            {"end": "end_before_start", "overtime_seconds": "overtime_exceeds_duration"},
        ),
    ],
)
def test_what_contradicts_itself_is_refused(data, errors):
    assert entry_refused(**data) == errors


def test_an_end_on_a_later_day_is_legal_with_its_date():
    assert entry(start="2024-03-01T22:00", end="2024-03-02T06:00", seconds=8 * 3600).end.date() == date(2024, 3, 2)


@given(
    st.integers(0, 3 * 365 * 86_400).map(lambda seconds: datetime(2023, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)),
    st.integers(0, 200_000),
    st.integers(0, 20_000),
    st.sampled_from(["America/New_York", "Europe/Madrid", "Australia/Lord_Howe", "Asia/Kolkata"]),
)
@settings(max_examples=size("money_examples"))
def test_true_seconds_are_taken_in_every_zone_and_no_others(start, seconds, pause, zone):
    place = ZoneInfo(zone)
    first, last = start.astimezone(place), (start + timedelta(seconds=seconds + pause)).astimezone(place)
    data = {"date": first.date().isoformat(), "zone": zone, "seconds": seconds, "break_seconds": pause}
    data |= {"start": first.replace(tzinfo=None).isoformat(), "end": last.replace(tzinfo=None).isoformat()}
    record = entry(**data)
    assert record.end - record.start == timedelta(seconds=seconds + pause)
    assert record.date == first.date()
    assert entry_refused(**data | {"seconds": seconds + 1}) in ({"end": "duration_contradicts"}, {"end": "end_before_start"})


def test_the_same_content_has_the_same_form_however_numbers_are_written():
    one, other = entry(rate="85", tags=["a", "b"]), entry(rate=Decimal("85.000"), tags=["b", "a"])
    assert canonical.dumps(content(one)) == canonical.dumps(content(other))
    assert set(content(one)) == {field.name for field in fields(TimeEntry)} - HEADER | {"source"}


@pytest.mark.parametrize(
    ("kind", "source", "data", "code"),
    [
        ("nope", "worklog", {}, "unknown_kind"),
        (None, "worklog", {}, "unknown_kind"),
        (["time"], "worklog", {}, "unknown_kind"),
        ("time", "Work Log", ENTRY, "bad_source"),
        ("time", None, ENTRY, "bad_source"),
        ("time", "worklog", ENTRY | {"kind": "expense"}, "contradiction"),
        ("time", "worklog", ENTRY | {"source": "toggl"}, "contradiction"),
        ("time", "worklog", [], "bad_object"),
        ("time", "worklog", "x", "bad_object"),
    ],
)
def test_a_wrong_header_is_refused(kind, source, data, code):
    with pytest.raises(Invalid) as caught:
        load_record(kind, data, "org", source)
    assert caught.value.code == code


def test_a_record_may_still_hold_its_kind_and_source():
    assert load_record("time", ENTRY | {"kind": "time", "source": "worklog"}, "org", "worklog") == entry()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.decimals(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.sampled_from(list(Kind)).flatmap(
        lambda kind: st.tuples(st.just(kind), st.dictionaries(st.sampled_from(sorted(_SCHEMAS[kind].fields)), JSON))
    )
)
@settings(max_examples=size("money_examples"))
def test_any_json_is_a_record_or_refused_with_reasons(given_):
    kind, changes = given_
    try:
        canonical.dumps(dump_record(load(kind, **SMALLEST[kind] | changes)))
    except Invalid as problem:
        assert problem.facts["errors"]
