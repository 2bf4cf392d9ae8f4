"""Writes small OpenDocument spreadsheets by hand, so that tests say exactly what every cell holds."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from html import escape

_SPACES = "".join(
    f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{whole}:1.0"'
    for name, whole in (("office", "office"), ("table", "table"), ("text", "text"), ("draw", "drawing"))
)
_CALC = ' xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'


def opendocument(sheets: dict[str, Iterable[Iterable[object]]]) -> bytes:
    """An .ods file of these sheets."""
    return around("".join(sheet(name, "".join(map(_row, rows))) for name, rows in sheets.items()))


def _row(values: Iterable[object]) -> str:
    return f"<table:table-row>{''.join(map(cell, values))}</table:table-row>"


def sheet(name: str, rows: str) -> str:
    return f'<table:table table:name="{escape(name)}">{rows}</table:table>'


def around(body: str, *, more: dict[str, str] | None = None, prolog: str = "") -> bytes:
    """An .ods file around its tables."""
    start, end = "<office:body><office:spreadsheet>", "</office:spreadsheet></office:body></office:document-content>"
    content = f"{prolog}<office:document-content{_SPACES}{_CALC}>{start}{body}{end}"
    parts = {
        "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
        "content.xml": f'<?xml version="1.0" encoding="UTF-8"?>{content}',
        "META-INF/manifest.xml": "<manifest/>",
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (parts | (more or {})).items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), text, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def cell(value: object) -> str:
    """A cell of the value's own type, or of these attributes and this inside."""
    if isinstance(value, tuple):
        return f"<table:table-cell {value[0]}>{value[1]}</table:table-cell>"
    if value is None or value == "":
        return "<table:table-cell/>"
    kind, attribute = _said(value)
    return f'<table:table-cell office:value-type="{kind}"{attribute}><text:p>{escape(str(value))}</text:p></table:table-cell>'


def _said(value: object) -> tuple[str, str]:
    if isinstance(value, bool):
        return "boolean", f' office:boolean-value="{str(value).lower()}"'
    if isinstance(value, int | Decimal):
        return "float", f' office:value="{value}"'
    if isinstance(value, date | datetime):
        return "date", f' office:date-value="{value.isoformat()}"'
    if isinstance(value, time):
        value = timedelta(hours=value.hour, minutes=value.minute, seconds=value.second)
    if isinstance(value, timedelta):
        seconds = value // timedelta(seconds=1)
        return "time", f' office:time-value="PT{seconds // 3600:02}H{seconds // 60 % 60:02}M{seconds % 60:02}S"'
    return "string", ""
