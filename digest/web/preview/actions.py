"""What a letter is kept as, and all that leaves this machine: only when somebody has pressed the button for it."""

from contextlib import aclosing

from starlette.requests import Request
from starlette.responses import Response

from digest.app.house import House
from digest.app.link_check import check_links
from digest.app.previewing.screenshot import NoBrowser, NoPicture, picture
from digest.app.trial import send_trial
from digest.editions.lint import links_of
from digest.editions.schemes import Scheme, in_scheme
from digest.errors import DigestError
from digest.mail.outcome import said
from digest.model import Accepted
from digest.web import answers
from digest.web.preview import policy
from digest.web.preview.letter import Kept
from digest.web.requests import form_of

#: CSS pixels.
_NARROWEST, _USUAL, _WIDEST = 240, 600, 2000


def html(kept: Kept) -> Response:
    return answers.download(kept.proof.html.encode(), "text/html; charset=utf-8", "letter.html")


def text(kept: Kept) -> Response:
    return answers.download(kept.proof.text.encode(), "text/plain; charset=utf-8", "letter.txt")


def eml(kept: Kept) -> Response:
    return answers.download(kept.foretold.message, "message/rfc822", "letter.eml")


async def png(kept: Kept, request: Request) -> Response:
    """All of the letter as a picture; 501 where this machine has no browser for it."""
    width = request.query_params.get("width", "")
    wide = int(width) if width.isascii() and width.isdigit() and len(width) < 5 else _USUAL
    shown = in_scheme(kept.proof.html, scheme_of(request))
    try:
        taken = await picture(shown, min(_WIDEST, max(_NARROWEST, wide)))
    except NoBrowser as error:
        return answers.plain(f"{error}\n", 501)
    except NoPicture as error:
        return answers.plain(f"{error}\n", 502)
    return answers.download(taken, "image/png", "letter.png")


def scheme_of(request: Request) -> Scheme:
    """The one that is asked for; light where there is no such."""
    asked = request.query_params.get("scheme", "")
    return Scheme(asked) if asked in set(Scheme) else Scheme.LIGHT


async def links(house: House, kept: Kept, request: Request) -> Response:
    """Asks the letter's links whether they lead anywhere."""
    policy.require_own_page(request)
    found = await check_links(house, links_of(kept.foretold.message))
    return policy.data({"links": [{"url": it.url, "status": it.status.value, "detail": it.detail} for it in found]})


async def send(house: House, kept: Kept, request: Request) -> Response:
    """Sends the letter to the address of the form, marked as a trial."""
    policy.require_own_page(request)
    address = (await form_of(request)).one("address")
    try:
        async with aclosing(send_trial(house, kept.foretold, [address])) as sending:
            async for recipient, outcome in sending:
                taken = isinstance(outcome, Accepted)
                detail = f"sent to {recipient}" if taken else f"not sent to {recipient}: {said(outcome)}"
                return policy.data({"ok": taken, "detail": detail})
    except DigestError as error:
        return policy.data({"ok": False, "detail": str(error)})
    raise AssertionError("one address, one outcome")
