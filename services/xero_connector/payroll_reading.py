"""An organisation's payroll read into what planning needs: calendars, earnings rates, employees, pay runs; and pay runs made."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from services.xero_connector.looking import PAGE, pages_of
from services.xero_connector.payroll import Payroll, PayRun
from services.xero_connector.planner.calendars import Calendar
from services.xero_connector.planner.rates import EarningsRate, Employee
from services.xero_connector.regions import reading
from services.xero_connector.regions.dates import civil_date
from services.xero_connector.regions.region import Can, Region
from services.xero_connector.sdk import Books, thing, things
from services.xero_connector.statuses import PAY_RUN, PayRunStatus
from shared.connector.provider import Wire
from shared.kernel.errors import Missing, Park, Retry, Unsupported
from shared.platform import clock

FEW = 2  # employees that are read one by one
RUNS_BACK = timedelta(days=400)  # pay runs that may still matter: eight weekly, fortnightly or monthly periods and more


def is_australian(books: Books) -> bool:
    """Whether this payroll's facts come in the spelling of 1.0, whatever its timesheets'."""
    return books.region.startswith("au")


def payroll(books: Books, employees: Collection[str]) -> Payroll:
    """Everything that planning asks of the books, and these employees."""
    return Payroll(
        employees={employee_id(row): employee(row) for row in _asked_rows(books, employees)},
        calendars=calendars(books),
        rates=rates(books),
        runs=pay_runs(books),
    )


def calendars(books: Books) -> Mapping[str, Calendar]:
    if is_australian(books):
        rows = _australian(books, "get_payroll_calendars", lambda answer: things(answer, "PayrollCalendars"))
    else:
        rows = pages_of("payRunCalendars", lambda page: books.payroll("get_pay_run_calendars", page=page))
    found = [reading.calendar(row) for row in rows]
    return {one.id: one for one in found}


def rates(books: Books) -> Mapping[str, EarningsRate]:
    found = [reading.earnings_rate(row) for row in rate_rows(books)]
    return {one.id: one for one in found}


def rate_rows(books: Books) -> Iterator[Wire]:
    if is_australian(books):
        return _australian(books, "get_pay_items", lambda answer: things(thing(answer, "PayItems"), "EarningsRates"))
    return pages_of("earningsRates", lambda page: books.payroll("get_earnings_rates", page=page))


# ---- employees


def employee_rows(books: Books) -> Iterator[Wire]:
    if is_australian(books):
        return _australian(books, "get_employees", lambda answer: things(answer, "Employees"))
    return pages_of("employees", lambda page: books.payroll("get_employees", page=page))


def _asked_rows(books: Books, wanted: Collection[str]) -> Iterator[Wire]:
    """A few one by one; more out of the list, no further than needed. What a list leaves out is read of the employee."""
    missing = set(wanted)
    if len(missing) > FEW:
        for row in employee_rows(books):
            if employee_id(row) in missing and _tells_enough(books, row):
                missing.remove(employee_id(row))
                yield row
            if not missing:
                return
    for number in sorted(missing):
        yield from _employee_row(books, number)


def _tells_enough(books: Books, row: Wire) -> bool:
    if is_australian(books):
        return bool(row.get("PayrollCalendarID") and row.get("OrdinaryEarningsRateID"))
    return bool(row.get("payrollCalendarID"))


def _employee_row(books: Books, number: str) -> list[Wire]:
    try:
        answer = books.payroll("get_employee", number)
    except Missing:
        return []
    return things(answer, "Employees") if is_australian(books) else [thing(answer, "employee")]


def employee_id(row: Wire) -> str:
    return str(row.get("employeeID") or row["EmployeeID"])


def employee(row: Wire) -> Employee:
    """An employee of 1.0 or 2.0 as planning sees one; their names stay out of it.

    Who is terminated there from a known day on is no less active: the last days are paid by a timesheet like any others.
    """
    ended = _day(row, "TerminationDate", "endDate")
    calendar = row.get("PayrollCalendarID") or row.get("payrollCalendarID")
    status = str(row.get("Status") or "ACTIVE")
    return Employee(
        id=employee_id(row),
        active=status.upper() == "ACTIVE" or ended is not None,
        calendars=((None, str(calendar)),) if calendar else (),
        started=_day(row, "StartDate", "startDate"),
        ended=ended,
        ordinary_rate=row.get("OrdinaryEarningsRateID"),
    )


def _day(row: Wire, *names: str) -> date | None:
    text = next((row[name] for name in names if row.get(name)), None)
    return civil_date(text) if text else None


# ---- pay runs


def pay_runs(books: Books) -> tuple[PayRun, ...]:
    """Pay runs, those of the last year at least."""
    if not is_australian(books):
        return tuple(pay_run(row) for row in pages_of("payRuns", lambda page: books.payroll("get_pay_runs", page=page)))
    oldest = clock.now().date() - RUNS_BACK
    found = []
    options = {"order": "PayRunPeriodStartDate DESC"}
    for row in _australian(books, "get_pay_runs", lambda answer: things(answer, "PayRuns"), **options):
        found.append(pay_run(row))
        if found[-1].end < oldest:
            break
    return tuple(found)


def pay_run(row: Wire) -> PayRun:
    """A pay run of 1.0 or 2.0."""
    start, end = _day(row, "PayRunPeriodStartDate", "periodStartDate"), _day(row, "PayRunPeriodEndDate", "periodEndDate")
    word = str(row.get("PayRunStatus") or row.get("payRunStatus"))
    status = PAY_RUN.get(word.casefold())
    if start is None or end is None or status is None:
        raise Park(
            "pay_run_not_understood", f"Xero shows a pay run with the status “{word}” or without a period.", "Report this."
        )
    return PayRun(
        id=str(row.get("PayRunID") or row["payRunID"]),
        calendar=str(row.get("PayrollCalendarID") or row["payrollCalendarID"]),
        start=start,
        end=end,
        payment=_day(row, "PaymentDate", "paymentDate"),
        status=status,
        scheduled=str(row.get("payRunType") or "Scheduled").casefold() == "scheduled",
    )


def draft_pay_run(books: Books, region: Region, calendar: str, key: str) -> PayRun:
    """Make the calendar's next pay run, as a draft."""
    if Can.CREATE_PAY_RUN not in region.can:
        raise Unsupported(
            "pay_run_by_hand",
            f"Xero lets no program create a pay run for {region.title}.",
            "Somebody with payroll administrator rights creates it in Xero: Payroll, Pay employees, the pay calendar.",
        )
    if is_australian(books):
        answer = _keyed(books, key, "create_pay_run", part=[{"PayrollCalendarID": calendar, "PayRunStatus": "DRAFT"}])
        rows = answer.get("PayRuns") or []
    else:
        answer = _keyed(books, key, "create_pay_run", part={"payrollCalendarID": calendar, "payRunStatus": "Draft"})
        rows = [answer["payRun"]] if answer.get("payRun") else []
    made = [pay_run(row) for row in rows] or [run for run in pay_runs(books) if _is_draft(run, calendar)]
    if not made:
        raise Retry("unreadable", "Xero's answer lacks the pay run.", unknown=True)
    return made[0]


def _is_draft(run: PayRun, calendar: str) -> bool:
    return run.calendar == calendar and run.status is PayRunStatus.DRAFT


def post_pay_run(books: Books, region: Region, number: str, key: str) -> PayRun:
    """Post a drafted pay run; nothing can undo it from here."""
    if Can.POST_PAY_RUN not in region.can:
        raise Unsupported(
            "pay_run_by_hand",
            f"Xero lets no program post a pay run for {region.title}.",
            "Somebody with payroll administrator rights opens the draft pay run in Xero and posts it.",
        )
    answer = _keyed(books, key, "update_pay_run", number, part=[{"PayRunStatus": "POSTED"}])
    rows = answer.get("PayRuns") or things(books.payroll("get_pay_run", number), "PayRuns")
    return pay_run(rows[0])


def _keyed(books: Books, key: str, method: str, *ids: str, part: Any) -> Wire:
    books.wires.key = key
    try:
        answer: Wire = books.payroll(method, *ids, part=part)
    finally:
        books.wires.key = ""
    return answer


# ---- pages


def _australian(books: Books, method: str, rows_of: Callable[[Any], list[Wire]], **options: Any) -> Iterator[Wire]:
    """Every row of a 1.0 list. It doesn't say how many pages there are, and some lists give the same page again."""
    before: list[Wire] = []
    for page in range(1, 10_000):
        rows = rows_of(books.payroll(method, page=page, **options))
        if rows == before:
            return
        yield from rows
        if len(rows) < PAGE:
            return
        before = rows
