"""A site without a feed: which selectors would find its articles, for an operator to begin with."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from selectolax.lexbor import LexborNode

from digest.feeds.links import safe_url
from digest.feeds.pages.markup import PageTooDeep, attribute, base_of, line, page_root
from digest.model import Selectors

#: Links that are looked at, and elements around each.
_MAX_LINKS = 1_000
_LEVELS = 6
#: Fewer articles than this are no list of them.
_FEWEST = 3
#: Characters of a link that is no heading below which it leads to a section, not to an article.
_TITLE = 20
#: Of the elements that a selector finds, this part has to be articles.
_PURE = 0.8
#: Characters of a paragraph that tells what an article is about.
_EXCERPT = 40

_ASIDE = {"nav", "header", "footer", "aside", "form", "dialog"}
_HEADINGS = "h1, h2, h3, h4, h5, h6"
_HEADING_TAGS = frozenset(_HEADINGS.split(", "))
#: A class that says what an element is, not how it looks in a grid or which it is.
_CLASS = re.compile(r"[A-Za-z][A-Za-z_-]{2,40}")
_TIME_CLASS = re.compile(r"(?:^|[-_])(?:date|datum|time|zeit|published|posted|fecha|jour)(?:$|[-_])", re.IGNORECASE)


class _Level(NamedTuple):
    """An element around a link, its distance from it and where that leads."""

    node: LexborNode
    distance: int
    url: str


def guess(html: str, url: str) -> Selectors | None:
    """Selectors that find what looks most like articles on the page `html`, served at `url`; None: nothing does.

    Articles are elements of one kind, outside of menus, that hold one headline's link each; of those around one
    another the outermost, since that holds the time and the excerpt. To be looked at by a person: it is a guess.
    """
    try:
        root = page_root(html)
    except PageTooDeep:
        return None
    around: dict[str, list[_Level]] = defaultdict(list)
    for level in _levels(root, base_of(root, url)):
        around[_selector(level.node)].append(level)
    lists = [(selector, levels) for selector, levels in around.items() if selector and _is_list(root, selector, levels)]
    if not lists:
        return None
    most = max(len({level.url for level in levels}) for _, levels in lists)
    # What is farther out may have lost a few to another kind of element.
    wide = [one for one in lists if len({level.url for level in one[1]}) >= most * _PURE]
    selector, levels = max(wide, key=lambda one: sum(level.distance for level in one[1]) / len(one[1]))
    nodes = [level.node for level in levels]
    return Selectors(item=selector, time=_time_of(nodes), excerpt=_excerpt_of(nodes))


def _levels(root: LexborNode, base: str) -> Iterator[_Level]:
    """The elements around each link that may lead to an article, the link itself first."""
    for link in root.css("a[href]")[:_MAX_LINKS]:
        around = list(_around(link))
        tags = {node.tag for node in around}
        is_headline = (
            len(line(link)) >= _TITLE or link.css_first(_HEADINGS) is not None or not tags.isdisjoint(_HEADING_TAGS)
        )
        url = safe_url(attribute(link, "href"), base)
        if is_headline and url and tags.isdisjoint(_ASIDE):
            yield from (_Level(node, distance, url) for distance, node in enumerate(around[: _LEVELS + 1]))


def _around(node: LexborNode | None) -> Iterator[LexborNode]:
    """`node` and all that it is in, below the body."""
    while node is not None and node.tag not in {"body", "html"}:
        yield node
        node = node.parent


def _selector(node: LexborNode) -> str:
    """What finds elements like this one; "" for one that is like all others."""
    classes = [name for name in attribute(node, "class").split() if _CLASS.fullmatch(name)][:2]
    if not classes and node.tag not in {"article", "li", "dt", "tr"}:
        return ""
    return ".".join([node.tag or "", *classes])


def _is_list(root: LexborNode, selector: str, levels: Sequence[_Level]) -> bool:
    """Whether nearly all that the selector finds holds one article, each another."""
    urls: dict[int, set[str]] = defaultdict(set)
    for level in levels:
        urls[level.node.mem_id].add(level.url)
    single = [next(iter(found)) for found in urls.values() if len(found) == 1]
    return len(set(single)) >= _FEWEST and len(single) >= len(root.css(selector)) * _PURE


def _time_of(nodes: Sequence[LexborNode]) -> str:
    """What finds their time, where that is no ``<time>``; "" where nothing does."""
    if sum(node.css_first("time") is not None for node in nodes) * 2 >= len(nodes):
        return ""
    named = Counter(
        name
        for node in nodes
        for name in {each for inner in node.css("[class]")[:50] for each in attribute(inner, "class").split()}
        if _CLASS.fullmatch(name) and _TIME_CLASS.search(name)
    )
    name, count = next(iter(named.most_common(1)), ("", 0))
    return f".{name}" if count * 2 >= len(nodes) else ""


def _excerpt_of(nodes: Sequence[LexborNode]) -> str:
    told = sum(any(len(line(text)) >= _EXCERPT for text in node.css("p")[:1]) for node in nodes)
    return "p" if told * 2 >= len(nodes) else ""
