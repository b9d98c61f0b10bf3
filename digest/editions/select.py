"""Which articles belong in which categories, and which of them a view has not been told yet."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from digest.model import Article, Category, Feed

#: How the Unicode names of characters begin whose scripts are written without spaces between words. Hangul is among
#: them because its particles are written onto the noun: a whole word would hardly ever be the bare keyword.
_UNSPACED = ("CJK", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA", "HANGUL", "THAI", "LAO", "KHMER", "MYANMAR")
#: Beside currency, mathematical and other symbols: what tells C# from C and AT&T from "at t".
_TELLING = "#&@%"


def fresh(articles: Iterable[Article], mark: int, upto: int, not_before: datetime) -> tuple[Article, ...]:
    """What arrived after `mark` and up to `upto`, not before `not_before`, and was new when it came."""
    return tuple(
        article
        for article in articles
        if mark < article.number <= upto and not article.backlog and article.arrived_at >= not_before
    )


class Sorter:
    """Puts articles into categories; made once for an edition, since it keeps its answers by arrival number."""

    def __init__(self, feeds: Mapping[str, Feed], categories: Sequence[Category]) -> None:
        self._feeds = {name: frozenset(feed.categories) for name, feed in feeds.items()}
        self._rules = tuple(_rule(category) for category in categories)
        self._answers: dict[int, tuple[str, ...]] = {}

    def of(self, article: Article) -> tuple[str, ...]:
        """The names of its feeds' categories and of those whose tags or keywords fit, in the order of the categories.

        A feed that is not configured any more says nothing; tags and keywords still do.
        """
        answer = self._answers.get(article.number)
        if answer is None:
            answer = self._answers[article.number] = self._sort(article)
        return answer

    def _sort(self, article: Article) -> tuple[str, ...]:
        given = frozenset[str]().union(*(self._feeds.get(name, ()) for name in article.feeds))
        tags = {_folded(tag) for tag in article.tags}
        # The line break keeps a phrase from beginning in the title and ending in the excerpt.
        text = f" {_words(article.title)} \n {_words(article.excerpt)} "
        words = set(text.split())
        return tuple(rule.name for rule in self._rules if rule.name in given or rule.fits(tags, words, text))


@dataclass(frozen=True, slots=True)
class _Rule:
    """A category's tags and keywords, prepared for comparison."""

    name: str
    tags: frozenset[str]
    #: Keywords of one word: one look-up for all of them, however many.
    words: frozenset[str]
    #: The others, with a space on either side, as they stand in a text.
    phrases: tuple[str, ...]

    def fits(self, tags: set[str], words: set[str], text: str) -> bool:
        if not (self.tags.isdisjoint(tags) and self.words.isdisjoint(words)):
            return True
        return any(phrase in text for phrase in self.phrases)


def _rule(category: Category) -> _Rule:
    keywords = [_words(keyword) for keyword in category.match_keywords]
    return _Rule(
        name=category.name,
        tags=frozenset(filter(None, map(_folded, category.match_tags))),
        words=frozenset(keyword for keyword in keywords if " " not in keyword),
        phrases=tuple(f" {keyword} " for keyword in keywords if " " in keyword),
    )


def _folded(text: str) -> str:
    """`text` as it is compared: without regard to case, to width and to the amount of white space."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    # The Turkish capital İ folds to an i with a dot above, the small letter has none.
    return " ".join(folded.replace("i\u0307", "i").split())


def _words(text: str) -> str:
    """The words of `text`, folded, with one space between; a character of an unspaced script is a word of its own.

    So "whole word" is one search for a string, and means in Chinese or Thai what it can mean there: anywhere.
    """
    return " ".join(_folded(text).translate(_TABLE).split())


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
