"""Turns at a host, by the event loop's clock: the tests wait for milliseconds."""

import asyncio
from datetime import timedelta
from itertools import pairwise

import pytest

from digest.feeds.wire.hosts import HostResting, Turns

SPACING = timedelta(milliseconds=20)


def turns(*, overall: int = 32, per_host: int = 2, spacing: timedelta = timedelta()) -> Turns:
    return Turns(overall=overall, per_host=per_host, spacing=spacing)


class Visits:
    """What visitors of hosts have done: who is in flight, and in which order and when they started."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self.starts: list[tuple[object, float]] = []
        self.now = self.most = 0

    async def visit(self, host: str, name: object = None, lasting: float = 0.0) -> None:
        async with self.turns.at(host):
            self.starts.append((name, asyncio.get_running_loop().time()))
            self.now += 1
            self.most = max(self.most, self.now)
            await asyncio.sleep(lasting)
            self.now -= 1

    @property
    def gaps(self) -> list[float]:
        times = [time for _, time in self.starts]
        return [later - earlier for earlier, later in pairwise(times)]


async def test_no_more_than_so_many_are_at_one_host() -> None:
    visits = Visits(turns(per_host=2))
    await asyncio.gather(*(visits.visit("a", lasting=0.001) for _ in range(10)))
    assert visits.most == 2


async def test_no_more_than_so_many_are_in_flight_over_all_hosts() -> None:
    visits = Visits(turns(overall=3))
    await asyncio.gather(*(visits.visit(f"h{n}", lasting=0.001) for n in range(20)))
    assert visits.most == 3


async def test_two_starts_at_one_host_are_apart() -> None:
    visits = Visits(turns(spacing=SPACING))
    await asyncio.gather(*(visits.visit("a") for _ in range(5)))
    assert min(visits.gaps) >= SPACING.total_seconds()


async def test_starts_stay_apart_where_they_had_to_wait_for_a_slot() -> None:
    visits = Visits(turns(overall=1, spacing=SPACING))
    await asyncio.gather(visits.visit("b", lasting=0.06), *(visits.visit("a") for _ in range(3)))
    assert min(visits.gaps[1:]) >= SPACING.total_seconds()


async def test_starts_at_different_hosts_need_not_be_apart() -> None:
    visits = Visits(turns(spacing=timedelta(hours=1)))
    async with asyncio.timeout(5):
        await asyncio.gather(*(visits.visit(f"h{n}") for n in range(100)))


async def test_who_came_first_is_served_first() -> None:
    visits = Visits(turns(per_host=1, spacing=timedelta(milliseconds=1)))
    await asyncio.gather(*(visits.visit("a", n, lasting=0.001) for n in range(20)))
    assert [name for name, _ in visits.starts] == list(range(20))


async def test_who_waits_for_a_host_keeps_nobody_from_another() -> None:
    visits = Visits(turns(overall=1, spacing=timedelta(hours=1)))
    await visits.visit("a")
    waiting = asyncio.create_task(visits.visit("a"))
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await visits.visit("b")
    waiting.cancel()


@pytest.mark.parametrize("spacing", [timedelta(), timedelta(milliseconds=5)])
async def test_who_is_cancelled_while_waiting_gives_the_turn_back(spacing: timedelta) -> None:
    visits = Visits(turns(overall=1, per_host=1, spacing=spacing))
    first = asyncio.create_task(visits.visit("a", "first", lasting=60))
    given_up = [asyncio.create_task(visits.visit("a", "given up")) for _ in range(3)]
    last = asyncio.create_task(visits.visit("a", "last"))
    await asyncio.sleep(0.01)
    for task in (*given_up, first):
        task.cancel()
    async with asyncio.timeout(5):
        await last
        await visits.visit("b", "other")
    assert [name for name, _ in visits.starts] == ["first", "last", "other"]


async def test_a_visit_that_fails_gives_the_turn_back() -> None:
    some = turns(overall=1, per_host=1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            async with some.at("a"):
                1 / 0  # noqa: B018
    async with asyncio.timeout(5), some.at("a"):
        pass


async def test_hosts_that_nobody_waits_for_are_forgotten() -> None:
    some = turns(spacing=timedelta(milliseconds=1))
    for n in range(200):
        async with some.at(f"h{n}"):
            pass
    await asyncio.sleep(0.005)
    async with some.at("last"):
        assert len(some._hosts) == 1


async def test_a_host_that_wants_rest_is_asked_by_nobody_not_even_by_those_who_wait() -> None:
    some = turns(per_host=1)
    rested = []

    async def visit() -> None:
        try:
            async with some.at("a"):
                await asyncio.sleep(0.001)
                some.rest("a", 429, timedelta(seconds=90))
        except HostResting as resting:
            rested.append(resting)

    await asyncio.gather(*(visit() for _ in range(5)))
    assert [(each.status, each.rest) for each in rested] == [(429, timedelta(seconds=90))] * 4
    assert str(rested[0]) == "a asks to be left alone for another 0:01:30"
    async with some.at("b"):
        pass


async def test_who_is_about_to_start_when_a_host_asks_for_rest_does_not() -> None:
    some = turns(overall=2, spacing=SPACING)
    async with some.at("a"):
        next_one = asyncio.create_task(Visits(some).visit("a"))
        await asyncio.sleep(0)
        some.rest("a", 429, timedelta(hours=1))
    with pytest.raises(HostResting):
        await next_one
    async with asyncio.timeout(5), some.at("b"), some.at("c"):
        pass


async def test_a_rest_ends() -> None:
    some = turns()
    some.rest("a", 503, timedelta(milliseconds=5))
    with pytest.raises(HostResting):
        async with some.at("a"):
            pass
    await asyncio.sleep(0.01)
    async with some.at("a"):
        pass


async def test_a_rest_is_bounded() -> None:
    some = turns()
    some.rest("a", 503, timedelta.max)
    with pytest.raises(HostResting) as resting:
        async with some.at("a"):
            pass
    assert resting.value.rest == timedelta(days=7)


@pytest.mark.parametrize("wish", [timedelta(), timedelta(-1)])
async def test_no_rest_is_none(wish: timedelta) -> None:
    some = turns()
    some.rest("a", 503, wish)
    async with some.at("a"):
        pass


async def test_endless_hosts_that_want_rest_do_not_fill_the_memory() -> None:
    some = turns()
    for n in range(10_000):
        some.rest(f"h{n}", 429, timedelta(hours=1 + n))
    assert len(some._resting) <= 4_096
    with pytest.raises(HostResting):
        async with some.at("h9999"):
            pass
