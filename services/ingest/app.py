"""Ingest as a service: its rooms on one application, its work for the workers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from services.ingest import settings as ours
from services.ingest import tasks
from services.ingest.accounts import routes as accounts
from services.ingest.accounts import sessions, users
from services.ingest.accounts.alarm import alarm
from services.ingest.accounts.authenticate import Gate
from services.ingest.accounts.passwords import Passwords
from services.ingest.accounts.people_routes import consent_room, invitations_room, users_room
from services.ingest.accounts.session_routes import Door, devices_room, proof_room, sign_in_room
from services.ingest.billing import routes as billing
from services.ingest.billing.given_routes import given_room, left_out_room
from services.ingest.billing.query import invoice_bodies
from services.ingest.billing.revise import entries_changed
from services.ingest.exports import routes as exports
from services.ingest.imports import routes as imports
from services.ingest.imports.forget import forget as forget_profiles
from services.ingest.imports.profile_routes import profile_room
from services.ingest.lists import routes as lists
from services.ingest.privacy import routes as privacy
from services.ingest.receipts import routes as receipts
from services.ingest.receipts.query import beside as receipts_of
from services.ingest.receipts.store import forget as forget_receipts
from services.ingest.records import routes as records
from services.ingest.records import work
from services.ingest.records.forget import forget
from services.ingest.records.query import find
from services.ingest.records.record_routes import record_room
from services.ingest.status import follow
from services.ingest.status import report as problems
from services.ingest.status import routes as status
from services.ingest.timesheets import routes as timesheets
from services.ingest.timesheets.query import statuses_of
from services.ingest.usage import routes as usage
from services.ingest.usage.meter import Meter
from services.ingest.webhooks import routes as webhooks
from services.ingest.webhooks.client import Outlet
from services.ingest.webhooks.store import forget_answers as forget_heard
from services.ingest.webhooks.troubles import reporter
from shared.contract.messages import INVOICE_CHANGED, PERSON_ERASED, SESSION_REUSE, WORK_CHANGED
from shared.contract.records import Kind
from shared.kernel.errors import Denied, Invalid
from shared.kernel.quote import quoted
from shared.platform import audit, auth, feed, identity
from shared.platform import web_answers as answers
from shared.platform.auth import Principal
from shared.platform.db import Database, reading
from shared.platform.feed import Bodies, Row
from shared.platform.http import Network, Peer
from shared.platform.service import Service
from shared.platform.session import Session
from shared.platform.settings import Settings
from shared.platform.vault import Vault
from shared.platform.web import Room, argument, principal, service_app
from shared.platform.web_docs import publish

PAGE = 500  # feed rows


def build(settings: Settings, db: Database, vault: Vault, network: Network) -> Service:
    """The service on a migrated database."""
    addresses = ours.peers(settings)
    peers = {name: Peer(network, url, partial(_token, db, vault, name)) for name, url in addresses.items()}
    bodies: Bodies = {
        PERSON_ERASED: _empty,
        INVOICE_CHANGED: lambda session, rows: invoice_bodies(session, vault, rows),
        SESSION_REUSE: lambda session, rows: sessions.bodies(session, rows),
        WORK_CHANGED: lambda session, rows: work.bodies(session, vault, rows),
    }
    voices = _voices(vault)
    passwords = Passwords(vault, ours.hashing(settings))
    door = Door(db, vault, passwords, _sync_endpoint(settings), ours.proxies(settings), alarm(*voices))
    outlet, report = Outlet(loopback=ours.loopback(settings)), reporter(*voices)
    meter = Meter(db, ours.call_limit(settings))
    rooms = (
        accounts.accounts(db, vault),
        accounts.credentials(db, vault, (ours.NAME, *addresses), _check_worker),
        *(room(door) for room in (sign_in_room, devices_room, proof_room, consent_room, users_room)),
        invitations_room(door, _check_worker),
        records.room(db, vault, entries_changed, statuses_of),
        record_room(db, vault, entries_changed, receipts_of),
        receipts.room(db, vault, ours.receipt_limit(settings)),
        imports.room(db, vault, entries_changed, ours.import_limits(settings)),
        profile_room(db, vault),
        privacy.room(db, vault, _forget),
        billing.approvals(db, vault),
        billing.invoices(db, vault),
        given_room(db, vault),
        left_out_room(db),
        status.room(db, vault),
        timesheets.room(db, vault),
        webhooks.subscriptions(db, vault, outlet, report),
        webhooks.switches(db, vault, report),
        webhooks.deliveries(db, vault),
        usage.room(db, vault, meter),
        exports.room(db, vault, ours.export_limit(settings)),
        lists.room(db, vault, ours.export_limit(settings)),
        exports.orders(db, vault, ours.PREFIX),
        _outside(db, bodies),
    )
    app = service_app(ours.NAME, ours.PREFIX, *rooms, authenticate=Gate(db, vault, network, addresses), meter=meter)
    publish(app, "timebooks: records, invoices and timesheets")
    handlers = {**tasks.handlers(db, vault), **follow.handlers(db, vault, peers), **webhooks.handlers(db, vault, outlet, report)}
    return Service(ours.NAME, ours.PREFIX, db, app, handlers, tasks.TICKS + follow.ticks(peers) + webhooks.TICKS)


def _voices(vault: Vault) -> tuple[Callable[..., None], Callable[[Session, str, str], None]]:
    """With which a room tells of a problem, and that it is over."""
    return (
        lambda session, *whose, **told: problems.say(session, vault, *whose, **told),
        lambda session, *whose: problems.settle(session, vault, *whose),
    )


def _sync_endpoint(settings: Settings) -> str:
    return f"{settings.public_url}{ours.PREFIX}/sync"


def _check_worker(session: Session, organisation: str, role: str, person: str) -> None:
    """Only a worker is tied to a person, and to one of the organisation's."""
    if role != "worker":
        cause = f"The role {role} sees everybody's records, so it is tied to no person."
        raise Invalid("person_not_worker", cause, "Leave person out, or give the role worker.")
    if not find(session, organisation, Kind.PERSON, [person]):
        raise Invalid("no_such_person", "person is not the id of a person.", "List the records of kind person to see ids.")


def _forget(session: Session, vault: Vault, organisation: str, kind: Kind, subject: str) -> None:
    """What every room does about somebody who is erased."""
    users.forget(session, organisation, subject, alarm(*_voices(vault)))
    forget_profiles(session, vault, organisation, kind, subject)
    forget_receipts(session, vault, organisation, kind, subject)
    forget(session, vault, organisation, kind, subject)
    forget_heard(session, organisation)


def _token(db: Database, vault: Vault, audience: str) -> str:
    """Ingest's own token for a call to another service."""
    caller = Principal("", f"service:{ours.NAME}", "service", auth.ROLES["service"], "token")
    return auth.sign_token(identity.signer(db, vault, ours.NAME), caller, audience=audience, issuer=ours.NAME)


def _outside(db: Database, bodies: Bodies) -> Room:
    """What others than people ask for: the feed, whether we live, whether the audit chain holds."""
    room = Room("service")

    @room.open_get("/health", gives=answers.Health)
    def health() -> Any:
        """Say whether the service lives."""
        with reading(db):
            return {"service": ours.NAME, "ok": True}

    @room.get("/feed", scope="feed:read", asks=answers.FeedArguments, gives=answers.Feed)
    def read_feed() -> Any:
        """Read what changed after a position, in the order in which it was stored."""
        kinds = [kind for kind in (argument("kinds") or "").split(",") if kind]
        organisation = _organisation(principal(), argument("organisation"))
        after, limit = _number("after", 0), max(1, min(_number("limit", PAGE), PAGE))
        return feed.page(db, after, kinds, limit, bodies, organisation=organisation)

    @room.get("/sync", scope="records:read", own=True, asks=answers.FeedArguments, gives=answers.Feed)
    def sync() -> Any:
        """Read what changed after a position, for a device: a worker is told of their own work only."""
        caller, after, limit = principal(), _number("after", 0), max(1, min(_number("limit", PAGE), PAGE))
        kinds = [] if "feed:read" in caller.scopes else [WORK_CHANGED]
        page = feed.page(db, after, kinds, limit, bodies, organisation=caller.organisation)
        return page | {"rows": [row for row in page["rows"] if _concerns(caller, row)]}

    @room.get("/audit/verify", scope="audit:read", gives=answers.Chain)
    def verify_audit() -> Any:
        """Compute the audit chain of the organisation again, and say whether it holds."""
        with reading(db) as session:
            return audit.verify(session, principal().organisation)

    return room


def _concerns(caller: Principal, row: Row) -> bool:
    """Whether a row of the feed is for this caller: a worker gets what is told of their own work."""
    return caller.own is None or (row["body"] or {}).get("person") == caller.own != ""


def _organisation(caller: Principal, asked: str | None) -> str | None:
    """Whose rows a caller sees: its own organisation's; a service sees all, or the one that it asks for."""
    if caller.role == "service":
        return asked
    if asked not in (None, caller.organisation):
        raise Denied("not_yours", "This is another organisation's feed.", "Leave organisation out.")
    return caller.organisation


def _number(name: str, default: int) -> int:
    text = argument(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise Invalid("bad_argument", f"{name} is {quoted(text)}.", "Give a whole number.")
    return int(text)


def _empty(session: Session, rows: Sequence[Row]) -> dict[str, Any]:
    return {row["subject"]: {} for row in rows}
