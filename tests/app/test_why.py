"""What is said of one article and one reader, and that asking changes nothing."""

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from digest.app.fate import Miss
from digest.app.finding import find
from digest.app.house import House
from digest.app.why import why
from digest.errors import UnknownName, UsageError
from digest.model import DeliveryState, Limits, Overflow, Verdict
from digest.store import schema, subscribers

ADA = "ada@reader.example"


@pytest.fixture
def ask(newsroom):
    """`ask(number)`: what became of an article for Ada."""

    class Small(House):
        renderer = newsroom.typesetter

    def asked(number, address=ADA):
        press = newsroom.press
        house = Small(
            path=Path("digest.yaml"),
            settings=None,
            site=press.site,
            categories=press.categories,
            feeds=press.feeds,
            newsletters=press.newsletters,
            database=newsroom.database,
            clock=lambda: newsroom.now,
        )
        return why(house, number, address=address)

    return asked


async def test_what_was_told_is_told_from_the_letter_and_its_delivery(newsroom, ask):
    newsroom.join()
    newsroom.arrive("a")
    await newsroom.edition()
    newsroom.settle(DeliveryState.SENT, *newsroom.lease(), code=250, reply="ok, queued")
    (reading,) = ask(1).readings
    (step,) = reading.steps
    assert (reading.verdict, reading.foreseen) == (Verdict.TOLD, False)
    assert (step.delivery.state, step.delivery.code, step.delivery.reply) == ("sent", 250, "ok, queued")
    assert step.words == "in World"


async def test_what_is_configured_later_changes_nothing_of_what_was(newsroom, ask):
    newsroom.join()
    newsroom.arrive("a")
    await newsroom.edition()
    newsroom.settle(DeliveryState.SENT, *newsroom.lease())
    newsroom.newsletter = replace(newsroom.newsletter, categories=newsroom.newsletter.categories[1:])
    assert ask(1).readings[0].verdict is Verdict.TOLD


async def test_a_letter_that_was_refused_is_told_again_in_the_next_edition(newsroom, ask):
    newsroom.join()
    newsroom.arrive("a")
    await newsroom.edition()
    newsroom.settle(DeliveryState.FAILED, *newsroom.lease(), code=550, reply="no such user")
    newsroom.later(hours=1)
    (reading,) = ask(1).readings
    assert (reading.verdict, reading.foreseen) == (Verdict.TOLD, True)
    assert reading.steps[0].delivery.state is DeliveryState.FAILED
    newsroom.later(days=9)
    assert ask(1).readings[0].verdict is Miss.UNDELIVERED


async def test_what_the_reader_did_not_choose_is_of_another_category(newsroom, ask):
    newsroom.join(categories=("sport",))
    newsroom.arrive("a")
    newsroom.arrive("b", feed="sport")
    await newsroom.edition()
    newsroom.settle(DeliveryState.SENT, *newsroom.lease())
    (reading,) = ask(1).readings
    assert (reading.verdict, reading.foreseen) == (Verdict.CATEGORY, False)
    assert ask(2).readings[0].verdict is Verdict.TOLD


@pytest.mark.parametrize("overflow", list(Overflow))
async def test_what_is_beyond_the_limits_is_linked_or_carried(newsroom, ask, overflow):
    newsroom.newsletter = replace(newsroom.newsletter, limits=Limits(per_section=1), overflow=overflow)
    newsroom.join()
    newsroom.arrive("a", "b")
    await newsroom.edition()
    newsroom.settle(DeliveryState.SENT, *newsroom.lease())
    steps = [ask(number).readings[0].steps[0].verdict for number in (1, 2)]
    assert sorted(steps) == sorted([Verdict.TOLD, Verdict.LINKED if overflow is Overflow.LINK else Verdict.CARRIED])


async def test_a_reader_who_came_later_was_not_there(newsroom, ask):
    newsroom.join("bo@reader.example")
    newsroom.arrive("a")
    await newsroom.edition()
    newsroom.later(hours=1)
    newsroom.join(mark=1, since=newsroom.now)
    (reading,) = ask(1).readings
    assert [step.verdict for step in reading.steps] == [Miss.ABSENT]
    assert reading.verdict is Miss.ABSENT


async def test_who_pauses_is_told_so(newsroom, ask):
    own = newsroom.join()
    paused = subscribers.Choices(paused_until=newsroom.now + timedelta(days=5))
    newsroom.database.call(subscribers.choose, own.id, paused, newsroom.now - timedelta(hours=2))
    newsroom.arrive("a")
    await newsroom.edition()
    assert [step.verdict for step in ask(1).readings[0].steps] == [Miss.PAUSED]


async def test_all_readers_together_are_counted_by_letter(newsroom, ask):
    newsroom.join()
    newsroom.join("bo@reader.example")
    newsroom.arrive("a")
    await newsroom.edition()
    first, second = newsroom.lease()
    newsroom.settle(DeliveryState.SENT, first)
    newsroom.settle(DeliveryState.FAILED, second)
    (run,) = ask(1, "").runs
    (spread,) = run.spread
    assert (spread.verdict, spread.letters, spread.readers, spread.sent) == (Verdict.TOLD, 1, 2, 1)


async def test_asking_writes_nothing(newsroom, ask):
    def contents():
        with newsroom.database.begin() as connection:
            rows = [connection.execute(table.select()).all() for table in schema.metadata.sorted_tables]
        return sha256(repr(rows).encode()).hexdigest()

    newsroom.join()
    newsroom.arrive("a", "b")
    await newsroom.edition()
    before = contents()
    ask(1)
    ask(1, "")
    assert contents() == before


def test_an_address_that_is_not_known_is_said(newsroom, ask):
    newsroom.arrive("a")
    with pytest.raises(UnknownName, match=r"nobody@reader\.example"):
        ask(1, "nobody@reader.example")


def test_an_article_is_found_by_number_address_or_words_of_its_title(newsroom):
    newsroom.arrive("Rain in Rome", "Rain in Oslo")

    def found(asked):
        return newsroom.database.call(find, asked)

    assert found("1") == 1
    assert found("OSLO rain") == 2
    assert found("https://world.example/Rain in Oslo") == 2
    with pytest.raises(UsageError, match=r"2 articles.*2 'Rain in Oslo', 1 'Rain in Rome'"):
        found("rain")
    with pytest.raises(UsageError, match="near it: 2 'Rain in Oslo'"):
        found("sun over oslo")
    for nothing in ("99", "https://nowhere.example/", "  ", "9" * 400):
        with pytest.raises(UsageError):
            found(nothing)
