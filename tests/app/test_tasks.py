"""What the service does again and again: looks what is due, offers it, and does what it is given."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest

from digest.app.house import open_house
from digest.app.tasks import Tasks, shares_of
from digest.app.vitals import Vitals
from digest.dispatch import Job, Kind
from digest.model import FeedState
from digest.store import articles, editions, feeds

WORLD, DAILY, EVENING, ALL = (
    Job(Kind.COLLECT, "localhost"),
    Job(Kind.PUBLISH, "daily"),
    Job(Kind.PUBLISH, "evening"),
    Job(Kind.DELIVER, "0/0"),
)


class Board:
    """An engine that only writes down what it is offered."""

    shared = False

    def __init__(self):
        self.jobs = []

    async def offer(self, jobs):
        self.jobs += jobs

    def enqueue(self, connection, jobs):
        self.jobs += jobs

    async def work(self, stop):
        await stop.wait()

    def taken(self):
        jobs, self.jobs = self.jobs, []
        return jobs


class Office:
    """Tasks of one house with a board."""

    def __init__(self, town, house, tasks, board, stop):
        self.town, self.house, self.tasks, self.board, self.stop = town, house, tasks, board, stop

    def call(self, work, *args):
        return self.house.database.call(work, *args)


@pytest.fixture
async def office(town):
    house, stop, board = town.open(), asyncio.Event(), Board()
    async with house.collecting() as desk, house.posting() as post:
        tasks = Tasks(house, desk, post, stop, Vitals(meter=post.meter))
        tasks.hire(board)
        await tasks.begin()
        yield Office(town, house, tasks, board, stop)


async def _with_an_edition(office):
    office.town.join(office.house)
    await office.tasks.perform(WORLD)
    office.town.now = office.town.now.replace(hour=7, minute=0)
    await office.tasks.perform(DAILY)
    return office.board.taken()


async def test_at_the_beginning_what_is_configured_becomes_known(office):
    assert office.call(feeds.states, ["world"]) == {"world": FeedState(name="world", url=office.town.feed)}
    for name in ("daily", "evening"):
        assert office.call(editions.known_since, name) == office.town.now


async def test_hosts_are_offered_when_feeds_of_theirs_are_due(office):
    await office.tasks.look_at_feeds()
    assert office.board.taken() == [WORLD]
    await office.tasks.perform(WORLD)
    await office.tasks.look_at_feeds()
    assert office.board.taken() == []
    office.town.now += timedelta(hours=1)
    await office.tasks.look_at_feeds()
    assert office.board.taken() == [WORLD]


async def test_every_newsletter_is_looked_at(office):
    await office.tasks.look_at_slots()
    assert office.board.taken() == [DAILY, EVENING]


async def test_the_outbox_is_offered_when_something_is_due(office):
    await office.tasks.look_at_outbox()
    assert office.board.taken() == []
    await _with_an_edition(office)
    await office.tasks.look_at_outbox()
    assert office.board.taken() == [ALL]


async def test_the_next_slot_is_the_earliest_of_all_newsletters(office):
    assert await office.tasks.next_slot_at() == office.town.now.replace(hour=7, minute=0)
    office.town.now = office.town.now.replace(hour=7, minute=0)
    assert await office.tasks.next_slot_at() == office.town.now.replace(hour=19)


async def test_once_we_are_to_stop_nothing_is_offered_collected_or_published(office):
    office.stop.set()
    for look in (office.tasks.look_at_feeds, office.tasks.look_at_slots, office.tasks.look_at_outbox):
        await look()
    assert await _with_an_edition(office) == []
    assert office.call(articles.last_number) == 0
    assert office.call(editions.latest) == []


async def test_the_feeds_of_a_host_are_collected_and_of_one_that_is_no_more_none(office):
    await office.tasks.perform(Job(Kind.COLLECT, "no more"))
    assert office.call(articles.last_number) == 0
    await office.tasks.perform(WORLD)
    assert office.call(articles.last_number) == 2


async def test_a_slot_is_published_and_its_deliveries_are_offered_with_it(office):
    jobs = await _with_an_edition(office)
    (edition,) = office.call(editions.latest)
    assert (edition.newsletter, edition.number, jobs) == ("daily", 1, [Job(Kind.DELIVER, f"{edition.id}/0")])
    await office.tasks.perform(DAILY)
    assert office.board.taken() == []
    await office.tasks.perform(Job(Kind.PUBLISH, "no more"))


@pytest.mark.parametrize(
    ("deliveries", "shared", "jobs"), [(1, True, 1), (5_000, True, 6), (10**6, True, 16), (10**6, False, 1)]
)
def test_an_edition_is_shared_out_among_processes_but_not_within_one(deliveries, shared, jobs):
    assert shares_of(deliveries, shared=shared) == jobs


async def test_a_share_of_an_edition_is_delivered(office):
    (job,) = await _with_an_edition(office)
    await office.tasks.perform(job)
    assert office.town.mails == ["ada@reader.example"]
    await office.tasks.perform(job)
    await office.tasks.perform(ALL)
    assert office.town.mails == ["ada@reader.example"]


async def test_a_relay_that_refuses_us_is_left_alone_for_longer_and_longer(town, caplog):
    town.smtp = 1  # where nothing listens
    house, stop = town.open(), asyncio.Event()
    async with house.collecting() as desk, house.posting() as post:
        office = Office(town, house, Tasks(house, desk, post, stop, Vitals(meter=post.meter)), Board(), stop)
        office.tasks.hire(office.board)
        await office.tasks.begin()
        await _with_an_edition(office)
        for rest in (30, 60, 120, 240, 480, 900, 900):
            caplog.clear()
            await office.tasks.perform(ALL)
            assert "the relay refuses us" in caplog.text
            town.now += timedelta(seconds=rest - 1)
            caplog.clear()
            await office.tasks.perform(ALL)
            assert caplog.text == ""
            town.now += timedelta(seconds=1)


@pytest.fixture
async def reviewing(town):
    """An office whose newsletter is reviewed, and an edition of it that has just been frozen."""
    town.open()
    path = town.folder / "digest.yaml"
    text = path.read_text().replace("mail:\n", "mail:\n  operators: [ed@news.example]\n")
    text = text.replace('at: "07:00"}', 'at: "07:00"}, sending: {review: true, release_after: 2h}')
    path.write_text(text)
    stop, board = asyncio.Event(), Board()
    async with AsyncExitStack() as stack:
        house = stack.enter_context(open_house(path, environ={}, clock=lambda: town.now))
        desk = await stack.enter_async_context(house.collecting())
        post = await stack.enter_async_context(house.posting())
        office = Office(town, house, Tasks(house, desk, post, stop, Vitals(meter=post.meter)), board, stop)
        office.tasks.hire(board)
        await office.tasks.begin()
        await _with_an_edition(office)
        yield office


async def test_an_edition_to_be_reviewed_goes_to_the_operators_at_once_and_to_nobody_else(reviewing):
    assert reviewing.town.mails == ["ed@news.example"]
    await reviewing.tasks.look_at_outbox()
    assert reviewing.board.taken() == []
    reviewing.town.now += timedelta(minutes=5)
    await reviewing.tasks.perform(DAILY)
    await reviewing.tasks.perform(ALL)
    assert reviewing.town.mails == ["ed@news.example"]


async def test_a_reviewed_edition_goes_out_at_the_next_look_once_it_is_released_or_its_time_is_over(reviewing, caplog):
    reviewing.town.now += timedelta(hours=2)
    caplog.set_level("INFO")
    await reviewing.tasks.look_at_outbox()
    assert reviewing.board.taken() == [ALL]
    assert "edition 1 has waited long enough" in caplog.text
    await reviewing.tasks.perform(ALL)
    assert reviewing.town.mails == ["ed@news.example", "ada@reader.example"]
