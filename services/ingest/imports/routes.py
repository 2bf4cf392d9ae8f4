"""Files in over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import PurePosixPath
from typing import Any, BinaryIO, cast

from flask import Response, request

from services.ingest.imports import answers, invoices, store
from services.ingest.imports.choose import Asked, check_fit, choose, known, look
from services.ingest.imports.consent import Consent
from services.ingest.imports.profiles import source_name
from services.ingest.imports.shown import asked, evidence, report
from services.ingest.imports.take import Taken, Upload, content_hash, keep, read, take
from services.ingest.records.routes import Changed
from services.ingest.sources.detect.findings import Detection
from services.ingest.sources.files.cells import LIMITS, Limits
from services.ingest.sources.worklog.layout import load as load_layout
from shared.kernel import canonical
from shared.kernel.canonical import clean_text
from shared.kernel.errors import Invalid
from shared.kernel.quote import quoted
from shared.platform import audit, clock
from shared.platform.auth import Principal
from shared.platform.db import Database, reading, transaction
from shared.platform.faultpoint import faultpoint
from shared.platform.session import Session
from shared.platform.vault import Vault
from shared.platform.web import Media, Room, Said, counts, principal
from shared.platform.web_errors import WrongMedia

_FORM = 1_000_000  # bytes of a request besides its file
_FIELDS = ("layout", "profile", "detect", "answers", "source", "preview", "partial", "changes", "accept", "vanished")


class _Undo(Exception):
    """Ends the transaction of an import that must not stay."""


_RECEIVE = Said(
    takes=Media("multipart/form-data", "A report and how to take it.", answers.FORM),
    gives=answers.Imported,
    also={409: answers.Undecided, 422: answers.Imported},
)


def room(db: Database, vault: Vault, changed: Changed, limits: Limits = LIMITS) -> Room:
    room = Room("imports")

    @room.post("/import", scope="records:write", limit=max(limits.csv, limits.packed) + _FORM, **_RECEIVE)
    def receive() -> Response:
        """Import a report: CSV, Excel, OpenDocument, HTML, JSON or an app's own database.

        What the file leaves open is asked (409, with `questions`), and what it would change of stored entries is shown
        (409, with `difference`) before anything is stored. Send it again with `answers`, or with `accept`.
        """
        caller, stream = principal(), _file()
        consent, how, name = _consent(), _asked(), _name()
        seen = look(stream, name, how, limits)
        with reading(db) as session:
            keyring = vault.keyring(session, caller.organisation)
            kept = known(session, vault, caller.organisation, how, seen, today=clock.now().date())
        chosen = choose(seen, kept, how)
        if isinstance(chosen, Detection):
            return Response(canonical.dumps(asked(name, chosen)), 409, content_type="application/json")
        ref = content_hash(keyring, stream)
        upload = Upload(stream, name, ref, chosen)
        take_in = _invoices(upload, caller, limits) if chosen.invoices else _entries(upload, caller, consent)
        told: dict[str, Any] = {"file": name, "stored": False, "file_id": None, "problem": None, "profile": chosen.name}
        told |= {"read_by": chosen.by, **evidence(chosen.detection)}
        status = 200
        try:
            with transaction(db) as session:
                taken, shown = take_in(session, vault, caller.organisation, upload)
                told |= shown
                if stop := consent.stops(taken):
                    status, told["problem"] = stop
                    raise _Undo
                if taken.changed:
                    changed(session, vault, caller.organisation, taken.changed, caller.subject)
                told |= {"stored": True, "file_id": keep(session, vault, caller.organisation, upload, taken)}
                told["profile"] = _settle(session, vault, caller, upload)
                _note(session, caller, ref, taken)
                faultpoint("import.stored")
        except _Undo:
            pass
        return Response(taken.listing.pieces(**told), status, content_type="application/json")

    return room


_TakeIn = Callable[[Session, Vault, str, Upload], tuple[Taken, dict[str, Any]]]
"""Stores what a file has; gives what came of it, and what is told of that besides its rows."""


def _entries(upload: Upload, caller: Principal, consent: Consent) -> _TakeIn:
    held = read(upload, caller.organisation)
    check_fit(upload.chosen, held.unlike, held.misfit)

    def take_in(session: Session, vault: Vault, organisation: str, upload: Upload) -> tuple[Taken, dict[str, Any]]:
        taken = take(session, vault, organisation, upload, held, delete=consent.delete)
        return taken, report(session, vault, organisation, taken, assumed=upload.chosen.assumed)

    return take_in


def _invoices(upload: Upload, caller: Principal, limits: Limits) -> _TakeIn:
    caller.need("invoices:write")
    return partial(invoices.take, found=invoices.read(upload, limits.invoices), actor=caller.subject)


def _settle(session: Session, vault: Vault, caller: Principal, upload: Upload) -> str | None:
    """The name of the profile that the file was read by, or that later ones like it will be."""
    chosen = upload.chosen
    if chosen.recognised:
        name = PurePosixPath(upload.name).stem[:90]
        made = chosen.as_profile(name)
        return store.remember_profile(session, vault, caller.organisation, made, caller.subject)
    if chosen.profile:
        store.use_profile(session, caller.organisation, chosen.profile.number)
    return chosen.name


def _note(session: Session, caller: Principal, ref: str, taken: Taken) -> None:
    told = taken.listing.counts()
    counts().rows += sum(told.values())
    told |= {"deleted": taken.deleted}
    audit.record(session, caller.organisation, caller.subject, "file.imported", ref, key=caller.key, **told)


def _file() -> BinaryIO:
    if request.mimetype != "multipart/form-data" or request.headers.get("Content-Encoding", "identity") != "identity":
        raise WrongMedia("unsupported_media_type", "The body is not a form with a file.", "Send multipart/form-data.")
    unknown = (request.form.keys() - set(_FIELDS)) | (request.files.keys() - {"file"})
    if unknown:
        remedy = f"Send file, {', '.join(_FIELDS[:-1])} and {_FIELDS[-1]} only."
        raise Invalid("unknown_field", f"There is no field {quoted(min(unknown))}.", remedy)
    if len(request.files.getlist("file")) != 1:
        raise Invalid("no_file", "Not exactly one file was sent.", "Send one file in the field named file.")
    return cast(BinaryIO, request.files["file"].stream)


def _name() -> str:
    return clean_text(PurePosixPath(request.files["file"].filename or "file").name, limit=255) or "file"


def _asked() -> Asked:
    form = request.form
    if "layout" in form and "profile" in form:
        raise Invalid("two_layouts", "Both a layout and a profile were sent.", "Send one of them.")
    return Asked(
        layout=load_layout(form["layout"]) if "layout" in form else None,
        profile=clean_text(form["profile"], limit=100) if "profile" in form else None,
        source=source_name(form["source"]) if "source" in form else None,
        detect=_word("detect", "false", "true"),
        answers=_answers(form.get("answers")),
    )


def _answers(text: str | None) -> dict[str, str]:
    answers = {} if text is None else canonical.loads(text)
    if not isinstance(answers, dict) or not all(isinstance(answer, str) for answer in answers.values()):
        raise Invalid("bad_answers", "answers is no object of texts.", 'Send {"question id": "answer", …}.')
    return answers


def _consent() -> Consent:
    accept = request.form.get("accept")
    delete = _word("vanished", "keep", "delete")
    if delete and not accept:
        cause = "vanished is delete, but no difference was accepted that shows what vanished."
        raise Invalid("not_accepted", cause, "Send the difference's fingerprint as accept as well.")
    return Consent(
        preview=_word("preview", "false", "true"),
        partial=_word("partial", "false", "true"),
        changes=_word("changes", "ask", "accept"),
        accept=accept,
        delete=delete,
    )


def _word(name: str, no: str, yes: str) -> bool:
    """Whether a field of two words, the first being the usual one, says the second."""
    text = request.form.get(name, no)
    if text not in (no, yes):
        raise Invalid("bad_flag", f"{name} is {quoted(text)}.", f"Send {no} or {yes}.")
    return text == yes
