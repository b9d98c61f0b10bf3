"""The head of a feed -> how it wishes to be polled: RSS 2.0's ``ttl``, ``skipHours`` and ``skipDays``, and the update
period of the syndication module (https://web.resource.org/rss/1.0/modules/syndication/).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import NamedTuple

from digest.model import Wishes

#: Characters in which the wishes are looked for; a head is seldom longer than a few thousand.
_HEAD = 256 * 1024
#: Longer wishes are mistakes, or jokes; it is the longest that the syndication module can say.
_LONGEST = timedelta(days=365)

#: Everything that wishes stand in or may be hidden in, as far as the feed's own head goes, with the text that follows.
#: Whatever is not closed reaches to the end: each character is looked at a few times at most.
_TOKEN = re.compile(
    r"<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)"
    r"|<(?P<close>/?)(?:[\w.-]{1,40}:)?"
    r"(?P<name>item|entry|ttl|skiphours|skipdays|hour|day|updateperiod|updatefrequency)(?=[\s/>])[^<>]*>"
    r"(?:\s{0,40}<!\[CDATA\[)?(?P<text>[^<\]]{0,80})",
    re.DOTALL | re.IGNORECASE,
)
_NUMBER = re.compile(r"([0-9]{1,9})(?:\.[0-9]*)?")

_PERIODS: Mapping[str, timedelta] = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class _Said(NamedTuple):
    """One element of the head: where it stands, its name and its text, in lower case."""

    inside: str
    name: str
    text: str


def wishes(text: str) -> Wishes:
    """What the RSS, RDF or Atom document `text` wishes; `text` begins at its root element, and may be anything.

    Only what stands before the first item counts, so no article can speak for its feed. What makes no sense is as if
    it were not there, and so is a list of hours or days that leaves none.
    """
    said = list(_head(text))
    first = {each.name: each.text for each in reversed(said)}
    hours = frozenset(_hours(each.text for each in said if (each.inside, each.name) == ("skiphours", "hour")))
    days = frozenset(_days(each.text for each in said if (each.inside, each.name) == ("skipdays", "day")))
    return Wishes(
        every=min(max(_ttl(first), _update_period(first)), _LONGEST),
        skip_hours=hours if len(hours) < 24 else frozenset(),
        skip_days=days if len(days) < 7 else frozenset(),
    )


def _head(text: str) -> Iterator[_Said]:
    """The elements that wishes consist of, as far as they stand before the first item."""
    inside = ""
    for token in _TOKEN.finditer(text[:_HEAD]):
        name = (token["name"] or "").lower()
        if name in {"item", "entry"}:
            return
        if name in {"skiphours", "skipdays"}:
            inside = "" if token["close"] else name
        elif name and not token["close"]:
            yield _Said(inside, name, token["text"].strip().lower())


def _ttl(said: Mapping[str, str]) -> timedelta:
    """RSS 2.0's minutes for which a feed may be kept; zero: it does not say."""
    return timedelta(minutes=_number(said.get("ttl", "")))


def _update_period(said: Mapping[str, str]) -> timedelta:
    """The period by the number of updates in it; daily and once where the feed says only the other. Zero: neither."""
    if not {"updateperiod", "updatefrequency"} & set(said):
        return timedelta()
    period = _PERIODS.get(said.get("updateperiod", "daily"), timedelta())
    return period / (_number(said.get("updatefrequency", "")) or 1)


def _hours(texts: Iterable[str]) -> Iterator[int]:
    """0 to 23; some feeds count from 1 to 24."""
    for text in texts:
        if _NUMBER.fullmatch(text) and (hour := _number(text)) <= 24:
            yield hour % 24


def _days(texts: Iterable[str]) -> Iterator[int]:
    """0 for Monday."""
    return (_DAYS.index(text) for text in texts if text in _DAYS)


def _number(text: str) -> int:
    """A whole number as XML writes it, at most nine digits; 0 for anything else."""
    found = _NUMBER.fullmatch(text)
    return int(found[1]) if found else 0
