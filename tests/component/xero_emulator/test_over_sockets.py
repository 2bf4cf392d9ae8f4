"""The emulator as its own process would serve it: sockets, the control surface, a state file, and the real SDK."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest
import requests
import urllib3
from xero_python.api_client import ApiClient
from xero_python.api_client.configuration import Configuration
from xero_python.exceptions import HTTPStatusException
from xero_python.identity import IdentityApi
from xero_python.payrollau import PayrollAuApi
from xero_python.payrollau.models import Timesheet, TimesheetLine, TimesheetStatus
from xero_python.payrollauv2 import PayrollAuV2Api
from xero_python.payrollnz import PayrollNzApi
from xero_python.payrolluk import PayrollUkApi

from services.xero_connector.emulator.__main__ import serve
from services.xero_connector.emulator.app import Emulator, create, environment, mount
from services.xero_connector.emulator.wire import dumps
from tests.component.xero_emulator.driver import AU, MONDAY, NZ, UK, Second, authorize


@pytest.fixture
def address(emulator: Emulator) -> Iterator[str]:
    server = serve(emulator, 0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def control(address: str, action: str, **arguments):
    heard = requests.post(f"{address}/_control/{action}", data=dumps(arguments), timeout=5)
    assert heard.status_code == 200, heard.text
    return heard.json()["result"]


class Bearer:
    """A token for one client only: the library's own is shared by the whole process."""

    def __init__(self, token: str) -> None:
        self.token = token

    def get_auth_settings(self):
        return {"in": "header", "key": "Authorization", "value": f"Bearer {self.token}"}


def library(api_class, address: str, token: str):
    configuration = Configuration()
    configuration.oauth2_token = Bearer(token)
    client = ApiClient(configuration)
    never = urllib3.Retry(total=0, redirect=0, status=0, respect_retry_after_header=False, raise_on_status=False)
    client.rest_client.pool_manager.connection_pool_kw["retries"] = never
    path = {PayrollAuApi: "/payroll.xro/1.0", IdentityApi: ""}.get(api_class, "/payroll.xro/2.0")
    return api_class(client, address + path)


def test_the_real_sdk_writes_an_australian_week(au, emulator, address):
    api = library(PayrollAuApi, address, au.tokens["access_token"])
    people = api.get_employees(AU).employees
    rate = api.get_employee(AU, people[0].employee_id).employees[0].ordinary_earnings_rate_id
    calendar = api.get_payroll_calendars(AU).payroll_calendars[0]
    assert (calendar.start_date, calendar.reference_date) == (date(2026, 11, 9), date(2024, 1, 1))
    week = Timesheet(
        employee_id=people[0].employee_id,
        start_date=MONDAY,
        end_date=MONDAY + timedelta(days=6),
        status=TimesheetStatus.DRAFT,
        timesheet_lines=[TimesheetLine(earnings_rate_id=rate, number_of_units=[Decimal("7.60"), 7.6, 0, 0, 0, 0, 0])],
    )
    made = api.create_timesheet(AU, [week], idempotency_key="sdk-1").timesheets[0]
    assert api.create_timesheet(AU, [week], idempotency_key="sdk-1").timesheets[0].timesheet_id == made.timesheet_id
    assert emulator.timesheet(AU, made.timesheet_id)["hours"] == Decimal("15.2")
    week.status = TimesheetStatus.APPROVED
    assert api.update_timesheet(AU, made.timesheet_id, [week]).timesheets[0].status == TimesheetStatus.APPROVED
    assert api.get_timesheet(AU, made.timesheet_id).timesheet.hours == Decimal("15.2")
    run = api.create_pay_run(AU, [{"PayrollCalendarID": calendar.payroll_calendar_id, "PayRunStatus": "DRAFT"}]).pay_runs[0]
    posted = api.update_pay_run(AU, run.pay_run_id, [{"PayRunStatus": "POSTED"}]).pay_runs[0]
    assert posted.pay_run_status.value == "POSTED" and api.get_settings(AU).settings.days_in_payroll_year == 364
    with pytest.raises(ValueError, match="is_qualifying_earnings"):
        api.get_pay_items(AU)  # an old record that the library cannot read, though the answer is fine
    with pytest.raises(HTTPStatusException):
        api.create_timesheet(AU, [week])


@pytest.mark.parametrize(
    ("api_class", "tenant", "name"),
    [(PayrollNzApi, NZ, "Kiri Kowhai"), (PayrollUkApi, UK, "Wilma Weekly"), (PayrollAuV2Api, AU, "Wanda Wattle")],
)
def test_the_real_sdk_writes_approves_and_reverts_on_the_second_version(emulator, address, api_class, tenant, name):
    app = Second(emulator, tenant)
    api = library(api_class, address, app.tokens["access_token"])
    made = api.create_timesheet(tenant, app.week(name), idempotency_key="sdk-2").timesheet
    assert (made.status, made.total_hours) == ("Draft", Decimal("7.5"))
    line = api.create_timesheet_line(tenant, made.timesheet_id, app.line(MONDAY + timedelta(days=1), "2")).timesheet_line
    assert line.number_of_units == 2
    assert api.approve_timesheet(tenant, made.timesheet_id).timesheet.status == "Approved"
    assert api.revert_timesheet(tenant, made.timesheet_id).timesheet.status == "Draft"
    listed = api.get_timesheets(tenant, filter=f"employeeId=={made.employee_id}", start_date="2026-11-02")
    assert [each.timesheet_id for each in listed.timesheets] == [made.timesheet_id]
    with pytest.raises(ValueError, match="None"):
        api.delete_timesheet(tenant, made.timesheet_id)  # done, and the answer is one the library cannot read
    assert emulator.timesheets(tenant) == []


def test_the_real_sdk_reads_what_a_connect_wants_to_know(emulator, address):
    for api_class, tenant, count in ((PayrollNzApi, NZ, 7), (PayrollUkApi, UK, 6)):
        app = Second(emulator, tenant)
        api = library(api_class, address, app.tokens["access_token"])
        assert len(api.get_pay_run_calendars(tenant).pay_run_calendars) == count
        assert api.get_earnings_rates(tenant).earnings_rates[0].name == "Ordinary Hours"
        assert api.get_tracking_categories(tenant).tracking_categories.timesheet_tracking_category_id
        with pytest.raises(ValueError, match="city"):
            api.get_employees(tenant)  # lists leave addresses out, which the library cannot read
    rows = library(IdentityApi, address, app.tokens["access_token"]).get_connections()
    assert {row.tenant_name for row in rows} == {"Imaginary Kowhai Ltd", "Pretend & Sons Ltd"}


def test_the_control_surface_presses_every_button(emulator, address, nz):
    sheet = nz.stored(nz.week("Kiri Kowhai"))["timesheetID"]
    assert control(address, "approve", tenant=NZ, timesheet=sheet)["status"] == "APPROVED"
    assert [entry["operation"] for entry in control(address, "writes", tenant=NZ, actor="clerk")] == ["approve"]
    assert control(address, "timesheets", tenant=NZ)[0]["lines"][0]["units"] == 7.5
    assert control(address, "connections")[0]["tenant"] == NZ and control(address, "now").startswith("2026-11-11T01:30")
    assert control(address, "consent", authorize_url=authorize(), tenant=UK).startswith("http://localhost:8000/")
    control(address, "configure", limits={"per_minute": 1})
    control(address, "fault", kind="throttle", times=2)
    control(address, "touch", tenant=NZ)
    assert control(address, "deliver")[0]["valid"] is True
    assert control(address, "open_crowd", region="NZ", count=3)
    assert requests.get(f"{address}/_control/journal?tenant={NZ}", timeout=5).json()[0]["operation"] == "create"
    refused = requests.post(f"{address}/_control/revert", data=dumps({"tenant": NZ, "timesheet": "none"}), timeout=5)
    assert refused.status_code == 404
    assert requests.post(f"{address}/_control/explode", timeout=5).status_code == 404
    assert requests.post(f"{address}/_control/approve", data="{}", timeout=5).status_code == 400


@pytest.mark.parametrize("kind", ["connect", "reset_before", "reset_after", "timeout"])
def test_over_a_socket_a_drop_is_a_closed_connection(emulator, address, nz, kind):
    emulator.fault(kind, method="GET")
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{address}/connections", timeout=5)


def test_a_state_file_outlives_its_process_and_is_shared(tmp_path):
    first = create(path=tmp_path / "xero.state")
    app = Second(first, NZ)
    today = first.now().date()
    sheet = first.add(NZ, app.employee("Kiri Kowhai"), today, [{"day": today.isoformat(), "units": 3}])
    second = create(path=tmp_path / "xero.state")
    assert second.timesheet(NZ, sheet["id"])["hours"] == 3
    second.approve(NZ, sheet["id"])
    assert app.read(sheet["id"])["status"] == "Approved"  # the first one sees it, and still knows the token
    assert (tmp_path / "xero.state").stat().st_mode & 0o077 == 0


def test_environment_and_mount_name_every_setting():
    found = environment("http://localhost:8098/")
    assert found == {
        "XERO_API_URL": "http://localhost:8098",
        "XERO_AUTHORIZE_URL": "http://localhost:8098/identity/connect/authorize",
        "XERO_TOKEN_URL": "http://localhost:8098/connect/token",
        "XERO_REVOKE_URL": "http://localhost:8098/connect/revocation",
        "XERO_CLIENT_ID": "sample-client",
        "XERO_CLIENT_SECRET": "sample-secret",
        "XERO_WEBHOOK_KEY": "sample-webhook-key",
    }
    app, settings = mount("http://localhost:8000/emulator/xero", None, lambda *_, **__: None)
    assert settings["XERO_API_URL"] == "http://localhost:8000/emulator/xero"
    assert app.test_client().get("/clerk").status_code == 200


def test_it_serves_from_the_command_line():
    command = [sys.executable, "-m", "services.xero_connector.emulator", "--port", "0", "--no-limits"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        line = process.stdout.readline() if process.stdout else ""
        process.terminate()
    assert line.startswith("Xero emulator at http://localhost:")
