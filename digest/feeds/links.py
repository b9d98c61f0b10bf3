"""Addresses from outside: which are safe to link to, what they lead to, which are one and the same."""

import re
from urllib.parse import parse_qsl, quote, unquote, urlencode, urljoin, urlsplit, urlunsplit

#: Longer addresses are not linked to: mail programs cut them.
MAX_URL = 2_048
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
#: What browsers take for an absolute address, and `urljoin` for a relative one.
_HOSTLESS = re.compile(r"https?:(?!//[^/\\])", re.IGNORECASE)
_PATH_SAFE = "/%:@!$&'()*+,;=~-._[]|"
_QUERY_SAFE = _PATH_SAFE + "?"
_PLAIN_PATH, _PLAIN_QUERY = (rf"[A-Za-z0-9{re.escape(safe)}]" for safe in (_PATH_SAFE.replace(";", ""), _QUERY_SAFE))
#: What is safe as it stands, as most addresses are: nothing in it to resolve, to escape or to leave out.
_PLAIN = re.compile(rf"https?://[a-z0-9._-]+(?:/{_PLAIN_PATH}*)?(?:\?{_PLAIN_QUERY}+)?(?:#{_PLAIN_QUERY}+)?")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")

#: Parameters that say where a reader came from, not what there is to read.
_TRACKING = re.compile(
    r"(?:utm_.*|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|gad_source|srsltid|msclkid|yclid|twclid|ttclid|igshid|igsh"
    r"|mc_[ce]id|mkt_tok|_hs(?:enc|mi)|__hs(?:tc|sc|fp)|hsctatracking|_ga|_gl|_kx|_openstat|wickedid|rb_clickid"
    r"|at_(?:medium|campaign|link_.*|ptr_.*|bbc_.*|format|custom\d)|ns_(?:mchannel|source|campaign|linkname|fee)"
    r"|(?:pk|mtm|piwik|matomo)_(?:campaign|kwd|keyword|source|medium|content|cid|group|placement)"
    r"|wt[._]mc(?:[._]id)?|oly_(?:anon|enc)_id|vero_(?:id|conv)|ml_subscriber(?:_hash)?|ck_subscriber_id"
    r"|fb_(?:action_ids|action_types|source|ref)|guccounter|guce_referrer(?:_sig)?|__source|traffic_source"
    r"|cmpid|cmp|icid|ito|ncid|ocid|xtor|smid|smtyp|ftag|s_cid|sc_cid|__twitter_impression|ref_src|ref_url"
    r"|jsessionid|phpsessid|aspsessionid.*)",
    re.IGNORECASE,
)
#: Parameters that do so by their value only, since other sites say with them what there is to read.
_FROM_FEED = re.compile(r"(?:source|src|ref|from|via)=(?:rss|atom|feed|rssfeed|rss[-_]feed)", re.IGNORECASE)
_AMP_QUERY = re.compile(r"amp=(?:1|true)?|outputtype=amp", re.IGNORECASE)
#: The AMP edition of a page whose own last segment is plainly an article's: ``/guitars/amp`` is a page of its own.
_AMP_PATH = re.compile(r"(/[^/]*[0-9-][^/]*)/amp")
_AMP_HOST = re.compile(r"amp\.(?=[^.]+\.[^.])")
_INDEX = re.compile(r"/(?:index\.(?:html?|php|aspx?)|default\.(?:html?|aspx?))", re.IGNORECASE)
_SESSION = re.compile(r";jsessionid=[^/?]*", re.IGNORECASE)

#: Wrappers within wrappers that are taken off.
_LAYERS = 3
_ABSOLUTE = re.compile(r"https?://[^/]", re.IGNORECASE)
#: Wrappers that hold a path, or an address in a code of their own; all others hold a second "http", plain or encoded.
_WRAPS_A_PATH = re.compile(
    r"https?://(?:www\.google\.[a-z.]+/amp/|[^/]+\.ampproject\.org/|[^/]+\.feedsportal\.com/)", re.IGNORECASE
)
#: Services whose addresses only forward, and the parameters that say where to; "*": their subdomains too.
_FORWARDERS = re.compile(
    r"(?:(?:www\.)?google\.[a-z.]{2,6}/url|(?:www\.)?youtube\.com/redirect|lm?\.facebook\.com/l\.php|l\.instagram\.com/"
    r"|t\.umblr\.com/redirect|out\.reddit\.com/[^?]*|[a-z0-9]+\.safelinks\.protection\.outlook\.com/[^?]*"
    r"|go\.(?:skimresources|redirectingat)\.com/|redirect\.viglink\.com/|click\.linksynergy\.com/deeplink"
    r"|vk\.com/away\.php|steamcommunity\.com/linkfilter/|slack-redir\.net/link|www\.linkedin\.com/redir/redirect"
    r"|exit\.sc/|duckduckgo\.com/l/|www\.bing\.com/news/apiclick\.aspx)",
    re.IGNORECASE,
)
#: Elsewhere a path must say that it forwards, since pages to share, translate or archive take an address as well.
_FORWARDING_PATH = re.compile(
    r"(?:/[^/?]+)*/(?:redirect|redir|redirector|redirection|redirect_to|outbound|outlink|out|away|exit|leave|goto"
    r"|track/click|click|r|go)(?:\.(?:php|aspx?|jsp|html?|cgi|do))?/?",
    re.IGNORECASE,
)
_TARGETS = ("url", "u", "q", "z", "to", "target", "dest", "destination", "redirect", "redirect_url", "redirect_to",
            "link", "goto", "uddg", "murl")  # fmt: skip
_AMP_CACHES = re.compile(
    r"https?://(?:www\.google\.[a-z.]{2,6}/amp|[^/]+\.cdn\.ampproject\.org/[cv]|cdn\.ampproject\.org/[cv])/(s/)?"
    r"([^/?#]+\.[^/?#]+/.*)",
    re.IGNORECASE,
)
_DEFENSE_V2 = re.compile(r"https?://urldefense\.proofpoint\.com/v2/url\?u=([^&]+)", re.IGNORECASE)
#: Without the characters that it replaced by "*" and listed behind the "__;".
_DEFENSE_V3 = re.compile(r"https?://urldefense\.(?:com|us)/v3/__([^*]+?)__;!", re.IGNORECASE)
_BLITZ = re.compile(r"https?://[^/]*feedblitz\.com/~/t/[^~]*/~(https?(?::|%3a).+)", re.IGNORECASE)
_PORTAL = re.compile(r"https?://[^/]*\.feedsportal\.com/c/.*/l/(0L[^/]+)/story01\.html?", re.IGNORECASE)
_PORTAL_CODE = re.compile(r"0(.)")
_PORTAL_CODES = {"A": "0", "B": ".", "C": "/", "D": "?", "E": "-", "F": "=", "G": "&", "I": "_", "L": "http://",
                 "N": ".com", "S": "www."}  # fmt: skip


def safe_url(url: str, base: str = "") -> str:
    """`url`, absolute, http or https and in ASCII; "" where it cannot be that.

    Control characters go first, since browsers drop them too and would run ``java\\nscript:``. Addresses with a user
    name in them are refused: they are used to show another host than the one that they lead to.
    """
    if _PLAIN.fullmatch(url):
        return url if len(url) <= MAX_URL else ""
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
    return safe if len(safe) <= MAX_URL else ""


def _ascii_host(host: str) -> str:
    """`host` as DNS has it; raises ValueError (UnicodeError is one) for what is no host."""
    if ":" in host:
        return f"[{host}]"
    ascii_host = host if host.isascii() else host.encode("idna").decode("ascii")
    if not re.fullmatch(r"[a-z0-9._-]+", ascii_host):
        raise ValueError(host)
    return ascii_host


def unwrap(url: str) -> str:
    """Where a forwarding service leads, as far as its address says so; `url` itself where it is none.

    `url` is safe, and so is what comes back. At most three wrappers are taken off. In doubt nothing is: pages to share,
    to translate, to log in or of an archive hold an address too, and are not that address.
    """
    for _ in range(_LAYERS):
        may_wrap = len(url) <= MAX_URL and ("http" in url[8:].lower() or _WRAPS_A_PATH.match(url))
        inner = safe_url(_wrapped(url)) if may_wrap else ""
        if not inner:
            break
        url = inner
    return url


def _wrapped(url: str) -> str:
    """What `url` wraps; "" where it wraps nothing."""
    if match := _AMP_CACHES.fullmatch(url):
        return f"http{'s' if match[1] else ''}://{match[2]}"
    if match := _DEFENSE_V2.match(url):
        return unquote(match[1].replace("-", "%").replace("_", "/"))
    if match := _DEFENSE_V3.match(url):
        return match[1]
    if match := _BLITZ.fullmatch(url):
        return unquote(match[1]) if "%3a" in match[1][:8].lower() else match[1]
    if match := _PORTAL.match(url):
        return _portal(match[1])
    return _forwarded(url)


def _portal(coded: str) -> str:
    codes = _PORTAL_CODE.findall(coded)
    return _PORTAL_CODE.sub(lambda code: _PORTAL_CODES[code[1]], coded) if _PORTAL_CODES.keys() >= set(codes) else ""


def _forwarded(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if not (_FORWARDERS.fullmatch(parts.netloc + (parts.path or "/")) or _FORWARDING_PATH.fullmatch(parts.path)):
        return ""
    targets = {name.lower(): value for name, value in reversed(parse_qsl(parts.query)) if _ABSOLUTE.match(value)}
    return next((targets[name] for name in _TARGETS if name in targets), "")


def canonical(url: str, *, fragment: bool = False) -> str:
    """The form of an address under which two spellings of it are equal; "" for a site's front page and for no address.

    Unwrapped; without the scheme, ``www.``, the default port, a closing slash or ``index.html``, AMP, tracking
    parameters and, but for ``#!`` or where it is asked for, the fragment; the query is sorted; dot segments and escapes
    are as RFC 3986 6.2.2 has them. Not an address to link to. Sites for telephones (``m.``) are other addresses: their
    paths often differ.
    """
    safe = safe_url(url)
    if not safe:
        return ""
    parts = urlsplit(unwrap(safe))
    host = (parts.hostname or "").rstrip(".").removeprefix("www.")
    port = f":{parts.port}" if ":" in parts.netloc and parts.port not in {None, 80, 443} else ""
    path, query = _path(parts.path), _query(parts.query)
    mark = _unescaped(parts.fragment) if fragment or parts.fragment.startswith("!") else ""
    if not (path or query or mark):
        return ""
    return f"{_AMP_HOST.sub('', host, count=1)}{port}{path}{query and '?'}{query}{mark and '#'}{mark}"


def _path(path: str) -> str:
    """Without dot segments (RFC 3986 5.2.4), session, AMP, index page and closing slashes."""
    kept: list[str] = []
    for segment in _SESSION.sub("", _unescaped(path)).split("/")[1:]:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    plain = "".join(f"/{segment}" for segment in kept).rstrip("/")
    last = plain.rfind("/")
    if _INDEX.fullmatch(plain, max(last, 0)):
        return plain[:last].rstrip("/")
    if plain.endswith("/amp") and _AMP_PATH.fullmatch(plain, max(plain.rfind("/", 0, last), 0)):
        return plain[:last]
    return plain


def _query(query: str) -> str:
    if not query:
        return ""
    pairs = parse_qsl(query, keep_blank_values=True)
    return urlencode(sorted((name, value) for name, value in pairs if not _says_nothing(name, value)))


def _says_nothing(name: str, value: str) -> bool:
    pair = f"{name}={value}"
    return bool(_TRACKING.fullmatch(name) or _FROM_FEED.fullmatch(pair) or _AMP_QUERY.fullmatch(pair))


def _unescaped(text: str) -> str:
    """Escapes of characters that need none undone, the others in capitals (RFC 3986 6.2.2.1 and 6.2.2.2)."""
    return _ESCAPE.sub(_unescape, text) if "%" in text else text


def _unescape(match: re.Match[str]) -> str:
    character = chr(int(match[1], 16))
    return character if _UNRESERVED.fullmatch(character) else match[0].upper()
