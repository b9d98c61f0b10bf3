"""One run over the outbox: who leases, who sends, who writes it down."""

import asyncio
from collections.abc import Coroutine

from digest.deliver.clerk import Clerk
from digest.deliver.consignment import Consignment
from digest.deliver.post import Post, Report
from digest.store import outbox, settlement

#: Seconds between two looks at what has been leased for long.
_LOOK = 2.0


async def deliver(post: Post, stop: asyncio.Event, edition: int = 0) -> Report:
    """Sends all that is due (of `edition`, or of all), until nothing is or `stop` is set. Never raises for a server.

    Raises what the store raises, once what was under way has come to its end.
    """
    await post.database.run(outbox.sweep, post.clock(), hold=post.hold)
    return await _Run(post, stop, edition).run()


class _Run:
    def __init__(self, post: Post, stop: asyncio.Event, edition: int) -> None:
        self._post, self._stop = post, stop
        self._holder = post.nonce()
        self._report = Report()
        self._clerk = Clerk(post, self._holder, self._report)
        self._consignment = Consignment(post, self._clerk, self._holder, edition)

    async def run(self) -> Report:
        clerk = asyncio.create_task(self._or_close(self._clerk.work()))
        beside = [asyncio.create_task(work) for work in (self._heed(), self._or_close(self._keep()))]
        work = [self._or_close(self._consignment.fill()), self._or_close(self._send())]
        ended = await asyncio.gather(*work, return_exceptions=True)
        self._consignment.empty()
        self._clerk.close()
        for task in beside:
            task.cancel()
        # What ails the store is told before what follows from it.
        first = await asyncio.gather(clerk, *beside, return_exceptions=True)
        for trouble in (*first, *ended):
            if isinstance(trouble, Exception):
                raise trouble
        await self._post.database.run(settlement.close_editions)
        return self._report

    async def _send(self) -> None:
        trouble = await self._post.mailer.carry(self._consignment, self._stop)
        self._report.trouble = self._report.trouble or trouble
        self._consignment.close()

    async def _or_close(self, work: Coroutine[None, None, None]) -> None:
        """Where nothing can be leased, leases cannot be kept or results not be written down, nothing more is sent."""
        try:
            await work
        except Exception as error:
            self._report.trouble = f"the store fails: {error}"
            self._consignment.close()
            raise

    async def _heed(self) -> None:
        """Asked to stop, nothing more is begun."""
        await self._stop.wait()
        self._consignment.close()

    async def _keep(self) -> None:
        """Prolongs our leases while we work, and looks at what has waited for long."""
        loop = asyncio.get_running_loop()
        renewed = loop.time()
        every = self._post.lease.total_seconds() / 3
        while True:
            await asyncio.sleep(min(_LOOK, every))
            if loop.time() - renewed >= every:
                renewed = loop.time()
                await self._post.database.run(outbox.renew, self._holder, self._post.clock() + self._post.lease)
            await self._consignment.refresh()
