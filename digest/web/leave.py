"""Leaving: a page that asks, one POST that does it (RFC 8058), and a way back for who did not mean it."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest import receive
from digest.app.house import House
from digest.mail.tokens import Purpose
from digest.model import SubscriptionState
from digest.store import subscribers
from digest.store.subscribers import Reader
from digest.web.answers import Pages
from digest.web.confirm import welcome
from digest.web.people import masked
from digest.web.requests import body_of, form_of, require_own_form

#: Characters of a reason that are kept.
LONGEST_REASON = 500


class Leaving:
    """The pages behind "Unsubscribe"."""

    def __init__(self, house: House, pages: Pages) -> None:
        self._house, self._pages = house, pages
        self._desk = house.desk()

    def routes(self) -> list[Route]:
        return [
            Route("/leave/{token}", self.ask, methods=["GET"]),
            Route("/leave/{token}", self.leave, methods=["POST"]),
            Route("/leave/{token}/undo", self.undo, methods=["POST"]),
            Route("/leave/{token}/reason", self.tell, methods=["POST"]),
        ]

    async def ask(self, request: Request) -> Response:
        """Mail scanners open every link: this changes nothing."""
        token = request.path_params["token"]
        reader = await receive.reader_of(self._desk, Purpose.LEAVE, token, self._house.clock())
        if reader.subscription.state is SubscriptionState.LEFT:
            return self._left(reader, token)
        known = {
            "newsletter": self._title(reader),
            "address": masked(reader.subscriber.address),
            "action": f"/leave/{token}",
            "choose_url": f"/choose/{self._desk.signer.sign(Purpose.CHOOSE, reader.subscription.id)}",
        }
        return self._pages.read_in(reader.subscriber.language).page("leave", known)

    async def leave(self, request: Request) -> Response:
        """Whatever the body says, and from wherever: a mail client's POST has no origin, no cookie and no referrer.

        The answer is 200 and never a redirect, which RFC 8058 3.1 forbids; a person reads it, a client does not.
        """
        token = request.path_params["token"]
        via = "one click" if b"One-Click" in await body_of(request) else "page"
        reader = await receive.leave(self._desk, token, self._house.clock(), via)
        return self._left(reader, token)

    async def undo(self, request: Request) -> Response:
        require_own_form(request, self._house.site.url)
        reader = await receive.come_back(self._desk, request.path_params["token"], self._house.clock(), "page")
        return welcome(self._house, self._pages, reader)

    async def tell(self, request: Request) -> Response:
        """Keeps why somebody has left, in their own words."""
        require_own_form(request, self._house.site.url)
        token, now = request.path_params["token"], self._house.clock()
        reader = await receive.reader_of(self._desk, Purpose.LEAVE, token, now)
        words = " ".join((await form_of(request)).one("reason").split())[:LONGEST_REASON]
        if words and reader.subscription.state is SubscriptionState.LEFT:
            await self._house.database.run(subscribers.say_why, reader.subscription.id, words)
        return self._left(reader, token, told=True)

    def _left(self, reader: Reader, token: str, *, told: bool = False) -> Response:
        known = {
            "newsletter": self._title(reader),
            "address": masked(reader.subscriber.address),
            "undo_url": f"/leave/{token}/undo",
            "reason_url": "" if told else f"/leave/{token}/reason",
        }
        return self._pages.read_in(reader.subscriber.language).page("left", known)

    def _title(self, reader: Reader) -> str:
        return self._house.newsletter(reader.subscription.newsletter).title
