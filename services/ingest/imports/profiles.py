"""Profiles: layouts that a person confirmed, each with what its reports are recognised by, as a small JSON object to share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from marshmallow import fields as m

from services.ingest.sources.files.book import Book
from services.ingest.sources.files.cells import text_of
from services.ingest.sources.worklog import layout as layouts
from services.ingest.sources.worklog.layout import Layout
from shared.contract import fields as f
from shared.kernel import canonical
from shared.kernel.errors import Invalid
from shared.kernel.quote import quoted
from shared.platform.vault import Keyring

VERSION = 1
_KINDS = ("csv", "workbook", "html", "sqlite", "json")
_FAMILY = {"xlsx": "workbook", "xls": "workbook", "ods": "workbook"}
_SOURCE = re.compile(r"[a-z][a-z0-9_-]{0,39}", re.ASCII)
STATED = ("client", "job", "currency", "year")
_LOOKED_AT, _TABLES = 60, 20
"""Lines of each table, and tables of a file, among which the header row is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """What tells a profile's reports from others: the kind of file, and all headers of the table, in any order."""

    kind: str
    headers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A confirmed layout."""

    name: str
    source: str
    layout: Layout
    stated: tuple[str, ...] = ()  # of STATED: what the report itself said of all its rows, which the next one has to say as well
    recognised: Recognised | None = None  # None: it is used by name only


def source_name(value: object) -> str:
    """The name of a source, if it is one."""
    if not isinstance(value, str) or not _SOURCE.fullmatch(value):
        remedy = "Give a short lower-case word such as toggl."
        raise Invalid("bad_source", f"{quoted(value)} is not the name of a source.", remedy)
    return value


def _layout(value: object) -> Layout:
    if not isinstance(value, dict):
        raise Invalid("bad_object", f"{quoted(value)} is not an object", "give an object: {…}")
    return layouts.load(value)


class _RecognisedSchema(f.Strict):
    kind = f.choice(_KINDS, required=True)
    headers = m.List(f.Checked(layouts.header, metadata={"type": "string"}), required=True)


class _ProfileSchema(f.Strict):
    timebooks_profile = f.whole(VERSION, lowest=VERSION, required=True)
    name = f.text(100, required=True)
    source = f.Checked(source_name, load_default="worklog", metadata={"type": "string", "pattern": _SOURCE.pattern})
    layout = f.Checked(_layout, required=True, metadata={"type": "object"})
    stated = m.List(f.choice(STATED), load_default=())
    recognised = m.Nested(_RecognisedSchema)


SCHEMA = _ProfileSchema()


def load(data: object) -> Profile:
    """A profile from its JSON object. Invalid names every field that is wrong."""
    values = f.load(SCHEMA, data, "the profile")
    told = values.get("recognised")
    recognised = Recognised(kind=told["kind"], headers=_headers(told["headers"])) if told else None
    rest = {name: values[name] for name in ("name", "source", "layout")}
    return Profile(**rest, stated=tuple(values["stated"]), recognised=recognised)


def dump(profile: Profile) -> dict[str, Any]:
    """The JSON object that ``load`` reads."""
    told = {"timebooks_profile": VERSION, "name": profile.name, "source": profile.source, "layout": layouts.dump(profile.layout)}
    if profile.stated:
        told["stated"] = list(profile.stated)
    if profile.recognised:
        told["recognised"] = {"kind": profile.recognised.kind, "headers": list(profile.recognised.headers)}
    return told


# ---- recognising


def recognised(book: Book, layout: Layout) -> Recognised:
    """What later reports like this one are to be recognised by."""
    wanted = set(_headers(layout.wanted()))
    below = (one for line, one in _lines(book, layout.sheet) if line >= layout.header and wanted <= set(one.headers))
    return next(below, Recognised(kind=_FAMILY.get(book.kind, book.kind), headers=tuple(sorted(wanted))))


def candidates(book: Book) -> list[Recognised]:
    """What each of the first lines of the file's tables would be recognised by, if it were the header row."""
    return [one for table in book.tables[:_TABLES] for _, one in _lines(book, table) if len(one.headers) > 1]


def _lines(book: Book, table: str | None) -> Iterator[tuple[int, Recognised]]:
    kind = _FAMILY.get(book.kind, book.kind)
    for line in islice(book.lines(table), _LOOKED_AT):
        yield line.number, Recognised(kind=kind, headers=_headers(map(text_of, line.cells)))


def _headers(names: Iterable[str]) -> tuple[str, ...]:
    """Each header once, as layouts compare them, sorted."""
    return tuple(sorted({" ".join(name.split()) for name in names} - {""}))


def sign(keyring: Keyring, recognised: Recognised) -> str:
    """The hash under which a profile is found; headers may name people."""
    return keyring.mac(b"profile:" + canonical.dumps([recognised.kind, recognised.headers]))
