"""The overtime rule of a connection, as somebody wrote it down: none means that overtime is what was logged as such."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from services.xero_connector.planner.overtime import IsHoliday, Rule, Tier
from services.xero_connector.planner.work import ORDINARY
from shared.kernel.duration import parse_hms
from shared.kernel.errors import Invalid

FIELDS = ("daily", "weekly", "seventh_day", "public_holiday", "holidays", "week_begins")
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_KIND = re.compile(r"[a-z0-9][a-z0-9:_ -]{0,59}")
_LONGEST = {"daily": 24 * 3600, "weekly": 7 * 24 * 3600}
MOST_TIERS = 5


@dataclass(frozen=True, slots=True)
class Overtime:
    """A rule with the holidays that it goes by."""

    rule: Rule
    is_holiday: IsHoliday

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of pay that it makes."""
        rule = self.rule
        named = [*(tier.kind for tier in (*rule.daily, *rule.weekly)), rule.seventh_day, rule.public_holiday]
        return tuple(sorted({kind for kind in named if kind}))


def load(body: Mapping[str, Any]) -> Overtime | None:
    """The rule of a body; None for an empty one. Raises Invalid naming what can't be.

    ``daily``, ``weekly``: [{after: h:mm:ss, kind}], rising; ``seventh_day``, ``public_holiday``: a kind of pay;
    ``holidays``: country or country-region, as AU-NSW, GB-ENG, NZ-AUK; ``week_begins``: a weekday, monday unless given.
    """
    unknown = sorted(set(body) - set(FIELDS))
    if unknown:
        raise Invalid("bad_rule", f"An overtime rule has no {unknown[0]!r}.", f"It has {', '.join(FIELDS)}.")
    rule = Rule(
        daily=_tiers(body, "daily"),
        weekly=_tiers(body, "weekly"),
        seventh_day=_kind(body, "seventh_day"),
        public_holiday=_kind(body, "public_holiday"),
        week_begins=_weekday(body.get("week_begins") or DAYS[0]),
    )
    if rule == Rule(week_begins=rule.week_begins):
        return None
    return Overtime(rule, _holidays(body.get("holidays"), wanted=rule.public_holiday is not None))


def _tiers(body: Mapping[str, Any], name: str) -> tuple[Tier, ...]:
    given = body.get(name) or []
    if not isinstance(given, list) or len(given) > MOST_TIERS or not all(isinstance(one, dict) for one in given):
        raise Invalid(
            "bad_rule", f"{name} is no list of up to {MOST_TIERS} tiers.", 'Write [{"after": "8:00:00", "kind": "overtime"}].'
        )
    found = tuple(Tier(_after(one.get("after"), name), _named(one.get("kind"), name)) for one in given)
    if any(one.after >= other.after for one, other in pairwise(found)):
        raise Invalid("bad_rule", f"The tiers of {name} don't rise.", "Write them in the order of their hours, each once.")
    return found


def _after(text: Any, name: str) -> int:
    seconds = parse_hms(text) if isinstance(text, str) else -1
    if not 0 <= seconds <= _LONGEST[name]:
        raise Invalid("bad_rule", f"{text!r} is no time after which {name} overtime begins.", "Write it as 8:00:00.")
    return seconds


def _kind(body: Mapping[str, Any], name: str) -> str | None:
    return _named(body[name], name) if body.get(name) else None


def _named(kind: Any, name: str) -> str:
    if not isinstance(kind, str) or not _KIND.fullmatch(kind) or kind == ORDINARY:
        raise Invalid(
            "bad_rule", f"{kind!r} is no kind of pay for {name}.", "Write a short word as overtime, overtime:2, holiday."
        )
    return kind


def _weekday(name: Any) -> int:
    if name not in DAYS:
        raise Invalid("bad_rule", f"{name!r} is no weekday.", f"Choose {', '.join(DAYS)}.")
    return DAYS.index(name)


def _holidays(place: Any, *, wanted: bool) -> IsHoliday:
    """Whether a day is a public holiday of a place."""
    if not wanted:
        return lambda day: False
    import holidays  # loaded where it is used: few have such a rule

    country, _, region = str(place or "").partition("-")
    known: Mapping[str, Sequence[str]] = holidays.list_supported_countries()
    if country not in known or (region and region not in known[country]):
        raise Invalid("bad_rule", f"The public holidays of {place!r} aren't known.", "Name a country and region, as AU-NSW.")
    calendar = holidays.country_holidays(country, subdiv=region or None)

    def is_holiday(day: date) -> bool:
        return day in calendar

    return is_holiday
