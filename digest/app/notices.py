"""Mails to one person that are no letters: a request to confirm, a link that was asked for."""

from collections.abc import Mapping

from digest import deliver
from digest.app.house import House, nonce
from digest.editions.render_words import Language
from digest.errors import RelayError
from digest.mail import compose
from digest.mail.compose import Personal, message_identity
from digest.mail.outcome import said
from digest.model import Accepted, Newsletter
from digest.store import fence


async def send(
    house: House, post: deliver.Post, to: tuple[str, str], notice: str, newsletter: Newsletter, **variables: str
) -> str:
    """Sends the notice `notice` of `templates/README.md` to an address, in a language (BCP 47; empty: the site's).

    Why the server did not take it; empty: it did. Raises RelayError where it cannot be asked, or nothing may be sent.
    """
    if held := await house.database.run(fence.held):
        raise RelayError(f"nothing is sent until `digest resume`: {held}")
    address, language = to
    known: Mapping[str, object] = {
        **Language.of(language or house.site.language).variables,
        "newsletter": newsletter.title,
        "address": address,
        **variables,
    }
    made = house.renderer.notice(notice, house.site, known)
    envelope = post.sender.envelope(newsletter.name, newsletter.title, house.clock())
    identity = message_identity(nonce(), 0, envelope.message_domain)
    # A notice belongs to no list: there is nothing to leave yet.
    personal = Personal(address=address, message_id=identity, leave_url="", choose_url="", one_click_url="")
    message = compose.notice(made.subject, made.html, made.text, envelope, personal)
    outcome = await post.mailer.send(post.sender.return_path, address, message)
    return "" if isinstance(outcome, Accepted) else said(outcome) or "the server did not take it"
