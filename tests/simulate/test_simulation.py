"""Weeks of a Digest in seconds; and what happens when something in it is broken on purpose."""

import gc
import random

import pytest
from sqlalchemy import update

from digest.mail.outcome import Phase
from digest.model import Accepted
from digest.simulate.oracle import Broken
from digest.simulate.parts import Frail, Plan
from digest.simulate.relay import Relay
from digest.simulate.story import Simulation
from digest.store import schema

# Who is killed while a child of theirs is just starting closes no pipe; a whole process's end would.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
CALM = Plan(days=16, feeds=4, readers=8, faults=False)


@pytest.fixture
def play(tmp_path):
    made = []

    def start(plan):
        made.append(Frail(f"sqlite:///{tmp_path}/simulation.db", random.Random(plan.seed)))
        return Simulation(plan, made[-1])

    yield start
    for database in made:
        database.close()
    gc.collect()  # here, and not in somebody else's test


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_weeks_of_faults_and_crashes_break_no_promise(play):
    result = await play(Plan(days=24, feeds=6, readers=24, seed=3)).run()

    assert result.days == 24
    assert result.mails > 100
    assert result.articles > 100
    assert result.crashes > 5


async def test_a_relay_that_makes_two_of_one_is_found(play, monkeypatch):
    note = Relay._note
    monkeypatch.setattr(Relay, "_note", lambda *args, **more: [note(*args, **more) for _ in range(2)])

    with pytest.raises(Broken, match="sent twice"):
        await play(CALM).run()


async def test_letters_that_never_leave_are_missed(play, monkeypatch):
    async def swallow(self, outbox, parcel):
        if await outbox.may_end(parcel):
            outbox.ended(parcel, Phase.DOT, Accepted(code=250, reply="ok"))

    monkeypatch.setattr(Relay, "_one", swallow)

    with pytest.raises(Broken, match="did not get item"):
        await play(CALM).run()


async def test_a_mark_that_is_set_back_by_hand_is_found(play, monkeypatch):
    simulation = play(CALM)
    look_back = simulation._look_back

    def meddle():
        look_back()
        if simulation.result.days == 8:
            simulation.database.call(lambda c: c.execute(update(schema.subscriptions).values(mark=0)))

    monkeypatch.setattr(simulation, "_look_back", meddle)

    with pytest.raises(Broken, match=r"twice|went back"):
        await simulation.run()


async def test_a_reader_whose_departure_is_forgotten_is_found(play, monkeypatch):
    simulation = play(CALM)
    look_back = simulation._look_back

    def meddle():
        look_back()
        if simulation.result.days == 8:
            for person in simulation.books.people.values():
                person.since = None

    monkeypatch.setattr(simulation, "_look_back", meddle)

    with pytest.raises(Broken, match="has left"):
        await simulation.run()
