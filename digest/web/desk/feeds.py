"""Feeds on the desk: a table that can be sorted, with a small picture of what each brings."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from digest.app import feed_health
from digest.app.feed_health import Health
from digest.app.house import House
from digest.store import Connection, feeds, holding, pulse
from digest.web.desk.charts import spark

#: What can be sorted by: the words above the column, and the key.
SORTS: dict[str, tuple[str, Callable[[Health], Any]]] = {
    "state": ("State", lambda it: (it.word == "fine", it.word, it.feed.name)),
    "feed": ("Feed", lambda it: it.feed.name),
    "success": ("Last success", lambda it: (it.state.succeeded_at is not None, it.state.succeeded_at or 0)),
    "articles": ("A week", lambda it: (-it.a_week, it.feed.name)),
}


def health(connection: Connection, house: House) -> list[Health]:
    """Each feed as it is now."""
    now = house.clock()
    states = feeds.states(connection, list(house.feeds))
    pulses = pulse.pulses(connection, feed_health.spans(now, house.zone))
    found = feed_health.healths(list(house.feeds.values()), states, pulses, now)
    held = holding.held(connection)
    return [replace(each, held=held.get(each.feed.name, 0)) for each in found]


def rows(found: list[Health], sort: str) -> list[dict[str, object]]:
    """As the page shows them, sorted by one of `SORTS`."""
    _, key = SORTS.get(sort, SORTS["state"])
    return [
        {
            "name": each.feed.name,
            "url": each.feed.url,
            "state": each.word,
            "fine": each.word == "fine",
            "success": feed_health.ago(each.state.succeeded_at, each.now) or "never",
            "week": f"{each.a_week:g}",
            "spark": spark(each.days),
            "said": f"{sum(each.days)} articles in {len(each.days)} days",
            "error": each.state.last_error if each.state.failures else "",
        }
        for each in sorted(found, key=key)
    ]
