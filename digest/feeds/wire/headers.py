"""Headers: what is asked for; what an answer says of itself: what to store, how long it is good, when to come again."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from digest.model import FeedState

#: What is asked for: a feed of any kind.
ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9,"
    " application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.5"
)
_ACCEPT_PAGE = "text/html, application/xhtml+xml;q=0.9, */*;q=0.5"

#: What a reader of feeds may want to know of an answer.
TOLD = frozenset(
    {
        *("content-type", "content-encoding", "etag", "last-modified", "cache-control", "expires", "date", "age"),
        *("retry-after", "location", "link", "server", "vary"),
    }
)
#: Said in several lines they mean what one line with commas means (RFC 9110 5.3); of the others the first line counts.
_LISTS = frozenset({"content-encoding", "cache-control", "link", "vary"})
#: Characters of a value that are kept.
_LONGEST = 1_000
#: Longer validators are not stored.
_LONGEST_VALIDATOR = 1_024
#: RFC 9111 1.2.2: seconds that are more than any number that a cache can hold.
_FOREVER = 2**31

_USERINFO = re.compile(r"//[^/?#\s]*@")
#: Directives that decide how long an answer stays good, and what they are set to (RFC 9111 5.2).
_CACHING = re.compile(r"(?:^|[\s,;])(no-cache|no-store|max-age)(?![\w-])(?:\s*=\s*\"?(\d{1,400}))?", re.IGNORECASE)


def wanted(state: FeedState | None, *, page: bool) -> dict[str, str]:
    """What is asked for beside `ACCEPT`: a page instead, and only what is not known (RFC 9110 13.1).

    Validators go back as they came.
    """
    wanted = {"Accept": _ACCEPT_PAGE} if page else {}
    if state is not None and state.etag:
        wanted["If-None-Match"] = state.etag
    if state is not None and state.last_modified:
        wanted["If-Modified-Since"] = state.last_modified
    return wanted


def told(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The `TOLD` headers by their names in lower case; each value is one line of at most 1,000 characters."""
    found: dict[str, str] = {}
    for name, value in headers:
        key = name.lower()
        if key not in TOLD:
            continue
        before = found.get(key)
        if before is None:
            found[key] = one_line(value, _LONGEST)
        elif key in _LISTS and len(before) < _LONGEST:
            found[key] = f"{before}, {one_line(value, _LONGEST)}"[:_LONGEST]
    for key in ("location", "link"):
        if key in found:
            found[key] = without_credentials(found[key])
    return found


def one_line(text: str, longest: int = 200) -> str:
    """`text` with nothing in it that does not print, in at most `longest` characters."""
    # Cut first: of what comes from outside no more is looked at than is shown.
    cut = text[:longest]
    return cut if cut.isprintable() else " ".join("".join(c if c.isprintable() else " " for c in cut).split())


def without_credentials(text: str) -> str:
    """`text` with the user names and passwords taken out of the addresses in it."""
    return _USERINFO.sub("//", text) if "@" in text else text


def phrase(status: int) -> str:
    """The standard's words for a status: a server's own may be anything. Empty where it has none."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def validator(value: str) -> str:
    """A validator that can be stored and sent back as it came; "" for what cannot."""
    return value if value.isascii() and value.isprintable() and len(value) <= _LONGEST_VALIDATOR else ""


def retry_after(value: str, now: datetime) -> timedelta | None:
    """What a Retry-After header asks for at `now`, in seconds or as an HTTP date (RFC 9110 10.2.3); None: nothing."""
    text = value.strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=int(text[:9]))
    at = _http_date(text)
    return None if at is None else max(timedelta(), at - now)


def fresh_for(headers: Mapping[str, str], now: datetime) -> timedelta:
    """For how long from `now` an answer stays good that has these headers (names in lower case); zero: it does not say.

    The lifetime (RFC 9111 4.2.1) less the age that a cache on the way gave it (4.2.3), within 0 and 2^31 seconds. The
    first ``max-age`` counts; one that cannot be read, and an ``Expires`` that is no date, mean "already stale".
    """
    lifetime = _lifetime(headers, now)
    if lifetime <= 0:
        return timedelta()
    age = headers.get("age", "").strip()
    seconds = int(age[:10]) if age.isascii() and age.isdigit() else 0
    return timedelta(seconds=max(0.0, min(lifetime, _FOREVER) - seconds))


def _lifetime(headers: Mapping[str, str], now: datetime) -> float:
    """In seconds."""
    max_age = None
    for directive, value in _CACHING.findall(headers.get("cache-control", "")):
        if directive.lower() != "max-age":
            return 0
        if max_age is None:
            max_age = int(value[:10]) if value else 0
    if max_age is not None:
        return max_age
    expires = _http_date(headers.get("expires", ""))
    if expires is None:
        return 0
    return (expires - (_http_date(headers.get("date", "")) or now)).total_seconds()


def _http_date(text: str) -> datetime | None:
    """RFC 9110 5.6.7; a date without a zone is UTC's."""
    if not text or len(text) > 100:
        return None
    try:
        at = parsedate_to_datetime(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
