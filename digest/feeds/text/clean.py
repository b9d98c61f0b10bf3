"""An item's text made fit to print: its title, its excerpt, how long it is."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from digest.feeds.text.furniture import has_ended, is_furniture, prose, without_furniture
from digest.feeds.text.plain import Block, Kind, html_line, one_line
from digest.feeds.text.sentences import joined, sentences, shorten, stop_for

#: Characters of an excerpt, and of a title.
EXCERPT = 320
_TITLE = 300
#: An excerpt shorter than this part of its limit takes up a part of the next sentence, if there is one.
_MEAGRE = 4
#: Characters of prose that are looked at to find an excerpt, and blocks.
_SEARCHED = 2_000
_BLOCKS = 100
#: Words below which a summary is not taken for the whole text.
_FULL_TEXT = 150
#: The end of a title that this many of a feed's titles have, and this share of them, is the feed's and not theirs.
_SUFFIXED = 3
_SUFFIXED_SHARE = 0.8

#: A feed's own mark that it has cut here, and a few words behind it ("Weiterlesen"): those invite to read on.
_CUT = re.compile(r"\s*(?:\[\s*(?:…|\.{3})\s*\]|\(\s*(?:…|\.{3})\s*\)|…|\.{3,})(?:\s+[^.!?…。]{0,40})?$")
#: What a cut leaves hanging.
_LOOSE = " .,;:–—-"
_SUFFIX = re.compile(r"\s(?:[-–—|•·»:]|::)\s(?:(?!\s[-–—|•·»:]\s).){2,60}$")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
#: Thai, Lao, Burmese and Khmer, which have no spaces between words.
_RUN_ON = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")


class _Text:
    """What an excerpt is made of; no further than it is asked for are sentences looked for in it."""

    def __init__(self, blocks: Sequence[Block], language: str) -> None:
        """`language` is BCP 47; empty: unknown."""
        self.language = language
        #: The beginning of the sentence in which the feed cut the text, once it has been read; empty: in none.
        self.rest = ""
        self._known: list[str] = []
        self._others = self._read(blocks)

    def sentences(self) -> Iterator[str]:
        yield from self._known
        for sentence in self._others:
            self._known.append(sentence)
            yield sentence

    def _read(self, blocks: Sequence[Block]) -> Iterator[str]:
        """The sentences of the blocks.

        A block that ends without a full stop gets one where another follows, since in an excerpt no line ends there.
        """
        for position, block in enumerate(blocks, 1):
            is_last = position == len(blocks)
            uncut = _uncut(block.text) if is_last else block.text
            said = [sentence for sentence in sentences(uncut, self.language) if not is_furniture(sentence)]
            if said and block.kind is Kind.LEAD_IN:
                said.pop()
            elif said and not has_ended(said[-1]):
                if uncut != block.text:
                    self.rest = said.pop().rstrip(_LOOSE)
                elif not is_last:
                    said[-1] += stop_for(said[-1])
            yield from said


def title(html: str) -> str:
    """The title in `html` as one line of plain text, at most 300 characters, cut at a word."""
    return shorten(html_line(html), _TITLE)


def own_titles(titles: Sequence[str]) -> list[str]:
    """The clean titles of one feed's items without the ending that nearly all of them have.

    That is the name of the site or the section (" - Harbour News"), found by repetition alone.
    """
    lines = list(titles)
    for _ in range(2):
        endings = Counter(match[0] for line in set(lines) if (match := _SUFFIX.search(line)))
        ending, times = endings.most_common(1)[0] if endings else ("", 0)
        if times < max(_SUFFIXED, len(set(lines)) * _SUFFIXED_SHARE):
            break
        lines = [line.removesuffix(ending) for line in lines]
    return lines


def excerpt(
    summary: Sequence[Block], content: Sequence[Block], *, title: str, language: str = "", limit: int = EXCERPT
) -> str:
    """The first whole sentences of the summary or of the content, in at most `limit` characters.

    A summary in whole sentences of its own is an editor's and wins; else whichever says more. It begins with the first
    real sentence: furniture and a repetition of the title go. Where too little would be told, the next sentence is cut
    at a word and ends in "…".
    """
    teaser, text = (_Text(prose(without_furniture(_beginning(blocks))), language) for blocks in (summary, content))
    short = _told(teaser, title, limit)
    if len(short) >= limit // _MEAGRE and _is_editors(teaser, text):
        return short
    return max(short, _told(text, title, limit), key=len)


def _is_editors(summary: _Text, content: _Text) -> bool:
    """Whether a summary that says something has been written, and not cut from the content by a machine."""
    told = list(summary.sentences())
    if summary.rest or not has_ended(told[-1]) or told[-1].endswith("…"):
        return False
    said = _letters(" ".join(told))
    return not _says(content, said[len(said) // 4 : len(said) // 2])


def _says(text: _Text, letters: str) -> bool:
    """Whether these letters stand in `text` one after another."""
    read = ""
    for sentence in text.sentences():
        read = read[-len(letters) :] + _letters(sentence)
        if letters in read:
            return True
    return not letters


def _told(text: _Text, title: str, limit: int) -> str:
    """As much of `text` as `limit` holds."""
    enough = limit // _MEAGRE
    taken = ""
    for sentence in text.sentences():
        if not taken and _repeats(sentence, title):
            continue
        longer = joined(taken, sentence)
        if len(longer) > limit:
            return taken if len(taken) >= enough else _cut(taken, sentence, text.language, limit)
        taken = longer
    if text.rest and len(taken) < enough:
        return shorten(joined(taken, text.rest) + "…", limit)
    return taken


def _cut(taken: str, sentence: str, language: str, limit: int) -> str:
    """`taken` and as much of `sentence`, which is too long, as `limit` holds: the sentences quoted in it, or words."""
    whole = taken
    for part in sentences(sentence, language, within_quotations=True):
        longer = joined(whole, part)
        if len(longer) > limit:
            break
        whole = longer
    return whole if len(whole) >= limit // _MEAGRE else shorten(joined(taken, sentence), limit)


def _beginning(blocks: Iterable[Block]) -> Iterator[Block]:
    """As many blocks as an excerpt may be made of."""
    left = _SEARCHED
    for block, _ in zip(blocks, range(_BLOCKS), strict=False):
        if left <= 0:
            return
        yield Block(block.text[:_SEARCHED], block.kind)
        left -= len(block.text) if block.kind is Kind.PROSE else 0


def _uncut(text: str) -> str:
    """`text` without the feed's own mark that it has cut."""
    tail = text[-100:]
    return text[:-100] + _CUT.sub("", tail) if "…" in tail or "..." in tail else text


def _repeats(sentence: str, title: str) -> bool:
    """Whether a sentence says nothing that the title does not say."""
    said, titled = _letters(sentence), _letters(title)
    return said in titled and (not said or 2 * len(said) >= len(titled))


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold())


def words(summary: Sequence[Block], content: Sequence[Block]) -> int:
    """Words in the full text; 0 where the feed gave only a beginning of it.

    Two characters of Chinese, Japanese or Korean count as a word, and five of Thai, Lao, Burmese or Khmer.
    """
    told = _count(content)
    if told < _FULL_TEXT:
        teaser = _count(summary)
        is_more = told > teaser * 1.2
        told = told or teaser
        if told < _FULL_TEXT and not is_more:
            return 0
    return 0 if _is_cut(content or summary) else told


def _is_cut(blocks: Sequence[Block]) -> bool:
    """Whether the last block that is no furniture ends in the feed's own mark that it has cut."""
    last = next((kept for block in blocks[:-6:-1] for kept in without_furniture([block])), None)
    return last is not None and _uncut(last.text) != last.text


def _count(blocks: Sequence[Block]) -> int:
    """The words; without those around the text where they weigh."""
    words = _count_all(blocks)
    return words if words > 2 * _FULL_TEXT else _count_all(without_furniture(blocks))


def _count_all(blocks: Sequence[Block]) -> int:
    text = " ".join(block.text for block in blocks)
    if text.isascii():
        return len(text.split())
    text, dense = _CJK.subn(" ", text)
    text, run_on = _RUN_ON.subn(" ", text)
    return len(text.split()) + dense // 2 + run_on // 5


def label(text: str, limit: int = 100) -> str:
    """A name or label from outside, which may hold entities or markup, as one short line."""
    return shorten(html_line(text) if "<" in text or "&" in text else one_line(text), limit)
