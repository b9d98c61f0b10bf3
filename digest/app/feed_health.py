"""How a feed is, in a word, a line and a small picture. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo

from digest.app.sayings import counted
from digest.feeds import flood
from digest.model import Feed, FeedState

#: Days that the picture shows.
DAYS = 14
#: A feed is silent after so many of its usual gaps, and two days, in which no feed need publish.
_GAPS, _AT_LEAST = 5, timedelta(days=2)
_DAY = timedelta(days=1)
_BARS, _ASCII_BARS = "·▁▂▃▅▇", ".-=+*#"


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """One feed as it is now."""

    feed: Feed
    state: FeedState
    #: Articles of each of the last days, the oldest first.
    days: tuple[int, ...]
    #: Articles of as many days before those.
    before: int = 0
    #: Articles of it that are held.
    held: int = 0
    now: datetime

    @property
    def word(self) -> str:
        """Its state; what the operator should do something about goes before what can wait."""
        state = self.state
        if state.gone:
            return "gone"
        if state.polled_at is None:
            return "never polled"
        if state.failures:
            return "failing"
        if self.held:
            return "held"
        if state.address:
            return "moved"
        return "silent" if self._is_silent() else "fine"

    @property
    def a_week(self) -> float:
        """Articles in an average week of the last days, or of those for which a new feed has been known."""
        return round(sum(self.days) * 7 / self._known_days(), 1)

    def _known_days(self) -> float:
        """Since its first article; as long as its articles usually take, where that came just now."""
        silent = next((place for place, count in enumerate(self.days) if count), 0)
        if self.before or not silent:
            return len(self.days)
        return min(len(self.days), max(len(self.days) - silent, sum(self.days) * self.state.gap / _DAY))

    def _is_silent(self) -> bool:
        newest, gap = self.state.newest_at, self.state.gap
        return newest is not None and bool(gap) and self.now - newest > _GAPS * gap + _AT_LEAST

    def row(self, *, unicode: bool) -> tuple[object, ...]:
        """As `COLUMNS` name it."""
        state = self.state
        return (
            self.feed.name,
            self.word,
            ago(state.succeeded_at, self.now),
            "" if state.gone else ahead(state.next_poll_at, self.now),
            f"{self.a_week:g}",
            sparkline(self.days, unicode=unicode),
        )

    def as_json(self) -> dict[str, object]:
        state = self.state
        return {
            "feed": self.feed.name,
            "url": self.feed.url,
            "address": state.polled_url or self.feed.url,
            "categories": self.feed.categories,
            "state": self.word,
            "last_success": state.succeeded_at,
            "last_poll": state.polled_at,
            "next_poll": None if state.gone else state.next_poll_at,
            "failures": state.failures,
            "last_error": state.last_error,
            "remark": state.remark,
            "held": self.held,
            "newest_article": state.newest_at,
            "articles": sum(self.days),
            "articles_a_week": self.a_week,
            "days": self.days,
        }

    def remarks(self, place: str) -> list[str]:
        """What the table has no room for; `place` is the file and line of the feed's address."""
        state, name = self.state, self.feed.name
        said = {
            "gone": f"{name}: its server says that it is gone for good: remove it, or change url at {place}",
            "failing": f"{name}: {state.last_error} ({counted(state.failures, 'poll')} in a row)",
            "silent": f"{name}: its last article came {ago(state.newest_at, self.now)}; one came every "
            f"{_about(state.gap)} before",
        }
        found = [said[self.word]] if self.word in said else []
        if state.address:
            found.append(f"{name} is read at {state.address}: change url at {place}")
        elif state.moving_to:
            found.append(f"{name} is permanently redirected to {state.moving_to}")
        if self.held and flood.choice(name) not in state.remark:
            found.append(f"{name}: {flood.remark(self.held, name)}")
        return [*found, *([f"{name}: {state.remark}"] if state.remark else [])]


#: Of the table on a terminal and in a pipe.
COLUMNS = ("feed", "state", "last success", "next poll", "a week", "last 14 days")


def healths(
    feeds: Sequence[Feed], states: Mapping[str, FeedState], pulses: Mapping[str, tuple[int, ...]], now: datetime
) -> list[Health]:
    """Each of `feeds` as it is `now`; what is known of an address that is configured no more does not count.

    `pulses` are how many articles came in `spans`.
    """
    urls = {feed.name: feed.url for feed in feeds}
    states = {name: state for name, state in states.items() if state.url in {"", urls.get(name)}}
    quiet = (0,) * (DAYS + 1)
    return [
        Health(
            feed=feed,
            state=states.get(feed.name, FeedState(name=feed.name)),
            days=pulses.get(feed.name, quiet)[1:],
            before=pulses.get(feed.name, quiet)[0],
            now=now,
        )
        for feed in feeds
    ]


def days(now: datetime, zone: tzinfo) -> list[datetime]:
    """When each of the last days began in `zone`, the oldest first, today the last."""
    today = now.astimezone(zone).date()
    return [datetime.combine(today - timedelta(days=back), time(), zone) for back in reversed(range(DAYS))]


def spans(now: datetime, zone: tzinfo) -> list[datetime]:
    """Where the last days begin, and before them, as one span, as many more."""
    shown = days(now, zone)
    return [shown[0] - DAYS * _DAY, *shown]


def sparkline(counts: Sequence[int], *, unicode: bool) -> str:
    """A bar for each count, the highest for the largest."""
    bars = _BARS if unicode else _ASCII_BARS
    most = max(counts, default=0) or 1
    return "".join(bars[math.ceil(max(0, count) / most * (len(bars) - 1))] for count in counts)


def ago(at: datetime | None, now: datetime) -> str:
    """As in ``2 h ago``; empty where it never was."""
    if at is None:
        return ""
    return "just now" if now - at < timedelta(minutes=1) else f"{_about(now - at)} ago"


def ahead(at: datetime | None, now: datetime) -> str:
    """As in ``in 2 h``; what has no time, or whose time has come, is due now."""
    return "now" if at is None or at - now < timedelta(seconds=30) else f"in {_about(at - now)}"


def _about(span: timedelta) -> str:
    """`span` in one figure, rounded down but for what is less than a minute."""
    seconds = span.total_seconds()
    for unit, length in (("y", 31_557_600), ("d", 86_400), ("h", 3_600)):
        if seconds >= 2 * length or (unit == "h" and seconds >= length):
            return f"{int(seconds // length)} {unit}"
    return f"{max(1, int(seconds // 60))} min"
