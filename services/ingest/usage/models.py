"""The tables of usage: what each key did in each month, and how many calls it made in the present minute."""

from __future__ import annotations

import sqlalchemy as sa

from services.ingest.tables import ID, metadata

COUNTED = ("calls", "rows", "documents")

usage = sa.Table(
    "usage_month",
    metadata,
    sa.Column("organisation", ID, primary_key=True),
    sa.Column("month", sa.String(7), primary_key=True),  # 2026-11, UTC
    sa.Column("caller", sa.String(80), primary_key=True),  # API key, or the session of a person
    *(sa.Column(name, sa.BigInteger, nullable=False) for name in COUNTED),
)
window = sa.Table(
    "usage_window",
    metadata,
    sa.Column("organisation", ID, primary_key=True),
    sa.Column("caller", sa.String(80), primary_key=True),
    sa.Column("policy", sa.String(20), primary_key=True),
    sa.Column("began", sa.BigInteger, nullable=False),  # seconds since 1970
    sa.Column("calls", sa.Integer, nullable=False),
)
