"""Old text is taken away in time, and what is known stays."""

import asyncio
from datetime import timedelta

from digest.app.house import open_house
from digest.app.keeping import keep_in_order
from digest.model import ArticleDraft
from digest.store import articles, migrate
from digest.store.articles import Arrival

DAY = timedelta(days=1)


def watched(town, retention):
    """A house whose configuration says how long, with an article of 100 days ago and one of today."""
    path = town.open().path
    path.write_text(path.read_text(encoding="utf-8") + f"retention: {retention}\n", encoding="utf-8")
    return open_house(path, environ={}, clock=lambda: town.now)


def arrive(house, name, at):
    draft = ArticleDraft(keys=(name,), title=name, url=f"https://e.example/{name}", excerpt="Some words.")
    house.database.call(articles.record, "world", "World", [Arrival(draft=draft)], at)


def test_articles_older_than_configured_lose_their_text_and_are_still_known(town):
    with watched(town, "{articles: 90d}") as house:
        migrate.upgrade(house.database)
        arrive(house, "old", town.now - 100 * DAY)
        arrive(house, "new", town.now)

        taken = asyncio.run(keep_in_order(house, asyncio.Event()))

        assert (taken.articles, taken.letters) == (1, 0)
        arrive(house, "old", town.now)
        assert house.database.call(articles.last_number) == 2, "it is the same article, and not new"
        assert asyncio.run(keep_in_order(house, asyncio.Event())).articles <= 1


def test_without_a_word_of_it_everything_is_kept(town):
    with watched(town, "{}") as house:
        migrate.upgrade(house.database)
        arrive(house, "old", town.now - 10_000 * DAY)

        assert asyncio.run(keep_in_order(house, asyncio.Event())).articles == 0


def test_asked_to_stop_it_leaves_the_rest_for_another_night(town):
    stop = asyncio.Event()
    stop.set()
    with watched(town, "{articles: 90d}") as house:
        migrate.upgrade(house.database)
        arrive(house, "old", town.now - 100 * DAY)

        assert asyncio.run(keep_in_order(house, stop)).articles == 0
