"""The form to subscribe by: whoever fills it in, the owner of the address decides, and nobody learns who reads what."""

import asyncio
import json
import logging
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from digest.app.enrol import Via, enrol, normalized
from digest.app.house import House
from digest.app.typos import suggestion
from digest.errors import RelayError, UsageError
from digest.model import Evidence, Newsletter
from digest.store.subscribers import Choices
from digest.web.answers import Pages, protected
from digest.web.choose import options
from digest.web.gate import Gate, network_of
from digest.web.requests import Form, body_of, form_of

log = logging.getLogger("digest")

#: A field that people do not see and programs fill in.
TRAP = "website"
#: A field of our own form, which names each category; a form on another page may name none, and means all.
OWN_FORM = "own"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a form or a program asks for."""

    address: str
    categories: tuple[str, ...]
    #: Where no category is named, all are meant.
    is_all: bool
    #: The address that was typed before, when it seemed mistyped.
    is_sure: str = ""
    #: A program has filled in what people do not see.
    is_trapped: bool = False


class Subscribing:
    """The form and what becomes of it."""

    def __init__(self, house: House, pages: Pages, errands: Errands, gate: Gate) -> None:
        self._house, self._pages, self._errands, self._gate = house, pages, errands, gate

    def routes(self) -> list[Route]:
        return [
            Route("/subscribe/{newsletter}", self.show, methods=["GET"]),
            Route("/subscribe/{newsletter}", self.ask, methods=["POST"]),
            Route("/api/subscribe/{newsletter}", self.ask_by_json, methods=["POST"]),
            Route("/api/subscribe/{newsletter}", self.preflight, methods=["OPTIONS"]),
        ]

    async def show(self, request: Request) -> Response:
        newsletter = self._house.newsletter(request.path_params["newsletter"])
        return self._form(newsletter, Form({"categories": [each.name for each in newsletter.categories]}))

    async def ask(self, request: Request) -> Response:
        """The same answer for every address, in the same time: what there is to do is done afterwards.

        The form may stand on another site of the operator's, so it is not asked where it came from.
        """
        newsletter, form = self._house.newsletter(request.path_params["newsletter"]), await form_of(request)
        wish = Wish(
            address=form.one("address"),
            categories=form.all("categories"),
            is_all=not form.one(OWN_FORM),
            is_sure=form.one("sure"),
            is_trapped=bool(form.one(TRAP)),
        )
        address, problem, status = self._judged(request, newsletter, wish)
        if problem:
            return self._form(newsletter, form, problem, status=status)
        return self._pages.page("asked", {"newsletter": newsletter.title, "address": address})

    async def ask_by_json(self, request: Request) -> Response:
        """`{"address": ..., "categories": [...]}`, all of them where none is named; answers as the form does."""
        newsletter = self._house.newsletter(request.path_params["newsletter"])
        try:
            posted = json.loads(await body_of(request))
        except (ValueError, RecursionError):
            return _told("the body must be JSON", 400)
        address, names = (posted.get("address"), posted.get("categories", [])) if isinstance(posted, dict) else ("", [])
        if not isinstance(address, str) or not isinstance(names, list) or not all(isinstance(it, str) for it in names):
            return _told("address must be a text, and categories a list of texts", 422)
        wish = Wish(address=address, categories=tuple(names), is_all=not names, is_sure=address)
        _address, problem, status = self._judged(request, newsletter, wish)
        return _told(problem, status) if problem else _told("", 202)

    async def preflight(self, _request: Request) -> Response:
        """A page of another site asks whether it may post (Fetch, CORS)."""
        return _told("", 204)

    def _judged(self, request: Request, newsletter: Newsletter, wish: "Wish") -> tuple[str, str, int]:
        """The address, what is wrong with the wish, and the status of that; does what is to be done if nothing is."""
        now, _ = self._house.clock(), self._pages.words.gettext
        try:
            address = normalized(wish.address)
        except UsageError:
            return "", _("This is not an e-mail address that letters can be sent to."), 422
        known = {category.name for category in newsletter.categories}
        if len(known) > 1 and not known & set(wish.categories) and not (wish.is_all and not wish.categories):
            return "", _("Choose at least one topic."), 422
        near = suggestion(address)
        if near and wish.is_sure != wish.address:
            asked = _("Did you mean %(address)s? If yours is right as it is, press the button once more.")
            return "", asked % {"address": near}, 422
        network = network_of(request, self._house.settings.web.trusted_proxies)
        if self._gate.is_full(now, network):
            return "", _("Too many are asking just now. Please try again in a minute."), 429
        if not wish.is_trapped and self._gate.admits(address, now, network):
            choices = Choices(categories=tuple(name for name in wish.categories if name in known))
            evidence = Evidence(origin=network, form=request.url.path, wording=_WORDS % newsletter.title)
            self._errands.run(self._enrol(address, newsletter, choices, evidence))
        return address, "", 200

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
            "sure": form.one("address")[:320] if problem else "",
            "categories": options(newsletter, frozenset(form.all("categories"))),
            "problem": problem,
        }
        return self._pages.page("subscribe", known, status) if problem else self._pages.listed("subscribe", known)


def _told(problem: str, status: int) -> Response:
    """The answer for programs; pages of other sites may read it, since it says nothing of anybody."""
    content = {"error": problem} if problem else {"status": "asked"}
    response = protected(JSONResponse(content, status), "default-src 'none'; frame-ancestors 'none'")
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Allow-Headers"] = "Content-Type"
    response.headers["Access-Control-Allow-Methods"] = "POST"
    return response
