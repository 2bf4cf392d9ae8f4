"""The one list of sources: for each, how its files are read and how their rows become records."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from services.ingest.sources.worklog import layout as worklog_layout
from services.ingest.sources.worklog.layout import Layout
from services.ingest.sources.worklog.normalize import RowResult, normalize_rows
from services.ingest.sources.worklog.read import rows
from services.ingest.sources.worklog.rows import Row
from shared.kernel.errors import Invalid
from shared.kernel.quote import quoted


@dataclass(frozen=True, slots=True)
class FileSource:
    """A source that hands over files: reports in its own layout, or in one that is declared."""

    title: str
    own: Layout
    layout: Callable[[bytes | str], Layout]  # a declared layout from its JSON
    rows: Callable[..., Iterator[Row]]
    records: Callable[..., Iterator[RowResult]]


FILES: dict[str, FileSource] = {
    "worklog": FileSource("Work Log", worklog_layout.OWN, worklog_layout.load, rows, normalize_rows),
}


def file_source(name: str) -> FileSource:
    """The source of this name."""
    if name not in FILES:
        raise Invalid("unknown_source", f"{quoted(name)} hands over no files", f"give one of: {', '.join(FILES)}")
    return FILES[name]
