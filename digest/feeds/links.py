"""Addresses from outside: which are safe to link to, which are one and the same, which pictures are real."""

import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

from digest.model import Image

#: Longer addresses are not linked to: mail programs cut them.
_MAX_URL = 2_048
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
#: What browsers take for an absolute address, and `urljoin` for a relative one.
_HOSTLESS = re.compile(r"https?:(?!//[^/\\])", re.IGNORECASE)
_PATH_SAFE = "/%:@!$&'()*+,;=~-._[]|"
_QUERY_SAFE = _PATH_SAFE + "?"

#: Parameters that say where a reader came from, not what there is to read.
_TRACKING = re.compile(
    r"(?:utm_.*|fbclid|gclid|dclid|gbraid|wbraid|msclkid|yclid|twclid|ttclid|igshid|mc_[ce]id|mkt_tok|_hs(?:enc|mi)"
    r"|_ga|_gl|at_(?:medium|campaign|link_.*|ptr_.*|bbc_.*|format)|ns_(?:mchannel|source|campaign|linkname|fee)"
    r"|cmpid|cmp|icid|ito|ncid|xtor|smid|smtyp|ftag|s_cid|__twitter_impression|ref_src|ref_url)",
    re.IGNORECASE,
)

_PIXEL = re.compile(
    r"(?:^https?://(?:pixel|stats?|b|feeds?)\.(?:wp|wordpress|feedburner)\.com/"
    r"|^https?://(?:www\.)?(?:google-analytics|facebook|doubleclick)\.\w+/(?:collect|tr\b|__utm)"
    r"|^https?://[^/]*(?:doubleclick\.net|feedsportal\.com|2mdn\.net|scorecardresearch\.com|quantserve\.com)/"
    r"|^https?://s\.w\.org/images/core/emoji/"
    r"|/~(?:r|ff|a)/|/(?:pixel|spacer|blank|clear|transparent|tracking|open|beacon|1x1|b)(?:\.gif|\.png|/|\?|$))",
    re.IGNORECASE,
)
#: Pixels of width and height below which a picture is an icon.
_ICON = 48
#: Pixels of width that fill a mail's column; what is wider only takes longer to load.
_COLUMN = 600


def safe_url(url: str, base: str = "") -> str:
    """`url`, absolute, http or https and in ASCII; "" where it cannot be that.

    Control characters go first, since browsers drop them too and would run ``java\\nscript:``. Addresses with a user
    name in them are refused: they are used to show another host than the one that they lead to.
    """
    cleaned = _CONTROLS.sub("", url).strip()
    if not cleaned or _HOSTLESS.match(cleaned):
        return ""
    try:
        parts = urlsplit(urljoin(base, cleaned) if base else cleaned)
        host, port = parts.hostname or "", parts.port
        netloc = _ascii_host(host) + (f":{port}" if port is not None else "")
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not host or "@" in parts.netloc or "\\" in parts.netloc:
        return ""
    path, query, fragment = (
        quote(parts.path, _PATH_SAFE),
        quote(parts.query, _QUERY_SAFE),
        quote(parts.fragment, _QUERY_SAFE),
    )
    safe = urlunsplit((parts.scheme, netloc, path, query, fragment))
    return safe if len(safe) <= _MAX_URL else ""


def _ascii_host(host: str) -> str:
    """`host` as DNS has it; raises ValueError (UnicodeError is one) for what is no host."""
    if ":" in host:
        return f"[{host}]"
    ascii_host = host if host.isascii() else host.encode("idna").decode("ascii")
    if not re.fullmatch(r"[a-z0-9._-]+", ascii_host):
        raise ValueError(host)
    return ascii_host


def canonical(url: str) -> str:
    """The form of an http(s) address under which two spellings of it are equal; "" for a site's front page.

    Without the scheme, ``www.``, the default port, a closing slash, tracking parameters and the fragment (but ``#!``);
    the query is sorted. Not an address to link to.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    port = f":{parts.port}" if parts.port not in {None, 80, 443} else ""
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    query = urlencode(sorted((name, value) for name, value in pairs if not _TRACKING.fullmatch(name)))
    fragment = parts.fragment if parts.fragment.startswith("!") else ""
    path = parts.path.rstrip("/")
    if not (path or query or fragment):
        return ""
    return f"{host}{port}{path}{'?' if query else ''}{query}{'#' if fragment else ''}{fragment}"


def best_image(images: Iterable[Image]) -> Image | None:
    """The picture to show: of those with a known width the smallest that fills a column, else the first.

    Tracking pixels, icons and what is not http(s) are passed over.
    """
    real = [image for image in images if image.url and not _is_pixel(image)]
    if not real:
        return None
    if not real[0].width:
        return real[0]
    sized = sorted((image for image in real if image.width), key=lambda image: image.width)
    return next((image for image in sized if image.width >= _COLUMN), sized[-1])


def _is_pixel(image: Image) -> bool:
    if 0 < image.width <= 2 or 0 < image.height <= 2:
        return True
    if 0 < image.width < _ICON and 0 < image.height < _ICON:
        return True
    return _PIXEL.search(image.url) is not None


def pixels(value: object) -> int:
    """The whole pixels that an attribute like ``"640"`` or ``"640px"`` gives; 0 where it gives none."""
    match = re.match(r"\s*(\d{1,5})(?:\.\d+)?\s*(?:px)?\s*$", str(value))
    return int(match[1]) if match else 0
