"""Which article an operator means: by its number, its address, or words of its title."""

from dataclasses import dataclass

from digest.errors import UsageError
from digest.feeds.identity import link_name
from digest.store import Connection, articles, trail

#: So many of the last articles are looked through for words of a title.
_LOOKED_AT = 100_000
#: Titles that are named where none or several fit.
_NAMED = 8
#: Characters of a title that are shown, and words of a question that are compared.
_SHOWN, _COMPARED = 70, 30


@dataclass(slots=True)
class _Likeness:
    """A title that has some of the words."""

    words: int
    number: int
    title: str


def find(connection: Connection, asked: str) -> int:
    """The number of the article that `asked` names. Raises UsageError where it names none, or several."""
    text = asked.strip()
    if text.isascii() and text.isdecimal() and len(text) < 19:
        return _numbered(connection, int(text))
    if "://" in text:
        return _only(connection, asked, trail.at(connection, text, link_name(text)))
    return _titled(connection, asked)


def _numbered(connection: Connection, number: int) -> int:
    if trail.article(connection, number) is None:
        last = articles.last_number(connection)
        raise UsageError(f"there is no article {number}; the last arrival has number {last}")
    return number


def _titled(connection: Connection, asked: str) -> int:
    words = asked.casefold().split()[:_COMPARED]
    if not words:
        raise UsageError("say which article: its number, its address, or words of its title")
    found, near = [], list[_Likeness]()
    for number, title in trail.titles(connection, _LOOKED_AT):
        folded = title.casefold()
        fitting = sum(word in folded for word in words)
        if fitting == len(words):
            found.append(number)
        elif fitting:
            near.append(_Likeness(fitting, number, title))
            if len(near) > 10 * _NAMED:
                near = _nearest(near)
    if not found:
        raise UsageError(f"no article has {asked[:_SHOWN]!r} in its title{_named(_nearest(near), '; near it: ')}")
    return _only(connection, asked, found)


def _only(connection: Connection, asked: str, numbers: list[int]) -> int:
    if not numbers:
        raise UsageError(f"no article is, or was, at {asked[:200]!r}")
    if len(numbers) > 1:
        titles = trail.titles_of(connection, sorted(numbers, reverse=True)[:_NAMED])
        likely = [_Likeness(0, number, title) for number, title in sorted(titles.items(), reverse=True)]
        more = f" and {len(numbers) - _NAMED:,} more" if len(numbers) > _NAMED else ""
        raise UsageError(
            f"{asked[:_SHOWN]!r} is {len(numbers):,} articles, name one by its number{_named(likely)}{more}"
        )
    return numbers[0]


def _nearest(near: list[_Likeness]) -> list[_Likeness]:
    return sorted(near, key=lambda each: (-each.words, -each.number))[:_NAMED]


def _named(likely: list[_Likeness], before: str = ": ") -> str:
    return before + ", ".join(f"{each.number} {each.title[:_SHOWN]!r}" for each in likely) if likely else ""
