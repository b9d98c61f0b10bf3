"""An edition that waits for its review: a page that shows it, and two buttons. Opening the page decides nothing."""

import logging

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from digest.app.house import House
from digest.errors import TokenError
from digest.mail.tokens import Purpose
from digest.model import EditionState
from digest.store import reviewing
from digest.store.reviewing import Review
from digest.web.answers import Pages, protected
from digest.web.people import moment
from digest.web.requests import require_own_form

log = logging.getLogger("digest")

#: So many letters are listed, those with the most readers first.
_MOST = 20
#: What an operator may want to type who comes too late for the buttons.
_COMMANDS = {
    EditionState.SENDING: "digest editions pause",
    EditionState.PAUSED: "digest editions resume",
}


class Releasing:
    """The pages behind the link in the mail that asks for a review."""

    def __init__(self, house: House, pages: Pages) -> None:
        self._house, self._pages = house, pages
        self._signer = house.signer()

    def routes(self) -> list[Route]:
        return [
            Route("/release/{token}", self.ask, methods=["GET"]),
            Route("/release/{token}", self.release, methods=["POST"]),
            Route("/release/{token}/cancel", self.call_off, methods=["POST"]),
        ]

    async def ask(self, request: Request) -> Response:
        token = request.path_params["token"]
        review = await self._review(token)
        if not (review.waits and review.readers):
            return self._decided(review)
        shown = [
            {
                "subject": each.subject,
                "language": each.language,
                "readers": each.readers,
                "url": f"/read/{each.nonce}",
            }
            for each in review.letters[:_MOST]
        ]
        zone, language = self._house.zone, self._pages.language
        known = {
            **self._named(review),
            "slot": moment(review.edition.slot, zone, language),
            "readers": review.readers,
            "letters": shown,
            "total": len(review.letters),
            "leaves_at": moment(review.release_at, zone, language) if review.release_at else "",
            "held": review.held,
            "action": f"/release/{token}",
            "cancel_action": f"/release/{token}/cancel",
        }
        return self._pages.page("release", known)

    async def release(self, request: Request) -> Response:
        require_own_form(request, self._house.site.url)
        edition = (await self._review(request.path_params["token"])).edition
        if await self._house.database.run(reviewing.release, edition.id):
            log.info("edition %d has been reviewed, and goes out", edition.id)
        return self._see(request)

    async def call_off(self, request: Request) -> Response:
        require_own_form(request, self._house.site.url)
        edition = (await self._review(request.path_params["token"])).edition
        if await self._house.database.run(reviewing.call_off, edition.id, self._house.clock()):
            log.info("edition %d has been reviewed, and is called off", edition.id)
        return self._see(request)

    async def _review(self, token: str) -> Review:
        """Raises TokenError."""
        named = self._signer.read(Purpose.RELEASE, token)
        review = await self._house.database.run(reviewing.find, named[0])
        if review is None or review.link != named:
            raise TokenError("this link is for an edition that is no more")
        return review

    def _see(self, request: Request) -> Response:
        """Whatever the button did, the page says how it stands: somebody else may have been faster."""
        answer = RedirectResponse(f"/release/{request.path_params['token']}", 303)
        return protected(answer, "default-src 'none'")

    def _decided(self, review: Review) -> Response:
        state = review.edition.state
        told = review.letters[:1] if state is not EditionState.CANCELLED else ()
        known = {
            **self._named(review),
            "outcome": "overtaken" if review.waits else state.value,
            "command": f"{_COMMANDS[state]} {review.edition.id}" if state in _COMMANDS else "",
            "read_url": f"/read/{told[0].nonce}" if told else "",
        }
        return self._pages.page("released", known)

    def _named(self, review: Review) -> dict[str, object]:
        edition = review.edition
        newsletter = self._house.newsletters.get(edition.newsletter)
        title = newsletter.title if newsletter else edition.newsletter
        return {"newsletter": title, "number": edition.number}
