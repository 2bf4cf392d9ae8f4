"""Ids that follow from what they name, so that the same thing read twice is the same thing."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any
from uuid import UUID

from shared.kernel import canonical

_NAMESPACE = UUID("6f1c9a52-0d0e-5a43-9c64-0b1f3b8f7a11")  # ours alone; changing it would rename every record


def record_id(organisation: str, kind: str, source: str, source_id: str) -> str:
    """The id of a record: one per (organisation, kind, source, source id)."""
    begun = _begun(organisation, str(kind), source).copy()
    return _uuid(begun, f"{encode_basestring(source_id)}]")


@lru_cache(maxsize=256)
def _begun(*names: str) -> Any:
    """The hash of what many ids begin with: as many are made as there are rows in a file."""
    begin = f"[{','.join(map(encode_basestring, ('record', *names)))},"
    return hashlib.sha1(_NAMESPACE.bytes + _utf_8(begin), usedforsecurity=False)


def document_id(organisation: str, kind: str, *key: str) -> str:
    """The id of a composed document: one per (organisation, kind, key)."""
    return _named("document", organisation, kind, *key)


def _named(*parts: str) -> str:
    name = f"[{','.join(map(encode_basestring, map(str, parts)))}]"
    return _uuid(hashlib.sha1(_NAMESPACE.bytes, usedforsecurity=False), name)


def _uuid(begun: Any, name: str) -> str:
    """``str(uuid5(_NAMESPACE, …))`` of what was begun and the rest of the names."""
    begun.update(_utf_8(name))
    digest = begun.hexdigest()
    variant = "89ab"[int(digest[16], 16) & 3]
    return f"{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:32]}"


def _utf_8(name: str) -> bytes:
    try:
        return name.encode()
    except UnicodeEncodeError:
        canonical.dumps(name)  # refuses it with a remedy
        raise


def call_key(connection: str, items: Sequence[tuple[str, int, int]]) -> str:
    """The idempotency key of one outside write: 36 lower-case base32 characters of a hash.

    ``items`` are (binding, version, generation); their order does not matter, a call carries them as a set.
    """
    named = [connection, [list(item) for item in sorted(items)]]
    digest = hashlib.sha256(canonical.dumps(named)).digest()
    return base64.b32encode(digest).decode().lower()[:36]
