"""APScheduler wakes us: at once, again and again, at a moment, and no longer when we stop."""

import asyncio
from datetime import UTC, timedelta

import pytest

from digest.app.house import utc_now
from digest.scheduler import Round, keep

SOON = timedelta(milliseconds=50)
NEVER = timedelta(hours=1)


class Watch:
    """Counts how often it was looked, and lets a test wait for it."""

    def __init__(self):
        self.times = 0
        self.changed = asyncio.Condition()

    async def look(self):
        async with self.changed:
            self.times += 1
            self.changed.notify_all()

    async def seen(self, times):
        async with asyncio.timeout(10), self.changed:
            await self.changed.wait_for(lambda: self.times >= times)


@pytest.fixture
async def keeping():
    """Keeps rounds in the background; whatever it raised is raised at the end."""
    stop, tasks = asyncio.Event(), []

    def start(*rounds):
        tasks.append(asyncio.create_task(keep(rounds, stop)))
        return stop

    yield start
    stop.set()
    async with asyncio.timeout(10):
        await asyncio.gather(*tasks)


async def test_each_round_is_made_at_once(keeping):
    first, second = Watch(), Watch()
    keeping(Round("first", NEVER, first.look), Round("second", NEVER, second.look))
    await first.seen(1)
    await second.seen(1)


async def test_each_round_is_made_again_and_again_for_itself(keeping):
    often, seldom = Watch(), Watch()
    keeping(Round("often", SOON, often.look), Round("seldom", NEVER, seldom.look))
    await often.seen(4)
    assert seldom.times == 1


async def test_a_round_is_made_at_the_moment_that_was_named_before_its_interval_is_over(keeping):
    watch = Watch()
    moments = [utc_now() + SOON, utc_now() + 3 * SOON]

    async def moment():
        return moments[watch.times - 1] if watch.times <= len(moments) else None

    keeping(Round("slots", NEVER, watch.look, moment))
    await watch.seen(3)
    assert utc_now() >= moments[-1]


async def test_a_moment_is_asked_for_anew_after_each_round(keeping):
    """A reader who joins in an earlier zone brings the next slot forward."""
    watch = Watch()
    far = utc_now() + NEVER

    async def moment():
        return far if watch.times == 1 else utc_now() + SOON

    keeping(Round("slots", 2 * SOON, watch.look, moment))
    await watch.seen(5)


async def test_a_round_that_fails_later_is_made_again(keeping, caplog):
    watch = Watch()

    async def look():
        await watch.look()
        if watch.times == 2:
            raise LookupError("once")

    keeping(Round("feeds", SOON, look))
    await watch.seen(4)
    assert "LookupError: once" in caplog.text


async def test_a_round_that_takes_longer_than_its_interval_is_not_made_twice_at_a_time(keeping):
    under_way, most = 0, 0
    watch = Watch()

    async def look():
        nonlocal under_way, most
        await watch.look()
        if watch.times > 1:  # the first is made at once, and not by the interval
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0.12)
            under_way -= 1

    keeping(Round("feeds", SOON, look))
    await watch.seen(4)
    assert most == 1


async def test_nothing_is_looked_at_after_the_end(keeping):
    watch = Watch()
    stop = asyncio.Event()
    task = asyncio.create_task(keep([Round("feeds", SOON, watch.look)], stop))
    await watch.seen(2)
    stop.set()
    async with asyncio.timeout(5):
        await task
    times = watch.times
    await asyncio.sleep(3 * SOON.total_seconds())
    assert watch.times == times


async def test_a_failure_of_the_first_round_is_raised():
    async def look():
        raise LookupError("the store is not there")

    async with asyncio.timeout(5):
        with pytest.raises(LookupError, match="not there"):
            await keep([Round("feeds", NEVER, look)], asyncio.Event())


def test_the_clock_is_aware_and_utc():
    assert utc_now().tzinfo is UTC
