"""Reads the rows of a report, CSV or Excel, told apart by their first bytes; a CSV file is streamed in flat memory."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike
from typing import BinaryIO

from services.ingest.sources.worklog.layout import Layout
from services.ingest.sources.worklog.rows import LIMITS, Limits, Row, cut, places
from services.ingest.sources.worklog.workbook import workbook_rows
from shared.kernel.errors import Invalid
from shared.kernel.quote import quoted

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_UTF_16 = ("\udcff\udcfe", "\udcfe\udcff")  # its byte order marks, undecoded
_STRANGE = re.compile("[\ud800-\udfff]")  # bytes that are no text come in as these, so that their row can be named
_ERRORS = {"utf-16": "strict"}


def rows(data: bytes | PathLike[str] | BinaryIO, name: str, layout: Layout, *, limits: Limits = LIMITS) -> Iterator[Row]:
    """The rows below the header, blank ones left out. ``data`` is the content, a path, or a stream that can seek.

    A file that can't be read as a whole raises Invalid, at whatever row that shows; a row that can't be taken apart
    comes with its ``problem``.
    """
    with _opened(data) as stream:
        size = stream.seek(0, io.SEEK_END)
        stream.seek(0)
        head = stream.read(8)
        stream.seek(0)
        if not size:
            raise _refuse("empty_file", name, "the file is empty", "export the report again")
        if head.startswith(_ZIP):
            yield from workbook_rows(stream, size, name, layout, limits)
        elif head == _OLE:
            raise _ole(stream.read(limits.packed), name)
        else:
            yield from _csv_rows(stream, size, name, layout, limits)


@contextmanager
def _opened(data: bytes | PathLike[str] | BinaryIO) -> Iterator[BinaryIO]:
    if isinstance(data, PathLike):
        with open(data, "rb") as stream:
            yield stream
    else:
        yield io.BytesIO(data) if isinstance(data, bytes | bytearray) else data


def _refuse(code: str, name: str, cause: str, remedy: str, row: int | None = None) -> Invalid:
    where = f"{quoted(name)}, row {row}" if row else quoted(name)
    return Invalid(code, f"{where}: {cause}", remedy, file=name, **({"row": row} if row else {}))


def _ole(content: bytes, name: str) -> Invalid:
    if "EncryptedPackage".encode("utf-16-le") in content:
        return _refuse("encrypted_file", name, "the workbook is protected by a password", "save it without a password")
    return _refuse("old_workbook", name, "it is a workbook of the format before 2007", "save it as .xlsx or CSV")


# ---- CSV


@dataclass(slots=True)
class _Progress:
    """How far the reader is: rows finished, and characters since."""

    row: int = 0
    pending: int = 0


def _csv_rows(stream: BinaryIO, size: int, name: str, layout: Layout, limits: Limits) -> Iterator[Row]:
    if size > limits.csv:
        raise _refuse("file_too_large", name, f"it has {size} bytes, more than {limits.csv}", "split it into several files")
    progress = _Progress()
    where: dict[str, int] | None = None
    width = 0
    for cells in _records(stream, name, layout, limits, progress):
        if progress.row < layout.header:
            continue
        if where is None:
            where, width = places(cells, layout, name), len(cells)
            continue
        row = cut(progress.row, cells, where, width, name, limits)
        if row:
            yield row
    if where is None:
        raise _refuse("bad_header", name, f"it ends before its header row {layout.header}", "export the report again")


def _records(stream: BinaryIO, name: str, layout: Layout, limits: Limits, progress: _Progress) -> Iterator[list[str]]:
    encoding = "utf-8-sig" if layout.encoding == "utf-8" else layout.encoding
    text = io.TextIOWrapper(stream, encoding=encoding, errors=_ERRORS.get(encoding, "surrogateescape"), newline="")
    try:
        for cells in csv.reader(_lines(text, name, layout, limits, progress), delimiter=layout.delimiter, strict=True):
            progress.row, progress.pending = progress.row + 1, 0
            yield cells
    except UnicodeError as error:
        raise _refuse("bad_encoding", name, f"it is not {layout.encoding} text", "export the report again") from error
    except csv.Error as error:
        raise _malformed(str(error), name, limits, progress.row + 1) from error
    finally:
        text.detach()  # the caller's stream stays open


def _lines(text: io.TextIOWrapper, name: str, layout: Layout, limits: Limits, progress: _Progress) -> Iterator[str]:
    while line := text.readline(limits.row):
        if not line.isascii() and (strange := _STRANGE.search(line)):
            raise _undecodable(line, strange, name, layout, progress.row + 1)
        progress.pending += len(line)
        if progress.pending >= limits.row:
            cause = f"it has {limits.row} characters or more without an end"
            raise _refuse("row_too_long", name, cause, "close the quotes of every cell", progress.row + 1)
        if "\0" in line:
            raise _refuse("nul", name, "it holds a NUL character", "export the report again, as UTF-8 text", progress.row + 1)
        yield line


def _undecodable(line: str, strange: re.Match[str], name: str, layout: Layout, row: int) -> Invalid:
    if line.startswith(_UTF_16):
        return _refuse("bad_encoding", name, "it is UTF-16 text", 'save it as UTF-8, or say "encoding": "utf-16" in a layout')
    byte, after = ord(strange[0]) - 0xDC00, quoted(line[max(strange.start() - 20, 0) : strange.start()])
    remedy = 'save it as UTF-8, or say its encoding in a layout, for example "encoding": "cp1252"'
    return _refuse("bad_encoding", name, f"the byte {byte:02x} after {after} is not {layout.encoding} text", remedy, row)


def _malformed(message: str, name: str, limits: Limits, row: int) -> Invalid:
    if "unexpected end" in message:
        return _refuse("truncated_file", name, "a quoted cell never ends: the file is cut off", "export the report again", row)
    if "field limit" in message:
        return _refuse("cell_too_long", name, f"a cell is longer than {limits.cell} characters", "shorten it", row)
    return _refuse("bad_csv", name, f"it is not CSV ({message})", "double the quotes inside a quoted cell", row)
