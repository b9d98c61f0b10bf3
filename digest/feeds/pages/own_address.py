"""Which of the addresses that a page gives itself can be its own."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit, urlunsplit

from digest.feeds.links import canonical

#: Names of hosts that are one site: for telephones, for AMP.
_SITE_PREFIX = re.compile(r"^(?:www\d?|m|mobile|amp)\.")
#: What may follow an article's own path in the address of another view of it.
_VIEW = re.compile(r"(?:/(?:amp|print|comments?|page|index\.\w+|\d{1,3}))+", re.IGNORECASE)


def own_address(given: Iterable[str], url: str) -> str:
    """The first of the `given` safe addresses that the page served at `url` can belong at; "" where none can.

    A page can claim to be another site's article, and would then stand for it: only addresses on the site that served
    it count. Nor does a front page, or a page above this one: themes that are broken give one link to all articles.
    """
    for found in given:
        if found and _can_be(found, url):
            parts = urlsplit(found)
            # Sites that moved to https forget this link, and it would only be redirected.
            is_left_behind = url.startswith("https:") and parts.port is None
            return urlunsplit(parts._replace(scheme="https")) if is_left_behind else found
    return ""


def _can_be(found: str, url: str) -> bool:
    own, here = canonical(found), canonical(url)
    if not own or not _is_one_site(urlsplit(found).hostname or "", urlsplit(url).hostname or ""):
        return False
    path, page_path = urlsplit(found).path.rstrip("/"), urlsplit(url).path.rstrip("/")
    if path == page_path:
        # Without the query that tells articles apart it is the page of all of them.
        return "?" in own or "?" not in here
    rest = page_path.removeprefix(path)
    return not page_path.startswith(f"{path}/") or bool(_VIEW.fullmatch(rest))


def _is_one_site(one: str, other: str) -> bool:
    """Whether two hosts are one site: the same, or one within the other."""
    one, other = _SITE_PREFIX.sub("", one), _SITE_PREFIX.sub("", other)
    short, long = sorted((one, other), key=len)
    return short == long or ("." in short and long.endswith(f".{short}"))
