"""`digest preview` in the browser: a letter as a reader would get it, in both widths, as text and as it is sent."""

from collections import OrderedDict
from datetime import UTC, datetime
from email import message_from_bytes, policy
from itertools import islice
from zoneinfo import ZoneInfo

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.app.foretell import Foretold, foretell
from digest.app.house import House, nonce
from digest.editions.due import zone_of
from digest.errors import DigestError, UsageError
from digest.model import Newsletter
from digest.store import Connection, subscribers
from digest.web import answers, faults
from digest.web.answers import Pages
from digest.web.local import LocalOnly

#: Letters that are kept for the frames and files of a page.
_KEPT = 32
#: Addresses that the form offers.
_OFFERED = 100


def application(house: House, newsletter: str, token: str) -> Starlette:
    """The pages under ``/{token}/``, which begin with `newsletter`; `house` may be read-only, nothing is written.

    To be served on 127.0.0.1 alone; `token` is unguessable, so that other programs' pages cannot ask either.
    Raises UnknownName.
    """
    pages = Pages(house.renderer, house.site)
    preview = _Preview(house, pages, house.newsletter(newsletter))
    return Starlette(
        routes=[
            Route(f"/{token}/", preview.show, methods=["GET"]),
            Route(f"/{token}/{{kept}}/letter.html", preview.html, methods=["GET"]),
            Route(f"/{token}/{{kept}}/letter.eml", preview.eml, methods=["GET"]),
        ],
        middleware=[Middleware(LocalOnly, pages=pages)],
        exception_handlers=faults.handlers(pages),
    )


class _Preview:
    def __init__(self, house: House, pages: Pages, first: Newsletter) -> None:
        self._house, self._pages, self._first = house, pages, first
        self._kept: OrderedDict[str, Foretold] = OrderedDict()

    async def show(self, request: Request) -> Response:
        asked = request.query_params
        newsletter = self._house.newsletter(asked.get("newsletter") or self._first.name)
        address, at = asked.get("address", "").strip(), asked.get("at", "").strip()
        known = {
            "newsletters": [{"name": each.name, "title": each.title} for each in self._house.newsletters.values()],
            "newsletter": newsletter.name,
            "at": at,
            "address": address,
            "readers": await self._house.database.run(_addresses, newsletter.name),
            "problem": "",
            "when": "",
            "letter": None,
            "findings": [],
        }
        try:
            moment = _moment(at, zone_of(newsletter, self._house.site, ""))
            foretold = await foretell(self._house, newsletter, reader=address, at=moment)
        except DigestError as error:
            # A template that is being written is wrong now and then, and the next look may find it right.
            return self._pages.page("preview", known | {"problem": str(error)}, frames=True)
        return self._pages.page("preview", known | self._shown(foretold), frames=True)

    async def html(self, request: Request) -> Response:
        return answers.letter(_html_of(self._found(request).message), framed=True)

    async def eml(self, request: Request) -> Response:
        return answers.download(self._found(request).message, "message/rfc822", "letter.eml")

    def _shown(self, foretold: Foretold) -> dict[str, object]:
        when = f"{foretold.slot.local:%Y-%m-%d %H:%M} ({foretold.slot.at:%H:%M} UTC)"
        when += ", frozen" if foretold.frozen else ""
        if foretold.letter is None:
            return {"when": when, "problem": f"There is no letter: {foretold.reason}."}
        key = nonce()
        self._kept[key] = foretold
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        parsed = message_from_bytes(foretold.message, policy=policy.default)
        body = parsed.get_body(("plain",))
        shown = {
            "subject": foretold.letter.subject,
            "html_url": f"{key}/letter.html",
            "eml_url": f"{key}/letter.eml",
            "text": body.get_content() if body else "",
            "headers": [{"name": name, "value": str(value)} for name, value in parsed.items()],
            "articles": len(foretold.letter.told),
            "kilobytes": -(-len(_html_of(foretold.message).encode()) // 1024),
        }
        return {"when": when, "letter": shown}

    def _found(self, request: Request) -> Foretold:
        key = request.path_params["kept"]
        if key not in self._kept:
            raise HTTPException(404)
        return self._kept[key]


def _moment(text: str, zone: ZoneInfo) -> datetime | None:
    """ISO 8601, by the newsletter's clock where it names no zone; None where it is empty. Raises UsageError."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
        return aware.astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(f"{text[:40]!r} is no date and time; write it as in 2026-11-24 07:00") from None


def _addresses(connection: Connection, newsletter: str) -> list[str]:
    return [reader.subscriber.address for reader in islice(subscribers.everyone(connection, newsletter), _OFFERED)]


def _html_of(message: bytes) -> str:
    """The HTML part as the reader's program shows it, links filled in."""
    body = message_from_bytes(message, policy=policy.default).get_body(("html",))
    return str(body.get_content()) if body else ""
