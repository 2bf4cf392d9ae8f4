"""Whether somebody changed in the books what we wrote there."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from shared.connector.provider import Seen
from shared.kernel import canonical
from shared.kernel.errors import Conflict


def hashed(picture: Mapping[str, str]) -> str:
    """A short form of a picture, to tell whether the books still are as we wrote them."""
    return hashlib.sha256(canonical.dumps(dict(picture))).hexdigest()


def edited(row: Mapping[str, Any], seen: Seen) -> bool:
    """Whether our fields differ over there from what the books had after our last write."""
    return row["picture_hash"] is not None and hashed(seen.picture) != row["picture_hash"]


def diverged(row: Mapping[str, Any], title: str) -> Conflict:
    """Both sides changed the same document: nobody is overwritten, a person decides."""
    return Conflict(
        "diverged",
        f"{row['number']} was changed here and in {title} since it was last written.",
        f"Decide whose version holds: timebooks plan --keep ours (or theirs) --invoice {row['number']}",
    )
