"""Files: sealed, found by content, in chunks in the service's own database, each under a key of its own.

One person's key can't seal a file that names many, so every blob has its own key and a row for everybody it names;
erasing one of them destroys it (see ``vault``).
"""

from __future__ import annotations

import hmac
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.kernel.errors import Invalid, Missing, Retry
from shared.platform import clock, sealing
from shared.platform.db import Database, Instant, metadata, reading
from shared.platform.sealing import SealBroken, bound
from shared.platform.session import Session, add_new, dialect, insert, insert_in
from shared.platform.vault import Keyring, Vault
from shared.platform.vault_tables import blob_subject, vault_blob

CHUNK = 1024 * 1024  # bytes of content in one row

blob = sa.Table(
    "blob",
    metadata,
    sa.Column("organisation", sa.String(64), primary_key=True),
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("name", sa.LargeBinary, nullable=False),  # sealed: a file's name may name a person
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("stored_at", Instant, nullable=False),
)
blob_chunk = sa.Table(
    "blob_chunk",
    metadata,
    sa.Column("organisation", sa.String(64), primary_key=True),
    sa.Column("blob", sa.String(64), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Blob:
    """What is known of a file without its content. ``name`` None: its content was erased."""

    id: str
    kind: str
    name: str | None
    size: int


def store(
    session: Session,
    vault: Vault,
    organisation: str,
    data: bytes | Iterable[bytes],
    *,
    kind: str,
    subjects: Iterable[str],
    name: str = "",
) -> str:
    """Keep a file and who is named in it; give its id, which is the id it already has when the same content is there.

    Raises Invalid("erased") when one of ``subjects`` was erased.
    """
    named = sorted(set(subjects))
    keyring = vault.keyring(session, organisation, named)
    _hold(session, keyring, named)
    if isinstance(data, bytes):
        known = _same(session, organisation, keyring.mac(data))
        if known:
            return _name_subjects(session, organisation, known, named)
        data = [data]
    number, key = str(uuid.uuid4()), sealing.new_key()
    cipher, mac = AESGCM(key), keyring.macs()
    size = _write_chunks(session, organisation, number, cipher, data, mac)
    held = {"organisation": organisation, "blob": number, "wrapped": keyring.wrap(key, "blob", number), "mac": mac.hexdigest()}
    if session.execute(_keeping(dialect(session)), held).first() is None:
        session.execute(sa.delete(blob_chunk).where(_of(blob_chunk, organisation, number)))
        known = _same(session, organisation, mac.hexdigest())
        if known is None:
            raise Retry("file_erased_meanwhile", "The same file was erased while this one was stored.", "Send it again.", after=1)
        return _name_subjects(session, organisation, known, named)
    sealed_name = sealing.seal(cipher, name.encode(), bound(organisation, "blob.name", number))
    row = {"organisation": organisation, "id": number, "kind": kind, "name": sealed_name, "size": size}
    session.execute(insert(session, blob), row | {"stored_at": clock.now()})
    return _name_subjects(session, organisation, number, named)


@cache
def _keeping(dialect: str) -> Any:
    new = insert_in(dialect, vault_blob).on_conflict_do_nothing(index_elements=["organisation", "mac"])
    return new.returning(vault_blob.c.blob)


def read(session: Session, vault: Vault, organisation: str, number: str) -> bytes | None:
    """A whole file, checked; None when its content was erased. Raises Missing when there never was one."""
    about = _row(session, organisation, number)
    cipher, keyring = _open(session, vault, organisation, number)
    if cipher is None:
        return None
    data = b"".join(_chunk(session, cipher, organisation, number, index, about.size) for index in range(_chunks(about.size)))
    return _checked(data, about.size, keyring, _mac(session, organisation, number))


def read_each(session: Session, vault: Vault, organisation: str, numbers: Sequence[str]) -> dict[str, bytes | None]:
    """Several whole files at once, by id, as ``read`` gives each; most of them are of one piece."""
    keyring = vault.keyring(session, organisation)
    found: dict[str, bytes | None] = {}
    for start in range(0, len(numbers), 500):
        for row in session.execute(_EACH, {"mine": organisation, "some": numbers[start : start + 500]}):
            if row.wrapped is None:
                found[row.id] = None
            elif row.size > CHUNK:
                found[row.id] = read(session, vault, organisation, row.id)
            else:
                cipher = keyring.unwrap(row.wrapped, "blob", row.id)
                data = sealing.unseal(cipher, row.sealed or b"", _place(organisation, row.id, 0)) if row.size else b""
                found[row.id] = _checked(data, row.size, keyring, row.mac)
    for number in numbers:
        if number not in found:
            raise Missing("no_such_file", "There is no such file.", "Check the id.", file=number)
    return found


def _checked(data: bytes, size: int, keyring: Keyring, mac: str | None) -> bytes:
    if len(data) != size or keyring.mac(data) != mac:
        raise SealBroken("blob_broken", "A file's pieces don't make the file that was stored.", "Restore it from a backup.")
    return data


def stream(
    db: Database, vault: Vault, organisation: str, number: str, *, start: int = 0, stop: int | None = None
) -> Iterator[bytes]:
    """The bytes from ``start`` up to ``stop`` (the end), piece by piece, each in a short transaction of its own.

    Raises Missing when the file isn't there or is erased before its end was read.
    """
    with reading(db) as session:
        size = _row(session, organisation, number).size
    stop = size if stop is None else min(stop, size)
    for index in range(start // CHUNK, _chunks(stop)):
        with reading(db) as session:
            cipher, _ = _open(session, vault, organisation, number)
            if cipher is None:
                raise Missing("file_erased", "This file's content was erased.", "Nothing can bring it back.", file=number)
            data = _chunk(session, cipher, organisation, number, index, size)
        yield data[max(start - index * CHUNK, 0) : stop - index * CHUNK]


def about(session: Session, vault: Vault, organisation: str, number: str) -> Blob:
    """What is known of a file."""
    row = _row(session, organisation, number)
    cipher, _ = _open(session, vault, organisation, number)
    place = bound(organisation, "blob.name", number)
    return Blob(number, row.kind, sealing.unseal(cipher, row.name, place).decode() if cipher else None, row.size)


def name_subjects(session: Session, vault: Vault, organisation: str, number: str, subjects: Iterable[str]) -> None:
    """Note more people whom a stored file names. Raises Invalid("erased") like ``store``."""
    named = sorted(set(subjects))
    _hold(session, vault.keyring(session, organisation, named), named)
    _name_subjects(session, organisation, number, named)


def subjects(session: Session, organisation: str, number: str) -> list[str]:
    """Who is named in a file."""
    return sorted(session.execute(_NAMED, {"mine": organisation, "of": number}).scalars())


def delete(session: Session, organisation: str, number: str) -> None:
    """Remove a file, its key and its names."""
    for table, column in ((blob_chunk, "blob"), (blob_subject, "blob"), (vault_blob, "blob"), (blob, "id")):
        session.execute(sa.delete(table).where(_of(table, organisation, number, column)))


def drop_erased(session: Session, organisation: str) -> int:
    """Remove the unreadable chunks of erased files; their rows stay, so that what refers to them still finds them."""
    gone = sa.select(vault_blob.c.blob).where(vault_blob.c.organisation == organisation, vault_blob.c.wrapped.is_(None))
    mine = sa.and_(blob_chunk.c.organisation == organisation, blob_chunk.c.blob.in_(gone))
    return int(session.execute(sa.delete(blob_chunk).where(mine)).rowcount)


def _hold(session: Session, keyring: Keyring, subjects: list[str]) -> None:
    """Make sure of the subjects' key rows and hold them: an erasure waits until this file can be found by it."""
    keyring.make(subjects)
    for subject in subjects:
        if keyring.erased(subject):
            raise Invalid("erased", "This file names a person or client who was erased.", "Remove their rows.", subject=subject)


def _write_chunks(session: Session, organisation: str, number: str, cipher: AESGCM, data: Iterable[bytes], mac: hmac.HMAC) -> int:
    size = 0
    for index, piece in enumerate(_pieces(data)):
        mac.update(piece)
        size += len(piece)
        sealed = sealing.seal(cipher, piece, _place(organisation, number, index))
        row = {"organisation": organisation, "blob": number, "number": index, "sealed": sealed}
        session.execute(insert(session, blob_chunk), row)
    return size


def _pieces(data: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of CHUNK; the last may be shorter."""
    held = bytearray()
    for part in data:
        view = memoryview(part)
        while len(view):
            room = CHUNK - len(held)
            held += view[:room]
            view = view[room:]
            if len(held) == CHUNK:
                yield bytes(held)
                held.clear()
    if held:
        yield bytes(held)


def _chunk(session: Session, cipher: AESGCM, organisation: str, number: str, index: int, size: int) -> bytes:
    sealed = session.execute(_CHUNK, {"mine": organisation, "of": number, "at": index}).scalar()
    data = sealing.unseal(cipher, sealed or b"", _place(organisation, number, index))
    if len(data) != min(CHUNK, size - index * CHUNK):
        raise SealBroken("blob_broken", "A piece of a stored file has not the length it had.", "Restore it from a backup.")
    return data


def _open(session: Session, vault: Vault, organisation: str, number: str) -> tuple[AESGCM | None, Keyring]:
    keyring = vault.keyring(session, organisation)
    wrapped = session.execute(_WRAPPED, {"mine": organisation, "of": number}).scalar()
    return (keyring.unwrap(wrapped, "blob", number) if wrapped else None), keyring


def _row(session: Session, organisation: str, number: str) -> sa.Row[Any]:
    row = session.execute(_ABOUT, {"mine": organisation, "of": number}).first()
    if row is None:
        raise Missing("no_such_file", "There is no such file.", "Check the id.", file=number)
    return row


def _same(session: Session, organisation: str, mac: str) -> str | None:
    return session.execute(_SAME, {"mine": organisation, "of": mac}).scalar()


def _mac(session: Session, organisation: str, number: str) -> str | None:
    return session.execute(_MAC, {"mine": organisation, "of": number}).scalar()


def _name_subjects(session: Session, organisation: str, number: str, subjects: Iterable[str]) -> str:
    rows = [{"organisation": organisation, "blob": number, "subject": subject} for subject in subjects]
    for start in range(0, len(rows), 500):
        add_new(session, blob_subject, rows[start : start + 500])
    return number


def _of(table: sa.Table, organisation: str, number: str, column: str = "blob") -> sa.ColumnElement[bool]:
    return sa.and_(table.c.organisation == organisation, table.c[column] == number)


def _one(column: Any, key: Any) -> sa.Select[Any]:
    """A column, or all of a table, of an organisation's row: put together once, since every document is stored and read by it."""
    table = column if isinstance(column, sa.Table) else column.table
    return sa.select(column).where(table.c.organisation == sa.bindparam("mine"), key == sa.bindparam("of"))


_ABOUT = _one(blob, blob.c.id)
_WRAPPED = _one(vault_blob.c.wrapped, vault_blob.c.blob)
_MAC = _one(vault_blob.c.mac, vault_blob.c.blob)
_SAME = _one(vault_blob.c.blob, vault_blob.c.mac)
_NAMED = _one(blob_subject.c.subject, blob_subject.c.blob)
_CHUNK = _one(blob_chunk.c.sealed, blob_chunk.c.blob).where(blob_chunk.c.number == sa.bindparam("at"))

_FIRST = sa.and_(blob_chunk.c.organisation == blob.c.organisation, blob_chunk.c.blob == blob.c.id, blob_chunk.c.number == 0)
_KEY = sa.and_(vault_blob.c.organisation == blob.c.organisation, vault_blob.c.blob == blob.c.id)
_EACH = (
    sa.select(blob.c.id, blob.c.size, vault_blob.c.wrapped, vault_blob.c.mac, blob_chunk.c.sealed)
    .join_from(blob, vault_blob, _KEY, isouter=True)
    .join(blob_chunk, _FIRST, isouter=True)
    .where(blob.c.organisation == sa.bindparam("mine"), blob.c.id.in_(sa.bindparam("some", expanding=True)))
)


def _place(organisation: str, number: str, index: int) -> bytes:
    return bound(organisation, "blob_chunk.sealed", f"{number}/{index}")


def _chunks(size: int) -> int:
    return -(-size // CHUNK)
