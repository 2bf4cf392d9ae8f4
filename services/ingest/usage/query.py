"""What may be read of usage."""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa

from services.ingest.accounts import query as accounts
from services.ingest.tables import within
from services.ingest.usage.models import COUNTED, usage
from shared.kernel.errors import Invalid
from shared.kernel.quote import quoted
from shared.platform.session import Session
from shared.platform.vault import Vault

_MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])", re.ASCII)


def month_of(text: str) -> str:
    """A month as 2026-11. Raises Invalid."""
    if not _MONTH.fullmatch(text):
        raise Invalid("bad_argument", f"month is {quoted(text)}.", "Give a month such as 2026-11.")
    return text


def of(session: Session, vault: Vault, organisation: str, month: str) -> list[dict[str, Any]]:
    """What each key of an organisation did in a month; a caller without a key is a person's own session."""
    names = accounts.key_names(session, vault, organisation)
    shown = [usage.c.caller.label("key_id"), *(usage.c[name] for name in COUNTED)]
    rows = session.execute(sa.select(*shown).where(within(usage, organisation), usage.c.month == month).order_by(usage.c.caller))
    return [{"name": names.get(row["key_id"])} | dict(row) for row in rows.mappings()]


def of_all(session: Session, month: str) -> list[dict[str, Any]]:
    """What each organisation did in a month, for whoever runs the installation and bills them."""
    sums = [sa.cast(sa.func.sum(usage.c[name]), sa.BigInteger).label(name) for name in COUNTED]
    every = sa.select(usage.c.organisation, *sums).where(usage.c.month == month).group_by(usage.c.organisation)
    return [dict(row) for row in session.execute(every.order_by(usage.c.organisation)).mappings()]
