"""A table as one HTML page that needs nothing else: it reads right to left where its words do, and follows dark mode."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape
from typing import Any

from services.ingest.exports.columns import Column, Row
from services.ingest.exports.formats.csv_text import joined
from services.ingest.exports.formats.guard import guarded
from services.ingest.exports.formats.workbook import Foot

_STYLE = """:root{color-scheme:light dark;--line:#d8dde3;--head:#f2f4f7}
@media (prefers-color-scheme:dark){:root{--line:#3a4350;--head:#20262e}}
body{font:14px/1.4 system-ui,sans-serif;margin:1.5rem}
.wide{overflow-x:auto}
table{border-collapse:collapse;margin-block:1rem}
th,td{border:1px solid var(--line);padding:.3rem .5rem;text-align:start;vertical-align:top}
th{background:var(--head);position:sticky;inset-block-start:0}
.n{text-align:end;font-variant-numeric:tabular-nums;white-space:nowrap}
.p{white-space:pre-line}
@media print{th{position:static}}"""


def write(
    columns: Sequence[Column], pages: Iterable[Sequence[Row]], title: str = "Export", foot: Foot | None = None
) -> Iterator[bytes]:
    """The page piece by piece."""
    start = f'<!doctype html>\n<html lang="en" dir="auto">\n<head>\n<meta charset="utf-8">\n<title>{escape(title)}</title>\n'
    view = '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield f"{start}{view}<style>\n{_STYLE}\n</style>\n</head>\n<body>\n<h1>{escape(title)}</h1>\n".encode()
    yield from _table(columns, pages)
    if foot is not None:
        under, rows = foot()
        yield b"<h2>Summary</h2>\n"
        yield from _table(under, [rows])
    yield b"</body>\n</html>\n"


def _table(columns: Sequence[Column], pages: Iterable[Sequence[Row]]) -> Iterator[bytes]:
    numeric = ' class="n"'
    heads = "".join(f'<th scope="col"{numeric * (column.kind == "number")}>{escape(column.heading)}</th>' for column in columns)
    yield f'<div class="wide"><table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n'.encode()
    writes = [_CELLS[column.kind] for column in columns]
    for page in pages:
        texts = ["".join([write(cell) for write, cell in zip(writes, row, strict=True)]) for row in page]
        yield "".join([f"<tr>{text}</tr>\n" for text in texts]).encode()
    yield b"</tbody>\n</table></div>\n"


def _text(cell: Any) -> str:
    return f'<td class="p"><bdi>{escape(guarded(cell))}</bdi></td>' if cell else "<td></td>"


def _word(cell: Any) -> str:
    return f"<td>{cell}</td>" if cell else "<td></td>"


_CELLS: dict[str, Callable[[Any], str]] = {
    "text": _text,
    "list": lambda cell: _text(joined(cell)) if cell else "<td></td>",
    **dict.fromkeys(("word", "date", "moment"), _word),
    "number": lambda cell: f'<td class="n">{cell}</td>' if cell else '<td class="n"></td>',
    "flag": lambda cell: "<td></td>" if cell is None else f"<td>{'yes' if cell == 'true' else 'no'}</td>",
}
