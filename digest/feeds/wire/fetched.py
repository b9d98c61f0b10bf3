"""What comes of asking a server for a feed: a body, nothing new, or a reason in plain words."""

from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """What was said on the wire, for whoever looks into a feed."""

    #: Each answer's status and address, without user name and password, the last one last.
    hops: tuple[tuple[int, str], ...] = ()
    #: The headers of the last answer that matter to a reader of feeds; names in lower case, values of one line.
    headers: tuple[tuple[str, str], ...] = ()
    #: Bytes of the last body, unpacked.
    size: int = 0
    #: From the first connection to the last byte, without the time spent waiting for a turn.
    took: timedelta = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """The server gave a body that is not the one we know."""

    #: Decompressed.
    body: bytes
    #: As the server named it, in one line; empty: it did not.
    content_type: str
    #: Where it was in the end.
    final_url: str
    #: Validators to store, byte for byte; empty: none.
    etag: str
    last_modified: str
    #: Of `body`, hexadecimal.
    sha256: str
    #: Where the feed has moved for good (every redirect was a 301 or 308); empty: nowhere. An address with a user name
    #: and password in it never counts as moved: without them the new one may be closed, and they are not to be stored.
    permanent_url: str = ""
    #: How long the server says that this answer stays good (RFC 9111 4.2, 5.3); zero: it does not say.
    fresh_for: timedelta = timedelta()
    exchange: Exchange = field(default=Exchange(), compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """The feed is what it was."""

    #: Validators to store: those of this answer, or the ones that were sent.
    etag: str
    last_modified: str
    permanent_url: str = ""
    fresh_for: timedelta = timedelta()
    exchange: Exchange = field(default=Exchange(), compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchFailed:
    """There is no feed to be had now."""

    #: In plain words, fit to be shown to an operator.
    reason: str
    #: The HTTP status; 0: there was no answer.
    status: int = 0
    #: How long the server asks to be left alone (RFC 9110 10.2.3), or the rest of it where it has told another feed.
    retry_after: timedelta | None = None
    #: 410: it will not come back.
    gone: bool = False
    exchange: Exchange = field(default=Exchange(), compare=False)
