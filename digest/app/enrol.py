"""Somebody is to get a newsletter: asked for on the pages, or put on the list by the operator.

address, choices ─▶ checked ─▶ pending subscription ─▶ request to confirm, by mail
                                                    └▶ active at once, on the operator's word
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from email_validator import validate_email

from digest import deliver, publish
from digest.app import notices
from digest.app.house import House
from digest.errors import UnknownName, UsageError
from digest.mail import headers
from digest.mail.tokens import Purpose
from digest.model import NO_EVIDENCE, Category, Evidence, Newsletter, Subscriber, SubscriptionState
from digest.store import Connection, erasure, subscribers, suppressions
from digest.store.subscribers import Choices

#: What every rule takes for the part before the at sign (RFC 5321 4.1.2, Dot-string).
_PLAIN_LOCAL = re.compile(r"(?=.{1,64}\Z)[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*")
_LONGEST_PLAIN = 200


class Enrolment(StrEnum):
    """What became of it."""

    #: A request to confirm is on its way, unless `Enrolled.trouble` says otherwise.
    ASKED = "asked"
    #: Active from now on.
    SUBSCRIBED = "subscribed"
    #: Was active before, and is.
    KNOWN = "known"


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """One address, enrolled."""

    #: As it is kept: the domain in lower case and A-labels.
    address: str
    newsletter: str
    subscription: int
    result: Enrolment
    #: The subscriber's, BCP 47; empty: the site's.
    language: str = ""
    #: Why the server did not take the request to confirm; empty: it did, or none was sent.
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Via:
    """How somebody came to be enrolled, for the record."""

    how: str
    evidence: Evidence = NO_EVIDENCE


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    address: str
    newsletter: Newsletter
    choices: Choices
    confirmed: bool
    via: Via


async def enrol(
    house: House, address: str, newsletter: Newsletter, choices: Choices, *, via: Via, confirmed: bool = False
) -> Enrolled:
    """Subscribes `address`: at once where it is `confirmed` on the word recorded in `via`, else once it agrees by mail.

    Who is subscribed already is left alone by an unconfirmed wish, which anybody may send, and takes the choices over
    from a confirmed one. Who has left may ask again, and comes back by confirming; no operator can do it for them.

    Raises UsageError where the address is none, is suppressed or has left, and for choices that do not exist;
    RelayError where the mail cannot go out, and then the wish stands and may be repeated.
    """
    wish = _Wish(
        address=normalized(address),
        newsletter=newsletter,
        choices=checked(choices, newsletter),
        confirmed=confirmed,
        via=via,
    )
    if confirmed:
        return await house.database.run(_enter, house, wish, house.clock())
    async with house.posting() as post:
        enrolled = await house.database.run(_enter, house, wish, house.clock())
        return enrolled if enrolled.result is Enrolment.KNOWN else await _ask(house, post, newsletter, enrolled)


def normalized(address: str) -> str:
    """`address` as it is kept; the local part as given. Raises UsageError where it is none that we can write to.

    Whether anybody is there is for the mail to find out: nothing is looked up.
    """
    local, _at, domain = address.strip().rpartition("@")
    # Long lists have few domains, and what is plain needs no second look.
    if _PLAIN_LOCAL.fullmatch(local) and len(local) + len(domain) < _LONGEST_PLAIN:
        return f"{local}@{_domain(domain)}"
    return _validated(address)


@lru_cache(maxsize=10_000)
def _domain(domain: str) -> str:
    return _validated(f"a@{domain}").removeprefix("a@")


def _validated(address: str) -> str:
    try:
        parts = validate_email(
            address.strip(),
            strict=True,
            check_deliverability=False,
            globally_deliverable=False,
            allow_smtputf8=False,
            test_environment=True,
        )
        return headers.address(parts.ascii_email or parts.normalized)
    except ValueError as error:
        raise UsageError(f"not an e-mail address: {address[:80]!r}: {error}") from error


def checked(choices: Choices, newsletter: Newsletter) -> Choices:
    """`choices` as a subscription keeps them. Raises UnknownName for a category or a time zone that does not exist."""
    known = [category.name for category in newsletter.categories]
    for name in choices.categories:
        if name not in known:
            raise UnknownName(f"category of {newsletter.name}", name, known)
    if choices.timezone:
        try:
            ZoneInfo(choices.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise UnknownName("time zone", choices.timezone) from error
    return replace(choices, categories=kept(choices.categories, newsletter.categories))


def kept(names: Collection[str], categories: Sequence[Category]) -> tuple[str, ...]:
    """`names` as a subscription keeps them: in the newsletter's order, and none at all where it is every one.

    Who chose everything gets what is added later, too.
    """
    chosen = tuple(category.name for category in categories if category.name in names)
    return () if len(chosen) == len(categories) else chosen


def _enter(connection: Connection, house: House, wish: _Wish, now: datetime) -> Enrolled:
    found = suppressions.find(connection, wish.address)
    if found:
        raise UsageError(
            f"{wish.address} is suppressed ({found.reason}, {found.created_at:%Y-%m-%d}) and is not mailed; "
            "`digest suppressions remove` lifts it"
        )
    newsletter, choices = wish.newsletter, wish.choices
    eraser = erasure.eraser(house.secrets)
    # An operator's word does not undo a person's wish to be forgotten.
    if wish.confirmed and eraser and eraser.erased(connection, [wish.address]):
        raise UsageError(f"{wish.address} asked to be forgotten; only the person can come back, by confirming")
    subscriber = subscribers.add(connection, wish.address, now)
    before = subscribers.of(connection, subscriber.id, newsletter.name)
    if before and before.state is SubscriptionState.LEFT and wish.confirmed:
        raise UsageError(f"{wish.address} has left {newsletter.name}; only the person can come back, by confirming")
    known = before is not None and before.state is SubscriptionState.ACTIVE
    if before is not None and known and not wish.confirmed:
        return _enrolled(wish, subscriber, before.id, Enrolment.KNOWN)
    mark = publish.starting_mark(connection, newsletter, house.site, choices.rhythm, now)
    subscription = subscribers.subscribe(connection, subscriber.id, newsletter.name, choices, mark, now)
    if wish.confirmed:
        subscribers.confirm(connection, subscription.id, now, wish.via.how, wish.via.evidence)
        return _enrolled(wish, subscriber, subscription.id, Enrolment.KNOWN if known else Enrolment.SUBSCRIBED)
    subscribers.record(connection, subscription.id, "asked", now, wish.via.how, wish.via.evidence)
    return _enrolled(wish, subscriber, subscription.id, Enrolment.ASKED)


def _enrolled(wish: _Wish, subscriber: Subscriber, subscription: int, result: Enrolment) -> Enrolled:
    return Enrolled(
        address=wish.address,
        newsletter=wish.newsletter.name,
        subscription=subscription,
        result=result,
        language=subscriber.language,
    )


async def _ask(house: House, post: deliver.Post, newsletter: Newsletter, enrolled: Enrolled) -> Enrolled:
    """Sends the request to confirm. It holds nothing that the one who asked has written but the address."""
    token = post.sender.signer.sign(Purpose.CONFIRM, enrolled.subscription, now=house.clock())
    to = (enrolled.address, enrolled.language)
    link = f"{house.site.url}/confirm/{token}"
    trouble = await notices.send(house, post, to, "confirm", newsletter, confirm_url=link)
    return replace(enrolled, trouble=trouble)
