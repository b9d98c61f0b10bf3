"""Who may see what is for operators alone: whoever sits at this machine, or brings the token."""

import ipaddress
from base64 import b64decode
from binascii import Error
from collections import deque
from datetime import datetime, timedelta
from hmac import compare_digest

from starlette.exceptions import HTTPException
from starlette.requests import Request

from digest.app.house import House

#: Set by proxies: what comes with one of these comes from somewhere else.
_FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")
#: So many wrong tokens in so long, from all the world together, and none is looked at any more.
_MOST, _WITHIN = 20, timedelta(minutes=1)


class Operators:
    """The door. With a token it is asked of everybody; without one only this very machine is let in."""

    def __init__(self, house: House) -> None:
        self._clock = house.clock
        self._token = house.settings.web.token.get_secret_value()
        self._wrong: deque[datetime] = deque()

    def require(self, request: Request) -> None:
        """Raises HTTPException: 404 for whoever is not to know that there is anything, 401 and 429 at the door."""
        if not self._token:
            if not is_local(request):
                raise HTTPException(404)
            return
        given = _given(request)
        now = self._clock()
        while self._wrong and self._wrong[0] <= now - _WITHIN:
            self._wrong.popleft()
        if given is not None and len(self._wrong) >= _MOST:
            raise HTTPException(429)
        if given is None or not compare_digest(given.encode(), self._token.encode()):
            if given is not None:
                self._wrong.append(now)
            raise HTTPException(401, headers={"WWW-Authenticate": 'Basic realm="Digest", charset="UTF-8"'})


def is_local(request: Request) -> bool:
    """Whether it was made on this machine, by somebody who meant it: no proxy passed it on, no other site's name."""
    if any(name in request.headers for name in _FORWARDED) or not request.client:
        return False
    return _is_loopback(request.client.host) and _is_loopback(request.url.hostname or "")


def _is_loopback(host: str) -> bool:
    # A name that somebody else's DNS leads here may be a page's of theirs.
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _given(request: Request) -> str | None:
    """The token that the request brings, as Bearer (RFC 6750) or as the password of Basic (RFC 7617)."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() != "basic":
        return None
    try:
        return b64decode(value, validate=True).decode().partition(":")[2]
    except (Error, UnicodeDecodeError):
        return ""
