"""An item's text made fit to print: its title, its excerpt, how long it is."""

import re
from collections.abc import Sequence

from sentencex import segment

from digest.feeds.furniture import ENDED, prose, without_furniture
from digest.feeds.plain import Block, Kind, html_line, one_line

#: Characters of an excerpt, and of a title.
EXCERPT = 320
_TITLE = 300
#: An excerpt shorter than this part of its limit takes up a part of the next sentence, if there is one.
_MEAGRE = 4
#: Characters that are segmented to find an excerpt's sentences.
_SEARCHED = 3_000
#: Words below which a summary is not taken for the whole text.
_FULL_TEXT = 150

#: A feed's own mark that it has cut here, and a few words behind it ("Weiterlesen"): those invite to read on.
_CUT = re.compile(r"\s*(?:\[\s*(?:…|\.{3})\s*\]|\(\s*(?:…|\.{3})\s*\)|…|\.{3,})(?:\s+[^.!?…。]{0,40})?$")
#: What a cut leaves hanging.
_LOOSE = " ,;:–—-"
_CLOSING = "'\"”’»›)]"
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def title(html: str) -> str:
    """The title in `html` as one line of plain text, at most 300 characters, cut at a word."""
    return shorten(html_line(html), _TITLE)


def shorten(text: str, limit: int) -> str:
    """`text`, or as many whole words of it as `limit` characters hold, with "…" for the rest."""
    if len(text) <= limit:
        return text
    cut = text[:limit]
    space = cut.rfind(" ")
    # A text without spaces is cut anywhere: Chinese and Japanese have none.
    return cut[: space if space > limit // 2 else limit - 1].rstrip(_LOOSE) + "…"


def excerpt(
    summary: Sequence[Block], content: Sequence[Block], *, title: str, language: str = "", limit: int = EXCERPT
) -> str:
    """The first whole sentences of the summary or the content, whichever says more, in at most `limit` characters.

    It begins with the first real sentence: furniture and a repetition of the title go. Where not even one sentence
    fits, it is cut at a word and ends in "…".
    """
    candidates = [_excerpt(blocks, title, language, limit) for blocks in (summary, content)]
    return max(candidates, key=len)


def _excerpt(blocks: Sequence[Block], title: str, language: str, limit: int) -> str:
    sentences = _sentences(prose(without_furniture(blocks)), language.partition("-")[0] or "en")
    while sentences and _repeats(sentences[0], title):
        sentences = sentences[1:]
    taken = ""
    for sentence in sentences:
        longer = f"{taken} {sentence}".strip()
        if len(longer) > limit:
            return taken if len(taken) >= limit // _MEAGRE else shorten(longer, limit)
        taken = longer
    return taken


def _sentences(blocks: Sequence[Block], language: str) -> list[str]:
    """The sentences of the first blocks; of a text that the feed cut, without the one that it cut.

    A block that ends without a full stop gets one where another follows, since in an excerpt no line ends there.
    """
    sentences: list[str] = []
    searched = 0
    for position, block in enumerate(blocks, 1):
        text = block.text[: _SEARCHED - searched]
        searched += len(text)
        is_last = position == len(blocks)
        uncut = text[:-100] + _CUT.sub("", text[-100:]) if is_last else text
        found = [stripped for each in segment(language, uncut) if (stripped := each.strip())]
        if found and block.kind is Kind.LEAD_IN:
            found.pop()
        elif found and not ENDED.search(found[-1]):
            found[-1:] = _ending(
                found[-1], is_cut=uncut != text, is_first=len(sentences) + len(found) == 1, is_last=is_last
            )
        sentences += found
        if searched >= _SEARCHED:
            break
    return sentences


def _ending(sentence: str, *, is_cut: bool, is_first: bool, is_last: bool) -> list[str]:
    """What becomes of a block's last sentence that does not end as one."""
    if is_cut:
        return [f"{sentence.rstrip(_LOOSE)}…"] if is_first else []
    is_latin = sentence.rstrip(_CLOSING)[-1:].isalnum() and not _CJK.search(sentence)
    return [f"{sentence}." if is_latin and not is_last else sentence]


def _repeats(sentence: str, title: str) -> bool:
    """Whether a sentence says nothing that the title does not say."""
    return _letters(sentence) in _letters(title)


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold())


def words(summary: Sequence[Block], content: Sequence[Block]) -> int:
    """Words in the full text; 0 where the feed gave only a beginning of it.

    Two characters of Chinese, Japanese or Korean count as a word.
    """
    full, teaser = _count(without_furniture(content)), _count(without_furniture(summary))
    best = full or teaser
    is_full = best >= _FULL_TEXT or full > teaser * 1.2
    return best if is_full and not _CUT.search((content or summary)[-1].text[-100:]) else 0


def _count(blocks: Sequence[Block]) -> int:
    text = " ".join(block.text for block in blocks)
    return len(_CJK.sub(" ", text).split()) + len(_CJK.findall(text)) // 2


def label(text: str, limit: int = 100) -> str:
    """A name or label from outside, which may hold entities or markup, as one short line."""
    return shorten(html_line(text) if "<" in text or "&" in text else one_line(text), limit)
