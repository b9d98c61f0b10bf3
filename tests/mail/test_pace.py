"""No more than so many messages in so much time."""

import asyncio
from datetime import timedelta

import pytest

from digest.mail.pace import Pace


async def _turns(pace, count):
    """When each of `count` tasks that ask at once got its turn, in seconds from the first."""
    loop = asyncio.get_running_loop()

    async def one():
        await pace.turn(asyncio.Event())
        return loop.time()

    begun = loop.time()
    return [moment - begun for moment in await asyncio.gather(*(one() for _ in range(count)))]


async def test_turns_are_at_even_distances_in_the_order_of_asking():
    moments = await _turns(Pace(100, timedelta(seconds=1)), 6)
    assert moments == sorted(moments)
    for n, moment in enumerate(moments):
        assert moment >= n * 0.01 - 1e-6


async def test_the_first_turn_is_at_once():
    async with asyncio.timeout(5):
        await Pace(1, timedelta(hours=1)).turn(asyncio.Event())


async def test_turns_that_nobody_took_are_not_made_up_for():
    pace = Pace(50, timedelta(seconds=1))
    await pace.turn(asyncio.Event())
    await asyncio.sleep(0.1)
    moments = await _turns(pace, 4)
    assert moments[-1] >= 3 * 0.02 - 1e-6


async def test_whoever_is_told_to_stop_waits_no_longer():
    pace, stop = Pace(1, timedelta(hours=1)), asyncio.Event()
    await pace.turn(stop)
    waiting = asyncio.create_task(pace.turn(stop))
    await asyncio.sleep(0)
    assert not waiting.done()
    stop.set()
    async with asyncio.timeout(5):
        await waiting


@pytest.mark.parametrize(("count", "period"), [(0, timedelta(seconds=1)), (-1, timedelta(seconds=1)), (1, timedelta())])
def test_a_pace_that_never_moves_is_refused(count, period):
    with pytest.raises(ValueError, match=f"{count} in"):
        Pace(count, period)
