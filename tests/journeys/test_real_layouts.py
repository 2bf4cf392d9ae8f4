"""Reports of other trackers go all the way: read by the layouts that ship, priced by rate cards, sent, paid."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.journeys.lives import Ids, Life
from tests.journeys.product import US
from tests.journeys.quiet import press_go
from tests.journeys.stage import Stage

LAYOUTS = Path(__file__).parents[2] / "samples" / "layouts"

CLOCKIFY = '''\
"Project","Client","Description","User","Email","Tags","Start Date","Start Time","End Date","End Time","Duration (h)"
"Lighthouse","","lamp, ""floor 2""","Ida","i@x.example","Sub-task","30/09/2022","20:40:26","30/09/2022","23:04:10","02:23:44"
"Lighthouse","","watch","Ida","i@x.example","Task, Night","12/09/2022","22:15:00","13/09/2022","01:00:30","02:45:30"
"Harbour","","watch","Ida","i@x.example","","12/09/2022","22:02:14","12/09/2022","22:02:14","00:00:00"
"Harbour","","watch","Ida","i@x.example","","12/09/2022","22:02:14","12/09/2022","22:10:14","00:08:00"
'''
HOURSTRACKER = '''\
"Job","Clocked In","Clocked Out","Duration","Comment","Breaks","Adjustments","Mileage"
"Project1","24.04.2018 10:22","24.04.2018 12:05","1:43","","","",""
"Project1","06.05.2018 22:30","07.05.2018 07:15","8:15","long, ""night""","0:30","",""
'''
MIRU = """\
Project,Client,Note,Team Member,Date,Hours Logged
PTO,HR,PTO,Kim Sample,05.19.2023,8:00
Internal- Ops,HR,"Bank payment
Health insurance task ",Lee Sample,05.19.2023,8:30
Blog,HR,- Manoj\u2019s comments,Kim Sample,04.18.2023,0:45
"""
REPORTS = {
    # layout: (report, seconds in it, the year, what it comes to at 60.00 an hour)
    # 18,554 s are 5.15389 h, 309.23; 480 s are 0.13333 h, 8.00
    "clockify-detailed": (CLOCKIFY, 18_554 + 480, "2022", "317.23"),
    # 35,880 s are 9.96667 h, 598.0002
    "hourstracker": (HOURSTRACKER, 35_880, "2018", "598.00"),
    # 8 h, 8.5 h and 0.75 h: 480.00, 510.00 and 45.00
    "miru": (MIRU, 62_100, "2023", "1035.00"),
}


def connected(stage: Stage) -> tuple[str, Ids]:
    return stage.product.connects(), {}


@pytest.mark.parametrize("layout", REPORTS)
def test_a_foreign_report_becomes_a_paid_invoice(stage_of, layout):
    report, seconds, year, total = REPORTS[layout]
    stage = stage_of(connected)
    product, life = stage.product, Life(stage)
    taken = product.uploads("report.csv", report.encode(), layout=(LAYOUTS / f"{layout}.json").read_text())
    assert taken["totals"]["seconds"] == seconds and taken["totals"]["refused"] == 0

    clients = product.get("ingest", "/records", kind="client")["items"]
    of = clients[0]["source_id"] if clients else "crew"
    cards = [
        {"kind": "job", "source_id": job["source_id"], "name": job["name"], "client": of, "rates": [{"rate": "60"}]}
        for job in product.get("ingest", "/records", kind="job")["items"]
    ]
    life.sends([*([] if clients else [{"kind": "client", "source_id": "crew", "name": "Crew Office"}]), *cards])

    product.approves(confirm=True)
    [made] = product.composes(f"{year}-01-01", f"{year}-12-31")["invoices"]
    assert Decimal(made["total"]) == Decimal(total)
    life.settle()
    assert press_go(life, "ours") == []
    [there] = product.emulator.live_invoices(US)
    assert there["TotalAmt"] == Decimal(total)
    life.pay(0)
    life.deliver()
    life.work()
    life.settle()
    assert [one["status"] for one in product.invoices().values()] == ["paid"]
    again = product.uploads("report.csv", report.encode(), layout=(LAYOUTS / f"{layout}.json").read_text())
    assert again["totals"]["new"] == again["totals"]["changed"] == 0
