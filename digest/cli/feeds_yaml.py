"""A list of feeds as YAML to be included in the configuration. Pure."""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from digest.cli.opml import Outline
from digest.model import Feed

#: Where feeds go that stand in no folder, once there are categories.
_OTHER = ("other", "Other")
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

    def yaml(self) -> str:
        """A file that can be named under `include`."""
        lines = []
        if self.categories:
            lines += ["categories:", *(f"  {name}: {{title: {_quoted(t)}}}" for name, t in self.categories.items()), ""]
        lines += ["feeds:" if self.feeds else "feeds: []", *(f"  - {{{_pairs(feed)}}}" for feed in self.feeds)]
        return "\n".join(lines) + "\n"


def plan(outlines: Sequence[Outline], feeds: Collection[Feed], categories: Mapping[str, str]) -> Plan:
    """What of `outlines` can be added beside the configured `feeds` and `categories` (name -> title)."""
    urls, names = {feed.url for feed in feeds}, {feed.name for feed in feeds}
    by_title = {title.casefold(): name for name, title in categories.items()}
    wanted = [outline for outline in outlines if outline.url not in urls]
    left_out = [f"{outline.url}: is configured already" for outline in outlines if outline.url in urls]
    with_folders = bool(categories) or any(outline.folder for outline in wanted)
    added: list[Feed] = []
    new: dict[str, str] = {}
    for outline in wanted:
        if not _can_be_fetched(outline.url):
            left_out.append(f"{outline.url}: is not a URL that can be fetched")
            continue
        name = _free(_named(outline.title) or _named(urlsplit(outline.url).hostname or "") or "feed", names)
        names.add(name)
        category = _category(outline.folder, by_title, categories, new) if with_folders else ""
        added.append(
            Feed(
                name=name,
                url=outline.url,
                title=outline.title[:_LONGEST_TITLE],
                categories=(category,) if category else (),
            )
        )
    return Plan(tuple(added), new, tuple(left_out))


def _category(folder: str, by_title: Mapping[str, str], known: Mapping[str, str], new: dict[str, str]) -> str:
    """The category for a folder, noted in `new` where it is none of those that are known."""
    title = folder or _OTHER[1]
    name = by_title.get(title.casefold()) or _named(title) or _OTHER[0]
    if name not in known:
        new.setdefault(name, title[:_LONGEST_TITLE])
    return name


def _can_be_fetched(url: str) -> bool:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return usable and not re.search(r"[\s<>\"\\]", url)


def _named(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:_LONGEST_NAME].rstrip("-")


def _free(name: str, taken: Collection[str]) -> str:
    number, found = 2, name
    while found in taken:
        found, number = f"{name}-{number}", number + 1
    return found


def _pairs(feed: Feed) -> str:
    pairs = {"name": feed.name, "url": feed.url, "category": "".join(feed.categories), "title": feed.title}
    return ", ".join(f"{key}: {_quoted(value)}" for key, value in pairs.items() if value)


def _quoted(text: str) -> str:
    """`text` for YAML, in which a JSON string means the same; a dollar would begin a variable."""
    return json.dumps(text.replace("$", "$$"), ensure_ascii=False)
