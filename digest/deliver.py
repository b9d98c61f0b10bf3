"""The outbox goes out over SMTP, one recorded outcome for each delivery.

    outbox ─▶ lease ─▶ compose ─▶ SMTP ─▶ outcome ─▶ settle
              (a few at a time,   (connections stay open)   (grouped commits)
               written down first)

What is leased is sent within moments; what is not begun when we are asked to stop is given back. A result is recorded
within a fiftieth of a second, so that a crash leaves little in doubt.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from digest.errors import RelayError
from digest.mail.compose import Prepared, prepare
from digest.mail.outcome import address_is_gone, next_attempt, said
from digest.mail.pace import Pace
from digest.mail.sender import Sender
from digest.mail.smtp import Mailer
from digest.model import (
    Accepted,
    Deferred,
    Delivery,
    DeliveryState,
    InDoubt,
    Letter,
    Mailbox,
    Newsletter,
    Outcome,
    Rejected,
    Scope,
    Suppression,
    SuppressionReason,
)
from digest.store import Connection, Database, letters, outbox, settlement, suppressions
from digest.store.outbox import Lease
from digest.store.settlement import Result

#: Seconds that results wait for company before they are committed, or until there are so many. After a crash what
#: waited is in doubt: a quarter of this would cost a third of the speed, five times it would gain a tenth.
_GROUP_S = 0.02
_GROUP = 500
#: A lease older than this is looked at once more before its message is written.
_FRESH = timedelta(seconds=5)
#: A connection that broke says nothing of the recipient: another try soon.
_SOON = timedelta(seconds=20)
#: In doubt for so many tries, a delivery is held for the operator.
_MOST_TRIES_IN_DOUBT = 4
#: Letters that are kept encoded at a time.
_LETTERS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """All that deliveries are made with."""

    database: Database
    mailer: Mailer
    sender: Sender
    newsletters: Mapping[str, Newsletter]
    clock: Callable[[], datetime]
    #: Drawn evenly from -1 to 1.
    jitter: Callable[[], float]
    #: Unguessable; another one each time.
    nonce: Callable[[], str]
    connections: int
    pace: Pace | None = None
    lease: timedelta = timedelta(seconds=60)
    #: What is deferred for longer than this since it was frozen has failed.
    give_up_after: timedelta = timedelta(hours=48)
    #: Whether what is in doubt waits for the operator.
    hold: bool = False


@dataclass(slots=True)
class Report:
    """What one run over the outbox came to."""

    outcomes: Counter[str] = field(default_factory=Counter)
    #: The relay refused us as a whole; what was leased went back to the outbox.
    trouble: str = ""

    @property
    def sent(self) -> int:
        return self.outcomes[DeliveryState.SENT]


async def deliver(post: Post, stop: asyncio.Event, edition: int = 0) -> Report:
    """Sends all that is due (of `edition`, or of all), until nothing is or `stop` is set. Never raises for a server."""
    await post.database.run(outbox.sweep, post.clock(), hold=post.hold)
    return await _Run(post, stop, edition).run()


class _Run:
    """One run: who leases, who sends, who records."""

    def __init__(self, post: Post, stop: asyncio.Event, edition: int) -> None:
        self._post, self._stop, self._edition = post, stop, edition
        self._holder = post.nonce()
        self._leased: asyncio.Queue[Delivery | None] = asyncio.Queue()
        self._results: asyncio.Queue[tuple[Result, str] | None] = asyncio.Queue()
        self._hungry = asyncio.Event()
        self._prepared: dict[tuple[int, datetime], tuple[Letter, Prepared]] = {}
        self._report = Report()

    async def run(self) -> Report:
        post = self._post
        keeper = asyncio.create_task(self._or_halt(self._keep()))
        recorder = asyncio.create_task(self._or_halt(self._record()))
        work = [self._fill(), *(self._send() for _ in range(post.connections))]
        try:
            # Where one fails the others end what they have begun: cut off, it would be in doubt.
            ended = await asyncio.gather(*map(self._or_halt, work), return_exceptions=True)
        finally:
            keeper.cancel()
            self._results.put_nowait(None)
            await recorder
            with suppress(asyncio.CancelledError):
                await keeper
        for trouble in ended:
            if isinstance(trouble, BaseException):
                raise trouble
        return self._report

    async def _or_halt(self, work: Coroutine[None, None, None]) -> None:
        """Where nothing can be leased, leases cannot be kept or results not be recorded, nothing more is sent."""
        try:
            await work
        except Exception as error:
            self._report.trouble = f"the store fails: {error}"
            raise

    @property
    def _halted(self) -> bool:
        return self._stop.is_set() or bool(self._report.trouble)

    async def _fill(self) -> None:
        """Leases a little more than can be sent at once, whenever the senders run low; then sends them home."""
        try:
            while not self._halted and await self._lease_some():
                self._hungry.clear()
                if self._leased.qsize() > self._post.connections:
                    await self._hungry.wait()
        finally:
            for _ in range(self._post.connections):
                self._leased.put_nowait(None)

    async def _lease_some(self) -> bool:
        post, now = self._post, self._post.clock()
        wanted = Lease(holder=self._holder, until=now + post.lease, most=2 * post.connections, edition=self._edition)
        leased = await post.database.run(outbox.lease, wanted, now)
        for delivery in leased:
            self._leased.put_nowait(delivery)
        return bool(leased)

    async def _send(self) -> None:
        """One sender: takes what is leased, message by message."""
        try:
            while (delivery := await self._leased.get()) is not None:
                if self._leased.qsize() <= self._post.connections:
                    self._hungry.set()
                self._results.put_nowait((await self._result_of(delivery), delivery.address))
        finally:
            self._hungry.set()

    async def _result_of(self, delivery: Delivery) -> Result:
        post = self._post
        if not self._halted and post.pace:
            await post.pace.turn(self._stop)
        if self._halted:
            return _given_back(delivery, post.clock())
        if post.clock() - delivery.leased_at > _FRESH and not await self._wanted(delivery):
            # Back to the outbox: the next lease finds out why, and settles it.
            return _given_back(delivery, post.clock())
        try:
            message = await self._message(delivery)
            outcome = await post.mailer.send(post.sender.return_path, delivery.address, message)
        except RelayError as error:
            self._report.trouble = str(error)
            return _given_back(delivery, post.clock())
        except ValueError as error:
            outcome = Rejected(scope=Scope.RECIPIENT, reply=str(error))
        return judged(delivery, outcome, post)

    async def _wanted(self, delivery: Delivery) -> bool:
        return await self._post.database.run(outbox.still_wanted, self._holder, delivery.id, self._post.clock())

    async def _message(self, delivery: Delivery) -> bytes:
        letter, prepared = await self._letter(delivery)
        to = Mailbox(address=delivery.address, name=delivery.name)
        sender = self._post.sender
        return prepared.message(sender.personal(letter, delivery.id, delivery.subscription, to, delivery.format))

    async def _letter(self, delivery: Delivery) -> tuple[Letter, Prepared]:
        place = (delivery.letter, delivery.frozen_at)
        if place not in self._prepared:
            letter = await self._post.database.run(letters.get, delivery.letter)
            if letter is None or not (letter.html or letter.text):
                raise ValueError(f"letter {delivery.letter} has no text any more: it was pruned")
            newsletter = self._post.newsletters.get(delivery.newsletter)
            title = newsletter.title if newsletter else delivery.newsletter
            envelope = self._post.sender.envelope(delivery.newsletter, title, delivery.frozen_at)
            while len(self._prepared) >= _LETTERS:
                self._prepared.pop(next(iter(self._prepared)))
            self._prepared[place] = (letter, await asyncio.to_thread(prepare, letter, envelope))
        return self._prepared[place]

    async def _keep(self) -> None:
        """Prolongs our leases while we work."""
        while True:
            await asyncio.sleep(self._post.lease.total_seconds() / 3)
            await self._post.database.run(outbox.renew, self._holder, self._post.clock() + self._post.lease)

    async def _record(self) -> None:
        """Commits results in groups, as they come."""
        over = False
        while not over:
            group = [await self._results.get()]
            deadline = asyncio.get_running_loop().time() + _GROUP_S
            while group[-1] is not None and len(group) < _GROUP:
                try:
                    async with asyncio.timeout_at(deadline):
                        group.append(await self._results.get())
                except TimeoutError:
                    break
            results = [item for item in group if item is not None]
            over = len(results) < len(group)
            if results:
                await self._commit(results)

    async def _commit(self, results: list[tuple[Result, str]]) -> None:
        late = await self._post.database.run(_settle, self._holder, results, self._post.clock())
        for result, _ in results:
            self._report.outcomes["late" if result.delivery in late else _named(result)] += 1


def judged(delivery: Delivery, outcome: Outcome, post: Post) -> Result:
    """What is to be recorded for `outcome`."""
    now = post.clock()
    again = next_attempt(delivery.attempts, now, post.jitter())
    result = partial(Result, delivery=delivery.id)
    match outcome:
        case Accepted():
            return result(state=DeliveryState.SENT, code=outcome.code, reply=outcome.reply)
        case InDoubt():
            # A server that takes messages and never says so would otherwise get this one for ever.
            hold = post.hold or delivery.attempts + 1 >= _MOST_TRIES_IN_DOUBT
            return settlement.in_doubt(delivery.id, outcome.reply, again, hold=hold)
        case Deferred() if now - delivery.frozen_at >= post.give_up_after:
            return result(state=DeliveryState.FAILED, code=outcome.code, reply=f"given up: {said(outcome)}")
        case Deferred(scope=Scope.CONNECTION):
            # Says nothing of the recipient: no attempt is counted.
            return result(state=DeliveryState.QUEUED, reply=outcome.reply, next_attempt_at=now + _SOON)
        case Deferred():
            return result(state=DeliveryState.DEFERRED, code=outcome.code, reply=said(outcome), next_attempt_at=again)
        case Rejected():
            gone = address_is_gone(outcome)
            return result(state=DeliveryState.FAILED, code=outcome.code, reply=said(outcome), address_is_gone=gone)


def _given_back(delivery: Delivery, now: datetime) -> Result:
    return Result(delivery=delivery.id, state=DeliveryState.QUEUED, next_attempt_at=now)


def _settle(connection: Connection, holder: str, results: list[tuple[Result, str]], now: datetime) -> frozenset[int]:
    """Records results; addresses where nobody is are not mailed again."""
    late = frozenset(settlement.settle(connection, holder, [result for result, _ in results], now))
    for result, address in results:
        if result.address_is_gone and result.delivery not in late:
            reason = SuppressionReason.BOUNCE
            suppressions.add(
                connection, Suppression(address=address, reason=reason, evidence=result.reply, created_at=now)
            )
    return late


def _named(result: Result) -> str:
    return "in doubt" if result.in_doubt else result.state.value
