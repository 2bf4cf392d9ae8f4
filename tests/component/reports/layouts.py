"""Every case of the layouts, from all rooms, in the order of the reference."""

from __future__ import annotations

from tests.component.reports import europe, kinds, lists, oddities, trackers, unsettled, worklog, world
from tests.component.reports.case import Case

ROOMS: dict[str, list[Case]] = {
    "Like real exports of other trackers": trackers.CASES,
    "Like reports from a phone": worklog.CASES,
    "European languages": europe.CASES,
    "Other scripts": world.CASES,
    "Kinds of file": kinds.CASES,
    "Odd rows, durations and money": oddities.CASES,
    "Lists of invoices": lists.CASES,
    "Left open by the file": unsettled.CASES,
}
CASES = [case for room in ROOMS.values() for case in room]
