"""Every case of the layouts, from all rooms, in the order of the reference."""

from __future__ import annotations

from tests.component.reports import europe, kinds, oddities, trackers, unsettled, worklog, world
from tests.component.reports.case import Case

PENDING = {"time and expenses in one file", "time and expenses as lists"}
"""Not shown yet."""
ROOMS: dict[str, list[Case]] = {
    title: [case for case in room.CASES if case.name not in PENDING]
    for title, room in {
        "Like real exports of other trackers": trackers,
        "Like reports from a phone": worklog,
        "European languages": europe,
        "Other scripts": world,
        "Kinds of file": kinds,
        "Odd rows, durations and money": oddities,
        "Left open by the file": unsettled,
    }.items()
}
CASES = [case for room in ROOMS.values() for case in room]
