"""Keeps the ledger while messages go out: one transaction at a time, and whatever waits goes into the next together.

A final dot waits for its entry; a reply is entered with the next dots, or alone after a moment. With many connections
this writes many entries at once, and costs each of them little.
"""

import asyncio
from collections import Counter
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import datetime

from digest.deliver.post import Post, Report
from digest.errors import StoreError
from digest.model import Delivery, DeliveryState, Suppression, SuppressionReason
from digest.store import Connection, guarding, ledger, once_more, settlement, suppressions
from digest.store.settlement import Result

#: Seconds that replies wait for a dot to go with.
_PATIENCE = 0.02
#: Seconds that a dot waits for others, unless half of the connections wait already: an entry costs as much as ten dots.
_COMPANY = 0.001
#: Results of one transaction, at most.
_MOST = 500


@dataclass(slots=True)
class _Page:
    """What is entered at once."""

    dots: dict[int, "asyncio.Future[bool]"] = field(default_factory=dict)
    results: list[tuple[Result, Delivery]] = field(default_factory=list)
    #: Editions that are refused for everybody: why, and the deliveries that were refused before it was known.
    halts: dict[int, tuple[str, list[int]]] = field(default_factory=dict)
    #: Editions whose results may still be watched.
    watched: frozenset[int] = frozenset()


@dataclass(slots=True)
class _Entered:
    """What came of a page."""

    allowed: frozenset[int] = frozenset()
    #: Their lease was another's by then.
    late: frozenset[int] = frozenset()
    paused: list[int] = field(default_factory=list)


class Clerk:
    """One holder's entries. Once an entry fails nothing more may be sent: whoever waits is told so by the error."""

    def __init__(self, post: Post, holder: str, report: Report) -> None:
        self._post, self._holder, self._report = post, holder, report
        self._page = self._entering = _Page()
        self._something, self._dots, self._enough = asyncio.Event(), asyncio.Event(), asyncio.Event()
        #: So many dots are not kept waiting.
        self._many = max(1, post.mailer.connections // 2)
        self._closing = False
        self._failure: Exception | None = None
        #: How many results of each edition have been entered: after enough of them nobody watches any more.
        self._seen: Counter[int] = Counter()

    async def may_end(self, delivery: int) -> bool:
        """Whether the final dot of `delivery` may be written; it is on disk then that it is about to be."""
        if self._failure:
            raise self._failure
        entered: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._page.dots[delivery] = entered
        self._dots.set()
        self._something.set()
        if len(self._page.dots) >= self._many:
            self._enough.set()
        return await entered

    def note(self, result: Result, delivery: Delivery) -> None:
        """Has `result` entered, soon."""
        self._page.results.append((result, delivery))
        self._something.set()
        if len(self._page.results) >= _MOST:
            self._dots.set()
            self._enough.set()

    def halt(self, edition: int, reason: str, refused: list[int]) -> None:
        """Has the edition paused, and those that were refused for the same reason put back: nobody is to blame."""
        self._page.halts[edition] = (reason, refused)
        self._something.set()

    def close(self) -> None:
        """From now on nothing more comes: what waits is entered at once."""
        self._closing = True
        for waited_for in (self._something, self._dots, self._enough):
            waited_for.set()

    async def work(self) -> None:
        """Enters what comes, until all of it is entered after `close`. Raises what the store raises."""
        with ExitStack() as undo:
            undo.callback(self._fail)
            while await self._page_is_ready():
                page, self._page = self._page, _Page()
                for waited_for in (self._something, self._dots, self._enough):
                    waited_for.clear()
                if page.results or page.dots or page.halts:
                    await self._enter(page)
            undo.pop_all()

    async def _page_is_ready(self) -> bool:
        """Waits until there is something to enter; False where nothing more will come."""
        page = self._page
        if self._closing:
            return bool(page.results or page.dots or page.halts)
        await self._something.wait()
        await _set_within(self._dots, _PATIENCE)
        if self._page.dots:
            await _set_within(self._enough, _COMPANY)
        return True

    def _fail(self) -> None:
        """Nothing can be entered any more: whoever waits for a dot does not get it."""
        self._failure = StoreError("the ledger cannot be written")
        for waiting in (*self._entering.dots.values(), *self._page.dots.values()):
            if not waiting.done():
                waiting.set_exception(self._failure)

    async def _enter(self, page: _Page) -> None:
        now = self._post.clock()
        editions = Counter(delivery.edition for _, delivery in page.results)
        page.watched = frozenset(edition for edition in editions if self._seen[edition] < guarding.WATCHED)
        self._seen += editions
        self._entering = page
        entered = await self._post.database.run(_written, self._holder, page, now)
        for delivery, waiting in page.dots.items():
            if not waiting.done():
                waiting.set_result(delivery in entered.allowed)
        counted, meter = _counted(page, entered), self._post.meter
        self._report.outcomes += counted
        meter.outcomes += counted
        meter.replies += Counter(result.code // 100 for result, _ in page.results if result.code)
        self._report.paused += entered.paused


async def _set_within(event: asyncio.Event, seconds: float) -> None:
    """Waits until `event` is set, no longer than `seconds`."""
    if not event.is_set():
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await event.wait()


def _written(connection: Connection, holder: str, page: _Page, now: datetime) -> _Entered:
    """Results first: a reply that is in makes room for the next dot."""
    entered = _Entered()
    if page.results:
        entered.late = _settled(connection, holder, page, now)
    for edition, (reason, refused) in page.halts.items():
        if guarding.halt(connection, edition, reason):
            entered.paused.append(edition)
        once_more.take_back(connection, refused, now)
    # What a refusal for everybody pauses is paused for that, not for how many they were.
    watched = {edition: count for edition, count in _final(page, entered.late).items() if edition in page.watched}
    if watched:
        entered.paused += guarding.note(connection, watched)
    if page.dots:
        entered.allowed = ledger.about_to_end(connection, holder, list(page.dots), now)
    return entered


def _settled(connection: Connection, holder: str, page: _Page, now: datetime) -> frozenset[int]:
    quick: list[tuple[int, int, str]] = []
    slow: list[Result] = []
    readers: set[int] = set()
    for result, delivery in page.results:
        # Marks of one reader move one after the other.
        if result.state is DeliveryState.SENT and delivery.subscription not in readers:
            quick.append((result.delivery, result.code, result.reply))
            readers.add(delivery.subscription)
        else:
            slow.append(result)
    late = ledger.accepted(connection, holder, quick, now) if quick else frozenset()
    if slow:
        late |= frozenset(settlement.settle(connection, holder, slow, now))
        _suppress(connection, page, late, now)
    return late


def _suppress(connection: Connection, page: _Page, late: frozenset[int], now: datetime) -> None:
    """Addresses where nobody is are not mailed again."""
    for result, delivery in page.results:
        if result.address_is_gone and result.delivery not in late:
            reason = SuppressionReason.BOUNCE
            suppressions.add(
                connection, Suppression(address=delivery.address, reason=reason, evidence=result.reply, created_at=now)
            )


def _final(page: _Page, late: frozenset[int]) -> dict[int, tuple[int, int]]:
    """Of each edition how many results are final now, and how many of them are refusals."""
    counts: dict[int, tuple[int, int]] = {}
    for result, delivery in page.results:
        if result.state in (DeliveryState.SENT, DeliveryState.FAILED) and result.delivery not in late:
            final, refused = counts.get(delivery.edition, (0, 0))
            counts[delivery.edition] = (final + 1, refused + (result.state is DeliveryState.FAILED))
    return counts


def _counted(page: _Page, entered: _Entered) -> Counter[str]:
    return Counter("late" if result.delivery in entered.late else _named(result) for result, _ in page.results)


def _named(result: Result) -> str:
    return "in doubt" if result.in_doubt else result.state.value
