"""Writing timesheets as the stored intent says, step by step; every step looks first, so that all of it may be repeated."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from services.xero_connector import faults, looking, pace
from services.xero_connector.regions import au1, dated
from services.xero_connector.regions.dates import milliseconds
from services.xero_connector.regions.region import Region, Step
from services.xero_connector.sdk import Books, other_bytes, thing, things
from services.xero_connector.statuses import TimesheetStatus
from shared.connector.outcome import STALE
from shared.connector.provider import Operation, Outcome, Wire
from shared.kernel import canonical
from shared.kernel.errors import Conflict, Failure, Invalid, Missing, Park, Retry, Unsupported
from shared.platform.faultpoint import works
from shared.platform.http import Response

REFUSED = (Park, Conflict, Unsupported, Invalid)
"""A definite no to a step, after which the others still stand."""
NEIGHBOUR = "refused_with_another"
"""Code of an element that had nothing wrong, in an array that was refused: it may be stored, or has to be sent again."""
REVERTIBLE = (TimesheetStatus.APPROVED, TimesheetStatus.REQUESTED, TimesheetStatus.REJECTED)
SEEN = "seen"
"""In an intent, beside a timesheet that is changed: the time of its last change over there that we know of."""
_LINE = ("date", "earningsRateID", "numberOfUnits", "trackingItemID")
Item = Mapping[str, Any]


def write(
    books: Books, region: Region, operations: Sequence[Operation], body: bytes, key: str, intent_hash: str, *, again: bool = False
) -> Sequence[Outcome]:
    """Carry out the stored intent. Raises the Failure of the first step that fails, where a later one is no answer.

    ``again``: what has changed over there since it was last seen may be our own doing, so it is no reason to stop.
    """
    if works("intent_hash") and hashlib.sha256(body).hexdigest() != intent_hash:
        raise other_bytes()
    items = canonical.loads(body)["items"]
    if again:
        items = [{**item, SEEN: ""} for item in items]
    books.wires.key = key
    try:
        with pace.booked(books.connector.db, books.tenant, _calls(region, operations, items), books.granted):
            return _written(books, region, operations, items)
    finally:
        books.wires.key = ""


def _calls(region: Region, operations: Sequence[Operation], items: Sequence[Item]) -> int:
    """How many calls this takes if nothing is refused; a little too many where that depends on what is there."""
    if region.version == "1.0":
        return 2 if any(item.get(SEEN) for item in items) else 1
    lines = sum(len(item["timesheet"].get("timesheetLines") or ()) for item in items)
    created = sum(2 if item["approve"] else 1 for item in items)
    return created if set(operations) == {Operation.CREATE} else 3 * len(items) + lines


def _written(books: Books, region: Region, operations: Sequence[Operation], items: Sequence[Item]) -> Sequence[Outcome]:
    if region.version == "1.0":
        return _array(books, region, operations, items)
    return [_one(books, region, operation, item) for operation, item in zip(operations, items, strict=True)]


# ---- 2.0: one timesheet, line by line


def _one(books: Books, region: Region, operation: Operation, item: Item) -> Wire:
    payload = item["timesheet"]
    if operation is Operation.CREATE:
        return _created(books, region, payload, approve=item["approve"])
    there = looking.read(books, region, looking.number_of(payload))
    if there is not None and _moved(region, there, item):
        raise _edited_there()
    if operation is Operation.RETIRE:
        return _retired(books, there, payload)
    if there is None:
        raise Missing("gone", "Xero doesn't have this timesheet any more.")
    return _updated(books, region, there, payload, approve=item["approve"])


def _created(books: Books, region: Region, payload: Wire, *, approve: bool) -> Wire:
    try:
        made = thing(books.timesheets("create_timesheet", part=payload), "timesheet")
    except Conflict as refusal:
        made = _ours_already(books, region, payload, refusal)
    return _approved(books, region, made) if approve else _whole(books, region, made)


def _ours_already(books: Books, region: Region, payload: Wire, refusal: Failure) -> Wire:
    """What stands in the way of a creation, when it says the same; anything else is for a person to see."""
    if refusal.code != faults.EXISTS:
        raise refusal
    there = looking.existing(books, region, payload)
    if there is None:
        raise refusal
    if looking.same(region, there, payload):
        return there
    period = region.picture(payload)["period"]
    raise Conflict(
        faults.EXISTS,
        f"Xero has another timesheet of this employee for {period}.",
        "Look again: timebooks plan",
        timesheet=looking.number_of(there),
    )


def _moved(region: Region, there: Wire, item: Item) -> bool:
    """Whether it was changed since it was last seen, to the second; if it is as wanted, never mind."""
    before, now, payload = item.get(SEEN), region.read_status(there).order, item["timesheet"]
    changed = bool(before) and milliseconds(before) // 1000 != now // 1000
    return changed and not (len(payload) > 1 and looking.same(region, there, payload))  # to be deleted, it is an id alone


def _edited_there() -> Conflict:
    return Conflict(STALE, "The timesheet was changed in Xero since it was last looked at.", "It is looked at again by itself.")


def _updated(books: Books, region: Region, there: Wire, payload: Wire, *, approve: bool) -> Wire:
    steps = region.edits(there, payload)
    status = looking.status_of(there)
    if not steps and not approve:
        return there
    if (steps and status in REVERTIBLE) or (approve and status == TimesheetStatus.REJECTED):
        _step(books, there, dated.REVERT)
    _edited(books, region, there, steps)
    now = {**there, "status": "Draft"} if steps else there
    return _approved(books, region, now) if approve else _whole(books, region, {"timesheetID": there["timesheetID"]})


def _edited(books: Books, region: Region, there: Wire, steps: Sequence[Step]) -> None:
    """Every step of a change, or after a refusal none."""
    try:
        for step in steps:
            _step(books, there, step)
    except REFUSED:
        _undone(books, region, there)
        raise


def _undone(books: Books, region: Region, before: Wire) -> None:
    """After a refusal half way: make it as it was before, approved if it was. What can't be undone shows with the next look."""
    now = looking.read(books, region, looking.number_of(before))
    if now is None:
        return
    lines = [{name: line[name] for name in _LINE if name in line} for line in before.get("timesheetLines") or ()]
    with suppress(*REFUSED, Missing):
        for step in region.edits(now, {"timesheetLines": lines}):
            _step(books, now, step)
        if looking.status_of(before) in looking.ACCEPTED:
            _step(books, now, dated.APPROVE)


def _approved(books: Books, region: Region, there: Wire) -> Wire:
    """Approve a timesheet. One that Xero won't approve stands there as it is, which the caller sees."""
    if looking.status_of(there) in looking.ACCEPTED:
        return _whole(books, region, there)
    try:
        return _whole(books, region, thing(_step(books, there, dated.APPROVE), "timesheet"))
    except REFUSED:
        return _whole(books, region, {"timesheetID": there["timesheetID"]})


def _retired(books: Books, there: Wire | None, payload: Wire) -> Wire:
    """Delete what is there; gone already is as good."""
    number = looking.number_of(payload)
    if there is None:
        return looking.deleted(payload, number)
    if looking.status_of(there) in (TimesheetStatus.APPROVED, TimesheetStatus.REQUESTED):
        _step(books, there, dated.REVERT)
    with suppress(Missing):
        _step(books, there, dated.DELETE)
    return looking.deleted(there, number)


def _whole(books: Books, region: Region, wire: Wire) -> Wire:
    """The timesheet with its lines: an answer may leave them out."""
    if "timesheetLines" in wire:
        return wire
    there = looking.read(books, region, looking.number_of(wire))
    if there is None:
        raise Retry("vanished", "Xero doesn't show the timesheet that it has just answered with.", unknown=True)
    return there


_METHODS = {
    "line_added": "create_timesheet_line",
    "line_changed": "update_timesheet_line",
    "line_removed": "delete_timesheet_line",
    "reverted": "revert_timesheet",
    "approved": "approve_timesheet",
    "deleted": "delete_timesheet",
}


def _step(books: Books, there: Wire, step: Step) -> Any:
    """One call of a change."""
    line = step.path.removeprefix("/Lines/") if step.path.startswith("/Lines/") else None
    ids = [looking.number_of(there), *([line] if line else [])]
    try:
        return books.timesheets(_METHODS[step.does], *ids, part=step.body)
    except Missing:
        if line is None:
            raise
        return _line_gone(step)


def _line_gone(step: Step) -> Any:
    """A line that isn't there says nothing of its timesheet: removed is as wanted, and any other calls for a new look."""
    if step.does == "line_removed":
        return {}
    raise Conflict(STALE, "The timesheet was changed in Xero in this very moment.", "It is looked at again by itself.")


# ---- 1.0: whole timesheets, several at once


def _array(books: Books, region: Region, operations: Sequence[Operation], items: Sequence[Item]) -> Sequence[Outcome]:
    """Store every item, approved at once where it is to be; what stands there as a draft in spite of it is approved after."""
    if Operation.RETIRE in operations:
        why = "Xero lets no program delete a timesheet in Australia (Payroll API 1.0)."
        raise Unsupported("not_deleted_there", why, "Delete it in Xero, or have it set to zero hours.")
    moved = _moved_of_array(books, region, items)
    if moved:
        going = [place for place in range(len(items)) if place not in moved]
        done = dict(zip(going, _array_stored(books, region, [items[place] for place in going]), strict=True)) if going else {}
        return [done.get(place) or _edited_there() for place in range(len(items))]
    return _array_stored(books, region, items)


def _moved_of_array(books: Books, region: Region, items: Sequence[Item]) -> set[int]:
    """The places of those that were changed since they were last seen. One call, however many there are."""
    known = {looking.number_of(item["timesheet"]): place for place, item in enumerate(items) if item.get(SEEN)}
    if not known:
        return set()
    rows = looking.changed_of(books, region, list(known), since=min(milliseconds(items[place][SEEN]) for place in known.values()))
    places = {known[looking.number_of(row)]: row for row in rows}
    return {place for place, row in places.items() if _moved(region, row, items[place])}


def _array_stored(books: Books, region: Region, items: Sequence[Item]) -> Sequence[Outcome]:
    """Store these, approved at once where they are to be."""
    payloads = [item["timesheet"] for item in items]
    outcomes = _stored(books, region, items, payloads)
    drafts = {
        place: looking.number_of(row)
        for place, (item, row) in enumerate(zip(items, outcomes, strict=True))
        if item["approve"] and isinstance(row, dict) and looking.status_of(row) not in looking.ACCEPTED
    }
    return _approve_array(books, region, payloads, outcomes, drafts) if drafts else outcomes


def _stored(books: Books, region: Region, items: Sequence[Item], payloads: Sequence[Wire]) -> list[Outcome]:
    """What became of each. Where Xero won't take them approved, they are stored as drafts."""
    wanted = [au1.approved(item["timesheet"]) if item["approve"] else item["timesheet"] for item in items]
    try:
        return _by_payload(_posted(books, wanted), payloads)
    except REFUSED as refusal:
        if wanted == payloads or refusal.code in (faults.EXISTS, faults.NOT_DRAFT):
            return _refused(books, region, payloads, refusal)
    try:
        return _by_payload(_posted(books, payloads), payloads)
    except REFUSED as refusal:
        return _refused(books, region, payloads, refusal)


def _posted(books: Books, payloads: Sequence[Wire]) -> list[Wire]:
    return things(books.timesheets("create_timesheet", part=list(payloads)), "Timesheets")


def _by_payload(rows: Sequence[Wire], payloads: Sequence[Wire]) -> list[Outcome]:
    """The answer's timesheets by employee and period, which name one for sure; nothing says that their order is ours."""
    by_key = {_key(row): row for row in rows}
    unheard = Retry("item_unheard", "Xero left a timesheet of several unanswered.", unknown=True)
    return [by_key.get(_key(payload), unheard) for payload in payloads]


def _key(wire: Wire) -> tuple[str, str]:
    return wire["EmployeeID"], looking.start_of(wire).isoformat()


def _refused(books: Books, region: Region, payloads: Sequence[Wire], refusal: Failure) -> list[Outcome]:
    """What a refusal says of each item. One alone that exists already may be ours."""
    if len(payloads) > 1:
        return _each_refused(books.wires.refusal, len(payloads), refusal)
    if "TimesheetID" not in payloads[0]:
        return [_ours_already(books, region, payloads[0], refusal)]
    if looking.read(books, region, looking.number_of(payloads[0])) is None:
        raise Missing("gone", "Xero doesn't have this timesheet any more.")
    raise refusal


def _each_refused(answer: Response | None, count: int, refusal: Failure) -> list[Outcome]:
    elements = _elements(answer)
    if len(elements) != count:
        return [refusal] * count
    return [_element_refused(element) for element in elements]


def _elements(answer: Response | None) -> list[Wire]:
    """What a refused array echoes, in its order."""
    try:
        value = canonical.loads(answer.body) if answer else {}
    except Invalid:
        return []
    found = value.get("Elements") if isinstance(value, dict) else None
    return found if isinstance(found, list) and all(isinstance(one, dict) for one in found) else []


def _element_refused(element: Wire) -> Failure:
    if element.get("ValidationErrors"):
        return faults.failure(Response(400, {}, canonical.dumps({"Elements": [element]})))
    why = "Xero refused several timesheets because of another one among them."
    return Conflict(NEIGHBOUR, why, "It is looked up, and sent again without the other one.")


def _approve_array(
    books: Books, region: Region, payloads: Sequence[Wire], outcomes: Sequence[Outcome], drafts: Mapping[int, str]
) -> Sequence[Outcome]:
    """Send what is stored again, approved. Where Xero refuses that, what it has of them now is the answer."""
    sent = [au1.approved(payloads[place] | {"TimesheetID": number}) for place, number in drafts.items()]
    try:
        now: Mapping[str, Wire | None] = {looking.number_of(row): row for row in _posted(books, sent)}
    except REFUSED:
        now = looking.fetch(books, region, list(drafts.values()))
    return [now.get(drafts.get(place, "")) or outcome for place, outcome in enumerate(outcomes)]
