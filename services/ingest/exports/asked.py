"""What an export was asked for: the body checked, and what it names found."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from marshmallow import fields, validate

from services.ingest.exports.formats.registry import FORMATS
from services.ingest.records import query as records
from services.ingest.records.query_pages import Place, Wanted
from shared.contract import fields as f
from shared.contract.records import Kind
from shared.kernel.canonical import clean_text
from shared.kernel.dates import parse_date
from shared.kernel.errors import Denied, Invalid
from shared.kernel.quote import quoted
from shared.platform.auth import Principal
from shared.platform.session import Session

FORMAT_WORDS = ("json", *FORMATS, "excel")
_EXTENSIONS = {"excel": "xlsx"}
INCLUDE = ("expenses", "mileage", "overtime")
MOST_NAMED = 100
"""Jobs or tags in one request."""
MOST_PAGE = 5_000
PAGE = 500


class _Export(f.Strict):
    user_id = f.text(36)
    from_date = f.civil_date(required=True)
    to_date = f.civil_date(required=True)
    job_ids = fields.List(f.text(36), validate=validate.Length(min=1, max=MOST_NAMED))
    client_id = f.text(36)
    tags = fields.List(f.text(500), validate=validate.Length(min=1, max=MOST_NAMED))
    include = fields.List(f.choice(INCLUDE), load_default=())
    detail = f.flag(load_default=False)
    approved = f.flag()
    format = f.choice(FORMAT_WORDS, load_default="json")
    page = f.whole(1_000_000, lowest=1)
    page_size = f.whole(MOST_PAGE, lowest=1)
    cursor = f.text(200, empty=True)
    background = f.flag(load_default=False)


EXPORT = _Export()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A checked request. Neither ``page`` nor ``cursor``: all of it."""

    wanted: Wanted
    kinds: tuple[Kind, ...]
    shown: frozenset[str]  # of expenses, mileage, overtime, detail
    format: str
    page: int | None = None
    size: int = PAGE
    cursor: str | None = None
    background: bool = False

    @property
    def in_parts(self) -> bool:
        return self.page is not None or self.cursor is not None

    def whole(self) -> Asked:
        """The same without pages."""
        return replace(self, page=None, cursor=None)


def load(session: Session, caller: Principal, sent: Any) -> Asked:
    """Raises Invalid naming the field that can't be, or the thing that isn't there."""
    given = f.load(EXPORT, sent, "the request")
    _check(given)
    return read(session, caller.organisation, {**given, "user_id": whose(caller, given.get("user_id"))})


def again(session: Session, organisation: str, kept: Mapping[str, Any]) -> Asked:
    """A request that was kept; raises Invalid when what it names is gone."""
    return read(session, organisation, f.load(EXPORT, dict(kept), "the request"))


def read(session: Session, organisation: str, given: Mapping[str, Any]) -> Asked:
    """The request of checked fields."""
    include = frozenset(given["include"])
    cursor = given.get("cursor")
    return Asked(
        wanted=_wanted(session, organisation, given),
        kinds=(Kind.TIME, *(kind for kind, word in _KINDS.items() if word in include)),
        shown=include | ({"detail"} if given["detail"] else set()),
        format=_EXTENSIONS.get(given["format"], given["format"]),
        page=given.get("page") or (1 if "page_size" in given and cursor is None else None),
        size=given.get("page_size", PAGE),
        cursor=cursor,
        background=given["background"],
    )


def _wanted(session: Session, organisation: str, given: Mapping[str, Any]) -> Wanted:
    person, client, jobs, tags = (given.get(name) for name in ("user_id", "client_id", "job_ids", "tags"))
    named = (("user_id", Kind.PERSON, [person]), ("client_id", Kind.CLIENT, [client]), ("job_ids", Kind.JOB, jobs or []))
    for field, kind, ids in named:
        _known(session, organisation, field, kind, set(ids) - {None})
    return Wanted(
        since=given["from_date"],
        until=given["to_date"],
        person=person,
        client=client,
        jobs=jobs,
        tags=None if tags is None else records.named_tags(session, organisation, tags),
        approved=given.get("approved"),
    )


_KINDS = {Kind.EXPENSE: "expenses", Kind.MILEAGE: "mileage"}


def whose(caller: Principal, person: str | None) -> str | None:
    """Whose work is meant: a worker's own, unless somebody else's was asked for, which isn't there. Raises Denied, Missing."""
    if caller.own == "":
        raise Denied("not_yours", "A worker exports their own work only, and this key is tied to nobody.", "Ask the owner.")
    return caller.whose(person)


def _check(given: Mapping[str, Any]) -> None:
    if given["from_date"] > given["to_date"]:
        cause = f"from_date {given['from_date']} is after to_date {given['to_date']}."
        raise Invalid("bad_period", cause, "Give the first day as from_date and the last as to_date.", field="from_date")
    if given.get("page") is not None and given.get("cursor") is not None:
        raise Invalid("bad_paging", "Both page and cursor were sent.", "Send one of them.", field="cursor")
    if given["background"] and (given.get("page") or given.get("cursor") is not None or "page_size" in given):
        raise Invalid("bad_paging", "A background export is written whole.", "Leave page and cursor out.", field="background")


def _known(session: Session, organisation: str, field: str, kind: Kind, ids: set[str]) -> None:
    missing = ids - records.find(session, organisation, kind, ids) if ids else ids
    if missing:
        cause = f"{field}: there is no {kind.value} {quoted(min(missing))}."
        raise Invalid(f"unknown_{kind.value}", cause, f"List them to see their ids, or leave {field} out.", field=field)


def media(format_: str) -> str:
    return FORMATS[format_].media if format_ in FORMATS else "application/json"


def file_name(sent: Mapping[str, Any]) -> str:
    """What a browser calls the file of a request."""
    return f"work-{sent['from_date']}-{sent['to_date']}.{_EXTENSIONS.get(sent.get('format'), sent.get('format', 'json'))}"


# ---- cursors: the place after which to go on, in a form that nobody need look into


def wrapped(place: str) -> str:
    """A place as a cursor."""
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def unwrapped(cursor: str) -> str:
    """The place in a cursor. Raises Invalid for what we never gave out."""
    try:
        data = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        return clean_text(data.decode(), limit=100)
    except (ValueError, Invalid) as error:
        raise bad_cursor(cursor) from error


def bad_cursor(cursor: str) -> Invalid:
    cause = f"The cursor {quoted(cursor)} is none of ours."
    return Invalid("bad_cursor", cause, "Send next_cursor as it came.", field="cursor")


def cursor_of(place: Place) -> str:
    return wrapped(f"{place[0].isoformat()} {place[1]}")


def place_of(cursor: str) -> Place | None:
    """The place that a cursor names; None for the empty one, with which a reader begins."""
    if not cursor:
        return None
    day, _, number = unwrapped(cursor).partition(" ")
    try:
        return parse_date(day), number
    except Invalid as error:
        raise bad_cursor(cursor) from error
