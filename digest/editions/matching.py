"""Whether an article is meant by what an operator wrote: tags, words, regular expressions, authors and feeds."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, count

from digest.editions.patterns import Patterns, encoded
from digest.model import Article, Match

#: Characters that are read of a title and of an excerpt: three times what an excerpt has. What is done to a text takes
#: time that grows faster than its length where somebody heaps accents on one letter.
_LONGEST = 1_000
#: Labels and feeds of one article that are looked at.
_MOST = 200
#: How the Unicode names of characters begin whose scripts are written without spaces between words. Hangul is among
#: them because its particles are written onto the noun: a whole word would hardly ever be the bare keyword.
_UNSPACED = ("CJK", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA", "HANGUL", "THAI", "LAO", "KHMER", "MYANMAR")
#: Beside currency, mathematical and other symbols: what tells C# from C and AT&T from "at t".
_TELLING = "#&@%"
#: What stands between several authors, and before the first.
_BETWEEN_AUTHORS = re.compile(r"[,;&/|]| and ")
_BY = "by "


class Prepared:
    """An article as it is compared, each part made when it is first asked for."""

    def __init__(self, article: Article, feeds: tuple[str, ...] | None = None) -> None:
        """`feeds`: those that count as carrying it; None: all that do."""
        self.feeds = frozenset((article.feeds if feeds is None else feeds)[:_MOST])
        self._article = article

    @cached_property
    def tags(self) -> frozenset[str]:
        return frozenset(_folded(tag[:_LONGEST]) for tag in self._article.tags[:_MOST])

    @cached_property
    def text(self) -> str:
        """The words of title and excerpt with one space on either side of each."""
        title, excerpt = (_words(text) for text in self._texts)
        # The line break keeps a phrase from beginning in the title and ending in the excerpt.
        return f" {title} \n {excerpt} "

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset(self.text.split())

    @cached_property
    def encoded(self) -> tuple[bytes, ...]:
        """Title and excerpt as patterns search them."""
        return tuple(encoded(text) for text in self._texts)

    @cached_property
    def authors(self) -> frozenset[str]:
        """The author as given, and each name where there are several."""
        whole = _folded(self._article.author[:_LONGEST]).removeprefix(_BY)
        return frozenset({whole, *(name.strip() for name in _BETWEEN_AUTHORS.split(whole))})

    @property
    def _texts(self) -> tuple[str, str]:
        return self._article.title[:_LONGEST], self._article.excerpt[:_LONGEST]


@dataclass(frozen=True, slots=True)
class _Criterion:
    """One thing that an operator wrote, and in which of the matches; of one match the least rank was written first."""

    match: int
    rank: int
    #: As in ``word "Kyiv"``.
    said: str


class Matchers:
    """Several matches, made ready to be compared with many articles: an article costs much the same for one or for all.

    What has nothing left when it is folded, such as the word "...", fits nothing.
    """

    def __init__(self, matches: Sequence[Match]) -> None:
        """Raises ValueError for a pattern that RE2 cannot read."""
        self._tags: _Index = {}
        self._words: _Index = {}
        #: By their first words, and with a space on either side, as they stand in a text.
        self._phrases: dict[str, list[tuple[str, _Criterion]]] = {}
        self._authors: _Index = {}
        self._feeds: _Index = {}
        self._expressions: list[_Criterion] = []
        for number, match in enumerate(matches):
            self._add(number, match)
        self._patterns = Patterns([pattern for match in matches for pattern in match.patterns])

    def why(self, article: Prepared) -> dict[int, str]:
        """The places of those that fit, ascending, each with what fits, as in ``word "Kyiv"`` or ``feed guardian``.

        It is what the operator wrote first of what fits: tags, words, patterns, authors, feeds.
        """
        found: dict[int, _Criterion] = {}
        for criterion in self._fitting(article):
            known = found.get(criterion.match)
            if known is None or criterion.rank < known.rank:
                found[criterion.match] = criterion
        return {place: found[place].said for place in sorted(found)}

    def _add(self, number: int, match: Match) -> None:
        rank = count()
        for tag in match.tags:
            _enter(self._tags, _folded(tag), _Criterion(number, next(rank), f'tag "{tag}"'))
        for keyword in match.keywords:
            self._add_keyword(_words(keyword), _Criterion(number, next(rank), f'word "{keyword}"'))
        for pattern in match.patterns:
            self._expressions.append(_Criterion(number, next(rank), f'pattern "{pattern}"'))
        for author in match.authors:
            _enter(self._authors, _folded(author), _Criterion(number, next(rank), f'author "{author}"'))
        for feed in match.feeds:
            _enter(self._feeds, feed, _Criterion(number, next(rank), f"feed {feed}"))

    def _add_keyword(self, keyword: str, criterion: _Criterion) -> None:
        first, space, _ = keyword.partition(" ")
        if space:
            self._phrases.setdefault(first, []).append((f" {keyword} ", criterion))
        else:
            _enter(self._words, keyword, criterion)

    def _fitting(self, article: Prepared) -> Iterator[_Criterion]:
        """Every criterion that fits, in no order."""
        if self._tags:
            yield from _found(self._tags, article.tags)
        if self._words:
            yield from _found(self._words, article.words)
        if self._phrases:
            for first in self._phrases.keys() & article.words:
                yield from (criterion for phrase, criterion in self._phrases[first] if phrase in article.text)
        if self._expressions:
            yield from (self._expressions[index] for index in self._patterns.found_in(article.encoded))
        if self._authors:
            yield from _found(self._authors, article.authors)
        if self._feeds:
            yield from _found(self._feeds, article.feeds)


_Index = dict[str, list[_Criterion]]


def _enter(index: _Index, folded: str, criterion: _Criterion) -> None:
    if folded:
        index.setdefault(folded, []).append(criterion)


def _found(index: _Index, among: frozenset[str]) -> Iterator[_Criterion]:
    return chain.from_iterable(index[each] for each in index.keys() & among)


def _folded(text: str) -> str:
    """`text` as it is compared: without regard to case, to width and to the amount of white space."""
    return " ".join(_fold(text).split())


def _fold(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    # The Turkish capital İ folds to an i with a dot above, the small letter has none.
    return folded.replace("i\u0307", "i")


def _words(text: str) -> str:
    """The words of `text`, folded, with one space between; a character of an unspaced script is a word of its own.

    So "whole word" is one search for a string, and means in Chinese or Thai what it can mean there: anywhere.
    """
    return " ".join(_fold(text).translate(_TABLE).split())


class _Table(dict[int, str]):
    """What becomes of each character in `_words`, found out when it is first met."""

    def __missing__(self, code: int) -> str:
        self[code] = entry = _in_words(chr(code))
        return entry


_TABLE = _Table()


def _in_words(char: str) -> str:
    kind, name = unicodedata.category(char), unicodedata.name(char, "")
    # Soft hyphens, joiners and the like stand inside words and are not seen.
    if kind == "Cf" or name.startswith("VARIATION SELECTOR"):
        return ""
    if kind[0] not in "LMN":
        return f" {char} " if kind[0] == "S" or char in _TELLING else " "
    return f" {char} " if name.startswith(_UNSPACED) else char
