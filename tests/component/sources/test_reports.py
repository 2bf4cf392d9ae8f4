"""Reports of other trackers, in the layouts that ship with the product, give exactly what stands in them."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from operator import attrgetter
from pathlib import Path

import pytest

from services.ingest.sources.worklog.layout import OWN, Layout, dump, load
from shared.contract.record_schemas import content
from shared.contract.records import Expense, Mileage, TimeEntry
from shared.kernel.duration import hours
from shared.kernel.money import round_money
from tests.component.sources.reading import entries, results, total
from tests.component.sources.spreadsheet import Formula, workbook

SAMPLES = Path(__file__).parents[3] / "samples"


def layout(name: str) -> Layout:
    return load((SAMPLES / "layouts" / f"{name}.json").read_bytes())


@pytest.mark.parametrize("path", sorted((SAMPLES / "layouts").iterdir()), ids=lambda path: path.stem)
def test_every_layout_that_ships_is_read_and_has_a_test_here(path):
    assert load(dump(layout(path.stem))) == layout(path.stem)
    assert f'layout("{path.stem}")' in Path(__file__).read_text()


CLOCKIFY_DETAILED = (
    '"Project","Client","Description","Task","User","Group","Email","Tags","Start Date","Start Time","End Date","End Time",'
    '"Duration (h)","Duration (decimal)"\r\n'
    '"Lighthouse","","[LH-7]: lamp, ""floor 2""","LH-7","Ida Sample","Crew","ida@x.org","Sub-task","30/09/2022","20:40:26",'
    '"30/09/2022","23:04:10","02:23:44","2.40"\r\n'
    '"Lighthouse","","[LH-8]: watch","LH-8","Ida Sample","Crew","ida@x.org","Task, Night","12/09/2022","22:15:00",'
    '"13/09/2022","01:00:30","02:45:30","2.76"\r\n'
    '"Harbour","","[LH-8]: watch","LH-8","Ida Sample","Crew","ida@x.org","","12/09/2022","22:02:14","12/09/2022","22:02:14",'
    '"00:00:00","0.00"\r\n'
    '"Harbour","","[LH-8]: watch","LH-8","Ida Sample","Crew","ida@x.org","","12/09/2022","22:02:14","12/09/2022","22:10:14",'
    '"00:08:00","0.13"\r\n'
)


def test_clockify_detailed():
    found = results(CLOCKIFY_DETAILED.encode(), layout("clockify-detailed"))
    read = [result.entry for result in found]
    assert total(read) == 8_624 + 9_930 + 0 + 480
    assert [entry.date for entry in read] == [date(2022, 9, 30), *[date(2022, 9, 12)] * 3]
    assert [entry.end.date() - entry.start.date() for entry in read] == [timedelta(0), timedelta(1), timedelta(0), timedelta(0)]
    assert {result.records[0].name for result in found} == {"Ida Sample"}
    assert [len(entry.tags) for entry in read] == [1, 2, 0, 0]
    assert read[0].notes == '[LH-7]: lamp, "floor 2"'
    assert {(entry.client, entry.rate) for entry in read} == {(None, None)}
    assert len({entry.source_id for entry in read}) == 4


def test_clockify_summary():
    report = (
        '"Date","Project","Client","Description","Time (h)","Time (decimal)"\n'
        '"2024-01-03","Project A","Company","Lorem","00:38:20","0.6389"\n'
        '"2024-01-03","Project A","Company","Lorem","00:38:20","0.6389"\n'
        '"2024-01-31","Project B","Company","Ipsum","01:35:51","1.5975"\n'
    )
    found = results(report.encode(), layout("clockify-summary"))
    assert total(result.entry for result in found) == 2_300 + 2_300 + 5_751
    assert len({result.entry.source_id for result in found}) == 3
    assert {result.records[0].name for result in found} == {"Me"}
    assert {result.entry.start for result in found} == {None}


def test_hourstracker():
    report = (
        '"Job","Clocked In","Clocked Out","Duration","Comment","Breaks","Adjustments","Mileage"\n'
        '"Project1","24.04.2018 10:22","24.04.2018 12:05","1:43","","","",""\n'
        '"Project1","06.05.2018 22:30","07.05.2018 07:15","8:15","long, ""night""","0:30","",""\n'
    )
    day, night = entries(report.encode(), layout("hourstracker"))
    assert total([day, night]) == 6_180 + 29_700
    assert (day.start.isoformat(), night.end.isoformat()) == ("2018-04-24T10:22:00", "2018-05-07T07:15:00")
    assert (night.date, night.break_seconds, night.notes) == (date(2018, 5, 6), 1_800, 'long, "night"')


def test_miru():
    report = (
        "Project,Client,Note,Team Member,Date,Hours Logged\r\n"
        "PTO,HR,PTO,Kim Sample,05.19.2023,8:00\r\n"
        'Internal- Ops,HR,"Bank payment\nHealth insurance task \n",Lee Sample,05.19.2023,8:30\r\n'
        "Blog,HR,- Manoj’s comments,Kim Sample,04.18.2023,0:45\r\n"
    )
    found = results(report.encode(), layout("miru"))
    assert total(result.entry for result in found) == 28_800 + 30_600 + 2_700
    assert [result.entry.date.isoformat() for result in found] == ["2023-05-19", "2023-05-19", "2023-04-18"]
    assert {result.records[0].name for result in found} == {"Kim Sample", "Lee Sample"}
    assert found[1].entry.notes == "Bank payment\nHealth insurance task"
    assert [result.row for result in found] == [2, 3, 4]


def kimai(duration: object) -> bytes:
    head = [
        "Date",
        "From",
        "To",
        "Duration",
        "Rate",
        "User",
        "Customer",
        "Project",
        "Description",
        "Billable",
        "Tags",
        "Fixed rate",
    ]
    start, end, long = (datetime.fromisoformat(f"2022-{moment}:00") for moment in ("03-30T14:32", "03-30T15:00", "04-07T18:00"))
    midnight = datetime.fromisoformat("2022-03-30T00:00:00")
    return workbook(
        [
            head,
            [start, start, end, duration, Decimal("10.0"), "admin", "Flatley", "Dolore", "test", "Yes", "a1,v2", Decimal(10)],
            [
                midnight,
                midnight,
                long,
                Formula("756000/86400", timedelta(seconds=756_000)),
                Decimal(0),
                "admin",
                "Kreiger",
                "Cum",
                "",
                "No",
                "",
                "",
            ],
            ["", "", "", Formula("SUM(D2:D3)", timedelta(seconds=757_680)), Decimal("10.0"), *[""] * 7],
        ]
    )


@pytest.mark.parametrize("stored", [timedelta(seconds=1_680), None], ids=["stored result", "no stored result"])
def test_kimai(stored):
    found = results(kimai(Formula("1680/86400", stored)), layout("kimai"))
    assert [(bool(result.entry), bool(result.problem)) for result in found] == [(True, False), (True, False), (False, False)]
    short, long = (result.entry for result in found[:2])
    assert (short.seconds, long.seconds, long.end.isoformat()) == (1_680, 756_000, "2022-04-07T18:00:00")
    assert (short.date, short.billable, long.billable, len(short.tags), short.currency) == (
        date(2022, 3, 30),
        True,
        False,
        2,
        "KYD",
    )
    assert round_money(hours(short.seconds) * short.rate, "KYD") == Decimal("10.00")
    assert long.rate == 0


# ---- our own samples

FIGURES = {  # client -> rows, entries, seconds, billable seconds, overtime, money of the time, expenses, mileage
    "Harbour Lantern Co.": (23, 20, 295_524, 292_824, 13_500, "7134.25", "161.15", "60.38"),
    "Mossgrove Clinic": (18, 14, 191_906, 191_906, 0, "5018.32", "10.60", "43.96"),
    "Quillfeather Press": (18, 16, 184_263, 180_663, 1_800, "5310.80", "64.00", "24.30"),
}


def sample(ending: str) -> list:
    return results((SAMPLES / f"worklog-march.{ending}").read_bytes(), OWN, f"worklog-march.{ending}")


def of(client: str, kind: type) -> list:
    return [result.entry for result in sample("csv") if result.records[1].name == client and isinstance(result.entry, kind)]


@pytest.mark.parametrize("client", FIGURES)
def test_the_sample_has_the_figures_that_its_readme_states(client):
    work, spent, driven = (of(client, kind) for kind in (TimeEntry, Expense, Mileage))
    billed = [entry for entry in work if entry.billable]
    money = sum(round_money(hours(entry.seconds) * entry.rate, "USD") for entry in billed)
    costs = sum(entry.amount for entry in spent)
    trips = sum(round_money(trip.distance * trip.rate, "USD") for trip in driven)
    counts = (
        len(work) + len(spent) + len(driven),
        len(work),
        total(work),
        total(billed),
        sum(map(attrgetter("overtime_seconds"), work)),
    )
    assert (*counts, str(money), str(costs), str(trips)) == FIGURES[client]
    (line,) = [line for line in (SAMPLES / "README.md").read_text().splitlines() if line.startswith(f"| {client} ")]
    assert line.startswith(f"| {client} | {' | '.join(f'{number:,}' for number in counts)} | {money:,} | {costs} (")
    assert line.endswith(f" | {money + costs + trips:,} |")


def test_the_sample_has_an_overnight_shift_and_no_refused_row():
    found = sample("csv")
    assert [result.problem for result in found if result.problem] == []
    night = next(result.entry for result in found if result.entry.source_id == "WL-1041")
    assert (night.start.isoformat(), night.end.isoformat()) == ("2026-03-21T22:00:00", "2026-03-22T06:00:00")


def test_the_sample_as_a_workbook_gives_the_same_records():
    def contents(ending: str) -> list:
        return [[content(record) for record in result.records] for result in sample(ending)]

    assert contents("csv") == contents("xlsx")
