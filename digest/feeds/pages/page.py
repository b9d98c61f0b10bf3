"""A site without a feed: its page and the operator's CSS selectors -> `ParsedFeed`."""

import html as html_module
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import datetime
from itertools import islice
from urllib.parse import urldefrag

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from digest.feeds.links import canonical, safe_url
from digest.feeds.pages.markup import PageTooDeep, attribute, base_of, language_of, line, page_root, title_of
from digest.feeds.parsing.dates import read_date
from digest.feeds.parsing.parsed import MAX_HTML, MAX_IMAGES, MAX_ITEMS, FeedUnreadable, ParsedFeed, ParsedItem
from digest.feeds.text.plain import one_line, read_html
from digest.model import Selectors

_HEADINGS = "h1, h2, h3, h4, h5, h6"
_LINKS_IN_HEADINGS = ", ".join(f"{heading} a[href]" for heading in _HEADINGS.split(", "))
#: Links of one item that are looked at, and elements that may hold its time.
_MAX_LINKS = 20
_MAX_TIMES = 3
#: Items around an item that is read.
_NESTED = 3
#: Elements around an item that are looked at for that.
_LEVELS = 50
#: Characters of text below which a page is likely to be filled in by a script.
_HARDLY_ANY = 100

#: The last step of a selector, and its parts: "main > article.teaser" ends in "article" and ".teaser".
_LAST_STEP = re.compile(r"[^\s>+~]+$")
_STEP_PART = re.compile(r"^[\w-]+|[.#][\w-]+|\[[^\]]*\]")


def selector_problem(text: str) -> str:
    """What is wrong with a selector, in plain words; "" where it can be used."""
    try:
        LexborHTMLParser("<p>").css(text)
    except (SelectolaxError, ValueError):
        return f"{text!r} is not a CSS selector that can be used" if text.strip() else "it is empty"
    return ""


def parse_page(html: str, selectors: Selectors, url: str) -> ParsedFeed:
    """The articles that `selectors` find on the page `html`, served at `url`; raises FeedUnreadable.

    Each element that matches ``item`` is one. Its link is its identity: of several that lead to one place the first
    counts. Without ``link`` that is the first link in a heading, else the first; without ``title`` the title is the
    first heading's text, else the link's.
    """
    for field in fields(selectors):
        text = getattr(selectors, field.name)
        if (text or field.name == "item") and (problem := selector_problem(text)):
            raise FeedUnreadable(f"select.{field.name}: {problem}")
    try:
        root = page_root(html)
    except PageTooDeep as error:
        raise FeedUnreadable(f"the page cannot be read: {error}") from None
    nodes = root.css(selectors.item)
    if not nodes:
        raise FeedUnreadable(_nothing_matches(root, selectors.item))
    base = base_of(root, url)
    items, without_link = _items(_apart(nodes[:MAX_ITEMS]), selectors, base, url)
    if not items:
        raise FeedUnreadable(_no_links(nodes, selectors))
    return ParsedFeed(
        title=html_module.escape(title_of(root)),
        language=language_of(root),
        items=items,
        remarks=(*_remarks(nodes, selectors, without_link), *_no_dates(nodes, selectors, items)),
    )


def _apart(nodes: Sequence[LexborNode]) -> list[LexborNode]:
    """Those that stand within few others: each is read with all that is in it."""
    found = {node.mem_id for node in nodes}
    return [node for node in nodes if sum(outer.mem_id in found for outer in islice(_around(node), _LEVELS)) <= _NESTED]


def _around(node: LexborNode) -> Iterator[LexborNode]:
    while node.parent is not None:
        node = node.parent
        yield node


def _items(
    nodes: Sequence[LexborNode], selectors: Selectors, base: str, page_url: str
) -> tuple[tuple[ParsedItem, ...], int]:
    """The articles, each once, and how many elements have no link."""
    items: dict[str, ParsedItem] = {}
    without_link = 0
    for node in nodes:
        link, url = _link(node, selectors.link, base, page_url)
        if link is None:
            without_link += 1
            continue
        known = items.get(name := canonical(url) or url)
        if known is None or not known.title:
            items[name] = _item(node, link, url, selectors, base)
    return tuple(items.values()), without_link


def _item(node: LexborNode, link: LexborNode, url: str, selectors: Selectors, base: str) -> ParsedItem:
    excerpt = node.css_first(selectors.excerpt) if selectors.excerpt else None
    return ParsedItem(
        url=url,
        title=html_module.escape(_title(node, link, selectors.title)),
        published_at=_time(node, selectors.time),
        summary_html=(excerpt.html or "")[:MAX_HTML] if excerpt is not None else "",
        base=base,
        images=read_html(node.html or "", base).images[:MAX_IMAGES],
    )


def _link(node: LexborNode, selector: str, base: str, page_url: str) -> tuple[LexborNode | None, str]:
    """The element that leads to the article, and where; (None, "") where nothing in the item leads anywhere else."""
    here = urldefrag(page_url).url
    for candidate in _candidates(node, selector):
        url = safe_url(attribute(candidate, "href"), base)
        if url and urldefrag(url).url != here:
            return candidate, url
    return None, ""


def _candidates(node: LexborNode, selector: str) -> Iterator[LexborNode]:
    if selector:
        for named in node.css(selector)[:_MAX_LINKS]:
            yield named
            yield from named.css("a[href]")[:1]
        return
    if node.tag == "a":
        yield node
    yield from node.css(_LINKS_IN_HEADINGS)[:_MAX_LINKS]
    yield from node.css("a[href]")[:_MAX_LINKS]
    if node.parent is not None and node.parent.tag == "a":
        yield node.parent


def _title(node: LexborNode, link: LexborNode, selector: str) -> str:
    """What is named, else the link's text, else what it is called for those who cannot see its picture."""
    if text := line(node.css_first(selector or _HEADINGS)) or line(link):
        return text
    if text := one_line(attribute(link, "title") or attribute(link, "aria-label")):
        return text
    href = attribute(link, "href")
    again = (line(other) for other in node.css("a[href]")[:_MAX_LINKS] if attribute(other, "href") == href)
    pictures = (one_line(attribute(picture, "alt")) for picture in link.css("img[alt]")[:_MAX_LINKS])
    return next((text for text in (*again, *pictures) if text), "")


def _time(node: LexborNode, selector: str) -> datetime | None:
    for found in node.css(selector or "time")[:_MAX_TIMES]:
        texts = [attribute(found, name) for name in ("datetime", "content", "title")]
        texts += [attribute(inner, "datetime") for inner in found.css("time")[:1]]
        if moment := next((at for text in (*texts, line(found)) if (at := read_date(text))), None):
            return moment
    return None


def _nothing_matches(root: LexborNode, selector: str) -> str:
    """That no element is an item, and what there is instead of the elements that the operator expected."""
    reason = f"select.item: no element of the page matches {selector!r}"
    step = _LAST_STEP.search(selector)
    nearest = [step[0], *_STEP_PART.findall(step[0])] if step else []
    for guess in dict.fromkeys(nearest):
        count = len(root.css(guess)) if guess != selector and not selector_problem(guess) else 0
        if count:
            return f"{reason}; {count} {'matches' if count == 1 else 'match'} {guess!r}"
    if root.css_first("script") is not None and len(line(root.css_first("body"))) < _HARDLY_ANY:
        return f"{reason}; the page has hardly any text: a script seems to fill it in, and scripts are not run"
    return reason


def _no_links(nodes: Sequence[LexborNode], selectors: Selectors) -> str:
    count = len(nodes)
    if selectors.link:
        return f"select.link: {selectors.link!r} finds no link in the {count} that match {selectors.item!r}"
    return f"select.item: none of the {count} that match {selectors.item!r} has a link to another page"


def _no_dates(nodes: Sequence[LexborNode], selectors: Selectors, items: Sequence[ParsedItem]) -> Iterator[str]:
    named = bool(selectors.time) and any(node.css_first(selectors.time) is not None for node in nodes[:MAX_ITEMS])
    if named and not any(item.published_at for item in items):
        yield f"select.time: what {selectors.time!r} matches is no date that can be read"


def _remarks(nodes: Sequence[LexborNode], selectors: Selectors, without_link: int) -> Iterator[str]:
    count = len(nodes)
    if count > MAX_ITEMS:
        yield f"only the first {MAX_ITEMS:,} of {count:,} items were read"
    if without_link:
        yield f"{without_link} of {min(count, MAX_ITEMS)} items have no link and were left out"
    matched = Counter(
        name
        for name in ("title", "time", "excerpt")
        for node in nodes[:MAX_ITEMS]
        if (selector := getattr(selectors, name)) and node.css_first(selector) is not None
    )
    for name in ("title", "time", "excerpt"):
        if (selector := getattr(selectors, name)) and not matched[name]:
            yield f"select.{name}: {selector!r} matches nothing in any item"
