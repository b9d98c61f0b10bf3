"""What `digest why` says of a random article and a random reader is what a plain record of the same history says.

Random weeks of a newsletter are lived on a real store. Beside them a record is kept that knows nothing of views, of
letters and of deliveries: for each reader how far they have been served and what is owed to them, and a loop over all
articles. The store does not keep when a pause began: nobody pauses here who got nothing the day before, or twice.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from itertools import count
from pathlib import Path
from random import Random

from sqlalchemy import update

from digest.app.house import House
from digest.app.why import why
from digest.model import (
    ArticleDraft,
    Category,
    DeliveryState,
    Feed,
    FollowUps,
    Letter,
    Limits,
    Match,
    Newsletter,
    Overflow,
    Schedule,
    Site,
    Suppression,
    SuppressionReason,
)
from digest.publish import publish_now
from digest.store import articles, holding, migrate, outbox, schema, settlement, subscribers, suppressions
from digest.store.articles import Arrival
from digest.store.outbox import Lease
from digest.store.settlement import Result
from digest.store.subscribers import Choices

NAMES = ("world", "science", "sport")
CATEGORIES = tuple(Category(name=name, title=name.title()) for name in NAMES)
#: The last one's articles are in no category.
FEEDS = {
    name: Feed(name=name, url=f"https://{name}.example/feed", categories=(name,) if name in NAMES else ())
    for name in (*NAMES, "odd")
}
FIRST = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
DAY, MAX_AGE, SETTLE = timedelta(days=1), timedelta(hours=60), timedelta(hours=2)
EVENT = (
    "Harbour bridge {n}{n}{n} closed after ferry Quixote{n} hits pier at Veldmoor{n}",
    (
        "The ferry Quixote{n} struck a pier of the Veldmoor{n} harbour bridge on Monday; the bridge is closed and "
        "engineers of Brandtwick{n} are looking at the damage, the port of Veldmoor{n} said."
    ),
)


class Listing:
    """A typesetter whose letters say nothing but what they tell."""

    def edition(self, brief):
        return self

    def fits(self, letter):
        return True

    def letter(self, view, arrangement, nonce):
        parts = {"told": arrangement.told, "linked": arrangement.linked, "carried": arrangement.carried}
        return Letter(nonce=nonce, subject="s", html="h", text="t", language="en", **parts)


class SmallHouse(House):
    """Without templates."""

    renderer = Listing()


@dataclass
class News:
    """What the record has of an article."""

    number: int
    feed: str
    arrived: datetime
    published: datetime
    #: Its latest arrival.
    arrival: int
    key: str
    event: int = 0
    excluded: bool = False
    backlog: bool = False
    held: bool = False
    withdrawn: bool = False
    #: An edition has been made for which it was too old.
    over: bool = False


@dataclass
class Person:
    """What the record has of a reader."""

    id: int
    address: str
    categories: frozenset[str]
    joined: datetime
    mark: int
    #: The last arrival that was there, or was in a letter on its way, when the categories were chosen.
    began: int
    active: bool = True
    barred: bool = False
    paused_until: datetime | None = None
    owed: set[int] = field(default_factory=set)
    #: The last edition whose letter is on its way; 0: none is.
    under_way: int = 0
    #: The last edition had something for them.
    had_letter: bool = False
    #: By article: (what the edition came to, what became of its letter: "" where there was none), in order.
    steps: dict[int, list[tuple[str, str]]] = field(default_factory=dict)


class History:
    """Some days, lived on the store and in the record."""

    def __init__(self, database, seed):
        self.database, self.random = database, Random(seed)
        pick = self.random.choice
        self.has_events = pick([True, False])
        self.newsletter = Newsletter(
            name="daily",
            title="The Daily",
            schedule=Schedule(at=(time(7, 0),), timezone="UTC"),
            categories=CATEGORIES,
            max_age=MAX_AGE,
            settle=pick([timedelta(), SETTLE]),
            # Where stories have several articles, the order of scores is no matter of a plain record.
            limits=Limits(stories=100, per_section=100 if self.has_events else 2),
            overflow=pick(list(Overflow)),
            follow_ups=pick(list(FollowUps)),
            exclude=Match(keywords=("horoscope",)),
            hold_above=0,
        )
        self.now = FIRST - DAY
        site = Site(name="House", url="https://news.example")
        self.house = SmallHouse(
            path=Path("digest.yaml"),
            settings=None,
            site=site,
            categories=CATEGORIES,
            feeds=FEEDS,
            newsletters={"daily": self.newsletter},
            database=database,
            clock=lambda: self.now,
        )
        self.news, self.people, self.keys = {}, [], count(1)
        #: The last arrival that each edition had.
        self.made = []

    def live(self, days):
        for _ in range(4):
            self.join()
        for day in range(days):
            slot = FIRST + day * DAY
            self.news_of_the_night(slot)
            self.whims_of_readers(slot)
            self.now = slot
            asyncio.run(publish_now(self.house.press(), self.newsletter, slot))
            self.post(slot)
        self.news_of_the_night(slot + DAY)
        self.now = slot + DAY - timedelta(minutes=10)

    # what happens

    def join(self):
        self.now += timedelta(seconds=1)
        address = f"p{len(self.people)}@reader.example"
        chosen = frozenset(self.random.sample(NAMES, self.random.choice([1, 2, 3])))
        # As others' next letter does, it begins where the last one ended.
        mark = max([0, *self.made])
        with self.database.begin() as connection:
            someone = subscribers.add(connection, address, self.now)
            choices = Choices(categories=tuple(sorted(chosen)))
            own = subscribers.subscribe(connection, someone.id, "daily", choices, mark, self.now)
            subscribers.confirm(connection, own.id, self.now, "test")
        person = Person(own.id, address, chosen, self.now, mark, mark)
        for upto in self.made:
            for number in self.news:
                if number <= upto:
                    person.steps.setdefault(number, []).append(("absent", ""))
        self.people.append(person)

    def news_of_the_night(self, slot):
        for minute in range(self.random.randint(2, 7)):
            # The last ones come too late to have settled.
            self.now = slot - timedelta(hours=self.random.choice([6, 5])) + timedelta(minutes=minute)
            if minute >= 5:
                self.now = slot - timedelta(hours=1) + timedelta(minutes=minute)
            self.arrive()
        self.takes_back()

    def arrive(self):
        feed = self.random.choice([*NAMES, *NAMES, "odd"])
        key, kind = f"k{next(self.keys)}", self.random.random()
        event, excluded = 0, kind < 0.1
        title, excerpt = f"{'horoscope ' if excluded else ''}{key} {key}", ""
        if self.has_events and 0.1 <= kind < 0.6:
            event = self.random.randint(1, 6)
            title, excerpt = (text.format(n=event) for text in EVENT)
        draft = ArticleDraft(
            keys=(key,), title=title, excerpt=excerpt, url=f"https://e.example/{key}", published_at=self.now
        )
        one = Arrival(draft=draft, backlog=kind > 0.9)
        self.database.call(articles.record, feed, f"{feed} {key}", [one], self.now)
        number = self.database.call(articles.last_number)
        held = 0.8 < kind < 0.9
        known = {"event": event, "excluded": excluded, "backlog": one.backlog, "held": held}
        self.news[number] = News(number, feed, self.now, self.now, number, key, **known)
        if held:
            own = schema.articles.c.number == number
            self.database.call(lambda c: c.execute(update(schema.articles).where(own).values(held=True)))

    def takes_back(self):
        for one in list(self.news.values())[-8:]:
            if self.random.random() < 0.12:
                one.withdrawn = not one.withdrawn
                own = schema.article_feeds.c.article == one.number
                missed = update(schema.article_feeds).where(own).values(missed=2 if one.withdrawn else 0)
                self.database.call(lambda c, missed=missed: c.execute(missed))
        if self.random.random() < 0.3:
            feed = self.random.choice(list(FEEDS))
            self.database.call(holding.release, feed, self.now)
            arrival = max([0, *(one.arrival for one in self.news.values())])
            for one in sorted(self.news.values(), key=lambda one: one.number):
                if one.held and one.feed == feed:
                    arrival += 1
                    one.held, one.over, one.arrived, one.arrival = False, False, self.now, arrival
                    for person in self.people:
                        steps = person.steps.get(one.number, [])
                        steps[:] = [("seen" if came == "too-old" else came, fate) for came, fate in steps]

    def whims_of_readers(self, slot):
        self.now = max(self.now, slot - timedelta(minutes=20))
        if self.random.random() < 0.3:
            self.join()
        for person in self.people:
            self.now += timedelta(seconds=1)
            whim = self.random.random()
            if whim < 0.12:
                chosen = frozenset(self.random.sample(NAMES, 2))
                if chosen != person.categories:
                    person.categories, person.began = chosen, max(person.mark, person.under_way)
                self.choose(person)
            elif whim < 0.2 and person.active and person.had_letter and not person.paused_until:
                person.paused_until = self.now + timedelta(hours=30)
                self.choose(person)
            elif whim < 0.26:
                move = subscribers.leave if person.active else subscribers.come_back
                self.database.call(move, person.id, self.now, "test")
                person.active = not person.active
            elif whim < 0.28:
                person.barred = True
                barred = Suppression(
                    address=person.address, reason=SuppressionReason.MANUAL, evidence="", created_at=self.now
                )
                self.database.call(suppressions.add, barred)

    def choose(self, person):
        chosen = Choices(categories=tuple(sorted(person.categories)), paused_until=person.paused_until)
        self.database.call(subscribers.choose, person.id, chosen, self.now)

    def post(self, slot):
        """Some letters arrive, some are refused, some are to be tried again, and are called off by the next edition."""
        last = self.last()
        self.made.append(last)
        wanted = Lease(holder="w", until=self.now + timedelta(minutes=1), most=100)
        leased = {each.subscription: each for each in self.database.call(outbox.lease, wanted, self.now)}
        for person in self.people:
            fate = self.random.choice(["sent", "sent", "sent", "failed", "deferred"])
            letter = self.edition_for(person, slot)
            person.had_letter = letter is not None
            delivery = leased.get(person.id)
            assert (letter is not None) == (delivery is not None), person
            if delivery is None:
                continue
            result = Result(
                delivery=delivery.id, state=DeliveryState(fate), next_attempt_at=self.now + timedelta(days=9)
            )
            assert self.database.call(settlement.settle, "w", [result], self.now) == []
            person.under_way = last if fate == "deferred" else 0
            became(person, "new", fate)
            if fate == "sent":
                self.serve(person, letter)

        for one in self.news.values():
            one.over = one.over or one.arrived < slot - MAX_AGE

    def last(self):
        return max([0, *(one.arrival for one in self.news.values())])

    # the record

    def serve(self, person, letter):
        person.mark = self.last()
        left = {number for number, came in letter.items() if came in _LEFT}
        person.owed = {number for number in left if self.news[number].feed in person.categories}

    def edition_for(self, person, slot):
        """What of each article the letter at `slot` is made of, written down; None: there is none."""
        if person.active:
            became(person, "deferred", "called off")
            person.under_way = 0
        absence = self.absence(person, slot)
        came = dict.fromkeys(self.news, absence) if absence else self.judged(person, slot)
        has_letter = not absence and any(each in ("told", "linked") for each in came.values())
        for number, each in came.items():
            one, steps = self.news[number], person.steps.setdefault(number, [])
            if not one.over:
                steps.append((each, "new" if has_letter else ""))
        waits = any(each in _LEFT and self.news[number].feed in person.categories for number, each in came.items())
        if not absence and not has_letter and not waits:
            self.serve(person, {})
        return came if has_letter else None

    def absence(self, person, slot):
        if not person.active:
            return "absent"
        if person.barred:
            return "suppressed"
        return "paused" if person.paused_until and person.paused_until > slot else ""

    def judged(self, person, slot):
        came, places, events = {}, {}, {}
        for number, one in self.news.items():
            came[number] = self.verdict(person, one, slot)
            if came[number] == "new":
                places.setdefault(one.feed, []).append(one)
                events.setdefault(one.event, []).append(one)
        for event, some in events.items():
            if event and self.newsletter.follow_ups is FollowUps.SKIP and self.knows(person, event, slot):
                came |= {one.number: "follow-up" for one in some}
        for some in places.values():
            order = sorted(
                (one for one in some if came[one.number] == "new"),
                key=lambda one: (one.number not in person.owed, -one.published.timestamp()),
            )
            for place, one in enumerate(order):
                is_kept = self.newsletter.overflow is Overflow.CARRY and self.is_young(one, slot + DAY)
                beyond = "carried" if is_kept else "linked"
                came[one.number] = "told" if place < self.newsletter.limits.per_section else beyond
        return came

    def knows(self, person, event, slot):
        """Whether an earlier letter was to tell the event in the reader's categories, by what is young enough."""
        return any(
            one.event == event
            and person.began < one.number
            and one.arrival <= person.mark
            and one.feed in person.categories
            and one.number not in person.owed
            and not (one.held or one.backlog or one.arrived < slot - MAX_AGE)
            for one in self.news.values()
        )

    def verdict(self, person, one, slot):
        if one.backlog or one.arrived < slot - MAX_AGE:
            return "too-old"
        if one.arrival <= person.mark and one.number not in person.owed:
            return "seen"
        for is_so, said in ((one.held, "held"), (one.withdrawn, "withdrawn"), (one.excluded, "excluded")):
            if is_so:
                return said
        if one.feed == "odd":
            return "unplaced"
        if one.arrived + self.newsletter.settle > slot and self.newsletter.settle and self.is_young(one, slot + DAY):
            return "settling"
        return "new" if one.feed in person.categories else "category"

    def is_young(self, one, slot):
        return one.arrived + MAX_AGE >= slot

    # the question

    def expected(self, person, one):
        """The verdict, and whether it is foreseen."""
        if one.backlog:
            return "backlog", True
        steps = person.steps.get(one.number, [])
        for wanted in ("sent", "deferred"):
            for came, fate in steps:
                if came in ("told", "linked") and fate == wanted:
                    return came, False
        bar = "absent" if not person.active else "suppressed" if person.barred else ""
        ahead = bar or self.foreseen(person, one)
        causes = [came for came, _ in steps if came != "seen"]
        if not (bar and steps) and not (steps and ahead in ("seen", "too-old")):
            return ahead, True
        told = any(came in ("told", "linked") for came in causes)
        final = [came for came in causes if came in ("held", "excluded", "unplaced", "category", "follow-up")]
        return ("undelivered" if told else (final or causes or ["seen"])[-1]), False

    def foreseen(self, person, one):
        slot = FIRST
        while slot <= max(self.now, person.paused_until or self.now):
            slot += DAY
        came = self.judged(person, slot)[one.number]
        return "held" if came == "seen" and one.held else came


_LEFT = ("settling", "withdrawn", "carried")


def became(person, before, after):
    for steps in person.steps.values():
        steps[:] = [(came, after if fate == before else fate) for came, fate in steps]


def differences(database, seed, pairs):
    """Live one history, ask for so many pairs, and give those where the two disagree."""
    history = History(database, seed)
    history.live(7)
    found = []
    for _ in range(pairs):
        person, one = history.random.choice(history.people), history.random.choice(list(history.news.values()))
        (reading,) = why(history.house, one.number, address=person.address).readings
        wanted = history.expected(person, one)
        if (reading.verdict, reading.foreseen) != wanted:
            steps = [(step.verdict.value, step.delivery and step.delivery.state.value) for step in reading.steps]
            said = (reading.verdict.value, reading.foreseen)
            found.append((seed, person.address, one, said, wanted, steps, person.steps.get(one.number)))
    return found


def assert_alike(database, seeds):
    found = []
    for seed in seeds:
        with database.begin() as connection:
            for table in reversed(schema.metadata.sorted_tables):
                connection.execute(table.delete())
            connection.execute(schema.counters.insert().values(name=migrate.ARRIVAL, value=0))
        found += differences(database, seed, 84)
    assert found == []


def test_what_is_said_of_hundreds_of_pairs_is_what_happened_on_sqlite(on_sqlite):
    assert_alike(on_sqlite, range(8))


def test_what_is_said_of_hundreds_of_pairs_is_what_happened_on_postgresql(on_postgresql):
    assert_alike(on_postgresql, range(8, 12))
