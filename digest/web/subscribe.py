"""The form to subscribe by: whoever fills it in, the owner of the address decides, and nobody learns who reads what."""

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.app.enrol import Via, enrol, normalized
from digest.app.house import House
from digest.errors import RelayError, UsageError
from digest.model import Evidence, Newsletter
from digest.store.subscribers import Choices
from digest.web.answers import Pages
from digest.web.choose import options
from digest.web.gate import Gate, network_of
from digest.web.requests import Form, form_of

log = logging.getLogger("digest")

#: A field that people do not see and programs fill in.
TRAP = "website"
#: What the form asks for, for the record.
_WORDS = "Subscribe to %s"
#: Seconds that what is under way may take when we stop.
_LAST_S = 1.0


class Errands:
    """What is done after the answer has gone out, so that its time says nothing."""

    def __init__(self) -> None:
        self._under_way: set[asyncio.Task[None]] = set()

    def run(self, errand: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(errand)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def end(self) -> None:
        """Waits a moment for what is under way, and then calls it off."""
        if not self._under_way:
            return
        _done, late = await asyncio.wait(self._under_way, timeout=_LAST_S)
        for task in late:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


class Subscribing:
    """The form and what becomes of it."""

    def __init__(self, house: House, pages: Pages, errands: Errands, gate: Gate) -> None:
        self._house, self._pages, self._errands, self._gate = house, pages, errands, gate

    def routes(self) -> list[Route]:
        return [
            Route("/subscribe/{newsletter}", self.show, methods=["GET"]),
            Route("/subscribe/{newsletter}", self.ask, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        newsletter = self._house.newsletter(request.path_params["newsletter"])
        return self._form(newsletter, Form({"categories": [each.name for each in newsletter.categories]}))

    async def ask(self, request: Request) -> Response:
        """The same answer for every address, in the same time: what there is to do is done afterwards.

        The form may stand on another site of the operator's, so it is not asked where it came from.
        """
        newsletter, now = self._house.newsletter(request.path_params["newsletter"]), self._house.clock()
        form, _ = await form_of(request), self._pages.words.gettext
        try:
            address = normalized(form.one("address"))
        except UsageError:
            return self._form(newsletter, form, _("This is not an e-mail address that letters can be sent to."))
        categories = form.all("categories")
        known = {category.name for category in newsletter.categories}
        if len(known) > 1 and not known & set(categories):
            return self._form(newsletter, form, _("Choose at least one topic."))
        network = network_of(request, self._house.settings.web.trusted_proxies)
        if self._gate.is_full(now, network):
            busy = _("Too many are asking just now. Please try again in a minute.")
            return self._form(newsletter, form, busy, status=429)
        if not form.one(TRAP) and self._gate.admits(address, now, network):
            choices = Choices(categories=tuple(name for name in categories if name in known))
            evidence = Evidence(origin=network, form=f"/subscribe/{newsletter.name}", wording=_WORDS % newsletter.title)
            self._errands.run(self._enrol(address, newsletter, choices, evidence))
        return self._pages.page("asked", {"newsletter": newsletter.title, "address": address})

    async def _enrol(self, address: str, newsletter: Newsletter, choices: Choices, evidence: Evidence) -> None:
        """Says in the log what went wrong, without the address: nobody waits for the answer."""
        try:
            enrolled = await enrol(self._house, address, newsletter, choices, via=Via("form", evidence))
        except UsageError:
            log.info("a request to subscribe to %s was not followed: its address is not mailed", newsletter.name)
        except RelayError as error:
            self._gate.forget(address)
            log.error("a request to confirm could not be sent: %s", error)  # noqa: TRY400 - the text says it all
        else:
            if enrolled.trouble:
                self._gate.forget(address)
                log.warning("a request to confirm was not taken: %s", enrolled.trouble)

    def _form(self, newsletter: Newsletter, form: Form, problem: str = "", *, status: int = 422) -> Response:
        known = {
            "newsletter": newsletter.title,
            "action": f"/subscribe/{newsletter.name}",
            "address": form.one("address")[:320],
            "categories": options(newsletter, frozenset(form.all("categories"))),
            "problem": problem,
        }
        return self._pages.page("subscribe", known, status) if problem else self._pages.listed("subscribe", known)
