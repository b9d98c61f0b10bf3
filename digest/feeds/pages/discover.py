"""Where the feeds of a site are: what its page says, and where feeds usually are."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from selectolax.lexbor import LexborNode

from digest.feeds.links import canonical, safe_url
from digest.feeds.pages.markup import PageTooDeep, attribute, base_of, line, page_root, title_of

#: Feeds that are handed on, usual places that are tried, links that are looked at.
MAX_FEEDS = 10
_MAX_LINKS = 5_000

_FEED_TYPE = re.compile(r"application/(?:(?:x-)?(?:rss|atom|rdf)(?:\+xml)?|feed\+json)", re.IGNORECASE)
#: Types that feeds are sometimes given and other things as well.
_VAGUE_TYPE = re.compile(r"application/(?:json|xml)|text/xml", re.IGNORECASE)
_NAMED = re.compile(r"\b(?:rss|atom|(?:web|news)?feeds?|syndication)\b", re.IGNORECASE)
#: What is no feed although it is an alternate in JSON: WordPress's own programming interface.
_INTERFACE = re.compile(r"/wp-json/|oembed", re.IGNORECASE)

#: A path that is a feed's beyond doubt, and one that is when the link says so.
_FEED_PATH = re.compile(
    r"/(?:feeds?|rss|atom|rdf)(?:\.(?:xml|json|rss|atom|rdf|php))?/?$|[\w-]\.(?:rss|atom|rdf)$|/feeds/posts/default/?$",
    re.IGNORECASE,
)
_MAYBE_FEED_PATH = re.compile(r"\.(?:xml|json|php|aspx)$|/(?:feeds?|rss|atom|rdf|xml)(?:/|$)", re.IGNORECASE)
_COMMENTS = re.compile(
    r"comm?ent|kommentar|koment|replies|reacties|yorum|коммент|комент|评论|評論|コメント|댓글", re.IGNORECASE
)
_PART = re.compile(r"/(?:categor(?:y|ies|ie|ia)|tags?|topics?|labels?|authors?|kategorie|search)/|\?s=", re.IGNORECASE)

#: The usual places, the most frequent first: WordPress and Ghost, Hugo, Jekyll, Drupal, Blogger.
_PLACES = ("feed", "rss.xml", "feed.xml", "atom.xml", "index.xml", "rss", "feed.json", "feeds/posts/default")
#: How many of them are tried in the page's own folder.
_PLACES_IN_FOLDER = 5


@dataclass(frozen=True, slots=True)
class _Found:
    url: str
    name: str
    #: It stands in the text, not in the head.
    is_link: bool


def feeds_on(html: str, url: str) -> tuple[str, tuple[str, ...]]:
    """The title of the page `html`, served at `url`, and where it says that its feeds are, the most fitting first.

    Of two that fit alike, what its head names comes before what it links to, and what stands first before the next. A
    feed of the whole site comes before one of a category, unless the page is that category's; a feed of comments comes
    last. At most `MAX_FEEDS`, each once, absolute and http(s). Raises nothing.
    """
    try:
        root = page_root(html)
    except PageTooDeep:
        return "", ()
    base = base_of(root, url)
    found = [*_named(root, base), *_linked(root, base)]
    ranked = sorted(found, key=lambda one: (_rank(one, url), one.is_link))
    once: dict[str, str] = {}
    for one in ranked:
        once.setdefault(canonical(one.url) or one.url, one.url)
    return title_of(root), tuple(once.values())[:MAX_FEEDS]


def _named(root: LexborNode, base: str) -> Iterator[_Found]:
    """RSS Autodiscovery and RFC 4287's ``link rel=alternate``."""
    for node in root.css("link[href]")[:_MAX_LINKS]:
        relations = attribute(node, "rel").lower().split()
        href, name = attribute(node, "href"), attribute(node, "title")
        kind = attribute(node, "type").partition(";")[0].strip()
        is_feed = _FEED_TYPE.fullmatch(kind) or (
            _VAGUE_TYPE.fullmatch(kind) and _NAMED.search(f"{name} {href}") and not _INTERFACE.search(href)
        )
        says_so = ("alternate" in relations and is_feed) or ("feed" in relations and not _INTERFACE.search(href))
        if says_so and "stylesheet" not in relations and (safe := safe_url(href, base)):
            yield _Found(safe, name, is_link=False)


def _linked(root: LexborNode, base: str) -> Iterator[_Found]:
    """Links in the text that plainly lead to a feed."""
    host = urlsplit(base).hostname
    for node in root.css("a[href]")[:_MAX_LINKS]:
        href = attribute(node, "href")
        path = href.partition("#")[0].partition("?")[0]
        is_certain, may_be = _FEED_PATH.search(path[-200:]), _MAYBE_FEED_PATH.search(path[-200:])
        safe = safe_url(href, base) if is_certain or may_be else ""
        if not safe:
            continue
        name = f"{line(node)} {attribute(node, 'title')} {attribute(node, 'aria-label')}"
        if _NAMED.search(name) or (is_certain and urlsplit(safe).hostname == host):
            yield _Found(safe, name, is_link=True)


def _rank(found: _Found, page_url: str) -> int:
    if _COMMENTS.search(f"{found.name} {found.url}"):
        return 3
    path, page_path = unquote(urlsplit(found.url).path), unquote(urlsplit(page_url).path).rstrip("/")
    if _PART.search(found.url):
        return 0 if page_path and path.startswith(f"{page_path}/") else 2
    return 1


def usual_places(url: str) -> tuple[str, ...]:
    """Where the feed of the page at `url` may be if the page does not say, the likeliest first; never `url` itself.

    First in the page's own folder, then at the site's root; at most ten.
    """
    parts = urlsplit(url)
    last = parts.path.rpartition("/")[2]
    folder = parts.path.removesuffix(last) if "." in last else parts.path
    site = f"{parts.scheme}://{parts.netloc}"
    places = [f"{site}/{place}" for place in _PLACES]
    if folder.strip("/"):
        places[:0] = [f"{site}/{folder.strip('/')}/{place}" for place in _PLACES[:_PLACES_IN_FOLDER]]
    safe = dict.fromkeys(safe_url(place) for place in places)
    return tuple(place for place in safe if place and canonical(place) != canonical(url))[:MAX_FEEDS]
