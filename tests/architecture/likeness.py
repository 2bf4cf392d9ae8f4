"""How much of two folders is the same code under other names."""

from __future__ import annotations

import difflib
import io
import keyword
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass

from tests.architecture.sources import Source

ALIKE = 80
"""Percent of neutral tokens in common from which two functions count as one written twice."""
FEWEST_TOKENS = 30
"""Shorter functions (an accessor, a property) are alike by nature."""
_LAYOUT = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


@dataclass(frozen=True)
class Piece:
    """One function with its names and strings made neutral."""

    name: str
    lines: int
    tokens: tuple[str, ...]


def pieces(sources: Sequence[Source]) -> list[Piece]:
    """Every function of these files."""
    found = []
    for source in sources:
        for function in source.functions:
            lines = source.text.splitlines()[function.lineno - 1 : function.end_lineno]
            indent = len(lines[0]) - len(lines[0].lstrip())
            text = "\n".join(line[indent:] for line in lines) + "\n"
            found.append(Piece(f"{source.path}:{function.name}", len(lines), neutral(text)))
    return found


def neutral(text: str) -> tuple[str, ...]:
    """The tokens of a piece of code, every name, string and number replaced by its kind."""
    tokens = (token for token in tokenize.generate_tokens(io.StringIO(text).readline) if token.type not in _LAYOUT)
    return tuple(_neutral(token) for token in tokens)


def _neutral(token: tokenize.TokenInfo) -> str:
    if token.type == tokenize.NAME and not keyword.iskeyword(token.string):
        return "name"
    return token.string if token.type in (tokenize.NAME, tokenize.OP) else "value"


def alike(one: Piece, other: Piece) -> bool:
    shorter, longer = sorted((len(one.tokens), len(other.tokens)))
    if shorter < FEWEST_TOKENS or 200 * shorter < ALIKE * (shorter + longer):  # most pairs end here, at no cost
        return False
    match = difflib.SequenceMatcher(None, one.tokens, other.tokens, autojunk=False)
    return match.quick_ratio() * 100 >= ALIKE and match.ratio() * 100 >= ALIKE


def twins(left: Sequence[Piece], right: Sequence[Piece]) -> list[tuple[Piece, Piece]]:
    """Each function of ``left`` with the first of ``right`` that it is alike to."""
    found = ((one, next((other for other in right if alike(one, other)), None)) for one in left)
    return [(one, other) for one, other in found if other]


def percent_twice(left: Sequence[Piece], right: Sequence[Piece]) -> int:
    """How many percent of the lines in ``left``'s functions stand in ``right`` too, rounded up."""
    total = sum(piece.lines for piece in left)
    twice = sum(one.lines for one, _ in twins(left, right))
    return -(-100 * twice // total) if total else 0
