"""JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/) -> `ParsedFeed`."""

import html
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from digest.feeds.links import safe_url
from digest.feeds.parsed import MAX_HTML, MAX_IMAGES, MAX_ITEMS, MAX_TAGS, FeedUnreadable, ParsedFeed, ParsedItem
from digest.model import Image

_VERSIONS = ("https://jsonfeed.org/version/", "http://jsonfeed.org/version/", "https://www.jsonfeed.org/version/")


def parse_json_feed(text: str, url: str) -> ParsedFeed:
    """The feed in `text`, served at `url`; raises FeedUnreadable. What has the wrong type counts as missing."""
    try:
        feed = json.loads(text)
    except json.JSONDecodeError as error:
        raise FeedUnreadable(f"not well-formed JSON at line {error.lineno}: {error.msg}") from None
    except (RecursionError, ValueError):
        raise FeedUnreadable("not JSON that can be read: nested too deep, or with a number too long") from None
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list):
        raise FeedUnreadable("this is JSON, but not a JSON Feed: it has no list of items")
    if not _text(feed, "version").startswith(_VERSIONS):
        raise FeedUnreadable("this is JSON, but not a JSON Feed: its version is not one of jsonfeed.org")
    items = [item for item in feed["items"][:MAX_ITEMS] if isinstance(item, dict)]
    author = _author(feed)
    return ParsedFeed(
        title=html.escape(_text(feed, "title")),
        language=_text(feed, "language"),
        items=tuple(_item(item, url, author) for item in items),
    )


def _item(item: dict[str, Any], feed_url: str, feed_author: str) -> ParsedItem:
    url = safe_url(_text(item, "url"), feed_url) or safe_url(_text(item, "external_url"), feed_url)
    content = _text(item, "content_html") or plain_to_html(_text(item, "content_text"))
    tags = item.get("tags")
    return ParsedItem(
        guid=_text(item, "id"),
        url=url,
        title=html.escape(_text(item, "title")),
        author=_author(item) or feed_author,
        published_at=_date(_text(item, "date_published")) or _date(_text(item, "date_modified")),
        summary_html=plain_to_html(_text(item, "summary"))[:MAX_HTML],
        content_html=content[:MAX_HTML],
        base=url or feed_url,
        tags=tuple(tag for tag in tags if isinstance(tag, str))[:MAX_TAGS] if isinstance(tags, list) else (),
        images=tuple(_images(item, url or feed_url))[:MAX_IMAGES],
        language=_text(item, "language"),
    )


def _text(thing: dict[str, Any], key: str) -> str:
    """A string; a number too, since 1.0 tells readers to take an id that is one."""
    value = thing.get(key)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value)


def _author(thing: dict[str, Any]) -> str:
    """The names of 1.1's ``authors``, or the one of 1.0's ``author``."""
    authors = thing.get("authors")
    people = authors if isinstance(authors, list) else [thing.get("author")]
    names = [_text(person, "name") for person in people[:5] if isinstance(person, dict)]
    return ", ".join(name for name in names if name)


def _date(text: str) -> datetime | None:
    """RFC 3339; without an offset it is taken for UTC."""
    try:
        at = datetime.fromisoformat(text.strip())
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _images(item: dict[str, Any], base: str) -> Iterator[Image]:
    for key in ("image", "banner_image"):
        if url := safe_url(_text(item, key), base):
            yield Image(url=url)
    attachments = item.get("attachments")
    for attachment in attachments if isinstance(attachments, list) else []:
        if isinstance(attachment, dict) and _text(attachment, "mime_type").startswith("image/"):
            yield Image(url=safe_url(_text(attachment, "url"), base))


def plain_to_html(text: str) -> str:
    """Plain text as HTML, with its empty lines as paragraphs."""
    return "".join(f"<p>{html.escape(part)}</p>" for part in text.split("\n\n") if part.strip())
