"""What readers see: the front page, the form to subscribe, and the pages behind the links in letters."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.app.house import House
from digest.app.vitals import Vitals
from digest.model import Archive
from digest.settings.look import LookSettings, appearance
from digest.web import faults
from digest.web.answers import OnlyEncrypted, Pages
from digest.web.archive import Archiving
from digest.web.choose import Choosing
from digest.web.confirm import Confirming
from digest.web.desk.routes import Desk
from digest.web.dress import dress
from digest.web.gate import Gate
from digest.web.health import Health
from digest.web.hooks import Hooks
from digest.web.leave import Leaving
from digest.web.metrics import Watching
from digest.web.operators import Operators
from digest.web.read import Reading
from digest.web.release import Releasing
from digest.web.subscribe import Errands, Subscribing
from digest.web.yours import Yours


def application(house: House, vitals: Vitals | None = None) -> Starlette:
    """The public pages of `house`, and those of its operators; `vitals`: what this process has done.

    Raises UsageError where its configuration has no secret.
    """
    common = appearance(house.settings.look, LookSettings(), house.site.name)
    pages = Pages(house.renderer, house.site, dress=dress(dict(common.variables)))
    errands, gate = Errands(), _gate(house)
    operators, vitals = Operators(house), vitals or Vitals()

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await errands.end()

    async def front(_request: Request) -> Response:
        listed = [
            {
                "title": each.title,
                "topics": [it.title for it in each.categories],
                "url": f"/subscribe/{each.name}",
                "archive_url": f"/archive/{each.name}" if each.archive is Archive.PUBLIC else "",
            }
            for each in house.newsletters.values()
        ]
        return pages.listed("front", {"newsletters": listed})

    app = Starlette(
        routes=[
            Route("/", front, methods=["GET"]),
            *Subscribing(house, pages, errands, gate).routes(),
            *Confirming(house, pages).routes(),
            *Choosing(house, pages).routes(),
            *Yours(house, pages, errands, gate).routes(),
            *Leaving(house, pages).routes(),
            *Reading(house, pages).routes(),
            *Archiving(house, pages).routes(),
            *Releasing(house, pages).routes(),
            *Hooks(house).routes(),
            *Health(house, vitals).routes(),
            *Watching(house, vitals, operators).routes(),
            *Desk(house, pages, operators).routes(),
        ],
        exception_handlers=faults.handlers(pages),
        middleware=[Middleware(OnlyEncrypted)] if house.site.url.startswith("https:") else [],
        lifespan=lifespan,
    )
    # A redirect to the address with or without a slash would lose a mail client's POST (RFC 8058 3.1).
    app.router.redirect_slashes = False
    return app


def _gate(house: House) -> Gate:
    wanted = house.settings.web.limits
    return Gate(
        pause=wanted.pause,
        address=(wanted.address.count, wanted.address.per),
        network=(wanted.network.count, wanted.network.per),
        everybody=(wanted.everybody.count, wanted.everybody.per),
    )
