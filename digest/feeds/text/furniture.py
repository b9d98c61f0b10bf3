"""What a site puts around its articles' text: share bars, teasers, credits, and whatever it says every time."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from digest.feeds.text.phrases import (
    BY,
    ELSEWHERE,
    JOINS_NAMES,
    LEADING,
    LONGEST,
    MAY_TRAIL,
    MIDDLE,
    PUBLISHED_ELSEWHERE,
    TRAILING,
    WHOLE,
)
from digest.feeds.text.plain import Block, Kind

#: A block that this many items of a feed have, and this share of them, is no article's own.
_REPEATED_ITEMS = 3
_REPEATED_SHARE = 0.25
#: Of a sentence as long as this, said to the letter where an item begins or ends, so many items are enough.
_LONG = 40
#: Blocks at each end of an item in which such sentences are looked for, and their greatest length.
_END_BLOCKS = 4
_LONGEST_END = 3_000

#: Blocks whose own text is remembered, and the longest of them: an article's excerpt and its length both ask for it.
_REMEMBERED = 128
_LONGEST_REMEMBERED = 2_000

#: How a sentence ends, whatever it is written in, and what may stand behind that.
_STOPS = frozenset(".!?…。！？｡．؟۔।॥։።။។")
_CLOSING = "\"'”’»›)]」』】）"
_ANNOUNCES = re.compile(r"[.!?…] .{3,}:$")
#: Characters of a paragraph that may be a heading.
_SHORT = 80
#: One class and then any more of it: to the first the engine skips.
_DIGITS = re.compile(r"\d\d*")


class Repeated:
    """What a feed says every time, found by comparing its items."""

    def __init__(self, items: Iterable[tuple[str, Sequence[Block]]]) -> None:
        """Each item by its title and its blocks."""
        patterns: Counter[str] = Counter()
        literal: Counter[str] = Counter()
        titles: defaultdict[str, set[str]] = defaultdict(set)
        count = 0
        for title, blocks in items:
            count += 1
            folded = {block.text.casefold() for block in blocks}
            patterns.update({_pattern(text, title) for text in folded})
            literal.update(folded)
            for sentence in _sentences_at_ends(blocks):
                titles[sentence].add(title)
        least = max(_REPEATED_ITEMS, count * _REPEATED_SHARE)
        self._patterns = frozenset(text for text, times in patterns.items() if times >= least)
        self._literal = frozenset(text for text, times in literal.items() if times >= least)
        # An article that comes three times under one title repeats nothing but itself.
        self._sentences = frozenset(text for text, of in titles.items() if len(of) >= _REPEATED_ITEMS)

    def without(self, title: str, blocks: Sequence[Block]) -> list[Block]:
        """The blocks of an item that are its own, without what is not of the sentences it begins and ends with.

        Numbers and the item's title count as one and the same, so that "12 comments on …" is seen to be repeated. Where
        nothing would be left, as with a feed of readings or prices, only what is repeated to the letter goes.
        """
        own = list(blocks)
        if self._patterns:
            own = [block for block in blocks if _pattern(block.text.casefold(), title) not in self._patterns]
        if self._sentences:
            own = self._trimmed(self._trimmed(own, at=0), at=-1)
        return own or [block for block in blocks if block.text.casefold() not in self._literal]

    def _trimmed(self, blocks: list[Block], *, at: int) -> list[Block]:
        """The blocks from the first sentence (`at` 0), or to the last one (-1), that is the item's own."""
        while blocks:
            sentences = _rough_sentences(blocks[at].text)
            length = len(sentences)
            while sentences and sentences[at].casefold() in self._sentences:
                sentences.pop(at)
            if len(sentences) < length:
                blocks[at] = Block(" ".join(sentences), blocks[at].kind)
            if sentences:
                break
            blocks.pop(at)
        return blocks


def _sentences_at_ends(blocks: Sequence[Block]) -> Iterator[str]:
    """The long sentences, roughly, of the first and the last blocks of an item, each folded."""
    for some in (blocks[:_END_BLOCKS], blocks[_END_BLOCKS:][-_END_BLOCKS:]):
        for block in some:
            if _LONG <= len(block.text) <= _LONGEST_END:
                yield from (one.casefold() for one in _rough_sentences(block.text) if len(one) >= _LONG)


def _rough_sentences(line: str) -> list[str]:
    for stop in ".!?":
        line = line.replace(f"{stop} ", f"{stop}\n")
    if not line.isascii():
        for stop in "。！？।":
            line = line.replace(stop, f"{stop}\n")
    return line.split("\n")


def _pattern(folded: str, title: str) -> str:
    if len(title) >= 8:
        folded = folded.replace(title.casefold(), "§")
    return _DIGITS.sub("#", folded)


def without_furniture(blocks: Iterable[Block]) -> list[Block]:
    """The blocks without those that are a site's furniture, and without the furniture that stands in them."""
    return [Block(text, block.kind) for block in blocks if (text := _own(block.text))]


def _own(text: str) -> str:
    """`text` without the furniture in it; empty if it is nothing else."""
    return _remembered_own(text) if len(text) <= _LONGEST_REMEMBERED else _trimmed(text)


@lru_cache(_REMEMBERED)
def _remembered_own(text: str) -> str:
    return "" if is_furniture(text) else _trimmed(text)


def is_furniture(line: str) -> bool:
    """Whether a block or a sentence is nothing but furniture, or says who wrote the article."""
    if len(line) > LONGEST:
        return False
    folded = line.lower()
    return (
        WHOLE.fullmatch(folded) is not None
        or (ELSEWHERE.search(folded) is not None and PUBLISHED_ELSEWHERE.fullmatch(folded) is not None)
        or _is_byline(line)
    )


def _is_byline(line: str) -> bool:
    """Whether it is "By Ada Quay and Jo Dyer, Reuters": names behind a "by", and no sentence."""
    by = BY.match(line)
    if not by or (has_ended(line) and not line.endswith((")", ")."))):
        return False
    words = re.findall(r"[^\W\d_][\w.'’-]*", line[by.end() :])
    return any(word[0].isupper() for word in words) and all(
        word[0].isupper() or JOINS_NAMES.fullmatch(word) for word in words
    )


def _trimmed(text: str) -> str:
    while match := LEADING.match(text):
        text = text[match.end() :]
    # Only the end is searched: a search through a long block for what must reach its end is quadratic.
    head, tail = text[:-LONGEST], text[-LONGEST:]
    if (text[-1:] not in ".!?" or " first on " in tail) and MAY_TRAIL.search(tail.lower()):
        tail = TRAILING.sub("", tail)
    return MIDDLE.sub(r"\1", head + tail).strip()


def has_ended(text: str) -> bool:
    """Whether `text` ends as sentences do; in Greek ";" asks."""
    said = text.rstrip(_CLOSING)
    return said[-1:] in _STOPS or (said[-1:] == ";" and "\u0370" <= said[-2:-1] <= "\u03ff")


def prose(blocks: Sequence[Block]) -> list[Block]:
    """The blocks that make sentences: paragraphs; else list items; else whatever there is.

    Among paragraphs that end as sentences do, a short one that does not is a heading, a byline or the time of an entry
    in a live blog. One that announces what is no paragraph is marked as a lead-in.
    """
    followers = (*(block.kind for block in blocks[1:]), None)
    paragraphs = [
        Block(block.text, Kind.LEAD_IN if block.text.endswith(":") and follower is not Kind.PROSE else Kind.PROSE)
        for block, follower in zip(blocks, followers, strict=False)
        if block.kind is Kind.PROSE
    ]
    sentences = [block for block in paragraphs if len(block.text) > _SHORT or _makes_a_sentence(block.text)]
    if any(has_ended(block.text) for block in sentences):
        return sentences
    return paragraphs or [block for block in blocks if block.kind is Kind.ITEM] or list(blocks)


def _makes_a_sentence(paragraph: str) -> bool:
    return has_ended(paragraph) or (paragraph.endswith(":") and _ANNOUNCES.search(paragraph) is not None)
