"""The promise of the ledger: each article reaches each reader exactly once, whatever happens on the way.

A state machine plays months of a newsletter's life against the real store: articles that arrive, are carried by another
feed later, change, are taken back and come again; readers who pause, leave, move and change their mind; slots that are
missed; letters with limits that link or carry the rest; refusals, crashes, workers that come back too late. An oracle
that knows nothing of leases, views and letters' making, only which editions served whom with which choices, says in the
end what every reader must have got.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
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
from sqlalchemy import select, update

from digest.model import (
    OPEN,
    ArticleDraft,
    Category,
    DeliveryState,
    EditionState,
    Feed,
    FollowUps,
    Frequency,
    Letter,
    Limits,
    Newsletter,
    Overflow,
    Schedule,
    Site,
)
from digest.publish import Press, publish_now, settle_due
from digest.store import (
    Database,
    articles,
    editions,
    ledger,
    migrate,
    once_more,
    outbox,
    schema,
    settlement,
    subscribers,
)
from digest.store.articles import Arrival
from digest.store.numbers import unpacked
from digest.store.outbox import Lease
from digest.store.settlement import Result
from digest.store.subscribers import Choices

CATEGORIES = ("world", "science", "sport")
ZONES = ("UTC", "America/New_York", "Asia/Kolkata")
DAILY = Newsletter(
    name="daily",
    title="The Daily",
    schedule=Schedule(at=(time(7, 0),)),
    categories=tuple(Category(name=name, title=name.title()) for name in CATEGORIES),
    max_age=timedelta(days=10_000),
    limits=Limits(stories=4, per_section=2),
    hold_above=0,
)
FEEDS = {name: Feed(name=name, url=f"https://{name}.example/feed", categories=(name,)) for name in CATEGORIES}
LEASE = timedelta(minutes=1)
#: Of the dated drafts of one event: near enough to be one story, told by different sources.
EVENT = (
    "Harbour bridge {n}{n}{n} closed after ferry Quixote{n} hits pier at Veldmoor{n}",
    (
        "The ferry Quixote{n} struck a pier of the Veldmoor{n} harbour bridge on Monday; the bridge is closed and "
        "engineers of Brandtwick{n} are looking at the damage, the port of Veldmoor{n} said."
    ),
)


class Listing:
    """A typesetter whose letters are nothing but the list of what they tell."""

    def edition(self, brief):
        return self

    def fits(self, letter):
        return True

    def letter(self, view, arrangement, nonce):
        parts = {"told": arrangement.told, "linked": arrangement.linked, "carried": arrangement.carried}
        return Letter(nonce=nonce, subject="s", html="h", text="t", language="en", **parts)


@dataclass
class Person:
    """What the oracle knows of a reader."""

    subscription: int
    address: str
    choices: frozenset[str]
    timezone: str
    frequency: Frequency
    first: int
    #: edition -> the choices that held when it was frozen, and since which number they did.
    frozen_with: dict[int, tuple[frozenset[str], int]] = field(default_factory=dict)

    def chosen(self, **more):
        return Choices(categories=tuple(sorted(self.choices)), timezone=self.timezone, frequency=self.frequency, **more)


@dataclass
class News:
    """What the oracle knows of an article."""

    event: int
    arrived_at: datetime
    #: The number of each arrival, and the category that it brought.
    arrivals: list[tuple[int, str]]

    def is_covered(self, choices, upto):
        return any(number <= upto and category in choices for number, category in self.arrivals)

    def is_new(self, choices, began, mark, upto):
        if not self.is_covered(choices, upto) or all(number <= mark for number, _ in self.arrivals):
            return False
        first = self.arrivals[0][0]
        return first > mark or (first > began and not self.is_covered(choices, mark))


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
        self.nonces = count(1)
        self.newsletter = DAILY
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.numbers, self.events = count(1), count(1)
        self.news: dict[int, News] = {}
        self.keys: dict[int, str] = {}
        self.people: list[Person] = []
        self.upto: dict[int, int] = {}
        self.slots: dict[int, datetime] = {}
        #: Editions that found nothing for a reader and counted as served: (edition, person).
        self.nothing_for: set[tuple[int, int]] = set()
        self.leases = count(1)
        self.stale: list[tuple[str, int]] = []

    def teardown(self):
        try:
            if self.people:
                self.settle_everything()
                self.check_exactly_once()
        finally:
            self.database.close()
            self.loop.close()

    # what happens

    @initialize(
        overflow=st.sampled_from(Overflow),
        follow_ups=st.sampled_from(FollowUps),
        at_least=st.sampled_from([0, 0, 2]),
        settle=st.sampled_from([timedelta(), timedelta(hours=2)]),
        max_age=st.sampled_from([DAILY.max_age, DAILY.max_age, timedelta(days=3)]),
    )
    def begin(self, max_age, **rules):
        self.newsletter = replace(DAILY, max_age=max_age, **rules)
        self.database.call(editions.know, ["daily"], self.now)
        self.join(frozenset(CATEGORIES), "UTC", Frequency.EVERY)
        self.join(frozenset({"world"}), "Asia/Kolkata", Frequency.EVERY)

    @property
    def press(self):
        return Press(
            database=self.database,
            typesetter=Listing(),
            site=Site(name="House", url="https://news.example"),
            newsletters={"daily": self.newsletter},
            feeds=FEEDS,
            categories=DAILY.categories,
            nonce=lambda: f"{next(self.nonces):016x}",
        )

    def tick(self, **step):
        self.now += timedelta(**(step or {"seconds": 1}))

    def record(self, feed, drafts):
        arrivals = [Arrival(draft=draft) for draft in drafts]
        self.database.call(articles.record, feed, feed, arrivals, self.now)
        return self.database.call(articles.last_number)

    def draft(self, key, event=0):
        if not event:
            return ArticleDraft(keys=(key,), title=f"{key} {key}", url=f"https://e.example/{key}")
        title, excerpt = (text.format(n=event) for text in EVENT)
        return ArticleDraft(keys=(key,), title=title, excerpt=excerpt, url=f"https://e.example/{key}")

    @rule(category=st.sampled_from(CATEGORIES), how_many=st.integers(1, 3))
    def articles_arrive(self, category, how_many):
        self.tick()
        keys = [f"k{next(self.numbers)}" for _ in range(how_many)]
        before = self.database.call(articles.last_number)
        after = self.record(category, [self.draft(key) for key in keys])
        assert after == before + how_many
        for number, key in zip(range(before + 1, after + 1), keys, strict=True):
            self.news[number] = News(next(self.events), self.now, [(number, category)])
            self.keys[number] = key

    @rule(category=st.sampled_from(CATEGORIES), again=st.booleans())
    def an_event_is_told(self, category, again):
        """By one feed; or once more, by another article."""
        self.tick()
        told = [news.event for news in self.news.values() if news.event >= 1_000]
        event = told[-1] if again and told else 1_000 + next(self.events)
        key = f"k{next(self.numbers)}"
        number = self.record(category, [self.draft(key, event)])
        self.news[number] = News(event, self.now, [(number, category)])
        self.keys[number] = key

    @precondition(lambda self: self.news)
    @rule(which=st.integers(0, 1_000), category=st.sampled_from(CATEGORIES))
    def another_feed_carries_it(self, which, category):
        self.tick()
        number = sorted(self.news)[-1 - which % min(len(self.news), 6)]
        news = self.news[number]
        if category in {brought for _, brought in news.arrivals}:
            return
        before = self.database.call(articles.last_number)
        after = self.record(category, [self.draft(self.keys[number], news.event if news.event >= 1_000 else 0)])
        assert after == before + 1
        news.arrivals.append((after, category))

    @precondition(lambda self: self.news)
    @rule(which=st.integers(0, 1_000))
    def its_publisher_changes_it(self, which):
        self.tick()
        number = sorted(self.news)[-1 - which % min(len(self.news), 6)]
        changed = update(schema.articles).where(schema.articles.c.number == number).values(changed_at=self.now)
        self.database.call(lambda c: c.execute(changed))

    @precondition(lambda self: self.news)
    @rule(which=st.integers(0, 1_000), gone=st.booleans())
    def it_is_taken_back_or_comes_again(self, which, gone):
        number = sorted(self.news)[-1 - which % min(len(self.news), 6)]
        carried = schema.article_feeds
        missed = update(carried).where(carried.c.article == number).values(missed=2 if gone else 0)
        self.database.call(lambda c: c.execute(missed))

    @precondition(lambda self: len(self.people) < 5)
    @rule(
        choices=st.frozensets(st.sampled_from(CATEGORIES), min_size=1),
        zone=st.sampled_from(ZONES),
        frequency=st.sampled_from(Frequency),
    )
    def join(self, choices, zone, frequency):
        self.tick()
        address = f"p{len(self.people)}@example.org"
        with self.database.begin() as connection:
            mark = articles.last_number(connection)
            someone = subscribers.add(connection, address, self.now)
            person = Person(0, address, choices, zone, frequency, mark)
            subscription = subscribers.subscribe(connection, someone.id, "daily", person.chosen(), mark, self.now)
            subscribers.confirm(connection, subscription.id, self.now, "test")
        person.subscription = subscription.id
        self.people.append(person)

    def choose(self, person, **more):
        self.tick()
        self.database.call(subscribers.choose, person.subscription, person.chosen(**more), self.now)

    @rule(who=st.integers(0, 4), choices=st.frozensets(st.sampled_from(CATEGORIES), min_size=1))
    def change_of_mind(self, who, choices):
        person = self.people[who % len(self.people)]
        person.choices = choices
        self.choose(person)

    @rule(who=st.integers(0, 4), zone=st.sampled_from(ZONES), frequency=st.sampled_from(Frequency))
    def change_of_rhythm(self, who, zone, frequency):
        person = self.people[who % len(self.people)]
        person.timezone, person.frequency = zone, frequency
        self.choose(person)

    @rule(who=st.integers(0, 4), hours=st.sampled_from([3, 40]))
    def pause(self, who, hours):
        self.choose(self.people[who % len(self.people)], paused_until=self.now + timedelta(hours=hours))

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
    def edition_by_hand(self, hours):
        self.tick(hours=hours)
        with self.frozen_now():
            assert self.loop.run(publish_now(self.press, self.newsletter, self.now)) is not None
        assert self.loop.run(publish_now(self.press, self.newsletter, self.now)) is None, "one edition a slot"

    @rule(hours=st.integers(1, 50))
    def slots_come(self, hours):
        """Each in time for short steps, missed for longer ones."""
        self.tick(hours=hours)
        with self.frozen_now():
            self.loop.run(settle_due(self.press, self.newsletter, self.now))
        assert self.loop.run(settle_due(self.press, self.newsletter, self.now)) == [], "each slot is settled once"

    def frozen_now(self):
        return _Watch(self)

    def take(self, most):
        holder = f"w{next(self.leases)}"
        leased = self.database.call(outbox.lease, Lease(holder=holder, until=self.now + LEASE, most=most), self.now)
        # Whatever becomes of them, their final dots may have been written.
        ids = [delivery.id for delivery in leased]
        assert self.database.call(ledger.about_to_end, holder, ids, self.now) == frozenset(ids)
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
        self.database.call(once_more.retry, edition, self.now)

    @precondition(lambda self: self.upto)
    @rule()
    def retry_what_is_held_of_the_last_edition(self):
        self.database.call(once_more.retry, max(self.upto), self.now, doubtful=True)

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
        self.newsletter = replace(self.newsletter, at_least=0, settle=timedelta())
        carried = schema.article_feeds
        self.database.call(lambda c: c.execute(update(carried).values(missed=0)))
        for person in self.people:
            self.choose(person)
        # What is carried over fills the letters to come, a few stories at a time.
        for _ in range(8 + len(self.news)):
            for _ in range(200):
                self.database.call(outbox.sweep, self.now, hold=False)
                if not self.send_what_waits():
                    break
                self.tick(minutes=2)
            if not self.anything_owed() and _ > 1:
                break
            self.edition_by_hand(1)
        self.send_what_waits()
        assert not self.database.call(outbox.due, self.now + timedelta(days=9))

    def send_what_waits(self):
        holder, leased = self.take(100)
        results = [self.result(delivery.id, DeliveryState.SENT) for delivery in leased]
        self.database.call(settlement.settle, holder, results, self.now)
        return bool(leased)

    def anything_owed(self):
        s = schema.subscriptions.c
        last = self.database.call(articles.last_number)
        with self.database.begin() as connection:
            return connection.scalar(select(s.id).where((s.owed.is_not(None)) | (s.mark < last)).limit(1)) is not None

    def check_exactly_once(self):
        for index, person in enumerate(self.people):
            served = self.served(person.subscription)
            order = sorted(set(served) | {e for e, who in self.nothing_for if who == index})
            told, known, mark, owed = Counter(), set(), person.first, set()
            for edition in order:
                choices, began = person.frozen_with[edition]
                upto, oldest = self.upto[edition], self.slots[edition] - self.newsletter.max_age
                new = {
                    number
                    for number, news in self.news.items()
                    if (number in owed and news.is_covered(choices, upto)) or news.is_new(choices, began, mark, upto)
                    if news.arrived_at >= oldest
                }
                letter = served.get(edition, (set(), set(), set()))
                self.check_letter(letter, new, known, (person, edition))
                told.update(letter[0] | letter[1])
                known |= {self.news[number].event for number in letter[0] | letter[1]}
                mark, owed = upto, letter[2]
            oldest = self.now - self.newsletter.max_age
            # What is owed in a category that the reader has given up since is not wanted any more.
            still = {number for number in owed if self.news[number].is_covered(person.choices, mark)}
            assert not {number for number in still if self.news[number].arrived_at >= oldest}
            assert set(told.values()) <= {1}, f"{person.address} got something twice: {told}"
            assert mark == self.database.call(articles.last_number)

    def check_letter(self, letter, new, known, where):
        told, linked, carried = letter
        assert not told & linked | linked & carried | told & carried
        missing = new - told - linked - carried
        assert told | linked | carried <= new, f"{where}: not new to the reader: {(told | linked | carried) - new}"
        if self.newsletter.follow_ups is FollowUps.SKIP:
            missing = {number for number in missing if self.news[number].event not in known}
        assert not missing, f"{where}: neither told nor linked nor carried: {missing}"
        if self.newsletter.overflow is Overflow.CARRY and self.newsletter.max_age == DAILY.max_age:
            assert not linked

    # looking into the store

    def standing(self):
        s = schema.subscriptions.c
        with self.database.begin() as connection:
            return {row.id: row for row in connection.execute(select(s.id, s.mark, s.began))}

    def readers_of(self, edition):
        with self.database.begin() as connection:
            rows = select(schema.deliveries.c.subscription).where(schema.deliveries.c.edition == edition)
            return set(connection.scalars(rows))

    def state_of(self, delivery):
        with self.database.begin() as connection:
            return connection.scalar(select(schema.deliveries.c.state).where(schema.deliveries.c.id == delivery))

    def served(self, subscription):
        """edition -> what its letter told, linked and carried, of what was sent to this reader or counts as sent."""
        d, v, letters = schema.deliveries.c, schema.views.c, schema.letters.c
        found = {}
        with self.database.begin() as connection:
            rows = connection.execute(
                select(d.edition, d.fallback, v.letter, v.fallback.label("second"))
                .join_from(schema.deliveries, schema.views, (v.edition == d.edition) & (v.key == d.view))
                .where(d.subscription == subscription)
                .where((d.state == "sent") | d.held),
            ).all()
            for row in rows:
                letter = row.second if row.fallback and row.second else row.letter
                numbers = select(schema.letter_articles.c.article).where(schema.letter_articles.c.letter == letter)
                kept = connection.execute(select(letters.linked, letters.carried).where(letters.id == letter)).one()
                told = set(connection.scalars(numbers))
                found[row.edition] = (told, set(unpacked(kept.linked)), set(unpacked(kept.carried)))
        return found


class _Watch:
    """Notes which editions are frozen meanwhile, and with what for whom."""

    def __init__(self, ledger):
        self.ledger = ledger

    def __enter__(self):
        self.before = self.ledger.standing()
        self.known = set(self._editions())

    def __exit__(self, *trouble):
        ledger, after = self.ledger, self.ledger.standing()
        new = {edition: upto for edition, upto in self._editions().items() if edition not in self.known}
        ledger.upto |= new
        ledger.slots |= self._slots()
        for index, person in enumerate(ledger.people):
            own = person.subscription
            for edition in new:
                person.frozen_with[edition] = (person.choices, self.before[own].began)
            if new and after[own].mark != self.before[own].mark:
                ledger.nothing_for.add((max(new), index))

    def _slots(self):
        e = schema.editions.c
        with self.ledger.database.begin() as connection:
            return {row.id: row.slot for row in connection.execute(select(e.id, e.slot))}

    def _editions(self):
        e = schema.editions.c
        with self.ledger.database.begin() as connection:
            return {row.id: row.upto for row in connection.execute(select(e.id, e.upto).where(e.upto > 0))}


def _play(url, examples):
    machine = type("LedgerOnOneDatabase", (Ledger,), {"url": url})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=50,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )


@pytest.mark.timeout(600)
def test_each_article_reaches_each_reader_exactly_once_on_sqlite(tmp_path):
    _play(f"sqlite:///{tmp_path}/ledger.db", 50)


@pytest.mark.timeout(600)
def test_each_article_reaches_each_reader_exactly_once_on_postgresql(postgres_url):
    _play(postgres_url, 40)
