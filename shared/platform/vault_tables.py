"""Tables of keys: one of each organisation, one of each person or client, one of each blob, and whom a blob names."""

from __future__ import annotations

import sqlalchemy as sa

from shared.platform.db import Instant, metadata

vault_organisation = sa.Table(
    "vault_organisation",
    metadata,
    sa.Column("organisation", sa.String(64), primary_key=True),
    sa.Column("wrapped", sa.LargeBinary, nullable=False),  # under the master key
)
vault_subject = sa.Table(
    "vault_subject",
    metadata,
    sa.Column("organisation", sa.String(64), primary_key=True),
    sa.Column("subject", sa.String(64), primary_key=True),
    sa.Column("wrapped", sa.LargeBinary),  # under the organisation's key; NULL: destroyed, this row is the tombstone
    sa.Column("erased_at", Instant),
)
vault_blob = sa.Table(
    "vault_blob",
    metadata,
    sa.Column("organisation", sa.String(64), primary_key=True),
    sa.Column("blob", sa.String(64), primary_key=True),
    sa.Column("wrapped", sa.LargeBinary),  # under the organisation's key; NULL: destroyed
    sa.Column("mac", sa.String(64)),  # HMAC of the content, by which the same content is found again; NULL once destroyed
    sa.Column("erased_at", Instant),
    sa.UniqueConstraint("organisation", "mac", name="vault_blob_content"),
)
blob_subject = sa.Table(
    "blob_subject",
    metadata,
    sa.Column("organisation", sa.String(64), primary_key=True),
    sa.Column("blob", sa.String(64), primary_key=True),
    sa.Column("subject", sa.String(64), primary_key=True),
    sa.Index("blob_subject_subject", "organisation", "subject"),
)
KEY_TABLES = (vault_subject, vault_blob)
"""Where destroyed keys stood."""
