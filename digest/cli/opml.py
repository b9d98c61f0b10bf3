"""Lists of feeds as other programs exchange them (OPML 1.0 and 2.0): read, and written. Pure.

A file is from outside: whatever needs a DTD is refused, so that no entity can grow or reach for another file.
"""

import codecs
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from email.utils import format_datetime
from html.entities import html5
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from digest.errors import UsageError
from digest.model import Feed, Selectors
from digest.settings import kinds, values

MAX_BYTES = 10_000_000
_MOST_FEEDS = 10_000
#: Our own attributes: what other programs have no word for, so that nothing is lost on the way from one Digest to
#: another. OPML 2.0 allows for namespaces of others.
_PREFIX, _NAMESPACE = "digest", "urn:digest-newsletter:opml"
#: Kinds of outlines that are feeds, even where they give their address in another attribute.
_KINDS = frozenset({"rss", "atom", "feed", "rdf", "jsonfeed"})
_SELECTORS = tuple(field.name for field in fields(Selectors))
_LONGEST_SELECTOR = 500
#: The least time between two polls where nothing else is configured.
USUAL = Feed(name="", url="").every
#: What a configuration takes as the least time between two polls.
_EVERY = (timedelta(minutes=1), timedelta(days=7))

#: Encodings of text that are worth believing; Python knows others, some of which take for ever.
_DECLARED = re.compile(
    r"""\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']"""
    r"""((?:iso|windows|cp|koi8|latin|mac|gb|big5|shift|euc)[A-Za-z0-9_-]{1,20})["']""",
    re.IGNORECASE,
)
_REFERENCE = re.compile(r"&(?:#(?P<decimal>[0-9]{1,7});|#[xX](?P<hex>[0-9a-fA-F]{1,6});|(?P<name>[A-Za-z0-9]{1,32};))?")
#: What XML 1.0 (2.2) has no place for, however it is written.
_FORBIDDEN = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Outline:
    """A feed as a list names it."""

    #: Empty: the list gives none.
    url: str
    title: str
    #: The title of the innermost folder, or else the feed's first category; empty: it stands in none.
    folder: str
    #: Where Digest wrote the list: the names of the feed, of the folder, and of further categories.
    name: str = ""
    folder_name: str = ""
    more: tuple[str, ...] = ()
    #: And how the feed is read; zero: like all others.
    every: timedelta = timedelta()
    full_text: bool = False
    selectors: Selectors | None = None


def read(document: bytes) -> list[Outline]:
    """The feeds of the list, in its order, each address once. Raises UsageError for what is no OPML.

    Lists are written by hand and by programs that know little of XML: a wrong encoding, a bare ``&``, characters that
    XML forbids and the names of HTML are read as they were meant.
    """
    if len(document) > MAX_BYTES:
        raise UsageError(f"the list is larger than {MAX_BYTES:,} bytes")
    reading = _Reading()
    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = reading.start
    parser.EndElementHandler = reading.end
    parser.StartDoctypeDeclHandler = _refuse_doctype
    text = _REFERENCE.sub(_mended, _FORBIDDEN.sub("", _decoded(document))).lstrip()
    try:
        parser.Parse(text.encode(), True)  # noqa: FBT003 - expat takes it by place only
    except expat.ExpatError as error:
        raise UsageError(f"the list is not XML: {error}") from None
    if not reading.is_opml:
        raise UsageError("the list is not OPML: its first element is not <opml>")
    return list({outline.url or outline: outline for outline in reversed(reading.outlines)}.values())[::-1]


def _decoded(document: bytes) -> str:
    """The text of `document`: by its first bytes (XML 1.0, appendix F), as UTF-8 if it is that, else as it says."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
        (b"<\0", "utf-16-le"),
        (b"\0<", "utf-16-be"),
    ):
        if document.startswith(mark):
            return document.decode(encoding, "replace")
    try:
        return document.decode()
    except UnicodeDecodeError:
        declared = _DECLARED.match(document[:400].decode("latin-1"))
    try:
        return document.decode(declared[1] if declared else "cp1252")
    except (UnicodeError, LookupError):
        return document.decode("cp1252", "replace")


def _mended(found: re.Match[str]) -> str:
    """A reference as XML has it."""
    number = int(found["decimal"]) if found["decimal"] else int(found["hex"], 16) if found["hex"] else None
    if number is not None:
        return "" if number > 0x10FFFF or _FORBIDDEN.match(chr(number)) else found[0]
    if found["name"] in {"amp;", "lt;", "gt;", "quot;", "apos;"}:
        return found[0]
    if found["name"] in html5:
        return escape(html5[found["name"]], {'"': "&quot;"})
    return f"&amp;{found[0][1:]}"


class _Reading:
    """What has been read so far; folders are outlines without an address."""

    def __init__(self) -> None:
        self.outlines: list[Outline] = []
        self.is_opml = False
        self._depth = 0
        #: The title and the name of the innermost folder at each depth.
        self._folders = [("", "")]

    def start(self, element: str, attributes: Mapping[str, str]) -> None:
        if not self._depth:
            self.is_opml = element.lower() == "opml"
        self._depth += 1
        given = {name.lower(): _line(value) for name, value in attributes.items()}
        own = given.get(f"{_PREFIX}:name", "")
        # Without a title of its own, Digest writes a feed's name as its text.
        title = given.get("title", "") or ("" if own else given.get("text", ""))
        is_kind = given.get("type", "").lower() in _KINDS
        selectors = _selectors(given)
        url = given.get("xmlurl") or (given.get("url", "") if is_kind or selectors else "")
        is_outline = element.lower() == "outline"
        is_feed = is_outline and bool(url or is_kind)
        is_folder = is_outline and not is_feed and bool(title)
        self._folders.append((title, own) if is_folder else self._folders[-1])
        if not is_feed:
            return
        folder, folder_name = self._folders[-1]
        more = tuple(given.get(f"{_PREFIX}:categories", "").split())
        category = folder or _first(given.get("category", ""))
        every = _every(given.get(f"{_PREFIX}:every", ""))
        full_text = given.get(f"{_PREFIX}:full_text") == "true"
        self.outlines.append(Outline(url, title, category, own, folder_name, more, every, full_text, selectors))
        if len(self.outlines) > _MOST_FEEDS:
            raise UsageError(f"the list names more than {_MOST_FEEDS:,} feeds")

    def end(self, _element: str) -> None:
        self._depth -= 1
        self._folders.pop()


def _selectors(given: Mapping[str, str]) -> Selectors | None:
    found = {name: given.get(f"{_PREFIX}:select_{name}", "") for name in _SELECTORS}
    usable = found["item"] and all(len(css) <= _LONGEST_SELECTOR for css in found.values())
    return Selectors(**found) if usable else None


def _every(text: str) -> timedelta:
    """The time that `text` gives; zero where no feed can have it."""
    try:
        every = values.duration(text)
    except ValueError:
        return timedelta()
    return every if _EVERY[0] <= every <= _EVERY[1] else timedelta()


def _first(categories: str) -> str:
    """Of ``/News/World,/Culture`` (OPML 2.0: commas between categories, slashes within) the first's last: World."""
    return next((steps[-1] for each in categories.split(",") if (steps := _steps(each))), "")


def _steps(category: str) -> list[str]:
    return [step.strip() for step in category.split("/") if step.strip()]


def write(
    title: str,
    feeds: Sequence[Feed],
    categories: Mapping[str, str],
    now: datetime,
    *,
    every: timedelta = USUAL,
) -> str:
    """An OPML 2.0 document of `feeds`, made `now`, a folder for each of `categories` (name -> title) that has some.

    A page without a feed is a link, which other programs leave alone. What is polled as often as `every` does not say.
    """
    folders = {name: [feed for feed in feeds if feed.categories[:1] == (name,)] for name in categories}
    loose = [feed for feed in feeds if feed.categories[:1] == () or feed.categories[0] not in categories]
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<opml version="2.0" xmlns:{_PREFIX}="{_NAMESPACE}">']
    lines += ["  <head>", f"    <title>{escape(title)}</title>"]
    lines += [f"    <dateCreated>{format_datetime(now)}</dateCreated>", "  </head>", "  <body>"]
    for name, held in folders.items():
        if held:
            label = quoteattr(categories[name])
            lines += [
                f"    <outline text={label} title={label} {_PREFIX}:name={quoteattr(name)}>",
                *(_outline(feed, 6, every) for feed in held),
                "    </outline>",
            ]
    lines += [*(_outline(feed, 4, every) for feed in loose), "  </body>", "</opml>", ""]
    return "\n".join(lines)


def _outline(feed: Feed, indent: int, every: timedelta) -> str:
    label = f"text={quoteattr(feed.title or feed.name)}" + (f" title={quoteattr(feed.title)}" if feed.title else "")
    kind, address = ("link", "url") if feed.selectors else ("rss", "xmlUrl")
    own = {
        "name": feed.name,
        "categories": " ".join(feed.categories[1:]),
        "every": str(kinds.written(feed.every)) if feed.every != every else "",
        "full_text": "true" if feed.full_text else "",
    }
    if feed.selectors:
        own |= {f"select_{name}": css for name, css in asdict(feed.selectors).items()}
    ours = " ".join(f"{_PREFIX}:{name}={quoteattr(value)}" for name, value in own.items() if value)
    return f'{" " * indent}<outline type="{kind}" {label} {address}={quoteattr(feed.url)} {ours}/>'


def _line(text: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _refuse_doctype(*_: object) -> None:
    raise UsageError("the list has a DTD, which no OPML needs: remove <!DOCTYPE ...>")
