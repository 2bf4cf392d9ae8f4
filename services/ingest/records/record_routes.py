"""One record at a time over HTTP: made, shown, replaced and deleted, each kind at an address of its own.

A record refers to others by their ids here (``client_id``), as lists show them, so that what was read can be changed and sent
back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from services.ingest.records import answers, intake, own, query, store
from services.ingest.records.intake import Outcome
from services.ingest.records.models import WORK
from services.ingest.records.outside import inside, outside, outside_problem
from services.ingest.records.routes import Changed
from shared.contract.record_schemas import dump_record, load_record
from shared.contract.records import AnyRecord, Approval, Kind, Origin
from shared.contract.records import changed as with_values
from shared.kernel import canonical
from shared.kernel.errors import Conflict, Failure, Invalid, Missing
from shared.platform import audit
from shared.platform.auth import Principal
from shared.platform.db import Database, reading, transaction
from shared.platform.session import Session
from shared.platform.vault import Vault
from shared.platform.web import Room, body, counts, principal, raw_body
from shared.platform.web_idempotency import Once, once
from shared.platform.web_revision import Seen, check, condition, seen, tag, tagged

PATHS = {
    Kind.PERSON: "/people",
    Kind.CLIENT: "/clients",
    Kind.JOB: "/jobs",
    Kind.TAG: "/tags",
    Kind.TIME: "/time-entries",
    Kind.EXPENSE: "/expenses",
    Kind.MILEAGE: "/mileage",
}
OWN_SOURCE = "api"
"""Where a record comes from whose sender names no source."""
WORDS = {Kind.TIME: "time entry", Kind.MILEAGE: "trip"}
_HIDDEN = ("organisation", "content_hash", "origin")

Beside = Callable[[Session, Vault, str, Kind, str], Mapping[str, Any]]
"""What other rooms show with a record: session, vault, organisation, kind, id."""


def record_room(db: Database, vault: Vault, changed: Changed, beside: Beside) -> Room:
    room = Room("record")
    for kind, path in PATHS.items():
        door = _Door(db, vault, changed, beside, kind, path)
        one, mine = f"{path}/<record>", kind in WORK  # a worker's own work is theirs to write
        said = answers.said_of(kind, door.word)
        room.post(path, scope="records:write", own=mine, **said["create"])(door.create)
        room.get(one, scope="records:read", own=mine, **said["show"])(door.show)
        room.put(one, scope="records:write", own=mine, **said["replace"])(door.replace)
        room.delete(one, scope="records:write", own=mine, **said["delete"])(door.delete)
    return room


@dataclass(frozen=True, slots=True)
class _Door:
    """The address of one kind."""

    db: Database
    vault: Vault
    changed: Changed
    beside: Beside
    kind: Kind
    path: str

    def create(self) -> Any:
        caller, sent = principal(), body()
        with once(self.db, self.vault, caller, f"POST {self.path}", raw_body()) as claim:
            if claim.replay:
                return tagged(claim.replay)
            source = sent.pop("source", OWN_SOURCE)
            record = self._load(caller, {"source_id": str(uuid4()), **sent}, source)
            with transaction(self.db) as session:
                return self._keep(session, caller, claim, record, None)

    def show(self, record: str) -> Any:
        with reading(self.db) as session:
            present = self._present(session, principal(), record)
            if present.deleted:
                cause = f"This {self.word} was deleted; its last revision is {present.revision}."
                raise Missing("deleted", cause, "PUT it to bring it back.", revision=present.revision)
            return self._shown(session, present), 200, tag(present.revision)

    def replace(self, record: str) -> Any:
        caller, sent = principal(), body()
        with once(self.db, self.vault, caller, f"PUT {self.path}/{record}", _request()) as claim:
            if claim.replay:
                return tagged(claim.replay)
            with transaction(self.db) as session:
                store.lock(session, caller.organisation)
                present = self._present(session, caller, record)
                saw = seen(sent)
                self._check_shown(session, sent, present)
                wanted = self._load(caller, {**sent, "source_id": present.source_id}, present.source)
                return self._keep(session, caller, claim, with_values(wanted, id=present.id), present, saw)

    def delete(self, record: str) -> Any:
        caller = principal()
        with once(self.db, self.vault, caller, f"DELETE {self.path}/{record}", condition().encode()) as claim:
            if claim.replay:
                return tagged(claim.replay)
            with transaction(self.db) as session:
                store.lock(session, caller.organisation)
                present = self._present(session, caller, record)
                saw = seen({})
                gone = with_values(present, deleted=True, origin=_origin())
                return self._keep(session, caller, claim, gone, present, saw if saw.by else Seen(None, "header"))

    @property
    def word(self) -> str:
        return WORDS.get(self.kind, self.kind.value)

    def _load(self, caller: Principal, sent: dict[str, Any], source: Any) -> AnyRecord:
        fields = inside(sent)
        try:
            return load_record(self.kind, fields, caller.organisation, source, origin=_origin(), identify=_as_it_is)
        except Invalid as problem:
            raise outside_problem(problem) from problem

    def _present(self, session: Session, caller: Principal, record: str) -> AnyRecord:
        found = query.by_id(session, self.vault, caller.organisation, self.kind, [record]).get(record)
        if found is None or caller.own not in (None, getattr(found, "person", None)):
            raise Missing(f"no_such_{self.kind}", f"There is no {self.word} of this id.", "List them to see their ids.")
        return found

    def _keep(
        self, session: Session, caller: Principal, claim: Once, record: AnyRecord, present: AnyRecord | None,
        saw: Seen | None = None,
    ) -> Any:  # fmt: skip
        """Store a record in place of ``present`` and answer."""
        [kept] = own.kept(session, caller, [record])
        if isinstance(kept, Failure):
            raise kept
        counts().rows += 1
        [result] = intake.accept(session, self.vault, caller.organisation, [kept])
        if result.problem:
            raise outside_problem(result.problem)
        if result.outcome is Outcome.CHANGED:
            self._check(result, present, saw)
            if self.kind in WORK:
                self.changed(session, self.vault, caller.organisation, [result.id], caller.subject)
        if result.outcome is not Outcome.UNCHANGED:
            facts = {"revision": result.revision, "deleted": record.deleted}
            audit.record(session, caller.organisation, caller.subject, f"{self.kind}.{result.outcome}", result.id, **facts)
        shown = self._shown(session, self._stored(session, caller, kept, result), new=result.outcome is Outcome.NEW)
        status = 201 if result.outcome is Outcome.NEW else 200
        return *claim.done(session, shown, status), tag(result.revision)

    def _stored(self, session: Session, caller: Principal, kept: AnyRecord, result: intake.Result) -> AnyRecord:
        """What a read would give. What was written needs none; an unchanged one may have its numbers written otherwise."""
        if result.outcome is Outcome.UNCHANGED:
            return self._present(session, caller, result.id)
        return with_values(kept, revision=result.revision)

    def _check(self, result: intake.Result, present: AnyRecord | None, saw: Seen | None) -> None:
        """Only what changes something has to have seen it: a write that was done already, and is sent again because its
        answer was lost, is answered as done."""
        if present is None or saw is None:
            raise self._taken(result)
        check(saw, present.revision, self.word)

    def _taken(self, result: intake.Result) -> Conflict:
        cause = f"There is another {self.word} of this source and source_id already, with id {result.id}."
        return Conflict("already_there", cause, f"PUT it at {self.path}/{result.id}.", id=result.id, revision=result.revision - 1)

    def _shown(self, session: Session, record: AnyRecord, *, new: bool = False) -> dict[str, Any]:
        shown = {name: value for name, value in outside(dump_record(record)).items() if name not in _HIDDEN}
        organisation = record.organisation
        if self.kind in WORK:
            approval, revision = (Approval.DRAFT, None) if new else query.approval_of(session, organisation, record.id)
            shown |= {"approval": approval.value, "approved_revision": revision}
        return shown | self.beside(session, self.vault, organisation, self.kind, record.id)

    def _check_shown(self, session: Session, sent: dict[str, Any], present: AnyRecord) -> None:
        """Take out of a request what answers show and nobody can write; it may be sent back as it was."""
        shown = canonical.loads(canonical.dumps(self._shown(session, present)))
        fields = outside(dump_record(present)).keys() - {"id", "source", "source_id", "kind"}
        for name in shown.keys() - fields:
            if name in sent and sent.pop(name) != shown[name]:
                remedy = "Approve at /approvals; leave it out here." if name.startswith("approv") else "Leave it out."
                raise Invalid("read_only", f"{name} can't be changed by writing the {self.word}.", remedy, field=name)


def _request() -> bytes:
    """What makes a request the same as an earlier one."""
    return raw_body() + b"\0" + condition().encode()


def _origin() -> Origin:
    return Origin(via="request", ref=str(uuid4()))


def _as_it_is(kind: Kind, source: str, reference: str) -> str:
    return reference
