"""People who sign in: invitations, sessions, second factors, consents; three roles get other names"""

import json

import sqlalchemy as sa
from alembic import op

import shared.platform.db

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

Instant = shared.platform.db.Instant
ID, HASH = sa.String(length=36), sa.String(length=64)
ADDED = {
    "account_user": {
        "person": ID,
        "until": Instant(),
        "ended": Instant(),
        "email": sa.LargeBinary(),
        "email_hash": HASH,
        "password": sa.String(length=120),
        "totp": sa.LargeBinary(),
        "totp_since": Instant(),
    },
    "api_key": {"person": ID},
}
ROLES = {"admin": "manager", "accountant": "manager"}
"""An accountant could write invoices, which payroll can't; a key's scopes stay as they are."""


def upgrade() -> None:
    for table, columns in ADDED.items():
        for name, kind in columns.items():
            op.add_column(table, sa.Column(name, kind))
        for before, now in ROLES.items():
            op.execute(f"UPDATE {table} SET role = '{now}' WHERE role = '{before}'")
    op.add_column("account_user", sa.Column("totp_step", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_index("account_user_email", "account_user", ["email_hash", "organisation"], unique=True)
    _who_makes_keys_invites()
    op.create_table(
        "recovery_code",
        sa.Column("hash", HASH, nullable=False),
        sa.Column("organisation", ID, nullable=False),
        sa.Column("holder", ID, nullable=False),
        sa.Column("used", Instant()),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_index("recovery_code_holder", "recovery_code", ["holder"])
    op.create_table(
        "invitation",
        sa.Column("id", ID, nullable=False),
        sa.Column("organisation", ID, nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("email", sa.LargeBinary(), nullable=False),
        sa.Column("email_hash", HASH),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("person", ID),
        sa.Column("until", Instant()),
        sa.Column("hash", HASH, nullable=False),
        sa.Column("inviter", ID, nullable=False),
        sa.Column("created", Instant(), nullable=False),
        sa.Column("expires", Instant(), nullable=False),
        sa.Column("accepted", Instant()),
        sa.Column("revoked", Instant()),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("hash", name="invitation_hash"),
    )
    op.create_index("invitation_organisation", "invitation", ["organisation"])
    op.create_table(
        "user_session",
        sa.Column("id", ID, nullable=False),
        sa.Column("organisation", ID, nullable=False),
        sa.Column("holder", ID, nullable=False),
        sa.Column("device", HASH, nullable=False),
        sa.Column("device_name", sa.LargeBinary(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("rotated", Instant(), nullable=False),
        sa.Column("created", Instant(), nullable=False),
        sa.Column("expires", Instant(), nullable=False),
        sa.Column("ended", Instant()),
        sa.Column("reason", sa.String(length=16)),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("user_session_holder", "user_session", ["holder", "device"])
    op.create_table(
        "sign_in_try",
        sa.Column("of", HASH, nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("of"),
    )
    op.create_index("sign_in_try_age", "sign_in_try", ["since"])
    op.create_table(
        "consent",
        sa.Column("id", ID, nullable=False),
        sa.Column("organisation", ID, nullable=False),
        sa.Column("holder", ID, nullable=False),
        sa.Column("purpose", sa.String(length=80), nullable=False),
        sa.Column("document", sa.String(length=80), nullable=False),
        sa.Column("version", sa.String(length=80), nullable=False),
        sa.Column("given", Instant(), nullable=False),
        sa.Column("withdrawn", Instant()),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("consent_holder", "consent", ["organisation", "holder"])


def _who_makes_keys_invites() -> None:
    """Owners' keys made before hold no scope for inviting; who may let programs in may let people in."""
    keys = sa.table("api_key", sa.column("id"), sa.column("scopes", sa.Text), sa.column("role"))
    found = op.get_bind().execute(sa.select(keys.c.id, keys.c.scopes).where(keys.c.role.in_(["owner", "manager"])))
    for number, text in found.all():
        scopes = set(json.loads(text))
        if "keys:write" in scopes:
            wider = json.dumps(sorted(scopes | {"users:write"}), separators=(",", ":"))
            op.get_bind().execute(sa.update(keys).where(keys.c.id == number).values(scopes=wider))


def downgrade() -> None:
    for table in ("consent", "sign_in_try", "user_session", "invitation", "recovery_code"):
        op.drop_table(table)
    op.drop_index("account_user_email", "account_user")
    for table, columns in {**ADDED, "account_user": {**ADDED["account_user"], "totp_step": None}}.items():
        for name in columns:
            op.drop_column(table, name)
