"""Small pieces of work share transactions, and each gets its own result."""

import asyncio

import pytest
from sqlalchemy import func, insert, select

from digest.store import schema
from digest.store.batching import Batcher


def _count(connection):
    return connection.scalar(select(func.count()).select_from(schema.counters))


async def test_each_gets_the_result_of_its_own_item(database):
    batcher = Batcher(database, lambda _, items: [item * 2 for item in items])
    assert await asyncio.gather(*(batcher.do(number) for number in range(1200))) == [n * 2 for n in range(1200)]


async def test_what_comes_while_one_batch_is_under_way_shares_the_next(database):
    sizes = []
    begun, go_on = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def work(_, items):
        sizes.append(len(items))
        if len(sizes) == 1:
            loop.call_soon_threadsafe(begun.set)
            asyncio.run_coroutine_threadsafe(go_on.wait(), loop).result(10)
        return items

    batcher = Batcher(database, work)
    first = asyncio.create_task(batcher.do(0))
    await begun.wait()
    others = [asyncio.create_task(batcher.do(number)) for number in range(1, 40)]
    await asyncio.sleep(0)
    go_on.set()
    assert await asyncio.gather(first, *others) == list(range(40))
    assert sizes == [1, 39]


async def test_a_batch_is_one_transaction_and_what_it_raises_everybody_raises(database):
    before = database.call(_count)

    def work(connection, items):
        for item in items:
            connection.execute(insert(schema.counters).values(name=item, value=1))
        if "bad" in items:
            raise LookupError("bad")
        return items

    batcher = Batcher(database, work)
    results = await asyncio.gather(*(batcher.do(name) for name in ("good", "bad")), return_exceptions=True)
    assert [type(result) for result in results] == [LookupError, LookupError]
    assert database.call(_count) == before
    assert await batcher.do("good") == "good"


async def test_one_who_goes_away_does_not_undo_the_work_of_the_others(database):
    batcher = Batcher(database, lambda _, items: items)
    leaving, staying = asyncio.create_task(batcher.do(1)), asyncio.create_task(batcher.do(2))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying == 2
    with pytest.raises(asyncio.CancelledError):
        await leaving
