"""Concludes in which encoding a text file is written, with what shows it; what the bytes leave open stays open."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from typing import BinaryIO

from services.ingest.sources.files.alphabets import ALONE, LATIN, SPLITS, WRITTEN_IN, common, languages, readable, script
from services.ingest.sources.files.book import Fact
from shared.kernel.quote import quoted

_MARKS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_USUAL = (
    *("cp1252", "cp1250", "cp1251", "cp1256", "shift_jis", "cp932", "cp1253", "cp1254", "cp1255", "cp1257", "koi8-r", "koi8-u"),
    *("euc-jp", "gb18030", "big5", "euc-kr"),
)
"""Of those that read a file alike the first is named."""
_RARE = ("iso-8859-2", "cp866", "mac-roman", "cp850", "cp852")
"""Of other systems than today's: taken only where no usual one reads as many words."""
_PIECE, _SAMPLE = 1 << 20, 1 << 16  # bytes
_HIGH, _BREAK = re.compile(rb"[\x80-\xff]"), re.compile(rb"[\r\n]")
_BROKEN, _WHOLE = re.compile("[\udc80-\udcff]"), re.compile("[\u0080-\ud7ff\ue000-\U0010ffff]")
_WORD = re.compile(rf"(?:[A-Za-z']|[^\x00-\x7f{re.escape(SPLITS)}])+")
_CLEARLY = 0.02
"""By how much the statistics of two readings have to differ to decide."""


@dataclass(slots=True)
class _Scan:
    """What stands in a file beyond ASCII."""

    whole: int = 0  # characters in UTF-8
    broken: int = 0  # bytes that are no UTF-8
    first: tuple[int, str] = (0, "")  # the line of the first such character and what it is
    fault: tuple[int, str] = (0, "")  # the same of the first such byte
    sample: list[bytes] = field(default_factory=list)  # lines with such bytes
    size: int = 0


@dataclass(frozen=True, slots=True)
class _Reading:
    """The sample as one encoding reads it."""

    encoding: str
    text: str
    words: tuple[str, ...]  # those with letters beyond ASCII
    odd: int  # those that are none
    languages: tuple[str, ...]


def conclude_encoding(stream: BinaryIO, head: bytes) -> list[Fact]:
    """The encoding; and as ``encoding_or`` each other one that reads it as well as different letters."""
    for mark, encoding in _MARKS.items():
        if head.startswith(mark):
            return [Fact("encoding", encoding, f"the file begins with the byte order mark {mark.hex(' ')}")]
    if wide := _wide(head):
        evidence = f"every second byte of the first {len(head)} is mostly 00"
        return [Fact("encoding", wide, evidence)]
    scan = _scanned(stream)
    if not scan.broken:
        line, letter = scan.first
        return [Fact("encoding", "utf-8", f"{quoted(letter)} in line {line} is UTF-8" if line else "every byte is ASCII")]
    if 2 * scan.whole >= scan.broken:
        line, byte = scan.fault
        return [Fact("encoding", "utf-8", f"{scan.whole} characters are UTF-8; the byte {byte} in line {line} is not")]
    return _legacy(scan)


def glanced(head: bytes) -> str:
    """About what the front of a file reads like: enough to see its kind, whatever its encoding."""
    return head.decode("utf-16" if head.startswith((b"\xff\xfe", b"\xfe\xff")) else _wide(head) or "utf-8", "replace")


def _wide(head: bytes) -> str | None:
    """UTF-16 without a mark: separators, digits and line ends put a zero into every second byte."""
    odd, even = head[1::2].count(0), head[0::2].count(0)
    if max(odd, even) * 20 < len(head) or min(odd, even) * 20 > max(odd, even):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _scanned(stream: BinaryIO) -> _Scan:
    scan, line = _Scan(), 1
    for piece in _pieces(stream):
        if not piece.isascii():
            _look(piece, line, scan)
            if scan.size > _SAMPLE and scan.broken > 2 * scan.whole + 1_000:
                break
        line += piece.count(b"\n") or piece.count(b"\r")
    return scan


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    """The file, cut at line ends."""
    stream.seek(0)
    rest = b""
    while piece := stream.read(_PIECE):
        end = max(piece.rfind(b"\n"), piece.rfind(b"\r")) + 1
        yield rest + piece[:end]
        rest = piece[end:]
    yield rest


def _look(piece: bytes, line: int, scan: _Scan) -> None:
    text = piece.decode("utf-8", "surrogateescape")
    breaks = "\n" if "\n" in text else "\r"
    if not scan.first[0] and (found := _WHOLE.search(text)):
        scan.first = line + text.count(breaks, 0, found.start()), found[0]
    if not scan.fault[0] and (found := _BROKEN.search(text)):
        scan.fault = line + text.count(breaks, 0, found.start()), f"{ord(found[0]) - 0xDC00:02x}"
    scan.whole += len(_WHOLE.findall(text)) if scan.fault[0] else len(piece) - len(text)
    scan.broken += len(_BROKEN.findall(text)) if scan.fault[0] else 0
    _sample(piece, scan)


def _sample(piece: bytes, scan: _Scan) -> None:
    """Take the lines with bytes beyond ASCII, as long as there is room."""
    end = 0
    while scan.size <= _SAMPLE and (found := _HIGH.search(piece, end)):
        begin = max(piece.rfind(b"\n", end, found.start()), piece.rfind(b"\r", end, found.start()), end - 1) + 1
        after = _BREAK.search(piece, found.end())
        end = after.start() if after else len(piece)
        scan.sample.append(piece[begin : min(end, begin + _SAMPLE)])
        scan.size += end - begin


def _legacy(scan: _Scan) -> list[Fact]:
    sample = b"\n".join(scan.sample)
    readings = _plausible(sample)
    line, byte = scan.fault
    evidence = f"the byte {byte} in line {line} is not UTF-8"
    if not readings:
        return [Fact("encoding", "cp1252", f"{evidence}, and no encoding reads all of the file")]
    left = _likeliest(sample, readings)
    first, *others = left
    told = f"{evidence}; {_told(first, _other(first, readings, left))}"
    facts = [Fact("encoding", first.encoding, told, _languages(first))]
    return facts + [Fact("encoding_or", other.encoding, _told(other, first), _languages(other)) for other in others]


def _languages(reading: _Reading) -> tuple[str, ...]:
    return tuple(chain.from_iterable(WRITTEN_IN.get(each, (each,)) for each in reading.languages))


def _told(reading: _Reading, other: _Reading | None) -> str:
    """How a word reads, and how it would in the other encoding."""
    if not reading.words:
        return f"{reading.encoding} reads it"
    word = next((word for word in reading.words if other and word not in other.text), reading.words[0])
    told = f"in {reading.encoding} it reads {quoted(word)}"
    if len(reading.languages) == 1:
        told += f", which is {reading.languages[0]}"
    if other is None or len(other.text) != len(reading.text):
        return told
    at = reading.text.find(word)
    return f"{told}, in {other.encoding} {quoted(other.text[at : at + len(word)])}"


def _other(first: _Reading, readings: list[_Reading], left: list[_Reading]) -> _Reading | None:
    return next((each for each in [*left[1:], *readings] if each.text != first.text), None)


def _plausible(sample: bytes) -> list[_Reading]:
    """The readings with the fewest words that are none, one for each different text; rare ones only where there is no other."""
    found: dict[str, str] = {}
    for encoding in (*_USUAL, *_RARE):
        with suppress(UnicodeDecodeError):
            text = sample.decode(encoding)
            found.setdefault(text, encoding)
    read = [_reading(encoding, text) for text, encoding in found.items()]
    fewest = min((each.odd for each in read), default=0)
    good = [each for each in read if each.odd <= fewest + len(each.words) // 50]
    return [each for each in good if each.encoding in _USUAL] or good


def _reading(encoding: str, text: str) -> _Reading:
    words: dict[str, bool] = {}
    for found in _WORD.finditer(text):
        if not found[0].isascii():
            beside = text[found.start() - 1 : found.start()] + text[found.end() : found.end() + 1]
            words[found[0]] = readable(found[0], any(map(str.isdigit, beside))) and common(found[0], encoding)
    spoken = _spoken(_accents(text))
    odd = sum(not good for good in words.values())
    if max(map(len, words), default=0) == 1 and spoken[:1] in (("Cyrillic",), ("Greek",)):  # no language has such words alone
        odd = len(words)
    return _Reading(encoding, text, tuple(words), odd, spoken)


def _accents(text: str) -> frozenset[str]:
    return frozenset(letter for letter in text.lower() if not letter.isascii() and letter.isalpha() and letter not in ALONE)


def _spoken(letters: frozenset[str]) -> tuple[str, ...]:
    """Languages or else scripts of these letters."""
    scripts = sorted({script(letter) for letter in letters})
    return languages(letters) if scripts in ([], ["Latin"]) else tuple(scripts)


def _likeliest(sample: bytes, readings: list[_Reading]) -> list[_Reading]:
    """The reading that its language or its letters speak for, else all that are left, the usual one first."""
    fewest = min(map(_strangeness, readings))
    left = [each for each in readings if _strangeness(each) == fewest]
    if len(left) == 1 or all(map(_is_latin, left)):  # statistics can't tell the Latin ones of a short text apart
        return left
    from charset_normalizer import from_bytes  # takes 30 ms to load, and few files need it

    found = from_bytes(sample, cp_isolation=[each.encoding for each in left])
    mess = {codecs.lookup(each.encoding).name: each.chaos for each in found}
    chaos = [mess.get(codecs.lookup(each.encoding).name, 1) for each in left]
    return [each for each, one in zip(left, chaos, strict=True) if one <= min(chaos) + _CLEARLY]


def _is_latin(reading: _Reading) -> bool:
    return all(language in LATIN for language in reading.languages)


def _strangeness(reading: _Reading) -> int:
    """0: letters of one language or script; 1: of two languages, or small letters or capitals alone; 2: of no two."""
    if not _is_latin(reading):
        words = "".join(reading.words)
        uniform = len(reading.words) > 2 and words.lower() != words.upper() and words in (words.lower(), words.upper())
        return int(len(reading.languages) > 1 or uniform)
    accents = _accents(reading.text)
    alone = reading.languages and accents <= LATIN[reading.languages[0]]
    return 0 if alone else 1 if reading.languages else 2
