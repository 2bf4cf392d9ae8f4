"""What is read of an organisation: who it is, what can be linked, timesheets by id and by change, payroll, pay runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from services.xero_connector.emulator import seeds
from services.xero_connector.statuses import PayRunStatus
from shared.kernel.errors import Conflict, Reconnect, Retry, Unsupported
from tests.component.xero.conftest import COUNTRY, NOW, TENANTS, Office
from tests.component.xero_emulator import driver

WEEK = "2026-11-02"


def described(office: Office, **options):
    """What a client that knows of no organisation yet learns."""
    connection = office.connection(id="", country="", facts={})
    return office.anew(connection, **options).tenants()


# ---- who


@pytest.mark.parametrize("region", ["au1", "nz", "uk"])
def test_the_organisation_just_connected_describes_itself(open_office, region):
    office = open_office(region)
    [tenant] = described(office)
    assert (tenant.id, tenant.country) == (TENANTS[region], COUNTRY[region])
    assert tenant.currency == {"au1": "AUD", "nz": "NZD", "uk": "GBP"}[region]
    assert tenant.facts["region"] == region
    assert (tenant.facts["rights"], tenant.facts["tracking"]) == ("ok", True)
    assert "Weekly" in tenant.facts["calendars"]
    assert tenant.facts["limits"] == list(office.region.limits)
    assert tenant.facts["connection_id"] in [one["id"] for one in office.emulator.connections()]
    assert tenant.facts["zone"] == {"au1": "Australia/Sydney", "nz": "Pacific/Auckland", "uk": "Europe/London"}[region]


def test_timesheets_in_australia_are_of_version_2_when_so_chosen(australia):
    [tenant] = described(australia, au_version="2.0")
    assert tenant.facts["region"] == "au2"


def test_a_person_with_several_organisations_connects_the_one_just_agreed_to(emulator, open_office):
    open_office("au1")
    newer = open_office("nz")
    assert [tenant.id for tenant in described(newer)] == [driver.NZ]
    assert [tenant.id for tenant in newer.client.tenants()] == [driver.NZ]


def test_a_known_organisation_is_found_under_a_later_consent_for_another(open_office):
    older, newer = open_office("au1"), open_office("nz")
    older.app.tokens = newer.app.tokens
    assert [tenant.id for tenant in older.another().tenants()] == [driver.AU]


def test_without_payroll_rights_the_organisation_is_known_and_says_so(australia):
    australia.emulator.configure_organisation(driver.AU, payroll="no_rights")
    [tenant] = described(australia)
    assert (tenant.facts["rights"], tenant.facts["calendars"]) == ("missing", [])


def test_a_country_without_payroll_is_turned_down_in_words(australia):
    whole = australia.emulator.wsgi

    def elsewhere(environ, start):
        return [b"".join(whole(environ, start)).replace(b'"CountryCode": "AU"', b'"CountryCode": "US"')]

    australia.connector.network.mount("https://xero.example/", elsewhere)
    with pytest.raises(Unsupported, match="no_payroll_region"):
        described(australia)


# ---- what can be linked


def test_employees_are_listed_by_their_names(office):
    office.emulator.end_employment(office.tenant, office.worker, "2026-11-01")
    people = {one.id: one for one in office.client.references("employee")}
    mine = people[office.worker]
    name = next(name for name, number in office.emulator.employees(office.tenant).items() if number == office.worker)
    assert (mine.name, mine.active) == (name, True)  # the last days are paid by a timesheet like any others
    assert mine.email == f"{name.replace(' ', '.').lower()}@example.invalid"
    assert all(one.active for one in people.values())


def test_earnings_rates_are_suggested_for_ordinary_time_and_overtime(office):
    rates = {one.name: one for one in office.client.references("earnings_rate")}
    assert rates["Ordinary Hours"].also == ("ordinary",)
    assert rates["Overtime 1.5"].also == ("overtime",)
    assert rates["Tool Allowance"].also == ()
    assert not rates["Retired Rate"].active


def test_tracking_options_are_those_of_the_timesheet_category(office):
    assert sorted(one.name for one in office.client.references("tracking")) == ["Harbour", "Hinterland"]
    office.emulator.configure_organisation(office.tenant, tracking_category=None)
    assert list(office.client.references("tracking")) == []


@pytest.mark.parametrize("region", ["AU", "NZ", "UK"])
def test_every_page_of_employees_is_read(emulator, open_office, region):
    tenant = emulator.open_crowd(region, 250)
    office = open_office({"AU": "au1", "NZ": "nz", "UK": "uk"}[region], tenant=tenant)
    assert len({one.id for one in office.client.references("employee")}) == 250


# ---- timesheets


def test_timesheets_are_read_by_id_and_those_gone_are_none(office):
    number = office.number(office.create("7.6"))
    gone = "00000000-0000-4000-8000-000000000000"
    found = office.client.fetch([number, gone])
    assert found[gone] is None
    assert office.region.read_status(found[number]).picture == office.region.picture(office.week("7.6"))


def test_many_are_read_out_of_the_list_in_australia_and_the_others_one_by_one(emulator, open_office):
    office = open_office("au1", tenant=emulator.open_crowd("AU", 12), worker="Sample Person 00001")
    numbers = []
    for place in range(12):
        payload = office.week("7.6", name=f"Sample Person {place + 1:05d}")
        [wire] = office.write(("create", payload, False), key=f"k-{place}")
        numbers.append(office.number(wire))
    office.calls()
    gone = "00000000-0000-4000-8000-000000000000"
    found = office.client.fetch([*numbers, gone])
    assert [wire is None for wire in found.values()] == [False] * 12 + [True]
    assert len(office.calls()) == 2


def test_what_changed_since_a_time_comes_with_its_lines(office, clock):
    office.create("7.6")
    clock.advance(minutes=10)
    since = clock.now
    assert office.client.changed_since(since).documents == []
    number = office.number(office.client.changed_since(NOW).documents[0])
    clock.advance(minutes=5)
    office.emulator.approve(office.tenant, number)
    changes = office.client.changed_since(since)
    [seen] = [office.region.read_status(wire) for wire in changes.documents]
    assert (seen.external_id, seen.status) == (number, "approved")
    assert seen.picture == office.region.picture(office.week("7.6"))
    assert changes.until <= clock.now


def test_what_was_there_long_before_connecting_is_not_read_one_by_one(dated_office, clock):
    dated_office.create("7.6")
    clock.advance(hours=36)
    dated_office.app.tokens = dated_office.app.refresh().body
    later = replace(dated_office.connection(), connected_at=clock.now)
    dated_office.calls()
    [wire] = dated_office.anew(later).changed_since(NOW).documents
    assert dated_office.region.read_status(wire).total == Decimal("7.6")
    assert len(dated_office.calls()) == 1


@pytest.mark.parametrize("counts", ["second", "strict"])
def test_a_change_in_the_very_second_of_the_last_look_is_not_missed(australia, counts):
    australia.emulator.configure(modified_after=counts)
    australia.create("7.6")
    assert len(australia.client.changed_since(NOW).documents) == 1


def test_more_changes_than_a_page_holds_are_all_seen(emulator, open_office):
    office = open_office("au1", tenant=emulator.open_crowd("AU", 120), worker="Sample Person 00001")
    for name, number in office.emulator.employees(office.tenant).items():
        office.emulator.add(office.tenant, number, WEEK, [{"day": WEEK, "units": "1"}])
        assert name
    assert len(office.client.changed_since(NOW - timedelta(hours=1)).documents) == 120


def test_a_great_array_is_looked_for_in_the_list_of_its_period(emulator, open_office):
    office = open_office("au1", tenant=emulator.open_crowd("AU", 120), worker="Sample Person 00001")
    names = [f"Sample Person {place:05d}" for place in range(1, 121)]
    office.write(*(("create", office.week("7.6", name=name), False) for name in names[:90]))
    office.write(("create", office.week("1", name=names[90]), False), key="k-2")
    office.calls()
    found = office.find_all(*(("create", office.week("7.6", name=name)) for name in names[:92]))
    assert [wire is not None for wire in found] == [True] * 90 + [False, False]
    assert len(office.calls()) == 1


# ---- payroll


def test_payroll_has_what_planning_needs(office):
    office.emulator.end_employment(office.tenant, office.worker, "2026-12-31")
    payroll = office.client.payroll([office.worker, "nobody"])
    [mine] = payroll.employees.values()
    weekly = office.emulator.calendars(office.tenant)["Weekly"]
    assert (mine.id, mine.active, mine.calendars) == (office.worker, True, ((None, weekly),))
    assert (mine.started, mine.ended) == (date(2020, 1, 6), date(2026, 12, 31))
    ordinary = office.emulator.rates(office.tenant)["Ordinary Hours"]
    assert mine.ordinary_rate == (ordinary if office.region.country == "AU" else None)
    assert payroll.calendars[weekly].name == "Weekly"
    assert payroll.rates[ordinary].kind == "regular"
    assert payroll.runs == ()


def test_employees_of_payroll_are_taken_from_the_list_when_they_are_many(office):
    every = list(office.emulator.employees(office.tenant).values())
    office.calls()
    assert set(office.client.payroll(every).employees) == set(every)
    asked = [path for _, path in office.calls() if path.lower().startswith("employees")]
    assert len(asked) == (2 if office.region.country == "AU" else 1)  # one of the Australians has no calendar: that is looked at


def test_an_employee_without_a_calendar_has_none(australia):
    number = australia.emulator.employees(australia.tenant)["Nora Nocalendar"]
    assert australia.client.payroll([number]).employees[number].calendars == ()


def test_pay_runs_tell_their_period_and_whether_they_are_posted(office):
    wire = office.create("7.6")
    office.emulator.pay(office.tenant, office.number(wire))
    [run] = office.client.pay_runs()
    assert (run.start, run.end, run.status) == (date(2026, 11, 2), date(2026, 11, 8), PayRunStatus.POSTED)
    assert run.payment == date(2026, 11, 11)


@pytest.mark.parametrize("region", ["au1", "au2"])
def test_in_australia_a_pay_run_is_drafted_and_posted_once_per_key(open_office, region):
    office = open_office(region)
    weekly = office.emulator.calendars(office.tenant)["Weekly"]
    drafted = office.client.draft_pay_run(weekly, "k-draft")
    assert (drafted.calendar, drafted.status) == (weekly, PayRunStatus.DRAFT)
    assert office.client.draft_pay_run(weekly, "k-draft").id == drafted.id
    with pytest.raises(Conflict, match="pay_run_open"):
        office.client.draft_pay_run(weekly, "k-other")
    assert office.client.post_pay_run(drafted.id, "k-post").status is PayRunStatus.POSTED
    assert [run["status"] for run in office.emulator.pay_runs(office.tenant)] == ["POSTED"]


def test_in_new_zealand_a_pay_run_is_drafted_and_posting_is_a_click(open_office):
    office = open_office("nz")
    drafted = office.client.draft_pay_run(office.emulator.calendars(office.tenant)["Weekly"], "k")
    assert drafted.status is PayRunStatus.DRAFT
    with pytest.raises(Unsupported) as refused:
        office.client.post_pay_run(drafted.id, "k")
    assert "posts it" in refused.value.remedy


def test_in_the_uk_pay_runs_are_clicks(open_office):
    with pytest.raises(Unsupported, match="pay_run_by_hand"):
        open_office("uk").client.draft_pay_run("c", "k")


@pytest.mark.parametrize("region", ["au1", "nz"])
@pytest.mark.parametrize("kind", ["timeout", "empty"])
def test_a_pay_run_whose_answer_is_lost_is_made_once(open_office, region, kind):
    office = open_office(region)
    weekly = office.emulator.calendars(office.tenant)["Weekly"]
    office.emulator.fault(kind, resource="payruns", method="POST")
    if kind == "timeout":
        with pytest.raises(Retry):
            office.client.draft_pay_run(weekly, "k")
    assert office.client.draft_pay_run(weekly, "k").calendar == weekly
    assert len(office.emulator.pay_runs(office.tenant)) == 1


# ---- leaving


def test_leaving_ends_this_connection_only_and_twice_is_as_good(open_office):
    stays, goes = open_office("au1"), open_office("nz")
    [tenant] = described(goes)
    client = goes.anew(goes.connection(facts=tenant.facts))
    client.leave("unused")
    client.leave("unused")
    assert [one["tenant"] for one in goes.emulator.connections() if one["live"]] == [stays.tenant]
    with pytest.raises(Reconnect, match="disconnected_there"):
        goes.client.changed_since(NOW)


def test_leaving_without_knowing_the_connection_looks_it_up(open_office):
    office = open_office("uk")
    office.client.leave("unused")
    assert [one["live"] for one in office.emulator.connections()] == [False]


def test_the_seeded_organisation_without_rights_is_refused_in_words(open_office):
    office = open_office("au1", tenant=seeds.AU_WITHOUT_RIGHTS)
    with pytest.raises(Reconnect, match="no_rights"):
        office.client.references("employee")
