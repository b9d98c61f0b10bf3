"""The demo's inbox: what the mail catcher has caught, each mail with its HTML, its text, its headers and its source."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.editions.render import Renderer
from digest.model import Site
from digest.web import answers, faults
from digest.web.answers import Pages
from digest.web.local import LocalOnly

_HERE = Site(name="Digest", url="/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Caught:
    """A mail that was caught, as it came."""

    #: Unique among those that were caught.
    id: int
    #: Of the envelope (RFC 5321): MAIL FROM and RCPT TO.
    sender: str
    recipient: str
    received_at: datetime
    content: bytes


def application(messages: Callable[[], Sequence[Caught]]) -> Starlette:
    """The pages of an inbox that holds what `messages` gives, asked anew for each page."""
    pages = Pages(Renderer(), _HERE)
    inbox = _Inbox(messages, pages)
    return Starlette(
        routes=[
            Route("/", inbox.list, methods=["GET"]),
            Route("/{id:int}", inbox.show, methods=["GET"]),
            Route("/{id:int}/html", inbox.html, methods=["GET"]),
            Route("/{id:int}/source", inbox.source, methods=["GET"]),
        ],
        middleware=[Middleware(LocalOnly, pages=pages)],
        exception_handlers=faults.handlers(pages),
    )


class _Inbox:
    def __init__(self, messages: Callable[[], Sequence[Caught]], pages: Pages) -> None:
        self._messages, self._pages = messages, pages

    async def list(self, request: Request) -> Response:
        """The last one first."""
        base, untitled = _base(request), self._pages.words.gettext("(no subject)")
        shown = [
            {
                "url": f"{base}/{caught.id}",
                "subject": str(_parsed(caught)["Subject"] or untitled),
                "recipient": caught.recipient,
                "time": f"{caught.received_at:%H:%M:%S}",
            }
            for caught in reversed(self._messages())
        ]
        return self._pages.page("inbox", {"messages": shown})

    async def show(self, request: Request) -> Response:
        caught = self._found(request)
        parsed, base = _parsed(caught), f"{_base(request)}/{caught.id}"
        known = {
            "subject": str(parsed["Subject"] or self._pages.words.gettext("(no subject)")),
            "sender": str(parsed["From"] or caught.sender),
            "recipient": caught.recipient,
            "time": str(parsed["Date"] or caught.received_at),
            "headers": [{"name": name, "value": str(value)} for name, value in parsed.items()],
            "html_url": f"{base}/html" if _part(parsed, "html") else "",
            "text": _part(parsed, "plain"),
            "source_url": f"{base}/source",
            "inbox_url": f"{_base(request)}/",
        }
        return self._pages.page("message", known, frames=True)

    async def html(self, request: Request) -> Response:
        return answers.letter(_part(_parsed(self._found(request)), "html"), framed=True)

    async def source(self, request: Request) -> Response:
        return answers.plain(self._found(request).content.decode("utf-8", "replace"))

    def _found(self, request: Request) -> Caught:
        wanted = request.path_params["id"]
        for caught in self._messages():
            if caught.id == wanted:
                return caught
        raise HTTPException(404)


def _base(request: Request) -> str:
    """The path that we are mounted under, without a slash at its end."""
    return str(request.scope.get("root_path", "")).rstrip("/")


def _parsed(caught: Caught) -> EmailMessage:
    return message_from_bytes(caught.content, policy=policy.default)


def _part(message: EmailMessage, kind: str) -> str:
    """The part of that kind as text; empty where there is none, or none that can be read."""
    try:
        body = message.get_body((kind,))
        return str(body.get_content()) if body else ""
    except (KeyError, LookupError, ValueError):
        return ""
