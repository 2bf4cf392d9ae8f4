"""Headers in each language that reports are written in are never read in a wrong encoding without a question."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.ingest.sources import words
from services.ingest.sources.files.encoding import conclude_encoding

ENCODINGS = {"ru": "cp1251", "ar": "cp1256", "ja": "shift_jis"}
LANGUAGES = sorted(Path(words.__file__).parent.glob("*.json"))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for below in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts(below)


@pytest.mark.parametrize("path", LANGUAGES, ids=lambda path: path.stem)
def test_headers_are_read_right_or_left_open(path):
    encoding = ENCODINGS.get(path.stem, "cp1252")
    known = sorted(word.capitalize() for word in set(_texts(json.loads(path.read_text()))) if _fits(word, encoding))
    assert len(known) > 50
    for at in range(0, len(known), 8):
        data = (";".join(known[at : at + 8]) + "\n02.03.2026;1,5\n").encode(encoding)
        readings = [data.decode(fact.value) for fact in conclude_encoding(io.BytesIO(data), data)]
        assert data.decode(encoding) in readings


def _fits(word: str, encoding: str) -> bool:
    try:
        word.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
