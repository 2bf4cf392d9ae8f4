"""Which layouts are of one family: the same columns mean the same, however the numbers in them are written."""

from __future__ import annotations

import hashlib

from services.ingest.sources.worklog.layout import Layout
from shared.kernel import canonical


def family(layout: Layout) -> str:
    """Equal for reports that tell the same things of the same work."""
    told = [[part.columns, part.constants] for part in layout.parts()]
    return hashlib.sha256(canonical.dumps(told)).hexdigest()
