"""Receipts over HTTP: one in by a form, and out again in whole or in part."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from flask import Response, request

from services.ingest.receipts import answers, query, store
from shared.kernel.canonical import clean_text
from shared.kernel.errors import Invalid, Missing
from shared.kernel.quote import quoted
from shared.platform import files
from shared.platform.db import Database, reading, transaction
from shared.platform.vault import Vault
from shared.platform.web import Room, principal
from shared.platform.web_errors import TooLarge, WrongMedia
from shared.platform.web_files import download
from shared.platform.web_idempotency import once

_FORM = 100_000  # bytes of a request besides its file


def room(db: Database, vault: Vault, most: int) -> Room:
    """``most``: bytes of one receipt."""
    room = Room("receipts")

    @room.post("/expenses/<expense>/receipt", scope="records:write", limit=most + _FORM, own=True, **answers.RECEIVE)
    def receive(expense: str) -> Any:
        """Keep a receipt of an expense. The same file again is the same receipt (200)."""
        caller = principal()
        with reading(db) as session:
            query.check_expense(session, vault, caller.organisation, expense, own=caller.own)
        name, content = _file(most)
        with once(db, vault, caller, f"POST /expenses/{expense}/receipt", content) as claim:
            if claim.replay:
                return claim.replay
            with transaction(db) as session:
                organisation = caller.organisation
                kept, new = store.keep(session, vault, organisation, expense, content, caller.subject, name=name)
                return claim.done(session, kept, 201 if new else 200)

    @room.get("/expenses/<expense>/receipt/<receipt>", scope="records:read", own=True, **answers.SEND)
    def send(expense: str, receipt: str) -> Response:
        """Give a receipt out, in whole or in part."""
        caller = principal()
        organisation = caller.organisation
        with reading(db) as session:
            query.check_expense(session, vault, organisation, expense, own=caller.own)
            row = query.one(session, organisation, expense, receipt)
            about = files.about(session, vault, organisation, row.blob)
        if about.name is None:
            raise Missing("file_erased", "This receipt was erased with whoever spent.", "Nothing can bring it back.")

        def pieces(start: int, stop: int) -> Any:
            return files.stream(db, vault, organisation, row.blob, start=start, stop=stop)

        return download(pieces, about.size, row.media_type, about.name, etag=row.id)

    @room.delete("/expenses/<expense>/receipt/<receipt>", scope="records:write", own=True, gives=None)
    def remove(expense: str, receipt: str) -> None:
        """Delete a receipt."""
        caller = principal()
        with transaction(db) as session:
            query.check_expense(session, vault, caller.organisation, expense, own=caller.own)
            store.drop(session, vault, caller.organisation, expense, receipt, caller.subject)

    return room


def _file(most: int) -> tuple[str, bytes]:
    """Its name and its content."""
    if request.mimetype != "multipart/form-data" or request.headers.get("Content-Encoding", "identity") != "identity":
        raise WrongMedia("unsupported_media_type", "The body is not a form with a file.", "Send multipart/form-data.")
    unknown = request.form.keys() | (request.files.keys() - {"file"})
    if unknown:
        raise Invalid("unknown_field", f"There is no field {quoted(min(unknown))}.", "Send file only.")
    if len(request.files.getlist("file")) != 1:
        raise Invalid("no_file", "Not exactly one file was sent.", "Send one file in the field named file.")
    sent = request.files["file"]
    content = sent.stream.read(most + 1)
    if len(content) > most:
        raise TooLarge("too_large", f"The receipt has more than {most} bytes.", "Send a smaller picture of it.")
    return clean_text(PurePosixPath((sent.filename or "").replace("\\", "/")).name, limit=255) or "receipt", content
