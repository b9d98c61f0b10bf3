"""In which order a letter tells its stories: sections, what each shows, what is only counted, and the lead."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from digest.editions.select import Sorter
from digest.model import Article, Category, Newsletter, Section, Story, View

#: The pace of an adult who reads silently, for non-fiction (Brysbaert 2019 found 238 in English).
WORDS_A_MINUTE = 230
#: A letter with fewer stories has no lead: there is nothing to lead.
_LEAD_FROM = 3


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What one letter holds, in order."""

    #: Also the first story of the first section; for a template to show it larger, once.
    lead: Story | None
    #: In the newsletter's order. A section that the limit leaves no story has only `more`.
    sections: tuple[Section, ...]
    #: The arrival numbers of all that is told or counted, ascending.
    articles: tuple[int, ...]
    #: Stories told.
    shown: int
    #: Reading time of what is told, rounded up.
    minutes: int


def arrange(articles: Iterable[Article], newsletter: Newsletter, view: View, sorter: Sorter) -> Arrangement:
    """The articles that the view's categories cover, each told or counted in one section.

    That is the first of the newsletter's categories that the article belongs to and the view has.
    """
    groups = _grouped(articles, newsletter, view, sorter)
    limits = newsletter.limits
    shares = _shares([min(len(stories), limits.per_section) for _, stories in groups], limits.stories)
    sections = tuple(
        Section(category=category, stories=tuple(stories[:share]), more=len(stories) - share)
        for (category, stories), share in zip(groups, shares, strict=True)
    )
    told = [story for section in sections for story in section.stories]
    lead = _lead(sections[0].stories) if len(told) >= _LEAD_FROM else None
    if lead:
        sections = (_led_by(lead, sections[0]), *sections[1:])
    return Arrangement(
        lead=lead,
        sections=sections,
        articles=tuple(sorted(a.number for _, stories in groups for story in stories for a in story.articles)),
        shown=len(told),
        minutes=_minutes(told),
    )


def _grouped(
    articles: Iterable[Article], newsletter: Newsletter, view: View, sorter: Sorter
) -> list[tuple[Category, list[Story]]]:
    """The categories that have stories, in the newsletter's order, each with its own, the newest first."""
    wanted = [category for category in newsletter.categories if category.name in view.categories]
    groups: dict[str, list[Article]] = {category.name: [] for category in wanted}
    for article in articles:
        belongs = sorter.of(article)
        home = next((name for name in groups if name in belongs), None)
        if home is not None:
            groups[home].append(article)
    return [
        (category, [_story(article, category, newsletter, sorter) for article in _newest_first(groups[category.name])])
        for category in wanted
        if groups[category.name]
    ]


def _story(article: Article, home: Category, newsletter: Newsletter, sorter: Sorter) -> Story:
    belongs = sorter.of(article)
    elsewhere = tuple(each for each in newsletter.categories if each.name in belongs and each.name != home.name)
    return Story(lead=article, elsewhere=elsewhere)


def _newest_first(articles: Iterable[Article]) -> list[Article]:
    """By date; of one date in the order of arrival."""
    return sorted(sorted(articles, key=lambda article: article.number), key=dated, reverse=True)


def dated(article: Article) -> datetime:
    """The publisher's date, which orders and displays but never decides what is new; no later than the arrival."""
    return min(article.published_at or article.arrived_at, article.arrived_at)


def _shares(sizes: Sequence[int], total: int) -> list[int]:
    """How many stories each section shows: one each in turn until all are served or `total` is spent."""
    shares = [0] * len(sizes)
    left = min(total, sum(sizes))
    while left > 0:
        for index, size in enumerate(sizes):
            if left > 0 and shares[index] < size:
                shares[index] += 1
                left -= 1
    return shares


def _lead(stories: Iterable[Story]) -> Story | None:
    return next((story for story in stories if story.lead.image), None)


def _led_by(lead: Story, section: Section) -> Section:
    return replace(section, stories=(lead, *(story for story in section.stories if story is not lead)))


def _minutes(stories: Iterable[Story]) -> int:
    words = sum(story.lead.words or len(story.lead.excerpt.split()) for story in stories)
    return -(-words // WORDS_A_MINUTE)
