"""Sends messages over one relay or several: connections are opened as needed, reused, and fewer while it is too much.

Each relay has so many workers as it may have connections. A worker waits until there is a parcel, and only then takes
a connection that is open, or opens one. Relays share the work by their weights; one that refuses us is left alone, and
those of weight 0 stand in only while no other takes anything.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol, Self

from digest.errors import RelayError
from digest.mail import headers, smtp
from digest.mail.encode import stuffed
from digest.mail.line import Line
from digest.mail.outcome import Phase, said
from digest.mail.parcel import Parcel, Source, ready
from digest.mail.relay import Relay
from digest.mail.session import Session
from digest.mail.single import closed_unless_done, sent
from digest.model import Accepted, Deferred, InDoubt, Outcome, Rejected, Scope

#: Seconds after which a worker who is not allowed to work looks again.
_LOOK_AGAIN = 0.2
#: The most seconds between two tries for one more connection than the relay allows.
_LONGEST_PAUSE = 2.0


class Outbox(Source, Protocol):
    """What is to be sent, for several workers at once."""

    async def next(self) -> Parcel | None:
        """One more, once there is one; None: there is no more for anybody."""

    def close(self) -> None:
        """Nothing more will be taken: whoever waits is told so."""


class Mailer:
    """The way out; an async context manager."""

    def __init__(self, *relays: Relay) -> None:
        """Raises RelayError where a relay could only be used unsafely, or its certificates cannot be read."""
        self._lines = [Line.to(relay) for relay in relays]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.gather(*(line.close() for line in self._lines))

    @property
    def connections(self) -> int:
        """The most messages that can be under way at once."""
        return sum(line.relay.connections for line in self._lines)

    async def carry(self, outbox: Outbox, stop: asyncio.Event) -> str:
        """Sends all that `outbox` has, until it has no more or `stop` is set.

        Gives why it ended early: no relay takes anything; empty: it did not. Raises what `outbox` raises.
        """
        return await _Run(self._lines, outbox, stop).run()

    async def send(self, return_path: str, recipient: str, message: bytes) -> Outcome:
        """One message to one recipient; `return_path` is where bounces go, empty for nowhere.

        Raises RelayError where no relay takes anything from us; all else that a server does is an outcome. Raises
        ValueError where `message` has a line end other than CRLF.
        """
        content = stuffed(message)
        at_fault = Scope.MESSAGE
        try:
            sender = headers.address(return_path) if return_path else ""
            at_fault = Scope.RECIPIENT
            to = headers.address(recipient)
        except ValueError as error:
            return Rejected(scope=at_fault, reply=str(error))
        trouble = ""
        for line in sorted(self._lines, key=lambda line: (line.rests, -line.relay.weight)):
            try:
                async with line.places:
                    return await sent(line, Parcel(sender, to, ready(content)))
            except RelayError as error:
                trouble = trouble or str(error)
        raise RelayError(trouble)

    async def check(self) -> str:
        """Connects to each relay, signs in and leaves again: what they offer, a line each. Raises RelayError."""
        return "\n".join([await smtp.described(line.relay, line.context) for line in self._lines])


class _Run:
    """The workers of all relays at one outbox."""

    def __init__(self, lines: Sequence[Line], outbox: Outbox, stop: asyncio.Event) -> None:
        self.lines, self.outbox, self.stop = lines, outbox, stop
        self._over = asyncio.Event()
        self._trouble = ""

    async def run(self) -> str:
        # Those that were found to take nothing are not asked again before their time.
        self.gave_up()
        workers = [_Worker(self, line, place) for line in self.lines for place in range(line.relay.connections)]
        ended = await asyncio.gather(*(self._or_close(worker) for worker in workers), return_exceptions=True)
        for trouble in ended:
            if isinstance(trouble, BaseException):
                raise trouble
        return self._trouble

    async def _or_close(self, worker: "_Worker") -> None:
        """Where one fails, the others end what they have begun: cut off, it would be in doubt."""
        try:
            await worker.work()
        finally:
            self.end()

    def end(self) -> None:
        """There is nothing more to do for anybody."""
        self._over.set()
        self.outbox.close()

    @property
    def is_over(self) -> bool:
        return self._over.is_set() or self.stop.is_set()

    async def wait(self, seconds: float) -> None:
        """So long, or until all is over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._over.wait()

    def gave_up(self) -> None:
        """A relay refuses us: where all do, all is over."""
        if all(line.rests for line in self.lines):
            self._trouble = "; ".join(line.trouble for line in self.lines if line.trouble)
            self.end()

    def has_turn(self, line: Line) -> bool:
        """Whether `line` has not had more than its share yet."""
        others = [each for each in self.lines if each is not line and each.relay.weight and not each.rests]
        if not others:
            return True
        if not line.relay.weight:
            return False
        behind = min(each.taken / each.relay.weight for each in others)
        return line.taken / line.relay.weight - behind <= line.relay.connections


class _Worker:
    """Whoever works over one connection of a relay at a time; a session asks it for more and tells it what happened."""

    def __init__(self, run: _Run, line: Line, place: int) -> None:
        self._run, self._line, self._place = run, line, place
        #: When this worker's turn comes, by the relay's rate; it has been reserved.
        self._turn_at: float | None = None
        #: Refused a connection while others had one, it tries again then, each time after longer.
        self._rests_until, self._pause = 0.0, _LOOK_AGAIN

    async def work(self) -> None:
        """Until there is nothing more to do."""
        while not self._run.is_over:
            wait = self._must_wait()
            if wait:
                await self._run.wait(wait)
                continue
            parcel = await self._run.outbox.next()
            if parcel is None:
                return
            self._begun()
            await self._serve(parcel)

    async def _serve(self, parcel: Parcel) -> None:
        self._line.busy += 1
        try:
            session = await self._session(parcel)
            if session:
                with closed_unless_done(session):
                    await session.carry(parcel, self)
                self._line.keep(session)
        finally:
            self._line.busy -= 1

    async def _session(self, parcel: Parcel) -> Session | None:
        line = self._line
        try:
            session = line.take_idle() or await smtp.session(line.relay, line.context, line.manner)
        except (smtp.Refused, RelayError) as error:
            self._run.outbox.put_back(parcel)
            self._could_not_open(error)
            return None
        self._pause = _LOOK_AGAIN
        return session

    def _could_not_open(self, error: Exception) -> None:
        outcome = error.outcome if isinstance(error, smtp.Refused) else None
        is_passing = isinstance(outcome, Deferred) and outcome.scope is Scope.CONNECTION
        if is_passing and self._line.busy > 1:
            # It has connections of ours enough, or will have: the last to be refused speaks for all.
            now = asyncio.get_running_loop().time()
            self._line.tide.throttled(now)
            self._rests_until, self._pause = now + self._pause, min(2 * self._pause, _LONGEST_PAUSE)
            return
        trouble = f"{self._line.relay}: {said(outcome)}" if outcome else str(error)
        self._line.refused(trouble, sign_in=isinstance(outcome, Rejected))
        self._run.gave_up()

    def _must_wait(self) -> float:
        """Seconds until it is worth while to look again; 0: it may take a parcel."""
        if not (self._line.allows(self._place) and self._run.has_turn(self._line)):
            return _LOOK_AGAIN
        now = asyncio.get_running_loop().time()
        pace = self._line.pace
        if pace is None or self._rests_until > now:
            return max(0.0, self._rests_until - now)
        if self._turn_at is None:
            self._turn_at = pace.reserve(now)
        return max(0.0, self._turn_at - now)

    def _begun(self) -> None:
        self._turn_at = None
        self._line.taken += 1

    # what a session asks and tells

    def take(self) -> Parcel | None:
        if self._run.is_over or self._must_wait():
            return None
        parcel = self._run.outbox.take()
        if parcel:
            self._begun()
        return parcel

    async def may_end(self, parcel: Parcel) -> bool:
        return await self._run.outbox.may_end(parcel)

    def ended(self, parcel: Parcel, phase: Phase, outcome: Outcome) -> None:
        self._line.note(phase, outcome)
        if isinstance(outcome, Accepted | InDoubt) or outcome.scope is not Scope.RELAY:
            self._run.outbox.ended(parcel, phase, outcome)
            return
        # Nobody is to blame but the relay, or we.
        self._run.outbox.put_back(parcel)
        self._line.refused(f"{self._line.relay}: {said(outcome)}", sign_in=isinstance(outcome, Rejected))
        self._run.gave_up()

    def put_back(self, parcel: Parcel) -> None:
        self._run.outbox.put_back(parcel)
