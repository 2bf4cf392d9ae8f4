"""Records over HTTP: up to a thousand in at once, and lists out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import uuid4

from services.ingest.records import answers, intake, own, query
from services.ingest.records.intake import Outcome, Result
from services.ingest.records.models import WORK
from shared.contract.messages import SCHEMA
from shared.contract.record_schemas import dump_record, identifier, kind_of, load_record
from shared.contract.records import AnyRecord, Approval, Kind, Origin
from shared.kernel.dates import parse_date
from shared.kernel.errors import Failure, Invalid
from shared.kernel.quote import quoted
from shared.platform import audit
from shared.platform.db import Database, reading, transaction
from shared.platform.session import Session
from shared.platform.vault import Vault
from shared.platform.web import Room, Said, argument, body, counts, page_args, principal, raw_body
from shared.platform.web_idempotency import once

MOST = 1_000
"""Records in one request."""
LARGEST = 4_000_000  # bytes of one request

_BATCH = answers.Batch()

Changed = Callable[[Session, Vault, str, Sequence[str], str], None]
"""Told last in the transaction: session, vault, organisation, ids of work that was changed, who did it."""

ApprovedThere = Callable[[Session, str, Sequence[str]], Mapping[str, str]]
"""What the books say of the timesheet that pays each of some entries: session, organisation, ids; others are left out."""


_RECEIVE = Said(
    says=answers.TAKING_IN, takes=_BATCH, example=answers.EXAMPLE, gives=answers.Received, status=202, once=True
)


def room(db: Database, vault: Vault, changed: Changed, approved_there: ApprovedThere) -> Room:
    room = Room("records")

    @room.post("/records", scope="records:write", limit=LARGEST, own=True, **_RECEIVE)
    def receive() -> Any:
        caller = principal()
        how = {"origin": Origin(via="request", ref=str(uuid4())), "identify": identifier(caller.organisation)}
        load = partial(load_record, organisation=caller.organisation, **how)
        loaded = [_load(one, load) for one in _sent(body())]
        with once(db, vault, caller, "POST /records", raw_body()) as claim:
            if claim.replay:
                return claim.replay
            with transaction(db) as session:
                loaded = own.kept(session, caller, loaded)
                good = [record for record in loaded if not isinstance(record, Failure)]
                counts().rows += len(good)
                stored = iter(intake.accept(session, vault, caller.organisation, good))
                results = [one if isinstance(one, Failure) else next(stored) for one in loaded]
                edited = changed_work(results)
                if edited:
                    changed(session, vault, caller.organisation, edited, caller.subject)
                audit.record(session, caller.organisation, caller.subject, "records.received", caller.key, **count(results))
                return claim.done(session, {"results": [_shown(index, one) for index, one in enumerate(results)]}, 202)

    @room.get("/records", scope="records:read", own=True, asks=answers.Listed, gives=answers.LISTED)
    def show() -> Any:
        """List records of one kind."""
        kind, part, caller = kind_of(argument("kind") or "time"), page_args(), principal()
        organisation = caller.organisation
        with reading(db) as session:
            if kind not in WORK:
                only = caller.own if kind is Kind.PERSON else None
                records, total = query.page(session, vault, organisation, kind, limit=part.size, offset=part.offset, only=only)
                items = [dump_record(own.shown(caller, record)) for record in records]
                return {"items": items, "page": part.number, "total": total}
            choice = {"kinds": (kind,), **_choice(), "person": caller.whose(argument("person"))}
            total = query.count_entries(session, organisation, **choice)
            found = query.entries(session, vault, organisation, limit=part.size, offset=part.offset, **choice)
            there = approved_there(session, organisation, [one.record.id for one in found]) if kind is Kind.TIME else None
        return {"items": [_logged(one, there) for one in found], "page": part.number, "total": total}

    return room


# ---- in

def _sent(sent: dict[str, Any]) -> list[Any]:
    unknown = sent.keys() - {"schema", "records"}
    if unknown:
        raise Invalid("unknown_field", f"There is no field {quoted(min(unknown))}.", "Send schema and records only.")
    schema, records = sent.get("schema"), sent.get("records")
    if not isinstance(schema, str) or schema.split(".")[0] != SCHEMA:
        cause = f"schema is {quoted(schema)}; this service knows {SCHEMA}."
        raise Invalid("unknown_schema", cause, f'Send "schema": "{SCHEMA}".')
    if not isinstance(records, list) or not 1 <= len(records) <= MOST:
        raise Invalid("bad_records", f"records is not a list of 1 to {MOST}.", f"Send 1 to {MOST} records at once.")
    return records


def _load(sent: Any, load: Callable[..., AnyRecord]) -> AnyRecord | Failure:
    if not isinstance(sent, dict):
        return Invalid("bad_object", f"the record is {quoted(sent)}, not an object", "give an object: {…}")
    try:
        return load(sent.get("kind"), sent, source=sent.get("source"))
    except Invalid as problem:
        return problem


def changed_work(results: Sequence[Result | Failure]) -> list[str]:
    """Ids of the work that had been stored before and now differs."""
    return [one.id for one in results if isinstance(one, Result) and one.outcome is Outcome.CHANGED and one.kind in WORK]


def count(results: Sequence[Result | Failure]) -> dict[str, int]:
    """How many of each outcome."""
    outcomes = [one.outcome if isinstance(one, Result) else Outcome.REFUSED for one in results]
    return {outcome.value: outcomes.count(outcome) for outcome in Outcome}


def _shown(index: int, one: Result | Failure) -> dict[str, Any]:
    if isinstance(one, Failure):
        return {"index": index, "outcome": Outcome.REFUSED, "kind": None, "id": None, "revision": 0, "problem": problem_of(one)}
    told = {"index": index, "outcome": one.outcome.value, "kind": one.kind.value, "id": one.id, "revision": one.revision}
    return told | {"problem": problem_of(one.problem) if one.problem else None}


def problem_of(failure: Failure) -> dict[str, Any]:
    """A refusal as answers show it."""
    return {"code": failure.code, "cause": failure.cause, "remedy": failure.remedy, **failure.facts}


# ---- out

def _choice() -> dict[str, Any]:
    choice: dict[str, Any] = {name: argument(name) for name in ("client", "job")}
    for field, name in (("since", "from"), ("until", "to")):
        text = argument(name)
        choice[field] = parse_date(text) if text else None
    approval = argument("approval")
    if approval is not None:
        if approval not in tuple(Approval):
            raise Invalid("bad_argument", f"approval is {quoted(approval)}.", f"Give one of: {', '.join(Approval)}.")
        choice["approval"] = [Approval(approval)]
    return choice


def _logged(one: query.Logged, there: Mapping[str, str] | None) -> dict[str, Any]:
    shown = {**dump_record(one.record), "approval": one.approval, "approved_revision": one.approved_revision}
    return shown if there is None else {**shown, "approved_there": there.get(one.record.id)}


