"""In which languages a file's headers are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from services.ingest.sources.detect.heads import Head
from services.ingest.sources.detect.scan import Table


def languages_of(tables: Iterable[Table]) -> list[str]:
    """The languages of the headers, the one with most words first."""
    counts = Counter(language for table in tables for head in table.heads for language in _of(head))
    return [language for language, _ in counts.most_common()]


def _of(head: Head) -> set[str]:
    return {claim.language for claim in head.claims} - {""}
