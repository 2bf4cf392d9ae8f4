"""The tables of a connector: connections, references, bindings, calls, plans, runs, callbacks, problems."""

from __future__ import annotations

import sqlalchemy as sa

from shared.platform.db import Exact, Instant, Json

metadata = sa.MetaData()


def _id(name: str = "id") -> sa.Column[str]:
    return sa.Column(name, sa.String(36), primary_key=True)


def _organisation() -> sa.Column[str]:
    return sa.Column("organisation", sa.String(64), nullable=False)


def _connection() -> sa.Column[str]:
    return sa.Column("connection", sa.String(36), sa.ForeignKey("connection.id"), nullable=False)


connection = sa.Table(
    "connection",
    metadata,
    _id(),
    _organisation(),
    sa.Column("tenant", sa.String(64), nullable=False),
    sa.Column("name", sa.LargeBinary, nullable=False),  # sealed
    sa.Column("country", sa.String(3), nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("facts", Json, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),  # statuses.ConnectionState
    sa.Column("push", sa.String(9), nullable=False),  # on_plan | automatic
    sa.Column("options", Json, nullable=False),  # what a person chose of Info.options
    sa.Column("access_token", sa.LargeBinary),  # sealed
    sa.Column("refresh_token", sa.LargeBinary),  # sealed
    sa.Column("access_expires_at", Instant),
    sa.Column("refresh_expires_at", Instant),
    sa.Column("token_version", sa.Integer, nullable=False, default=0),
    sa.Column("refresh_fence", sa.Integer, nullable=False, default=0),
    sa.Column("refresh_lease_until", Instant),
    sa.Column("pulled_until", Instant),  # how far the change query has safely got
    sa.Column("listed_at", Instant),  # when everything over there was last listed
    sa.Column("connected_by", sa.String(64), nullable=False),
    sa.Column("connected_at", Instant, nullable=False),
)
# One remote company belongs to one organisation and one connection at a time.
_here = connection.c.state != "disconnected"
sa.Index("connection_tenant", connection.c.tenant, unique=True, sqlite_where=_here, postgresql_where=_here)

connect_state = sa.Table(
    "connect_state",
    metadata,
    sa.Column("state_hash", sa.String(64), primary_key=True),
    _organisation(),
    sa.Column("actor", sa.String(64), nullable=False),
    sa.Column("reconnect", sa.String(36)),
    sa.Column("verifier", sa.LargeBinary),  # sealed; for apps without a secret
    sa.Column("expires_at", Instant, nullable=False),
)

reference = sa.Table(
    "reference",
    metadata,
    _id(),
    _organisation(),
    _connection(),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("local", sa.String(64), nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("subject", sa.String(36)),  # whose key seals the names; null: the organisation's
    sa.Column("local_name", sa.LargeBinary),  # sealed
    sa.Column("remote", sa.String(64)),
    sa.Column("remote_name", sa.LargeBinary),  # sealed
    sa.Column("linked_at", Instant),
    sa.UniqueConstraint("connection", "kind", "local", "currency", name="reference_one"),
)

binding = sa.Table(
    "binding",
    metadata,
    _id(),
    _organisation(),
    _connection(),
    sa.Column("kind", sa.String(12), nullable=False),
    sa.Column("local", sa.String(36), nullable=False),
    sa.Column("generation", sa.Integer, nullable=False, default=1),
    sa.Column("state", sa.String(10), nullable=False),  # statuses.BindingState
    sa.Column("client", sa.String(36), nullable=False),  # whom the document is for
    sa.Column("number", sa.String(40), nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("wanted_version", sa.Integer, nullable=False),
    sa.Column("wanted_withdrawn", sa.Boolean, nullable=False),
    sa.Column("wanted_total", Exact, nullable=False),
    sa.Column("wanted", sa.String(36), nullable=False),  # blob of the document's body
    sa.Column("wanted_content", sa.String(64), nullable=False),  # MAC of what it says, its version apart
    sa.Column("pushed_content", sa.String(64)),
    sa.Column("go_version", sa.Integer, nullable=False, default=0),  # the version that a person, or automatic, released
    sa.Column("over_version", sa.Integer, nullable=False, default=0),  # the version that a person said goes over what is there
    sa.Column("pushed_version", sa.Integer, nullable=False, default=0),
    sa.Column("picture_hash", sa.String(64)),  # of our fields as the books had them after our last write
    sa.Column("external_id", sa.String(64)),
    sa.Column("external_number", sa.String(40)),
    sa.Column("remote_version", sa.String(40)),
    sa.Column("remote_order", sa.BigInteger, nullable=False, default=0),
    sa.Column("status", sa.String(12), nullable=False),
    sa.Column("total", Exact),
    sa.Column("balance", Exact),
    sa.Column("status_version", sa.Integer, nullable=False, default=0),
    sa.Column("problem", sa.String(40)),
)
sa.Index("binding_one", binding.c.connection, binding.c.kind, binding.c.local, unique=True)
sa.Index("binding_external", binding.c.connection, binding.c.kind, binding.c.external_id, unique=True)
sa.Index("binding_local", binding.c.local)

call = sa.Table(
    "call",
    metadata,
    _id(),
    _organisation(),
    _connection(),
    sa.Column("key", sa.String(36), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),  # intended | confirmed | refused | split
    sa.Column("body", sa.String(36), nullable=False),  # blob of the exact bytes
    sa.Column("body_hash", sa.String(64), nullable=False),  # SHA-256 of them; they hold a random-looking marker
    sa.Column("doubt", sa.Boolean, nullable=False),  # it may have arrived although no answer was heard
    sa.Column("sends", sa.Integer, nullable=False, default=0),
    sa.Column("intended_at", Instant, nullable=False),
    sa.Column("sent_at", Instant, nullable=False),  # the last time
    sa.Column("ended_at", Instant),
    sa.Column("answer", sa.String(36)),  # blob of the answer
)
sa.Index("call_open", call.c.connection, call.c.state)

call_item = sa.Table(
    "call_item",
    metadata,
    sa.Column("call", sa.String(36), sa.ForeignKey("call.id"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("binding", sa.String(36), sa.ForeignKey("binding.id"), nullable=False),
    sa.Column("operation", sa.String(8), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("generation", sa.Integer, nullable=False),
    sa.Column("content", sa.String(64), nullable=False),  # the binding's wanted_content of then
    sa.Column("outcome", sa.String(40)),  # null: unknown; "written", or the code of the refusal
)
sa.Index("call_item_binding", call_item.c.binding)

plan = sa.Table(
    "plan",
    metadata,
    _id(),
    _organisation(),
    _connection(),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("made_by", sa.String(64), nullable=False),
    sa.Column("body", sa.String(36), nullable=False),  # blob of the items as shown
    sa.Column("prints", Json, nullable=False),  # binding -> fingerprint of what is to be written and onto what
    sa.Column("applied_at", Instant),
)

sync_run = sa.Table(
    "sync_run",
    metadata,
    _id(),
    _organisation(),
    _connection(),
    sa.Column("kind", sa.String(8), nullable=False),  # push | pull
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("ended_at", Instant),
    sa.Column("counts", Json, nullable=False),
)
sa.Index("sync_run_recent", sync_run.c.connection, sync_run.c.started_at)

inbound_event = sa.Table(
    "inbound_event",
    metadata,
    _id(),
    sa.Column("event", sa.String(80), nullable=False, unique=True),
    sa.Column("tenant", sa.String(64), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("external_id", sa.String(64)),
    sa.Column("received_at", Instant, nullable=False),
    sa.Column("done_at", Instant),
)
sa.Index("inbound_event_open", inbound_event.c.tenant, inbound_event.c.done_at)

problem = sa.Table(
    "problem",
    metadata,
    _id(),
    _organisation(),
    _connection(),
    sa.Column("code", sa.String(40), nullable=False),
    sa.Column("subject", sa.String(64), nullable=False),
    sa.Column("about", sa.String(36)),  # the person or client whose key seals the cause; null: the organisation's
    sa.Column("cause", sa.LargeBinary, nullable=False),  # sealed: a provider's text may name somebody
    sa.Column("remedy", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("opened_at", Instant, nullable=False),
    sa.Column("closed_at", Instant),
)
_open = problem.c.closed_at.is_(None)
sa.Index(
    "problem_one_open",
    problem.c.connection,
    problem.c.code,
    problem.c.subject,
    unique=True,
    sqlite_where=_open,
    postgresql_where=_open,
)
