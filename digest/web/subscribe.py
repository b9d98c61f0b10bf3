"""The form to subscribe by: whoever fills it in, the owner of the address decides, and nobody learns who reads what."""

import asyncio
import json
import logging
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from digest.app.enrol import Via, enrol
from digest.app.house import House, nonce
from digest.errors import RelayError, UsageError
from digest.model import Evidence, Frequency, Newsletter
from digest.store.subscribers import Choices
from digest.web.answers import Pages, plain_bytes, protected
from digest.web.fields import Refused, hours, options, takes_own_hour, zones
from digest.web.gate import Gate, network_of
from digest.web.requests import Form, body_of, form_of
from digest.web.trap import Trap
from digest.web.wishes import OWN_FORM, Wish

log = logging.getLogger("digest")

#: A field that people do not see and programs fill in.
TRAP = "website"
#: Where the form's script is.
_SCRIPT = "/subscribe.js"
#: What the form asks for, for the record.
_WORDS = "Subscribe to %s"
#: Seconds that what is under way may take when we stop.
_LAST_S = 1.0


class TooMany(Refused):
    """Not now."""


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
        wanted = house.settings.web.proof_of_work
        self._trap = Trap(signer=house.signer(), nonce=nonce, bits=0 if wanted == "off" else wanted)

    def routes(self) -> list[Route]:
        return [
            Route(_SCRIPT, self.script, methods=["GET"]),
            Route("/subscribe/{newsletter}", self.show, methods=["GET"]),
            Route("/subscribe/{newsletter}", self.ask, methods=["POST"]),
            Route("/api/subscribe/{newsletter}", self.ask_by_json, methods=["POST"]),
            Route("/api/subscribe/{newsletter}", self.preflight, methods=["OPTIONS"]),
        ]

    async def script(self, _request: Request) -> Response:
        """What makes the form easier to fill in; it works without, but for the work that it may ask for."""
        response = plain_bytes(self._house.renderer.script("subscribe").encode(), "text/javascript")
        response.headers["Cache-Control"] = "public, max-age=300"
        return response

    async def show(self, request: Request) -> Response:
        newsletter = self._house.newsletter(request.path_params["newsletter"])
        return self._form(newsletter, Form({"categories": [each.name for each in newsletter.categories]}))

    async def ask(self, request: Request) -> Response:
        """The same answer for every address, in the same time: what there is to do is done afterwards.

        The form may stand on another site of the operator's, so it is not asked where it came from.
        """
        newsletter, form = self._house.newsletter(request.path_params["newsletter"]), await form_of(request)
        try:
            wish = Wish.of_form(form).checked(newsletter, self._house.site, self._pages.words)
            self._require_person(form)
            self._take(request, newsletter, *wish)
        except Refused as problem:
            status = 429 if isinstance(problem, TooMany) else 422
            return self._form(newsletter, form, str(problem), status=status)
        return self._pages.page("asked", {"newsletter": newsletter.title, "address": wish[0]})

    async def ask_by_json(self, request: Request) -> Response:
        """`{"address": ..., "categories": [...]}`, all of them where none is named; answers as the form does.

        Where work is asked for, the answer without any holds the `challenge` that it is done for.
        """
        now, newsletter = self._house.clock(), self._house.newsletters.get(request.path_params["newsletter"])
        if newsletter is None:
            return _told({"error": "there is no such newsletter"}, 404)
        try:
            posted = json.loads(await body_of(request))
        except (ValueError, RecursionError):
            return _told({"error": "the body must be JSON"}, 400)
        try:
            wish = Wish.of_json(posted).checked(newsletter, self._house.site, self._pages.words)
            if not self._trap.is_paid(str(posted.get("challenge", "")), str(posted.get("proof", "")), now):
                asked = {"challenge": self._trap.moment(now), "bits": self._trap.bits}
                return _told({"error": "work is asked for: see docs/operating.md", **asked}, 428)
            self._take(request, newsletter, *wish)
        except TooMany as problem:
            return _told({"error": str(problem)}, 429)
        except ValueError as problem:
            return _told({"error": str(problem)}, 422)
        return _told({"status": "asked"}, 202)

    async def preflight(self, _request: Request) -> Response:
        """A page of another site asks whether it may post (Fetch, CORS)."""
        return _told({"status": "asked"}, 204)

    def _require_person(self, form: Form) -> None:
        """Raises Refused where it may have been a program; who is none presses the button once more."""
        now, _ = self._house.clock(), self._pages.words.gettext
        moment = form.one("moment")
        is_late = bool(form.one(OWN_FORM)) and not self._trap.is_timely(moment, now)
        if is_late or form.one(TRAP):
            raise Refused(_("Please look at the form once more, and press the button again."))
        if not self._trap.is_paid(moment, form.one("proof"), now):
            raise Refused(
                _(
                    "So that no program fills in this form a thousand times, it asks your browser for a moment of "
                    "work, which needs JavaScript. Please allow it for this page, and press the button once more."
                )
            )

    def _take(self, request: Request, newsletter: Newsletter, address: str, choices: Choices) -> None:
        """Has done what is to be done. Raises TooMany."""
        now = self._house.clock()
        network = network_of(request, self._house.settings.web.trusted_proxies)
        if self._gate.is_full(now, network):
            raise TooMany(self._pages.words.gettext("Too many are asking just now. Please try again in a minute."))
        if self._gate.admits(address, now, network):
            evidence = Evidence(origin=network, form=request.url.path, wording=_WORDS % newsletter.title)
            self._errands.run(self._enrol(address, newsletter, choices, evidence))

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
        zone, hour = form.one("timezone") or self._house.site.timezone, form.one("hour")
        known = {
            "newsletter": newsletter.title,
            "action": f"/subscribe/{newsletter.name}",
            "address": form.one("address")[:320],
            "sure": form.one("address")[:320] if problem else "",
            "categories": options(newsletter, frozenset(form.all("categories"))),
            "frequency": form.one("frequency") or Frequency.EVERY.value,
            "own_time": not newsletter.schedule.timezone,
            "timezone": zone,
            "zones": zones(zone),
            "guess": not form.one("timezone"),
            "hour": hour,
            "hours": hours(hour) if takes_own_hour(newsletter) else (),
            "moment": self._trap.moment(self._house.clock()),
            "bits": self._trap.bits,
            "script_url": _SCRIPT,
            "problem": problem,
        }
        response = self._pages.page("subscribe", known, status if problem else 200, scripts=True)
        if not problem:
            del response.headers["X-Robots-Tag"]
        return response


def _told(content: Mapping[str, object], status: int) -> Response:
    """The answer for programs; pages of other sites may read it, since it says nothing of anybody."""
    response = protected(JSONResponse(content, status), "default-src 'none'; frame-ancestors 'none'")
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Allow-Headers"] = "Content-Type"
    response.headers["Access-Control-Allow-Methods"] = "POST"
    return response
