"""The words that reports use, by language: for columns, units, halves of the day, totals, yes and no; the JSON files here."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent
_EDGES = " \t\n:;.,*#?!()[]\"'’-–_/\\"
_MARKS = re.compile("[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")  # without width: they only steer how a line is shown


@dataclass(frozen=True, slots=True)
class Claim:
    """What a header may mean: a role, in which language, how usual it is there (0: most), and whether it may mean others."""

    role: str
    language: str
    rank: int
    weak: bool = False


def fold(text: str) -> str:
    """A word as it is compared: one form of each letter, small, with single blanks and no punctuation around it."""
    bare = _MARKS.sub("", unicodedata.normalize("NFKC", text)).replace("_", " ")
    return " ".join(bare.casefold().split()).strip(_EDGES)


@cache
def languages() -> dict[str, dict[str, Any]]:
    """Language -> its words; English first, so that it wins where languages share a word."""
    found = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(_FOLDER.glob("*.json"))}
    return {"en": found.pop("en"), **found}


@cache
def claims() -> dict[str, tuple[Claim, ...]]:
    """Folded header -> what it may mean."""
    found: dict[str, list[Claim]] = {}
    for language, words in languages().items():
        for weak in (False, True):
            for role, names in words["weak" if weak else "headers"].items():
                for rank, name in enumerate(names):
                    found.setdefault(fold(name), []).append(Claim(role, language, rank, weak))
    return {name: tuple(each) for name, each in found.items()}


@cache
def words(topic: str) -> dict[str, str]:
    """Folded word -> its language, of a plain list such as ``total``."""
    return {fold(word): language for language, each in reversed(languages().items()) for word in each[topic]}


@cache
def grouped(topic: str) -> dict[str, str]:
    """Folded word -> its group, of a table such as ``units`` or ``kinds``."""
    return {
        fold(word): group for each in reversed(languages().values()) for group, names in each[topic].items() for word in names
    }


@cache
def durations() -> dict[str, str]:
    """Word of a unit of time -> h, min or s."""
    return {word: unit for word, unit in grouped("units").items() if unit in ("h", "min", "s")}


@cache
def distances() -> dict[str, str]:
    """Word of a unit of distance -> mi or km."""
    return {word: unit for word, unit in grouped("units").items() if unit in ("mi", "km")}


@cache
def noons() -> dict[str, str]:
    """Word for a half of the day -> a or p, as written and without its dots and blanks."""
    return {bare: half for half in ("a", "p") for word in _halves(half) for bare in (word, re.sub(r"[.\s]", "", word))}


def _halves(half: str) -> Iterator[str]:
    more = {"a": ("上午", "오전", "öö", "dop.", "fm"), "p": ("下午", "오후", "ös", "odp.", "em")}
    yield from more[half]
    for each in languages().values():
        yield from (unicodedata.normalize("NFKC", word).casefold() for word in each[f"{half}m"])
