"""What a site puts around its articles' text: share bars, teasers, credits, and whatever it says every time."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from digest.feeds.plain import Block, Kind

#: A block that this many items of a feed have, and this share of them, is no article's own.
_REPEATED_ITEMS = 3
_REPEATED_SHARE = 0.25
#: Longer blocks are prose, whatever they begin with.
_LONGEST = 300

_NETWORKS = (
    r"facebook|twitter|x|whatsapp|linkedin|reddit|pinterest|telegram|tumblr|pocket|e-?mail|print|mastodon|bluesky"
    r"|threads|messenger|viber|skype|copy link|tweet|pin(?: it)?|share|like|flipboard|instapaper|digg|xing|vk|more|line"
    r"|hacker news|delicious|stumbleupon|google\+?|buffer|mix|wechat|weibo|sms|instagram|youtube"
)
_SHARE = r"(?:spread the (?:love|word)|share (?:this|on|via|with|the article)|sharing is caring|like this)"
_WHOLE = re.compile(
    rf"{_SHARE}\b[^.!?…]{{0,60}}(?:!|\.{{3}}|…)?"
    rf"|(?:(?:{_NETWORKS})[\s,|/·•:-]*){{1,30}}"
    r"|loading\W*|advertise?ments?|sponsored(?: content)?|(?:story continues|article continues) below.{0,40}"
    r"|\(?(?:estimated )?reading time:?\W*(?:<\s*)?\d+ .{0,12}|\(?\d+ ?min(?:ute)?s?(?: of)? read(?:ing)?\)?"
    r"|(?:continue|keep) reading\b.{0,200}|read (?:more|on|the (?:rest|full)|full)\b[^.!?]{0,80}\W{0,5}"
    r"|\W*more\W*|\[?link\]?"
    r"|click (?:here|on|the link)\b.{0,120}|view (?:post|article|in browser|original)\b.{0,60}"
    r"|the post .{1,250}(?:appeared first on|first appeared on|is republished from).{1,150}"
    r"|this (?:post|entry|article|story) (?:(?:was|has been) )?(?:originally |first )?(?:published|posted|appeared)"
    r".{1,200}"
    r"|(?:\[?(?:link|comments?|permalink)\]?\W*){1,4}|\d+ comments?|leave a (?:comment|reply)|comments?\W*"
    r"|submitted by[^.!?]{1,120}"
    r"|(?:subscribe|sign up|follow us|join us|support us)\b.{0,120}|(?:related(?: \w+)?|see also)(?::.{0,200})?"
    r"|(?:photo(?:graph)?s?|image|picture|video|foto|credit)s?(?: credits?| by| courtesy(?: of)?)?\s*[:©/].{0,120}"
    r"|©.{0,80}",
    re.IGNORECASE,
)
#: Stands before the text in the same block, where a feed has lost its line breaks.
_LEADING = re.compile(
    r"(?:spread the love|share this:|advertisement\b|sharing is caring!?"
    r"|\(?(?:estimated )?reading time:? (?:< ?)?\d+ ?min(?:ute)?s?\.?\)?)[\s:|-]*",
    re.IGNORECASE,
)
#: Stands behind it.
_TRAILING = re.compile(
    r"\s*(?:(?:\[|\()?(?:read (?:more|on|full article|the full (?:story|article|post)|the rest of this \w+)"
    r"|continue reading|more(?=\W*[)\]»→])|view article|full story)(?![\w'])[^.!?\w]*"
    r"|continue reading .{1,200}|the post .{1,250}(?:appeared first on|first appeared on) .{1,150}"
    r"|submitted by .{1,60}\[link\].{0,40})$",
    re.IGNORECASE,
)
#: How a sentence ends, whatever it is written in.
ENDED = re.compile(r"[.!?…。！？؟।][\"'”’»›)\]]*$")
_HAS_END = re.compile(rf"{ENDED.pattern}|[.!?…] .{{3,}}:$")
#: Characters of a paragraph that may be a heading.
_SHORT = 80
_DIGITS = re.compile(r"\d+")


class Repeated:
    """What a feed says every time, found by comparing its items."""

    def __init__(self, items: Iterable[tuple[str, Sequence[Block]]]) -> None:
        """Each item by its title and its blocks."""
        patterns: Counter[str] = Counter()
        literal: Counter[str] = Counter()
        count = 0
        for title, blocks in items:
            count += 1
            patterns.update({_pattern(block.text, title) for block in blocks})
            literal.update({block.text.casefold() for block in blocks})
        least = max(_REPEATED_ITEMS, count * _REPEATED_SHARE)
        self._patterns = frozenset(text for text, times in patterns.items() if times >= least)
        self._literal = frozenset(text for text, times in literal.items() if times >= least)

    def without(self, title: str, blocks: Sequence[Block]) -> list[Block]:
        """The blocks of an item that are its own.

        Numbers and the item's title count as one and the same, so that "12 comments on …" is seen to be repeated. Where
        nothing would be left, as with a feed of readings or prices, only what is repeated to the letter goes.
        """
        own = [block for block in blocks if _pattern(block.text, title) not in self._patterns]
        return own or [block for block in blocks if block.text.casefold() not in self._literal]


def _pattern(text: str, title: str) -> str:
    folded = text.casefold()
    if len(title) >= 8:
        folded = folded.replace(title.casefold(), "§")
    return _DIGITS.sub("#", folded)


def without_furniture(blocks: Sequence[Block]) -> list[Block]:
    """The blocks without those that are a site's furniture, and without the furniture at their ends."""
    kept = []
    for block in blocks:
        if len(block.text) <= _LONGEST and _WHOLE.fullmatch(block.text):
            continue
        if text := _trimmed(block.text):
            kept.append(Block(text, block.kind))
    return kept


def _trimmed(text: str) -> str:
    while match := _LEADING.match(text):
        text = text[match.end() :]
    # Only the end is searched: a search through a long block for what must reach its end is quadratic.
    head, tail = text[:-_LONGEST], text[-_LONGEST:]
    return (head + _TRAILING.sub("", tail)).strip()


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
    sentences = [block for block in paragraphs if len(block.text) > _SHORT or _HAS_END.search(block.text)]
    if any(ENDED.search(block.text) for block in sentences):
        return sentences
    return paragraphs or [block for block in blocks if block.kind is Kind.ITEM] or list(blocks)
