"""Dates that a feed writes in its own language, such as ``Seg, 24 Set 2018 19:42:40 -0300``.

RFC 822 knows English names only, and feeds in the wild write others. The names are those of Unicode CLDR.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import cache

from babel.dates import get_month_names

#: Languages whose feeds are met most; of two that give one name to different months the first wins.
_LANGUAGES = (
    "en",
    "pt",
    "es",
    "fr",
    "de",
    "it",
    "nl",
    "pl",
    "ru",
    "uk",
    "cs",
    "sv",
    "da",
    "fi",
    "hu",
    "ro",
    "tr",
    "el",
)

_DATE = re.compile(
    r"(?P<day>\d{1,2})\.?\s+(?:de\s+)?(?P<month>[^\W\d]+)\.?,?\s+(?:de\s+)?(?P<year>\d{4})"
    r"(?:[\s,]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?)?"
    r"(?:\s*(?P<sign>[+-])(?P<zone>\d{2}):?(?P<half>\d{2}))?"
)


def local_date(text: str) -> datetime | None:
    """The moment that `text` names, in UTC, by which it is also read where it has no offset; None: it names none."""
    found = _DATE.search(text[:200])
    month = _months().get(found["month"].casefold()) if found else None
    if found is None or month is None:
        return None
    zone = _offset(found["sign"], found["zone"], found["half"])
    hour, minute, second = (int(found[part] or 0) for part in ("hour", "minute", "second"))
    try:
        moment = datetime(int(found["year"]), month, int(found["day"]), hour, minute, second, tzinfo=zone)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _offset(sign: str | None, hours: str | None, minutes: str | None) -> timezone:
    if not sign or int(hours or 0) > 14:
        return UTC
    ahead = timedelta(hours=int(hours or 0), minutes=int(minutes or 0) % 60)
    return timezone(ahead if sign == "+" else -ahead)


@cache
def _months() -> dict[str, int]:
    names: dict[str, int] = {}
    for language in _LANGUAGES:
        for width in ("wide", "abbreviated"):
            for context in ("format", "stand-alone"):
                for number, name in get_month_names(width, context, language).items():
                    names.setdefault(name.rstrip(".").casefold(), number)
    return names
