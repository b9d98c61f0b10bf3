"""What is leased and on its way: handed to whichever connection is free, and told to the clerk when it has ended."""

import asyncio
from collections import defaultdict, deque
from datetime import datetime, timedelta

from digest.deliver.clerk import Clerk
from digest.deliver.judging import given_back, judged, refused_for_all
from digest.deliver.letters import Letters
from digest.deliver.post import Post
from digest.mail.destinations import PATIENCE
from digest.mail.outcome import Phase, said, throttled_domain
from digest.mail.parcel import Composer, Parcel
from digest.model import Accepted, Delivery, Outcome
from digest.store import Connection, fence, outbox
from digest.store.outbox import Lease

#: Deliveries of one lease, at most: what is sent in the next moments.
_MOST = 500
#: A lease that is used up sooner than this may be larger the next time; one that lasts longer was too large.
_SOON, _LONG = 0.5, 3.0
#: A lease older than this is looked at once more before its messages are written.
_FRESH = timedelta(seconds=5)
#: So often a message is put back before it waits for another run.
_TURNS = 3
#: So many refusals for everybody in a row, and an edition is not tried on another reader.
_IN_A_ROW = 3


class _Piece(Parcel):
    """A delivery on its way."""

    __slots__ = ("delivery", "domain", "dotted_at", "has_turn", "returns")

    def __init__(self, delivery: Delivery, sender: str, recipient: str, compose: Composer) -> None:
        super().__init__(sender, recipient, compose)
        self.delivery = delivery
        self.domain = recipient.rpartition("@")[2].lower()
        #: Its domain's limit has let it pass.
        self.has_turn = False
        self.returns = 0
        #: When its final dot was allowed, by the loop's clock.
        self.dotted_at = 0.0


class Consignment:
    """One run's deliveries: `digest.mail.mailer.Outbox`, filled from the store as it empties."""

    def __init__(self, post: Post, clerk: Clerk, holder: str, edition: int) -> None:
        self._post, self._clerk, self._holder, self._edition = post, clerk, holder, edition
        self._letters = Letters(post)
        self._ready: deque[_Piece] = deque()
        #: Handed out, or waiting for their domain.
        self._away = 0
        self._closed = self._dry = False
        self._changed = asyncio.Event()
        self._hungry = asyncio.Event()
        self._size = max(4, 2 * post.mailer.connections)
        #: Refusals for everybody in a row, and whose they were, of each edition.
        self._refusals: defaultdict[int, list[int]] = defaultdict(list)

    # what the mailer asks and tells

    def take(self) -> Parcel | None:
        while self._ready and not self._closed:
            piece = self._ready.popleft()
            if len(self._ready) <= self._size // 2:
                self._hungry.set()
            if self._may_go(piece):
                self._away += 1
                return piece
        return None

    async def next(self) -> Parcel | None:
        while True:
            parcel = self.take()
            if parcel or self._closed or (self._dry and not self._away):
                if parcel is None:
                    self._tell()
                return parcel
            self._changed.clear()
            await self._changed.wait()

    async def may_end(self, parcel: Parcel) -> bool:
        piece = _of(parcel)
        allowed = await self._clerk.may_end(piece.delivery.id)
        if not allowed:
            # The next lease finds out why.
            self._give_back(piece)
            self._left(piece)
        piece.dotted_at = _now()
        return allowed

    def ended(self, parcel: Parcel, phase: Phase, outcome: Outcome) -> None:
        piece = _of(parcel)
        if phase is Phase.DOT:
            self._post.meter.answered(_now() - piece.dotted_at)
        if isinstance(outcome, Accepted):
            self._post.destinations.accepted(piece.domain)
        elif throttled_domain(phase, outcome):
            self._post.destinations.throttled(piece.domain, _now())
        self._clerk.note(judged(piece.delivery, outcome, self._post), piece.delivery)
        self._watch(piece.delivery, outcome)
        self._left(piece)

    def put_back(self, parcel: Parcel) -> None:
        piece = _of(parcel)
        piece.returns += 1
        if self._closed or piece.returns > _TURNS:
            self._give_back(piece)
        else:
            self._ready.appendleft(piece)
        self._left(piece)

    def close(self) -> None:
        self._closed = True
        self._tell()
        self._hungry.set()

    # what the story does

    async def fill(self) -> None:
        """Leases a little more than can be sent at once, whenever it runs low, until nothing is due."""
        loop = asyncio.get_running_loop()
        while not self._closed:
            begun = loop.time()
            if not await self._lease_some():
                self._dry = True
                self._tell()
                return
            if len(self._ready) > self._size // 2 and not self._closed:
                self._hungry.clear()
                await self._hungry.wait()
            lasted = loop.time() - begun
            if lasted < _SOON:
                self._size = min(_MOST, 2 * self._size)
            elif lasted > _LONG:
                self._size = max(4, self._size // 2)

    async def refresh(self) -> None:
        """Gives back what nobody wants any more of what has waited for long."""
        now = self._post.clock()
        old = [piece.delivery.id for piece in self._ready if now - piece.delivery.leased_at > _FRESH]
        if not old:
            return
        wanted = await self._post.database.run(outbox.still_wanted, self._holder, old, now)
        unwanted = frozenset(old) - wanted
        kept = []
        for piece in self._ready:
            if piece.delivery.id in unwanted:
                self._give_back(piece)
            else:
                kept.append(piece)
        self._ready = deque(kept)
        self._hungry.set()

    def empty(self) -> None:
        """Gives back what was not begun."""
        while self._ready:
            self._give_back(self._ready.popleft())

    async def _lease_some(self) -> bool:
        post, now = self._post, self._post.clock()
        wanted = Lease(holder=self._holder, until=now + post.lease, most=self._size, edition=self._edition)
        leased = await post.database.run(_leased, wanted, now, fenced=post.fence is not None)
        if leased and post.fence:
            # Before the first of them is sent: whoever restores an older store is told then.
            await post.database.run(post.fence.write)
        composers = await self._letters.composers(leased)
        for delivery, compose in zip(leased, composers, strict=True):
            self._ready.append(_Piece(delivery, self._letters.sender_of(delivery), *compose))
        self._tell()
        return bool(leased)

    def _may_go(self, piece: _Piece) -> bool:
        """Whether its domain lets it pass now; if not, it comes again in time."""
        if not piece.has_turn:
            wait, reserved = self._post.destinations.hold(piece.domain, _now())
            if wait > PATIENCE:
                again = self._post.clock() + timedelta(seconds=wait)
                self._clerk.note(given_back(piece.delivery, again), piece.delivery)
                return False
            piece.has_turn = reserved
            if wait:
                self._away += 1
                asyncio.get_running_loop().call_later(wait, self._come_again, piece)
                return False
        self._post.destinations.begun(piece.domain)
        return True

    def _come_again(self, piece: _Piece) -> None:
        self._away -= 1
        if self._closed:
            self._give_back(piece)
        else:
            self._ready.appendleft(piece)
        self._tell()

    def _watch(self, delivery: Delivery, outcome: Outcome) -> None:
        """Pauses an edition that is refused for everybody: the next reader's message would fare no better."""
        if isinstance(outcome, Accepted):
            self._refusals.pop(delivery.edition, None)
        elif refused_for_all(outcome):
            refused = self._refusals[delivery.edition]
            refused.append(delivery.id)
            if len(refused) >= _IN_A_ROW:
                reason = f"refused {len(refused)} times in a row, whoever it was for: {said(outcome)}"
                self._clerk.halt(delivery.edition, reason, [*refused])

    def _give_back(self, piece: _Piece) -> None:
        self._clerk.note(given_back(piece.delivery, self._post.clock()), piece.delivery)

    def _left(self, piece: _Piece) -> None:
        self._away -= 1
        piece.has_turn = False
        self._post.destinations.ended(piece.domain)
        if not self._away or self._ready:
            self._tell()

    def _tell(self) -> None:
        self._changed.set()


def _leased(connection: Connection, wanted: Lease, now: datetime, *, fenced: bool) -> list[Delivery]:
    return [] if fenced and not fence.advance(connection, now) else outbox.lease(connection, wanted, now)


def _of(parcel: Parcel) -> _Piece:
    if not isinstance(parcel, _Piece):
        raise TypeError(f"not of this consignment: {parcel!r}")
    return parcel


def _now() -> float:
    return asyncio.get_running_loop().time()
