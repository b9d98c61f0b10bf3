"""A configuration that changes under a running service: taken over as a whole or not at all, and no signal is lost."""

import asyncio
import logging
import os
import signal
from collections import Counter
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from sqlalchemy import select

from digest.app.alerts.conditions import Figures, Limits, wrong
from digest.app.reloading import Keeper
from digest.errors import UsageError
from digest.store import articles, schema


async def until(condition, seconds=20):
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what shows in the store or in another task's list
            await asyncio.sleep(0.02)


class Rounds:
    """Companions for one house after the other, each making the rounds as often as the loop lets it."""

    def __init__(self):
        self.houses = []
        self.ended = 0

    def __call__(self, house):
        async def make(tasks, stop):
            self.houses.append(tasks.house)
            while not stop.is_set():
                for look in (tasks.look_at_feeds, tasks.look_at_slots, tasks.look_at_outbox):
                    await look()
                await asyncio.sleep(0.02)
            self.ended += 1

        return (make,)

    @property
    def titles(self):
        return [house.newsletters["daily"].title for house in self.houses]


@asynccontextmanager
async def kept(house, rounds, **more):
    """A keeper at work."""
    keeper = Keeper(house, rounds, {}, **more)
    task = asyncio.create_task(keeper.run())
    await until(lambda: rounds.houses or task.done())
    yield keeper, task
    if not task.done():
        keeper.end()
    async with asyncio.timeout(20):
        await task


def write(house, old, new):
    text = house.path.read_text()
    assert old in text
    house.path.write_text(text.replace(old, new))


def hang_up():
    os.kill(os.getpid(), signal.SIGHUP)


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request, town):
    if request.param == "postgresql":
        town.url = request.getfixturevalue("postgresql_database")
    return town.open()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_asks_for_an_orderly_end(town, number):
    rounds = Rounds()
    async with kept(town.open(), rounds) as (_, task):
        os.kill(os.getpid(), number)
        async with asyncio.timeout(5):
            await task
    assert rounds.ended == 1


async def test_a_changed_configuration_is_at_work_after_a_hangup(house):
    rounds = Rounds()
    async with kept(house, rounds):
        write(house, "The Daily", "The Morning")
        hang_up()
        await until(lambda: len(rounds.houses) == 2)
    assert rounds.titles == ["The Daily", "The Morning"]
    assert rounds.ended == 2


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("The Daily, schedule", "The Daily, scedule", "scedule"),
        ("category: world}", "category: wrld}", "wrld"),
        ("a secret of the tests, long enough", "", "secret"),
        ("digest.db", "other.db", "restart"),
        ('schedule: {at: "07:00"}', 'template: nowhere, schedule: {at: "07:00"}', "nowhere"),
    ],
    ids=["key", "name", "secret", "database", "template"],
)
async def test_what_is_wrong_is_refused_as_a_whole_and_told(town, caplog, old, new, said):
    house, rounds = town.open(), Rounds()
    async with kept(house, rounds) as (keeper, _):
        write(house, old, new)
        write(house, "The Evening", "The Night")
        hang_up()
        await until(lambda: keeper.vitals.refused)
        assert said in keeper.vitals.refused
        told = wrong(Figures(now=town.now, has_newsletters=False, refused=keeper.vitals.refused), Limits())
        assert list(told) == [("configuration", "")]
        assert "the one before goes on" in caplog.text
        assert keeper.house.newsletters["evening"].title == "The Evening"

        write(house, new, old) if new else write(house, 'secret: ""', f'secret: "{old}"')
        hang_up()
        await until(lambda: len(rounds.houses) == 2)
        assert keeper.vitals.refused == ""
        assert keeper.house.newsletters["evening"].title == "The Night"


async def test_a_house_that_cannot_begin_gives_way_to_the_one_before(town, monkeypatch):
    house, rounds = town.open(), Rounds()
    posting = type(house).posting

    def refuse(self):
        if self is not house:
            raise UsageError("the key cannot be read any more")
        return posting(self)

    monkeypatch.setattr(type(house), "posting", refuse)
    async with kept(house, rounds) as (keeper, _):
        write(house, "The Daily", "The Morning")
        hang_up()
        await until(lambda: len(rounds.houses) == 2)
        assert rounds.titles == ["The Daily", "The Daily"]
        assert keeper.vitals.refused == "the key cannot be read any more"


async def test_no_end_is_lost_however_it_falls_among_reloads(town):
    """Each time the signal comes at another step of the change from one service to the next."""
    house = town.open()
    for steps in range(0, 60, 3):
        rounds = Rounds()
        async with kept(house, rounds) as (_, task):
            hang_up()
            for _ in range(steps):
                await asyncio.sleep(0.001)
            os.kill(os.getpid(), signal.SIGTERM)
            async with asyncio.timeout(15):
                await task
        assert rounds.ended == len(rounds.houses)


async def test_every_one_of_many_reloads_ends_with_the_last_configuration(town):
    house, rounds = town.open(), Rounds()
    async with kept(house, rounds) as (keeper, _):
        for number in range(12):
            write(house, f"The Daily{'!' * number}," if number else "The Daily,", f"The Daily{'!' * (number + 1)},")
            hang_up()
            await asyncio.sleep(0.01)
        await until(lambda: rounds.titles[-1] == "The Daily" + "!" * 12)
        assert keeper.house is rounds.houses[-1]


async def test_files_that_are_saved_are_taken_over_where_that_is_wished(town):
    house, rounds = town.open(), Rounds()
    async with kept(house, rounds, watches=True):
        # Saved again and again: the first may come before anybody looks.
        for number in range(200):
            if len(rounds.houses) > 1:
                break
            house.path.write_text(house.path.read_text() + f"# {number}\n")
            await asyncio.sleep(0.1)
        assert len(rounds.houses) > 1


async def test_an_edition_under_way_goes_on_as_it_was_frozen(town, house, caplog):
    """Half of it is sent when the newsletter gets another title and other categories."""
    caplog.set_level(logging.INFO)
    readers, rounds = 40, Rounds()
    for number in range(readers):
        town.join(house, f"r{number}@reader.example")
    async with kept(house, rounds):
        await until(lambda: house.database.call(articles.last_number) == 2)
        town.gate.clear()
        town.now = town.now.replace(hour=7, minute=0)
        async with asyncio.timeout(20):
            await town.dots.acquire()
        frozen = letters(house)
        write(house, "The Daily", "The Morning")
        write(house, "{title: World}", "{title: Planet}")
        hang_up()
        await until(lambda: "is taken over" in caplog.text)
        town.gate.set()
        await until(lambda: len(town.mails) == readers)
        await until(lambda: set(states(house)) == {"sent"})
        assert rounds.titles == ["The Daily", "The Morning"]
    assert letters(house) == frozen
    assert Counter(town.mails) == Counter(f"r{number}@reader.example" for number in range(readers))
    assert len(house.database.call(lambda c: list(c.scalars(select(schema.editions.c.id))))) == 1


def states(house):
    return house.database.call(lambda c: list(c.scalars(select(schema.deliveries.c.state))))


def letters(house):
    return house.database.call(lambda c: [tuple(row) for row in c.execute(select(schema.letters))])


async def test_a_newsletter_that_is_new_does_not_go_back_over_slots_before_it_was_known(town):
    house, rounds = town.open(), Rounds()
    async with kept(house, rounds):
        town.now += timedelta(hours=2)
        write(house, "  evening:", '  noon: {title: Noon, schedule: {at: "06:00"}, wait_for_feeds: 0s}\n  evening:')
        hang_up()
        await until(lambda: len(rounds.houses) == 2)
        await until(lambda: "noon" in rounds.houses[-1].newsletters)
        await asyncio.sleep(0.2)
    assert house.database.call(lambda c: c.scalars(select(schema.editions.c.newsletter)).all().count("noon")) == 0
