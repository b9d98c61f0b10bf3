"""What mail clients support, by the tests of caniemail (https://www.caniemail.com), as the package carries it."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

CLIENTS_FILE = Path(__file__).resolve().parent / "data" / "clients.json"

_PLATFORMS = {
    "desktop-webmail": "{} on the web",
    "mobile-webmail": "{} in a phone's browser",
    "ios": "{} on iOS",
    "android": "{} on Android",
    "windows": "{} for Windows",
    "macos": "{} for macOS",
    "windows-mail": "Windows Mail",
    "outlook-com": "Outlook.com",
}
#: Those with most readers, the first of them first. What only others lose is worth less.
_MAIN = (
    *("gmail.desktop-webmail", "gmail.ios", "gmail.android", "apple-mail.ios", "apple-mail.macos"),
    *("outlook.windows", "outlook.outlook-com", "outlook.macos", "outlook.ios", "outlook.android"),
    *("yahoo.desktop-webmail", "yahoo.ios", "yahoo.android", "samsung-email.android"),
)
#: Windows Mail has been taken from its users since the end of 2024; Gmail in a phone's browser leads to the app.
_GONE = frozenset({"outlook.windows-mail", "gmail.mobile-webmail"})
_NOTE = re.compile(r"#(\d+)")
#: Years after which a test is worth a date.
_OLD = 3
#: Of a list of clients, as words.
_NAMED = 4


class Mark(StrEnum):
    """How far a client supports a feature."""

    YES = "y"
    PARTLY = "a"
    NO = "n"
    UNKNOWN = "u"


@dataclass(frozen=True, slots=True)
class Client:
    """A program, or a web page, that shows mail."""

    #: As in ``gmail.android``.
    key: str
    #: As in ``Gmail on Android``.
    name: str
    family: str
    #: Among those with most readers, from 0.
    rank: int
    is_gone: bool

    @property
    def is_main(self) -> bool:
        """Whether many people read their mail in it."""
        return self.rank < len(_MAIN)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the tests say of one feature in one client."""

    client: Client
    mark: Mark
    #: What is said about it, each a sentence or two.
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Feature:
    """A piece of HTML or CSS, or a format of pictures."""

    #: As in ``css-display-flex``.
    slug: str
    #: As in ``display:flex``.
    title: str
    #: The day of the last test, as in ``2021-11-02``.
    tested: str
    verdicts: tuple[Verdict, ...]
    #: Percentages of all versions of all clients ever tested, old ones included.
    partial: float
    unsupported: float
    #: Whether the last test was long before the data was published.
    is_old: bool

    @property
    def url(self) -> str:
        return f"https://www.caniemail.com/features/{self.slug}/"


@cache
def features() -> Mapping[str, Feature]:
    """All features by their slugs. Read once, from a file of the package."""
    data = json.loads(CLIENTS_FILE.read_text(encoding="utf-8"))
    clients = [_client(key, data["families"]) for key in data["clients"]]
    year = int(data["updated"][:4])
    return {slug: _feature(slug, raw, clients, year) for slug, raw in data["features"].items()}


def names_of(clients: Iterable[Client]) -> str:
    """Four of `clients` as words, those with most readers first, and how many there are besides."""
    found = {client.key: client for client in clients}
    ranked = sorted(found.values(), key=lambda client: (client.rank, client.name))
    names = list(dict.fromkeys(_whole_family(client, found) for client in ranked))
    # One more takes no more room than to count it.
    shown = names if len(names) <= _NAMED + 1 else names[:_NAMED]
    more = f" and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
    return ", ".join(shown) + more


def _whole_family(client: Client, among: Mapping[str, Client]) -> str:
    """The family's name where all of it is `among` the clients and has several."""
    family = [each for each in _everybody() if each.family == client.family and not each.is_gone]
    return client.family if len(family) > 1 and all(each.key in among for each in family) else client.name


@cache
def _everybody() -> tuple[Client, ...]:
    return tuple(
        {verdict.client.key: verdict.client for each in features().values() for verdict in each.verdicts}.values()
    )


def _client(key: str, families: Mapping[str, str]) -> Client:
    family, platform = key.split(".")
    # Some names are those of a company with what it makes.
    name = families.get(family, family).replace("Mozilla ", "").replace("!", "")
    rank = _MAIN.index(key) if key in _MAIN else len(_MAIN)
    words = _PLATFORMS.get(platform, "{}").format(name)
    return Client(key=key, name=words, family=name, rank=rank, is_gone=key in _GONE)


def _feature(slug: str, raw: Mapping[str, Any], clients: list[Client], year: int) -> Feature:
    notes = raw.get("notes", {})
    verdicts = []
    for client, words in zip(clients, raw["verdicts"].split(), strict=True):
        said = tuple(notes[number] for number in _NOTE.findall(words) if number in notes)
        verdicts.append(Verdict(client, Mark(words[0]), said))
    yes, no, every = raw["all"]
    return Feature(
        slug=slug,
        title=raw["title"],
        tested=raw["tested"],
        verdicts=tuple(verdicts),
        partial=100 * (every - yes - no) / every,
        unsupported=100 * no / every,
        is_old=year - int(raw["tested"][:4]) > _OLD,
    )
