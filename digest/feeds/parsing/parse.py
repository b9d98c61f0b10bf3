"""Bytes of a feed -> `ParsedFeed`: RSS, Atom and JSON Feed of every version."""

import re
from collections.abc import Iterator
from datetime import datetime
from html import unescape
from typing import Any

from digest.feeds.images import pixels
from digest.feeds.links import safe_url, unwrap
from digest.feeds.parsing.dates import read_date
from digest.feeds.parsing.document import Document, read_document
from digest.feeds.parsing.handler import read_mended
from digest.feeds.parsing.json_feed import parse_json_feed, plain_to_html
from digest.feeds.parsing.mend import Mended, mend
from digest.feeds.parsing.parsed import (
    MAX_HTML,
    MAX_IMAGES,
    MAX_TAGS,
    MAX_TITLE,
    FeedUnreadable,
    ParsedFeed,
    ParsedItem,
)
from digest.feeds.parsing.wishes import wishes
from digest.model import Image

#: What a publisher means as markup although the feed says plain text: something closed, or a void element.
_MARKUP = re.compile(r"</[A-Za-z]\w*\s*>|<(?:br|img|hr|wbr)\b", re.IGNORECASE)
_HTML_TYPES = ("text/html", "application/xhtml+xml")


def parse(body: bytes, content_type: str, url: str) -> ParsedFeed:
    """The feed in `body`, served at `url` as `content_type`; raises FeedUnreadable.

    What a person would call readable is read, well-formed or not. A feed without items is a feed.
    """
    document = read_document(body, content_type)
    if document.is_json:
        return parse_json_feed(document.text, url)
    mended = mend(document.text)
    feed, entries, stumble = read_mended(mended.text)
    if not entries and (complaint := stumble or _complaint(document, mended)):
        raise FeedUnreadable(complaint)
    if mended.breaks_off and entries and not (_string(entries[-1], "id") or _string(entries[-1], "link")):
        entries = entries[:-1]  # nothing would tell that it is the same when it is whole
    author = _author(feed)
    return ParsedFeed(
        title=_title(feed),
        language=_string(feed, "language") or _string(_detail(feed, "title"), "language"),
        items=tuple(_item(entry, url, author) for entry in entries),
        wishes=wishes(document.text),
        remarks=(*document.remarks, *mended.remarks, *([stumble] if stumble else [])),
    )


def _complaint(document: Document, mended: Mended) -> str:
    """Why a feed without items is not just an empty one; empty: it is."""
    if not mended.broken_line:
        return ""
    return f"not well-formed XML at line {mended.broken_line + document.skipped_lines}, and without items"


def _item(entry: dict[str, Any], feed_url: str, feed_author: str) -> ParsedItem:
    summary, content = _detail(entry, "summary"), _longest(entry)
    xml_base = _string(content, "base") or _string(summary, "base")
    teaser = _html(summary) or _string(entry, "summary")[:MAX_HTML]
    text = _html(content)
    if not teaser and not text:
        teaser = _html(_detail(entry, "subtitle")) or plain_to_html(_string(entry, "media_caption")[:MAX_HTML])
    url = _url(entry, feed_url)
    base = (safe_url(xml_base, feed_url) if xml_base else "") or url or feed_url
    return ParsedItem(
        guid=_string(entry, "id"),
        url=url,
        title=_title(entry),
        author=_author(entry) or _author(_source(entry)) or feed_author,
        published_at=_date(entry),
        summary_html=teaser if teaser != text else "",
        content_html=text,
        base=base,
        tags=tuple(dict.fromkeys(_tags(entry)))[:MAX_TAGS],
        images=tuple(image for image in _images(entry, base) if image.url)[:MAX_IMAGES],
        language=_string(content, "language") or _string(summary, "language"),
        comments_url=safe_url(_string(entry, "comments"), feed_url),
    )


def _string(thing: dict[str, Any], key: str) -> str:
    # Past feedparser's own `get`, which is slow and falls back to other keys.
    value = dict.get(thing, key)
    return value if isinstance(value, str) else ""


def _dicts(thing: dict[str, Any], key: str) -> list[dict[str, Any]]:
    value = dict.get(thing, key)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _links(entry: dict[str, Any], rel: str) -> list[dict[str, Any]]:
    return [one for one in _dicts(entry, "links") if _string(one, "rel") == rel]


def _detail(thing: dict[str, Any], key: str) -> dict[str, Any]:
    """The text `key` with its type, language and base; empty where there is none."""
    value = dict.get(thing, f"{key}_detail")
    return value if isinstance(value, dict) else {}


def _source(entry: dict[str, Any]) -> dict[str, Any]:
    """The feed that the entry was copied from, whose author is its author (RFC 4287 4.2.11)."""
    value = dict.get(entry, "source")
    return value if isinstance(value, dict) else {}


def _title(thing: dict[str, Any]) -> str:
    """The title as HTML. Feeds that say plain text escape twice or leave markup in so often that both are undone."""
    text = (_string(thing, "title") or _string(thing, "media_heading"))[:MAX_TITLE]
    if _string(_detail(thing, "title"), "type") in _HTML_TYPES or _MARKUP.search(text):
        return text
    return text.replace("<", "&lt;")


def _html(detail: dict[str, Any]) -> str:
    value = _string(detail, "value")[:MAX_HTML]
    if _string(detail, "type") == "text/plain" and not _MARKUP.search(value):
        return plain_to_html(value)[:MAX_HTML]
    return value


def _longest(entry: dict[str, Any]) -> dict[str, Any]:
    """The fullest of an entry's contents that is text; Atom allows several, and pictures or sound among them."""
    texts = [one for one in _dicts(entry, "content") if _string(one, "type") in {"", "text/plain", *_HTML_TYPES}]
    return max(texts, key=lambda one: len(_string(one, "value")), default={})


def _url(entry: dict[str, Any], feed_url: str) -> str:
    """Where the article is: what a forwarding service says it was, its link, its GUID if that is one, its file."""
    guid, link = _string(entry, "id"), _string(entry, "link")
    if link == guid and not guid.lower().startswith(("http://", "https://", "/")):
        link = ""  # a GUID that is called a permalink by default, and is none
    alternates = _links(entry, "alternate")
    pages = [_string(one, "href") for one in alternates if _string(one, "type") in _HTML_TYPES]
    candidates = [_string(entry, "feedburner_origlink"), *pages[:1], link]
    candidates += [_string(one, "href") for one in alternates]
    candidates += [guid] if guid.lower().startswith(("http://", "https://")) else []
    candidates += [_string(one, "href") for one in _links(entry, "enclosure")]
    return next((unwrap(safe) for each in candidates if (safe := safe_url(each, feed_url))), "")


def _author(thing: dict[str, Any]) -> str:
    """The names; addresses of mail are none."""
    names = (unescape(_string(one, "name")).strip() for one in _dicts(thing, "authors"))
    return ", ".join(dict.fromkeys(name for name in names if name)) or unescape(_string(thing, "author"))


def _date(entry: dict[str, Any]) -> datetime | None:
    """When it was published, else when it was changed.

    From the text: what feedparser makes of it leaves out most zones, and depends on the zone of this machine.
    """
    dates = (read_date(_string(entry, key)) for key in ("published", "created", "updated"))
    return next((date for date in dates if date), None)


def _tags(entry: dict[str, Any]) -> Iterator[str]:
    """The labels. A semicolon divides two of them; a comma does not, since many labels have one."""
    for tag in _dicts(entry, "tags"):
        for term in unescape(_string(tag, "label") or _string(tag, "term")).split(";"):
            if term.strip() and "://" not in term:
                yield term.strip()


def _images(entry: dict[str, Any], base: str) -> Iterator[Image]:
    """media:content, media:thumbnail, enclosures and what stands for an episode, as far as they are pictures."""
    for one in _dicts(entry, "media_content"):
        kind = _string(one, "medium") or _string(one, "type")
        if not kind or kind.startswith("image"):
            yield _image(one, "url", base)
    for one in _dicts(entry, "media_thumbnail"):
        yield _image(one, "url", base)
    for one in _links(entry, "enclosure"):
        if _string(one, "type").startswith("image/"):
            yield _image(one, "href", base)
    picture = dict.get(entry, "image")
    if isinstance(picture, dict):
        yield _image(picture, "href", base)


def _image(one: dict[str, Any], key: str, base: str) -> Image:
    url = safe_url(_string(one, key), base)
    return Image(url=url, width=pixels(_string(one, "width")), height=pixels(_string(one, "height")))
