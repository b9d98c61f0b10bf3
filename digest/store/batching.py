"""Many small pieces of work in few transactions: whatever comes while one is under way goes into the next."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from sqlalchemy import Connection

from digest.store.engine import Database

Item = TypeVar("Item")
Result = TypeVar("Result")

#: Items of one transaction.
_MOST = 500


class Batcher(Generic[Item, Result]):
    """Gathers items of several tasks and does them together; nothing waits for company.

    A transaction costs much the same with one item as with a hundred, and one is under way at a time. `work` gets the
    items of one batch and gives a result for each, in their order; what it raises, each of them raises.
    """

    def __init__(self, database: Database, work: Callable[[Connection, Sequence[Item]], Sequence[Result]]) -> None:
        self._database, self._work = database, work
        self._turn = asyncio.Lock()
        self._open: _Batch[Item, Result] | None = None

    async def do(self, item: Item) -> Result:
        """The result for `item`, once its batch is committed."""
        if self._open is None or len(self._open.items) >= _MOST:
            self._open = _Batch(self)
        batch, place = self._open, len(self._open.items)
        batch.items.append(item)
        # Whoever waits may be cancelled; the batch is not only theirs.
        return (await asyncio.shield(batch.task))[place]

    async def run(self, batch: "_Batch[Item, Result]") -> Sequence[Result]:
        """Does `batch` when those before it are done."""
        async with self._turn:
            if self._open is batch:
                self._open = None
            return await self._database.run(self._work, tuple(batch.items))


class _Batch(Generic[Item, Result]):
    """Items that go together, and what comes of them."""

    def __init__(self, batcher: Batcher[Item, Result]) -> None:
        self.items: list[Item] = []
        self.task = asyncio.create_task(batcher.run(self))
