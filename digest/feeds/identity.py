"""The names by which an article is recognised when its feed is read again, or when another feed carries it."""

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import NamedTuple
from urllib.parse import urlsplit

from rapidfuzz import fuzz

from digest.feeds.links import canonical
from digest.model import Article, ArticleDraft

#: Bytes of UTF-8 below which a title, a path or an excerpt is too common to tell an article by: "Weather today".
#: Bytes and not characters, since eight of Chinese say as much as two dozen of Latin.
_TELLING_TITLE = 16
_TELLING_PATH = 4
_TELLING_EXCERPT = 40
#: Similarity, of 100, below which two titles or excerpts are not versions of each other.
_ALIKE_TITLES = 60
_ALIKE_EXCERPTS = 65
#: Characters that are compared; it takes their square.
_COMPARED = 400
#: Dates this near to each other are one; those further apart than a piece of news is rewritten are two.
_ONE_MOMENT = timedelta(seconds=61)
_APART = timedelta(hours=12)
#: An article whose only name agrees is another only if it is dated this much later or earlier: a day, and its hours
#: that slip. A live blog changes all of its words within that, and is one.
_DAYS_APART = timedelta(hours=20)
#: What is dated by hand or by the day stands on a quarter of an hour: midnight, in the zones that there are.
_ROUND = re.compile(r"T\d\d:(?:00|15|30|45):00(?:Z|[+-]\d\d:\d\d)?$")
_NUMBER = re.compile(r"\d+")


class Identifiable(NamedTuple):
    """What is needed of an item to recognise it."""

    #: As the feed gives it; empty: none.
    guid: str = ""
    #: Absolute, http(s); empty: none.
    url: str = ""
    title: str = ""
    #: ISO 8601; empty: the feed gives none.
    published: str = ""
    excerpt: str = ""


class _Described(NamedTuple):
    """An item's candidates for names; empty: none."""

    guid: str
    url: str
    #: The same with their fragments.
    marked_guid: str
    marked_url: str
    said: str
    path: str
    text: str


def keys(feed_name: str, items: Sequence[Identifiable]) -> list[tuple[str, ...]]:
    """For each item its names, strongest first; two items with the same names are one.

    - ``guid:`` is what the feed calls it, within that feed. A GUID that is an address is a ``url:``.
    - ``url:`` is where it is, whichever feed says so.
    - ``said:`` is its title and its time within the feed, for GUID and link that change at once: a feed does not say
      the same twice in one second. Of a round time the excerpt has to agree too, and short titles have no such name.
    - ``path:`` is its title and its link without the host within the feed, for a feed that moves to another host and
      gives new GUIDs and dates there. `is_same` heeds it only between different hosts.
    - ``text:`` is all that tells it from others, within its feed: for an item without the others, and for one whose
      others are of use in one fetch and not in the next.

    A name that several different items of one fetch have is none of theirs: some feeds give every item the same GUID or
    link. Addresses that differ in their fragments only are told apart by these.
    """
    described = [_describe(feed_name, item) for item in items]
    shared = _shared((name, one.text) for one in described for name in one[:-1])
    named = []
    for one in described:
        guid, url = _unshared(shared, one.guid, one.marked_guid), _unshared(shared, one.url, one.marked_url)
        path = _unshared(shared, one.path) if url else ""
        names = (guid, url, _unshared(shared, one.said), path, one.text)
        named.append(tuple(dict.fromkeys(name for name in names if name)))
    return named


def _unshared(shared: Collection[str], *candidates: str) -> str:
    return next((name for name in candidates if name and name not in shared), "")


def _shared(pairs: Iterable[tuple[str, str]]) -> set[str]:
    """The names that stand for more than one text."""
    first: dict[str, str] = {}
    return {name for name, text in pairs if first.setdefault(name, text) != text}


def _describe(feed: str, item: Identifiable) -> _Described:
    guid, url = item.guid.strip(), canonical(item.url)
    address = canonical(guid) if guid[:8].lower().startswith(("http://", "https://")) else ""
    return _Described(
        guid=_link_name(address) or (_name("guid", feed, guid) if guid else ""),
        url=_link_name(url),
        marked_guid=_link_name(canonical(guid, fragment=True)) if address and "#" in guid else "",
        marked_url=_link_name(canonical(item.url, fragment=True)) if "#" in item.url else "",
        said=_said(feed, item),
        path=_path(feed, item.title, url),
        text=_name("text", feed, address or guid, url, item.title, item.published or item.excerpt),
    )


def link_name(url: str) -> str:
    """The name of an article that is at `url`; "" for a front page and for what is no address."""
    return _link_name(canonical(url))


def _link_name(form: str) -> str:
    return _name("url", form) if form else ""


def _said(feed: str, item: Identifiable) -> str:
    if _bytes(item.title) < _TELLING_TITLE or not item.published:
        return ""
    if not _ROUND.search(item.published):
        return _name("said", feed, item.title, item.published)
    is_telling = _bytes(item.excerpt) >= _TELLING_EXCERPT
    return _name("said", feed, item.title, item.published, item.excerpt) if is_telling else ""


def _path(feed: str, title: str, url: str) -> str:
    path = url.partition("/")[2] or url.partition("?")[2]
    is_telling = _bytes(title) >= _TELLING_TITLE and _bytes(path) >= _TELLING_PATH
    return _name("path", feed, title, path) if is_telling else ""


def is_same(
    draft: ArticleDraft, names: Collection[str], known: Article, *, feed: str = "", now: datetime | None = None
) -> bool:
    """Whether `draft` is the article `known`, to whom `names`, some of the draft's, belong. `feed` brings the draft.

    At `now`, which stands in for dates that are missing; None: nothing does.

    - Two of GUID and links agree, or a name that only one article can have: yes, however much has changed.
    - The only one of the two that the draft has agrees: no, if it is days apart and nothing that it says agrees.
    - One agrees and the other does not: then title, date and excerpt decide, and in doubt it is another: an article
      told twice is better than one that is lost.

    Of another feed than those that carry `known`, a common link is enough: others tell a story in their own words.
    """
    mine = [name for name in draft.keys if name.startswith(("guid:", "url:"))]
    agreeing = [name for name in mine if name in names]
    if len(agreeing) > 1 or any(name.startswith(("text:", "said:")) for name in names):
        return True
    if any(name.startswith("path:") for name in names) and _host(draft.url) != _host(known.url):
        return True
    if not agreeing:
        return False
    if feed and known.feeds and feed not in known.feeds:
        return True
    said = _compare(draft, known, now)
    if len(mine) == 1:
        return not said.is_another_day()
    return said.outweighs_a_link() if agreeing[0] == mine[0] else said.outweighs_a_guid()


class _Compared(NamedTuple):
    """How what two articles say compares: each more than 0 where it agrees, less where it differs, 0 where unknown."""

    title: int
    date: int
    excerpt: int
    #: Whether the dates are a day apart, or more.
    days: bool

    def is_another_day(self) -> bool:
        """Of two that have one name and no other."""
        return self.days and self.excerpt <= 0 and (self.title < 0 or (self.title == 0 and self.excerpt < 0))

    def outweighs_a_link(self) -> bool:
        """Whether they are one although their links differ; they have one GUID."""
        if self.title > 0 or self.date > 0 or self.excerpt > 0:
            return True
        return self.date == 0 and self.title == 0

    def outweighs_a_guid(self) -> bool:
        """Whether they are one although their GUIDs differ; they have one link."""
        if self.title < 0:
            return self.date >= 0 and (self.excerpt > 0 or (self.date > 0 and self.excerpt == 0))
        if self.date < 0:
            return self.excerpt > 0
        return self.date > 0 or self.title > 0 or self.excerpt >= 0


def _compare(draft: ArticleDraft, known: Article, now: datetime | None) -> _Compared:
    date, days = 0, False
    if draft.published_at and known.published_at:
        distance = abs(draft.published_at - known.published_at)
        date = 1 if distance < _ONE_MOMENT else -1 if distance > _APART else 0
        days = distance > _DAYS_APART
    elif now is not None:
        days = now - known.arrived_at > _DAYS_APART
    titles, excerpts = _compare_titles(draft.title, known.title), _compare_excerpts(draft.excerpt, known.excerpt)
    if titles > 0 and not known.excerpt and draft.excerpt:
        # The stored text has been pruned; for it speaks the title.
        excerpts = 1
    return _Compared(titles, date, excerpts, days)


def _compare_titles(one: str, other: str) -> int:
    """0: alike, but so short that it is no wonder. Titles with different numbers differ: "No. 3" and "No. 4"."""
    if _NUMBER.findall(one) != _NUMBER.findall(other) or _similarity(one, other) < _ALIKE_TITLES:
        return -1
    return 1 if _bytes(one) >= _TELLING_TITLE else 0


def _compare_excerpts(one: str, other: str) -> int:
    """0: one says too little, or they are alike but for numbers: a series begins with the same words each time."""
    if min(_bytes(one), _bytes(other)) < _TELLING_EXCERPT:
        return 0
    if _similarity(one, other) < _ALIKE_EXCERPTS:
        return -1
    return 1 if _NUMBER.findall(one) == _NUMBER.findall(other) else 0


def _similarity(one: str, other: str) -> float:
    """0 to 100, without regard to case and to the order of words; an end that was cut or added does not count."""
    first, second = one[:_COMPARED].casefold(), other[:_COMPARED].casefold()
    shorter = min(len(first), len(second))
    cut = fuzz.ratio(first[:shorter], second[:shorter]) if shorter > _TELLING_EXCERPT else 0.0
    return max(fuzz.ratio(first, second), fuzz.token_sort_ratio(first, second), cut)


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


def _name(kind: str, *parts: str) -> str:
    """A short name without spaces; 96 bits, so that a million articles collide with a chance of 10⁻¹⁷."""
    digest = blake2b(digest_size=12)
    for part in parts:
        raw = part.encode("utf-8", "replace")
        digest.update(len(raw).to_bytes(8, "big") + raw)
    return f"{kind}:{digest.hexdigest()}"
