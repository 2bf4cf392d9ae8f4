"""Bringing a service's database to its newest form, with Alembic; one chain of revisions per service."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command, context
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext

from shared.platform.db import Database, metadata, transaction

PLATFORM = ("audit", "feed", "files", "identity", "jobs", "quota", "schedule", "vault", "web_idempotency")
"""Modules whose tables every service's database has."""

_LOCK = 0x7EEE


def migrate(db: Database, folder: Path) -> None:
    """Upgrade to the newest revision in ``folder``. Safe to run again, and by several processes at once."""
    with db.engine.connect() as connection:
        present = MigrationContext.configure(connection).get_current_heads()
    if present != (_revisions(folder)[-1],):  # each command looks, so what is there already costs nothing more
        command.upgrade(_config(db, folder), "head")


def write_revision(db: Database, folder: Path, message: str) -> None:
    """Write the revision that takes a migrated database to the tables as the code has them now."""
    number = f"{int(max(_revisions(folder), default='0')) + 1:04}"
    config = _config(db, folder)
    config.attributes["compared"] = True
    command.revision(config, message, autogenerate=True, rev_id=number)


def _revisions(folder: Path) -> list[str]:
    """Their numbers, by which Alembic knows them too, the newest last."""
    return sorted(path.name[:4] for path in (folder / "versions").glob("[0-9]*.py"))


def differences(db: Database, *metadatas: sa.MetaData) -> list[object]:
    """What the migrated tables lack or have beyond the code's; empty when they agree."""
    with db.engine.connect() as connection:
        found: list[object] = compare_metadata(MigrationContext.configure(connection), _merged(metadatas))
    return found


def run(*metadatas: sa.MetaData) -> None:
    """What a service's ``env.py`` calls."""
    db: Database = context.config.attributes["database"]
    with transaction(db) as session:
        if not db.sqlite:
            session.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        context.configure(
            connection=session,
            target_metadata=_merged(metadatas) if "compared" in context.config.attributes else None,
            render_as_batch=True,
            transaction_per_migration=False,
            render_item=_typed,
        )
        with context.begin_transaction():
            context.run_migrations()


def _typed(kind: str, item: Any, autogenerate: Any) -> str | bool:
    """Our own column types by their full name, with the import that this needs."""
    if kind != "type" or not isinstance(item, sa.types.TypeDecorator):
        return False
    module = type(item).__module__
    autogenerate.imports.add(f"import {module}")
    return f"{module}.{type(item).__name__}()"


def _merged(metadatas: tuple[sa.MetaData, ...]) -> sa.MetaData:
    for name in PLATFORM:
        importlib.import_module(f"shared.platform.{name}")
    merged = sa.MetaData()
    for one in (metadata, *metadatas):
        for table in one.tables.values():
            table.to_metadata(merged)
    return merged


def _config(db: Database, folder: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.attributes["database"] = db
    return config
