"""What is read of imports."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from services.ingest.imports import profiles
from services.ingest.imports.models import profile as table
from services.ingest.imports.models import report
from services.ingest.imports.profiles import Profile, Recognised
from services.ingest.records.mapping import name_hash
from services.ingest.records.store import among, chunks
from services.ingest.tables import within
from shared.kernel import canonical
from shared.kernel.errors import Missing
from shared.kernel.quote import quoted
from shared.platform.session import Session, dialect
from shared.platform.vault import Keyring, Vault


def laid_out(session: Session, organisation: str, family: str, refs: Collection[str]) -> set[str]:
    """Those of some stored reports that were laid out so."""
    mine = sa.select(report.c.ref).where(within(report, organisation), report.c.family == family)
    pages = [mine.where(among(dialect(session), report.c.ref, some)) for some in chunks(refs)]
    return {ref for page in pages for ref in session.execute(page).scalars()}


@dataclass(frozen=True, slots=True)
class Kept:
    """A profile as it is stored."""

    number: str
    profile: Profile
    changed: datetime
    used: datetime | None


def kept_profiles(session: Session, vault: Vault, organisation: str) -> list[Kept]:
    """Every profile, by name."""
    keyring = vault.keyring(session, organisation)
    found = [_kept(keyring, row) for row in session.execute(sa.select(table).where(within(table, organisation)))]
    return sorted(found, key=lambda one: one.profile.name.casefold())


def profile(session: Session, vault: Vault, organisation: str, number: str) -> Kept:
    """The profile of this number; raises Missing."""
    row = session.execute(sa.select(table).where(within(table, organisation), table.c.id == number)).first()
    if row is None:
        raise Missing("no_such_profile", "There is no profile of this id.", "List the profiles to see their ids.")
    return _kept(vault.keyring(session, organisation), row)


def named_profile(session: Session, vault: Vault, organisation: str, name: str) -> Kept:
    """The profile of this name, in any case; raises Missing."""
    keyring = vault.keyring(session, organisation)
    mine = sa.select(table).where(within(table, organisation), table.c.name_hash == name_hash(keyring, name))
    row = session.execute(mine).first()
    if row is None:
        raise Missing("no_such_profile", f"There is no profile called {quoted(name)}.", "List the profiles to see their names.")
    return _kept(keyring, row)


def fitting_profile(session: Session, vault: Vault, organisation: str, signs: Sequence[Recognised]) -> Kept | None:
    """The profile for reports that one of these signs tells; the first sign that any profile has decides."""
    keyring = vault.keyring(session, organisation)
    wanted = [profiles.sign(keyring, one) for one in signs]
    rows: dict[str, Any] = {}
    for some in chunks(set(wanted)):
        mine = sa.select(table).where(within(table, organisation), table.c.sign.in_(some))
        rows.update((row.sign, row) for row in session.execute(mine))
    return next((_kept(keyring, rows[sign]) for sign in wanted if sign in rows), None)


def _kept(keyring: Keyring, row: Any) -> Kept:
    content = keyring.open(None, "import_profile.content", row.id, row.content)
    return Kept(row.id, profiles.load(canonical.loads(content or "")), row.changed, row.used)
