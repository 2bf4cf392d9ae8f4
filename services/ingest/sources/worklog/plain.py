"""Text as digits and signs are read in it: Arabic-Indic and full-width digits, blanks of every width, marks of direction."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_SIGNS = {
    **dict.fromkeys("\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\t", " "),
    **dict.fromkeys("\u2019\u02bc\u02b9\u2032\u00b4`", "'"),
    **dict.fromkeys("\u2212\u2010\u2011\ufe63\uff0d", "-"),
    **dict.fromkeys("\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c\ufeff", ""),
    "\u066b": ".",  # the Arabic decimal sign
    "\u066c": ",",  # and the one that groups
    "\uff0c": ",",
    "\uff0e": ".",
    "\uff1a": ":",
    "\uff0f": "/",
    "\uff08": "(",
    "\uff09": ")",
    "\uff0b": "+",
    "\uffe5": "\u00a5",
}


def plain(text: str) -> str:
    """The text with ASCII digits and one form of each sign, without blanks around."""
    return text.strip() if text.isascii() and "\t" not in text else _plain(text)


@lru_cache(maxsize=8192)
def _plain(text: str) -> str:
    return "".join(map(_sign, text)).strip()


def _sign(letter: str) -> str:
    if letter in _SIGNS:
        return _SIGNS[letter]
    digit = unicodedata.digit(letter, None) if letter.isdecimal() else None
    return letter if digit is None else str(digit)
