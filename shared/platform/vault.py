"""The vault: who holds which key, how personal columns are sealed and opened, and how a person's key is destroyed.

The master key wraps one key per organisation, that one wraps a key per person or client (and per blob, see ``files``).
The key of a person, client or blob is kept no longer than the unit of work, so a destroyed one is gone with the next request.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import sqlalchemy as sa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from shared.kernel.errors import Invalid, Retry
from shared.platform import clock, sealing
from shared.platform.db import Database
from shared.platform.master_key import load_master
from shared.platform.sealing import SealBroken, bound
from shared.platform.session import Session, add_new, ready
from shared.platform.vault_tables import KEY_TABLES, blob_subject, vault_blob, vault_organisation, vault_subject

__all__ = ["Erased", "Keyring", "SealBroken", "Vault", "load_master", "scrub"]

AT_ONCE = 500
"""Keys loaded or made by one statement."""
ROOTS = 1_000
"""Organisations whose own key is kept opened, found by its wrapped form: to derive from it takes longer than to read that."""

_SELECT_OWN = sa.select(vault_organisation.c.wrapped).where(vault_organisation.c.organisation == sa.bindparam("mine"))
_SELECT = sa.select(vault_subject.c.subject, vault_subject.c.wrapped, _SELECT_OWN.scalar_subquery().label("own")).where(
    vault_subject.c.organisation == sa.bindparam("mine"), vault_subject.c.subject.in_(sa.bindparam("subjects", expanding=True))
)
_ERASED = sa.select(vault_subject.c.erased_at).where(
    vault_subject.c.organisation == sa.bindparam("mine"), vault_subject.c.subject == sa.bindparam("subject")
)
_OWN, _WRAPPED = ready(_SELECT_OWN), ready(_SELECT)
_WRAPPED_HELD = ready(_SELECT.order_by(vault_subject.c.subject).with_for_update(read=True, of=vault_subject))
# Made once: nearly every unit of work asks for keys, and SQLAlchemy takes longer to put a statement together than to run it.


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure destroyed: the subject's key (0 or 1), and the ids of the blobs that named it."""

    keys: int
    blobs: tuple[str, ...]


class _Root:
    """What an organisation's key is used for: to wrap keys, to seal what is its own, and to compare."""

    __slots__ = ("mac", "mac_key", "sealing", "wrapping")

    def __init__(self, key: bytes) -> None:
        self.wrapping = AESGCM(sealing.derive(key, b"wrap"))
        self.sealing = AESGCM(sealing.derive(key, b"seal"))
        self.mac_key = sealing.derive(key, b"mac")
        self.mac = HMAC(self.mac_key, SHA256())


class Keyring:
    """The keys of one organisation that one unit of work needs. Keep it no longer than its session."""

    _root: _Root

    def __init__(self, session: Session, organisation: str) -> None:
        self.organisation = organisation
        self._session = session
        self._own: bytes | None = None
        self._wrapped: dict[str, bytes | None] = {}
        self._ciphers: dict[str, AESGCM] = {}
        self._asked: set[str] = set()

    def seal(self, subject: str | None, place: str, row_id: str, text: str) -> bytes:
        """Seal a text for ``place`` ("table.column") of one row, under the subject's key or the organisation's own.

        Raises Invalid("erased") for a subject whose key was destroyed. A subject without a key gets one.
        """
        cipher = self._root.sealing if subject is None else self._sealing_cipher(subject)
        return sealing.seal(cipher, text.encode(), bound(self.organisation, place, row_id))

    def open(self, subject: str | None, place: str, row_id: str, sealed: bytes | None) -> str | None:
        """The text again, or None when there is none or its subject was erased."""
        return self.opener(place)(subject, row_id, sealed)

    def opener(self, place: str) -> Callable[[str | None, str, bytes | None], str | None]:
        """``open`` for many rows of one column."""
        column = bound(self.organisation, place)

        def opened(subject: str | None, row_id: str, sealed: bytes | None) -> str | None:
            if sealed is None:
                return None
            cipher = self._root.sealing if subject is None else self._opening_cipher(subject)
            return sealing.unseal(cipher, sealed, column + bound(row_id)).decode() if cipher else None

        return opened

    def mac(self, data: bytes) -> str:
        """HMAC-SHA256 under the organisation's key, as hex: tells equal from different, and nothing to anybody else."""
        mac = self._root.mac.copy()  # setting the key up anew takes longer than a row's HMAC
        mac.update(data)
        return mac.finalize().hex()

    def macs(self) -> hmac.HMAC:
        """The same HMAC for content that comes piece by piece."""
        return hmac.new(self._root.mac_key, digestmod="sha256")

    def erased(self, subject: str) -> bool:
        """Whether this subject's key was destroyed; no query for the subjects the keyring was asked for."""
        self._load([subject])
        return subject in self._wrapped and self._wrapped[subject] is None

    def wrap(self, key: bytes, *owner: str) -> bytes:
        """A key, sealed for keeping."""
        return sealing.seal(self._root.wrapping, key, bound("key", self.organisation, *owner))

    def unwrap(self, wrapped: bytes, *owner: str) -> AESGCM:
        """A kept key, ready for use."""
        return AESGCM(sealing.unseal(self._root.wrapping, wrapped, bound("key", self.organisation, *owner)))

    def ask(self, subjects: Iterable[str | None]) -> None:
        """Load the keys of these subjects too; keys that don't exist are made together when first needed."""
        self._load(sorted({subject for subject in subjects if subject is not None}))

    def make(self, subjects: Sequence[str]) -> None:
        """Make the keys that these subjects lack; two makers of one end with one: both read again."""
        if not _writes(self._session):
            raise RuntimeError("sealing for a new subject needs a transaction, not a reading session")
        self._load(subjects)
        for some in _portions([subject for subject in subjects if subject not in self._wrapped]):
            keys = {subject: self.wrap(sealing.new_key(), "subject", subject) for subject in some}
            rows = [{"organisation": self.organisation, "subject": subject, "wrapped": key} for subject, key in keys.items()]
            add_new(self._session, vault_subject, rows)
            self._read(some)

    def _load(self, subjects: Sequence[str]) -> None:
        new = [subject for subject in subjects if subject not in self._asked]
        for some in _portions(new):
            self._asked.update(some)
            self._read(some)

    def _read(self, subjects: Sequence[str]) -> None:
        # An erasure waits for us, and we for it: nothing is sealed under a key that is being destroyed.
        asked = _WRAPPED_HELD if _writes(self._session) else _WRAPPED
        for subject, wrapped, own in self._session.execute(asked, {"mine": self.organisation, "subjects": subjects}):
            self._wrapped[subject], self._own = wrapped, own

    def _sealing_cipher(self, subject: str) -> AESGCM:
        cipher = self._ciphers.get(subject)
        if cipher is not None:
            return cipher
        self._load([subject])
        if subject not in self._wrapped:
            self.make(sorted(self._asked))
        cipher = self._opening_cipher(subject)
        if cipher is None:
            raise Invalid(
                "erased",
                "This person or client was erased; new data about them is refused.",
                "Leave the row out, or use another source id if this is somebody else.",
                subject=subject,
            )
        return cipher

    def _opening_cipher(self, subject: str) -> AESGCM | None:
        cipher = self._ciphers.get(subject)
        if cipher is None:
            self._load([subject])
            if subject not in self._wrapped:
                raise SealBroken("key_missing", "A sealed value's key does not exist.", "Restore the key tables from a backup.")
            wrapped = self._wrapped[subject]
            if wrapped is None:
                return None
            cipher = self._ciphers[subject] = self.unwrap(wrapped, "subject", subject)
        return cipher


class Vault:
    """Opens keyrings with the master key, and destroys keys."""

    def __init__(self, master: bytes) -> None:
        self._master = master
        self._wrapping = AESGCM(sealing.derive(master, b"organisations"))
        self._opened = lru_cache(maxsize=ROOTS)(self._open)

    def derive(self, label: bytes) -> bytes:
        """A key of the installation for one purpose."""
        return sealing.derive(self._master, b"installation/" + label)

    def keyring(self, session: Session, organisation: str, subjects: Iterable[str | None] = ()) -> Keyring:
        """The keys of these subjects (None: the organisation's own), loaded with one query for every 500.

        Whoever asks again in the same unit of work gets the same keyring.
        """
        keyring = session.keyrings.get((self, organisation))
        if keyring is None:
            keyring = Keyring(session, organisation)
            keyring.ask(subjects)
            keyring._root = self._root(session, organisation, keyring._own)
            session.keyrings[self, organisation] = keyring
        else:
            keyring.ask(subjects)
        return keyring

    def _root(self, session: Session, organisation: str, wrapped: bytes | None) -> _Root:
        """``wrapped``: the organisation's key, if it came along with those of its subjects."""
        mine = {"mine": organisation}
        if wrapped is None:
            wrapped = session.execute(_OWN, mine).scalar()
        if wrapped is None and not _writes(session):
            return _Root(sealing.new_key())  # nothing is sealed for it yet: a key that fits nothing is the truth
        if wrapped is None:
            new = sealing.seal(self._wrapping, sealing.new_key(), bound("organisation", organisation))
            add_new(session, vault_organisation, {"organisation": organisation, "wrapped": new})
            wrapped = session.execute(_OWN, mine).scalar_one()
        return self._opened(organisation, wrapped)

    def _open(self, organisation: str, wrapped: bytes) -> _Root:
        return _Root(sealing.unseal(self._wrapping, wrapped, bound("organisation", organisation)))

    def erase(self, session: Session, organisation: str, subject: str) -> Erased:
        """Destroy a subject's key and the keys of all blobs naming it; the row stays as tombstone.

        After the commit call ``scrub``, which removes what the database's own files still hold of the keys.
        """
        had = _destroy_subject(session, organisation, subject)
        session.keyrings.clear()
        naming = sa.select(blob_subject.c.blob).where(
            blob_subject.c.organisation == organisation, blob_subject.c.subject == subject
        )
        t = vault_blob.c
        held = sa.and_(t.organisation == organisation, t.blob.in_(naming), t.wrapped.is_not(None))
        gone = sa.update(vault_blob).where(held).values(wrapped=None, mac=None, erased_at=clock.now())
        blobs = session.execute(gone.returning(vault_blob.c.blob)).scalars().all()
        return Erased(had, tuple(sorted(blobs)))

    def erased(self, session: Session, organisation: str, subject: str) -> bool:
        """Whether this subject was erased."""
        return session.execute(_ERASED, {"mine": organisation, "subject": subject}).scalar() is not None


def _destroy_subject(session: Session, organisation: str, subject: str) -> int:
    # The tombstone comes first and locks the subject's row: whoever stores a blob naming it now waits, and is refused.
    names = {"organisation": organisation, "subject": subject}
    add_new(session, vault_subject, names)
    mine = sa.and_(vault_subject.c.organisation == organisation, vault_subject.c.subject == subject)
    destroy = sa.update(vault_subject).where(mine, vault_subject.c.wrapped.is_not(None)).values(wrapped=None)
    had = session.execute(destroy).rowcount
    session.execute(sa.update(vault_subject).where(mine, vault_subject.c.erased_at.is_(None)).values(erased_at=clock.now()))
    return int(had)


def _portions(subjects: Sequence[str]) -> Iterator[Sequence[str]]:
    return (subjects[start : start + AT_ONCE] for start in range(0, len(subjects), AT_ONCE))


def _writes(session: Session) -> bool:
    return session.feed is not None


def scrub(db: Database) -> None:
    """After an erasure has committed: remove destroyed keys from the database's own files as well.

    SQLite overwrites deleted bytes (``secure_delete``) but keeps old pages in its log until that is cut off. PostgreSQL
    keeps old row versions until the table is written anew. Server logs for replication and backups hold wrapped keys for
    as long as they are kept.
    """
    if db.sqlite:
        _cut_log(db)
        return
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in KEY_TABLES:
            connection.exec_driver_sql(f"VACUUM (FULL) {table.name}")


def _cut_log(db: Database) -> None:
    connection = db.engine.raw_connection()
    try:
        with db.write_lock:
            busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        connection.close()
    if busy:
        raise Retry("scrub_busy", "The erased keys are still in the database's log, because somebody is reading.", after=1)
