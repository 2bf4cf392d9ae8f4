"""The table of receipts: which file proves which expense."""

from __future__ import annotations

import sqlalchemy as sa

from services.ingest.tables import ID, metadata
from shared.platform.db import Instant

receipt = sa.Table(
    "receipt",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("organisation", ID, nullable=False),
    sa.Column("expense", ID, nullable=False),
    sa.Column("blob", sa.String(64), nullable=False),  # its content and name, sealed: see platform.files
    sa.Column("media_type", sa.String(40), nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.UniqueConstraint("organisation", "expense", "blob", name="receipt_once"),
)
sa.Index("receipt_blob", receipt.c.organisation, receipt.c.blob)
