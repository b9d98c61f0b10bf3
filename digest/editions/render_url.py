"""Writes an address so that HTML, plain text and the program that inlines CSS all keep it byte for byte."""

from urllib.parse import quote, urlsplit

#: All that RFC 3986 lets stand in a URL, and the percent sign, since what comes in is escaped already.
_LEFT_ALONE = "%:/?#[]@!$&'()*+,;=~-._"


def safe_url(url: str) -> str:
    """`url` in ASCII, what RFC 3986 does not allow percent-encoded; empty unless it is http or https with a host.

    A host that is not ASCII becomes what DNS calls it (IDNA); spaces around are dropped.
    """
    try:
        parts = urlsplit(url.strip())
        host = parts.netloc if parts.netloc.isascii() else parts.netloc.encode("idna").decode("ascii")
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return ""
    return quote(parts._replace(netloc=host).geturl(), safe=_LEFT_ALONE, errors="replace")
