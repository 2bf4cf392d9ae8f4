"""Amounts of money: a Decimal beside an ISO 4217 code, and the one grammar in which numbers are taken."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache

from shared.kernel.errors import Invalid
from shared.kernel.quote import quoted

_EXPONENTS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW "
    "CNY COP COU CRC CUC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HRK HTG HUF IDR "
    "ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN "
    "NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC "
    "SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG ZWL",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
EXPONENT: dict[str, int] = {code: places for places, codes in _EXPONENTS.items() for code in codes.split()}
"""ISO 4217 code -> digits after the point. Metals and test codes have none and are no currency here."""

_STEPS = {code: Decimal(1).scaleb(-places) for code, places in EXPONENT.items()}
_WIDE = Context(prec=60, rounding=ROUND_HALF_UP)


def check_currency(code: object) -> str:
    """The code itself when it is one of ISO 4217's."""
    if isinstance(code, str) and code in EXPONENT:
        return code
    raise Invalid(
        "unknown_currency",
        f"{quoted(code)} is not an ISO 4217 currency code",
        "write the three capital letters, for example USD",
    )


def exponent(currency: str) -> int:
    """Digits after the point: 2 for USD, 0 for JPY, 3 for KWD."""
    return EXPONENT[check_currency(currency)]


def round_money(value: Decimal, currency: str) -> Decimal:
    """The value in the currency's smallest unit, halves away from zero; never a negative zero."""
    step = _STEPS[check_currency(currency)]
    if not value.is_finite() or value.adjusted() > 40:
        raise Invalid("bad_number", f"{quoted(value)} is not an amount of money", "give a finite number of ordinary size")
    return _WIDE.add(value.quantize(step, context=_WIDE), 0)


def parse_decimal(text: object, *, places: int = 7, digits: int = 9, negative: bool = False) -> Decimal:
    """A number in ASCII digits: up to ``digits`` before the point and ``places`` after it; no exponent, no negative zero."""
    if not isinstance(text, str) or len(text) > 64:
        raise Invalid("bad_number", f"{quoted(text)} is not a number as it is written here", _remedy(places, digits))
    return _parsed(text, places, digits, negative)


@lru_cache(maxsize=4096)  # rates and prices repeat
def _parsed(text: str, places: int, digits: int, negative: bool) -> Decimal:
    match = _grammar(places, digits).fullmatch(text)
    if match is None:
        raise Invalid("bad_number", f"{quoted(text)} is not a number as it is written here", _remedy(places, digits))
    value = Decimal(match[0])
    if match[1] and (not negative or not value):
        raise Invalid("bad_number", f"{quoted(text)} has a minus sign, which has no place here", "give zero or more, unsigned")
    return value


@lru_cache(maxsize=64)
def _grammar(places: int, digits: int) -> re.Pattern[str]:
    fraction = rf"(?:\.[0-9]{{1,{places}}})?" if places else ""
    return re.compile(rf"(-?)[0-9]{{1,{digits}}}{fraction}")


def _remedy(places: int, digits: int) -> str:
    fraction = f" and up to {places} after a point" if places else " and no point"
    return f"write digits 0-9 only: up to {digits}{fraction}, for example 12{'.5' if places else ''}"
