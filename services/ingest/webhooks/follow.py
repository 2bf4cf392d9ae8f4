"""Reading our own feed for whoever listens: an event is kept in the transaction that moves the cursor."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from services.ingest.webhooks import news, store
from services.ingest.webhooks.models import endpoint
from shared.platform import feed
from shared.platform.db import Database, reading
from shared.platform.session import Session
from shared.platform.vault import Vault

KIND = "webhook.follow"  # job kind
EVERY = 2  # seconds


def follow(db: Database, vault: Vault) -> int:
    """Keep what has happened since, for every endpoint that wants it; gives how many rows of the feed were read."""

    def fetch(after: int, limit: int) -> Any:
        page = feed.page(db, after, news.KINDS, limit, {})
        with reading(db) as session:
            told = news.of(session, [row for row in page["rows"] if row["organisation"] in _heard(session)])
        return page | {"rows": [row | {"body": told.get(row["position"])} for row in page["rows"]]}

    def apply(session: Session, row: feed.Row) -> None:
        if row["body"] is not None:
            store.tell(session, vault, row["body"])

    return feed.follow(db, store.FOLLOWER, fetch, apply)


def is_behind(session: Session) -> bool:
    """Whether anybody listens and something is new."""
    return session.execute(sa.select(endpoint.c.id).limit(1)).first() is not None and feed.is_behind(session, store.FOLLOWER)


def _heard(session: Session) -> set[str]:
    """The organisations in which anybody listens."""
    return set(session.execute(sa.select(endpoint.c.organisation).distinct()).scalars())
