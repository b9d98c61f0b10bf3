"""The service: starts, does its work, and stops in time without leaving anything half done."""

import asyncio
from collections import Counter

import pytest
from sqlalchemy import select

from digest.app import service
from digest.app.service import Service
from digest.store import articles, schema


def _states(house):
    return house.database.call(lambda c: list(c.scalars(select(schema.deliveries.c.state))))


async def _until(condition, seconds=20):
    """Polls, for what shows only in the store or in another task's list."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def _ended(task, seconds):
    async with asyncio.timeout(seconds):
        await task


class Rounds:
    """A companion that makes the rounds as often as the loop lets it."""

    def __init__(self):
        self.tasks = None
        self.ended = False

    async def __call__(self, tasks, stop):
        self.tasks = tasks
        while not stop.is_set():
            for look in (tasks.look_at_feeds, tasks.look_at_slots, tasks.look_at_outbox):
                await look()
            await asyncio.sleep(0.05)
        self.ended = True


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request, town):
    if request.param == "postgresql":
        town.url = request.getfixturevalue("postgresql_database")
    return town.open()


async def test_from_a_feed_to_an_inbox_and_to_a_stop_in_time(town, house):
    town.join(house)
    rounds = Rounds()
    running = Service(house, (rounds,))
    task = asyncio.create_task(running.run())
    await _until(lambda: house.database.call(articles.last_number) == 2)
    town.now = town.now.replace(hour=7, minute=0)
    await _until(lambda: town.mails)
    await _until(lambda: _states(house) == ["sent"])
    running.stop.set()
    await _ended(task, 6)
    assert rounds.ended
    assert town.mails == ["ada@reader.example"]


async def test_what_is_in_flight_when_we_are_to_stop_ends_and_is_recorded(town, house):
    for n in range(9):
        town.join(house, f"{n}@x.example")
    running = Service(house, (Rounds(),))
    task = asyncio.create_task(running.run())
    await _until(lambda: house.database.call(articles.last_number) == 2)
    town.gate.clear()
    town.now = town.now.replace(hour=7, minute=0)
    async with asyncio.timeout(20):
        await town.dots.acquire()
        await town.dots.acquire()
    running.stop.set()
    await asyncio.sleep(0.1)
    assert not task.done()
    town.gate.set()
    await _ended(task, 6)
    assert 2 <= len(town.mails) < 9
    assert Counter(_states(house)) == {"sent": len(town.mails), "queued": 9 - len(town.mails)}


async def test_what_does_not_end_in_time_is_cut_off_and_stays_written_down(town, monkeypatch):
    monkeypatch.setattr(service, "GRACE_S", 0.3)
    house = town.open()
    town.join(house)
    running = Service(house, (Rounds(),))
    task = asyncio.create_task(running.run())
    await _until(lambda: house.database.call(articles.last_number) == 2)
    town.gate.clear()
    town.now = town.now.replace(hour=7, minute=0)
    async with asyncio.timeout(20):
        await town.dots.acquire()
    running.stop.set()
    await _ended(task, 8)
    assert _states(house) == ["sending"]


async def test_a_companion_that_fails_ends_the_service_and_is_raised(town):
    async def fail(tasks, stop):
        raise LookupError("the port is taken")

    with pytest.raises(LookupError, match="the port is taken"):
        await _ended(asyncio.create_task(Service(town.open(), (Rounds(), fail)).run()), 10)


async def test_without_companions_it_works_until_it_is_told_to_stop(town):
    running = Service(town.open())
    task = asyncio.create_task(running.run())
    await asyncio.sleep(0.1)
    assert not task.done()
    running.stop.set()
    await _ended(task, 5)


async def test_handing_over_waits_for_what_is_in_flight_longer_than_an_end_does(town, monkeypatch):
    monkeypatch.setattr(service, "GRACE_S", 0.2)
    house = town.open()
    town.join(house)
    running = Service(house, (Rounds(),))
    task = asyncio.create_task(running.run())
    await _until(lambda: house.database.call(articles.last_number) == 2)
    town.gate.clear()
    town.now = town.now.replace(hour=7, minute=0)
    async with asyncio.timeout(20):
        await town.dots.acquire()
    running.hand_over()
    await asyncio.sleep(0.6)
    assert not task.done()
    town.gate.set()
    await _ended(task, 6)
    assert _states(house) == ["sent"]


async def test_an_end_that_comes_while_it_hands_over_does_not_wait(town, monkeypatch):
    monkeypatch.setattr(service, "GRACE_S", 0.2)
    house = town.open()
    town.join(house)
    running = Service(house, (Rounds(),))
    task = asyncio.create_task(running.run())
    await _until(lambda: house.database.call(articles.last_number) == 2)
    town.gate.clear()
    town.now = town.now.replace(hour=7, minute=0)
    async with asyncio.timeout(20):
        await town.dots.acquire()
    running.hand_over()
    await asyncio.sleep(0.1)
    running.end()
    await _ended(task, 8)
    assert _states(house) == ["sending"]
