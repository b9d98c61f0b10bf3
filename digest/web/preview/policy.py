"""What a browser may do with the preview's answers, and from where it may ask for more than to look."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from digest.editions.schemes import Scheme, in_scheme
from digest.web.answers import protected

#: For the page itself: its own two files, frames and questions, and nothing from elsewhere.
_PAGE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-src 'self'; "
    "img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
#: For what came in a letter: no script and no form. It is of the page's own origin, which without scripts it can do
#: nothing with, so that the page can measure how tall it is.
_FRAME = (
    "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "style-src 'unsafe-inline'; img-src {images}; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
_DATA = "default-src 'none'; frame-ancestors 'none'"


def page(html: str, status: int = 200) -> Response:
    """A page of the preview's own."""
    return protected(Response(html, status, media_type="text/html"), _PAGE)


def part(content: str, kind: str) -> Response:
    """A file that the page is made of."""
    return protected(Response(content, media_type=kind), _DATA)


def data(content: object, status: int = 200) -> Response:
    """JSON for the page's script."""
    return protected(JSONResponse(content, status), _DATA)


def frame(html: str, scheme: Scheme, *, images: bool) -> Response:
    """The HTML of a letter for a frame of the page."""
    policy = _FRAME.format(images="https: data:" if images else "'none'")
    return protected(Response(in_scheme(html, scheme), media_type="text/html"), policy)


def require_own_page(request: Request) -> None:
    """Raises HTTPException (403) for a POST that anything but our page made the browser send.

    A browser always says where a POST comes from: `Origin` is our own, or, where a page sends no referrer, "null" with
    Sec-Fetch-Site to vouch for it. Other programs send neither.
    """
    origin = request.headers.get("origin")
    fetched = request.headers.get("sec-fetch-site")
    if origin is None:
        own = fetched in {None, "same-origin", "none"}
    elif origin == "null":
        own = fetched == "same-origin"
    else:
        own = origin == f"{request.url.scheme}://{request.headers.get('host', '')}"
    if not own:
        raise HTTPException(403)
