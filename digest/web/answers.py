"""Every answer that leaves us, with what it lets a browser do: as good as nothing."""

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from gettext import NullTranslations
from hashlib import sha256

from starlette.datastructures import MutableHeaders
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digest.editions.render import Renderer
from digest.editions.render_words import Language
from digest.model import Site

_BODY = re.compile(r"(<body\b[^>]*>)(.*)(</body>)", re.DOTALL)
_MAIN = re.compile(r"<main\b|role=[\"']?main\b")
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
_A_YEAR = "max-age=31536000"
_NOTHING = "default-src 'none'; base-uri 'none'"
#: For HTML that came in a mail: looks as it does there, and may do nothing but open links in a place of their own.
_LETTER = (
    f"{_NOTHING}; style-src 'unsafe-inline'; img-src https: data:; form-action 'none'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)


def protected(response: Response, policy: str) -> Response:
    """`response` with the Content-Security-Policy `policy` and what else keeps it to itself."""
    response.headers["Content-Security-Policy"] = policy
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    # The addresses of most pages are secrets, and what they show changes.
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


class OnlyEncrypted:
    """Tells browsers to come by https alone from now on (RFC 6797): for a site whose address says so."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).setdefault("Strict-Transport-Security", _A_YEAR)
            await send(message)

        await self._app(scope, receive, told)


def letter(html: str, *, framed: bool = False) -> Response:
    """The HTML of a mail by itself, a page with a main part then; `framed` for a frame in a page of ours."""
    # A link of the letter opens beside the page, not in the frame, where it may not.
    html = html.replace("<head>", '<head><base target="_blank">', 1) if framed else _with_main(html)
    ancestors = "'self'" if framed else "'none'"
    return protected(HTMLResponse(html), f"{_LETTER}; frame-ancestors {ancestors}")


def _with_main(html: str) -> str:
    """A mail needs no landmark, since its program has its own; a page is walked through by them (ARIA 1.2, main)."""
    return html if _MAIN.search(html) else _BODY.sub(r"\1<main>\2</main>\3", html, count=1)


def plain(text: str, status: int = 200) -> Response:
    """Text as it stands."""
    return protected(PlainTextResponse(text, status), f"{_NOTHING}; frame-ancestors 'none'")


def plain_bytes(content: bytes, kind: str) -> Response:
    """What programs read, as it stands."""
    return protected(Response(content, media_type=kind), f"{_NOTHING}; frame-ancestors 'none'")


def download(content: bytes, kind: str, name: str) -> Response:
    """`content` to be kept as a file called `name` (letters, digits, dots and hyphens)."""
    response = Response(content, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
    return protected(response, f"{_NOTHING}; frame-ancestors 'none'; sandbox")


@dataclass(frozen=True, slots=True)
class Pages:
    """Our own pages, made of templates."""

    renderer: Renderer
    site: Site
    #: Whose pages they are, BCP 47; empty: anybody's, and in the site's language.
    reader: str = ""
    #: CSS of the operator's, after our own.
    dress: str = ""

    def read_in(self, language: str) -> "Pages":
        """These pages for a reader of `language` (BCP 47); empty: for one whose language is not known."""
        return replace(self, reader=language)

    @property
    def language(self) -> Language:
        """That of the titles, and of all that is not our words."""
        return Language.of(self.reader or self.site.language)

    @property
    def words(self) -> NullTranslations:
        """Our words, as these pages say them."""
        return self.language.words

    def page(
        self,
        name: str,
        variables: Mapping[str, object],
        status: int = 200,
        *,
        frames: bool = False,
        scripts: bool = False,
    ) -> Response:
        """The page `name` of `templates/README.md`.

        With `frames` it shows letters in frames, with `scripts` it has a script of ours and asks us for what is new.
        """
        html = self.renderer.page(name, {"site": self.site, **self.language.variables, **variables})
        if self.dress:
            html = _STYLE.sub(lambda own: f"<style>{own[1]}{self.dress}</style>", html, count=1)
        policy = f"{_NOTHING}; style-src {_style_of(html)}; form-action 'self'; frame-ancestors 'none'"
        policy += "; frame-src 'self'" if frames else ""
        policy += "; script-src 'self'; connect-src 'self'" if scripts else ""
        return protected(HTMLResponse(html, status), policy)

    def listed(self, name: str, variables: Mapping[str, object]) -> Response:
        """A page that search engines may find."""
        response = self.page(name, variables)
        del response.headers["X-Robots-Tag"]
        return response

    def error(self, status: int, title: str, message: str, again_url: str = "") -> Response:
        """A page that says what is wrong and what to do; `again_url` leads to where one begins anew."""
        known = {"status": status, "title": title, "message": message, "again_url": again_url}
        return self.page("error", known, status)


def _style_of(html: str) -> str:
    """The one style element of our pages, which stands before all that comes from outside, by its hash."""
    found = _STYLE.search(html)
    if not found:
        return "'none'"
    return f"'sha256-{b64encode(sha256(found[1].encode()).digest()).decode('ascii')}'"
