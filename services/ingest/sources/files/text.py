"""Reads CSV text in flat memory, piece by piece; nothing is done per cell unless something is strange."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import chain, count, islice, repeat
from typing import Any, BinaryIO

from services.ingest.sources.files.book import NO_FAULTS, Line, refuse, short
from services.ingest.sources.files.cells import Limits
from services.ingest.sources.files.dialect import QUOTINGS, SEPARATOR_LINE
from shared.kernel.errors import Invalid
from shared.kernel.quote import quoted

PIECE = 32_768  # bytes
_UTF_16 = ("\udcff\udcfe", "\udcfe\udcff")  # its byte order marks, undecoded
_STRANGE = re.compile("[\0\ud800-\udfff]")  # NUL, and bytes that are no text: they come in as half surrogates
_END = ("",)
_STRICT = {"utf-16", "utf-16-le", "utf-16-be"}


@dataclass(frozen=True, slots=True)
class Writing:
    """How a CSV file is written."""

    encoding: str
    delimiter: str
    quoting: str = "doubled"  # one of QUOTINGS


_made = partial(tuple.__new__, Line)  # far quicker than Line() itself


def text_lines(stream: BinaryIO, name: str, writing: Writing, limits: Limits) -> Iterator[Line]:
    """Every line, blank ones too. Raises Invalid where the file turns out to be no CSV text."""
    return chain.from_iterable(_batches(stream, name, writing, limits))


def _batches(stream: BinaryIO, name: str, writing: Writing, limits: Limits) -> Iterator[Iterable[Line]]:
    """The lines in batches, as far as rows are complete: what follows waits for more text."""
    size = max(min(PIECE, limits.cell // 2, limits.row), 1)  # so that most texts are shorter than any limit
    number, rest, enough = 0, "", 0
    for piece in chain(_whole_lines(_decoded(stream, name, writing, size), limits.row), _END):
        rest += piece
        if piece and len(rest) < enough:
            continue
        strange = _strange(rest)
        rows, after, problem = _rows(rest, strange, writing)
        yield _lines(rows, number, name, limits, long=len(rest) > limits.cell)
        number += len(rows)
        if problem and ("unexpected end" not in problem or not (piece or strange)):
            raise _malformed(problem, name, limits, number + 1)
        if strange:
            raise _undecodable(rest, strange, name, writing, number + 1)
        if max(len(after), len(rest) - _last_line(rest, len(rest))) >= limits.row:
            raise _endless(name, limits, number + 1)
        rest, enough = after, 2 * len(after)  # or a long row would be read again with every piece


def _lines(rows: list[list[str]], number: int, name: str, limits: Limits, *, long: bool) -> Iterable[Line]:
    """``long``: whether there is more text than any limit, so that a cell may be too long."""
    lines = map(_made, zip(count(number + 1), rows, repeat(None), repeat(NO_FAULTS)))
    return (short(line, name, limits) for line in lines) if long else lines


def _rows(text: str, strange: re.Match[str] | None, writing: Writing) -> tuple[list[list[str]], str, str]:
    """The rows above what is strange, the text after the last complete one, and why it isn't."""
    rows: list[list[str]] = []
    text = text[: _last_line(text, strange.start())] if strange else text
    try:
        rows.extend(_reader(text, writing))
    except csv.Error as error:
        return rows, _after(text, len(rows), writing), str(error)
    return rows, "", ""


def _reader(text: str, writing: Writing) -> Any:
    return csv.reader(io.StringIO(text, newline=""), delimiter=writing.delimiter, strict=True, **QUOTINGS[writing.quoting])


def _after(text: str, rows: int, writing: Writing) -> str:
    """What follows after so many rows."""
    reader = _reader(text, writing)
    for _ in islice(reader, rows):
        pass
    return "".join(islice(io.StringIO(text, newline=""), reader.line_num, None))


def _last_line(text: str, end: int) -> int:
    """Where the line begins that is not finished at this place."""
    return max(text.rfind("\n", 0, end), text.rfind("\r", 0, end)) + 1


def _strange(text: str) -> re.Match[str] | None:
    if "\0" not in text:
        with suppress(UnicodeEncodeError):  # far quicker than searching
            text.encode()
            return None
    return _STRANGE.search(text)


def _endless(name: str, limits: Limits, row: int) -> Invalid:
    cause = f"it has {limits.row} characters or more without an end"
    return refuse("row_too_long", name, cause, "close the quotes of every cell", row)


def _decoded(stream: BinaryIO, name: str, writing: Writing, size: int) -> Iterator[str]:
    stream.seek(0)
    decoder = codecs.getincrementaldecoder(writing.encoding)("strict" if writing.encoding in _STRICT else "surrogateescape")
    first = True
    try:
        while data := stream.read(size):
            text = decoder.decode(data)
            if first and text:
                mark = SEPARATOR_LINE.match(text)
                text, first = text[mark.end() :] if mark else text.removeprefix("\ufeff"), False
            yield text
        yield decoder.decode(b"", final=True)
    except UnicodeError as error:
        raise refuse("bad_encoding", name, f"it is not {writing.encoding} text", "export the report again") from error


def _whole_lines(pieces: Iterator[str], most: int) -> Iterator[str]:
    """Pieces cut behind a line end, never between the two characters of one; a line of so many characters is cut as well."""
    rest: list[str] = []
    for piece in filter(None, pieces):
        end = max(piece.rfind("\n"), piece.rfind("\r", 0, -1)) + 1
        if not end and not (rest and rest[-1].endswith("\r")):
            rest.append(piece)
            if sum(map(len, rest)) >= most:
                break
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
