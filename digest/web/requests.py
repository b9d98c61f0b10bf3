"""What comes in with a request, as little of it as is needed: forms of a sane size, and from where they were posted."""

import asyncio
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

#: Octets of a body, and seconds that it may take to come.
LARGEST_BODY = 64 * 1024
_PATIENCE_S = 10.0
_MOST_FIELDS = 500


@dataclass(frozen=True, slots=True)
class Form:
    """What a form of ours posted: the values of each field, in order."""

    values: dict[str, list[str]]

    def one(self, name: str) -> str:
        """The first value, without space around; empty where there is none."""
        return self.values.get(name, [""])[0].strip()

    def all(self, name: str) -> tuple[str, ...]:
        return tuple(self.values.get(name, ()))


async def body_of(request: Request, most: int = LARGEST_BODY) -> bytes:
    """The body, whole. Raises HTTPException where it is too large (413) or does not come (408)."""
    body = bytearray()
    try:
        async with asyncio.timeout(_PATIENCE_S):
            async for part in request.stream():
                body += part
                if len(body) > most:
                    raise HTTPException(413)
    except (TimeoutError, ClientDisconnect):
        raise HTTPException(408) from None
    return bytes(body)


async def form_of(request: Request) -> Form:
    """The body as application/x-www-form-urlencoded, which is what forms of ours post; junk is an empty form."""
    text = (await body_of(request)).decode("utf-8", "replace")
    try:
        return Form(parse_qs(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError:
        return Form({})


def require_own_form(request: Request, site_url: str) -> None:
    """Raises HTTPException (403) for a POST that a page of somebody else's made the browser send.

    Browsers say so in Sec-Fetch-Site; older ones in Origin, which is "null" where pages send no referrer, as ours.
    """
    fetched = request.headers.get("sec-fetch-site", "")
    origin = request.headers.get("origin", "null")
    if fetched:
        own = fetched in {"same-origin", "none"}
    else:
        here = {request.headers.get("host", ""), urlsplit(site_url).netloc}
        own = origin == "null" or urlsplit(origin).netloc in here
    if not own:
        raise HTTPException(403)
