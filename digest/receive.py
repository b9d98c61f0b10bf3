"""What comes back from readers becomes consent or departure.

    a link in a mail ─▶ token ─▶ confirm, leave, come back, choose

Whatever is decided here counts from the next message on: the outbox looks again before each lease.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.errors import TokenError
from digest.mail.tokens import Purpose, Signer
from digest.model import NO_EVIDENCE, Evidence, Newsletter
from digest.store import Connection, Database, fence, subscribers
from digest.store.erasure import Eraser
from digest.store.fence import Fence
from digest.store.subscribers import Choices, Reader

#: A request to confirm is good for this long.
CONFIRM_WITHIN = timedelta(hours=48)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What answers to readers are given with."""

    database: Database
    signer: Signer
    newsletters: Mapping[str, Newsletter]
    #: Who was forgotten and comes back by their own act is known again.
    eraser: Eraser | None = None


async def reader_of(desk: Desk, purpose: Purpose, token: str, now: datetime) -> Reader:
    """Whose link it is. Raises TokenError where it is not ours, too old, or the subscription is no more."""
    if purpose is Purpose.CONFIRM:
        numbers = desk.signer.read(purpose, token, now=now, max_age=CONFIRM_WITHIN)
    else:
        numbers = desk.signer.read(purpose, token)
    reader = await desk.database.run(subscribers.reader, numbers[0])
    if reader is None or reader.subscription.newsletter not in desk.newsletters:
        raise TokenError("this link is for a subscription that is no more")
    return reader


async def confirm(desk: Desk, token: str, now: datetime, via: str, evidence: Evidence = NO_EVIDENCE) -> Reader:
    """The person agrees. Doing it twice is as good as once; after leaving, an old request does not bring them back."""

    def act(connection: Connection, who: int) -> None:
        found = subscribers.reader(connection, who)
        if subscribers.confirm(connection, who, now, via, evidence) and desk.eraser and found:
            desk.eraser.readmit(connection, found.subscriber.address)

    return await _act(desk, Purpose.CONFIRM, token, now, act)


async def leave(desk: Desk, token: str, now: datetime, via: str) -> Reader:
    """The person leaves; a second time changes nothing (RFC 8058 3.2 lets clients repeat it).

    A store that is restored to before this is older than what it knew, and is held.
    """
    reader = await _act(desk, Purpose.LEAVE, token, now, lambda c, who: _leave(c, who, now, via))
    await desk.database.run(Fence(desk.database).write)
    return reader


async def come_back(desk: Desk, token: str, now: datetime, via: str) -> Reader:
    """The person takes the departure back, by the same link."""
    return await _act(desk, Purpose.LEAVE, token, now, lambda c, who: subscribers.come_back(c, who, now, via))


async def choose(desk: Desk, token: str, choices: Choices, now: datetime) -> Reader:
    """The person chooses anew; that they did is kept with what they agreed to."""

    def act(connection: Connection, who: int) -> None:
        subscribers.choose(connection, who, choices, now)
        subscribers.record(connection, who, "chose", now, "page")

    return await _act(desk, Purpose.CHOOSE, token, now, act)


def _leave(connection: Connection, subscription: int, now: datetime, via: str) -> None:
    subscribers.leave(connection, subscription, now, via)
    fence.advance(connection, now)


async def _act(
    desk: Desk, purpose: Purpose, token: str, now: datetime, act: Callable[[Connection, int], object]
) -> Reader:
    reader = await reader_of(desk, purpose, token, now)
    await desk.database.run(act, reader.subscription.id)
    return await reader_of(desk, purpose, token, now)
