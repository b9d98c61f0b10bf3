"""The elements that are read of a feed, in every format, by their names without prefix and in lower case."""

import re
from functools import cache

#: XML 1.0 2.2 has no place for these, and one of them makes a feed not well-formed.
ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")

ITEMS = {"item", "entry"}
#: Hold other elements, and nothing else that is read.
CONTAINERS = ITEMS | {"rss", "rdf", "feed", "channel", "items", "source", "group", "image", "textinput"}
#: Hold a text, in which there may be markup.
TEXTS = {
    "title", "description", "summary", "content", "encoded", "subtitle", "tagline", "abstract", "fullitem", "body",
}  # fmt: skip
#: Hold a name, or the elements of a person.
PEOPLE = {"author", "creator", "managingeditor", "name"}
LABELS = {"category", "subject", "keywords", "tags"}
#: Hold a word, an address or a date, or have all in their attributes.
WORDS = PEOPLE | LABELS | {
    "link", "guid", "id", "pubdate", "date", "published", "issued", "created", "updated", "modified", "lastmod",
    "comments", "language", "origlink", "enclosure", "thumbnail", "image",
}  # fmt: skip
#: Where one of these begins, a text before it that was never closed has ended: they are no elements of HTML.
NEVER_HTML = ITEMS | {"rss", "rdf", "feed", "channel", "pubdate", "guid", "category", "enclosure", "encoded", "creator",
                        "published", "updated", "description"}  # fmt: skip
#: No text of the article's own: they are written under other names, for where there is nothing better.
OTHER_NAMES = {"media:title": "media:heading", "media:description": "media:caption"}

NAMESPACES = {
    "atom": "http://www.w3.org/2005/Atom",
    "feed": "http://www.w3.org/2005/Atom",
    "rss": "http://backend.userland.com/rss",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "media": "http://search.yahoo.com/mrss/",
    "itunes": "http://www.itunes.com/DTDs/PodCast-1.0.dtd",
    "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
    "xhtml": "http://www.w3.org/1999/xhtml",
}

#: An item begins.
ITEM_BEGINS = re.compile(r"<(?:[\w.-]{1,60}:)?(?:item|entry)(?=[\s/>])", re.ASCII | re.IGNORECASE)


@cache
def edges(local: str) -> re.Pattern[str]:
    """Finds what may end a text in an element that is called `local`: its own tags, and those that no text has in it.

    The latter show that it was never closed.
    """
    others = NEVER_HTML | ({"link", "summary", "content"} if local == "title" else set())
    return re.compile(
        rf"<(?:(!\[CDATA\[)|(/?)((?:[\w.-]{{1,60}}:)?(?:{'|'.join(sorted(others | {local}))}))(?=[\s/>]))",
        re.ASCII | re.IGNORECASE,
    )
