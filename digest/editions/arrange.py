"""In which order a letter tells its stories: sections, what each shows, what is only counted, and the lead."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain, zip_longest
from operator import attrgetter

from digest.model import Article, Category, Limits, Section, Story

#: The pace of an adult who reads silently, for non-fiction (Brysbaert 2019 found 238 in English).
WORDS_A_MINUTE = 230
#: A letter with fewer stories has no lead: there is nothing to lead.
_LEAD_FROM = 3
_RANK = attrgetter("rank")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """What one letter holds, in order."""

    #: Also the first story of its section; for a template to show it larger, once.
    lead: Story | None = None
    #: In the newsletter's order. A section that the limit leaves no story has only `more`.
    sections: tuple[Section, ...] = ()
    #: The arrival numbers of what is told, ascending; of what is counted and linked, and of what is left for the
    #: readers' next letter, in no order.
    told: tuple[int, ...] = ()
    linked: tuple[int, ...] = ()
    carried: tuple[int, ...] = ()
    #: Too little is to be told now: no letter is made, and its articles are in the next one.
    waits: bool = False
    #: Stories told.
    shown: int = 0
    #: Reading time of what is told, rounded up.
    minutes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A story that a letter may tell."""

    #: The lead first.
    articles: tuple[Article, ...]
    #: The least one stands first: its place among what the operator has pinned, score, date and number decide.
    rank: tuple[int, float, float, int]
    is_pinned: bool = False
    #: Beyond the limits it is left for the readers' next letter, not linked.
    is_kept: bool = False
    #: Left over from the readers' last letter.
    owed: bool = False
    is_update: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Candidates in order, what is pinned first, alike in whether they are kept."""

    candidates: tuple[Candidate, ...]
    #: Of all their articles, ascending.
    numbers: tuple[int, ...]
    is_kept: bool


def runs_of(candidates: Iterable[Candidate]) -> tuple[Run, ...]:
    """`candidates` in at most two runs: those that are not kept, and those that are."""
    ordered = sorted(candidates, key=_RANK)
    runs = []
    for is_kept in (False, True):
        found = tuple(each for each in ordered if each.is_kept is is_kept)
        numbers = tuple(sorted(article.number for each in found for article in each.articles))
        runs += [Run(candidates=found, numbers=numbers, is_kept=is_kept)] if found else []
    return tuple(runs)


@dataclass(slots=True)
class Group:
    """The candidates of one section."""

    category: Category
    runs: list[Run] = field(default_factory=list)

    @property
    def total(self) -> int:
        return sum(len(run.candidates) for run in self.runs)

    @property
    def unkept(self) -> int:
        """How many are told, or else linked."""
        return sum(len(run.candidates) for run in self.runs if not run.is_kept)

    def first(self, count: int) -> list[Candidate]:
        """The `count` candidates that are told: what is pinned, what is owed, and then the highest scores.

        Of what is owed each feed has its turn. Told in the order of their ranks, what is pinned first.
        """
        # Only so many runs, and of each so many candidates, can be among the first; what is owed has its own order.
        ahead = sorted(
            (run for run in self.runs if not run.candidates[0].owed), key=lambda run: run.candidates[0].rank
        )[:count]
        runs = chain(ahead, (run for run in self.runs if run.candidates[0].owed))
        found = sorted(chain.from_iterable(run.candidates[:count] for run in runs), key=_RANK)
        if len(found) > count:
            pinned = [each for each in found if each.is_pinned]
            owed = _in_turns([each for each in found if each.owed and not each.is_pinned])
            others = [each for each in found if not each.owed and not each.is_pinned]
            found = sorted([*pinned, *owed, *others][:count], key=_RANK)
        return found


def shares(sizes: Sequence[int], total: int) -> list[int]:
    """How many stories each section shows: one each in turn until all are served or `total` is spent."""
    given = [0] * len(sizes)
    left = min(total, sum(sizes))
    while left > 0:
        for index, size in enumerate(sizes):
            if left > 0 and given[index] < size:
                given[index] += 1
                left -= 1
    return given


def told(groups: Sequence[Group], limits: Limits) -> list[list[Candidate]]:
    """What each of `groups` tells, within the limits."""
    sizes = [min(group.total, limits.per_section) for group in groups]
    return [group.first(share) for group, share in zip(groups, shares(sizes, limits.stories), strict=True)]


def left_over(groups: Iterable[Group], told: Container[int], *, is_kept: bool) -> tuple[int, ...]:
    """The numbers of the articles in `groups` that are not told and are kept, or are not."""
    left: list[int] = []
    for run in (run for group in groups for run in group.runs if run.is_kept is is_kept):
        # Of a run whose first story is not told none is.
        some_are_told = run.candidates[0].articles[0].number in told
        left += [number for number in run.numbers if number not in told] if some_are_told else run.numbers
    return tuple(left)


def led(sections: Sequence[Section], pinned: Iterable[int]) -> tuple[Story | None, tuple[Section, ...]]:
    """The lead, and the sections with it as the first story of its own.

    It is what the operator has pinned, or the first story of the first section that has a picture.
    """
    stories = [(index, story) for index, section in enumerate(sections) for story in section.stories]
    if len(stories) < _LEAD_FROM:
        return None, tuple(sections)
    wanted = list(pinned)
    chosen = next((place for number in wanted for place in stories if number == place[1].lead.number), None)
    chosen = chosen or next((place for place in stories if place[0] == 0 and place[1].lead.image), None)
    if chosen is None:
        return None, tuple(sections)
    index, lead = chosen
    rest = tuple(story for story in sections[index].stories if story is not lead)
    first = replace(sections[index], stories=(lead, *rest))
    return lead, (*sections[:index], first, *sections[index + 1 :])


def only(arrangement: Arrangement, told: Container[int], pinned: Iterable[int]) -> Arrangement:
    """The same in the same order, but of its articles none are told except these."""
    kept = []
    for section in arrangement.sections:
        left = [story for each in section.stories if (story := _only(each, told))]
        if left or section.more:
            kept.append(replace(section, stories=tuple(left)))
    lead, sections = led(kept, pinned)
    stories = [story for section in sections for story in section.stories]
    return replace(
        arrangement,
        lead=lead,
        sections=sections,
        told=tuple(number for number in arrangement.told if number in told),
        shown=len(stories),
        minutes=minutes(stories),
    )


def _only(story: Story, told: Container[int]) -> Story | None:
    left = [article for article in story.articles if article.number in told]
    if len(left) == len(story.articles):
        return story
    if not left:
        return None
    # What the story belongs to beside its section is said of its lead.
    elsewhere = story.elsewhere if left[0] is story.lead else ()
    return replace(story, lead=left[0], also=tuple(left[1:]), elsewhere=elsewhere)


def minutes(stories: Iterable[Story]) -> int:
    """How long it takes to read them, rounded up."""
    words = sum(story.lead.words or len(story.lead.excerpt.split()) for story in stories)
    return -(-words // WORDS_A_MINUTE)


def dated(article: Article) -> datetime:
    """The publisher's date, which orders and displays but never decides what is new; no later than the arrival."""
    return min(article.published_at or article.arrived_at, article.arrived_at)


def _in_turns(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Candidates in order, one of each feed in turn."""
    by_feed: dict[str, list[Candidate]] = {}
    for each in candidates:
        by_feed.setdefault(next(iter(each.articles[0].feeds), ""), []).append(each)
    return [each for each in chain.from_iterable(zip_longest(*by_feed.values())) if each]
