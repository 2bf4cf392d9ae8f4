"""Tables of accounts: organisations, their people, and API keys."""

from __future__ import annotations

import sqlalchemy as sa

from services.ingest.tables import ID, metadata
from shared.platform.db import Instant, Json

organisation = sa.Table(
    "organisation",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("name", sa.LargeBinary, nullable=False),  # sealed: a sole trader's firm bears a person's name
    sa.Column("zone", sa.String(64), nullable=False),  # IANA; of civil dates where a person has no other
    sa.Column("currency", sa.String(3), nullable=False),  # ISO 4217
    sa.Column("created", Instant, nullable=False),
)
account_user = sa.Table(
    "account_user",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("organisation", ID, nullable=False),
    sa.Column("name", sa.LargeBinary, nullable=False),  # sealed
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("created", Instant, nullable=False),
)
api_key = sa.Table(
    "api_key",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),  # stands in the key's text, to find it by
    sa.Column("organisation", ID, nullable=False),
    sa.Column("holder", ID, nullable=False),  # account_user
    sa.Column("name", sa.LargeBinary, nullable=False),  # sealed
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("scopes", Json, nullable=False),
    sa.Column("created", Instant, nullable=False),
    sa.Column("expires", Instant),
    sa.Column("revoked", Instant),
    sa.Column("last_used", Instant),  # to the hour
    sa.Index("api_key_organisation", "organisation"),
)
