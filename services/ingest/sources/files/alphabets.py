"""Which letters beyond a to z each language writes, and what makes a word readable: data for telling encodings apart."""

from __future__ import annotations

import re
import unicodedata
from itertools import combinations, pairwise

LATIN: dict[str, frozenset[str]] = {
    language: frozenset(letters)
    for language, letters in {
        "German": "äöüßé",
        "French": "àâæçéèêëîïôœùûüÿ",
        "Spanish": "áéíñóúü",
        "Portuguese": "áâãàçéêíóôõú",
        "Italian": "àèéìîòóù",
        "Dutch": "áèéêëíïóöúü",
        "Catalan": "àçèéíïòóúü",
        "Swedish": "åäöéü",
        "Finnish": "åäöšž",
        "Danish": "æøåé",
        "Norwegian": "æøåéòóô",
        "Icelandic": "áæéíðóöúýþ",
        "Polish": "ąćęłńóśźż",
        "Czech": "áčďéěíňóřšťúůýž",
        "Slovak": "áäčďéíľňóôšťúýž",
        "Hungarian": "áéíóöőúüű",
        "Romanian": "ăâîşţ",
        "Croatian": "čćđšž",
        "Lithuanian": "ąčęėįšųūž",
        "Latvian": "āčēģīķļņšūž",
        "Estonian": "äõöüšž",
        "Turkish": "âçğıİîöşüû",
    }.items()
}
"""Lower case; what a language has only in rare words is left out, since it would speak for a wrong encoding as often."""

_CJK = "Chinese or Japanese"
_NARROW = re.compile("[\uff61-\uff9f]")
"""Japanese letters of one byte, which any accented letter of another encoding may be: words only among themselves."""
_WIDE = ({_CJK}, {"Hangul"})
_SCRIPTS = {name.upper(): name for name in ("Latin", "Cyrillic", "Greek", "Hebrew", "Arabic", "Hangul")} | dict.fromkeys(
    ("CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "IDEOGRAPHIC", "FULLWIDTH", "HALFWIDTH"), _CJK
)
WRITTEN_IN = {
    "Cyrillic": ("Russian", "Ukrainian", "Bulgarian", "Serbian"),
    "Arabic": ("Arabic", "Persian"),
    "Hangul": ("Korean",),
    _CJK: ("Chinese", "Japanese"),
}
"""The languages of scripts that are not named after theirs."""
SPLITS = "’‘‚“”„«»‹›–—…·•\u00a0\u00ad\u3000、。「」『』（）［］【】・：；，！？～－／％＋〜،؛؟"
"""Signs that stand between words."""
ALONE = "€£¥¢§©®™°²³¹ªº¼½¾¿¡×÷±µ№₽₪"
_BEFORE, _AFTER = "¿¡§©", "°²³ªº®™©"
_LETTERS_ALONE = frozenset("ÀÉàáâãåæèéêíîòóôõöøüАВИКОСУЯавикосуяіїєηήο")
"""Letters that are words; others alone are more likely a sign such as £ in another encoding."""

_COMMON = {
    "shift_jis": range(0x88, 0x98),
    "cp932": range(0x88, 0x98),
    "euc-jp": range(0xB0, 0xD0),
    "gb18030": range(0xB0, 0xD8),
    "big5": range(0xA4, 0xC7),
    "euc-kr": range(0xB0, 0xC9),
}
"""First bytes of the characters that each of these encodings puts first, as the ones in use every day."""


def script(letter: str) -> str:
    """The script of a letter, with the Japanese and Chinese ones as one; "" for what is no letter."""
    if letter.isascii():
        return "Latin" if letter.isalpha() else ""
    kind = unicodedata.category(letter)[0] in "LMN"
    return _SCRIPTS.get(unicodedata.name(letter, "").split(" ")[0], "") if kind else ""


def readable(word: str, beside_digit: bool) -> bool:
    """Whether what holds signs beyond ASCII could be a word: of one script, capitals in front, no signs inside."""
    word = (word.strip(ALONE) and word).lstrip(_BEFORE).rstrip(_AFTER)
    if not word:
        return True
    scripts = {script(letter) for letter in word if letter not in "'-"}
    if scripts == {"Latin"}:
        return _readable_latin(word, beside_digit)
    if scripts - {"Latin"} in _WIDE:
        return _readable_wide(word, alone=len(scripts) == 1)
    return "" not in scripts and len(scripts) == 1 and _readable_other(word)


def _readable_wide(word: str, alone: bool) -> bool:
    if _NARROW.search(word):
        return alone and len(word) > 1
    return not any(map(str.islower, word))  # ID番号 is usual, a small Latin letter beside such ones is not


def _readable_other(word: str) -> bool:
    if unicodedata.combining(word[0]) or "ς" in word[:-1]:
        return False
    return word in _LETTERS_ALONE if len(word) == 1 else _well_cased(word)


def _readable_latin(word: str, beside_digit: bool) -> bool:
    if len(word) == 1:
        return word.isascii() or (word in _LETTERS_ALONE and not beside_digit)
    return _well_cased(word) and (len(word) == 2 or 4 * sum(map(str.isascii, word)) >= len(word))


def common(word: str, encoding: str) -> bool:
    """Whether a word, which this encoding reads, is of the characters that are written every day."""
    leads = _COMMON.get(encoding)
    return leads is None or all(
        letter.encode(encoding, "replace")[0] in leads
        for letter in word
        if "\u3400" <= letter <= "\u9fff" or "\uac00" <= letter <= "\ud7a3"
    )


def _well_cased(word: str) -> bool:
    return word.isupper() or not any(
        left.islower() and right.isupper() and not (left.isascii() and right.isascii()) for left, right in pairwise(word)
    )


def languages(letters: frozenset[str]) -> tuple[str, ...]:
    """The languages that write these letters, each for itself; else a pair that does together; else none."""
    alone = tuple(language for language, alphabet in LATIN.items() if letters <= alphabet)
    return alone or next((pair for pair in combinations(LATIN, 2) if letters <= LATIN[pair[0]] | LATIN[pair[1]]), ())
