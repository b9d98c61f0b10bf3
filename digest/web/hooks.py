"""Reports that providers post when mail comes back: `/hooks/NAME`, each believed by its own proof."""

import asyncio
import json
import logging
from collections.abc import Callable
from hashlib import sha256
from urllib.request import urlopen

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.app.house import House
from digest.app.returning import returns
from digest.mail.returns import Notice, providers
from digest.web import proofs
from digest.web.answers import plain
from digest.web.proofs import Fetch, Unproven
from digest.web.requests import body_of

log = logging.getLogger("digest")

_READERS: dict[str, Callable[[object], tuple[Notice, ...]]] = {
    "postmark": providers.postmark,
    "brevo": providers.brevo,
    "mailgun": providers.mailgun,
    "sendgrid": providers.sendgrid,
    "ses": providers.ses,
}
#: Octets of a report: SendGrid posts up to a thousand events at a time.
LARGEST_REPORT = 1_000_000
_TIMEOUT_S, _LARGEST_CERTIFICATE = 10.0, 100_000


def fetched(url: str) -> bytes:
    """What is at `url`, which was checked to be Amazon's. Raises OSError."""
    with urlopen(url, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - https alone, by `proofs.is_amazon`
        found: bytes = answer.read(_LARGEST_CERTIFICATE)
        return found


class Hooks:
    """The places that providers post to; one that is not configured is not there."""

    def __init__(self, house: House, fetch: Fetch = fetched) -> None:
        self._house, self._fetch = house, fetch

    def routes(self) -> list[Route]:
        return [Route("/hooks/{provider}", self.take, methods=["POST"])]

    async def take(self, request: Request) -> Response:
        """204 once it is taken in, twice or not; 403 without proof; 400 for what is no JSON."""
        provider = request.path_params["provider"]
        secret = self._secret(provider)
        if not secret:
            raise HTTPException(404)
        body = await body_of(request, LARGEST_REPORT)
        try:
            event = json.loads(body)
        except (ValueError, RecursionError):
            raise HTTPException(400) from None
        try:
            event = await run_in_threadpool(self._proven, provider, secret, request, (body, event))
        except Unproven as error:
            log.warning("a report posted to /hooks/%s is not believed: %s", provider, error)
            raise HTTPException(403) from None
        notices = _READERS[provider](event)
        await asyncio.shield(run_in_threadpool(self._act, notices, provider, body))
        return plain("", 200)

    def _act(self, notices: tuple[Notice, ...], provider: str, body: bytes) -> None:
        taken, now = returns(self._house), self._house.clock()
        known_as = sha256(body).hexdigest()
        for fate in taken.act(notices, now, source=provider, external_id=known_as, proven=True):
            log.info("bounces: %s: %s", provider, fate)

    def _secret(self, provider: str) -> str:
        hooks = self._house.settings.mail.bounces.hooks
        chosen = getattr(hooks, provider, "") if provider in _READERS else ""
        return chosen if isinstance(chosen, str) else chosen.get_secret_value()

    def _proven(self, provider: str, secret: str, request: Request, posted: tuple[bytes, object]) -> object:
        """The event, once it is shown to be the provider's. Raises Unproven."""
        body, event = posted
        match provider:
            case "postmark" | "brevo":
                proofs.basic(secret, request.headers.get("authorization", ""))
            case "mailgun":
                proofs.mailgun(secret, event)
            case "sendgrid":
                proofs.sendgrid(secret, request.headers, body)
            case _:
                return self._of_sns(secret, event)
        return event

    def _of_sns(self, topic: str, message: object) -> object:
        """What SNS delivers; a topic that asks whether it is wanted is told so."""
        if not isinstance(message, dict):
            raise Unproven("not a message of SNS")
        proofs.sns(topic, message, self._fetch)
        if message["Type"] == "SubscriptionConfirmation":
            address = str(message.get("SubscribeURL", ""))
            if proofs.is_amazon(address):
                self._fetch(address)
            return {}
        try:
            return json.loads(str(message.get("Message", "")))
        except (ValueError, RecursionError):
            return {}
