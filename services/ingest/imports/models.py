"""Tables of the imports: which reports came and how they were laid out, and the layouts that people confirmed."""

from __future__ import annotations

import sqlalchemy as sa

from services.ingest.tables import ID, metadata
from shared.platform.db import Instant

report = sa.Table(
    "import_report",
    metadata,
    sa.Column("organisation", ID, primary_key=True),
    sa.Column("ref", sa.String(64), primary_key=True),  # HMAC of the file's content, as in the origin of its records
    sa.Column("family", sa.String(64), primary_key=True),  # how it was laid out: see ``layouts``
    sa.Column("at", Instant, nullable=False),
)
profile = sa.Table(
    "import_profile",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("organisation", ID, nullable=False),
    sa.Column("name", sa.LargeBinary, nullable=False),  # sealed
    sa.Column("name_hash", sa.String(64), nullable=False),
    sa.Column("sign", sa.String(64), nullable=False),  # HMAC of what its reports are recognised by
    sa.Column("content", sa.LargeBinary, nullable=False),  # sealed: headers and constants may name people
    sa.Column("changed", Instant, nullable=False),
    sa.Column("used", Instant),
    sa.UniqueConstraint("organisation", "name_hash", name="import_profile_name"),
    sa.UniqueConstraint("organisation", "sign", name="import_profile_sign"),
)
