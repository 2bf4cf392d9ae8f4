"""What an accounting system has to be able to do to be kept in step: the two interfaces, and the values they speak in."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from shared.contract.statuses import BindingState

ASKS = "asks_first"
"""Code of the Conflict about something in the books that is changed only when a person says so."""
Wire = dict[str, Any]
"""An object in the provider's own JSON shape; numbers are Decimal or int, never float."""


class Operation(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    RETIRE = "retire"  # void, delete or zero: what the provider has


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthFacts:
    """Where and as whom the connect flow goes. URLs come from settings, so that an emulator can stand there."""

    authorize_url: str
    token_url: str
    revoke_url: str
    client_id: str
    client_secret: str
    scope: str
    tenant_parameter: str | None  # callback parameter that names the tenant; None: asked for afterwards


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifecycle:
    """What becomes of a document, in the words of its kind (``contract.statuses``)."""

    unsent: str  # composed, not in the books yet
    dropped: str  # withdrawn before it was ever sent
    deleted: str  # gone over there
    final: Mapping[str, BindingState]  # what a binding is under a status; any other: confirmed
    gone: Mapping[str, tuple[str, ...]]  # what is gone over there stays so; what can still become of it

    def state(self, status: str) -> BindingState:
        """What a binding is once the books say this."""
        return self.final.get(status, BindingState.CONFIRMED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Info:
    """The provider's facts as data."""

    key: str  # also the URL prefix
    title: str  # as people know it
    oauth: OAuthFacts
    document_kind: str  # "invoice" | "timesheet"
    lifecycle: Lifecycle
    reference_kinds: tuple[str, ...]  # the first: whom a document is for
    perhaps_ours: frozenset[str]  # codes of refusals that may hide a write of ours: looked up before they are believed
    key_memory: timedelta  # how long an idempotency key surely works; past it, only a look-up tells
    settle: timedelta  # longer than the lag of the provider's index
    look_back: timedelta  # how far the change query reaches
    full_look: timedelta | None = None  # how often everything is listed, where changes don't show what is gone
    first_look: timedelta = timedelta(0)  # how far before its connection a tenant's documents concern us
    calls_per_day: int | None = None  # what one tenant may be asked in a day; None: as good as unlimited
    blameless: frozenset[str] = frozenset()  # codes of refusals for another one's sake: what was refused so is sent again, alone
    exclusive: frozenset[str] = frozenset()  # kinds of reference that are one to one, over all connections
    options: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)  # what a person may choose; the first is the default


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """The remote company, as it describes itself under the token."""

    id: str
    name: str
    country: str
    currency: str
    facts: Mapping[str, Any]  # preferences that mapping depends on; plain values only


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Something of ours that a document names and the books must know by id: tried in the order of ``locals``."""

    kind: str
    locals: tuple[str, ...]  # the most specific first; a problem names the last one
    currency: str
    name: str  # what a person calls it
    subject: str | None = None  # whose personal name that is, if anybody's


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteObject:
    """A customer, item, employee … over there."""

    id: str
    name: str
    also: tuple[str, ...] = ()  # other names that it is suggested by
    email: str | None = None
    currency: str | None = None
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What we know of the remote twin of a document before writing to it."""

    external_id: str
    remote_version: str
    status: str


@dataclass(frozen=True, slots=True)
class Held:
    """How we know a document to be over there."""

    remote_version: str
    status: str
    total: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """A write whose outcome is unknown: enough to find what it may have made or changed."""

    operation: Operation
    external_id: str | None
    remote_version: str | None  # before the write
    marker: str  # unique text that the write leaves in the object
    payload: Wire
    since: datetime  # when it was intended


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A remote document as its status matters to us."""

    external_id: str
    remote_version: str
    order: int  # grows with every change over there: older news never overwrites newer
    status: str  # in the words of the document's kind
    number: str | None
    total: Decimal | None
    balance: Decimal | None
    picture: Mapping[str, str]  # the fields we own, as text, for showing and comparing


@dataclass(frozen=True, slots=True, kw_only=True)
class Poke:
    """One event of a callback. It is never believed, only a reason to look."""

    tenant: str
    event: str  # unique per event, for counting duplicates
    kind: str
    external_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What changed over there since a time, and up to when that answer surely reaches."""

    documents: Sequence[Wire]
    until: datetime
    listed: Collection[str] | None = None  # ids of everything that is there; None: only changes were asked for
    listed_from: str = ""  # of settled documents only those are in that list whose number is this or later


class Refs(Protocol):
    """Looks references up while mapping; raises Park naming what is not linked yet."""

    def remote(self, need: Need) -> str: ...


class Provider(Protocol):
    """The pure part: translation only, no I/O, no clock."""

    info: Info

    def max_batch(self, tenant: Tenant) -> int:
        """How many documents one call may carry."""

    def check_change(self, row: Mapping[str, Any], tenant: Tenant, *, automatic: bool) -> None:
        """Raise Conflict when what the books say of a binding's document forbids writing the wanted version over it.
        ``ASKS`` as its code: unless a person says that it goes over what is there."""

    def status_message(self, row: Mapping[str, Any], details: Mapping[str, Any]) -> Any:
        """What the feed says of a binding; ``details`` are what the connector's own tables add to its row."""

    def needs(self, document: Any, tenant: Tenant) -> Sequence[Need]: ...

    def to_payload(self, document: Any, refs: Refs, tenant: Tenant, known: Known | None, marker: str) -> Wire: ...

    def to_retire(self, document: Any | None, known: Known, marker: str) -> Wire:
        """How the object over there is taken back; ``document`` is None when its text was erased."""

    def assemble(self, items: Sequence[tuple[Operation, Wire]]) -> Wire:
        """The body of one call that carries these; with one item, its own payload."""

    def take_apart(self, body: Wire) -> Sequence[Wire]:
        """The payloads that ``assemble`` put together, in their order."""

    def read_status(self, remote: Wire) -> Seen: ...

    def picture(self, payload: Wire) -> Mapping[str, str]:
        """The fields of a payload as Seen.picture will show them once written."""

    def deep_link(self, external_id: str) -> str: ...

    def load(self, body: Any) -> Any:
        """A feed message's body as the document of our contract."""

    def verify(self, raw: bytes, headers: Mapping[str, str]) -> bool: ...

    def parse(self, raw: bytes) -> Sequence[Poke]: ...


Outcome = Wire | Exception
"""What became of one item: the remote object as the answer gives it, or the Failure that refused it."""


class Client(Protocol):
    """The I/O part: one connection. Raises the Failure that says what to do."""

    def tenants(self) -> Sequence[Tenant]: ...

    def references(self, kind: str) -> Sequence[RemoteObject]: ...

    def create_reference(self, need: Need, tenant: Tenant, key: str) -> RemoteObject: ...

    def find(self, sought: Sequence[Sought]) -> Sequence[Wire | None]: ...

    def write(
        self, operations: Sequence[Operation], body: bytes, key: str, intent_hash: str, *, again: bool = False
    ) -> Sequence[Outcome]:
        """Carry out the stored intent. ``again``: an earlier sending may have arrived, in part too, so that what has changed
        over there since we looked may be our own doing."""

    def fetch(self, external_ids: Sequence[str]) -> Mapping[str, Wire | None]:
        """The documents by id; None for one that is gone over there."""

    def changed_since(self, at: datetime, *, full: bool, known: Mapping[str, Held]) -> Changes:
        """What changed since a time; ``full``: and, where changes don't show what is gone, what there is. ``known``: by id
        what is no news."""

    def leave(self, refresh_token: str) -> None:
        """End the authorisation of this one tenant over there."""
