"""Writes one table of cells as a file of each kind that a report comes in."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from html import escape
from xml.sax.saxutils import quoteattr

Rows = Sequence[Sequence[object]]

_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:{}:1.0"
_ODS = "application/vnd.oasis.opendocument.spreadsheet"


def delimited(rows: Rows, *, delimiter: str = ",", encoding: str = "utf-8", end: str = "\r\n", quote_all: bool = False) -> bytes:
    """CSV text in this encoding; ``utf-8-sig`` and ``utf-16`` begin with a byte order mark."""
    file = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL
    csv.writer(file, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(rows)
    return file.getvalue().encode(encoding)


def page(rows: Rows, *, encoding: str = "utf-8") -> bytes:
    """An HTML page with one table, the first row its header."""
    head, *body = ["".join(f"<{tag}>{escape(str(cell))}</{tag}>" for cell in row) for tag, row in _tagged(rows)]
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(f'<tr>{row}</tr>' for row in body)}</tbody></table>"
    name = encoding.removesuffix("-sig")
    return f'<!DOCTYPE html><html><head><meta charset="{name}"></head><body>{table}</body></html>'.encode(encoding)


def _tagged(rows: Rows) -> list[tuple[str, Sequence[object]]]:
    return [("td" if number else "th", row) for number, row in enumerate(rows)]


def ods(sheets: dict[str, Rows]) -> bytes:
    """An OpenDocument spreadsheet, each cell of its own type."""
    tables = "".join(
        f"<table:table table:name={quoteattr(name)}>{''.join(map(_ods_row, rows))}</table:table>" for name, rows in sheets.items()
    )
    spaces = " ".join(f'xmlns:{name}="{_OFFICE.format(name)}"' for name in ("office", "table", "text"))
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces} office:version="1.2"><office:body>'
        f"<office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        f'<?xml version="1.0" encoding="UTF-8"?><manifest:manifest xmlns:manifest="{_OFFICE.format("manifest")}">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_ODS}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in {"mimetype": _ODS, "content.xml": content, "META-INF/manifest.xml": manifest}.items():
            packing = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), text, packing)
    return file.getvalue()


def _ods_row(row: Sequence[object]) -> str:
    return f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>"


def _ods_cell(value: object) -> str:
    if value == "":
        return "<table:table-cell/>"
    kind, name, said = _ods_value(value)
    written = f" office:{name}={quoteattr(said)}" if name else ""
    lines = "".join(f"<text:p>{escape(line)}</text:p>" for line in str(value).split("\n"))
    return f'<table:table-cell office:value-type="{kind}"{written}>{lines}</table:table-cell>'


def _ods_value(value: object) -> tuple[str, str, str]:
    if isinstance(value, int | Decimal):
        return "float", "value", str(value)
    if isinstance(value, date):
        return "date", "date-value", value.isoformat()
    if isinstance(value, time):
        return "time", "time-value", f"PT{value.hour:02}H{value.minute:02}M{value.second:02}S"
    if isinstance(value, timedelta):
        minutes, seconds = divmod(value // timedelta(seconds=1), 60)
        return "time", "time-value", f"PT{minutes // 60:02}H{minutes % 60:02}M{seconds:02}S"
    return "string", "", ""


def backup(tables: dict[str, Rows]) -> bytes:
    """An SQLite database of these tables; the first row of each names its columns."""
    database = sqlite3.connect(":memory:")
    for name, (columns, *rows) in tables.items():
        database.execute(f"CREATE TABLE {name} ({', '.join(map(str, columns))})")
        database.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(columns))})", rows)
    database.commit()
    content = database.serialize()
    database.close()
    return content


def objects(value: object, *, encoding: str = "utf-8") -> bytes:
    """JSON text."""
    return json.dumps(value, ensure_ascii=False, default=_shown).encode(encoding)


def _shown(value: object) -> object:
    return value.isoformat() if isinstance(value, date | datetime | time) else str(value)
