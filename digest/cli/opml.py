"""Lists of feeds as other programs exchange them (OPML 2.0): read, and written. Pure.

A file is from outside: whatever needs a DTD is refused, so that no entity can grow or reach for another file.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from digest.errors import UsageError
from digest.model import Feed

MAX_BYTES = 10_000_000
_MOST_FEEDS = 10_000


@dataclass(frozen=True, slots=True)
class Outline:
    """A feed as a list names it."""

    url: str
    title: str
    #: Of the innermost folder; empty: it stands in none.
    folder: str


def read(document: bytes) -> list[Outline]:
    """The feeds of the list, in its order, each address once. Raises UsageError for what is no OPML."""
    if len(document) > MAX_BYTES:
        raise UsageError(f"the list is larger than {MAX_BYTES:,} bytes")
    reading = _Reading()
    parser = expat.ParserCreate()
    parser.StartElementHandler = reading.start
    parser.EndElementHandler = reading.end
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(document, True)  # noqa: FBT003 - expat takes it by place only
    except expat.ExpatError as error:
        raise UsageError(f"the list is not XML: {error}") from None
    if not reading.is_opml:
        raise UsageError("the list is not OPML: its first element is not <opml>")
    return list({outline.url: outline for outline in reversed(reading.outlines)}.values())[::-1]


class _Reading:
    """What has been read so far; folders are outlines without an address."""

    def __init__(self) -> None:
        self.outlines: list[Outline] = []
        self.is_opml = False
        self._depth = 0
        #: The name of the innermost folder at each depth.
        self._folders = [""]

    def start(self, element: str, attributes: Mapping[str, str]) -> None:
        if not self._depth:
            self.is_opml = element.lower() == "opml"
        self._depth += 1
        given = {name.lower(): _line(value) for name, value in attributes.items()}
        name = given.get("title") or given.get("text") or ""
        url = given.get("xmlurl", "")
        is_outline = element.lower() == "outline"
        self._folders.append(name if is_outline and not url else self._folders[-1])
        if is_outline and url:
            self.outlines.append(Outline(url=url, title=name, folder=self._folders[-1]))
            if len(self.outlines) > _MOST_FEEDS:
                raise UsageError(f"the list names more than {_MOST_FEEDS:,} feeds")

    def end(self, _element: str) -> None:
        self._depth -= 1
        self._folders.pop()


def write(title: str, feeds: Sequence[Feed], categories: Mapping[str, str]) -> str:
    """An OPML document of `feeds`, a folder for each of `categories` (name -> title) that has some."""
    folders = {name: [feed for feed in feeds if feed.categories[:1] == (name,)] for name in categories}
    loose = [feed for feed in feeds if not feed.categories]
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<opml version="2.0">']
    lines += [f"  <head><title>{escape(title)}</title></head>", "  <body>"]
    for name, held in folders.items():
        if held:
            label = quoteattr(categories[name])
            lines += [
                f"    <outline text={label} title={label}>",
                *(_outline(feed, 6) for feed in held),
                "    </outline>",
            ]
    lines += [*(_outline(feed, 4) for feed in loose), "  </body>", "</opml>", ""]
    return "\n".join(lines)


def _outline(feed: Feed, indent: int) -> str:
    label = quoteattr(feed.title or feed.name)
    return f'{" " * indent}<outline type="rss" text={label} title={label} xmlUrl={quoteattr(feed.url)}/>'


def _line(text: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _refuse_doctype(*_: object) -> None:
    raise UsageError("the list has a DTD, which no OPML needs: remove <!DOCTYPE ...>")
