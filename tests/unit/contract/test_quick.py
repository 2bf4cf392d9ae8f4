"""What is loaded quickly is what the schema itself would load, and whatever the schema refuses is left to it."""

import pickle
from dataclasses import replace
from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError

from shared.contract.record_schemas import _QUICK, _SCHEMAS, load_record
from shared.contract.records import Kind, Origin, changed
from tests.sizes import size

TEXTS = ["", " a ", "Ann", "Zoe\u0308", "line\nline", "\x00", "\u202e", "x" * 300, "\ud800", "yes", "no"]
NUMBERS = [0, 1, -1, 10**9, 10**19, True, "1", "1.5", "-0", "1e3", "NaN", "\u0661", "1_0", " 1", "12.345678901"]
MOMENTS = [
    *("2026-03-02", "20260302", "2026-W10-1", "1899-12-31", "2200-01-01", "2026-02-30", "2026-03-02T24:00:00"),
    *("2026-03-02T09:00:00", "2026-03-02T10:00:00", "2026-03-02T09:00", "2026-03-02 09:00:00", "2026-03-02T09:00:60"),
    *("2026-03-02T09:00:00Z", "2026-03-02T09:00:00+01:00", "2026-03-02T09:00:00.5", "2026-03-02t09:00:00"),
    *(date(2026, 3, 2), date(1, 1, 1)),
    *map(datetime.fromisoformat, ("2026-03-02T09:00", "2026-03-02T10:00", "2026-03-02T09:00:00.1")),
]
WORDS = ["EUR", "eur", "JPY", "XXX", "mi", "km", "Europe/Berlin", "Nowhere/Land"]
RATES = [[{"rate": "1"}], [{"rate": "1"}, {"rate": "2"}], [{"rate": None}]]
OTHERS = [None, [], {}, ["a", "a"], [None], ["x"] * 51, [1], ("a",), *RATES]
VALUES = st.sampled_from([*TEXTS, *NUMBERS, *MOMENTS, *WORDS, *OTHERS])
GOOD = {
    "source_id": "1", "name": "Ann", "date": "2026-03-02", "person": "ann", "seconds": 3600, "amount": "12.50", "distance": "3.2",
    "start": "2026-03-02T09:00:00", "end": "2026-03-02T10:00:00",
}  # fmt: skip


@pytest.mark.parametrize("kind", Kind)
@given(data=st.data())
@settings(max_examples=4 * size("other_examples"))
def test_what_is_loaded_quickly_is_what_the_schema_loads(kind, data):
    names = [*_SCHEMAS[kind].fields, "colour"]
    sent = {name: value for name, value in GOOD.items() if name in names}
    sent |= data.draw(st.dictionaries(st.sampled_from(names), VALUES, max_size=4))
    quickly = _QUICK[kind](sent)
    given_ = {name: value for name, value in sent.items() if value is not None or name == "colour"}
    try:
        slowly = _SCHEMAS[kind].load(given_)
    except ValidationError:
        slowly = None
    assert quickly is None or quickly == slowly
    if quickly is not None:
        assert {name: type(value) for name, value in quickly.items()} == {name: type(value) for name, value in slowly.items()}


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.JOB])
def test_what_is_plain_is_never_left_to_the_schema(kind):
    assert _QUICK[kind]({name: value for name, value in GOOD.items() if name in _SCHEMAS[kind].fields}) is not None


def test_a_changed_record_is_what_replace_gives_and_survives_being_kept():
    origin = Origin(via="file", ref="x", row=7)
    sent = {"source_id": "1", "date": "2026-03-02", "person": "ann", "seconds": 3600, "tags": ["a", "b"], "rate": "85.00"}
    entry = load_record("time", sent, "o", "worklog", origin=origin)
    assert changed(entry, person="bea", seconds=1) == replace(entry, person="bea", seconds=1)
    assert pickle.loads(pickle.dumps(entry)) == entry
    with pytest.raises(TypeError):
        changed(entry, colour="red")
