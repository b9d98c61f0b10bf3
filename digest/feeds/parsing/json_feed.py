"""JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/) -> `ParsedFeed`."""

import html
import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from digest.feeds.links import safe_url, unwrap
from digest.feeds.parsing.dates import read_date
from digest.feeds.parsing.parsed import (
    BREAKS_OFF,
    MAX_HTML,
    MAX_IMAGES,
    MAX_ITEMS,
    MAX_TAGS,
    MAX_TITLE,
    FeedUnreadable,
    ParsedFeed,
    ParsedItem,
)
from digest.feeds.parsing.vocabulary import ILLEGAL
from digest.model import Image

#: Where the items begin, and what stands before each.
_ITEMS = re.compile(r'(?<!\\)"items"\s*:\s*\[')
_BETWEEN = re.compile(r"[\s,]*(?=\{)")
_VERSIONS = ("https://jsonfeed.org/version/", "http://jsonfeed.org/version/", "https://www.jsonfeed.org/version/")


def parse_json_feed(text: str, url: str) -> ParsedFeed:
    """The feed in `text`, served at `url`; raises FeedUnreadable. What has the wrong type counts as missing.

    Of a feed that breaks off the items before are read.
    """
    try:
        feed, remarks = _load(text)
    except json.JSONDecodeError as error:
        raise FeedUnreadable(f"not well-formed JSON at line {error.lineno}: {error.msg}") from None
    except (RecursionError, ValueError):
        raise FeedUnreadable("not JSON that can be read: nested too deep, or with a number too long") from None
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list):
        raise FeedUnreadable("this is JSON, but not a JSON Feed: it has no list of items")
    if not _text(feed, "version").startswith(_VERSIONS):
        raise FeedUnreadable("this is JSON, but not a JSON Feed: its version is not one of jsonfeed.org")
    items = [item for item in feed["items"][:MAX_ITEMS] if isinstance(item, dict)]
    if len(feed["items"]) > MAX_ITEMS:
        remarks = (*remarks, f"only the first {MAX_ITEMS:,} of {len(feed['items']):,} items were read")
    author = _author(feed)
    return ParsedFeed(
        title=html.escape(_text(feed, "title")[:MAX_TITLE]),
        language=_text(feed, "language"),
        items=tuple(_item(item, url, author) for item in items),
        remarks=remarks,
    )


def _load(text: str) -> tuple[Any, tuple[str, ...]]:
    """What is in `text`, and what is odd about it. Line breaks within strings are let pass, and what stands behind.

    Raises what `json` does.
    """
    decoder = json.JSONDecoder(strict=False)
    try:
        return decoder.raw_decode(text)[0], ()
    except json.JSONDecodeError:
        begin = _ITEMS.search(text)
        if begin is None:
            raise
        items = list(islice(_whole_items(decoder, text, begin.end()), MAX_ITEMS))
        if not items:
            raise
        head = decoder.raw_decode(text[: begin.end()] + "]}")[0]
        return {**head, "items": items}, (BREAKS_OFF,)


def _whole_items(decoder: json.JSONDecoder, text: str, at: int) -> Iterator[Any]:
    """One item after the other, as far as they are whole."""
    while between := _BETWEEN.match(text, at):
        try:
            item, at = decoder.raw_decode(text, between.end())
        except ValueError:
            return
        yield item


def _item(item: dict[str, Any], feed_url: str, feed_author: str) -> ParsedItem:
    url = unwrap(safe_url(_text(item, "url"), feed_url) or safe_url(_text(item, "external_url"), feed_url))
    content = _text(item, "content_html") or plain_to_html(_text(item, "content_text")[:MAX_HTML])
    return ParsedItem(
        guid=_text(item, "id"),
        url=url,
        title=html.escape(_text(item, "title")[:MAX_TITLE]),
        author=_author(item) or feed_author,
        published_at=read_date(_text(item, "date_published")) or read_date(_text(item, "date_modified")),
        summary_html=plain_to_html(_text(item, "summary")[:MAX_HTML])[:MAX_HTML],
        content_html=content[:MAX_HTML],
        base=url or feed_url,
        tags=_tags(item),
        images=tuple(_images(item, url or feed_url))[:MAX_IMAGES],
        language=_text(item, "language"),
    )


def _text(thing: dict[str, Any], key: str) -> str:
    """A string; a number too, since 1.0 tells readers to take an id that is one."""
    value = thing.get(key)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    # A string of JSON may hold half of a pair of surrogates, which is no character.
    return ILLEGAL.sub("", str(value))


def _tags(item: dict[str, Any]) -> tuple[str, ...]:
    tags = item.get("tags")
    names = [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
    return tuple(ILLEGAL.sub("", tag) for tag in names[:MAX_TAGS])


def _author(thing: dict[str, Any]) -> str:
    """The names of 1.1's ``authors``, or the one of 1.0's ``author``."""
    authors = thing.get("authors")
    people = authors if isinstance(authors, list) else [thing.get("author")]
    names = [_text(person, "name") for person in people[:5] if isinstance(person, dict)]
    return ", ".join(name for name in names if name)


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
