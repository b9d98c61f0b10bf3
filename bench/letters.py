"""What it costs to put the letters of an edition together."""

import random
import statistics
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from digest.editions.arrange import Arrangement
from digest.editions.render import Brief, Renderer, Setting
from digest.model import Article, Category, Image, Newsletter, Schedule, Section, Site, Story, View

_SLOT = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
_SECTIONS, _STORIES, _LETTERS = 8, 60, 500
_CATEGORIES = tuple(Category(name=f"topic-{n}", title=f"Topic {n}") for n in range(_SECTIONS))
_SENTENCE = "What happened there was told by those who saw it, and by some who did not. "


def main() -> None:
    """Prints the CPU time of the first letter, and of those that follow the median and the 95th percentile."""
    setting = Renderer().edition(_brief())
    stories = [_story(number) for number in range(1, _STORIES + 1)]
    first = _timed(setting, _arrangement(stories, list(range(_SECTIONS))))
    cold = _timed(Renderer().edition(_brief()), _arrangement(stories, list(range(_SECTIONS))))
    shuffle = random.Random(1)
    early, late = ([_timed(setting, _shuffled(stories, shuffle)) for _ in range(_LETTERS)] for _ in range(2))
    lines = (
        f"letters of {_STORIES} stories in {_SECTIONS} sections, HTML and text, ms of CPU each",
        f"  the first of all              {first:8.2f}",
        f"  the first of an edition       {cold:8.2f}",
        f"  the next {_LETTERS}, parts still made {_ranked(early)}",
        f"  {_LETTERS} more                      {_ranked(late)}",
    )
    sys.stdout.write("\n".join(lines) + "\n")


def _shuffled(stories: list[Story], shuffle: random.Random) -> Arrangement:
    """Six to eight of the sections, in any order."""
    return _arrangement(stories, shuffle.sample(range(_SECTIONS), shuffle.randint(_SECTIONS - 2, _SECTIONS)))


def _ranked(times: list[float]) -> str:
    ranked = sorted(times)
    return f"{statistics.median(ranked):8.2f} p50  {ranked[len(ranked) * 95 // 100]:8.2f} p95"


def _brief() -> Brief:
    site = Site(name="My Views", url="https://news.example", tagline="Unflinching", postal_address="1 High St")
    newsletter = Newsletter(
        name="daily", title="The Daily", schedule=Schedule(), categories=_CATEGORIES, sponsor="example"
    )
    return Brief(site=site, newsletter=newsletter, number=42, slot=_SLOT, note="A word before.\n\nAnd another.")


def _story(number: int) -> Story:
    image = Image(url=f"https://images.example/{number}.jpg", width=1200, height=675, alt="") if number % 3 else None
    article = Article(
        number=number,
        feeds=("post",),
        source=f"Source {number % 9}",
        title=f"Headline {number} is neither short nor long, as headlines are",
        url=f"https://post.example/{number}",
        arrived_at=_SLOT - timedelta(minutes=17 * number),
        excerpt=_SENTENCE * (1 + number % 3),
        image=image,
        words=300 + number,
    )
    also = (replace(article, number=1000 + number, source="Wire", url=f"https://wire.example/{number}"),)
    return Story(lead=article, also=also if number % 4 == 0 else (), is_update=number % 7 == 0)


def _arrangement(stories: list[Story], places: list[int]) -> Arrangement:
    """Stories as new objects, as each letter's arrangement has them."""
    sections = tuple(
        Section(category=_CATEGORIES[n], stories=tuple(replace(story) for story in stories[n::_SECTIONS]), more=n)
        for n in places
    )
    shown = sum(len(section.stories) for section in sections)
    return Arrangement(lead=sections[0].stories[0], sections=sections, shown=shown, minutes=90)


def _timed(setting: Setting, arrangement: Arrangement) -> float:
    view = View(mark=0, categories=tuple(each.name for each in _CATEGORIES), language="en", offset=0)
    begun = time.process_time()
    setting.letter(view, arrangement, "00c0ffee" * 4)
    return (time.process_time() - begun) * 1000


if __name__ == "__main__":
    main()
