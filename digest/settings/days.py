"""Parsers of a schedule's days: what stands in the YAML -> a value, or `wrong` with what would be right."""

import re
from dataclasses import dataclass
from datetime import date

from digest.editions.quiet import known_place, places_like
from digest.model import DayOfMonth
from digest.settings.values import DAYS, as_text, wrong

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "last": -1}
_MOST_DAYS = 366


@dataclass(frozen=True, slots=True)
class Interval:
    """Every so many weeks, or else days."""

    count: int
    in_weeks: bool


def interval(value: object) -> Interval:
    found = re.fullmatch(r"([0-9]{1,3}) (day|week)s?", as_text(value, "an interval, as in 2 weeks").lower())
    if found:
        in_weeks = found[2] == "week"
        if 0 < int(found[1]) * (7 if in_weeks else 1) <= _MOST_DAYS:
            return Interval(int(found[1]), in_weeks)
    raise wrong("{value} is not an interval", hint="write 1 to 366 days or 1 to 52 weeks, as in 3 days or 2 weeks")


def day(value: object) -> date:
    text = as_text(value, "a date, as in 2026-12-25")
    try:
        found = date.fromisoformat(text) if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else None
    except ValueError:
        found = None
    if found and 1900 <= found.year < 2200:
        return found
    raise wrong("{value} is not a date", hint="write year, month and day, as in 2026-12-25")


def span(value: object) -> tuple[date, date]:
    """The first and the last day of a date, or of two with dots between them."""
    first, dots, last = as_text(value, "a date or two, as in 2026-12-24..2027-01-01").partition("..")
    begin, end = day(first), day(last if dots else first)
    if begin > end:
        raise wrong("{value} ends before it begins")
    if (end - begin).days >= _MOST_DAYS:
        raise wrong("{value} is longer than a year")
    return begin, end


def day_of_month(value: object) -> DayOfMonth:
    """Of ``first monday``, ``last day`` or ``15``."""
    text = as_text(value, "a day of the month, as in first monday or 15").lower()
    if re.fullmatch(r"[0-9]{1,2}", text) and 1 <= int(text) <= 31:
        return DayOfMonth(nth=int(text))
    word, _, what = text.partition(" ")
    nth, names = _ORDINALS.get(word), (*DAYS, *_WEEKDAYS)
    if nth and what == "day":
        return DayOfMonth(nth=nth)
    if nth and what in names:
        return DayOfMonth(nth=nth, weekday=names.index(what) % 7)
    raise wrong("{value} is not a day of the month", hint="write first monday, last friday, last day, or 1 to 31")


def place(value: object) -> str:
    """A country whose holidays are known, or a part of one: ISO 3166."""
    text = as_text(value, "a country, as in DE, DE-BE or GB-ENG")
    found = known_place(text)
    if found:
        return found
    like = places_like(text)
    how = "write a country, or one and its part, as ISO 3166 does: DE, DE-BE or GB-ENG"
    raise wrong("{value} is no place whose holidays are known", hint="" if like else how, among=like)
