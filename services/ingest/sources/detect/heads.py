"""What the cells of a header row claim: which of our columns each is, in which unit and currency."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from services.ingest.sources.detect.forms import currencies_of, form_of
from services.ingest.sources.files.cells import Cell
from services.ingest.sources.invoices.headers import claims as invoice_claims
from services.ingest.sources.invoices.headers import lists_invoices
from services.ingest.sources.words.vocabulary import Claim, claims, distances, durations, fold, words

_INSIDE = re.compile(r"[(\[（【]([^)\]）】]*)[)\]）】]")
_APART = str.maketrans({".": " ", "_": " ", "/": " / "})
_ANYONES = {"id", "name", "code", "type", "kind", "status", "email", "title"}
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_LINKS = {"in", "en", "em", "di", "per", "/", "-", "total", "no", "nr"}
DAYS = frozenset({"date", "start", "start_date", "end_date", "end", "begin", "finish"})
AMOUNTS = frozenset({"duration", "time", "total", "amount", "pay", "distance", "rate", "end", "finish"})


@dataclass(frozen=True, slots=True)
class Head:
    """One cell of a header row."""

    text: str  # as a layout names it
    claims: tuple[Claim, ...] = ()
    unit: str = ""  # h, min, s, mi or km, where it is said
    currencies: tuple[str, ...] = ()  # that a code or sign in it may mean

    def rank(self, role: str) -> int | None:
        """How telling the word is for a role, 0 most; None when it isn't."""
        return min((claim.rank for claim in self.claims if claim.role == role and not claim.weak), default=None)

    def weak(self, role: str) -> bool:
        return any(claim.role == role and claim.weak for claim in self.claims)

    def roles(self) -> set[str]:
        return {claim.role for claim in self.claims}


_SPLIT = re.compile(r"[\s()\[\]（）【】,:]+")


@lru_cache(maxsize=2048)
def head_of(text: str) -> Head:
    """What a header claims."""
    shown = " ".join(text.split())
    bare = _CAMEL.sub(" ", unicodedata.normalize("NFKC", shown)).translate(_APART)
    pieces = list(filter(None, _SPLIT.split(bare)))
    tokens = [fold(piece) or piece for piece in pieces]
    unit = next(filter(None, map(_unit, tokens)), "")
    sign = next((piece for piece in pieces if currencies_of(piece) and not _unit(fold(piece))), "")
    found = _claims(bare, tokens, unit, sign) or _of_member(shown) or _of_invoice(shown)
    return Head(shown, found, unit, currencies_of(sign))


def _of_member(text: str) -> tuple[Claim, ...]:
    """What the last name of a nested object's member claims, unless it is one that any object has.

    The amount of a rate is no entry's amount, and may be in cents: it is not taken.
    """
    path, dot, last = text.rpartition(".")
    found = claims().get(fold(last), ()) if dot and fold(last) not in _ANYONES else ()
    return () if {"amount", "total"} & {claim.role for claim in found} and any(map(_is_rate, path.split("."))) else found


def _of_invoice(text: str) -> tuple[Claim, ...]:
    """A day in a list of invoices; in another table it is one where no column is plainly the day of the work."""
    return (Claim("date", "", 9, weak=True),) if "date" in invoice_claims(text) else ()


def _is_rate(name: str) -> bool:
    """Whether an object's name is that of a rate or a wage."""
    word = fold(_CAMEL.sub(" ", name))
    return word.endswith(("rate", "rates")) or not {"rate", "wage"}.isdisjoint(claim.role for claim in claims().get(word, ()))


def _unit(token: str) -> str:
    if token in words("decimal"):
        return "h"
    return durations().get(token) or distances().get(token) or ""


def _meant(token: str) -> bool:
    return not (_unit(token) or token in _LINKS or currencies_of(token))


def _claims(bare: str, tokens: list[str], unit: str, sign: str) -> tuple[Claim, ...]:
    """What the whole text claims, or the text without what stands in brackets, or without units and currencies."""
    outside = fold(_INSIDE.sub(" ", bare))
    rest = list(filter(_meant, tokens))
    within = " ".join(filter(outside.__contains__, rest))
    bare_words = " ".join(token for token in rest if token not in words("summary"))
    for text in (fold(bare), outside, " ".join(rest), within, bare_words):
        if found := claims().get(text):
            return found
    if rest or not (unit or sign):
        return ()
    return (Claim({"": "amount", "mi": "distance", "km": "distance"}.get(unit, "duration"), "", 9),)


def heads_of(cells: list[Cell]) -> list[Head]:
    """What each cell of a row claims."""
    return [head_of(cell) if isinstance(cell, str) and len(cell) <= 100 else Head("") for cell in cells]


def _is_value(cell: Cell) -> bool:
    """Whether the cell holds a date or a number, as no header does."""
    return not isinstance(cell, str) or (not head_of(cell).claims and not form_of(cell.strip()).word)


def is_header(cells: list[Cell]) -> bool:
    """Whether the row names columns, a day and a quantity among them."""
    heads = [head for head in heads_of(cells) if head.text]
    return (_of_entries(heads) or lists_invoices(head.text for head in heads)) and not any(map(_is_value, cells))


def _of_entries(heads: list[Head]) -> bool:
    known = [head.roles() for head in heads if head.claims]
    if len(known) < 2 or len(known) * 4 < len(heads):
        return False
    return any(map(DAYS.intersection, known)) and any(map(AMOUNTS.intersection, known))
