"""Reads CSV text in flat memory, piece by piece; nothing is done per cell unless something is strange."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO

from services.ingest.sources.files.book import Line, refuse, short
from services.ingest.sources.files.cells import Limits
from services.ingest.sources.files.dialect import QUOTINGS, SEPARATOR_LINE
from shared.kernel.errors import Invalid
from shared.kernel.quote import quoted

PIECE = 65_536  # bytes
_UTF_16 = ("\udcff\udcfe", "\udcfe\udcff")  # its byte order marks, undecoded
_STRANGE = re.compile("[\0\ud800-\udfff]")  # NUL, and bytes that are no text: they come in as half surrogates
_STRICT = {"utf-16", "utf-16-le", "utf-16-be"}


@dataclass(frozen=True, slots=True)
class Writing:
    """How a CSV file is written."""

    encoding: str
    delimiter: str
    quoting: str = "doubled"  # one of QUOTINGS


@dataclass(slots=True)
class _Progress:
    """How far the reader is."""

    row: int = 0  # rows finished
    pieces: int = 0
    pending: int = 0  # characters handed over since the last row that was looked at


class _Strange(Exception):
    """What follows in the row that begins after the last finished one."""

    def __init__(self, line: str, found: re.Match[str]) -> None:
        super().__init__(found[0])
        self.line, self.found = line, found


def text_lines(stream: BinaryIO, name: str, writing: Writing, limits: Limits) -> Iterator[Line]:
    """Every line, blank ones too. Raises Invalid where the file turns out to be no CSV text."""
    progress = _Progress()
    pieces = _pieces(stream, name, writing, limits, progress)
    quoting = QUOTINGS[writing.quoting]
    reader = csv.reader(chain.from_iterable(pieces), delimiter=writing.delimiter, strict=True, **quoting)
    seen = number = 0
    try:
        for number, cells in enumerate(reader, 1):
            progress.row = number
            if progress.pieces == seen:  # the row lies within one piece, which is shorter than any limit
                yield Line(number, cells)  # type: ignore[arg-type]
            else:
                seen = progress.pieces
                yield _looked_at(number, cells, name, limits, progress)
    except UnicodeError as error:
        raise refuse("bad_encoding", name, f"it is not {writing.encoding} text", "export the report again") from error
    except csv.Error as error:
        raise _malformed(str(error), name, limits, number + 1) from error
    except _Strange as strange:
        raise _undecodable(strange.line, strange.found, name, writing, number + 1) from strange


def _looked_at(number: int, cells: list[str], name: str, limits: Limits, progress: _Progress) -> Line:
    """A row that reaches over two pieces, so that it may be long."""
    if sum(map(len, cells)) >= limits.row:
        raise _endless(name, limits, number)
    return short(Line(number, cells), name, limits)  # type: ignore[arg-type]


def _pieces(stream: BinaryIO, name: str, writing: Writing, limits: Limits, progress: _Progress) -> Iterator[Iterator[str]]:
    """The text in pieces of whole physical lines, each as an iterator of its lines."""
    row = progress.row
    for text in _whole_lines(_decoded(stream, writing, min(PIECE, limits.cell, limits.row)), name, limits, progress):
        progress.pieces += 1
        progress.pending += len(text)
        strange = _strange(text)
        if strange is None:
            yield io.StringIO(text, newline="")
            if progress.row != row:
                row, progress.pending = progress.row, 0
            if progress.pending >= limits.row:
                raise _endless(name, limits, row + 1)
            continue
        lines = io.StringIO(text[: strange.start()], newline="").readlines()
        yield iter(lines[:-1] if lines and not lines[-1].endswith(("\n", "\r")) else lines)
        raise _Strange(text, strange)


def _strange(text: str) -> re.Match[str] | None:
    if "\0" not in text:
        with suppress(UnicodeEncodeError):  # far quicker than searching
            text.encode()
            return None
    return _STRANGE.search(text)


def _endless(name: str, limits: Limits, row: int) -> Invalid:
    cause = f"it has {limits.row} characters or more without an end"
    return refuse("row_too_long", name, cause, "close the quotes of every cell", row)


def _decoded(stream: BinaryIO, writing: Writing, size: int) -> Iterator[str]:
    stream.seek(0)
    decoder = codecs.getincrementaldecoder(writing.encoding)("strict" if writing.encoding in _STRICT else "surrogateescape")
    first = True
    while data := stream.read(size):
        text = decoder.decode(data)
        if first and text:
            mark = SEPARATOR_LINE.match(text)
            text, first = text[mark.end() :] if mark else text.removeprefix("\ufeff"), False
        yield text
    yield decoder.decode(b"", final=True)


def _whole_lines(pieces: Iterator[str], name: str, limits: Limits, progress: _Progress) -> Iterator[str]:
    """Pieces cut behind a line end, never between the two characters of one."""
    rest: list[str] = []
    for piece in filter(None, pieces):
        end = max(piece.rfind("\n"), piece.rfind("\r", 0, -1)) + 1
        if not end and not (rest and rest[-1].endswith("\r")):
            rest.append(piece)
            if sum(map(len, rest)) >= limits.row:
                raise _endless(name, limits, progress.row + 1)
            continue
        yield "".join([*rest, piece[:end]])
        rest = [piece[end:]]
    if text := "".join(rest):
        yield text


def _undecodable(line: str, strange: re.Match[str], name: str, writing: Writing, row: int) -> Invalid:
    if strange[0] == "\0":
        return refuse("nul", name, "it holds a NUL character", "export the report again, as UTF-8 text", row)
    if row == 1 and line.startswith(_UTF_16):
        return refuse("bad_encoding", name, "it is UTF-16 text", 'save it as UTF-8, or say "encoding": "utf-16" in a layout')
    byte, after = ord(strange[0]) - 0xDC00, line[max(strange.start() - 20, 0) : strange.start()].splitlines() or [""]
    remedy = 'save it as UTF-8, or say its encoding in a layout, for example "encoding": "cp1252"'
    cause = f"the byte {byte:02x} after {quoted(after[-1])} is not {writing.encoding} text"
    return refuse("bad_encoding", name, cause, remedy, row)


def _malformed(message: str, name: str, limits: Limits, row: int) -> Invalid:
    if "unexpected end" in message:
        return refuse("truncated_file", name, "a quoted cell never ends: the file is cut off", "export the report again", row)
    if "field limit" in message:
        return refuse("cell_too_long", name, f"a cell is longer than {limits.cell} characters", "shorten it", row)
    return refuse("bad_csv", name, f"it is not CSV ({message})", "double the quotes inside a quoted cell", row)
