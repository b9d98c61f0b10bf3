"""What an operator types for a moment or a span of time, as values. Pure."""

import re
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from digest.errors import UsageError

_DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}
_SPAN = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_HINT = "write ISO 8601, as in 2026-03-29T07:00+01:00, or 'today 18:00', 'tomorrow 07:00', 'now'"


def moment(text: str, now: datetime, zone: ZoneInfo) -> datetime:
    """The moment that `text` names, aware, UTC; without an offset of its own it is by the clock of `zone`.

    A time that the clock skips is the same distance behind the gap; of one that comes twice, the first is meant
    (PEP 495, fold 0). Raises UsageError for what is no such thing; a date alone is none.
    """
    words = text.strip().lower()
    try:
        if words == "now":
            return now.astimezone(UTC)
        day, _, clock = words.partition(" ")
        if day in _DAYS:
            wall = datetime.combine(now.astimezone(zone) + timedelta(days=_DAYS[day]), _clock(clock))
        elif re.fullmatch(r"[0-9w-]+", words):
            raise UsageError(f"{text!r} names a day without a time: {_HINT}")
        else:
            wall = datetime.fromisoformat(text.strip())
        aware = wall if wall.tzinfo else wall.replace(tzinfo=zone)
        return aware.astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(f"{text!r} is not a moment: {_HINT}") from None


def span(text: str) -> timedelta:
    """The length of time that `text` names, as in ``36h``, ``365d`` or ``52w``. Raises UsageError."""
    found = re.fullmatch(r"([0-9]{1,5})([hdw])", text.strip().lower())
    if not found:
        raise UsageError(f"{text!r} is not a span of time: write a number and h, d or w, as in 365d")
    return int(found[1]) * _SPAN[found[2]]


def _clock(text: str) -> time:
    found = re.fullmatch(r"([0-9]{1,2}):([0-9]{2})", text.strip())
    if not found:
        raise ValueError(text)
    return time(int(found[1]), int(found[2]))
