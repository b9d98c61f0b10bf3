"""Dates as feeds write them, in whatever form and language: ``Mon, 23 Nov 2026 07:30 EST``, ``2026年11月23日``.

RFC 822 and ISO 8601 are what the formats ask for; what is met is everything that programs and people call a date.
"""

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from functools import cache

from babel.dates import get_month_names

#: Languages whose feeds are met most; of two that give one name to different months the first wins.
_LANGUAGES = (
    "en", "pt", "es", "fr", "de", "it", "nl", "pl", "ru", "uk", "cs", "sv", "da", "fi", "hu", "ro", "tr", "el", "nb",
    "ca", "hr", "sk", "bg", "id", "vi",
)  # fmt: skip
#: The months of RFC 822, in which nearly all feeds write; to load those of all languages takes a tenth of a second.
_RFC_822 = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11,
    "dec": 12,
}  # fmt: skip
#: Years outside of these are mistakes.
_YEARS = range(1970, 2100)
#: Characters of a date that are looked at.
_LONGEST = 100

_SECONDS = re.compile(r"(\d{9,10})(?:\.\d*)?|(\d{12,13})|(\d{15,16})")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:[T ]?(\d{2})(\d{2})(\d{2})?(?:[.,]\d+)?(?=\D|$))?")
_ORDINAL = re.compile(r"(\d{4})-(\d{3})(?!\d)")
_YEAR_FIRST = re.compile(
    r"(?<![\d:])(?P<year>\d{4})\s?(?:[-/.]|年|년)\s?(?P<month>\d{1,2})"
    r"(?:\s?(?:[-/.]|月|월)\s?(?P<day>\d{1,2})\s?(?:[.日일])?(?=\D|$)|\s?[月월]?(?=T|\s|$))"
)
_NAMED = re.compile(
    r"(?<![\d:])(?P<day>\d{1,2})(?:st|nd|rd|th|er|[.ºª°])?[\s-]*(?:de\s|of\s|d['’])?\s*(?P<name>[^\W\d_]+)[.,]*"
    r"[\s-]*(?:de\s|del\s)?\s*(?:(?P<year>\d{4})|['’]?(?P<short>\d{2}))(?![\d:])"
)
_NAME_FIRST = re.compile(
    r"(?P<name>[^\W\d_]{3,})[.,]*[\s-]+(?P<day>\d{1,2})(?:st|nd|rd|th)?(?![\d:])"
    r"[,\s-]+(?:\d{1,2}:\d{2}(?::\d{2})?(?:[,\s]+[A-Z]{1,5})?[,\s]+)?(?P<year>\d{4})(?![\d:])",
    re.IGNORECASE,
)
_HUNGARIAN = re.compile(r"(?P<year>\d{4})\.?\s(?P<name>[^\W\d_]{3,})[.,]*\s(?P<day>\d{1,2})(?![\d:])")
_DAY_FIRST = re.compile(
    r"(?<![\d:])(?P<day>\d{1,2})(?P<between>[-/.])\s?(?P<month>\d{1,2})(?P=between)\s?"
    r"(?:(?P<year>\d{4})|(?P<short>\d{2}))(?![\d:])"
)
_TIME = re.compile(
    r"(?P<before>오전|오후|上午|下午|午前|午後)?\s?(?<!\d)(?P<hour>\d{1,2})\s?(?::|[时時点시]\s?|h(?=\d\d))(?P<minute>\d{1,2})"
    r"(?:\s?(?::|[分분]\s?)(?P<second>\d{1,2})(?:[.,:]\d+)?)?[分분秒초]?(?:\s?(?P<half>[ap])\.?m\b\.?)?",
    re.IGNORECASE,
)
_ZONE = re.compile(
    r"\s*\(?(?:etc/)?(?P<name>[A-Za-z]{1,5}(?![\w/]))?\s?(?:(?P<sign>[+\-−])(?P<hours>\d{1,2}):?(?P<minutes>\d{2})?(?!\d))?",
    re.IGNORECASE,
)
#: The time of ISO 8601's basic form behind a date of its extended one.
_RUN_TOGETHER = re.compile(r"(?<=\dT)(\d{2})(\d{2})(\d{2})(?!\d)")
_LATER_HALF = {"오후", "下午", "午後"}

#: Minutes ahead of UTC. RFC 5322 4.3 knows those of North America only.
_ZONES = {
    "est": -300, "edt": -240, "et": -300, "cst": -360, "cdt": -300, "ct": -360, "mst": -420, "mdt": -360, "mt": -420,
    "pst": -480, "pdt": -420, "pt": -480, "ast": -240, "adt": -180, "nst": -210, "ndt": -150, "akst": -540,
    "akdt": -480, "hst": -600, "brt": -180, "art": -180, "clt": -240, "bst": 60, "wet": 0, "west": 60, "cet": 60,
    "cest": 120, "met": 60, "mest": 120, "mez": 60, "mesz": 120, "eet": 120, "eest": 180, "msk": 180, "msd": 240,
    "trt": 180, "sast": 120, "eat": 180, "ist": 330, "pkt": 300, "npt": 345, "wib": 420, "ict": 420, "hkt": 480,
    "sgt": 480, "awst": 480, "jst": 540, "kst": 540, "acst": 570, "acdt": 630, "aest": 600, "aedt": 660, "nzst": 720,
    "nzdt": 780,
}  # fmt: skip


def read_date(text: str) -> datetime | None:
    """The moment that `text` names, in UTC, by which it is also read where it has no zone; None: it names none.

    Of "03/04/2026" the day comes first, since that is so in most countries. A weekday that is not the date's is
    passed over.
    """
    line = " ".join(unicodedata.normalize("NFKC", text[: 4 * _LONGEST]).split())[:_LONGEST]
    try:
        return _since_1970(line) or _compact(line) or _spelt(line)
    except (ValueError, OverflowError):
        return None


def _since_1970(line: str) -> datetime | None:
    found = _SECONDS.fullmatch(line)
    if found is None:
        return None
    seconds, thousandths, millionths = found.groups()
    whole = int(seconds) if seconds else int(thousandths) // 1_000 if thousandths else int(millionths) // 1_000_000
    return _sane(datetime.fromtimestamp(whole, UTC))


def _compact(line: str) -> datetime | None:
    """ISO 8601's forms without marks between, and its day of the year; raises ValueError for what is no date."""
    if found := _ORDINAL.match(line):
        first = datetime(int(found[1]), 1, 1, tzinfo=UTC)
        return _sane(first + timedelta(days=int(found[2]) - 1)) if 0 < int(found[2]) <= 366 else None
    found = _COMPACT.match(line)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
    return _moment((year, month, day), (hour, minute, second), line[found.end() :])


def _spelt(line: str) -> datetime | None:
    """A date with marks or names in it; raises ValueError for what is none."""
    day = _day(line)
    if day is None:
        return None
    line = _RUN_TOGETHER.sub(r"\1:\2:\3", line)
    time = _TIME.search(line)
    if time is None:
        return _moment(day, (0, 0, 0), "")
    return _moment(day, _clock(time), line[time.end() :])


def _day(line: str) -> tuple[int, int, int] | None:
    """Year, month and day, not checked yet."""
    if re.match(r"\d{4}$", line):
        return int(line), 1, 1
    if found := _YEAR_FIRST.search(line):
        return int(found["year"]), int(found["month"]), int(found["day"] or 1)
    for form in (_NAMED, _NAME_FIRST, _HUNGARIAN):
        for found in form.finditer(line):
            name = found["name"].casefold()
            if month := _RFC_822.get(name) or _months().get(name):
                return _year(found), month, int(found["day"])
    if found := _DAY_FIRST.search(line):
        day, month = int(found["day"]), int(found["month"])
        return (_year(found), day, month) if month > 12 else (_year(found), month, day)
    return None


def _year(found: re.Match[str]) -> int:
    parts = found.groupdict()
    if parts["year"]:
        return int(parts["year"])
    short = int(parts["short"])
    return short + (2000 if short < 70 else 1900)


def _clock(time: re.Match[str]) -> tuple[int, int, int]:
    hour = int(time["hour"])
    half = (time["half"] or "").lower()
    if (half == "p" or time["before"] in _LATER_HALF) and hour < 12:
        hour += 12
    elif (half == "a" or (time["before"] and time["before"] not in _LATER_HALF)) and hour == 12:
        hour = 0
    return hour, int(time["minute"]), int(time["second"] or 0)


def _moment(day: tuple[int, int, int], clock: tuple[int, int, int], rest: str) -> datetime | None:
    """Raises ValueError for what is no day or no time; midnight may be 24:00, and a leap second is the one before."""
    hour, minute, second = clock
    midnight = datetime(*day, tzinfo=_zone(rest))
    if hour > 24 or minute > 59 or second > 60 or (hour == 24 and (minute or second)):
        raise ValueError(clock)
    return _sane((midnight + timedelta(hours=hour, minutes=minute, seconds=min(second, 59))).astimezone(UTC))


def _zone(rest: str) -> timezone:
    """The zone that `rest` begins with; UTC where there is none that is known."""
    found = _ZONE.match(rest)
    if found is None:
        return UTC
    if found["sign"]:
        ahead = timedelta(hours=int(found["hours"]), minutes=min(int(found["minutes"] or 0), 59))
        if ahead > timedelta(hours=14):
            return UTC
        return timezone(ahead if found["sign"] == "+" else -ahead)
    return timezone(timedelta(minutes=_ZONES.get((found["name"] or "").lower(), 0)))


def _sane(moment: datetime) -> datetime | None:
    return moment if moment.year in _YEARS else None


@cache
def _months() -> dict[str, int]:
    names = {"sept": 9}
    for language in _LANGUAGES:
        for width in ("wide", "abbreviated"):
            for context in ("format", "stand-alone"):
                for number, name in get_month_names(width, context, language).items():
                    names.setdefault(name.rstrip(".").casefold(), number)
    return names
