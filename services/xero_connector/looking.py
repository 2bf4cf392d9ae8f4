"""Timesheets as Xero has them: by id, by employee and period, by change; and what a write of unknown outcome has left there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from services.xero_connector.regions.dates import civil_date, milliseconds
from services.xero_connector.regions.region import Can, Region
from services.xero_connector.sdk import Books, thing, things
from services.xero_connector.statuses import TimesheetStatus, timesheet_status
from shared.connector.provider import Changes, Held, Operation, Sought, Wire
from shared.kernel.errors import Missing, Unsupported
from shared.platform import clock

PAGE = 100
MANY = 5  # ids from which a list may be the cheaper way
REACH = timedelta(days=400)
"""How far back 2.0 lists are read for changes: they tell neither what changed since a time nor a later change to an old one."""
DOUBT = timedelta(days=1)  # more than their clock and ours may differ
ACCEPTED = (TimesheetStatus.APPROVED, TimesheetStatus.PROCESSED)


def read(books: Books, region: Region, number: str) -> Wire | None:
    """A timesheet with its lines, or None when it is gone."""
    try:
        return thing(books.timesheets("get_timesheet", number), "timesheet" if _dated(region) else "Timesheet")
    except Missing:
        return None


def existing(books: Books, region: Region, payload: Wire) -> Wire | None:
    """The timesheet of a payload's employee and period, whoever made it."""
    start = start_of(payload)
    if not _dated(region):
        rows = _asked(books, f'EmployeeID==Guid("{payload["EmployeeID"]}") && {_starting(start)}')
        mine = (row for row in rows if row["EmployeeID"] == payload["EmployeeID"] and start_of(row) == start)
        return next((_whole(books, region, row) for row in mine), None)
    asked = {"filter": f"employeeId=={payload['employeeID']}", "start_date": start, "end_date": civil_date(payload["endDate"])}
    found = next((row for row in _dated_pages(books, asked) if start_of(row) == start), None)
    return read(books, region, number_of(found)) if found else None


def start_of(wire: Wire) -> date:
    return civil_date(wire.get("startDate") or wire["StartDate"])


def number_of(wire: Wire) -> str:
    """A timesheet's id, in either spelling."""
    return str(wire.get("timesheetID") or wire["TimesheetID"])


def status_of(wire: Wire) -> TimesheetStatus:
    return timesheet_status(wire.get("status") or wire["Status"])


def same(region: Region, wire: Wire, payload: Wire) -> bool:
    """Whether a timesheet over there says what a payload says."""
    return region.picture(wire) == region.picture(payload)


# ---- after an unknown outcome


def find(books: Books, region: Region, sought: Sequence[Sought]) -> Sequence[Wire | None]:
    """What writes have made or changed, where it shows. Those of a great array are looked for in the list of their period."""
    if len(sought) <= MANY or _dated(region):
        return [_find(books, region, one) for one in sought]
    listed: dict[tuple[str, date], Wire] = {}
    for start in sorted({start_of(one.payload["timesheet"]) for one in sought}):
        listed |= {(row["EmployeeID"], start_of(row)): row for row in _asked(books, _starting(start))}
    return [_find_listed(books, region, one, listed) for one in sought]


def _find(books: Books, region: Region, sought: Sought) -> Wire | None:
    payload = sought.payload["timesheet"]
    if sought.operation is Operation.CREATE:
        return _taken_effect(region, sought, existing(books, region, payload))
    number = sought.external_id or number_of(payload)
    there = read(books, region, number)
    if sought.operation is Operation.RETIRE and Can.DELETE in region.can:
        return deleted(payload, number) if there is None else None
    return _taken_effect(region, sought, there)


def _find_listed(books: Books, region: Region, sought: Sought, listed: Mapping[tuple[str, date], Wire]) -> Wire | None:
    payload = sought.payload["timesheet"]
    row = listed.get((payload["EmployeeID"], start_of(payload)))
    return _taken_effect(region, sought, _whole(books, region, row)) if row else None


def _taken_effect(region: Region, sought: Sought, there: Wire | None) -> Wire | None:
    if there is None or not same(region, there, sought.payload["timesheet"]):
        return None
    return there if not sought.payload["approve"] or status_of(there) in ACCEPTED else None


def deleted(payload: Wire, number: str) -> Wire:
    """A timesheet that is gone, as it was last wanted."""
    return {**payload, "timesheetID": number, "status": "Deleted"}


# ---- by id and by change


def fetch(books: Books, region: Region, numbers: Sequence[str]) -> Mapping[str, Wire | None]:
    """Timesheets by id. Many are looked for in a list that carries lines first; only a read by id tells that one is gone."""
    wanted = set(numbers)
    found: dict[str, Wire] = {}
    if len(wanted) > MANY and not _dated(region):
        for row in _australian_pages(books, {}, most=len(wanted) // 2):
            found |= {number_of(row): row} if number_of(row) in wanted and "TimesheetLines" in row else {}
            if len(found) == len(wanted):
                break
    return {number: found.get(number) or read(books, region, number) for number in numbers}


def changed_of(books: Books, region: Region, numbers: Sequence[str], *, since: int) -> list[Wire]:
    """Of these timesheets of 1.0 the ones that changed at or after an instant in milliseconds; one alone in any case."""
    if len(numbers) == 1:
        there = read(books, region, numbers[0])
        return [there] if there else []
    moment, wanted = datetime.fromtimestamp(since // 1000, UTC), set(numbers)
    rows = _australian_pages(books, {"if_modified_since": moment})
    whole = (_whole(books, region, row) for row in rows if number_of(row) in wanted)
    return [row for row in whole if row is not None]


def changed_since(
    books: Books, region: Region, at: datetime, connected_at: datetime, *, full: bool, known: Mapping[str, Held]
) -> Changes:
    """What changed since a time, with lines. It is said to the second, so a second more is asked for.

    No list shows what was deleted: 2.0 lists name everything that is there, 1.0 is asked for everything only when ``full``.

    What was last changed before the organisation was connected can't be ours: 2.0 rows of that kind stay without lines, since
    reading those takes a call each.
    """
    until, since = clock.now(), at.replace(microsecond=0) - timedelta(seconds=1)
    rows, present = (
        _australian(books, since, full) if Can.CHANGED_SINCE in region.can else _dated_rows(books, region, since, known)
    )
    whole = (row if _before(row, connected_at - DOUBT) else _whole(books, region, row) for row in rows)
    listed = None if present is None else frozenset(map(number_of, present))
    reach = _first_listed(since).isoformat() if _dated(region) else ""
    return Changes(documents=[row for row in whole if row is not None], until=until, listed=listed, listed_from=reach)


def _australian(books: Books, since: datetime, full: bool) -> tuple[list[Wire], list[Wire] | None]:
    """What changed, and when asked for all that is there."""
    changed = list(_australian_pages(books, {"if_modified_since": since}))
    return changed, list(_australian_pages(books, {})) if full else None


def _dated_rows(books: Books, region: Region, since: datetime, known: Mapping[str, Held]) -> tuple[list[Wire], list[Wire]]:
    """What changed and isn't known, and all that is there."""
    present = list(_dated_pages(books, {"start_date": _first_listed(since)}))
    changed = [row for row in present if not _before(row, since)]
    return [row for row in changed if known.get(number_of(row)) != _held(region, row)], present


def _first_listed(since: datetime) -> date:
    """2.0 lists name the timesheets whose period begins on this day or later."""
    return (since - REACH).date()


def _held(region: Region, row: Wire) -> Held:
    """Their times tell no more than the second: a change within the one in which we wrote shows in status or hours."""
    seen = region.read_status(row)
    return Held(seen.remote_version, seen.status, seen.total)


def _before(row: Wire, since: datetime) -> bool:
    """Whether it surely didn't change since."""
    changed: str | None = row.get("updatedDateUTC")
    return changed is not None and milliseconds(changed) < int(since.timestamp()) * 1000


def _whole(books: Books, region: Region, row: Wire) -> Wire | None:
    """A listed timesheet with its lines, which a list may leave out."""
    return row if "timesheetLines" in row or "TimesheetLines" in row else read(books, region, number_of(row))


# ---- pages


def _starting(start: date) -> str:
    return f"StartDate==DateTime({start.year},{start.month:02},{start.day:02})"


def _asked(books: Books, where: str) -> Iterator[Wire]:
    """Those that a query asks for; all of them, should the query not be understood."""
    try:
        yield from _australian_pages(books, {"where": where})
    except Unsupported:
        yield from _australian_pages(books, {})


def _australian_pages(books: Books, asked: Mapping[str, Any], most: int = 10_000) -> Iterator[Wire]:
    for page in range(1, most + 1):
        rows = things(books.timesheets("get_timesheets", page=page, **asked), "Timesheets")
        yield from rows
        if len(rows) < PAGE:
            return


def _dated_pages(books: Books, asked: Mapping[str, Any]) -> Iterator[Wire]:
    """Rows without lines."""
    return pages_of("timesheets", lambda page: books.timesheets("get_timesheets", page=page, **asked))


def pages_of(name: str, ask: Any) -> Iterator[Wire]:
    """Every row of a 2.0 list; its envelope says how many pages there are."""
    page, last = 1, 1
    while page <= last:
        answer = ask(page)
        yield from things(answer, name)
        last = int((answer.get("pagination") or {}).get("pageCount") or 1)
        page += 1


def _dated(region: Region) -> bool:
    """The shape of 2.0."""
    return region.version == "2.0"
