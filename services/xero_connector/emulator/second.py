"""Speaks Payroll 2.0 for New Zealand, the UK and Australia's timesheets: an envelope round everything, dated lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from . import payruns, people, timesheets
from .asking import Ask
from .books import APPROVED, DRAFT, PROCESSED, REJECTED, REQUESTED, Line, Run, Sheet, new_id
from .rows import counted
from .timesheets import Wanted
from .wire import Body, Broken, Malformed, Reason, Reply, broken, day_of_iso, json_reply, moment, not_there, shown

PROVIDER = "Sample Timekeeping App"
STATUS = {DRAFT: "Draft", REQUESTED: "Requested", APPROVED: "Approved", REJECTED: "Declined", PROCESSED: "Completed"}


def answer(ask: Ask) -> Reply:
    """The answer, refusals included: those are envelopes too, with a problem instead of the thing."""
    try:
        return _route(ask)(ask)
    except Broken as refused:
        fields = [{"name": reason.name, "reason": reason.text} for reason in dict.fromkeys(refused.reasons)]
        return _refused(ask, "Validation error occurred.", fields)
    except Malformed as unread:
        return _refused(ask, unread.message, [])


def _refused(ask: Ask, detail: str, fields: list[Body]) -> Reply:
    problem = {
        "type": "application/problem+json",
        "title": "BadRequest",
        "status": 400,
        "detail": detail,
        "instance": ask.call.path,
        "invalidFields": fields,
    }
    thing = ask.path[0].rstrip("s") if ask.path else "thing"
    return json_reply({**_head(ask, "BadRequest"), "problem": problem, thing: None}, 400)


def _head(ask: Ask, word: str = "OK") -> Body:
    at = f"{ask.act.at:%Y-%m-%dT%H:%M:%S.%f}0Z"
    head = {"id": new_id(), "providerName": PROVIDER, "dateTimeUTC": at, "httpStatusCode": word}
    return {**head, "pagination": None, "problem": None}


def enveloped(ask: Ask, **things: Any) -> Reply:
    return json_reply({**_head(ask), **things})


def paged(ask: Ask, name: str, things: Sequence[Any], view: Callable[[Any], Body] = dict) -> Reply:
    size, page = ask.options.page_size, ask.page()
    facts = {"page": page, "pageSize": size, "pageCount": -(-len(things) // size), "itemCount": len(things)}
    shown_now = [view(each) for each in things[(page - 1) * size : page * size]]
    return json_reply({**_head(ask), "pagination": facts, name: shown_now})


def _route(ask: Ask) -> Callable[[Ask], Reply]:
    ids = () if ask.path[:1] == ("settings",) else (1, 3)
    shape = tuple("*" if place in ids else part for place, part in enumerate(ask.path))
    region = ask.books.organisation.region
    found = _TIMESHEETS.get((ask.method, *shape))
    if found is None and region != "AU":
        found = _OTHERS.get((ask.method, *shape))
    if found is None or (found is _post_run and region != "NZ"):
        raise not_there()
    return found


def sheet_view(sheet: Sheet, *, whole: bool = True) -> Body:
    view = {
        "timesheetID": sheet.id,
        "payrollCalendarID": sheet.calendar,
        "employeeID": sheet.employee,
        "startDate": f"{sheet.start}T00:00:00",
        "endDate": f"{sheet.end}T00:00:00",
        "status": STATUS[sheet.status],
        "totalHours": shown(sheet.hours),
        "updatedDateUTC": moment(sheet.updated),
    }
    return {**view, "timesheetLines": [line_view(line) for line in sheet.lines if line.units]} if whole else view


def line_view(line: Line) -> Body:
    view = {
        "timesheetLineID": line.id,
        "date": f"{line.day}T00:00:00",
        "earningsRateID": line.rate,
        "numberOfUnits": shown(line.units),
    }
    return {**view, "trackingItemID": line.tracking} if line.tracking else view


def _list(ask: Ask) -> Reply:
    """Without lines: they are read one timesheet at a time."""
    args, filters = ask.call.args, _filters(ask.call.args.get("filter", ""))
    sheets = [sheet for sheet in ask.books.sheets.values() if _wanted(sheet, filters, args)]
    if args.get("sort", "").lower().startswith("startdate"):
        sheets.sort(key=lambda sheet: sheet.start)
    return paged(ask, "timesheets", sheets, lambda sheet: sheet_view(sheet, whole=False))


def _filters(text: str) -> dict[str, str]:
    found = {}
    for term in text.split(",") if text.strip() else []:
        name, sign, value = term.partition("==")
        if not sign or name.strip() not in ("employeeId", "payrollCalendarId"):
            raise broken("filter", f"The filter is not understood: {term}")
        found[name.strip()] = value.strip().lower()
    return found


def _wanted(sheet: Sheet, filters: dict[str, str], args: dict[str, str]) -> bool:
    if sheet.employee != filters.get("employeeId", sheet.employee):
        return False
    if sheet.calendar != filters.get("payrollCalendarId", sheet.calendar):
        return False
    if args.get("status", STATUS[sheet.status]).lower() != STATUS[sheet.status].lower():
        return False
    starts = not args.get("startDate") or sheet.start >= day_of_iso(args["startDate"], "startDate")
    return starts and (not args.get("endDate") or sheet.end <= day_of_iso(args["endDate"], "endDate"))


def _read(ask: Ask) -> Reply:
    return enveloped(ask, timesheet=sheet_view(ask.books.sheet(ask.path[1])))


def _create(ask: Ask) -> Reply:
    """Always a draft, whatever the body says."""
    sent = _object(ask)
    for name in ("payrollCalendarID", "employeeID", "startDate", "endDate"):
        if not sent.get(name):
            raise broken(name, f"The {name} is required")
    lines = _lines(ask, sent.get("timesheetLines"))
    if len({(line.day, line.rate, line.tracking) for line in lines}) != len(lines):
        raise broken("timesheetLines", "There may be one timesheet line for each date and earnings rate")
    start, end = day_of_iso(sent["startDate"], "startDate"), day_of_iso(sent["endDate"], "endDate")
    wanted = Wanted(str(sent["employeeID"]).lower(), start, end, lines, str(sent["payrollCalendarID"]).lower())
    return enveloped(ask, timesheet=sheet_view(timesheets.create(ask.books, ask.act, wanted)))


def _object(ask: Ask) -> Body:
    if not isinstance(ask.act.sent, dict):
        raise Malformed("The request body must be one object")
    return ask.act.sent


def _lines(ask: Ask, sent: Any) -> tuple[Line, ...]:
    if sent is not None and not isinstance(sent, list):
        raise Malformed("The timesheetLines must be an array")
    return tuple(_line(ask, each) for each in sent or ())


def _line(ask: Ask, sent: Any) -> Line:
    if not isinstance(sent, dict):
        raise Malformed("A timesheet line must be an object")
    for name in ("date", "earningsRateID", "numberOfUnits"):
        if sent.get(name) is None:
            raise broken(name, f"The {name} is required")
    units = counted(sent["numberOfUnits"], ask.options.decimals)
    if units <= 0:
        raise Broken(Reason("numberOfUnits", "The number of units must be greater than zero"))
    tracking = str(sent["trackingItemID"]).lower() if sent.get("trackingItemID") else None
    return Line(new_id(), day_of_iso(sent["date"], "date"), str(sent["earningsRateID"]).lower(), units, tracking)


def _delete(ask: Ask) -> Reply:
    timesheets.delete(ask.books, ask.act, ask.books.sheet(ask.path[1]))
    return enveloped(ask)


def _approve(ask: Ask) -> Reply:
    return enveloped(ask, timesheet=sheet_view(timesheets.approve(ask.books, ask.act, ask.books.sheet(ask.path[1]))))


def _revert(ask: Ask) -> Reply:
    return enveloped(ask, timesheet=sheet_view(timesheets.revert(ask.books, ask.act, ask.books.sheet(ask.path[1]))))


def _add_line(ask: Ask) -> Reply:
    sheet = ask.books.sheet(ask.path[1])
    line = _line(ask, _object(ask))
    timesheets.set_lines(ask.books, ask.act, "add_line", sheet, (*sheet.lines, line), line)
    return enveloped(ask, timesheetLine=line_view(line))


def _put_line(ask: Ask) -> Reply:
    sheet = ask.books.sheet(ask.path[1])
    old = timesheets.line_of(sheet, ask.path[3])
    line = replace(_line(ask, _object(ask)), id=old.id, row=old.row)
    lines = tuple(line if each.id == old.id else each for each in sheet.lines)
    timesheets.set_lines(ask.books, ask.act, "update_line", sheet, lines, line)
    return enveloped(ask, timesheetLine=line_view(line))


def _drop_line(ask: Ask) -> Reply:
    sheet = ask.books.sheet(ask.path[1])
    gone = timesheets.line_of(sheet, ask.path[3])
    left = tuple(each for each in sheet.lines if each.id != gone.id)
    timesheets.set_lines(ask.books, ask.act, "delete_line", sheet, left, None)
    return enveloped(ask)


def run_view(ask: Ask, run: Run, *, whole: bool = False) -> Body:
    slips = payruns.payslips(ask.books, run)
    total = sum((slip["pay"] for slip in slips), payruns.NOTHING)
    view = {
        "payRunID": run.id,
        "payrollCalendarID": run.calendar,
        "periodStartDate": f"{run.start}T00:00:00",
        "periodEndDate": f"{run.end}T00:00:00",
        "paymentDate": f"{run.payment}T00:00:00",
        "totalCost": total,
        "totalPay": total,
        "payRunStatus": "Posted" if run.posted else "Draft",
        "payRunType": "Scheduled",
        "calendarType": people.calendar_type(ask.books.calendars[run.calendar]),
        "postedDateTime": moment(run.posted_at) if run.posted_at else None,
    }
    return {**view, "paySlips": [_slip(run, slip) for slip in slips]} if whole else view


def _slip(run: Run, slip: Body) -> Body:
    person = slip["employee"]
    return {
        "paySlipID": slip["id"],
        "employeeID": person.id,
        "payRunID": run.id,
        "firstName": person.first,
        "lastName": person.last,
        "totalEarnings": slip["pay"],
        "grossEarnings": slip["pay"],
        "totalPay": slip["pay"],
        "timesheetEarningsLines": [line_view(line) for line in slip["lines"]],
    }


def _runs(ask: Ask) -> Reply:
    status = ask.call.args.get("status", "").lower()
    runs = sorted(ask.books.runs.values(), key=lambda run: run.start, reverse=True)
    wanted = [run for run in runs if status in ("", "posted" if run.posted else "draft")]
    return paged(ask, "payRuns", wanted, lambda run: run_view(ask, run))


def _run(ask: Ask) -> Reply:
    return enveloped(ask, payRun=run_view(ask, ask.books.run(ask.path[1]), whole=True))


def _post_run(ask: Ask) -> Reply:
    """New Zealand alone makes drafts here; nobody posts them here."""
    sent = _object(ask)
    if sent.get("payRunStatus", "Draft") != "Draft":
        raise broken("payRunStatus", "A pay run is created as a draft")
    days = [day_of_iso(sent[name], name) if sent.get(name) else None for name in ("periodStartDate", "periodEndDate")]
    run = payruns.draft(ask.books, ask.act, str(sent.get("payrollCalendarID", "")).lower(), *days)
    return enveloped(ask, payRun=run_view(ask, run))


def _slips(ask: Ask) -> Reply:
    args = {name.lower(): value for name, value in ask.call.args.items()}
    run = ask.books.run(args.get("payrunid", ""))
    return paged(ask, "paySlips", [_slip(run, slip) for slip in payruns.payslips(ask.books, run)])


_TIMESHEETS: dict[tuple[str, ...], Callable[[Ask], Reply]] = {
    ("GET", "timesheets"): _list,
    ("POST", "timesheets"): _create,
    ("GET", "timesheets", "*"): _read,
    ("DELETE", "timesheets", "*"): _delete,
    ("POST", "timesheets", "*", "approve"): _approve,
    ("POST", "timesheets", "*", "reverttodraft"): _revert,
    ("POST", "timesheets", "*", "lines"): _add_line,
    ("PUT", "timesheets", "*", "lines", "*"): _put_line,
    ("DELETE", "timesheets", "*", "lines", "*"): _drop_line,
}
_OTHERS: dict[tuple[str, ...], Callable[[Ask], Reply]] = {
    ("GET", "payruns"): _runs,
    ("GET", "payruns", "*"): _run,
    ("POST", "payruns"): _post_run,
    ("GET", "payslips"): _slips,
    ("GET", "employees"): lambda ask: paged(ask, "employees", people.employees(ask)),
    ("GET", "employees", "*"): lambda ask: enveloped(ask, employee=people.employee(ask)),
    ("GET", "employees", "*", "salaryandwages"): lambda ask: paged(ask, "salaryAndWages", people.wages(ask)),
    ("GET", "employees", "*", "paytemplates"): lambda ask: enveloped(ask, payTemplate=people.template(ask)),
    ("GET", "payruncalendars"): lambda ask: paged(ask, "payRunCalendars", people.all_calendars(ask)),
    ("GET", "payruncalendars", "*"): lambda ask: enveloped(ask, payRunCalendar=people.calendar(ask)),
    ("GET", "earningsrates"): lambda ask: paged(ask, "earningsRates", people.all_rates(ask)),
    ("GET", "earningsrates", "*"): lambda ask: enveloped(ask, earningsRate=people.rate(ask)),
    ("GET", "settings"): lambda ask: enveloped(ask, settings={"accounts": []}),
    ("GET", "settings", "trackingcategories"): lambda ask: enveloped(ask, trackingCategories=people.tracking(ask)),
}
