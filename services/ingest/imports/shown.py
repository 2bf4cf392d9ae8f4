"""A difference as answers show it: what each edited row said before and says now, and what the file lacks, with names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from services.ingest.imports.checks import Remark
from services.ingest.imports.difference import Change, Difference
from services.ingest.imports.take import Taken
from services.ingest.records import query
from services.ingest.records.mapping import KIND_OF
from services.ingest.sources.detect.findings import Detection
from shared.contract.record_schemas import content
from shared.contract.records import Kind
from shared.platform.session import Session
from shared.platform.vault import Vault

MOST = 200
"""Entries of each sort that an answer shows; the counts are of all."""
_NAMED = {"person": Kind.PERSON, "client": Kind.CLIENT, "job": Kind.JOB, "tags": Kind.TAG}
_NOT_SHOWN = frozenset({"source", "source_id", "deleted"})


def report(session: Session, vault: Vault, organisation: str, taken: Taken, *, assumed: str | None = None) -> dict[str, Any]:
    """The difference and the warnings of an import. ``assumed``: whose work it was said to be when its profile was made."""
    found = taken.difference
    warnings = [*taken.warnings, *([_booked_on(assumed)] if assumed else [])]
    names = _names(session, vault, organisation, found)
    return {
        "difference": {
            "fingerprint": found.fingerprint,
            "counts": {name: len(getattr(found, name)) for name in ("changed", "vanished", "absent", "doubtful")},
            "changed": [_changed(one, names) for one in found.changed[:MOST]],
            "vanished": [_entry(one, names) for one in found.vanished[:MOST]],
            "deleted": taken.deleted,
        },
        "warnings": [{"code": one.code, "count": one.count, "rows": one.rows, "text": one.text} for one in warnings],
    }


def _booked_on(person: str) -> Remark:
    said = f"Rows that name nobody are {person}'s work, as was answered for this profile."
    return Remark("person_of_profile", 0, (), f"{said} If they are somebody else's, have the file looked at anew (detect).")


def asked(name: str, found: Detection) -> dict[str, Any]:
    """The questions that a file leaves open, and what it settled."""
    number = len(found.questions)
    cause = f"The file leaves {number} question{'s' if number > 1 else ''} open; nothing was stored yet."
    problem = {"code": "questions_open", "message": cause, "remedy": "Send the file again with the answers."}
    return {"file": name, "stored": False, "problem": problem, "questions": found.questions, **evidence(found)}


def evidence(found: Detection | None) -> dict[str, Any]:
    """What was concluded from a file, and which of its rows are no entries."""
    return {"findings": found.findings, "left_out": found.left_out} if found else {"findings": (), "left_out": ()}


def _names(session: Session, vault: Vault, organisation: str, found: Difference) -> dict[str, str]:
    """Record id -> name of all that the shown entries refer to."""
    shown = [*(one.new for one in found.changed[:MOST]), *(one.old for one in found.changed[:MOST]), *found.vanished[:MOST]]
    names: dict[str, str] = {}
    for field, kind in _NAMED.items():
        ids = {one for entry in shown for one in _ids(getattr(entry, field))}
        found_here: Mapping[str, Any] = query.by_id(session, vault, organisation, kind, ids) if ids else {}
        names.update((one, record.name) for one, record in found_here.items())
    return names


def _ids(value: Any) -> Iterable[str]:
    return value if isinstance(value, tuple) else [value] if value else []


def _changed(one: Change, names: Mapping[str, str]) -> dict[str, Any]:
    was, now = _entry(one.old, names), _entry(one.new, names)
    fields = [{"field": name, "was": was[name], "now": now[name]} for name in now if name != "id" and was[name] != now[name]]
    if one.old.deleted:
        fields.insert(0, {"field": "deleted", "was": True, "now": False})
    named = {name: was[name] for name in ("id", "kind", "date", "person", "client", "job")}
    return {**one.place.told(), **named, "fields": fields}


def _entry(entry: Any, names: Mapping[str, str]) -> dict[str, Any]:
    said = {name: value for name, value in content(entry).items() if name not in _NOT_SHOWN}
    for field in _NAMED:
        ids = getattr(entry, field)
        said[field] = [names.get(one) for one in ids] if isinstance(ids, tuple) else names.get(ids)
    return {"id": entry.id, "kind": KIND_OF[type(entry)], **said}
