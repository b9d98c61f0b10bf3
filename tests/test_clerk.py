"""The clerk: how entries are brought together, and what whoever waits is told when they cannot be written."""

import asyncio
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from digest.deliver.clerk import Clerk
from digest.deliver.meter import Meter
from digest.deliver.post import Report
from digest.errors import StoreError
from digest.store import Database, migrate


class Counted(Database):
    """Counts transactions, and can be told to fail."""

    transactions = 0
    is_full = False

    async def run(self, work, *args, **kwargs):
        self.transactions += 1
        if self.is_full:
            raise StoreError("disk full")
        return await super().run(work, *args, **kwargs)


@pytest.fixture
def counted(tmp_path):
    database = Counted(f"sqlite:///{tmp_path}/clerk.db")
    migrate.upgrade(database)
    yield database
    database.close()


def clerk_of(database, connections):
    mailer = SimpleNamespace(connections=connections)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    post = SimpleNamespace(database=database, mailer=mailer, clock=lambda: now, meter=Meter())
    return Clerk(post, "h", Report())


async def test_dots_that_come_at_once_are_entered_together(counted):
    clerk = clerk_of(counted, connections=20)
    working = asyncio.create_task(clerk.work())

    allowed = await asyncio.gather(*(clerk.may_end(number) for number in range(10)))

    assert allowed == [False] * 10, "nobody holds a lease on them"
    assert counted.transactions == 1
    clerk.close()
    await working


async def test_dots_that_come_a_little_later_still_go_with_the_first(counted):
    clerk = clerk_of(counted, connections=20)
    working = asyncio.create_task(clerk.work())
    first = asyncio.create_task(clerk.may_end(1))
    for _ in range(3):
        await asyncio.sleep(0)

    await asyncio.gather(first, clerk.may_end(2))

    assert counted.transactions == 1
    clerk.close()
    await working


async def test_a_dot_that_nobody_can_join_is_entered_at_once(counted):
    clerk = clerk_of(counted, connections=1)
    working = asyncio.create_task(clerk.work())

    assert not await clerk.may_end(1)
    assert not await clerk.may_end(2)

    assert counted.transactions == 2
    clerk.close()
    await working


async def test_when_the_store_fails_no_dot_is_allowed_any_more(counted):
    clerk = clerk_of(counted, connections=4)
    counted.is_full = True
    working = asyncio.create_task(clerk.work())

    with pytest.raises(StoreError):
        await clerk.may_end(1)
    with pytest.raises(StoreError):
        await clerk.may_end(2)
    with pytest.raises(StoreError, match="disk full"):
        await working


async def test_closed_with_nothing_to_enter_it_writes_nothing(counted):
    clerk = clerk_of(counted, connections=4)
    working = asyncio.create_task(clerk.work())
    clerk.close()

    await working

    assert counted.transactions == 0
