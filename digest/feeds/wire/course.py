"""The course of one fetch: from an address over its redirects, and what was seen on the way."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Self

from yarl import URL

from digest.feeds.wire.fetched import Exchange
from digest.feeds.wire.headers import one_line, told, without_credentials

_REDIRECTS = {301, 302, 303, 307, 308}
_PERMANENT = {301, 308}
#: Characters of an address that are shown.
_SHOWN = 2_048
#: Bytes of a header that are not UTF-8, as they are decoded.
_BYTES = re.compile("[\udc80-\udcff]")


@dataclass(slots=True)
class Course:
    """Where a fetch is. Its user name and password are in `url` only, and only where they may be sent."""

    url: URL
    #: Seconds that it may still take.
    left: float
    #: `url` without credentials: all that may be shown.
    bare: URL
    #: The course began at an address with a user name or a password.
    secret: bool
    #: What was asked for, without credentials.
    seen: set[URL] = field(default_factory=set)
    hops: list[tuple[int, str]] = field(default_factory=list)
    #: What the headers of the last answer say, by their names in lower case.
    told: dict[str, str] = field(default_factory=dict)
    #: Bytes of the last body, unpacked.
    size: int = 0

    @classmethod
    def to(cls, address: str, seconds: float) -> Self:
        """The course that begins at `address`; raises ValueError for one that is not http or https."""
        url = _http(URL(address))
        secret = url.user is not None or url.password is not None
        return cls(url, seconds, bare=url.with_user(None), secret=secret)

    @property
    def host(self) -> str:
        """The host that is asked; a name ends without its last dot."""
        return (self.bare.raw_host or "").rstrip(".")

    @property
    def moved_to(self) -> str:
        """Where the feed has moved for good; empty: nowhere, or it has credentials, which are not to be stored."""
        redirects = self.hops[:-1]
        moved = redirects and not self.secret and all(status in _PERMANENT for status, _ in redirects)
        return str(self.bare) if moved else ""

    def circles(self) -> bool:
        """Whether what is to be asked for now was asked for before."""
        before = len(self.seen)
        self.seen.add(self.bare)
        return len(self.seen) == before

    def answered(self, status: int, headers: Iterable[tuple[str, str]]) -> None:
        """Notes an answer of the address where it is."""
        self.told = told(headers)
        self.hops.append((status, str(self.bare)[:_SHOWN]))

    def redirected(self, status: int, location: str) -> bool:
        """Whether an answer leads on, and then it is there; raises ValueError where that is not http or https."""
        if status not in _REDIRECTS or not location:
            return False
        # Bytes that are no UTF-8 mean themselves.
        quoted = _BYTES.sub(lambda byte: f"%{ord(byte[0]) - 0xDC00:02X}", location)
        there = self.bare = _http(self.bare.join(URL(quoted))).with_user(None)
        if _may_know(self.url, there):
            there = there.with_user(self.url.user).with_password(self.url.password)
        self.url = there
        return True

    def exchange(self, took: float) -> Exchange:
        """What was said on the wire in `took` seconds."""
        headers = tuple(self.told.items())
        return Exchange(hops=tuple(self.hops), headers=headers, size=self.size, took=timedelta(seconds=took))


def _may_know(here: URL, there: URL) -> bool:
    """Whether the credentials for `here` may be sent `there`: to the same server, or to its secure side."""
    if here.raw_host != there.raw_host or (here.user is None and here.password is None):
        return False
    if here.scheme == there.scheme:
        return here.port == there.port
    return there.scheme == "https" and here.is_default_port() and there.is_default_port()


def _http(url: URL) -> URL:
    if url.scheme not in {"http", "https"} or not url.raw_host:
        shown = without_credentials(one_line(str(url)))
        raise ValueError(f"it leads to {shown!r}, which is neither http nor https")
    return url.with_fragment(None)
