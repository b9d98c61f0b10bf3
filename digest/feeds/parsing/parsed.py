"""What a feed says, before anything is cleaned: the values that the parsers hand on."""

from dataclasses import dataclass, field
from datetime import datetime

from digest.errors import DigestError
from digest.model import Image, Wishes

#: Items beyond these are not read: the first ones are the newest in nearly every feed.
MAX_ITEMS = 2_000
#: Characters of HTML that are read of one item; cleaning is quadratic in the depth of hostile HTML.
MAX_HTML = 128 * 1024
#: Characters of a title that are read: as HTML it is longer than as text.
MAX_TITLE = 8_000
#: Labels that are read of one item.
MAX_TAGS = 30
#: Picture candidates that are read of one item.
MAX_IMAGES = 20


#: The remark on a feed of which there is more to be had.
BREAKS_OFF = "it breaks off before its end"


class FeedUnreadable(DigestError):
    """These bytes are no feed; the text says in plain words what they are. It never leaves `digest.feeds`."""


class WebPageServed(FeedUnreadable):
    """These bytes are a web page, which may say where its feed is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedItem:
    """One item, as its feed has it. Addresses are absolute and http(s), or empty; the rest is hostile still."""

    #: As given; empty: none.
    guid: str = ""
    url: str = ""
    #: HTML, even where the feed had plain text.
    title: str = ""
    author: str = ""
    #: Aware, UTC.
    published_at: datetime | None = None
    #: HTML, even where the feed had plain text; at most `MAX_HTML` characters each.
    summary_html: str = ""
    content_html: str = ""
    #: What relative addresses in the HTML are relative to.
    base: str = ""
    tags: tuple[str, ...] = ()
    #: The pictures that the feed itself names, in its order.
    images: tuple[Image, ...] = ()
    #: As given; empty: unknown.
    language: str = ""
    comments_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """A feed, as it was served."""

    #: HTML, like the titles of items.
    title: str = ""
    #: As given; empty: unknown.
    language: str = ""
    items: tuple[ParsedItem, ...] = ()
    wishes: Wishes = field(default_factory=Wishes)
    #: What was not read, or is odd, in plain words.
    remarks: tuple[str, ...] = ()
