"""Seconds as hours with two decimals, so that the period's total is the rounded total and no day is far from its own."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from decimal import Decimal
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)
_HUNDREDTH = 36
"""Seconds in a hundredth of an hour."""


def units(seconds: Mapping[Key, int]) -> dict[Key, Decimal]:
    """The hours of each key by largest remainder; equal remainders in the order given. Seconds are 0 or more.

    Their sum is the sum of the seconds, rounded half-up; each is less than 0.01 from its own seconds.
    """
    hundredths = {key: value // _HUNDREDTH for key, value in seconds.items()}
    missing = rounded(sum(seconds.values())) - sum(hundredths.values())
    by_remainder = sorted(seconds, key=lambda key: -(seconds[key] % _HUNDREDTH))  # a stable sort keeps the given order
    for key in by_remainder[:missing]:
        hundredths[key] += 1
    return {key: Decimal(value).scaleb(-2) for key, value in hundredths.items()}


def rounded(seconds: int) -> int:
    """Hundredths of an hour, half-up."""
    return (seconds + _HUNDREDTH // 2) // _HUNDREDTH


def residue(seconds: Mapping[Key, int], sent: Mapping[Key, Decimal]) -> int:
    """The seconds that the units leave over: at most 18, negative when they pay a little more."""
    return sum(seconds.values()) - int(sum(sent.values(), Decimal(0)) * 100) * _HUNDREDTH
