"""What is a reader's own: all data, another address, to be forgotten.

Letters are forwarded, and whoever has one has its links. So these pages open by a link of their own alone, which goes
to the reader's address when it is asked for, and is good for an hour.
"""

import json
import logging
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest import receive
from digest.app import notices
from digest.app.enrol import normalized
from digest.app.house import House
from digest.errors import RelayError, TokenError, UsageError
from digest.mail.tokens import Purpose
from digest.store import Connection, fence, moving, overview, subscribers, suppressions
from digest.store.erasure import Eraser
from digest.store.subscribers import Reader
from digest.web.answers import Pages, download
from digest.web.gate import Gate
from digest.web.people import masked
from digest.web.requests import form_of, require_own_form
from digest.web.subscribe import Errands

log = logging.getLogger("digest")

#: A link to one's own pages is good for this long, and one to a new address for that.
OWN_WITHIN, MOVE_WITHIN = timedelta(hours=1), timedelta(hours=48)


class Yours:
    """The pages of one person."""

    def __init__(self, house: House, pages: Pages, errands: Errands, gate: Gate) -> None:
        self._house, self._pages, self._errands, self._gate = house, pages, errands, gate
        self._desk = house.desk()

    def routes(self) -> list[Route]:
        return [
            Route("/choose/{token}/yours", self.ask, methods=["POST"]),
            Route("/yours/{token}", self.show, methods=["GET"]),
            Route("/yours/{token}/data", self.data, methods=["GET"]),
            Route("/yours/{token}/address", self.change, methods=["POST"]),
            Route("/yours/{token}/forget", self.forget, methods=["POST"]),
            Route("/move/{token}", self.ask_move, methods=["GET"]),
            Route("/move/{token}", self.move, methods=["POST"]),
        ]

    async def ask(self, request: Request) -> Response:
        """Has the link sent to the reader's own address; the answer is the same if one is on its way already."""
        require_own_form(request, self._house.site.url)
        now = self._house.clock()
        reader = await receive.reader_of(self._desk, Purpose.CHOOSE, request.path_params["token"], now)
        address = reader.subscriber.address
        if not self._gate.is_full(now) and self._gate.admits(f"yours {address}", now):
            link = f"{self._house.site.url}/yours/{self._sign(Purpose.OWN, reader.subscription.id, now)}"
            self._errands.run(self._mail(reader, address, "yours", link))
        _ = self._read_by(reader).words.gettext
        said = _("A link to your data is on its way to %(address)s. It is good for an hour.")
        return self._say(reader, _("Look into your mail"), said % {"address": masked(address)})

    async def show(self, request: Request) -> Response:
        token = request.path_params["token"]
        return self._page(await self._own(token), token)

    async def data(self, request: Request) -> Response:
        """All that is known of the person, as JSON (GDPR art. 15 and 20)."""
        reader = await self._own(request.path_params["token"])
        found = await self._house.database.run(_everything, reader)
        text = json.dumps(found, ensure_ascii=False, indent=2, default=str)
        return download(text.encode(), "application/json", "my-data.json")

    async def change(self, request: Request) -> Response:
        """Asks at the new address; the answer says nothing of whether it is known."""
        require_own_form(request, self._house.site.url)
        token, now = request.path_params["token"], self._house.clock()
        reader = await self._own(token)
        pages, typed = self._read_by(reader), (await form_of(request)).one("address")
        _ = pages.words.gettext
        try:
            address = normalized(typed)
        except UsageError:
            return self._page(reader, token, typed, _("This is not an e-mail address that letters can be sent to."))
        barred = await self._house.database.run(suppressions.find, address)
        if not barred and not self._gate.is_full(now) and self._gate.admits(address, now):
            number = await self._house.database.run(moving.ask, reader.subscriber.id, address, now)
            link = f"{self._house.site.url}/move/{self._sign(Purpose.MOVE, number, now)}"
            self._errands.run(self._mail(reader, address, "move", link))
        said = _("We have written to %(address)s. The letters go there once you confirm it by the link in that mail.")
        return self._say(reader, _("Confirm your new address"), said % {"address": address})

    async def forget(self, request: Request) -> Response:
        """Erases the person, at once and for good."""
        require_own_form(request, self._house.site.url)
        reader = await self._own(request.path_params["token"])
        now, eraser = self._house.clock(), Eraser(self._house.secrets)
        await self._house.database.run(_forget, eraser, reader, now)
        await self._house.database.run(self._house.fence.write)
        pages = self._read_by(reader)
        title = pages.words.gettext("You are forgotten")
        said = pages.words.gettext("Nothing that is about you is kept. A letter that is on its way may still arrive.")
        return pages.page("said", {"title": title, "message": said, "action": "", "button": ""})

    async def ask_move(self, request: Request) -> Response:
        """Mail scanners open every link: this changes nothing."""
        token = request.path_params["token"]
        _number, address = await self._wish(token)
        _ = self._pages.words.gettext
        said = _("From now on the letters go to %(address)s.") % {"address": masked(address)}
        known = {"title": _("Your new address"), "message": said, "action": f"/move/{token}", "button": _("Confirm")}
        return self._pages.page("said", known)

    async def move(self, request: Request) -> Response:
        require_own_form(request, self._house.site.url)
        number, address = await self._wish(request.path_params["token"])
        if not await self._house.database.run(moving.move, number, self._house.clock()):
            raise TokenError("this link has been used, or you have asked for another one since")
        _ = self._pages.words.gettext
        said = _("The letters go to %(address)s.") % {"address": masked(address)}
        return self._pages.page("said", {"title": _("Your new address"), "message": said, "action": "", "button": ""})

    async def _wish(self, token: str) -> tuple[int, str]:
        now = self._house.clock()
        number = self._desk.signer.read(Purpose.MOVE, token, now=now, max_age=MOVE_WITHIN)[0]
        address = await self._house.database.run(moving.wished, number)
        if address is None:
            raise TokenError("this link has been used, or you have asked for another one since")
        return number, address

    async def _own(self, token: str) -> Reader:
        """Raises TokenError where the link is not ours, or too old."""
        now = self._house.clock()
        number = self._desk.signer.read(Purpose.OWN, token, now=now, max_age=OWN_WITHIN)[0]
        reader = await self._house.database.run(subscribers.reader, number)
        if reader is None or reader.subscription.newsletter not in self._house.newsletters:
            raise TokenError("this link is for a subscription that is no more")
        return reader

    async def _mail(self, reader: Reader, address: str, notice: str, link: str) -> None:
        """Says in the log what went wrong, without the address: nobody waits for the answer."""
        newsletter = self._house.newsletter(reader.subscription.newsletter)
        to = (address, reader.subscriber.language)
        try:
            async with self._house.posting() as post:
                trouble = await notices.send(self._house, post, to, notice, newsletter, link_url=link)
        except RelayError as error:
            trouble = str(error)
        if trouble:
            log.warning("the notice %s did not go out: %s", notice, trouble)

    def _sign(self, purpose: Purpose, number: int, now: datetime) -> str:
        return self._desk.signer.sign(purpose, number, now=now)

    def _read_by(self, reader: Reader) -> Pages:
        return self._pages.read_in(reader.subscriber.language)

    def _say(self, reader: Reader, title: str, message: str) -> Response:
        known = {"title": title, "message": message, "action": "", "button": ""}
        return self._read_by(reader).page("said", known)

    def _page(self, reader: Reader, token: str, typed: str = "", problem: str = "") -> Response:
        known = {
            "address": reader.subscriber.address,
            "data_url": f"/yours/{token}/data",
            "address_action": f"/yours/{token}/address",
            "forget_action": f"/yours/{token}/forget",
            "typed": typed[:320],
            "problem": problem,
        }
        return self._read_by(reader).page("yours", known, 422 if problem else 200)


def _everything(connection: Connection, reader: Reader) -> dict[str, Any]:
    who = reader.subscriber
    barred = suppressions.find(connection, who.address)
    return {
        "address": who.address,
        "name": who.name,
        "language": who.language,
        "known_since": who.created_at.isoformat(),
        "subscriptions": [_told(each) for each in subscribers.by_address(connection, who.address)],
        "consents": [
            {
                "at": each.at.isoformat(),
                "newsletter": each.newsletter,
                "act": each.act,
                "via": each.via,
                "from": each.origin,
                "form": each.form,
                "words": each.wording,
            }
            for each in overview.consents(connection, who.id)
        ],
        "not_mailed_because": f"{barred.reason}: {barred.evidence}" if barred else "",
        "letters": overview.letters_to(connection, who.id),
    }


def _told(reader: Reader) -> dict[str, Any]:
    own = reader.subscription
    return {
        "newsletter": own.newsletter,
        "state": own.state.value,
        "categories": own.categories or "all",
        "frequency": own.frequency.value,
        "time_zone": own.timezone,
        "hour": f"{own.send_at:%H:%M}" if own.send_at else "",
        "paused_until": own.paused_until.isoformat() if own.paused_until else "",
        "format": own.format.value,
        "since": own.since.isoformat() if own.since else "",
    }


def _forget(connection: Connection, eraser: Eraser, reader: Reader, now: datetime) -> None:
    """A store that is restored to before this is older than what it knew, and is held."""
    eraser.erase(connection, reader.subscriber.address, now)
    fence.advance(connection, now)
