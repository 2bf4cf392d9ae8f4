"""How often somebody may guess: failures are counted by account and by network, and forgotten after a quarter of an hour.

An account's count is one for all devices it never signed in from, and one for each that it has: whoever guesses from
elsewhere can't keep its owner out. A guess counts before it is looked at, so that many at once are no way around.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta

import sqlalchemy as sa

from services.ingest.accounts.models import sign_in_try
from shared.kernel.errors import Retry
from shared.platform import clock
from shared.platform.db import Database, transaction
from shared.platform.faultpoint import works
from shared.platform.session import Session, insert

WINDOW = timedelta(minutes=15)
MOST_ACCOUNT, MOST_NETWORK = 10, 100
"""Failures in a window; networks are shared by whole offices."""


class TooOften(Retry):
    """More than is allowed in this time; after a while it is allowed again."""

    status = 429


def count(db: Database, network: str, account: str) -> tuple[str, str]:
    """Count an attempt; gives under which keys, to be forgiven. Raises TooOften, and counts nothing then."""
    keys = tuple(hashlib.sha256(text.encode()).hexdigest() for text in (f"network:{network}", f"account:{account}"))
    with transaction(db) as session:
        for key, most in zip(keys, (MOST_NETWORK, MOST_ACCOUNT), strict=True):
            failed, since = _one_more(session, key)
            if failed > most and works("sign_in_throttle"):
                after = -((clock.now() - since - WINDOW) // timedelta(seconds=1))
                cause = "Somebody has tried to sign in too often, with this e-mail or from this network."
                raise TooOften("too_many_sign_ins", cause, f"Try again in {after} seconds.", after=after)
    return keys[0], keys[1]


def forgive(session: Session, network: str, account: str) -> int:
    """After the right password: the account's failures are forgotten, the network's are one less. Gives how many those were."""
    mine = sa.delete(sign_in_try).where(sign_in_try.c.of == account).returning(sign_in_try.c.failed)
    failed = session.execute(mine).scalar() or 1
    less = sa.update(sign_in_try).where(sign_in_try.c.of == network, sign_in_try.c.failed > 0)
    session.execute(less.values(failed=sign_in_try.c.failed - 1))
    return int(failed) - 1


def forget(db: Database) -> None:
    """Remove what no longer counts."""
    with transaction(db) as session:
        session.execute(sa.delete(sign_in_try).where(sign_in_try.c.since <= clock.now() - WINDOW))


def _one_more(session: Session, key: str) -> tuple[int, object]:
    now, held = clock.now(), sign_in_try.c
    new = insert(session, sign_in_try).values(of=key, failed=1, since=now)
    over = held.since <= now - WINDOW
    counted, begun = sa.case((over, 1), else_=held.failed + 1), sa.case((over, new.excluded.since), else_=held.since)
    changed = {"failed": counted, "since": begun}
    row = session.execute(new.on_conflict_do_update(index_elements=["of"], set_=changed).returning(held.failed, held.since)).one()
    return row.failed, row.since
