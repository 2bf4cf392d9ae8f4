"""Writes small Excel workbooks by hand, so that tests say exactly what every cell holds."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from html import escape

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_RELATION = '<Relationship Id="rId{}" Type="{}/{}" Target="{}"/>'
_PART = '<Override PartName="/xl/{}.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.{}+xml"/>'
_FORMATS = {"date": 1, "moment": 2, "time": 3, "duration": 4}
_CODES = ("yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss", "hh:mm:ss", "[h]:mm:ss")
_ZERO = datetime.fromisoformat("1899-12-30")


@dataclass(frozen=True)
class Formula:
    """A formula with the result that the file keeps of it; None: it keeps none."""

    text: str
    result: object | None


@dataclass(frozen=True)
class Shown:
    """A number and which of the workbook's further formats shows it, from 0."""

    number: object
    format: int = 0


def workbook(rows: Iterable[Iterable[object]], *, sheet: str = "Report", formats: Iterable[str] = ()) -> bytes:
    """An .xlsx file of one sheet; ``formats`` are those of ``Shown`` numbers."""
    body = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in rows)
    return packed(f"<sheetData>{body}</sheetData>", sheet=sheet, more={"xl/styles.xml": styles(*formats)})


def packed(sheet_xml: str, *, shared: str = "", sheet: str = "Report", more: dict[str, str] | None = None) -> bytes:
    """An .xlsx file around the inside of a sheet, and of the table of shared texts."""
    parts = {
        "[Content_Types].xml": f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
        f'ContentType="application/xml"/>{_PART.format("workbook", "sheet.main")}'
        f"{_PART.format('worksheets/sheet1', 'worksheet')}{_PART.format('styles', 'styles')}</Types>",
        "_rels/.rels": _relations(_RELATION.format(1, _OFFICE, "officeDocument", "xl/workbook.xml")),
        "xl/_rels/workbook.xml.rels": _relations(
            _RELATION.format(1, _OFFICE, "worksheet", "worksheets/sheet1.xml")
            + _RELATION.format(2, _OFFICE, "styles", "styles.xml")
            + _RELATION.format(3, _OFFICE, "sharedStrings", "sharedStrings.xml")
        ),
        "xl/workbook.xml": f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        f'<sheet name="{escape(sheet)}" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/worksheets/sheet1.xml": f'{_HEAD}<worksheet xmlns="{_MAIN}" xmlns:r="{_OFFICE}">{sheet_xml}</worksheet>',
        "xl/styles.xml": styles(),
        "xl/sharedStrings.xml": f'{_HEAD}<sst xmlns="{_MAIN}">{shared}</sst>',
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (parts | (more or {})).items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), text, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def _relations(inside: str) -> str:
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{inside}</Relationships>'


def styles(*more: str, before: str = "") -> str:
    """The part of the styles, with further number formats."""
    codes = [*_CODES, *more]
    formats = "".join(f'<numFmt numFmtId="{164 + at}" formatCode="{escape(code)}"/>' for at, code in enumerate(codes))
    styles = "".join(f'<xf numFmtId="{164 + at}" applyNumberFormat="1"/>' for at in range(len(codes)))
    return (
        f'{_HEAD}{before}<styleSheet xmlns="{_MAIN}"><numFmts count="{len(codes)}">{formats}</numFmts>'
        '<fonts count="1"><font/></fonts>'
        '<fills count="1"><fill/></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
        f'<cellXfs count="{len(codes) + 1}"><xf numFmtId="0"/>{styles}</cellXfs></styleSheet>'
    )


def cell(value: object) -> str:
    """A cell of the value's own type; a bool, number, date, time, duration, text, formula, or nothing."""
    if isinstance(value, Formula):
        style, number = _number(value.result) if value.result is not None else ("", "")
        return f"<c{style}><f>{escape(value.text)}</f>{f'<v>{number}</v>' if number else ''}</c>"
    if isinstance(value, Shown):
        return f'<c s="{1 + len(_CODES) + value.format}"><v>{value.number}</v></c>'
    if value is None or value == "":
        return "<c/>"
    if isinstance(value, str):
        return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
    style, number = _number(value)
    return f"<c{style}><v>{number}</v></c>"


def _number(value: object) -> tuple[str, str]:
    """The style and the number that Excel keeps."""
    if isinstance(value, bool):
        return ' t="b"', str(int(value))
    if isinstance(value, int | Decimal):
        return "", str(value)
    if isinstance(value, datetime):
        return _styled("moment", value - _ZERO)
    if isinstance(value, date):
        return _styled("date", datetime.combine(value, time()) - _ZERO)
    if isinstance(value, time):
        return _styled("time", datetime.combine(_ZERO, value) - _ZERO)
    assert isinstance(value, timedelta)
    return _styled("duration", value)


def _styled(style: str, days: timedelta) -> tuple[str, str]:
    """Days to 15 digits, as Excel writes them."""
    number = Decimal(days // timedelta(microseconds=1)) / Decimal(86_400_000_000)
    return f' s="{_FORMATS[style]}"', f"{number:.15g}"
