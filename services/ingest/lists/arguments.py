"""What a list was asked for in the query of its address."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from services.ingest.exports.formats.registry import FORMATS
from services.ingest.lists.listing import Filter, Listing
from services.ingest.lists.periods import GROUPS, PERIODS
from shared.kernel.dates import FIRST_YEAR, LAST_YEAR, parse_date, parse_instant
from shared.kernel.errors import Invalid
from shared.kernel.quote import quoted
from shared.platform.web import argument

_PAGING = ("page", "page_size", "cursor", "format")
PART = 1_000
"""Items read at once for a file."""


def check_names(given: Collection[str], listing: Listing) -> None:
    """Raises Invalid for an argument that this list doesn't know: what nobody reads would be taken for a asked."""
    unknown = sorted(set(given) - {*_PAGING, *listing.filters})
    if unknown:
        remedy = f"/{listing.name} knows {', '.join((*listing.filters, *_PAGING))}."
        raise Invalid("unknown_argument", f"There is no argument {quoted(unknown[0])}.", remedy, field=unknown[0])


def filter_of(listing: Listing) -> Filter:
    """The filter in the query."""
    found = {_FIELDS[name]: _READ[name](name, text) for name in listing.filters if (text := argument(name)) is not None}
    chosen = Filter(**found)
    lacking = [name for name in listing.needs if getattr(chosen, _FIELDS[name]) is None]
    if lacking:
        raise Invalid("missing_argument", f"{lacking[0]} is missing.", f"Give {' and '.join(listing.needs)}.", field=lacking[0])
    if chosen.since and chosen.until and chosen.since > chosen.until:
        cause = f"from {chosen.since} is after to {chosen.until}."
        raise Invalid("bad_period", cause, "Give the first day as from.", field="from")
    return chosen


def format_of() -> str | None:
    """The file's format; None: JSON, page by page."""
    text = argument("format")
    if text in (None, "json"):
        return None
    return _one_of(FORMATS)("format", "xlsx" if text == "excel" else text)  # type: ignore[return-value]


# ---- one argument


def _text(name: str, text: str) -> str:
    return text


def _day(name: str, text: str) -> Any:
    return _read(parse_date, name, text)


def _instant(name: str, text: str) -> Any:
    return _read(parse_instant, name, text)


def _read(read: Callable[[str], Any], name: str, text: str) -> Any:
    try:
        return read(text)
    except Invalid as problem:
        raise Invalid("bad_argument", f"{name}: {problem.cause}.", problem.remedy, field=name) from problem


def _one_of(words: Collection[str]) -> Callable[[str, str], str]:
    def read(name: str, text: str) -> str:
        if text not in words:
            raise Invalid("bad_argument", f"{name} is {quoted(text)}.", f"Give one of: {', '.join(words)}.", field=name)
        return text

    return read


def _year(name: str, text: str) -> int:
    if not (len(text) == 4 and text.isascii() and text.isdigit() and FIRST_YEAR <= int(text) < LAST_YEAR):
        raise Invalid("bad_argument", f"{name} is {quoted(text)}.", "Give the four digits of a year.", field=name)
    return int(text)


def _flag(name: str, text: str) -> bool:
    return _one_of(("true", "false"))(name, text) == "true"


_FIELDS = {
    "from": "since", "to": "until", "updated_since": "changed_since",
    **{name: name for name in ("client", "job", "person", "tag", "approved", "status", "period", "group", "year")},
}
"""The filter's field of each argument."""
_READ: dict[str, Callable[[str, str], Any]] = {
    "from": _day, "to": _day, "updated_since": _instant, "year": _year, "approved": _flag,
    **dict.fromkeys(("client", "job", "person", "tag", "status"), _text),
    "period": _one_of(PERIODS), "group": _one_of(GROUPS),
}
