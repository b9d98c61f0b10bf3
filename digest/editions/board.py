"""What each letter of one edition holds: what is new to its readers, arranged within the limits.

All that is the same for every letter (verdicts, stories, scores) is found once, so that a further letter costs little.
"""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from itertools import chain

from digest.editions import arrange
from digest.editions.arrange import Arrangement, Candidate, Group, dated
from digest.editions.judge import Terms, judge
from digest.editions.lanes import Entry, Lanes, found
from digest.editions.rank import Judge, Score, lead_first
from digest.editions.select import Sorter
from digest.model import Article, Category, FollowUps, Judged, Overflow, Section, Story, Verdict, View, WhenEmpty

#: An article of one of these may have been in a letter, or may come into one.
_TELLABLE = frozenset({Verdict.FIT, Verdict.SETTLING, Verdict.WITHDRAWN})
#: What is not told now, and may be in the next letter: what was taken back may come again.
_WAITING = frozenset({Verdict.SETTLING, Verdict.WITHDRAWN})

#: Marks whose stories are kept at hand: readers are asked for in the order of their marks.
_KEPT = 32


@dataclass(slots=True)
class _Draft:
    """A letter in the making."""

    groups: dict[str, Group]
    #: Numbers of articles that are new to the readers, and left for their next letter.
    waiting: list[int] = field(default_factory=list)


class Board:
    """One edition, judged, from which its letters are arranged."""

    def __init__(self, articles: Sequence[Article], terms: Terms) -> None:
        """`articles`: all that arrived by `terms.upto` and is young enough; more does not matter."""
        self.terms = terms
        self._sorter = Sorter(terms.feeds, terms.categories, terms.newsletter)
        self._scores = Judge(terms.feeds, terms.newsletter, terms.slot)
        self._pins = {number: place for place, number in enumerate(terms.pins)}
        self.judged = judge([each for each in articles if each.number <= terms.upto], terms, self._sorter)
        self._lanes: OrderedDict[tuple[int, int], Lanes] = OrderedDict()
        self._telling: dict[int, tuple[int, ...]] = {}
        self._entries: dict[tuple[int, frozenset[str]], Entry] = {}
        self._candidates: dict[tuple[int, ...], Candidate] = {}
        self._told: dict[tuple[tuple[int, ...], str, bool], Story] = {}

    def canonical(self, view: View) -> View:
        """The view that all have whose letter is the same as that of `view`."""
        mark = self._mark(view.mark)
        owed = tuple(number for number in view.owed if number <= mark and self._can_be_told(number, view.categories))
        # Views that began at different times differ only by articles of before the mark that have a say in stories.
        telling = chain(self._before(mark), (n for number in owed for n in self._numbers(number)))
        began = max((number for number in telling if number <= min(mark, view.began)), default=0)
        return replace(view, mark=mark, owed=owed, began=began)

    def fresh(self, mark: int) -> int:
        """How many articles may be told that arrived after `mark`."""
        found = self.judged.values()
        return sum(each.verdict is Verdict.FIT and last_arrival(each.article) > mark for each in found)

    def arrange(self, view: View, most: int | None = None) -> Arrangement:
        """What the letter of `view` holds: so many stories at most, and no more than the newsletter's limit."""
        limits = self.terms.newsletter.limits
        if most is not None:
            limits = replace(limits, stories=min(most, limits.stories))
        draft = self._drafted(self.canonical(view))
        groups = [group for group in draft.groups.values() if group.runs]
        chosen = arrange.told(groups, limits)
        told = {article.number for each in chain(*chosen) for article in each.articles}
        linked = arrange.left_over(groups, told, is_kept=False)
        carried = (*draft.waiting, *arrange.left_over(groups, told, is_kept=True))
        lead, sections = arrange.led(list(self._sections(groups, chosen)), self.terms.pins)
        stories = [story for section in sections for story in section.stories]
        return Arrangement(
            lead=lead,
            sections=sections,
            told=tuple(sorted(told)),
            linked=linked,
            carried=carried,
            waits=self._waits(stories, waiting=bool(carried), lost=bool(linked)),
            shown=len(stories),
            minutes=arrange.minutes(stories),
        )

    def _sections(self, groups: Sequence[Group], chosen: Sequence[Sequence[Candidate]]) -> Iterator[Section]:
        for group, told in zip(groups, chosen, strict=True):
            more = group.unkept - sum(not each.is_kept for each in told)
            if told or more:
                stories = tuple(self._story(candidate, group.category) for candidate in told)
                yield Section(category=group.category, stories=stories, more=more)

    def is_new(self, one: Judged, view: View) -> bool:
        """Whether it is to be told to the readers of `view`, or would be if it were fit.

        It is where their categories cover it by an arrival after the mark and did not before; an arrival before their
        choice of categories, or before they came, counts as told. What their last letter left over is new, too.
        """
        if not _among(one.places, view.categories):
            return False
        arrivals = _arrivals(one.article)
        if one.article.number in view.owed or min(arrivals) > view.mark:
            return True
        if max(arrivals) <= view.mark or one.article.number <= view.began:
            return False
        return not _among(self._places_before(one.article, view.mark), view.categories)

    def was_told(self, one: Judged, view: View) -> bool:
        """Whether a letter to the readers of `view` has told or counted it, by all that is known of them."""
        if one.article.number in view.owed or one.verdict not in _TELLABLE:
            return False
        if not view.began < one.article.number <= view.mark:
            return False
        return _among(self._places_before(one.article, view.mark), view.categories)

    def _places_before(self, article: Article, mark: int) -> tuple[str, ...]:
        """Where it stood for readers of `mark`; a feed that has been renamed, or is gone, does not make it news."""
        return (*self._sorter.places(article, mark), *self.terms.stood.get(article.number, ()))

    def score(self, articles: Sequence[Article]) -> Score:
        """Of a story, its lead first."""
        return self._scores.of(articles)

    def story_of(self, number: int) -> tuple[Judged, ...]:
        """All articles of the story that `number` belongs to, by number."""
        return self._stories[self.judged[number].story]

    @cached_property
    def _stories(self) -> dict[int, tuple[Judged, ...]]:
        found: dict[int, tuple[Judged, ...]] = {}
        for one in self.judged.values():
            found[one.story] = (*found.get(one.story, ()), one)
        return found

    @cached_property
    def _steady(self) -> frozenset[int]:
        """The stories whose articles have arrived once and wait for nothing.

        To readers whose mark is before all of it such a story comes to the same, whatever else their views are.
        """
        return frozenset(
            name
            for name, story in self._stories.items()
            if all(one.verdict not in _WAITING and len(set(_arrivals(one.article))) == 1 for one in story)
        )

    def _before(self, mark: int) -> tuple[int, ...]:
        """Numbers up to `mark` of articles in stories that go on after it."""
        if mark not in self._telling:
            several = (story for name, story in self._stories.items() if len(story) > 1 or name not in self._steady)
            going_on = (story for story in several if any(last_arrival(one.article) > mark for one in story))
            numbers = (one.article.number for story in going_on for one in story)
            self._telling[mark] = tuple(number for number in numbers if number <= mark)
        return self._telling[mark]

    def _drafted(self, view: View) -> _Draft:
        """The candidates of `view` by section, and what waits."""
        wanted = [each for each in self.terms.newsletter.categories if each.name in view.categories]
        draft = _Draft({category.name: Group(category) for category in wanted})
        owed = {self.judged[number].story for number in view.owed}
        parts = list(self._lanes_of(view).found(frozenset(draft.groups)))
        if owed:
            # What has something left over is looked at by itself, each a run of its own: it has its turn by its feed.
            parts = [part.without(lambda number: self.judged[number].story in owed) for part in parts]
            parts += [found([self._entry(self._stories[name], view)]) for name in sorted(owed)]
        for part in parts:
            draft.waiting += part.waiting
            for home, run in part.runs:
                draft.groups[home].runs.append(run)
        return draft

    def _lanes_of(self, view: View) -> Lanes:
        key = (view.mark, view.began)
        if key not in self._lanes:
            new = (
                story
                for story in self._stories.values()
                if any(one.places and last_arrival(one.article) > view.mark for one in story)
            )
            self._lanes[key] = Lanes(
                new, partial(self._touched, view.mark), partial(self._entered, replace(view, owed=()))
            )
            if len(self._lanes) > _KEPT:
                self._lanes.popitem(last=False)
        return self._lanes[key]

    def _touched(self, mark: int, story: Sequence[Judged]) -> frozenset[str]:
        """The categories that `story` is in, and was in at `mark`: what another feed carries leaves the rest."""
        before = () if story[0].story in self._steady else (self._places_before(one.article, mark) for one in story)
        return frozenset(chain(*(one.places for one in story), *before))

    def _entered(self, view: View, story: Sequence[Judged], chosen: frozenset[str]) -> Entry:
        own = replace(view, categories=tuple(chosen))
        if story[0].story not in self._steady or story[0].article.number <= view.mark:
            return self._entry(story, own)
        key = (story[0].story, chosen)
        if key not in self._entries:
            self._entries[key] = self._entry(story, own)
        return self._entries[key]

    def _entry(self, story: Sequence[Judged], view: View) -> Entry:
        """What `story` comes to for the readers of `view`."""
        new = [one for one in story if self.is_new(one, view)]
        waiting = tuple(one.article.number for one in new if one.verdict in _WAITING)
        fit = [one.article for one in new if one.verdict is Verdict.FIT]
        is_update = bool(fit) and any(self.was_told(one, view) for one in story)
        if not fit or (is_update and self.terms.newsletter.follow_ups is FollowUps.SKIP):
            return Entry(waiting=waiting)
        candidate = self._candidate(fit)
        owed = any(article.number in view.owed for article in fit)
        if owed or is_update:
            candidate = replace(candidate, owed=owed, is_update=is_update)
        places = self.judged[candidate.articles[0].number].places
        return Entry(
            home=next(name for name in places if name in view.categories), candidate=candidate, waiting=waiting
        )

    def _candidate(self, articles: Sequence[Article]) -> Candidate:
        key = tuple(article.number for article in articles)
        if key not in self._candidates:
            self._candidates[key] = self._made(articles)
        return self._candidates[key]

    def _made(self, articles: Sequence[Article]) -> Candidate:
        ordered = lead_first(articles, self.terms.feeds) if len(articles) > 1 else tuple(articles)
        pinned = [article for article in ordered if article.number in self._pins]
        if pinned:
            first = min(pinned, key=lambda article: self._pins[article.number])
            ordered = (first, *(article for article in ordered if article is not first))
        place = self._pins[ordered[0].number] if pinned else len(self._pins)
        score = self.score(ordered)
        newest = max(dated(article) for article in ordered)
        return Candidate(
            articles=ordered,
            rank=(place, -score.total, -newest.timestamp(), ordered[0].number),
            is_pinned=bool(pinned),
            is_kept=self._keeps_over() and all(self.terms.keeps(article) for article in ordered),
        )

    def _keeps_over(self) -> bool:
        return self.terms.newsletter.overflow is Overflow.CARRY

    def _story(self, candidate: Candidate, home: Category) -> Story:
        place = (tuple(article.number for article in candidate.articles), home.name, candidate.is_update)
        if place not in self._told:
            lead, *also = candidate.articles
            places = self.judged[lead.number].places
            elsewhere = tuple(
                each for each in self.terms.newsletter.categories if each.name in places and each.name != home.name
            )
            self._told[place] = Story(lead=lead, also=tuple(also), elsewhere=elsewhere, is_update=candidate.is_update)
        return self._told[place]

    def _waits(self, stories: Sequence[Story], *, waiting: bool, lost: bool) -> bool:
        """Whether no letter is made, and its readers' next one begins where this one would have begun."""
        newsletter = self.terms.newsletter
        if not stories:
            return waiting and newsletter.when_empty is WhenEmpty.SKIP
        if len(stories) >= newsletter.at_least or lost:
            return False
        return all(self.terms.keeps(article) for story in stories for article in story.articles)

    def _numbers(self, number: int) -> Iterator[int]:
        """Of all articles of a story."""
        return (one.article.number for one in self.story_of(number))

    def _can_be_told(self, number: int, categories: Iterable[str]) -> bool:
        one = self.judged.get(number)
        return one is not None and one.verdict in _TELLABLE and _among(one.places, categories)

    @cached_property
    def _arrived(self) -> tuple[int, ...]:
        return tuple(sorted({number for one in self.judged.values() for number in _arrivals(one.article)}))

    def _mark(self, mark: int) -> int:
        """The last arrival up to `mark` of what this edition has; 0 where all of it is later."""
        before = bisect_right(self._arrived, mark)
        return self._arrived[before - 1] if before else 0


def last_arrival(article: Article) -> int:
    """The number of the latest of its arrivals."""
    return max(_arrivals(article))


def _arrivals(article: Article) -> tuple[int, ...]:
    return article.since or (article.number,)


def _among(places: Iterable[str], categories: Iterable[str]) -> bool:
    return not set(places).isdisjoint(categories)
