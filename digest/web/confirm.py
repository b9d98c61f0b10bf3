"""The second step of a subscription: the one who owns the address agrees, by a button and not by opening a link."""

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest import receive
from digest.app.house import House
from digest.editions.due import coming_slot
from digest.errors import TokenError
from digest.mail.tokens import Purpose
from digest.model import Evidence, SubscriptionState
from digest.store import subscribers
from digest.store.subscribers import Reader
from digest.web.answers import Pages
from digest.web.gate import network_of
from digest.web.people import masked, named_slot
from digest.web.requests import require_own_form

#: Older than any link of ours.
_EVER = timedelta(days=365_000)


class Confirming:
    """The pages behind the link in the request to confirm."""

    def __init__(self, house: House, pages: Pages) -> None:
        self._house, self._pages = house, pages
        self._desk = house.desk()

    def routes(self) -> list[Route]:
        return [
            Route("/confirm/{token}", self.ask, methods=["GET"]),
            Route("/confirm/{token}", self.confirm, methods=["POST"]),
        ]

    async def ask(self, request: Request) -> Response:
        token = request.path_params["token"]
        try:
            reader = await receive.reader_of(self._desk, Purpose.CONFIRM, token, self._house.clock())
        except TokenError:
            return await self._too_late(token)
        known = {
            "newsletter": self._house.newsletter(reader.subscription.newsletter).title,
            "address": masked(reader.subscriber.address),
            "action": f"/confirm/{token}",
        }
        return self._pages.read_in(reader.subscriber.language).page("confirm", known)

    async def confirm(self, request: Request) -> Response:
        require_own_form(request, self._house.site.url)
        token = request.path_params["token"]
        try:
            network = network_of(request, self._house.settings.web.trusted_proxies)
            evidence = Evidence(origin=network, form="/confirm", wording="Confirm subscription")
            reader = await receive.confirm(self._desk, token, self._house.clock(), "link in a mail", evidence)
        except TokenError:
            return await self._too_late(token)
        return welcome(self._house, self._pages, reader)

    async def _too_late(self, token: str) -> Response:
        """Says so of a link that was ours and is too old. Raises TokenError for all others."""
        numbers = self._desk.signer.read(Purpose.CONFIRM, token, now=self._house.clock(), max_age=_EVER)
        reader = await self._house.database.run(subscribers.reader, numbers[0])
        if reader is None or reader.subscription.newsletter not in self._house.newsletters:
            raise TokenError("this link is for a subscription that is no more")
        pages = self._pages.read_in(reader.subscriber.language)
        return pages.error(
            410,
            pages.words.gettext("This link is too old"),
            pages.words.gettext("Links to confirm are good for two days. Please ask for a new one."),
            f"/subscribe/{reader.subscription.newsletter}",
        )


def welcome(house: House, pages: Pages, reader: Reader) -> Response:
    """The page for who is subscribed from now on; another one for who is not."""
    own = reader.subscription
    if own.state is not SubscriptionState.ACTIVE:
        return not_subscribed(pages, reader)
    newsletter, pages = house.newsletter(own.newsletter), pages.read_in(reader.subscriber.language)
    slot = coming_slot(newsletter, house.site, own.rhythm, house.clock())
    known = {
        "newsletter": newsletter.title,
        "address": masked(reader.subscriber.address),
        "next_letter": named_slot(slot, pages.language) if slot else "",
        "choose_url": f"/choose/{house.signer().sign(Purpose.CHOOSE, own.id)}",
    }
    return pages.page("confirmed", known)


def not_subscribed(pages: Pages, reader: Reader) -> Response:
    """The page for who comes with a link of old and is not subscribed any more, or not yet again."""
    pages = pages.read_in(reader.subscriber.language)
    return pages.error(
        409,
        pages.words.gettext("You are not subscribed"),
        pages.words.gettext(
            "This link is from before you left. If you would like the letters again, please ask for them anew."
        ),
        f"/subscribe/{reader.subscription.newsletter}",
    )
