"""The names by which an article is recognised when its feed is read again, or when another feed carries it."""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import NamedTuple

from digest.feeds.links import canonical


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


def keys(feed_name: str, items: Sequence[Identifiable]) -> list[tuple[str, ...]]:
    """For each item its names, strongest first; two items with the same names are one.

    - ``guid:`` is what the feed calls it, within that feed.
    - ``url:`` is where it is, whichever feed says so.
    - ``text:`` is all that tells it from others, within its feed: for an item without the others, and for one whose
      others are of use in one fetch and not in the next.

    A GUID or a link that several different items of one fetch have is none of theirs: some feeds give every item the
    same one.
    """
    described = [(_guid(item), _link(item), _text(feed_name, item)) for item in items]
    shared_guids = _shared((guid, text) for guid, _, text in described)
    shared_links = _shared((link, text) for _, link, text in described)
    names = []
    for guid, link, text in described:
        by_guid = (_name("guid", feed_name, guid),) if guid and guid not in shared_guids else ()
        by_link = (_name("url", link),) if link and link not in shared_links else ()
        names.append((*by_guid, *by_link, text))
    return names


def _shared(pairs: Iterable[tuple[str, str]]) -> set[str]:
    """The names that stand for more than one text."""
    first: dict[str, str] = {}
    return {name for name, text in pairs if first.setdefault(name, text) != text}


def _text(feed_name: str, item: Identifiable) -> str:
    return _name("text", feed_name, _guid(item), _link(item), item.title, item.published or item.excerpt)


def _guid(item: Identifiable) -> str:
    """The GUID; one that is an address in its canonical form, since feeds that move to https change it."""
    guid = item.guid.strip()
    if guid.lower().startswith(("http://", "https://")):
        return _link(Identifiable(url=guid)) or guid
    return guid


def _link(item: Identifiable) -> str:
    try:
        return canonical(item.url)
    except ValueError:
        return ""


def _name(kind: str, *parts: str) -> str:
    """A short name without spaces; 96 bits, so that a million articles collide with a chance of 10⁻¹⁷."""
    digest = blake2b(digest_size=12)
    for part in parts:
        raw = part.encode("utf-8", "replace")
        digest.update(len(raw).to_bytes(8, "big") + raw)
    return f"{kind}:{digest.hexdigest()}"
