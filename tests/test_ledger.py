"""The promise of the ledger: each article reaches each reader exactly once, whatever happens on the way.

A state machine plays months of a newsletter's life against the real store: articles, editions, readers who change their
mind, refusals, crashes, workers that come back too late. An oracle that knows nothing of marks or leases, only which
editions were served with which choices, says in the end what every reader must have got.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from digest.model import (
    OPEN,
    ArticleDraft,
    Category,
    DeliveryState,
    EditionState,
    Feed,
    Letter,
    Limits,
    Newsletter,
    Schedule,
    Site,
)
from digest.publish import Press, publish_now
from digest.store import Database, articles, editions, migrate, outbox, schema, settlement, subscribers
from digest.store.articles import Arrival
from digest.store.outbox import Lease
from digest.store.settlement import Result
from digest.store.subscribers import Choices

CATEGORIES = ("world", "science", "sport")
DAILY = Newsletter(
    name="daily",
    title="The Daily",
    schedule=Schedule(timezone="UTC"),
    categories=tuple(Category(name=name, title=name.title()) for name in CATEGORIES),
    max_age=timedelta(days=10_000),
    limits=Limits(stories=10_000, per_section=10_000),
)
FEEDS = {name: Feed(name=name, url=f"https://{name}.example/feed", categories=(name,)) for name in CATEGORIES}
LEASE = timedelta(minutes=1)


class Listing:
    """A typesetter whose letters are nothing but the list of what they tell."""

    def letter(self, manuscript, nonce):
        told = manuscript.arrangement.articles
        return Letter(nonce=nonce, subject="s", html="h", text="t", language="en", articles=told)


@dataclass
class Person:
    """What the oracle knows of a reader."""

    subscription: int
    address: str
    choices: frozenset[str]
    first: int
    #: edition -> the choices that held when it was frozen.
    frozen_with: dict[int, frozenset[str]] = field(default_factory=dict)


class Ledger(RuleBasedStateMachine):
    """Random histories of one newsletter."""

    url = ""

    def __init__(self):
        super().__init__()
        self.loop = asyncio.Runner()
        self.database = Database(self.url)
        migrate.upgrade(self.database)
        with self.database.begin() as connection:
            for table in reversed(schema.metadata.sorted_tables):
                connection.execute(table.delete())
        migrate.upgrade(self.database)
        nonces = count(1)
        self.press = Press(
            database=self.database,
            typesetter=Listing(),
            site=Site(name="House", url="https://news.example"),
            newsletters={"daily": DAILY},
            feeds=FEEDS,
            nonce=lambda: f"{next(nonces):016x}",
        )
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.numbers = count(1)
        self.category_of: dict[int, str] = {}
        self.people: list[Person] = []
        self.upto: dict[int, int] = {}
        #: Editions that found nothing for a reader and counted as served: (edition, person).
        self.nothing_for: set[tuple[int, int]] = set()
        self.leases = count(1)
        self.stale: list[tuple[str, int]] = []

    def teardown(self):
        try:
            self.settle_everything()
            self.check_exactly_once()
        finally:
            self.database.close()
            self.loop.close()

    # what happens

    @initialize()
    def begin(self):
        self.join(frozenset(CATEGORIES))
        self.join(frozenset({"world"}))

    def tick(self, **step):
        self.now += timedelta(**(step or {"seconds": 1}))

    @rule(category=st.sampled_from(CATEGORIES), how_many=st.integers(1, 3))
    def articles_arrive(self, category, how_many):
        self.tick()
        arrivals = []
        for _ in range(how_many):
            n = next(self.numbers)
            arrivals.append(Arrival(draft=ArticleDraft(keys=(f"k{n}",), title=f"t{n}", url=f"https://e.example/{n}")))
        before = self.database.call(articles.last_number)
        self.database.call(articles.record, category, category, arrivals, self.now)
        after = self.database.call(articles.last_number)
        assert after == before + how_many
        self.category_of.update(dict.fromkeys(range(before + 1, after + 1), category))

    @precondition(lambda self: len(self.people) < 5)
    @rule(choices=st.frozensets(st.sampled_from(CATEGORIES), min_size=1))
    def join(self, choices):
        self.tick()
        address = f"p{len(self.people)}@example.org"
        with self.database.begin() as connection:
            mark = articles.last_number(connection)
            someone = subscribers.add(connection, address, self.now)
            chosen = Choices(categories=tuple(sorted(choices)))
            subscription = subscribers.subscribe(connection, someone.id, "daily", chosen, mark)
            subscribers.confirm(connection, subscription.id, self.now, "test")
        self.people.append(Person(subscription.id, address, choices, mark))

    @rule(who=st.integers(0, 4), choices=st.frozensets(st.sampled_from(CATEGORIES), min_size=1))
    def change_of_mind(self, who, choices):
        person = self.people[who % len(self.people)]
        person.choices = choices
        chosen = Choices(categories=tuple(sorted(choices)))
        self.database.call(subscribers.choose, person.subscription, chosen)

    @rule(who=st.integers(0, 4))
    def pause(self, who):
        person = self.people[who % len(self.people)]
        until = self.now + timedelta(hours=3)
        chosen = Choices(categories=tuple(sorted(person.choices)), paused_until=until)
        self.database.call(subscribers.choose, person.subscription, chosen)

    @rule(who=st.integers(0, 4))
    def go_and_come_back(self, who):
        person = self.people[who % len(self.people)]
        self.tick()
        gone = self.database.call(subscribers.leave, person.subscription, self.now, "test")
        assert gone
        self.lease_all_of_the_departed(person)
        self.database.call(subscribers.come_back, person.subscription, self.now, "test")

    def lease_all_of_the_departed(self, person):
        """Whatever is leased meanwhile is not for somebody who has left."""
        holder, leased = self.take(50)
        assert person.subscription not in {delivery.subscription for delivery in leased}
        given_back = [self.result(delivery.id, DeliveryState.QUEUED) for delivery in leased]
        assert self.database.call(settlement.settle, holder, given_back, self.now) == []

    @rule(hours=st.integers(1, 30))
    def edition(self, hours):
        self.tick(hours=hours)
        marks = self.marks()
        frozen = self.loop.run(publish_now(self.press, DAILY, self.now))
        assert frozen is not None
        found = frozen.edition
        self.upto[found.id] = found.upto
        got = self.readers_of(found.id)
        after = self.marks()
        for index, person in enumerate(self.people):
            person.frozen_with[found.id] = person.choices
            if person.subscription in got:
                continue
            if after[person.subscription] != marks[person.subscription]:
                self.nothing_for.add((found.id, index))
        assert self.loop.run(publish_now(self.press, DAILY, self.now)) is None, "one edition a slot"

    def take(self, most):
        holder = f"w{next(self.leases)}"
        leased = self.database.call(outbox.lease, Lease(holder=holder, until=self.now + LEASE, most=most), self.now)
        return holder, leased

    def result(self, delivery, state, **more):
        return Result(delivery=delivery, state=state, next_attempt_at=self.now, **more)

    @rule(
        outcomes=st.lists(
            st.sampled_from(["sent", "sent", "deferred", "failed", "doubt", "held", "given back", "crash"]),
            min_size=1,
            max_size=4,
        )
    )
    def deliver(self, outcomes):
        self.tick()
        holder, leased = self.take(len(outcomes))
        assert len(leased) <= len(outcomes)
        results = []
        for delivery, outcome in zip(leased, outcomes, strict=False):
            match outcome:
                case "sent":
                    results.append(self.result(delivery.id, DeliveryState.SENT))
                case "deferred":
                    results.append(self.result(delivery.id, DeliveryState.DEFERRED))
                case "failed":
                    results.append(self.result(delivery.id, DeliveryState.FAILED))
                case "doubt":
                    results.append(settlement.in_doubt(delivery.id, "no reply", self.now, hold=False))
                case "held":
                    results.append(settlement.in_doubt(delivery.id, "no reply", self.now, hold=True))
                case "given back":
                    results.append(self.result(delivery.id, DeliveryState.QUEUED))
                case _:
                    self.stale.append((holder, delivery.id))
        late = self.database.call(settlement.settle, holder, results, self.now)
        assert late == []

    @rule(hold=st.booleans())
    def leases_run_out(self, hold):
        self.tick(minutes=2)
        self.database.call(outbox.sweep, self.now, hold=hold)

    @precondition(lambda self: self.stale)
    @rule()
    def a_late_worker_comes_back(self):
        self.leases_run_out(hold=False)
        holder, delivery = self.stale.pop()
        before = self.state_of(delivery)
        late = self.database.call(settlement.settle, holder, [self.result(delivery, DeliveryState.SENT)], self.now)
        assert late == [delivery]
        assert self.state_of(delivery) == before

    @precondition(lambda self: self.upto)
    @rule(which=st.integers(0, 100))
    def call_off(self, which):
        edition = sorted(self.upto)[which % len(self.upto)]
        self.database.call(editions.cancel, edition, self.now)

    @precondition(lambda self: self.upto)
    @rule(which=st.integers(0, 100))
    def retry(self, which):
        edition = sorted(self.upto)[which % len(self.upto)]
        self.database.call(outbox.retry, edition, self.now)

    @precondition(lambda self: self.upto)
    @rule()
    def retry_what_is_held_of_the_last_edition(self):
        self.database.call(outbox.retry, max(self.upto), self.now, doubtful=True)

    # what must hold at every moment

    @invariant()
    def every_delivery_that_waits_waits_for_one_that_is_open(self):
        d = schema.deliveries.alias("d")
        before = schema.deliveries.alias("before")
        with self.database.begin() as connection:
            rows = connection.execute(select(before.c.state).join_from(d, before, d.c.waits_for == before.c.id))
            assert all(DeliveryState(row.state) in OPEN for row in rows)

    @invariant()
    def an_edition_is_done_when_nothing_is_open(self):
        with self.database.begin() as connection:
            for edition in self.upto:
                found = editions.find(connection, edition)
                tally = outbox.tally(connection, edition)
                if found.state is EditionState.DONE:
                    assert tally.open == 0

    # the end

    def settle_everything(self):
        self.tick(hours=100)
        for person in self.people:
            chosen = Choices(categories=tuple(sorted(person.choices)))
            self.database.call(subscribers.choose, person.subscription, chosen)
        for _ in range(2):
            for _ in range(200):
                self.database.call(outbox.sweep, self.now, hold=False)
                holder, leased = self.take(100)
                if not leased:
                    break
                results = [self.result(delivery.id, DeliveryState.SENT) for delivery in leased]
                self.database.call(settlement.settle, holder, results, self.now)
                self.tick(minutes=2)
            self.edition(1)
        self.drain_last()

    def drain_last(self):
        while True:
            holder, leased = self.take(100)
            if not leased:
                break
            results = [self.result(delivery.id, DeliveryState.SENT) for delivery in leased]
            self.database.call(settlement.settle, holder, results, self.now)
        assert not self.database.call(outbox.due, self.now + timedelta(days=9))

    def check_exactly_once(self):
        total = self.database.call(articles.last_number)
        for index, person in enumerate(self.people):
            served = self.served(person.subscription)
            got = Counter(number for told in served.values() for number in told)
            editions_served = sorted(set(served) | {e for e, who in self.nothing_for if who == index})
            for number in range(person.first + 1, total + 1):
                first = next((e for e in editions_served if self.upto[e] >= number), None)
                assert first is not None, f"no edition has served {person.address} article {number}"
                wanted = self.category_of[number] in person.frozen_with[first]
                assert got[number] == int(wanted), (
                    f"article {number} reached {person.address} {got[number]} times, expected {int(wanted)}"
                )
            assert not [number for number in got if number <= person.first]

    # looking into the store

    def marks(self):
        with self.database.begin() as connection:
            rows = connection.execute(select(schema.subscriptions.c.id, schema.subscriptions.c.mark))
            return {row.id: row.mark for row in rows}

    def readers_of(self, edition):
        with self.database.begin() as connection:
            rows = select(schema.deliveries.c.subscription).where(schema.deliveries.c.edition == edition)
            return set(connection.scalars(rows))

    def state_of(self, delivery):
        with self.database.begin() as connection:
            return connection.scalar(select(schema.deliveries.c.state).where(schema.deliveries.c.id == delivery))

    def served(self, subscription):
        """edition -> the articles that its letter told this reader, of what was sent or counts as sent."""
        d, v = schema.deliveries.c, schema.views.c
        with self.database.begin() as connection:
            rows = connection.execute(
                select(d.edition, d.fallback, v.letter, v.fallback.label("second"))
                .join_from(schema.deliveries, schema.views, (v.edition == d.edition) & (v.key == d.view))
                .where(d.subscription == subscription)
                .where((d.state == "sent") | d.held),
            ).all()
            told = {}
            for row in rows:
                letter = row.second if row.fallback and row.second else row.letter
                numbers = select(schema.letter_articles.c.article).where(schema.letter_articles.c.letter == letter)
                told[row.edition] = list(connection.scalars(numbers))
            return told


def _play(url, examples):
    machine = type("LedgerOnOneDatabase", (Ledger,), {"url": url})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )


@pytest.mark.timeout(300)
def test_each_article_reaches_each_reader_exactly_once_on_sqlite(tmp_path):
    _play(f"sqlite:///{tmp_path}/ledger.db", 40)


@pytest.mark.timeout(300)
def test_each_article_reaches_each_reader_exactly_once_on_postgresql(postgres_url):
    _play(postgres_url, 15)
