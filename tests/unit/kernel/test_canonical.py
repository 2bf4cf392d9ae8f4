"""One value has one canonical form, and nothing but clean JSON comes in."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.kernel.canonical import clean_text, dumps, is_plain, loads
from shared.kernel.errors import Invalid
from tests.sizes import size

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
DECIMALS = st.decimals(-(10**15), 10**15, allow_nan=False, places=7).map(lambda value: value if value else abs(value))
SCALARS = st.none() | st.booleans() | st.integers(-(10**18) + 1, 10**18 - 1) | DECIMALS | TEXTS
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=20
)


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Point:
    y: Decimal
    x: tuple[int, ...] = (1, 2)


def test_keys_are_sorted_and_decimals_keep_their_digits():
    value = {"b": Decimal("7.50"), "a": [None, True, Colour.RED, date(2024, 3, 1)], "ä": Point(Decimal("1E+2"))}
    assert dumps(value).decode() == '{"a":[null,true,"red","2024-03-01"],"b":7.50,"ä":{"x":[1,2],"y":100}}'


def test_a_date_and_time_keeps_its_offset_and_a_naive_one_has_none():
    assert dumps([datetime(2024, 3, 1, 9, tzinfo=UTC), datetime.fromisoformat("2024-03-01T09:00:00")]) == (
        b'["2024-03-01T09:00:00+00:00","2024-03-01T09:00:00"]'
    )


def test_a_negative_zero_becomes_zero():
    assert dumps([Decimal("-0.00"), Decimal("0.00")]) == b"[0.00,0.00]"


@pytest.mark.parametrize("value", [1.5, b"x", {1: "x"}, {"x"}, object()])
def test_what_has_no_canonical_form_is_a_mistake_of_the_program(value):
    with pytest.raises(TypeError):
        dumps(value)


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity"), Decimal("1E+999999999"), 10**18, "\ud800", {"\udfff": 1}])
def test_what_no_reader_would_take_is_not_written(value):
    with pytest.raises(Invalid):
        dumps([value])


@given(VALUES)
@settings(max_examples=size("money_examples"))
def test_what_is_written_is_read_again_to_the_digit(value):
    written = dumps(value)
    assert dumps(loads(written)) == written
    assert loads(written) == loads(written.decode()) == value


@given(VALUES)
@settings(max_examples=size("other_examples"))
def test_other_readers_understand_what_is_written(value):
    assert json.loads(dumps(value), parse_float=Decimal) == value


@given(st.dictionaries(TEXTS, SCALARS, max_size=6))
@settings(max_examples=size("other_examples"))
def test_the_order_of_keys_changes_nothing(value):
    assert dumps(value) == dumps(dict(reversed(value.items())))


REFUSED = {
    "empty": b"",
    "blank": b" \n ",
    "not UTF-8": b'"\xff"',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf1",
    "NaN": b"[NaN]",
    "Infinity": b"[-Infinity]",
    "huge exponent": b"[1E+999999999]",
    "exponent beyond a double": b"[1e400]",
    "tiny exponent": b"[1e-400]",
    "long fraction": b"[0." + b"1" * 5_000 + b"]",
    "long integer": b"1" * 5_000,
    "nineteen digits": b"1234567890123456789",
    "underscore": b"1_000",
    "leading zero": b"01",
    "Arabic-Indic digits": "١٢".encode(),
    "duplicate key": b'{"a": 1, "b": {"c": 1, "c": 2}}',
    "escaped duplicate key": b'{"a": 1, "\\u0061": 2}',
    "lone surrogate": b'["\\ud800"]',
    "lone surrogate as key": b'{"\\udc00x": 1}',
    "raw surrogate": b'"\xed\xa0\x80"',
    "escaped NUL": b'"\\u0000"',
    "raw NUL": b'"\x00"',
    "raw control": b'"\x1f"',
    "deep lists": b"[" * 100_000,
    "deep objects": b'{"a":' * 100_000,
    "deep and closed": b"[" * 33 + b"]" * 33,
    "truncated": b'{"a": [1, 2',
    "open text": b'["' + b'\\"' * 100_000,
    "two values": b"1 2",
    "comment": b"/* */ 1",
    "single quotes": b"{'a': 1}",
}


@pytest.mark.parametrize("raw", REFUSED.values(), ids=REFUSED)
def test_what_is_no_clean_json_is_refused_with_a_remedy(raw):
    with pytest.raises(Invalid) as caught:
        loads(raw)
    assert caught.value.code == "bad_json"
    assert caught.value.remedy
    assert len(caught.value.cause) < 200


def test_a_text_with_a_raw_surrogate_is_refused():
    with pytest.raises(Invalid):
        loads('"\ud800"')


def test_brackets_inside_texts_are_no_depth():
    assert loads(dumps(["[{" * 500, '\\"[{[{'])) == ["[{" * 500, '\\"[{[{']


def test_quotes_and_strokes_that_are_escaped_end_no_text():
    assert loads('["\\"", "[\\\\", ' + "[" * 29 + '"\\\\\\"{"' + "]" * 30)[:2] == ['"', "[\\"]


def test_a_depth_of_thirty_two_is_taken():
    assert loads("[" * 32 + "]" * 32)


_ESCAPED = '["\\"", ' + "[" * 33 + "]" * 33 + ', "\\""]'  # who takes the escaped quotes for ends sees one text between
_DEEPER = [_ESCAPED, '{"a":' * 40 + "[]" + "}" * 40, "[{" * 17 + "}]" * 17, '["]", ' + "[" * 33 + "]" * 34]


@pytest.mark.parametrize("text", _DEEPER)
def test_what_is_deeper_is_refused_however_its_brackets_are_mixed(text):
    with pytest.raises(Invalid):
        loads(text)


def test_a_negative_zero_stays_visible_for_the_fields_grammar():
    assert [str(value) for value in loads("[-0, -0.0]")] == ["-0", "-0.0"]


def test_an_escaped_pair_is_one_character():
    assert loads('"\\ud83d\\ude80"') == "🚀"


@given(st.binary(max_size=40) | st.text(max_size=40))
@settings(max_examples=size("money_examples"))
def test_any_bytes_are_a_value_or_refused(raw):
    try:
        dumps(loads(raw))
    except Invalid as problem:
        assert problem.remedy


@pytest.mark.parametrize(
    ("text", "clean"),
    [("  Ada ", "Ada"), ("e\u0301", "é"), ("\u00a0x\u00a0", "x"), ("שלום\u200f", "שלום\u200f"), ("🚀", "🚀"), ("", "")],
)
def test_a_text_is_composed_and_without_outer_blanks(text, clean):
    assert clean_text(text, limit=20) == clean


def test_lines_are_kept_where_they_are_allowed():
    assert clean_text("one\r\n\ttwo\rthree\n", limit=20, multiline=True) == "one\n\ttwo\nthree"


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1b", "\x7f", "\x85", "\ud800", "\ufdd0", "\uffff", "\U0010ffff"])
def test_characters_that_mean_no_text_are_refused_and_named(character):
    for multiline in (False, True):
        with pytest.raises(Invalid) as caught:
            clean_text(f"a{character}b", limit=20, multiline=multiline)
        assert f"U+{ord(character):04X}" in caught.value.cause
        assert caught.value.cause.isprintable()


@pytest.mark.parametrize("character", ["\n", "\t", "\r", "\u2028", "\u202e", "\u2066"])
def test_a_name_has_one_line_and_one_direction(character):
    with pytest.raises(Invalid):
        clean_text(f"a{character}b", limit=20)
    assert clean_text(f"a{character}b", limit=20, multiline=True)


def test_the_limit_counts_characters():
    assert clean_text("é" * 20, limit=20) == "é" * 20
    for text in ("x" * 21, "é" * 21, "x" * 100_000, "e\u0301" * 1000):
        with pytest.raises(Invalid) as caught:
            clean_text(text, limit=20)
        assert caught.value.code == "too_long"


@pytest.mark.parametrize("value", [None, 1, b"x", ["x"]])
def test_what_is_no_text_is_refused(value):
    with pytest.raises(Invalid):
        clean_text(value, limit=20)


@given(st.text(max_size=12) | st.text("aé\u0301\u00a0 \u200d\u202e\ufdd0\u3000", max_size=6))
@settings(max_examples=size("money_examples"))
def test_a_plain_text_loses_outer_blanks_only(text):
    if is_plain(text):
        assert clean_text(f"{text}\n", limit=100, multiline=True) == text.strip() == clean_text(text, limit=100)
