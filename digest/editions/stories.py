"""Which articles tell the same event.

    articles ─▶ words, weighed ─▶ pairs that share rare ones ─▶ likeness of each pair ─▶ stories
                                  (a few for each article)      (and what forbids it)    (no chains)

A story that is told twice is better than two events that are taken for one, since of these one is hardly seen. So in
doubt articles stay apart, and a series ("No. 3", "No. 4") always does.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest
from itertools import product
from math import fsum, sqrt

from rapidfuzz import fuzz

from digest.editions.story_words import Words, numbers, read
from digest.model import Article

#: Seconds between the dates of two articles of one story, at the most.
_WINDOW = 3 * 86_400
#: Seconds between the dates of two articles of one source that are one text; a day later it is the next of a series.
_AGAIN = 12 * 3_600
#: Likeness, of 1, from which on two articles tell one event; so much more is asked of two that are a window apart.
_ALIKE, _ALIKE_LATER = 0.40, 0.15
#: Likeness that a member needs with the others of its story, on average: what only a chain of others connects has less.
_AKIN = 0.33
#: Weight of the words, and how many telling ones, that two articles have to share: "Morning briefing" is two.
_SHARED_WEIGHT, _SHARED_WORDS, _TELLS = 2.5, 3, 0.2
#: Weight of the rarest words of one that the other has to have, before the two are compared at all.
_WORTH_COMPARING = 1.0
#: An article is compared by so many of its rarest words, with so many articles before it that have the word, and with
#: the likeliest of these; in a story with so many of the members.
_RAREST, _REACH, _LIKELIEST, _SAMPLE = 12, 32, 8, 4
#: Similarity, of 100, from which on two excerpts are one text with light edits, and the bytes that make one a text.
_ONE_TEXT, _TEXT = 88, 60
#: Characters that are compared; it takes their square.
_COMPARED = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """An article as it is compared."""

    number: int
    #: Seconds since the epoch.
    at: float
    source: str
    #: The primary subtag; empty: unknown.
    language: str
    #: Its beginning.
    excerpt: str
    words: Words
    #: The length of the vector of its words, and what those of its title weigh.
    norm: float
    title_weight: float


@dataclass(slots=True)
class _Group:
    """The members of what may become a story, in places of the list of tellings."""

    members: list[int]
    sources: dict[str, int]
    first: float
    last: float


def clusters(articles: Iterable[Article]) -> tuple[tuple[int, ...], ...]:
    """The articles as stories: arrival numbers, ascending; the stories by their first. Each article is in one.

    Articles join when what they say agrees and nothing speaks against it: other numbers in the titles, another
    language, three days between them. Two of one source only when they are one text. The time that it takes grows
    as the number of articles does.
    """
    tellings, weights = _tellings(articles)
    likenesses = _Likenesses(tellings, weights)
    groups = [
        _Group(members=[place], sources={each.source: place}, first=each.at, last=each.at)
        for place, each in enumerate(tellings)
    ]
    for one, other in _alike(tellings, weights, likenesses):
        _join(groups, one, other, likenesses)
    stories = {id(group): tuple(sorted(tellings[place].number for place in group.members)) for group in groups}
    return tuple(sorted(stories.values()))


def likeness(one: Telling, other: Telling, weights: Mapping[str, float]) -> float:
    """0 to 1 by what both say; -1 where they cannot be one story, however alike.

    Half of it is how many of their words agree, half how much of the one's title the other says too.
    """
    if not _compatible(one, other):
        return -1.0
    # fsum: the words of a set come in another order in each process, and a preview has to show what is sent.
    shared = [weights[word] for word in one.words.text & other.words.text]
    if fsum(shared) < _SHARED_WEIGHT or sum(weight >= _TELLS for weight in shared) < _SHARED_WORDS:
        return 0.0
    cosine = fsum([weight * weight for weight in shared]) / (one.norm * other.norm)
    like = cosine / 2 + (_covered(one, other, weights) + _covered(other, one, weights)) / 4
    if like >= _AKIN and not _reconcilable(one, other):
        return -1.0
    return like


def _compatible(one: Telling, other: Telling) -> bool:
    return abs(one.at - other.at) <= _WINDOW and (
        one.language == other.language or not one.language or not other.language
    )


def _reconcilable(one: Telling, other: Telling) -> bool:
    """Whether neither a series nor other numbers speak against one story."""
    ours, theirs = one.words, other.words
    if one.source == other.source:
        again = ours.numbers == theirs.numbers and abs(one.at - other.at) <= _AGAIN
        return again and _is_one_text(one.excerpt, other.excerpt)
    if ours.numbers <= theirs.numbers or theirs.numbers <= ours.numbers:
        return True
    if ours.numbers <= theirs.text and theirs.numbers <= ours.text:
        return True
    # A wire's copy with a newer figure in the headline; what is the same in each number of a series gives no figures.
    return bool(numbers(one.excerpt)) and _is_one_text(one.excerpt, other.excerpt)


def _is_one_text(one: str, other: str) -> bool:
    length = min(len(one), len(other))
    first, second = one[:length], other[:length]
    if min(len(first.encode("utf-8", "replace")), len(second.encode("utf-8", "replace"))) < _TEXT:
        return False
    return numbers(first) == numbers(second) and fuzz.ratio(first, second) >= _ONE_TEXT


def _covered(one: Telling, other: Telling, weights: Mapping[str, float]) -> float:
    """The part of the one's title that the other says, in its title or its excerpt."""
    return fsum([weights[word] for word in one.words.title & other.words.text]) / one.title_weight


def _tellings(articles: Iterable[Article]) -> tuple[list[Telling], Mapping[str, float]]:
    """The articles in the order of their dates, and the weights of their words."""
    ordered = sorted(articles, key=lambda article: (_date(article), article.number))
    words, weights = read(ordered)
    return [_telling(article, each, weights) for article, each in zip(ordered, words, strict=True)], weights


def _telling(article: Article, words: Words, weights: Mapping[str, float]) -> Telling:
    return Telling(
        number=article.number,
        at=_date(article),
        source=(article.source or "".join(article.feeds[:1])).casefold(),
        language=article.language.partition("-")[0].casefold(),
        excerpt=article.excerpt[:_COMPARED],
        words=words,
        norm=sqrt(fsum([weights[word] ** 2 for word in words.text])) or 1.0,
        title_weight=fsum([weights[word] for word in words.title]) or 1.0,
    )


def _date(article: Article) -> float:
    arrived = article.arrived_at.timestamp()
    return min(article.published_at.timestamp(), arrived) if article.published_at else arrived


class _Likenesses:
    """Compares two tellings once, however often it is asked."""

    def __init__(self, tellings: Sequence[Telling], weights: Mapping[str, float]) -> None:
        self.tellings = tellings
        self._weights = weights
        self._known: dict[tuple[int, int], float] = {}

    def of(self, one: int, other: int) -> float:
        pair = (one, other) if one < other else (other, one)
        like = self._known.get(pair)
        if like is None:
            like = likeness(self.tellings[one], self.tellings[other], self._weights)
            self._known[pair] = like
        return like


def _alike(tellings: Sequence[Telling], weights: Mapping[str, float], likenesses: _Likenesses) -> list[tuple[int, int]]:
    """The pairs that tell one event, the most alike first."""
    found = []
    for one, other in _candidates(tellings, weights):
        like = likenesses.of(one, other)
        later = (tellings[other].at - tellings[one].at) / _WINDOW
        if like >= _ALIKE + later * _ALIKE_LATER:
            found.append((-like, one, other))
    return [(one, other) for _, one, other in sorted(found)]


def _candidates(tellings: Sequence[Telling], weights: Mapping[str, float]) -> Iterator[tuple[int, int]]:
    """Pairs that share rare words, the earlier first: for each telling the likeliest of those shortly before it."""
    places: defaultdict[str, list[int]] = defaultdict(list)
    for place, telling in enumerate(tellings):
        shared: defaultdict[int, float] = defaultdict(float)
        tells = [(weight, word) for word in telling.words.text if (weight := weights[word]) >= _TELLS]
        for weight, word in nlargest(_RAREST, tells):
            for before in places[word][-_REACH:]:
                shared[before] += weight
        oldest = telling.at - _WINDOW
        likely = [
            (weight, before)
            for before, weight in shared.items()
            if weight >= _WORTH_COMPARING and tellings[before].at >= oldest
        ]
        for _, before in nlargest(_LIKELIEST, likely):
            yield before, place
        for _, word in tells:
            places[word].append(place)


def _join(groups: list[_Group], one: int, other: int, likenesses: _Likenesses) -> None:
    """Makes one story of the two that these are in, unless its members would be too unlike."""
    ours, theirs = groups[one], groups[other]
    if ours is theirs or not _belong(ours, theirs, one, other, likenesses):
        return
    large, small = (ours, theirs) if len(ours.members) >= len(theirs.members) else (theirs, ours)
    large.members.extend(small.members)
    large.sources.update(small.sources)
    large.first, large.last = min(large.first, small.first), max(large.last, small.last)
    for place in small.members:
        groups[place] = large


def _belong(ours: _Group, theirs: _Group, one: int, other: int, likenesses: _Likenesses) -> bool:
    """Whether the members of two groups are like each other, and not only `one` of ours and `other` of theirs."""
    if max(ours.last, theirs.last) - min(ours.first, theirs.first) > _WINDOW:
        return False
    common = ours.sources.keys() & theirs.sources.keys()
    if any(likenesses.of(ours.sources[source], theirs.sources[source]) < _AKIN for source in common):
        return False
    pairs = product({one, *ours.members[:_SAMPLE]}, {other, *theirs.members[:_SAMPLE]})
    likes = [likenesses.of(mine, yours) for mine, yours in pairs]
    return min(likes) > 0 and sum(likes) / len(likes) >= _AKIN
