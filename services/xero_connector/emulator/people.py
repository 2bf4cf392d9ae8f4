"""Shows employees, their pay templates, calendars, earnings rates and tracking as Payroll 2.0 does."""

from __future__ import annotations

from .asking import Ask
from .options import Calendar, Employee, Rate
from .payruns import payment_day
from .seeds import key
from .wire import Body, moment, not_there

_TYPES = {
    "WEEKLY": "Weekly",
    "FORTNIGHTLY": "Fortnightly",
    "FOURWEEKLY": "FourWeekly",
    "TWICEMONTHLY": "TwiceMonthly",
    "MONTHLY": "Monthly",
    "QUARTERLY": "Quarterly",
    "ANNUAL": "Annual",
}


def calendar_type(rule: Calendar) -> str:
    return _TYPES[rule.type]


def employees(ask: Ask) -> list[Body]:
    return [_person(ask, each, whole=False) for each in ask.books.employees.values()]


def employee(ask: Ask) -> Body:
    return _person(ask, _named(ask), whole=True)


def _named(ask: Ask) -> Employee:
    found = ask.books.employees.get(ask.path[1])
    if found is None:
        raise not_there()
    return found


def _person(ask: Ask, person: Employee, *, whole: bool) -> Body:
    """Lists leave the address out, which the published description calls required."""
    address = {"addressLine1": "1 Sample Street", "city": "Sampleton", "postCode": "0000", "countryName": "Nowhere"}
    return {
        "employeeID": person.id,
        "title": "Mx",
        "firstName": person.first,
        "lastName": person.last,
        "dateOfBirth": "1990-01-01T00:00:00",
        "address": address if whole else None,
        "email": person.email,
        "gender": "F",
        "startDate": f"{person.start}T00:00:00",
        "endDate": f"{person.end}T00:00:00" if person.end else None,
        "payrollCalendarID": person.calendar,
        "updatedDateUTC": moment(person.updated or ask.books.opened),
        "createdDateUTC": moment(ask.books.opened),
    }


def wages(ask: Ask) -> list[Body]:
    person = _named(ask)
    if person.rate is None:
        return []
    wage = {
        "salaryAndWagesID": key(person.id, "wage", "1"),
        "earningsRateID": person.rate,
        "numberOfUnitsPerWeek": 38,
        "numberOfUnitsPerDay": 8,
        "ratePerUnit": ask.books.price(person, person.rate),
        "effectiveFrom": f"{person.start}T00:00:00",
        "annualSalary": 0,
        "status": "Active",
        "paymentType": "Hourly",
    }
    return [wage]


def template(ask: Ask) -> Body:
    person = _named(ask)
    lines = [
        {
            "payTemplateEarningID": key(person.id, "template", each),
            "earningsRateID": each,
            "name": ask.books.rates[each].name,
            "ratePerUnit": ask.books.price(person, each),
            "numberOfUnits": 0,
        }
        for each in person.template
    ]
    return {"employeeID": person.id, "earningTemplates": lines}


def all_calendars(ask: Ask) -> list[Body]:
    return [_calendar(ask, each) for each in ask.books.calendars.values()]


def calendar(ask: Ask) -> Body:
    found = ask.books.calendars.get(ask.path[1])
    if found is None:
        raise not_there()
    return _calendar(ask, found)


def _calendar(ask: Ask, rule: Calendar) -> Body:
    start, end = ask.books.upcoming(rule)
    return {
        "payrollCalendarID": rule.id,
        "name": rule.name,
        "calendarType": calendar_type(rule),
        "periodStartDate": f"{start}T00:00:00",
        "periodEndDate": f"{end}T00:00:00",
        "paymentDate": f"{payment_day(rule, end)}T00:00:00",
        "updatedDateUTC": moment(ask.books.opened),
    }


def all_rates(ask: Ask) -> list[Body]:
    return [_rate(each) for each in ask.books.rates.values()]


def rate(ask: Ask) -> Body:
    found = ask.books.rates.get(ask.path[1])
    if found is None:
        raise not_there()
    return _rate(found)


def _rate(found: Rate) -> Body:
    return {
        "earningsRateID": found.id,
        "name": found.name,
        "earningsType": found.kind,
        "rateType": found.rate_type,
        "typeOfUnits": found.units,
        "currentRecord": found.current,
        "expenseAccountID": key(found.id, "account", "477"),
        "ratePerUnit": found.per_unit,
        "multipleOfOrdinaryEarningsRate": found.multiple,
        "fixedAmount": None,
    }


def tracking(ask: Ask) -> Body:
    return {
        "employeeGroupsTrackingCategoryID": None,
        "timesheetTrackingCategoryID": ask.books.organisation.tracking_category,
    }
