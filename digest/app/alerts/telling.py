"""The ways by which operators are told: a mail to each of them, a webhook."""

import asyncio
import hashlib
import hmac
import json
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from urllib.error import URLError
from urllib.request import Request, urlopen

from digest import deliver
from digest.app.house import House, nonce
from digest.editions.render_words import Language
from digest.errors import RelayError
from digest.mail import compose
from digest.mail.compose import Personal, message_identity
from digest.mail.outcome import said
from digest.model import Accepted
from digest.store import fence
from digest.store.incidents import Incident

log = logging.getLogger("digest")

_TIMEOUT_S = 10.0
#: Posts a body with headers to an address; raises OSError.
Poster = Callable[[str, bytes, dict[str, str]], None]


def posted(url: str, body: bytes, headers: dict[str, str]) -> None:
    """To where the operator's own configuration says. Raises OSError."""
    with urlopen(Request(url, data=body, headers=headers), timeout=_TIMEOUT_S) as answer:  # noqa: S310 - settings allow http and https alone
        answer.read(1_000)


async def tell(
    house: House, post: deliver.Post, which: Sequence[Incident], poster: Poster = posted
) -> tuple[list[str], list[str]]:
    """Tells of `which` by every way there is: those that worked, and what was wrong with the others."""
    ways, troubles = list[str](), list[str]()
    settings = house.settings.alerts
    if settings.webhook:
        try:
            await asyncio.to_thread(_post, house, which, poster)
            ways.append("the webhook")
        except (OSError, URLError, ValueError) as error:
            troubles.append(f"the webhook: {error}")
    if settings.mail:
        for place, address in enumerate(house.settings.mail.operators):
            try:
                trouble = await _mail(house, post, which, (address, place))
            except RelayError as error:
                trouble = str(error)
            if trouble:
                troubles.append(f"{address}: {trouble}")
            else:
                ways.append(address)
    return ways, troubles


def is_configured(house: House) -> bool:
    """Whether there is anybody to tell."""
    settings = house.settings
    return bool(settings.alerts.webhook or (settings.alerts.mail and settings.mail.operators))


def title(incident: Incident) -> str:
    """As in ``feed failing: wire``."""
    return ": ".join(filter(None, (incident.kind, incident.subject)))


def _post(house: House, which: Sequence[Incident], poster: Poster) -> None:
    settings = house.settings.alerts
    told = {
        "site": house.site.name,
        "at": house.clock().isoformat(),
        "incidents": [
            {
                "id": each.id,
                "kind": each.kind,
                "subject": each.subject,
                "detail": each.detail,
                "opened_at": each.opened_at.isoformat(),
                "closed_at": each.closed_at.isoformat() if each.closed_at else None,
            }
            for each in which
        ],
    }
    body = json.dumps(told, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json", "User-Agent": "Digest"}
    secret = settings.webhook_secret.get_secret_value()
    if secret:
        headers["X-Digest-Signature"] = f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"
    poster(settings.webhook or "", body, headers)


async def _mail(house: House, post: deliver.Post, which: Sequence[Incident], to: tuple[str, int]) -> str:
    """Why the server did not take it; empty: it did. Raises RelayError."""
    if held := await house.database.run(fence.held):
        # A copy of the store on another machine is no operator's business.
        raise RelayError(f"nothing is sent until `digest resume`: {held}")
    begun, over = ([each for each in which if bool(each.closed_at) is ended] for ended in (False, True))
    known = {
        **Language.of("en").variables,
        "begun": [_shown(house, each) for each in begun],
        "over": [_shown(house, each) for each in over],
    }
    made = house.renderer.notice("incidents", house.site, known)
    envelope = post.sender.envelope("operators", house.site.name, house.clock())
    address, place = to
    identity = message_identity(nonce(), place, envelope.message_domain)
    personal = Personal(address=address, message_id=identity, leave_url="", choose_url="", one_click_url="")
    message = compose.notice(made.subject, made.html, made.text, envelope, personal)
    outcome = await post.mailer.send(post.sender.return_path, address, message)
    return "" if isinstance(outcome, Accepted) else said(outcome) or "the server did not take it"


def _shown(house: House, incident: Incident) -> dict[str, str]:
    def moment(at: datetime) -> str:
        return f"{at.astimezone(house.zone):%a %d %b, %H:%M}"

    until = f" until {moment(incident.closed_at)}" if incident.closed_at else ""
    return {"title": title(incident), "detail": incident.detail, "when": f"since {moment(incident.opened_at)}{until}"}
