"""What the header of a list of invoices calls a column, in ten languages; and the words for an invoice that is paid."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path

from services.ingest.sources.words.vocabulary import durations, fold
from shared.kernel.money import EXPONENT

MONEY = ("line", "net", "tax", "total")
"""Columns of amounts that an invoice has to come to."""
_WORDS = Path(__file__).parent / "words.json"
_INSIDE = re.compile(r"[(\[（【][^)\]）】]*[)\]）】]")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SPLIT = re.compile(r"[\s()\[\]（）【】,:]+")
_VALUES = ("paid", "invoice")  # words in cells, not in headers
_SIGNS = frozenset("€$£¥₽%")
_PERCENT = re.compile(r"\d+(?:[.,]\d+)? ?%")


@cache
def _languages() -> dict[str, dict[str, list[str]]]:
    return dict(json.loads(_WORDS.read_text("utf-8")))


@cache
def _known() -> dict[str, dict[str, int]]:
    """Folded header -> what it may be -> how usual it is there, 0 most; what begins with ``weak_`` may be much else."""
    found: dict[str, dict[str, int]] = {}
    for told in _languages().values():
        for role, names in told.items():
            for rank, name in enumerate(names if role not in _VALUES else ()):
                found.setdefault(_bare(name), {}).setdefault(role, rank)
    return found


def _bare(text: str) -> str:
    """A word as it is compared here: without dots, and without accents, which names of a database's columns lack."""
    letters = unicodedata.normalize("NFD", fold(text.replace(".", " ")))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


@cache
def _values(topic: str) -> frozenset[str]:
    return frozenset(fold(word) for told in _languages().values() for word in told[topic])


def is_paid(text: str) -> bool:
    """Whether this says, in a column that tells how an invoice stands, that it is paid."""
    return fold(text) in _values("paid") or text == "true"


def is_invoice(text: str) -> bool:
    """Whether this says, in a column of kinds of documents, that the row is of an invoice: no offer, credit or payment."""
    return fold(text) in _values("invoice")


@lru_cache(maxsize=2048)
def claims(header: str) -> dict[str, int]:
    """Role -> how usual the word is for it; a role that starts with ``weak_`` holds only in a list of invoices."""
    bare = _CAMEL.sub(" ", _PERCENT.sub("", header))
    pieces = [piece for piece in _SPLIT.split(bare) if piece.upper() not in EXPONENT and not _SIGNS.issuperset(piece)]
    readings = (header, bare, _INSIDE.sub(" ", bare), " ".join(pieces))
    return next((told for text in readings if (told := _known().get(_bare(text)))), {})


def in_hours(header: str) -> bool:
    """Whether a quantity under this header is counted in hours."""
    return any(durations().get(fold(piece)) == "h" for piece in _SPLIT.split(header))


def roles_of(headers: Iterable[str]) -> set[str]:
    """All that the headers claim."""
    return {role for header in headers for role in claims(header)}


def lists_invoices(headers: Iterable[str]) -> bool:
    """Whether these are the headers of a list of invoices: a number and a day, one of them plainly an invoice's, and amounts."""
    roles = roles_of(headers)
    plain = {"number", "date"} & roles
    both = ("number" in roles or "weak_number" in roles) and ("date" in roles or "weak_date" in roles)
    return bool(plain) and both and bool({*MONEY, "amount"} & roles)
