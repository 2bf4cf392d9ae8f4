"""The table of exports that are written in the background."""

from __future__ import annotations

import sqlalchemy as sa

from services.ingest.tables import ID, metadata
from shared.platform.db import Instant, Json

export = sa.Table(
    "export",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("organisation", ID, nullable=False),
    sa.Column("actor", sa.String(80), nullable=False),  # who asked for it
    sa.Column("key", sa.String(64), nullable=False),
    sa.Column("asked", Json, nullable=False),  # the request: ids, days and words of ours
    sa.Column("state", sa.String(8), nullable=False),  # waiting | writing | ready | failed | revoked | expired
    sa.Column("total", sa.BigInteger, nullable=False),  # rows when it was asked for
    sa.Column("done", sa.BigInteger, nullable=False),  # rows so far
    sa.Column("size", sa.BigInteger),
    sa.Column("sha256", sa.String(64)),
    sa.Column("file", ID),  # its blob, once the whole of it is there
    sa.Column("failure", Json),
    sa.Column("created", Instant, nullable=False),
    sa.Column("finished", Instant),
    sa.Column("expires", Instant),  # when the file is removed
)
sa.Index("export_recent", export.c.organisation, export.c.created)
sa.Index("export_expiring", export.c.expires)
