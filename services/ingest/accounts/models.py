"""Tables of accounts: organisations, who signs in to them and from where, API keys, and what people consented to."""

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
    sa.Column("person", ID),  # the record that a worker is; name and e-mail are sealed under their key then
    sa.Column("until", Instant),  # after which an auditor is let in no more
    sa.Column("ended", Instant),
    sa.Column("email", sa.LargeBinary),  # sealed; NULL: signs in nowhere, like whoever runs `timebooks init`
    sa.Column("email_hash", sa.String(64)),  # HMAC of the installation: who signs in names no organisation
    sa.Column("password", sa.String(120)),  # how it was hashed, and the hash
    sa.Column("totp", sa.LargeBinary),  # sealed secret of the second factor
    sa.Column("totp_since", Instant),  # when it was confirmed; NULL: not asked for
    sa.Column("totp_step", sa.BigInteger, nullable=False, server_default="0"),  # the last one used, so that none is used twice
    sa.Index("account_user_email", "email_hash", "organisation", unique=True),
)
recovery_code = sa.Table(
    "recovery_code",
    metadata,
    sa.Column("hash", sa.String(64), primary_key=True),
    sa.Column("organisation", ID, nullable=False),
    sa.Column("holder", ID, nullable=False),  # account_user
    sa.Column("used", Instant),
    sa.Index("recovery_code_holder", "holder"),
)
invitation = sa.Table(
    "invitation",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("organisation", ID, nullable=False),
    sa.Column("name", sa.LargeBinary, nullable=False),  # sealed, as in account_user
    sa.Column("email", sa.LargeBinary, nullable=False),  # sealed
    sa.Column("email_hash", sa.String(64)),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("person", ID),
    sa.Column("until", Instant),
    sa.Column("hash", sa.String(64), nullable=False),  # of the link's token
    sa.Column("inviter", ID, nullable=False),  # account_user
    sa.Column("created", Instant, nullable=False),
    sa.Column("expires", Instant, nullable=False),
    sa.Column("accepted", Instant),
    sa.Column("revoked", Instant),
    sa.UniqueConstraint("hash", name="invitation_hash"),
    sa.Index("invitation_organisation", "organisation"),
)
SESSION = "ses_"
"""How the id of a session begins, so that no key's is taken for one."""
user_session = sa.Table(
    "user_session",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("organisation", ID, nullable=False),
    sa.Column("holder", ID, nullable=False),  # account_user
    sa.Column("device", sa.String(64), nullable=False),  # HMAC of the device's id
    sa.Column("device_name", sa.LargeBinary, nullable=False),  # the id itself, sealed: some name a person in it
    sa.Column("generation", sa.Integer, nullable=False),  # of the refresh token that holds now
    sa.Column("rotated", Instant, nullable=False),
    sa.Column("created", Instant, nullable=False),
    sa.Column("expires", Instant, nullable=False),
    sa.Column("ended", Instant),
    sa.Column("reason", sa.String(16)),
    sa.Index("user_session_holder", "holder", "device"),
)
sign_in_try = sa.Table(
    "sign_in_try",
    metadata,
    sa.Column("of", sa.String(64), primary_key=True),  # HMAC of an account, or of a network
    sa.Column("failed", sa.Integer, nullable=False),
    sa.Column("since", Instant, nullable=False),
    sa.Index("sign_in_try_age", "since"),
)
consent = sa.Table(
    "consent",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("organisation", ID, nullable=False),
    sa.Column("holder", ID, nullable=False),  # account_user
    sa.Column("purpose", sa.String(80), nullable=False),
    sa.Column("document", sa.String(80), nullable=False),
    sa.Column("version", sa.String(80), nullable=False),
    sa.Column("given", Instant, nullable=False),
    sa.Column("withdrawn", Instant),
    sa.Index("consent_holder", "organisation", "holder"),
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
    sa.Column("person", ID),  # whose records alone a worker's key opens
    sa.Index("api_key_organisation", "organisation"),
)
