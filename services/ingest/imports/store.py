"""Every write of imports."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from uuid import uuid4

import sqlalchemy as sa

from services.ingest.imports import profiles, query
from services.ingest.imports.models import profile as table
from services.ingest.imports.models import report
from services.ingest.imports.profiles import Profile
from services.ingest.records.mapping import name_hash
from services.ingest.tables import within
from shared.kernel import canonical
from shared.kernel.errors import Conflict
from shared.platform import audit, clock
from shared.platform.session import Session, insert
from shared.platform.vault import Vault


def note_report(session: Session, organisation: str, ref: str, family: str) -> None:
    """Remember how a report was laid out that is stored now."""
    row = {"organisation": organisation, "ref": ref, "family": family, "at": clock.now()}
    session.execute(insert(session, report).values(row).on_conflict_do_nothing())


def save_profile(
    session: Session, vault: Vault, organisation: str, profile: Profile, actor: str, *, number: str | None = None
) -> str:
    """Keep a profile, in place of the one of this ``number`` or else as a new one; gives its number.

    Its name and what it recognises reports by are its own: Conflict names the profile that has them already.
    """
    keyring = vault.keyring(session, organisation)
    if number:
        query.profile(session, vault, organisation, number)
    row_id = number or str(uuid4())
    sign = profiles.sign(keyring, profile.recognised) if profile.recognised else keyring.mac(b"no sign:" + row_id.encode())
    named = name_hash(keyring, profile.name)
    _check_free(session, vault, organisation, row_id, named, sign)
    row = {
        "organisation": organisation,
        "name": keyring.seal(None, "import_profile.name", row_id, profile.name),
        "name_hash": named,
        "sign": sign,
        "content": keyring.seal(None, "import_profile.content", row_id, canonical.dumps(profiles.dump(profile)).decode()),
        "changed": clock.now(),
    }
    if number:
        session.execute(sa.update(table).where(within(table, organisation), table.c.id == number).values(row))
    else:
        session.execute(sa.insert(table).values(row | {"id": row_id}))
    audit.record(session, organisation, actor, "profile.changed" if number else "profile.created", row_id)
    return row_id


def remember_profile(session: Session, vault: Vault, organisation: str, profile: Profile, actor: str) -> str:
    """Keep the layout of a report that came in: in place of the one for such reports, or under a name that is free."""
    there = query.fitting_profile(session, vault, organisation, [profile.recognised] if profile.recognised else [])
    if there is None:
        name = _free_name(session, vault, organisation, profile.name)
        number = save_profile(session, vault, organisation, replace(profile, name=name), actor)
    else:
        name, number = there.profile.name, there.number
        made = replace(profile, name=name)
        if made != there.profile:
            save_profile(session, vault, organisation, made, actor, number=number)
    use_profile(session, organisation, number)
    return name


def _free_name(session: Session, vault: Vault, organisation: str, wanted: str) -> str:
    taken = {one.profile.name.casefold() for one in query.kept_profiles(session, vault, organisation)}
    names = (wanted if number == 1 else f"{wanted} {number}" for number in count(1))
    return next(name for name in names if name.casefold() not in taken)


def _check_free(session: Session, vault: Vault, organisation: str, number: str, named: str, sign: str) -> None:
    taken = sa.or_(table.c.name_hash == named, table.c.sign == sign)
    mine = sa.select(table.c.id).where(within(table, organisation), taken, table.c.id != number)
    other = session.execute(mine).scalar()
    if other:
        name = query.profile(session, vault, organisation, other).profile.name
        cause = f"The profile {name} has this name already, or is for the same reports."
        raise Conflict("profile_taken", cause, "Change that one, or delete it first.", profile=other)


def delete_profile(session: Session, vault: Vault, organisation: str, number: str, actor: str) -> None:
    """Let go of a profile; what came in by it stays."""
    query.profile(session, vault, organisation, number)
    session.execute(sa.delete(table).where(within(table, organisation), table.c.id == number))
    audit.record(session, organisation, actor, "profile.deleted", number)


def use_profile(session: Session, organisation: str, number: str) -> None:
    """Note that a report came in by it."""
    session.execute(sa.update(table).where(within(table, organisation), table.c.id == number).values(used=clock.now()))
