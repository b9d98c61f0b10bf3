"""A mended feed -> what feedparser makes of it (the only importer of feedparser)."""

from typing import Any, NamedTuple
from xml.parsers import expat

# Its function `parse` opens what looks like a path, guesses encodings again, and reads broken feeds with a lenient
# parser that is slow and loses data; its strict one is all that a mended feed needs.
from feedparser.api import StrictFeedParser
from feedparser.util import FeedParserDict

#: What feedparser's handlers are known to raise at elements in places where nobody expects them.
_STUMBLES = (ValueError, LookupError, TypeError, AttributeError, AssertionError, OverflowError, RecursionError)
#: Attributes that say something about their own element only. Others may say what is around or in it: its base, its
#: language, its namespaces.
_OWN = frozenset({
    *("domain", "height", "href", "hreflang", "ispermalink", "isdefault", "label", "length", "medium", "rel", "scheme"),
    *("term", "title", "type", "url", "width"),
})  # fmt: skip
_XML = "http://www.w3.org/XML/1998/namespace"


class Read(NamedTuple):
    """What feedparser has read of a feed, in its own words: dicts of strings, lists and dicts, all from outside."""

    feed: dict[str, Any]
    entries: list[dict[str, Any]]
    #: Why it was not read to its end, in plain words; empty: it was.
    stumble: str = ""


def read_mended(text: str) -> Read:
    """What the feed in `text` says; `text` is a feed as `mend` writes them."""
    handler = _Handler()
    reader = expat.ParserCreate("utf-8")
    # By itself expat makes a piece of each entity and line, and each costs a call.
    reader.buffer_text = True
    reader.buffer_size = 64 * 1024
    reader.StartElementHandler = handler.start
    reader.EndElementHandler = handler.end
    reader.CharacterDataHandler = handler.handle_data
    stumble = ""
    try:
        reader.Parse(text.encode(), True)  # noqa: FBT003 - it takes no keyword
    except (expat.ExpatError, *_STUMBLES) as error:
        stumble = f"it cannot be parsed to its end: {type(error).__name__}"
    return Read(handler.feeddata, handler.entries, stumble)


class _Element(NamedTuple):
    """How feedparser calls the elements of one name."""

    tag: str
    #: The tag as it is part of the names of methods.
    key: str
    start: str
    end: str
    #: The feed's own picture and search form are over at the latest where this begins.
    ends_image: bool
    ends_textinput: bool


class _Handler(StrictFeedParser):  # type: ignore[misc]
    """feedparser's own handler, without the work that comes to nothing here: what it gives is the same.

    Most elements have no attributes but their own and are no markup in a text. They change neither base, language nor
    namespaces, so that little is left to do for them of `unknown_starttag` and `unknown_endtag`. The root that `mend`
    writes declares all prefixes, so that a name means the same everywhere. Dates are read from their texts later. The
    sanitizer is quadratic and no boundary; `feeds.text` does that work, and `feeds.links` resolves what is relative.
    """

    def __init__(self) -> None:
        super().__init__("", None, "utf-8")
        self.sanitize_html = self.resolve_relative_uris = False
        self.contentparams = _Params()
        #: Prefix -> address. "": of elements without one.
        self._declared = {"xml": _XML}
        #: Name as written -> what it means.
        self._elements: dict[str, _Element] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if not self.depth:
            attributes = self._declare(attributes)
        element = self._elements.get(name)
        if element is None:
            element = self._elements[name] = self._element(name)
        if attributes:
            attributes = self._attributes(attributes)
        if self.incontent or not attributes.keys() <= _OWN or element.tag in {"feed", "rss"}:
            self.unknown_starttag(element.tag, list(attributes.items()))
        else:
            self._start(element, attributes)

    def _start(self, element: _Element, attributes: dict[str, str]) -> None:
        self.depth += 1
        self.basestack.append(self.baseuri)
        self.langstack.append(self.lang)
        if element.ends_textinput:
            self.intextinput = 0
        if element.ends_image:
            self.inimage = 0
        try:
            getattr(self, element.start)(attributes)
        except AttributeError:
            if attributes:
                self._get_context()[element.key] = attributes
            else:
                self.push(element.key, 1)

    def end(self, name: str) -> None:
        element = self._elements[name]
        if self.incontent or self.svgOK:
            self.unknown_endtag(element.tag)
            return
        try:
            getattr(self, element.end)()
        except AttributeError:
            self.pop(element.key)
        self.basestack.pop()
        if self.basestack and self.basestack[-1]:
            self.baseuri = self.basestack[-1]
        self.langstack.pop()
        if self.langstack:
            self.lang = self.langstack[-1]
        self.depth -= 1

    def _declare(self, attributes: dict[str, str]) -> dict[str, str]:
        """Takes note of what the root declares; it has no other attributes."""
        for key, address in attributes.items():
            self._declared[key[6:]] = address
            self.startPrefixMapping(key[6:], address)
        return {}

    def _element(self, name: str) -> _Element:
        given, _, local = name.rpartition(":")
        local, prefix = local.lower(), self._prefix(self._declared.get(given, ""))
        tag = f"{prefix}:{local}" if prefix else local
        prefix = self.namespacemap.get(prefix, prefix)
        key = f"{prefix}_{local}" if prefix else local
        return _Element(
            tag=tag,
            key=key,
            start=f"_start_{key}",
            end=f"_end_{key}",
            ends_image=not prefix and local not in {"title", "link", "description", "url", "href", "width", "height"},
            ends_textinput=not prefix and local not in {"title", "link", "description", "name"},
        )

    def _prefix(self, address: str) -> str:
        """What feedparser has before names of the namespace `address`: its own prefix, else the first of the feed."""
        known = self._matchnamespaces.get(address.lower())
        if known is None:
            known = next((prefix for prefix, used in self.namespaces_in_use.items() if prefix and used == address), "")
        return str(known).lower()

    def _attributes(self, attributes: dict[str, str]) -> dict[str, str]:
        """The attributes by the names that feedparser has for them; one with an unknown prefix goes without as well."""
        named: dict[str, str] = {}
        for key, value in attributes.items():
            given, _, local = key.rpartition(":")
            known = self._matchnamespaces.get(self._declared.get(given, "").lower()) if given else ""
            named[(f"{known}:{local}" if known else local).lower()] = value
        for key, value in attributes.items():
            named[key.lower()] = value
        return {key: value.lower() if key in {"rel", "type"} else value for key, value in named.items()}

    def push_content(self, *arguments: Any) -> None:
        super().push_content(*arguments)
        self.contentparams = _Params(self.contentparams)

    def _end_published(self) -> None:
        self.pop("published")

    def _end_updated(self) -> None:
        self.pop("updated")

    def _end_created(self) -> None:
        self.pop("created")

    _end_issued = _end_pubdate = _end_published
    _end_modified = _end_lastbuilddate = _end_updated


class _Params(FeedParserDict):  # type: ignore[misc]
    """What is known of a text: a plain dict, which feedparser asks several times for each and copies once."""

    get = dict.get
    __getitem__ = dict.__getitem__
    __setitem__ = dict.__setitem__
    __contains__ = dict.__contains__

    def __deepcopy__(self, memo: dict[int, Any]) -> "_Params":
        return _Params(self)
