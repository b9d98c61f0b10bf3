"""Feeds as they are added to a configuration: which of a list, under which names, and how they are written. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from digest.cli.opml import USUAL, Outline
from digest.feeds.links import canonical
from digest.feeds.pages.page import selector_problem
from digest.model import Feed
from digest.settings import kinds
from digest.settings.insertion import Pairs, flow, with_categories, with_feeds, written

#: Where feeds go that stand in no folder, once there are categories.
_OTHER = ("other", "Other")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_LONGEST_NAME = 60
_LONGEST_TITLE = 200


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would add."""

    feeds: tuple[Feed, ...]
    #: Name -> title of those that are not configured yet.
    categories: Mapping[str, str]
    #: What is left out, and why.
    left_out: tuple[str, ...]
    #: The least time between two polls that feeds have without saying so.
    every: timedelta

    def yaml(self) -> str:
        """A file that can be named under `include`."""
        lines = []
        if self.categories:
            lines += ["categories:", *(f"  {name}: {flow(keys)}" for name, keys in self._categories().items()), ""]
        lines += [
            "feeds:" if self.feeds else "feeds: []",
            *(f"  - {flow(pairs(feed, self.every))}" for feed in self.feeds),
        ]
        return "\n".join(lines) + "\n"

    def added_to(self, text: str) -> str:
        """The configuration `text` with all of this in its own style. Raises NotEditable."""
        return with_feeds(with_categories(text, self._categories()), [pairs(feed, self.every) for feed in self.feeds])

    def _categories(self) -> dict[str, Pairs]:
        return {name: {"title": written(title)} for name, title in self.categories.items()}


def plan(
    outlines: Sequence[Outline],
    feeds: Mapping[str, str],
    categories: Mapping[str, str],
    every: timedelta = USUAL,
) -> Plan:
    """What of `outlines` can be added beside the configured `feeds` (name -> url) and `categories` (name -> title).

    `every` is the least time between two polls that feeds have without saying so.

    Two spellings of one address are one feed. Where feeds are configured and no categories, none are added: the others
    would belong to none of them.
    """
    known = {spelling(url): "is configured already" for url in feeds.values()}
    names = Names(feeds)
    left_out: list[str] = []
    wanted = []
    for outline in outlines:
        if reason := _unusable(outline) or known.get(spelling(outline.url), ""):
            left_out.append(f"{outline.url or outline.title or 'a feed'}: {reason}")
        else:
            known[spelling(outline.url)] = "stands in the list twice"
            wanted.append(outline)
    with_folders = bool(categories) or (not feeds and any(outline.folder for outline in wanted))
    shelf = _Shelf(categories, wanted)
    added = [_feed(outline, names, shelf if with_folders else None, every) for outline in wanted]
    folders = {outline.folder for outline in wanted if outline.folder}
    if folders and not with_folders:
        left_out.append("the folders: there are no categories yet, and with them every feed must have one")
    return Plan(tuple(added), shelf.new, tuple(left_out), every)


def pairs(feed: Feed, every: timedelta = USUAL) -> Pairs:
    """The keys that configure `feed`; what is the default for every feed is left out, as is `every`."""
    found = {"name": written(feed.name), "url": _quoted(feed.url)}
    if len(feed.categories) == 1:
        found["category"] = written(feed.categories[0])
    elif feed.categories:
        found["categories"] = f"[{', '.join(map(written, feed.categories))}]"
    if feed.title:
        found["title"] = written(feed.title)
    if feed.every != every:
        found["every"] = str(kinds.written(feed.every))
    if feed.selectors:
        chosen = {key: written(value) for key, value in asdict(feed.selectors).items() if value}
        found |= {"type": "page", "select": flow(chosen)}
    if feed.full_text:
        found["full_text"] = "true"
    return found


def block(feed: Feed, every: timedelta = USUAL) -> str:
    """What stands under `feeds:` for this feed, a line for each key but for what `every` feed has."""
    first, *others = (f"{key}: {value}" for key, value in pairs(feed, every).items())
    return "\n".join([f"  - {first}", *(f"    {line}" for line in others)])


def spelling(url: str) -> str:
    """What all spellings of an address have in common: with http or https, www., a slash at the end."""
    try:
        return canonical(url) or (urlsplit(url).hostname or "").removeprefix("www.") or url
    except ValueError:
        return url


def named(texts: Iterable[str]) -> str:
    """A name after the first of `texts` that has a letter or a figure; a name may be in use already."""
    plain = (_without_accents(text.lower()) for text in texts)
    fitting = (re.sub(r"[^a-z0-9]+", "-", text).strip("-")[:_LONGEST_NAME].rstrip("-") for text in plain)
    return next(filter(None, fitting), "feed")


def _without_accents(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))


class Names:
    """Names in use, and others beside them."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)
        #: Of a name that was wanted more than once: which number comes next.
        self._next: dict[str, int] = {}

    def is_free(self, name: str) -> bool:
        return name not in self._taken

    def take(self, name: str) -> str:
        """`name`, or the first of `name-2`, `name-3` and so on that is free; taken from now on."""
        found = name
        while found in self._taken:
            number = self._next.get(name, 2)
            found, self._next[name] = f"{name}-{number}", number + 1
        self._taken.add(found)
        return found


class _Shelf:
    """The categories that there are, and those that come."""

    def __init__(self, known: Mapping[str, str], wanted: Sequence[Outline]) -> None:
        """`known` is name -> title of the categories that there are; `wanted` is all that gets a place."""
        self._titles = dict(known)
        self._folders = {it.folder_name: it.folder for it in wanted if it.folder_name}
        self._names = {_key(title): name for name, title in known.items()}
        self._free = Names({*known, *self._folders, *(name for it in wanted for name in it.more), _OTHER[0]})
        #: Name -> title.
        self.new: dict[str, str] = {}

    def names(self, outline: Outline) -> tuple[str, ...]:
        """The categories of `outline`, its folder's first."""
        further = (self._add(name, self._folders.get(name) or _titled(name)) for name in outline.more)
        return tuple(dict.fromkeys([self._of_folder(outline), *filter(None, further)]))

    def _of_folder(self, outline: Outline) -> str:
        """The category that has the folder's name or title already, or else a new one of its own."""
        title = outline.folder or _OTHER[1]
        if outline.folder_name in self._titles or _NAME.fullmatch(outline.folder_name):
            return self._add(outline.folder_name, title)
        if known := self._names.get(_key(title)):
            return known
        if _key(title) == _key(_OTHER[1]):
            return self._add(*_OTHER)
        return self._add(self._free.take(named([title, _OTHER[0]])), title)

    def _add(self, name: str, title: str) -> str:
        if name in self._titles or not _NAME.fullmatch(name):
            return name if name in self._titles else ""
        self._titles[name] = self.new[name] = title[:_LONGEST_TITLE].strip()
        self._names.setdefault(_key(title), name)
        return name


def _key(title: str) -> str:
    """What two spellings of a title have in common, also where one of them was too long."""
    return title[:_LONGEST_TITLE].strip().casefold()


def _titled(name: str) -> str:
    return name.replace("-", " ").replace("_", " ").title()


def _feed(outline: Outline, names: Names, shelf: _Shelf | None, every: timedelta) -> Feed:
    own = outline.name if _NAME.fullmatch(outline.name) and names.is_free(outline.name) else ""
    return Feed(
        name=names.take(own or named([outline.name, outline.title, _host(outline.url)])),
        url=outline.url,
        title=outline.title[:_LONGEST_TITLE].strip(),
        categories=shelf.names(outline) if shelf else (),
        every=outline.every or every,
        selectors=outline.selectors,
        full_text=outline.full_text,
    )


def _unusable(outline: Outline) -> str:
    """Why the feed cannot be added; empty: it can."""
    if not outline.url:
        return "has no address"
    chosen = asdict(outline.selectors).values() if outline.selectors else ()
    if any(selector_problem(css) for css in chosen if css):
        return "has selectors that cannot be read"
    return "" if _host(outline.url) else "is not a URL that can be fetched"


def _host(url: str) -> str:
    """The host of an address that can be fetched; empty: it cannot."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and parts.port != 0 and not re.search(r"[\s<>\"\\]", url)
    except ValueError:
        return ""
    return parts.hostname or "" if usable else ""


def _quoted(url: str) -> str:
    """Addresses in quotes, as everywhere in our examples: a ``#`` or a ``: `` in one goes unnoticed otherwise."""
    value = written(url)
    return value if value.startswith('"') else f'"{value}"'
