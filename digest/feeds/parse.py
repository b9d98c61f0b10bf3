"""Bytes of a feed -> `ParsedFeed`: RSS, Atom and JSON Feed of every version (the only importer of feedparser)."""

import html
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from time import struct_time
from typing import Any
from urllib.parse import urljoin
from xml.sax import SAXParseException

import feedparser

from digest.feeds.dates import local_date
from digest.feeds.document import Document, read_document
from digest.feeds.json_feed import parse_json_feed, plain_to_html
from digest.feeds.links import pixels, safe_url
from digest.feeds.parsed import MAX_HTML, MAX_IMAGES, MAX_ITEMS, MAX_TAGS, FeedUnreadable, ParsedFeed, ParsedItem
from digest.model import Image

#: What a publisher means as markup although the feed says plain text: something closed, or a void element.
_MARKUP = re.compile(r"</[A-Za-z]\w*\s*>|<(?:br|img|hr|wbr)\b", re.IGNORECASE)
#: Prefixes of the feed's own elements in feeds that forget to declare them.
_PREFIXED = re.compile(r"(</?)(?:rss|atom|feed):", re.IGNORECASE)
#: What feedparser's own parser for broken feeds is known to raise.
_STUMBLES = (ValueError, LookupError, TypeError, AttributeError, AssertionError, OverflowError, RecursionError)
_HTML_TYPES = ("text/html", "application/xhtml+xml")
_EMAIL = re.compile(r"[<(]?\b[^\s@<>()]+@[^\s@<>()]+\b[>)]?")


def parse(body: bytes, content_type: str, url: str) -> ParsedFeed:
    """The feed in `body`, served at `url` as `content_type`; raises FeedUnreadable.

    What a person would call readable is read, well-formed or not. A feed without items is a feed.
    """
    document = read_document(body, content_type)
    if document.is_json:
        return parse_json_feed(document.text, url)
    result = _parse_xml(document.text)
    if not result["entries"] and result["bozo"] and _PREFIXED.search(document.text):
        result = _parse_xml(_PREFIXED.sub(r"\1", document.text))
    if not result["entries"] and result["bozo"]:
        raise FeedUnreadable(_complaint(result.get("bozo_exception"), document))
    feed = result["feed"]
    return ParsedFeed(
        title=_title(feed),
        language=_string(feed, "language") or _string(_detail(feed, "title"), "language"),
        items=tuple(_item(entry, url, _string(feed, "author")) for entry in result["entries"][:MAX_ITEMS]),
    )


def _parse_xml(text: str) -> dict[str, Any]:
    """What feedparser makes of `text`: of bytes in a stream, since it opens strings as files and addresses.

    Its own sanitizer is quadratic and no boundary; `plain` does that work, and `links` resolves what is relative.
    """
    source = io.BytesIO(f"<?xml version='1.0' encoding='utf-8'?>{text}".encode())
    try:
        result: dict[str, Any] = feedparser.parse(source, sanitize_html=False, resolve_relative_uris=False)
    except _STUMBLES as error:
        raise FeedUnreadable(f"it cannot be parsed: {type(error).__name__}") from None
    return result


def _complaint(error: object, document: Document) -> str:
    if isinstance(error, SAXParseException):
        return f"not well-formed XML at line {(error.getLineNumber() or 1) + document.skipped_lines}, and without items"
    return "no items could be read"


def _item(entry: dict[str, Any], feed_url: str, feed_author: str) -> ParsedItem:
    summary, content = _detail(entry, "summary"), _longest(entry)
    xml_base = _string(content, "base") or _string(summary, "base")
    teaser, text = _html(summary) or _string(entry, "summary")[:MAX_HTML], _html(content)
    url = _url(entry, feed_url)
    base = urljoin(feed_url, xml_base) if xml_base else url or feed_url
    return ParsedItem(
        guid=_string(entry, "id"),
        url=url,
        title=_title(entry),
        author=_author(entry, feed_author),
        published_at=_date(entry),
        summary_html=teaser if teaser != text else "",
        content_html=text,
        base=base,
        tags=tuple(_tags(entry))[:MAX_TAGS],
        images=tuple(_images(entry, base))[:MAX_IMAGES],
        language=_string(content, "language") or _string(summary, "language"),
        comments_url=safe_url(_string(entry, "comments"), feed_url),
    )


def _string(thing: dict[str, Any], key: str) -> str:
    value = thing[key] if key in thing else None  # noqa: SIM401 - its `get` falls back to other keys, with a warning
    return value if isinstance(value, str) else ""


def _dicts(thing: dict[str, Any], key: str) -> list[dict[str, Any]]:
    value = thing[key] if key in thing else None  # noqa: SIM401 - as above
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _detail(thing: dict[str, Any], key: str) -> dict[str, Any]:
    """The text `key` with its type, language and base; empty where there is none."""
    value = thing.get(f"{key}_detail")
    return value if isinstance(value, dict) else {}


def _title(thing: dict[str, Any]) -> str:
    """The title as HTML. Feeds that say plain text escape twice or leave markup in so often that both are undone."""
    text = _string(thing, "title")
    if _string(_detail(thing, "title"), "type") in _HTML_TYPES or _MARKUP.search(text):
        return text
    return text.replace("<", "&lt;")


def _html(detail: dict[str, Any]) -> str:
    value = _string(detail, "value")[:MAX_HTML]
    if _string(detail, "type") == "text/plain" and not _MARKUP.search(value):
        return plain_to_html(value)
    return value


def _longest(entry: dict[str, Any]) -> dict[str, Any]:
    """The fullest of an entry's contents that is text; Atom allows several, and pictures or sound among them."""
    texts = [one for one in _dicts(entry, "content") if _string(one, "type") in {"", "text/plain", *_HTML_TYPES}]
    return max(texts, key=lambda one: len(_string(one, "value")), default={})


def _url(entry: dict[str, Any], feed_url: str) -> str:
    """Where the article is: what a forwarding service says it was, its link, its GUID if that is one, its file."""
    guid = _string(entry, "id")
    link = _string(entry, "link")
    if link == guid and not guid.lower().startswith(("http://", "https://", "/")):
        link = ""  # a GUID that is called a permalink by default, and is none
    candidates = [_string(entry, "feedburner_origlink"), link]
    candidates += [guid] if guid.lower().startswith(("http://", "https://")) else []
    candidates += [_string(one, "href") for one in _dicts(entry, "enclosures")]
    return next((safe for each in candidates if (safe := safe_url(each, feed_url))), "")


def _author(entry: dict[str, Any], feed_author: str) -> str:
    """The name or names, without mail addresses; feedparser knows only those that end in four letters or fewer."""
    text = _string(entry, "author")
    if "@" not in text:
        text = (
            ", ".join(dict.fromkeys(name for one in _dicts(entry, "authors") if (name := _string(one, "name")))) or text
        )
    return " ".join(_EMAIL.sub(" ", html.unescape(text or feed_author)).split()).strip(" ,()")


def _date(entry: dict[str, Any]) -> datetime | None:
    """When it was published, else when it was changed; feedparser gives UTC."""
    for key in ("published_parsed", "created_parsed", "updated_parsed"):
        value = entry[key] if key in entry else None  # noqa: SIM401 - as above
        if not isinstance(value, struct_time):
            continue
        try:
            return datetime(*value[:5], min(value[5], 59), tzinfo=UTC)
        except (ValueError, OverflowError):
            continue
    return local_date(_string(entry, "published") or _string(entry, "updated"))


def _tags(entry: dict[str, Any]) -> Iterator[str]:
    for tag in _dicts(entry, "tags"):
        term = _string(tag, "label") or _string(tag, "term")
        if term and "://" not in term:
            yield term


def _images(entry: dict[str, Any], base: str) -> Iterator[Image]:
    """media:content, media:thumbnail and enclosures, as far as they are pictures."""
    for one in _dicts(entry, "media_content"):
        kind = _string(one, "medium") or _string(one, "type")
        if not kind or kind.startswith("image"):
            yield _image(one, base)
    for one in _dicts(entry, "media_thumbnail"):
        yield _image(one, base)
    for one in _dicts(entry, "enclosures"):
        if _string(one, "type").startswith("image/"):
            yield Image(url=safe_url(_string(one, "href"), base))


def _image(one: dict[str, Any], base: str) -> Image:
    url = safe_url(_string(one, "url"), base)
    return Image(url=url, width=pixels(_string(one, "width")), height=pixels(_string(one, "height")))
