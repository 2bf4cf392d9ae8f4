"""A connected app as small as can be: it speaks HTTP to the emulator and keeps every number exact."""

from __future__ import annotations

import base64
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from services.xero_connector.emulator import seeds
from services.xero_connector.emulator.app import Emulator
from services.xero_connector.emulator.wire import dumps

AU, NZ, UK, NO_RIGHTS = seeds.AU, seeds.NZ, seeds.UK, seeds.AU_WITHOUT_RIGHTS
REDIRECT = "http://localhost:8000/xero/callbacks"
SCOPES = (
    "openid offline_access payroll.timesheets payroll.payruns payroll.payslip payroll.employees.read payroll.settings.read "
    "accounting.settings.read"
)
MONDAY = date(2026, 11, 2)


def authorize(**changes: str) -> str:
    asked = {"response_type": "code", "client_id": "sample-client", "redirect_uri": REDIRECT, "scope": SCOPES, "state": "s-1"}
    return "https://login.xero.com/identity/connect/authorize?" + urlencode({**asked, **changes})


def ms(day: date) -> str:
    seconds = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
    return f"/Date({seconds * 1000}+0000)/"


class Answer:
    """Status, headers and body of one answer."""

    def __init__(self, heard: Any) -> None:
        self.status, self.headers, self.raw = heard.status_code, heard.headers, heard.data

    @property
    def body(self) -> Any:
        return json.loads(self.raw, parse_float=Decimal)

    @property
    def errors(self) -> list[str]:
        """What the first element is refused for."""
        assert self.status == 400, self.raw
        return [error["Message"] for element in self.body["Elements"] for error in element["ValidationErrors"]]

    @property
    def reasons(self) -> list[tuple[str, str]]:
        """What an envelope's problem says."""
        assert self.status == 400, self.raw
        return [(field["name"], field["reason"]) for field in self.body["problem"]["invalidFields"]]


class Client:
    """One app with the tokens of one consent."""

    def __init__(self, emulator: Emulator, tenant: str, **asked: str) -> None:
        self.emulator, self.tenant = emulator, tenant
        self.http = emulator.wsgi.test_client()
        self.tokens = self.exchange(self.code(**asked)).body

    def code(self, **asked: str) -> str:
        return parse_qs(urlsplit(self.emulator.consent(authorize(**asked), self.tenant)).query)["code"][0]

    def exchange(self, code: str, **changes: str) -> Answer:
        return self.token(grant_type="authorization_code", code=code, redirect_uri=REDIRECT, **changes)

    def refresh(self, token: str | None = None) -> Answer:
        return self.token(grant_type="refresh_token", refresh_token=token or self.tokens["refresh_token"])

    def token(self, **form: str) -> Answer:
        basic = {"Authorization": "Basic " + base64.b64encode(b"sample-client:sample-secret").decode()}
        return Answer(self.http.post("/connect/token", data=form, headers={} if "client_id" in form else basic))

    def send(self, method: str, path: str, body: Any = None, *, key: str | None = None, **more: Any) -> Answer:
        headers = {
            "Authorization": f"Bearer {self.tokens['access_token']}",
            "Xero-Tenant-Id": self.tenant,
            **more.pop("headers", {}),
        }
        if key:
            headers["Idempotency-Key"] = key
        data = None if body is None else body if isinstance(body, bytes) else dumps(body).encode()
        return Answer(self.http.open(path, method=method, data=data, query_string=more, headers=headers))

    def get(self, path: str, **args: Any) -> Answer:
        return self.send("GET", path, **args)

    def employee(self, name: str) -> str:
        return self.emulator.employees(self.tenant)[name]

    def rate(self, name: str = "Ordinary Hours") -> str:
        return self.emulator.rates(self.tenant)[name]

    def calendar(self, name: str = "Weekly") -> str:
        return self.emulator.calendars(self.tenant)[name]


class Australia(Client):
    """Payroll AU 1.0."""

    AT = "/payroll.xro/1.0"

    def element(self, name: str = "Wanda Wattle", units: Any = (7, 7, 7, 7, 7, 0, 0), **changes: Any) -> dict[str, Any]:
        body = {
            "EmployeeID": self.employee(name),
            "StartDate": ms(MONDAY),
            "EndDate": ms(MONDAY + timedelta(days=6)),
            "Status": "DRAFT",
            "TimesheetLines": [{"EarningsRateID": self.rate(), "NumberOfUnits": list(units)}],
        }
        return {**body, **changes}

    def post(self, *elements: dict[str, Any], key: str | None = None) -> Answer:
        return self.send("POST", f"{self.AT}/Timesheets", list(elements), key=key)

    def stored(self, *elements: dict[str, Any]) -> dict[str, Any]:
        answer = self.post(*(elements or (self.element(),)))
        assert answer.status == 200, answer.raw
        return dict(answer.body["Timesheets"][0])

    def read(self, timesheet: str) -> dict[str, Any]:
        return dict(self.get(f"{self.AT}/Timesheets/{timesheet}").body["Timesheet"])


class Second(Client):
    """Payroll 2.0, of whatever region."""

    AT = "/payroll.xro/2.0"

    def wanted(self, name: str, start: date, end: date, calendar: str = "Weekly", **changes: Any) -> dict[str, Any]:
        body = {
            "payrollCalendarID": self.calendar(calendar),
            "employeeID": self.employee(name),
            "startDate": start.isoformat(),
            "endDate": end.isoformat(),
            "timesheetLines": [self.line(start)],
        }
        return {**body, **changes}

    def line(self, day: date, units: str = "7.5", rate: str = "Ordinary Hours") -> dict[str, Any]:
        return {"date": day.isoformat(), "earningsRateID": self.rate(rate), "numberOfUnits": Decimal(units)}

    def week(self, name: str, **changes: Any) -> dict[str, Any]:
        return self.wanted(name, MONDAY, MONDAY + timedelta(days=6), **changes)

    def post(self, body: dict[str, Any], **more: Any) -> Answer:
        return self.send("POST", f"{self.AT}/Timesheets", body, **more)

    def stored(self, body: dict[str, Any]) -> dict[str, Any]:
        answer = self.post(body)
        assert answer.status == 200, answer.raw
        return dict(answer.body["timesheet"])

    def do(self, timesheet: str, step: str) -> Answer:
        return self.send("POST", f"{self.AT}/Timesheets/{timesheet}/{step}")

    def read(self, timesheet: str) -> dict[str, Any]:
        return dict(self.get(f"{self.AT}/Timesheets/{timesheet}").body["timesheet"])
