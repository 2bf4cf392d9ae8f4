"""What ingest's workers do, and what comes round by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from services.ingest.accounts import throttle
from services.ingest.exports import background
from services.ingest.exports.query import WRITE
from services.ingest.records import publish
from services.ingest.status import beside
from shared.platform import audit
from shared.platform import web_idempotency as idempotency
from shared.platform.db import Database
from shared.platform.jobs import Job
from shared.platform.schedule import Tick
from shared.platform.vault import Vault

TICKS = (
    Tick("audit.chain", 60),
    Tick("idempotency.forget", 3600),
    Tick("sign_in.forget", 3600),
    *background.TICKS,
    *beside.TICKS,
)


def handlers(db: Database, vault: Vault) -> Mapping[str, Callable[[Job], None]]:
    """By job kind."""

    def chain(job: Job) -> None:
        audit.chain(db)

    def forget(job: Job) -> None:
        idempotency.forget(db)

    def announce(job: Job) -> None:
        publish.publish(db, job)

    def forget_tries(job: Job) -> None:
        throttle.forget(db)

    def write_export(job: Job) -> None:
        background.write(db, vault, job)

    def forget_exports(job: Job) -> None:
        background.forget(db)

    def tell_left_out(job: Job) -> None:
        beside.tell(db, vault)

    return {
        "audit.chain": chain,
        "idempotency.forget": forget,
        "sign_in.forget": forget_tries,
        publish.KIND: announce,
        WRITE: write_export,
        background.FORGET: forget_exports,
        beside.KIND: tell_left_out,
    }
