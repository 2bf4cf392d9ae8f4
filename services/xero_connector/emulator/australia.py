"""Speaks Payroll AU 1.0: capitals, bare arrays in, wrapped arrays out, a row of units for each earnings rate."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from . import payruns, where
from .arrays import timesheets_posted
from .asking import Ask
from .books import Books, Run, new_id
from .options import Calendar, Employee, Rate
from .rows import sheet_view
from .wire import Body, Broken, Malformed, Reply, day_of_ms, json_reply, ms_date, ms_moment, not_there, refused_xml, text_reply

PROVIDER = "Sample Timekeeping App"


def answer(ask: Ask) -> Reply:
    try:
        return _ROUTES.get((ask.method, *_shape(ask.path)), _elsewhere)(ask)
    except Broken as refused:
        element = {"ValidationErrors": [{"Message": reason.text} for reason in refused.reasons]}
        return invalid(ask, [element])
    except Malformed as unread:
        if ask.options.first_errors == "xml":
            return refused_xml(unread.number, unread.kind, unread.message)
        return json_reply({"ErrorNumber": unread.number, "Type": unread.kind, "Message": unread.message}, 400)


def invalid(ask: Ask, elements: list[Body]) -> Reply:
    message = "A validation exception occurred"
    if ask.options.first_errors == "xml":
        words = "; ".join(error["Message"] for element in elements for error in element.get("ValidationErrors", []))
        return refused_xml(10, "ValidationException", f"{message}: {words}")
    return json_reply({"ErrorNumber": 10, "Type": "ValidationException", "Message": message, "Elements": elements}, 400)


def _shape(path: tuple[str, ...]) -> tuple[str, ...]:
    return tuple("*" if place == 1 else part for place, part in enumerate(path))


def _wrapped(ask: Ask, **things: Any) -> Reply:
    head = {"Id": new_id(), "Status": "OK", "ProviderName": PROVIDER, "DateTimeUTC": ms_moment(ask.act.at)}
    return json_reply({**head, **things})


def _elsewhere(ask: Ask) -> Reply:
    if ask.method != "GET" and ask.path[0] in ("employees", "payitems", "payrollcalendars", "payslip"):
        return text_reply("Not implemented by this emulator", 501)
    raise not_there()


def _listed(ask: Ask, name: str, things: Iterable[Any], view: Callable[[Any], Body], names: set[str]) -> Reply:
    """A page of those that meet the query; without one, only what is on the page is written out."""
    first, args = (ask.page() - 1) * ask.options.page_size, ask.call.args
    on_page = slice(first, first + ask.options.page_size)
    if not args.get("where") and not args.get("order"):
        return _wrapped(ask, **{name: [view(each) for each in list(things)[on_page]]})
    rows = where.kept([view(each) for each in things], args.get("where", ""), args.get("order", ""), name[:-1], names)
    return _wrapped(ask, **{name: rows[on_page]})


def _timesheets(ask: Ask) -> Reply:
    sheets = sorted((each for each in ask.books.sheets.values() if ask.is_new(each.updated)), key=lambda each: each.id)
    names = {"TimesheetID", "EmployeeID", "StartDate", "EndDate", "Status", "Hours", "UpdatedDateUTC"}
    return _listed(ask, "Timesheets", sheets, sheet_view, names)


def _timesheet(ask: Ask) -> Reply:
    return _wrapped(ask, Timesheet=sheet_view(ask.books.sheet(ask.path[1])))


def _post_timesheets(ask: Ask) -> Reply:
    done = timesheets_posted(ask)
    return invalid(ask, done.elements) if done.refused else _wrapped(ask, Timesheets=[sheet_view(each) for each in done.stored])


def employee_view(person: Employee, books: Books, today: date, *, whole: bool = False) -> Body:
    ended = person.end is not None and person.end < today
    view: Body = {
        "EmployeeID": person.id,
        "FirstName": person.first,
        "LastName": person.last,
        "Status": "TERMINATED" if ended else "ACTIVE",
        "Email": person.email,
        "DateOfBirth": "/Date(631152000000+0000)/",
        "StartDate": ms_date(person.start),
        "EmployeeGroupName": None,
        "PayrollCalendarID": person.calendar,
        "OrdinaryEarningsRateID": person.rate,
        "UpdatedDateUTC": ms_moment(person.updated or books.opened),
    }
    if person.end:
        view["TerminationDate"] = ms_date(person.end)
    if whole:
        lines = [{"EarningsRateID": each, "CalculationType": "USEEARNINGSRATE"} for each in person.template]
        view["PayTemplate"] = {"EarningsLines": lines, "DeductionLines": [], "SuperLines": []}
    return {name: value for name, value in view.items() if value is not None}


def _employees(ask: Ask) -> Reply:
    people = [each for each in ask.books.employees.values() if ask.is_new(each.updated)]
    names = {"EmployeeID", "FirstName", "LastName", "Status", "Email", "StartDate", "PayrollCalendarID", "UpdatedDateUTC"}
    return _listed(ask, "Employees", people, lambda each: employee_view(each, ask.books, ask.act.at.date()), names)


def _employee(ask: Ask) -> Reply:
    person = ask.books.employees.get(ask.path[1])
    if person is None:
        raise not_there()
    return _wrapped(ask, Employees=[employee_view(person, ask.books, ask.act.at.date(), whole=True)])


def calendar_view(calendar: Calendar, books: Books) -> Body:
    start, end = books.upcoming(calendar)
    return {
        "PayrollCalendarID": calendar.id,
        "Name": calendar.name,
        "CalendarType": calendar.type,
        "StartDate": ms_date(start),
        "PaymentDate": ms_date(payruns.payment_day(calendar, end)),
        "ReferenceDate": ms_date(calendar.anchor),
        "UpdatedDateUTC": ms_moment(books.opened),
    }


def _calendars(ask: Ask) -> Reply:
    names = {"PayrollCalendarID", "Name", "CalendarType"}
    return _listed(ask, "PayrollCalendars", ask.books.calendars.values(), lambda each: calendar_view(each, ask.books), names)


def _calendar(ask: Ask) -> Reply:
    found = ask.books.calendars.get(ask.path[1])
    if found is None:
        raise not_there()
    return _wrapped(ask, PayrollCalendars=[calendar_view(found, ask.books)])


def rate_view(rate: Rate, books: Books) -> Body:
    view: Body = {
        "EarningsRateID": rate.id,
        "Name": rate.name,
        "AccountCode": "477",
        "TypeOfUnits": rate.units,
        "EarningsType": rate.kind,
        "RateType": rate.rate_type,
        "RatePerUnit": None if rate.per_unit is None else f"{rate.per_unit:.4f}",  # a text, on this surface
        "Multiplier": rate.multiple,
        "AccrueLeave": False,
        "IsExemptFromTax": False,
        "IsExemptFromSuper": False,
        "IsReportableAsW1": False,
        "IsQualifyingEarnings": rate.qualifying,
        "CurrentRecord": rate.current,
        "UpdatedDateUTC": ms_moment(books.opened),
    }
    return {name: value for name, value in view.items() if value is not None}


def _pay_items(ask: Ask) -> Reply:
    rates = [rate_view(each, ask.books) for each in ask.books.rates.values()]
    empty: Body = {"DeductionTypes": [], "LeaveTypes": [], "ReimbursementTypes": []}
    return _wrapped(ask, PayItems={"EarningsRates": rates, **empty})


def _settings(ask: Ask) -> Reply:
    facts = ask.books.organisation
    chosen = {"TrackingCategoryID": facts.tracking_category, "TrackingCategoryName": "Crew"} if facts.tracking_category else None
    tracking = {"TimesheetCategories": chosen} if chosen else {}
    return _wrapped(ask, Settings={"Accounts": [], "TrackingCategories": tracking, "DaysInPayrollYear": 364})


def run_view(run: Run, books: Books, *, whole: bool = False) -> Body:
    slips = payruns.payslips(books, run)
    total = sum((slip["pay"] for slip in slips), payruns.NOTHING)
    view: Body = {
        "PayRunID": run.id,
        "PayrollCalendarID": run.calendar,
        "PayRunPeriodStartDate": ms_date(run.start),
        "PayRunPeriodEndDate": ms_date(run.end),
        "PaymentDate": ms_date(run.payment),
        "PayRunStatus": "POSTED" if run.posted else "DRAFT",
        "Wages": total,
        "Deductions": 0,
        "Tax": 0,
        "Super": 0,
        "Reimbursement": 0,
        "NetPay": total,
        "UpdatedDateUTC": ms_moment(run.updated),
    }
    return {**view, "Payslips": [slip_view(slip) for slip in slips]} if whole else view


def slip_view(slip: Body, *, whole: bool = False) -> Body:
    person: Employee = slip["employee"]
    names = {"EmployeeID": person.id, "PayslipID": slip["id"], "FirstName": person.first, "LastName": person.last}
    none: Body = {"Deductions": 0, "Tax": 0, "Super": 0, "Reimbursements": 0}
    view: Body = {**names, **none, "Wages": slip["pay"], "NetPay": slip["pay"]}
    if whole:
        view["EarningsLines"] = []
        view["TimesheetEarningsLines"] = [{"EarningsRateID": line.rate, "NumberOfUnits": line.units} for line in slip["lines"]]
    return view


def _runs(ask: Ask) -> Reply:
    runs = sorted((each for each in ask.books.runs.values() if ask.is_new(each.updated)), key=lambda each: each.start)
    names = {"PayRunID", "PayrollCalendarID", "PayRunStatus", "PayRunPeriodStartDate", "PayRunPeriodEndDate", "PaymentDate"}
    return _listed(ask, "PayRuns", runs, lambda run: run_view(run, ask.books), names)


def _run(ask: Ask) -> Reply:
    return _wrapped(ask, PayRuns=[run_view(ask.books.run(ask.path[1]), ask.books, whole=True)])


def _post_runs(ask: Ask) -> Reply:
    return _wrapped(ask, PayRuns=[run_view(_drafted(ask, _one(ask.act.sent)), ask.books)])


def _post_run(ask: Ask) -> Reply:
    if _one(ask.act.sent).get("PayRunStatus") != "POSTED":
        raise Malformed("PayRunStatus must be POSTED")
    return _wrapped(ask, PayRuns=[run_view(payruns.post(ask.books, ask.act, ask.books.run(ask.path[1])), ask.books)])


def _drafted(ask: Ask, sent: Body) -> Run:
    if sent.get("PayRunStatus", "DRAFT") != "DRAFT":
        raise Malformed("A pay run is created as a DRAFT")
    days = [day_of_ms(sent[name], name) if name in sent else None for name in ("PayRunPeriodStartDate", "PayRunPeriodEndDate")]
    return payruns.draft(ask.books, ask.act, str(sent.get("PayrollCalendarID", "")).lower(), *days)


def _one(sent: Any) -> Body:
    if not isinstance(sent, list) or len(sent) != 1 or not isinstance(sent[0], dict):
        raise Malformed("Cannot deserialize the current JSON: an array of one pay run is expected")
    return sent[0]


def _payslip(ask: Ask) -> Reply:
    for run in ask.books.runs.values():
        for slip in payruns.payslips(ask.books, run):
            if slip["id"] == ask.path[1]:
                return _wrapped(ask, Payslip=slip_view(slip, whole=True))
    raise not_there()


_ROUTES: dict[tuple[str, ...], Callable[[Ask], Reply]] = {
    ("GET", "timesheets"): _timesheets,
    ("GET", "timesheets", "*"): _timesheet,
    ("POST", "timesheets"): _post_timesheets,
    ("POST", "timesheets", "*"): _post_timesheets,
    ("GET", "employees"): _employees,
    ("GET", "employees", "*"): _employee,
    ("GET", "payrollcalendars"): _calendars,
    ("GET", "payrollcalendars", "*"): _calendar,
    ("GET", "payitems"): _pay_items,
    ("GET", "settings"): _settings,
    ("GET", "payruns"): _runs,
    ("GET", "payruns", "*"): _run,
    ("POST", "payruns"): _post_runs,
    ("POST", "payruns", "*"): _post_run,
    ("GET", "payslip", "*"): _payslip,
}
