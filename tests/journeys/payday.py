"""When nothing is due any more: what must be true of the timesheets there, of those here, and of what they pay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from services.xero_connector import owing, store
from services.xero_connector.intake import COMPOSE
from services.xero_connector.models import dirty, pay_allocation
from shared.connector.models import binding, call, connection, problem
from shared.platform import jobs
from shared.platform.db import reading, transaction
from shared.platform.jobs import job
from tests.journeys.clerks import PEOPLE, Office

Sheet = dict[str, Any]
LEFT_OUT = "left_out_of_pay_run"
TOLD = {"changed_there", "total_differs", "gone_there", LEFT_OUT}
"""Problems that only tell: nothing waits for them."""
LEFT = {"outside_employment", "negative_net", "nothing_to_pay", "no_open_period"}
"""What may stay unpaid, with its reason, when everybody has done what they could."""
STATUS = {"DRAFT": "draft", "REQUESTED": "requested", "APPROVED": "approved", "REJECTED": "rejected", "PROCESSED": "processed"}


def come_to_rest(office: Office, *, whose: str) -> None:
    """Faults end; people press go and decide, the clerk mends what is asked for, until there is nothing to do."""
    office.emulator.clear_faults()
    office.die(0)
    office.sleep(0)
    office.activate_rates()
    for _ in range(12):
        office.wait(hours=7)  # long enough for everything to be listed anew
        office.reconnect()
        office.settle()
        if not press_go(office, whose) and not unfinished(office):
            return
        for external in _parked(office):
            _mend_there(office, external)
    raise AssertionError(f"never comes to rest: {unfinished(office)}")


def press_go(office: Office, whose: str) -> list[dict[str, Any]]:
    """Plan and send until a plan is empty; gives what the last plan still had."""
    items: list[dict[str, Any]] = []
    for _ in range(4):
        made = office.make_plan()
        items = [one for one in made["items"] if not _hopeless(office, one)] if made else [{"action": "none"}]
        if not items or made is None:
            break
        if not sum([_decide(office, item, whose) for item in items]):
            office.go()
            office.work()
            office.settle()
    return items


def _hopeless(office: Office, item: dict[str, Any]) -> bool:
    """What is shown of somebody erased stays blocked, and says so."""
    return item["action"] == "blocked" and item["problem"]["code"] == "erased"


def _decide(office: Office, item: dict[str, Any], whose: str) -> bool:
    """What has to be done about a blocked timesheet; gives whether there was anything."""
    code = item["problem"]["code"] if item["action"] == "blocked" else ""
    if code == "reference_missing":
        office.product.links(office.connection)
    elif code in ("diverged", "asks_first"):
        office.keep(item["document"], whose)
        if whose == "theirs":
            office.decided.add(item["document"])
        else:
            office.edited.discard(_external(office, item["document"]))
    elif code:
        _mend_there(office, _external(office, item["document"]))
    return bool(code)


def _mend_there(office: Office, external: str) -> None:
    """The clerk sets back to draft what can't be changed otherwise."""
    office.may_there(lambda: office.emulator.revert(office.tenant, external))
    office.sync()
    office.settle()


def _parked(office: Office) -> list[str]:
    """What the books refused although a person had said that it shall be."""
    with reading(office.product.xero.db) as session:
        waits = sa.select(binding.c.external_id).where(binding.c.state == "parked", binding.c.external_id.is_not(None))
        return list(session.execute(waits).scalars())


def _external(office: Office, document: str) -> str:
    with reading(office.product.xero.db) as session:
        return session.execute(sa.select(binding.c.external_id).where(binding.c.local == document)).scalar() or ""


def unfinished(office: Office) -> list[Any]:
    """Jobs that are due, run or parked; bindings that wait; open calls; people not composed."""
    found: list[Any] = []
    now = office.product.clock.now
    for service in office.product.services:
        with reading(service.db) as session:
            waiting = sa.or_(job.c.state.in_(["running", "parked"]), sa.and_(job.c.state == "ready", job.c.due_at <= now))
            failing = sa.and_(job.c.state == "ready", job.c.failure.is_not(None))
            found += session.execute(sa.select(job.c.kind, job.c.state, job.c.failure).where(sa.or_(waiting, failing))).all()
    with reading(office.product.xero.db) as session:
        waits = binding.c.state.in_(["sent", "unknown", "parked", "diverged"])
        behind = sa.and_(binding.c.wanted_version > binding.c.pushed_version, binding.c.state != "void")
        shown = (binding.c.number, binding.c.state, binding.c.status, binding.c.wanted_version, binding.c.pushed_version)
        mine = sa.select(*shown, binding.c.go_version, binding.c.problem).where(sa.or_(waits, behind))
        erased = [office.ids[person][1] for person in office.erased]
        found += session.execute(mine.where(binding.c.client.not_in(erased))).all()
        found += session.execute(sa.select(call.c.state).where(call.c.state == "intended")).all()
        found += session.execute(sa.select(dirty.c.person)).all()
    return found


# ---- what must hold


def check(office: Office) -> None:
    """Everything, once ``come_to_rest`` is through."""
    there = {one["id"]: one for one in office.there()}
    here = sheets(office)
    check_one_each(office, there, here)
    check_statuses(office, there, here)
    check_units(office, there, here)
    check_left_out(office, there, here)
    check_seconds(office, here)
    posted = office.emulator.writes(kind="pay_run", actor="api")
    assert not posted, posted
    check_nothing_forgotten(office)
    codes = {one["code"] for one in office.product.get("xero", "/problems")["items"]}
    assert codes <= TOLD | LEFT | ({"erased"} if office.erased else set()), codes


def check_nothing_forgotten(office: Office) -> None:
    """Composed of everything that anybody ever worked, the timesheets are the ones composed of what was looked at."""
    before = _wished(office)
    with transaction(office.product.xero.db) as session:
        organisation = session.execute(sa.select(connection.c.organisation)).scalar_one()
        for _, person in office.ids.values():
            owing.touch_all(session, organisation, office.connection, person)
            store.mark(session, office.connection, [person])
        jobs.ask(session, COMPOSE, office.connection, organisation=organisation)
    office.work()
    assert _wished(office) == before


def _wished(office: Office) -> list[Any]:
    """What is wanted there, and what is left out."""
    with reading(office.product.xero.db) as session:
        wanted = session.execute(sa.select(binding.c.local, binding.c.wanted_version).order_by(binding.c.local)).all()
        return [*wanted, *({**row, "position": 0} for row in store.left_outs(session, office.connection))]


def sheets(office: Office) -> list[Sheet]:
    """Every timesheet of ours with its binding, as ``b_…``, and the person's short name."""
    names = {record: name for name, (_, record) in office.ids.items()}
    with reading(office.product.xero.db) as session:
        found = [dict(row) for row in store.timesheets(session, office.connection)]
        for one in found:
            one["parts"] = store.allocations(session, {one["id"]: one["b_wanted_version"]})
            number = one["b_wanted_version"] or one["version"]
            one["body"] = store.bodies(session, {one["id"]: number})[one["id"]]
            one["who"] = names[one["person"]]
        raw = session.execute(sa.select(pay_allocation)).mappings().all()
    keys = ("timesheet", "version", "entry", "worked", "kind", "rate", "tracking", "line_date")
    assert all(number == 1 for number in Counter(tuple(row[key] for key in keys) for row in raw).values())
    return found


def live(one: Sheet) -> bool:
    return not one["over"] and one["b_state"] not in (None, "void")


def check_one_each(office: Office, there: dict[str, Sheet], here: list[Sheet]) -> None:
    """One live timesheet for each employee and period, on both sides, and each is the other's."""
    periods = Counter((one["employee"], one["start"], one["end"]) for one in there.values())
    assert all(number == 1 for number in periods.values()), periods
    ours = Counter((one["person"], one["start"], one["end"], one["calendar"]) for one in here if live(one))
    assert all(number == 1 for number in ours.values()), ours
    twins = Counter(one["b_external_id"] for one in here if live(one))
    assert all(number == 1 for number in twins.values()), twins
    made = {entry.id for entry in office.emulator.writes(kind="timesheet", operation="create", actor="api")}
    known = {one["b_external_id"] for one in here}
    assert made <= known, ("made by us and unknown here", made - known)
    gone = [one["b_external_id"] for one in here if live(one) and one["b_external_id"] not in there]
    assert office.erased or not gone, ("thought to be there", gone)


def check_statuses(office: Office, there: dict[str, Sheet], here: list[Sheet]) -> None:
    """What is told of each is what it is there."""
    told = {one["timesheet_id"]: one for one in office.product.timesheets()}
    for one in here:
        if not live(one) or one["who"] in office.erased:
            continue
        remote = there[one["b_external_id"]]
        assert told[one["id"]]["status"] == STATUS[remote["status"]], (
            one["who"],
            one["start"],
            told[one["id"]],
            remote["status"],
        )


def check_units(office: Office, there: dict[str, Sheet], here: list[Sheet]) -> None:
    """Units there are the document's, unless the clerk had the last word, which a problem then says."""
    with reading(office.product.xero.db) as session:
        told = sa.select(problem.c.subject).where(problem.c.code.in_(["diverged", "changed_there"]))  # also if closed by now
        problems = set(session.execute(told).scalars())
        bindings = dict(session.execute(sa.select(binding.c.local, binding.c.id)).all())
    for one in here:
        if not live(one) or one["who"] in office.erased or one["id"] in office.decided:
            continue
        remote = there[one["b_external_id"]]
        if _units_there(remote) != _units_here(one["body"]):
            assert one["b_external_id"] in office.edited, (
                one["who"],
                one["start"],
                _units_there(remote),
                _units_here(one["body"]),
            )
            assert bindings[one["id"]] in problems, ("an edit there that nobody is told of", one["who"], one["start"])


def check_left_out(office: Office, there: dict[str, Sheet], here: list[Sheet]) -> None:
    """What a posted pay run didn't pay is told, and nothing else is called that."""
    problems = [one for one in office.product.get("xero", "/problems")["items"] if one["code"] == LEFT_OUT]
    with reading(office.product.xero.db) as session:
        bindings = dict(session.execute(sa.select(binding.c.local, binding.c.id)).all())
    mine = [one for one in here if live(one) and one["b_external_id"] in there and _closed(office, one)]
    unpaid = {bindings[one["id"]] for one in mine if _unpaid(there[one["b_external_id"]])}
    assert {one["subject"] for one in problems} == unpaid, (problems, unpaid)


def _unpaid(remote: Sheet) -> bool:
    return remote["status"] != "PROCESSED" and any(_units_there(remote).values())


def _units_there(remote: Sheet) -> dict[tuple[str, str, str], Decimal]:
    found: Counter[tuple[str, str, str]] = Counter()
    for line in remote["lines"]:
        found[line["day"], line["rate"], line["tracking"] or ""] += line["units"]
    return {key: Decimal(units) for key, units in found.items() if units}


def _units_here(body: dict[str, Any]) -> dict[tuple[str, str, str], Decimal]:
    lines = [(str(line["date"]), line["rate"], line["tracking"] or "", Decimal(str(line["units"]))) for line in body["lines"]]
    return {line[:3]: line[3] for line in lines if line[3]}


def check_seconds(office: Office, here: list[Sheet]) -> None:
    """Of each person: approved work is what timesheets pay and what is left out with a reason, no more and no less."""
    logged = {one["id"]: one for one in office.product.get("ingest", "/records", kind="time", page_size="100")["items"]}
    for who in PEOPLE[office.region]:
        if who not in office.erased:
            mine = [one for one in here if one["who"] == who and live(one)]
            _check_person(office, office.ids[who][1], mine, logged)


def _check_person(office: Office, person: str, mine: list[Sheet], logged: Mapping[str, Any]) -> None:
    undecided = {entry for entry, one in logged.items() if one["approval"] != "approved" and not one.get("deleted")}
    theirs = [one for one in logged.values() if one["person"] == person and not one.get("deleted")]
    approved = {one["id"]: one["seconds"] for one in theirs if one["id"] not in undecided}
    paid: Counter[str] = Counter()
    for part in (part for one in mine for part in one["parts"] if part.entry not in undecided):
        paid[part.entry] += part.seconds
    with reading(office.product.xero.db) as session:
        left = [row for row in store.left_outs(session, office.connection) if row["person"] == person]
    assert {row["code"] for row in left} <= LEFT, left
    assert sum(paid.values()) + sum(row["seconds"] for row in left) == sum(approved.values()), (dict(paid), approved, left)
    twice = {entry for entry, seconds in paid.items() if seconds > approved.get(entry, 0)}
    assert not twice or left, ("paid twice", twice, dict(paid), approved)
    for one in mine:
        open_ = one["b_status"] != "processed" and one["id"] not in office.decided and not _closed(office, one)
        assert not (open_ and undecided & {part.entry for part in one["parts"]}), ("pays what nobody approved", one["start"])


def _closed(office: Office, one: Sheet) -> bool:
    """Whether the pay run of its period is posted: then it stays as it is there."""
    runs = office.emulator.pay_runs(office.tenant)
    place = (one["calendar"], str(one["start"]), str(one["end"]))
    return any(run["status"] == "POSTED" and (run["calendar"], run["start"], run["end"]) == place for run in runs)
