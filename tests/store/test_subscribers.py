"""Who asked, who confirmed, who has left, and how far each has been served."""

from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import select

from digest.model import Format, Frequency, SubscriptionState
from digest.store import schema, subscribers
from digest.store.erasure import Eraser
from digest.store.subscribers import Choices

NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
ERASER = Eraser(["a secret of the test"])
LATER = NOW + timedelta(days=1)
ADA = "ada@reader.example"
NOTHING = Choices()
CHOSEN = Choices(
    categories=("world", "sport"),
    frequency=Frequency.WEEKLY,
    timezone="Asia/Tokyo",
    send_at=time(6, 30),
    paused_until=LATER,
    format=Format.TEXT,
)


def subscribe(database, address=ADA, choices=NOTHING, mark=5, newsletter="daily"):
    someone = database.call(subscribers.add, address, NOW)
    return database.call(subscribers.subscribe, someone.id, newsletter, choices, mark, NOW)


def look(database, subscription):
    return database.call(subscribers.reader, subscription.id).subscription


def consents(database, subscription):
    c = schema.consents.c
    rows = select(c.act, c.via, c.at).where(c.subscription == subscription.id).order_by(c.id)
    return database.call(lambda connection: [tuple(row) for row in connection.execute(rows)])


def test_an_address_is_one_subscriber(database):
    first = database.call(subscribers.add, ADA, NOW, name="Ada", language="en")
    again = database.call(subscribers.add, ADA, LATER)
    assert again == first
    assert (first.address, first.name, first.language, first.created_at) == (ADA, "Ada", "en", NOW)


def test_an_address_is_recognised_in_whatever_case_and_written_to_as_it_was_given(database):
    first = database.call(subscribers.add, "Ada.L@reader.example", NOW)
    assert database.call(subscribers.add, "ada.l@READER.example", LATER) == first
    assert first.address == "Ada.L@reader.example"
    subscribe(database, address="ADA.L@reader.example")
    assert [reader.subscriber for reader in database.call(subscribers.by_address, "ada.l@reader.example")] == [first]
    assert database.call(ERASER.erase, "ADA.L@READER.EXAMPLE", NOW)
    assert database.call(subscribers.by_address, "Ada.L@reader.example") == []


def test_a_name_or_language_given_replaces_the_known_one(database):
    database.call(subscribers.add, ADA, NOW, name="Ada", language="en")
    found = database.call(subscribers.add, ADA, LATER, language="de")
    assert (found.name, found.language) == ("Ada", "de")


def test_of_many_that_add_one_address_at_once_there_is_one_subscriber(database, at_once):
    found = at_once(*[lambda: database.call(subscribers.add, ADA, NOW)] * 5)
    assert len({each.id for each in found}) == 1


def test_a_new_subscription_is_pending_and_holds_what_was_chosen(database):
    found = subscribe(database, choices=CHOSEN, mark=5)
    assert (found.state, found.mark, found.since) == (SubscriptionState.PENDING, 5, None)
    for name in ("categories", "frequency", "timezone", "send_at", "paused_until", "format"):
        assert getattr(found, name) == getattr(CHOSEN, name)
    assert found == look(database, found)


def test_nothing_chosen_is_everything(database):
    found = subscribe(database)
    assert (found.categories, found.frequency, found.timezone, found.send_at) == ((), Frequency.EVERY, "", None)


def test_confirming_makes_it_active_once(database):
    found = subscribe(database)
    assert database.call(subscribers.confirm, found.id, NOW, "link")
    assert not database.call(subscribers.confirm, found.id, LATER, "link")
    active = look(database, found)
    assert (active.state, active.since, active.mark) == (SubscriptionState.ACTIVE, NOW, 5)
    assert consents(database, found) == [("active", "link", NOW)]


def test_an_old_request_does_not_bring_back_who_has_left(database):
    found = subscribe(database)
    database.call(subscribers.confirm, found.id, NOW, "link")
    assert database.call(subscribers.leave, found.id, NOW, "link")
    assert not database.call(subscribers.confirm, found.id, LATER, "link")
    assert look(database, found).state is SubscriptionState.LEFT
    assert [act for act, _, _ in consents(database, found)] == ["active", "left"]


def test_leaving_works_from_any_state_and_only_once(database):
    found = subscribe(database)
    assert database.call(subscribers.leave, found.id, NOW, "link")
    assert not database.call(subscribers.leave, found.id, LATER, "link")
    assert look(database, found).state is SubscriptionState.LEFT


def test_coming_back_is_for_those_who_left_and_keeps_the_mark(database):
    found = subscribe(database)
    assert not database.call(subscribers.come_back, found.id, NOW, "link")
    database.call(subscribers.confirm, found.id, NOW, "link")
    assert not database.call(subscribers.come_back, found.id, NOW, "link")
    database.call(subscribers.leave, found.id, NOW, "link")
    assert database.call(subscribers.come_back, found.id, LATER, "page")
    back = look(database, found)
    assert (back.state, back.since, back.mark) == (SubscriptionState.ACTIVE, LATER, 5)
    assert consents(database, found)[-1] == ("active", "page", LATER)


def test_asking_again_while_active_keeps_state_and_mark_and_takes_the_choices(database):
    found = subscribe(database)
    database.call(subscribers.confirm, found.id, NOW, "link")
    again = subscribe(database, choices=CHOSEN, mark=9)
    assert (again.id, again.state, again.mark) == (found.id, SubscriptionState.ACTIVE, 5)
    assert again.categories == CHOSEN.categories


@pytest.mark.parametrize(("mark", "served_from"), [(9, 9), (3, 5)])
def test_who_has_left_and_asks_again_is_pending_and_served_from_there_never_from_before(database, mark, served_from):
    found = subscribe(database, mark=5)
    database.call(subscribers.leave, found.id, NOW, "link")
    again = subscribe(database, mark=mark)
    assert (again.state, again.mark) == (SubscriptionState.PENDING, served_from)
    assert database.call(subscribers.confirm, found.id, LATER, "link")


def test_choosing_replaces_everything_that_was_chosen(database):
    found = subscribe(database, choices=CHOSEN)
    database.call(subscribers.choose, found.id, Choices(), NOW)
    chosen = look(database, found)
    assert (chosen.categories, chosen.frequency, chosen.timezone) == ((), Frequency.EVERY, "")
    assert (chosen.send_at, chosen.paused_until, chosen.format) == (None, None, Format.HTML)
    assert (chosen.state, chosen.mark) == (found.state, found.mark)


def test_newsletters_are_separate(database):
    daily, weekly = subscribe(database, newsletter="daily"), subscribe(database, newsletter="weekly")
    database.call(subscribers.confirm, daily.id, NOW, "link")
    assert look(database, weekly).state is SubscriptionState.PENDING
    found = database.call(subscribers.by_address, ADA)
    assert [reader.subscription.newsletter for reader in found] == ["daily", "weekly"]
    assert {reader.subscriber.address for reader in found} == {ADA}
    assert database.call(subscribers.of, daily.subscriber, "hourly") is None


def test_everyone_comes_by_address_and_by_newsletter(database):
    for address, newsletter in (("b@x.example", "daily"), ("a@x.example", "weekly"), ("a@x.example", "daily")):
        subscribe(database, address=address, newsletter=newsletter)
    names = lambda found: [(r.subscriber.address[0], r.subscription.newsletter) for r in found]  # noqa: E731
    assert database.call(lambda c: names(subscribers.everyone(c))) == [("a", "daily"), ("a", "weekly"), ("b", "daily")]
    assert database.call(lambda c: names(subscribers.everyone(c, "daily"))) == [("a", "daily"), ("b", "daily")]


def test_counts_are_by_newsletter_and_state(database):
    for n in range(3):
        found = subscribe(database, address=f"{n}@x.example")
        if n:
            database.call(subscribers.confirm, found.id, NOW, "link")
    subscribe(database, newsletter="weekly")
    pending, active = SubscriptionState.PENDING, SubscriptionState.ACTIVE
    assert database.call(subscribers.counts) == {("daily", pending): 1, ("daily", active): 2, ("weekly", pending): 1}


async def test_erasing_leaves_nothing_of_the_person_but_the_figures(newsroom):
    ada = newsroom.join(ADA, language="en-GB", timezone="Asia/Tokyo", categories=("world",), format=Format.TEXT)
    newsroom.join("bob@reader.example")
    newsroom.arrive("a")
    frozen = await newsroom.edition()
    assert newsroom.database.call(ERASER.erase, ADA, NOW)
    assert newsroom.database.call(subscribers.by_address, ADA) == []
    assert consents(newsroom.database, ada) == []
    assert newsroom.database.call(subscribers.reader, ada.id) is None
    everyone = newsroom.database.call(lambda c: [reader.subscriber.address for reader in subscribers.everyone(c)])
    assert everyone == ["bob@reader.example"]
    assert len(newsroom.states(frozen.edition.id)) == 2
    assert [delivery.address for delivery in newsroom.lease()] == ["bob@reader.example"]
    dump = "".join(
        str(row)
        for table in schema.metadata.sorted_tables
        for row in newsroom.database.call(lambda c, t=table: c.execute(select(t)).all())
    )
    assert "ada" not in dump
    kept = newsroom.database.call(lambda c: c.execute(select(schema.subscriptions.c.format)).scalars().all())
    assert kept == ["html", "html"]


def test_erasing_somebody_unknown_does_nothing(database):
    assert not database.call(ERASER.erase, ADA, NOW)


def test_who_was_erased_cannot_be_brought_back_by_an_old_link(database):
    found = subscribe(database)
    database.call(subscribers.confirm, found.id, NOW, "link")
    database.call(ERASER.erase, ADA, NOW)
    assert not database.call(subscribers.come_back, found.id, LATER, "link")
    assert not database.call(subscribers.confirm, found.id, LATER, "link")


def test_an_address_that_was_erased_may_subscribe_anew(database):
    before = subscribe(database)
    database.call(ERASER.erase, ADA, NOW)
    after = subscribe(database)
    assert (after.id != before.id, after.subscriber != before.subscriber) == (True, True)


def test_a_number_without_subscription_has_no_reader(database):
    assert database.call(subscribers.reader, 99) is None
    assert not database.call(subscribers.leave, 99, NOW, "link")


@pytest.mark.parametrize("choices", [Choices(timezone="Europe|Kyiv"), Choices(categories=("a,b",))])
def test_a_name_that_would_be_read_back_as_another_is_refused(database, choices):
    with pytest.raises(ValueError, match="not a name that can be kept"):
        subscribe(database, choices=choices)
    with pytest.raises(ValueError, match="not a language"):
        database.call(subscribers.add, ADA, NOW, language="en|de")


def test_who_asks_twice_at_once_is_subscribed_once(newsroom, at_once):
    someone = newsroom.database.call(subscribers.add, "ada@reader.example", newsroom.now)

    def ask():
        return newsroom.database.call(subscribers.subscribe, someone.id, "daily", Choices(), 0, newsroom.now)

    assert len({subscription.id for subscription in at_once(ask, ask, ask, ask)}) == 1
