"""Reads records as callers send them, and writes them as answers show them.

A record in JSON is ``{"kind", "source", "source_id", …}`` with the fields of its class in ``records``. A reference
(person, client, job, tags, the person of a rate) is given by its ``source_id`` in the same source and becomes the
record id; it may be sent before the record that it names. Answers carry the record ids as stored.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import fields as fields_of
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import lru_cache, partial
from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from shared.contract import fields as f
from shared.contract.quick import NOTHING, quick
from shared.contract.records import KINDS, AnyRecord, Kind, Origin, Rate, Record, made
from shared.contract.spans import check_day, settle
from shared.kernel.errors import Invalid
from shared.kernel.ids import record_id
from shared.kernel.money import round_money
from shared.kernel.quote import quoted

NAME, NOTES, SOURCE_ID, CATEGORY, EMAIL, ADDRESS = 500, 4000, 200, 100, 254, 1000  # characters
VEHICLE, PLACE = 100, 200
TAGS, RATES = 50, 200  # how many one record may have
SECONDS = 31 * 86_400  # the longest entry: a timer forgotten for a month
_SOURCE = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_NOT_CONTENT = frozenset({"id", "organisation", "revision", "content_hash", "origin"})

_reference = partial(f.text, SOURCE_ID)
_price = partial(f.number, 7, 9)
_seconds = partial(f.whole, SECONDS)


def _email(value: object) -> str:
    email: str = f.text(EMAIL).read(value)
    if not _EMAIL.fullmatch(email):
        raise Invalid("bad_email", f"{quoted(value)} is not an e-mail address", "write it as name@example.com, or leave it out")
    return email


def _list(item: fields.Field[Any], most: int, **options: Any) -> fields.List[Any]:
    def check(values: list[Any]) -> None:
        if len(values) > most:
            raise ValidationError([Invalid("too_many", f"there are {len(values)}, more than {most}", f"give at most {most}")])

    return fields.List(item, validate=check, **options)


class _RecordSchema(f.Strict):
    source_id = f.text(SOURCE_ID, required=True)
    deleted = f.flag()


class _NamedSchema(_RecordSchema):
    name = f.text(NAME, required=True)


class _PersonSchema(_NamedSchema):
    email = f.Checked(_email)
    zone = f.zone()


class _ClientSchema(_NamedSchema):
    email = f.Checked(_email)
    address = f.text(ADDRESS, multiline=True)
    currency = f.currency()


class _RateSchema(f.Strict):
    rate = _price(required=True)
    overtime_rate = _price(allow_none=True)
    person = _reference(allow_none=True)
    since = f.civil_date(allow_none=True)


class _JobSchema(_NamedSchema):
    client = _reference()
    currency = f.currency()
    rates = _list(fields.Nested(_RateSchema), RATES)

    @validates_schema
    def _one_line_each(self, values: dict[str, Any], **_: Any) -> None:
        lines = [(rate.get("person"), rate.get("since")) for rate in values.get("rates", ())]
        if len(set(lines)) != len(lines):
            cause = "two lines of the rate card are for the same person from the same day"
            raise ValidationError([Invalid("rate_twice", cause, "keep one of them")], "rates")


class _WorkSchema(_RecordSchema):
    date = f.civil_date(required=True)
    person = _reference(required=True)
    client = _reference()
    job = _reference()
    tags = _list(_reference(), TAGS)
    currency = f.currency()
    billable = f.flag()
    notes = f.text(NOTES, multiline=True, empty=True)


class _TimeSchema(_WorkSchema):
    seconds = _seconds(required=True)
    break_seconds = _seconds()
    overtime_seconds = _seconds()
    start = f.moment()
    end = f.moment()
    zone = f.zone()
    rate = _price()

    @validates_schema
    def _agrees_with_itself(self, values: dict[str, Any], **_: Any) -> None:
        problems = {}
        for field, check in (("overtime_seconds", _check_overtime), ("end", _settle), ("start", _check_start)):
            try:
                check(values)
            except Invalid as problem:
                problems[problem.facts.get("field", field)] = [problem]
        if problems:
            raise ValidationError(problems)


def _check_overtime(values: dict[str, Any]) -> None:
    overtime, seconds = values.get("overtime_seconds", 0), values["seconds"]
    if overtime > seconds:
        cause = f"{overtime} s of overtime are more than the {seconds} s worked"
        raise Invalid("overtime_exceeds_duration", cause, "overtime is a part of the duration; give at most the duration")


def _settle(values: dict[str, Any]) -> None:
    total = values["seconds"] + values.get("break_seconds", 0)
    values["start"], values["end"] = settle(values.get("start"), values.get("end"), values.get("zone"), total)


def _check_start(values: dict[str, Any]) -> None:
    check_day(values["date"], values.get("start"))


class _ExpenseSchema(_WorkSchema):
    amount = f.number(4, 9, negative=True, required=True)
    category = f.text(CATEGORY, empty=True)

    @validates_schema
    def _fits_its_currency(self, values: dict[str, Any], **_: Any) -> None:
        amount, currency = values["amount"], values.get("currency")
        if currency and round_money(amount, currency) != amount:
            cause = f"{amount} {currency} has parts of the smallest coin"
            raise ValidationError([Invalid("bad_amount", cause, f"give {round_money(amount, currency)}")], "amount")


class _MileageSchema(_WorkSchema):
    distance = f.number(3, 6, required=True)
    unit = f.choice(("mi", "km"))
    rate = _price()
    vehicle = f.text(VEHICLE, empty=True)
    odometer_start = f.number(3, 8)
    odometer_end = f.number(3, 8)
    from_place = f.text(PLACE, empty=True)
    to_place = f.text(PLACE, empty=True)

    @validates_schema
    def _was_driven(self, values: dict[str, Any], **_: Any) -> None:
        start, end = values.get("odometer_start"), values.get("odometer_end")
        if start is not None and end is not None:
            _check_odometer(start, end, values["distance"])


def _check_odometer(start: Decimal, end: Decimal, distance: Decimal) -> None:
    """A reading leaves out what is less than its last digit, so two may be off by less than one of the coarser's."""
    step = Decimal(1).scaleb(max(_exponent(start), _exponent(end)))
    if end - start != distance and abs(end - start - distance) >= step:
        cause = f"the odometer went from {start} to {end}, which is not the distance of {distance}"
        raise ValidationError([Invalid("odometer_contradicts", cause, "mend the readings or the distance")], "odometer_end")


def _exponent(value: Decimal) -> int:
    return int(value.as_tuple().exponent)


_SCHEMAS: dict[Kind, Schema] = {
    Kind.PERSON: _PersonSchema(),
    Kind.CLIENT: _ClientSchema(),
    Kind.JOB: _JobSchema(),
    Kind.TAG: _NamedSchema(),
    Kind.TIME: _TimeSchema(),
    Kind.EXPENSE: _ExpenseSchema(),
    Kind.MILEAGE: _MileageSchema(),
}


def schema_of(kind: Kind) -> Schema:
    """What one record of a kind is written with, for whoever describes it: by ids, and without naming a source."""
    schema = type(_SCHEMAS[kind])
    more = {
        "source": f.text(40, metadata={"description": "A short lower-case word; api unless said."}),
        "source_id": f.text(SOURCE_ID, metadata={"description": "The source's own id; one is made unless said."}),
        "revision": f.whole(10**9, lowest=1, metadata={"description": "The one that was seen, in place of If-Match."}),
    }
    made: Schema = type(schema.__name__, (schema,), {"__module__": schema.__module__, **more})()
    return made


_WHOLE: dict[Kind, Callable[[dict[str, Any]], None]] = {
    Kind.JOB: _JobSchema()._one_line_each,
    Kind.TIME: _TimeSchema()._agrees_with_itself,
    Kind.EXPENSE: _ExpenseSchema()._fits_its_currency,
    Kind.MILEAGE: _MileageSchema()._was_driven,
}
_BLANK: dict[Kind, dict[str, Any]] = {kind: {one.name: one.default for one in fields_of(of)} for kind, of in KINDS.items()}
"""Every field in its order; those without a default are always given."""
_QUICK = {kind: quick(schema, _WHOLE.get(kind)) for kind, schema in _SCHEMAS.items()}

_NAMED = {kind.value: kind for kind in Kind}
_PARTS = {Rate: tuple(one.name for one in fields_of(Rate)), Origin: Origin._fields}

Identify = Callable[[Kind, str, str], str]
"""The record id of a kind, a source and a source id, within one organisation."""


def identifier(organisation: str) -> Identify:
    """One for many records: what they refer to is named again and again."""
    return lru_cache(maxsize=None)(partial(record_id, organisation))


def load_record(
    kind: str,
    data: dict[str, Any],
    organisation: str,
    source: str,
    *,
    origin: Origin | None = None,
    identify: Identify | None = None,
    known: Mapping[str, Any] | None = None,
) -> AnyRecord:
    """A record from a caller's JSON object, not stored yet; one Invalid with every error in ``errors``.

    ``data`` may still hold its ``kind`` and ``source``, which must then be these. ``identify``: see ``identifier``.
    ``known``: the record ids of all that ``data`` refers to, where these records were loaded already; and its own ``id``.
    """
    named = kind_of(kind)
    if not isinstance(source, str) or not _SOURCE.fullmatch(source):
        raise Invalid("bad_source", f"{quoted(source)} is not the name of a source", "give a short lower-case word such as toggl")
    fields = _without_header(data, named, source)
    values = _QUICK[named](fields, NOTHING if known is None else known) if type(fields) is dict else None
    if values is None:
        values, known = f.load(_SCHEMAS[named], fields, f"the {named}"), None
    if known is None:
        values = _with_references(values, source, identify or partial(record_id, organisation))
    header = {"organisation": organisation, "source": source, "origin": origin}
    if "id" not in values:
        header["id"] = record_id(organisation, named, source, values["source_id"])
    return made(KINDS[named], _BLANK[named] | header | values)  # type: ignore[no-any-return]


def kind_of(kind: object) -> Kind:
    """The kind of this name."""
    if isinstance(kind, str) and kind in _NAMED:
        return _NAMED[kind]
    remedy = f"give one of: {', '.join(Kind)}"
    raise Invalid("unknown_kind", f"{quoted(kind)} is not a kind of record", remedy)


def _without_header(data: Any, kind: Kind, source: str) -> Any:
    if not isinstance(data, dict) or not ("kind" in data or "source" in data):
        return data
    for name, ours in (("kind", kind.value), ("source", source)):
        if data.get(name, ours) != ours:
            problem = Invalid("contradiction", f"{name} is {quoted(data[name])}, but {ours} was said", f"give {ours}")
            raise f.refusal([f.problem_of(name, problem, data[name])])
    fields = dict(data)
    fields.pop("kind", None)
    fields.pop("source", None)
    return fields


_REFERENCES = (("person", Kind.PERSON), ("client", Kind.CLIENT), ("job", Kind.JOB))


def _with_references(values: dict[str, Any], source: str, identify: Identify) -> dict[str, Any]:
    for name, kind in _REFERENCES:
        if values.get(name) is not None:
            values[name] = identify(kind, source, values[name])
    if "tags" in values:  # a set: the order in which they were sent says nothing
        values["tags"] = tuple(sorted({identify(Kind.TAG, source, tag) for tag in values["tags"]}))
    if "rates" in values:
        rates = [Rate(**_with_references(rate, source, identify)) for rate in values["rates"]]
        values["rates"] = tuple(sorted(rates, key=lambda rate: (rate.person or "", rate.since or date.min)))
    return values


def dump_record(record: Record) -> dict[str, Any]:
    """A record as answers show it: ``kind`` and every field, dates as text, Decimals as they are, references as ids."""
    kind, names = _SHOWN[type(record)]
    values = ((name, getattr(record, name)) for name in names)
    return {"kind": kind, **{name: value if type(value) in _AS_IT_IS else _plain(value) for name, value in values}}


_SHOWN = {of: (kind.value, tuple(field.name for field in fields_of(of))) for kind, of in KINDS.items()}


def content(record: Record) -> dict[str, Any]:
    """What the content hash covers: all but the id, the organisation, the revision, the hash itself and the origin.

    Decimals lose their trailing zeros, so that 85 and 85.00 are the same rate.
    """
    names = [name for name in _SHOWN[type(record)][1] if name not in _NOT_CONTENT]
    return {name: _plain(getattr(record, name), exact=False) for name in names}


_AS_IT_IS = frozenset({str, int, bool, type(None)})


def _plain(value: Any, exact: bool = True) -> Any:
    if isinstance(value, Decimal):
        return value if exact else Decimal(format(value.normalize(), "f"))
    if isinstance(value, date):
        return value.isoformat()
    if type(value) in _PARTS:
        return {name: _plain(getattr(value, name), exact) for name in _PARTS[type(value)]}
    if isinstance(value, tuple):
        return [_plain(item, exact) for item in value]
    return value.value if isinstance(value, Enum) else value
