"""Files in over HTTP."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Any

from flask import Response, request
from sqlalchemy.orm import Session

from services.ingest.imports.take import Taken, Upload, content_hash, keep, read, take
from services.ingest.records.routes import Changed
from services.ingest.sources.worklog.layout import OWN
from services.ingest.sources.worklog.layout import load as load_layout
from shared.kernel.canonical import clean_text
from shared.kernel.errors import Invalid
from shared.kernel.quote import quoted
from shared.platform import audit
from shared.platform.auth import Principal
from shared.platform.db import Database, reading, transaction
from shared.platform.faultpoint import faultpoint
from shared.platform.vault import Vault
from shared.platform.web import Room, principal
from shared.platform.web_errors import WrongMedia

LARGEST = 100_000_000
"""Bytes of one request."""
_SOURCE = re.compile(r"[a-z][a-z0-9_-]{0,39}", re.ASCII)
_FIELDS = {"layout", "partial", "source"}


class _Undo(Exception):
    """Ends the transaction of an import of which some row was refused."""


def room(db: Database, vault: Vault, changed: Changed) -> Room:
    room = Room("imports")

    @room.post("/import", scope="records:write", limit=LARGEST)
    def receive() -> Response:
        upload, partial, caller = _sent(), _flag("partial"), principal()
        with reading(db) as session:
            ref = content_hash(vault.keyring(session, caller.organisation), upload)
        held = read(upload, caller.organisation, ref)
        told: dict[str, Any] = {"stored": False, "file": upload.name, "file_id": None}
        try:
            with transaction(db) as session:
                taken = take(session, vault, caller.organisation, held)
                if taken.listing.refused and not partial:
                    raise _Undo
                if taken.changed:
                    changed(session, vault, caller.organisation, taken.changed, caller.subject)
                told |= {"stored": True, "file_id": keep(session, vault, caller.organisation, upload, taken)}
                _note(session, caller, ref, taken)
                faultpoint("import.stored")
        except _Undo:
            told["stored"] = False
        return Response(taken.listing.pieces(**told), 200 if told["stored"] else 422, content_type="application/json")

    return room


def _note(session: Session, caller: Principal, ref: str, taken: Taken) -> None:
    counts = taken.listing.counts()
    audit.record(session, caller.organisation, caller.subject, "file.imported", ref, key=caller.key, **counts)


def _sent() -> Upload:
    if request.mimetype != "multipart/form-data" or request.headers.get("Content-Encoding", "identity") != "identity":
        raise WrongMedia("unsupported_media_type", "The body is not a form with a file.", "Send multipart/form-data.")
    unknown = (request.form.keys() - _FIELDS) | (request.files.keys() - {"file"})
    if unknown:
        remedy = "Send file, layout, partial and source only."
        raise Invalid("unknown_field", f"There is no field {quoted(min(unknown))}.", remedy)
    file = request.files.get("file")
    if file is None or len(request.files.getlist("file")) != 1:
        raise Invalid("no_file", "Not exactly one file was sent.", "Send one file in the field named file.")
    name = clean_text(PurePosixPath(file.filename or "file").name, limit=255) or "file"
    layout = load_layout(request.form["layout"]) if "layout" in request.form else OWN
    source = request.form.get("source", "worklog")
    if not _SOURCE.fullmatch(source):
        remedy = "Give a short lower-case word such as toggl."
        raise Invalid("bad_source", f"{quoted(source)} is not the name of a source.", remedy)
    return Upload(file.stream, name, layout, source)  # type: ignore[arg-type]


def _flag(name: str) -> bool:
    text = request.form.get(name, "false")
    if text not in ("true", "false"):
        raise Invalid("bad_flag", f"{name} is {quoted(text)}.", "Send true or false.")
    return text == "true"
