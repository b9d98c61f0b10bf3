"""What an edition judges of each article for all of its readers: whether it may be told, where it stands, which story.

What depends on the reader (the mark, the chosen categories, the limits) is for `board`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from digest.editions.select import Filters, Sorter
from digest.editions.stories import clusters
from digest.model import Article, Category, Feed, Judged, Newsletter, Verdict

#: An article that changes again and again waits for so many times `settle`, and no longer.
_PATIENCE = 4
#: Articles with these verdicts tell nothing and belong to no story.
_NO_STORY = frozenset({Verdict.HELD, Verdict.EXCLUDED, Verdict.UNPLACED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What an edition is made under."""

    newsletter: Newsletter
    feeds: Mapping[str, Feed]
    #: All of the house, in order.
    categories: tuple[Category, ...]
    #: Aware, UTC.
    slot: datetime
    #: When it is made, not before `slot`.
    now: datetime
    #: The number of the last arrival that it holds.
    upto: int
    #: When all of its readers will have had another letter; None: that is not known.
    next_at: datetime | None = None
    #: Numbers of the articles that the operator wants first.
    pins: tuple[int, ...] = ()
    #: Of articles that a feed carries which is not configured any more: the categories where an edition had them first.
    stood: Mapping[int, tuple[str, ...]] = field(default_factory=dict)

    @property
    def not_before(self) -> datetime:
        """What arrived earlier is too old to be told."""
        return self.slot - self.newsletter.max_age

    def keeps(self, article: Article) -> bool:
        """Whether it will still be young enough in the next letter."""
        return self.next_at is not None and article.arrived_at + self.newsletter.max_age >= self.next_at


def judge(articles: Sequence[Article], terms: Terms, sorter: Sorter) -> dict[int, Judged]:
    """By number, in the order of `articles`; those that were old when they came are left out."""
    filters = Filters(terms.feeds, terms.newsletter)
    young = [each for each in articles if not each.backlog and each.arrived_at >= terms.not_before]
    found = [(each, *_verdict(each, terms, filters, sorter)) for each in young]
    stories = _stories([article for article, verdict, _, _ in found if verdict not in _NO_STORY])
    return {
        article.number: Judged(article, verdict, detail, places, stories.get(article.number, article.number))
        for article, verdict, detail, places in found
    }


def _verdict(article: Article, terms: Terms, filters: Filters, sorter: Sorter) -> tuple[Verdict, str, tuple[str, ...]]:
    places = sorter.places(article, terms.upto)
    if article.held:
        return Verdict.HELD, "", places
    if article.withdrawn:
        return Verdict.WITHDRAWN, "", places
    if reason := filters.why(article):
        return Verdict.EXCLUDED, reason, places
    if not places:
        return Verdict.UNPLACED, "", places
    if until := _unsettled_until(article, terms):
        return Verdict.SETTLING, f"until {until:%Y-%m-%d %H:%M} UTC", places
    return Verdict.FIT, "", places


def _unsettled_until(article: Article, terms: Terms) -> datetime | None:
    """Until when it is left alone; None: it is settled, or would be too old once it has settled."""
    settle = terms.newsletter.settle
    if settle <= timedelta() or not terms.keeps(article):
        return None
    until = min((article.changed_at or article.arrived_at) + settle, article.arrived_at + _PATIENCE * settle)
    return until if until > terms.now else None


def _stories(articles: Sequence[Article]) -> dict[int, int]:
    """The number of each article -> that of the first of its story."""
    return {number: story[0] for story in clusters(articles) for number in story}
