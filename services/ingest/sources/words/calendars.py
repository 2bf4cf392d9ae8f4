"""Names of months and weekdays, from CLDR as Babel carries it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from babel import Locale

from services.ingest.sources.words.vocabulary import fold

LANGUAGES = (
    *("en", "de", "fr", "es", "pt", "it", "nl", "ru", "ar", "ja", "sv", "da", "nb", "fi", "pl", "cs", "sk", "tr", "hu", "ro"),
    *("uk", "el", "he", "id", "vi", "zh", "ko", "bg", "hr", "sl", "lt", "lv", "et", "ca", "th", "ms"),
)
"""The languages whose names of months are known; where they share a word for another month, the first one is taken."""

_REGIONS = {"en": ("en", "en_GB"), "ar": ("ar", "ar_SY", "ar_DZ"), "de": ("de", "de_AT"), "pt": ("pt", "pt_PT")}
_MORE = {"de": {"mrz": 3, "mär": 3}, "en": {"sept": 9}}
_PREFIX = 3


@cache
def months(language: str) -> dict[str, int]:
    """Name of a month, folded -> 1 to 12: written out, shortened, or its first letters where only one month begins so."""
    return _names(language, "months") | _MORE.get(language, {})


@cache
def weekdays(language: str) -> dict[str, int]:
    """Name of a weekday, folded -> 0 (Monday) to 6."""
    return _names(language, "days")


def _names(language: str, what: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for region in _REGIONS.get(language, (language,)):
        table = getattr(Locale.parse(region), what)
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated", "short"):
                found |= {fold(name): number for number, name in table[context].get(width, {}).items()}
    return _prefixes(found) | {name: number for name, number in found.items() if not name.isdigit()}


def _prefixes(names: dict[str, int]) -> dict[str, int]:
    meant: dict[str, set[int]] = {}
    for name, number in names.items():
        for length in range(_PREFIX, len(name)):
            if name[:length].isalpha():
                meant.setdefault(name[:length], set()).add(number)
    return {begin: next(iter(numbers)) for begin, numbers in meant.items() if len(numbers) == 1}


@cache
def month_of(word: str, languages: Iterable[str]) -> int | None:
    """The month that a folded word names in the first of the languages that knows it."""
    return next((found for language in languages if (found := months(language).get(word))), None)
