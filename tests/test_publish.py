"""A due slot becomes one frozen edition, and no slot is settled twice or lost."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import count

import pytest
from sqlalchemy import select

from digest.editions.due import coming_slot, slot_now
from digest.editions.render import Renderer
from digest.errors import TemplateError
from digest.model import (
    DeliveryState,
    EditionState,
    FeedState,
    Frequency,
    Limits,
    Overflow,
    Rhythm,
    Schedule,
    Slot,
    WhenEmpty,
)
from digest.publish import Composer, Failures, Press, coming, composer_for, foresee, publish, settle_due, starting_mark
from digest.store import editions, feeds, letters, readership, schema, subscribers
from digest.store.freezing import Overtaken
from digest.store.readership import Audience, Served, ViewKey
from digest.store.subscribers import Choices

#: Monday.
SEVEN = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
TWICE_A_DAY = Schedule(at=(time(7, 0), time(19, 0)), timezone="UTC")
OWN_ZONE = Schedule(at=(time(7, 0),))


def _known(newsroom, since=SEVEN - timedelta(days=30)):
    newsroom.database.call(editions.know, ["daily"], since)


async def _settle(newsroom):
    done = await settle_due(newsroom.press, newsroom.newsletter, newsroom.now)
    return [
        (each.slot.at, each.frozen.deliveries if each.frozen else 0, each.reason.partition(":")[0]) for each in done
    ]


def _schedule(newsroom, schedule, **more):
    newsroom.newsletter = replace(newsroom.newsletter, schedule=schedule, **more)


def _editions(newsroom):
    return sorted(newsroom.database.call(editions.latest, "daily"), key=lambda edition: edition.slot)


def _told(newsroom):
    """What each reader's open delivery tells."""
    return {each.address: newsroom.database.call(letters.get, each.letter).told for each in newsroom.lease()}


# slots that have come


async def test_a_slot_is_settled_at_its_time_and_once(newsroom):
    _known(newsroom, SEVEN - timedelta(hours=1))
    newsroom.join()
    newsroom.arrive("a")
    newsroom.now = SEVEN - timedelta(microseconds=1)
    assert await _settle(newsroom) == []
    newsroom.now = SEVEN
    assert await _settle(newsroom) == [(SEVEN, 1, "")]
    assert await _settle(newsroom) == []
    newsroom.later(hours=5)
    assert await _settle(newsroom) == []


async def test_a_slot_missed_within_grace_is_made_up_for_and_older_ones_are_skipped_and_said(newsroom):
    _schedule(newsroom, TWICE_A_DAY, grace=timedelta(hours=13))
    _known(newsroom, SEVEN - timedelta(days=1))
    newsroom.join(since=SEVEN - timedelta(days=2))
    newsroom.arrive("a")
    newsroom.now = SEVEN + timedelta(minutes=30)
    assert await _settle(newsroom) == [
        (SEVEN - timedelta(hours=12), 0, "made up for by a later edition"),
        (SEVEN, 1, ""),
    ]
    skipped, sent = _editions(newsroom)
    assert (skipped.state, skipped.number, skipped.reason) == (
        EditionState.SKIPPED,
        0,
        "made up for by a later edition",
    )
    assert (sent.state, sent.number) == (EditionState.SENDING, 1)
    assert await _settle(newsroom) == []


async def test_a_slot_missed_for_longer_than_grace_is_skipped_and_said(newsroom):
    _schedule(newsroom, newsroom.newsletter.schedule, grace=timedelta(hours=1))
    _known(newsroom, SEVEN - timedelta(hours=1))
    newsroom.join()
    newsroom.arrive("a")
    newsroom.now = SEVEN + timedelta(hours=1, seconds=1)
    assert await _settle(newsroom) == [(SEVEN, 0, "too late")]
    assert newsroom.states() == {}


async def test_a_slot_whose_edition_could_not_be_made_says_so_once_it_is_too_late(newsroom, monkeypatch):
    _schedule(newsroom, newsroom.newsletter.schedule, grace=timedelta(hours=1))
    _known(newsroom, SEVEN - timedelta(hours=1))
    newsroom.join()
    newsroom.arrive("a")
    newsroom.now, failures = SEVEN, Failures()

    def broken(*_: object) -> None:
        raise TemplateError("story.html.j2", 3, "'headline'\n  is undefined")

    monkeypatch.setattr(Composer, "draft", broken)
    with pytest.raises(TemplateError):
        await settle_due(newsroom.press, newsroom.newsletter, newsroom.now, failures=failures)
    newsroom.later(hours=2)
    await settle_due(newsroom.press, newsroom.newsletter, newsroom.now, failures=failures)
    [skipped] = _editions(newsroom)
    assert skipped.state is EditionState.SKIPPED
    assert skipped.reason == "failed, and too late now: story.html.j2:3: 'headline' is undefined"


async def test_an_edition_that_is_made_at_another_try_has_not_failed(newsroom):
    _known(newsroom, SEVEN - timedelta(hours=1))
    newsroom.join()
    newsroom.arrive("a")
    newsroom.now, failures = SEVEN, Failures()
    with pytest.raises(OSError, match="no space"), failures.noting(newsroom.newsletter.name, SEVEN):
        raise OSError("no space left on device")
    await settle_due(newsroom.press, newsroom.newsletter, newsroom.now, failures=failures)
    assert [each.reason for each in _editions(newsroom)] == [""]
    assert failures.blamed(newsroom.newsletter.name, SEVEN, "too late") == "too late"


async def test_articles_of_a_missed_slot_are_in_the_next_letter(newsroom):
    _schedule(newsroom, newsroom.newsletter.schedule, grace=timedelta(hours=1))
    _known(newsroom, SEVEN - timedelta(hours=1))
    newsroom.join()
    newsroom.arrive("missed")
    newsroom.now = SEVEN + timedelta(hours=2)
    await _settle(newsroom)
    newsroom.now = SEVEN + timedelta(days=1)
    newsroom.arrive("new")
    await _settle(newsroom)
    assert _told(newsroom) == {"ada@reader.example": (1, 2)}


async def test_what_arrived_longer_ago_than_max_age_is_not_told(newsroom):
    newsroom.arrive("old", at=newsroom.now - timedelta(hours=48, seconds=1))
    newsroom.arrive("just", at=newsroom.now - timedelta(hours=48))
    newsroom.join()
    await newsroom.edition()
    assert _told(newsroom) == {"ada@reader.example": (2,)}


async def test_a_slot_without_subscribers_is_skipped_for_that(newsroom):
    _known(newsroom, SEVEN - timedelta(hours=1))
    newsroom.arrive("a")
    assert await _settle(newsroom) == [(SEVEN, 0, "nobody is subscribed")]


async def test_a_slot_without_news_is_skipped_for_that(newsroom):
    _known(newsroom, SEVEN - timedelta(hours=1))
    newsroom.join()
    assert await _settle(newsroom) == [(SEVEN, 0, "nothing new for any reader")]
    assert await _settle(newsroom) == []


async def test_an_empty_letter_is_sent_where_the_operator_wants_it(newsroom):
    newsroom.newsletter = replace(newsroom.newsletter, when_empty=WhenEmpty.SEND)
    newsroom.join()
    assert (await newsroom.edition()).deliveries == 1
    assert _told(newsroom) == {"ada@reader.example": ()}


async def test_a_new_newsletter_has_missed_nothing(newsroom):
    newsroom.join()
    newsroom.arrive("a")
    assert await _settle(newsroom) == []
    _known(newsroom, SEVEN)
    assert await _settle(newsroom) == []
    newsroom.now = SEVEN + timedelta(days=1)
    assert [slot for slot, _, _ in await _settle(newsroom)] == [newsroom.now]


async def test_a_week_is_looked_back_and_no_further(newsroom):
    _known(newsroom)
    newsroom.join()
    assert [slot for slot, _, _ in await _settle(newsroom)] == [SEVEN - timedelta(days=day) for day in range(6, -1, -1)]


async def test_what_is_known_to_be_settled_is_not_looked_at_again(newsroom):
    _known(newsroom)
    newsroom.join()
    newsroom.arrive("a")
    done = await settle_due(newsroom.press, newsroom.newsletter, SEVEN, SEVEN - timedelta(minutes=1))
    assert [each.slot.at for each in done] == [SEVEN]


async def test_readers_zones_get_editions_at_their_own_instants_under_one_number(newsroom):
    _schedule(newsroom, OWN_ZONE, grace=timedelta(hours=10))
    _known(newsroom, SEVEN - timedelta(hours=12))
    long_ago = SEVEN - timedelta(days=3)
    newsroom.join("tokyo@x.example", timezone="Asia/Tokyo", since=long_ago)
    newsroom.join("home@x.example", since=long_ago)
    newsroom.arrive("a", at=SEVEN - timedelta(hours=20))
    newsroom.now = SEVEN - timedelta(hours=9)
    assert await _settle(newsroom) == [(newsroom.now, 1, "")]
    assert list(_told(newsroom)) == ["tokyo@x.example"]
    newsroom.now = SEVEN
    assert await _settle(newsroom) == [(SEVEN, 1, "")]
    assert list(_told(newsroom)) == ["home@x.example"]
    assert [edition.number for edition in _editions(newsroom)] == [1, 1]
    newsroom.now = SEVEN + timedelta(days=1)
    newsroom.arrive("b")
    await _settle(newsroom)
    assert [edition.number for edition in _editions(newsroom)] == [1, 1, 2, 2]


async def test_weekly_readers_take_the_first_slot_of_the_week_and_miss_nothing(newsroom):
    _known(newsroom, SEVEN - timedelta(hours=1))
    _schedule(newsroom, newsroom.newsletter.schedule, max_age=timedelta(days=8))
    newsroom.join("daily@x.example")
    newsroom.join("weekly@x.example", frequency=Frequency.WEEKLY)
    told = {"daily@x.example": [], "weekly@x.example": []}
    for day in range(8):
        newsroom.now = SEVEN + timedelta(days=day)
        newsroom.arrive(f"day {day}")
        await _settle(newsroom)
        leased = newsroom.lease()
        for delivery in leased:
            told[delivery.address].append(newsroom.database.call(letters.get, delivery.letter).told)
        newsroom.settle(DeliveryState.SENT, *leased)
    assert told["daily@x.example"] == [(n,) for n in range(1, 9)]
    assert told["weekly@x.example"] == [(1,), tuple(range(2, 9))]


async def test_two_processes_that_settle_at_once_make_one_edition(newsroom, another_process):
    _known(newsroom, SEVEN - timedelta(days=1))
    _schedule(newsroom, newsroom.newsletter.schedule, grace=timedelta(days=2))
    newsroom.join(since=SEVEN - timedelta(days=9))
    newsroom.arrive("a")
    other = replace(newsroom, database=another_process())
    newsroom.now = other.now = SEVEN + timedelta(days=1)
    done = await asyncio.gather(*(_settle(room) for room in (newsroom, other) for _ in range(3)))
    assert sorted(slot for each in done for slot in each) == [
        (SEVEN, 0, "made up for by a later edition"),
        (SEVEN + timedelta(days=1), 1, ""),
    ]


# making and freezing


class Meddling:
    """A typesetter during whose work something else happens, so many times."""

    def __init__(self, typesetter, meddle, times):
        self.typesetter, self.meddle, self.times = typesetter, meddle, times

    def edition(self, brief):
        self.setting = self.typesetter.edition(brief)
        return self

    def fits(self, letter):
        return True

    def letter(self, view, arrangement, nonce):
        if self.times:
            self.times -= 1
            self.meddle()
        return self.setting.letter(view, arrangement, nonce)


async def test_a_reader_who_chooses_anew_while_letters_are_made_gets_what_was_chosen(newsroom):
    newsroom.arrive("a", feed="world")
    newsroom.arrive("b", feed="sport")
    ada = newsroom.join()
    choose = lambda: newsroom.database.call(subscribers.choose, ada.id, Choices(categories=("sport",)), newsroom.now)  # noqa: E731
    newsroom.typesetter = Meddling(newsroom.typesetter, choose, 1)
    frozen = await newsroom.edition()
    assert (frozen.edition.number, frozen.deliveries, frozen.letters) == (1, 1, 1)
    assert _told(newsroom) == {"ada@reader.example": (2,)}


async def test_an_article_that_arrives_while_letters_are_made_is_in_the_next(newsroom):
    newsroom.arrive("a")
    newsroom.join()
    newsroom.typesetter = Meddling(newsroom.typesetter, lambda: newsroom.arrive("b"), 1)
    assert (await newsroom.edition()).edition.upto == 1
    leased = newsroom.lease()
    newsroom.settle(DeliveryState.SENT, *leased)
    newsroom.later(days=1)
    await newsroom.edition()
    assert _told(newsroom) == {"ada@reader.example": (2,)}


async def test_readers_who_never_stop_choosing_are_an_error_in_the_end(newsroom):
    _schedule(newsroom, OWN_ZONE)
    newsroom.arrive("a")
    ada = newsroom.join()
    marks = count(1)

    def restless():
        someone = subscribers.Choices(timezone=f"Etc/GMT{next(marks) % 12:+d}")
        newsroom.database.call(subscribers.choose, ada.id, someone, newsroom.now)

    newsroom.typesetter = Meddling(newsroom.typesetter, restless, 100)
    rhythms = [Rhythm(f"Etc/GMT{n:+d}") for n in range(12)] + [Rhythm()]
    slot = Slot(at=newsroom.now, local=newsroom.now.replace(tzinfo=None), offset=0)
    with pytest.raises(Overtaken):
        await publish(newsroom.press, newsroom.newsletter, slot, rhythms, newsroom.now)
    assert _editions(newsroom) == []


async def test_one_letter_is_made_for_all_who_share_a_view(newsroom):
    newsroom.arrive("a")
    for n in range(20):
        newsroom.join(f"{n}@x.example")
    made = []
    newsroom.typesetter = Meddling(newsroom.typesetter, lambda: made.append(1), 100)
    assert (await newsroom.edition()).deliveries == 20
    assert len(made) == 1


async def test_who_chose_only_what_is_no_more_gets_nothing(newsroom):
    newsroom.arrive("a")
    newsroom.join(categories=("abolished",))
    assert (await newsroom.edition()).deliveries == 0


async def test_work_that_follows_joins_the_transaction(newsroom):
    newsroom.arrive("a")
    newsroom.join()

    def refuse(connection, frozen):
        assert frozen.deliveries == 1
        raise LookupError

    press: Press = replace(newsroom.press, on_frozen=refuse)
    slot = Slot(at=newsroom.now, local=newsroom.now.replace(tzinfo=None), offset=0)
    with pytest.raises(LookupError):
        await publish(press, newsroom.newsletter, slot, [Rhythm()], newsroom.now)
    assert _editions(newsroom) == []


async def test_nothing_follows_an_edition_without_deliveries(newsroom):
    newsroom.join()
    press = replace(newsroom.press, on_frozen=lambda connection, frozen: pytest.fail("there is nothing to deliver"))
    slot = Slot(at=newsroom.now, local=newsroom.now.replace(tzinfo=None), offset=0)
    assert (await publish(press, newsroom.newsletter, slot, [Rhythm()], newsroom.now)).deliveries == 0


# where a new reader begins


def _start(newsroom, frequency=Frequency.EVERY):
    rhythm = Rhythm(frequency=frequency)
    return newsroom.database.call(starting_mark, newsroom.newsletter, newsroom.site, rhythm, newsroom.now)


async def test_a_new_reader_begins_where_the_last_edition_ended(newsroom):
    _known(newsroom, SEVEN - timedelta(hours=1))
    newsroom.join()
    newsroom.arrive("a", "b")
    await _settle(newsroom)
    newsroom.later(hours=5)
    newsroom.arrive("c")
    assert _start(newsroom) == 2


async def test_without_an_edition_a_new_reader_begins_at_the_last_slot(newsroom):
    newsroom.arrive("before", at=SEVEN)
    newsroom.arrive("after", at=SEVEN + timedelta(seconds=1))
    newsroom.now = SEVEN + timedelta(hours=5)
    assert _start(newsroom) == 1


async def test_a_slot_that_was_skipped_does_not_hide_what_arrived_since(newsroom):
    _known(newsroom, SEVEN - timedelta(hours=1))
    newsroom.arrive("a", "b")
    assert await _settle(newsroom) == [(SEVEN, 0, "nobody is subscribed")]
    newsroom.later(hours=1)
    newsroom.arrive("c", at=newsroom.now)
    assert _start(newsroom) == 2


async def test_a_new_reader_is_not_flooded_with_what_is_too_old(newsroom):
    _known(newsroom)
    _schedule(newsroom, Schedule(cron="0 7 1 * *", timezone="UTC"))
    newsroom.now = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)
    newsroom.arrive("old", at=newsroom.now - timedelta(hours=49))
    newsroom.arrive("new", at=newsroom.now - timedelta(hours=47))
    assert _start(newsroom) == 1


async def test_a_new_weekly_reader_begins_with_the_week(newsroom):
    _known(newsroom)
    _schedule(newsroom, newsroom.newsletter.schedule, max_age=timedelta(days=8))
    newsroom.arrive("sunday", at=SEVEN - timedelta(days=1))
    newsroom.arrive("monday", at=SEVEN + timedelta(hours=1))
    newsroom.arrive("tuesday", at=SEVEN + timedelta(days=1, hours=1))
    newsroom.now = SEVEN + timedelta(days=2, hours=1)
    assert _start(newsroom) == 3
    assert _start(newsroom, Frequency.WEEKLY) == 1


async def test_a_newsletter_that_is_new_begins_with_the_last_day(newsroom):
    _schedule(newsroom, Schedule(cron="0 7 1 * *", timezone="UTC"), max_age=timedelta(days=30))
    newsroom.now = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)
    newsroom.arrive("old", at=newsroom.now - timedelta(hours=25))
    newsroom.arrive("new", at=newsroom.now - timedelta(hours=23))
    assert _start(newsroom) == 1
    _known(newsroom, newsroom.now - timedelta(hours=2))
    assert _start(newsroom) == 0


async def test_the_next_slot_is_that_of_any_reader(newsroom):
    _schedule(newsroom, OWN_ZONE)
    find = lambda: newsroom.database.call(coming, newsroom.newsletter, newsroom.site, SEVEN).at  # noqa: E731
    assert find() == SEVEN + timedelta(days=1)
    newsroom.join(timezone="Asia/Tokyo")
    newsroom.join("bob@x.example")
    assert find() == SEVEN + timedelta(hours=15)


# what is previewed is what is sent


def _dump(newsroom):
    tables = schema.metadata.sorted_tables
    return newsroom.database.call(lambda c: [list(c.execute(select(table))) for table in tables])


@pytest.mark.parametrize("mark", [0, 1])
async def test_what_is_foreseen_is_what_is_frozen_and_nothing_is_written(newsroom, another_process, mark):
    newsroom.arrive("a", "b")
    newsroom.arrive("c", feed="sport")
    newsroom.join(categories=("world",), mark=mark, language="de")
    slot = Slot(at=newsroom.now, local=newsroom.now.replace(tzinfo=None), offset=0)
    audience = Audience(newsletter="daily", slot=slot.at, rhythms=[Rhythm()], now=newsroom.now)
    (key,) = newsroom.database.call(readership.view_keys, audience)
    before = _dump(newsroom)
    looking = another_process(read_only=True)
    foreseen = looking.call(foresee, newsroom.press, newsroom.newsletter, slot, ViewKey.read(key), newsroom.now).letter
    assert _dump(newsroom) == before
    await publish(newsroom.press, newsroom.newsletter, slot, [Rhythm()], newsroom.now)
    (delivery,) = newsroom.lease()
    frozen = newsroom.database.call(letters.get, delivery.letter)
    assert replace(foreseen, nonce=frozen.nonce) == frozen
    assert frozen.told == tuple(n for n in (1, 2) if n > mark)


async def test_where_nothing_would_be_sent_nothing_is_foreseen(newsroom):
    slot = Slot(at=newsroom.now, local=newsroom.now.replace(tzinfo=None), offset=0)
    for chosen in ((), ("abolished",)):
        key = ViewKey(Served(0), None, chosen, "", "", 0)
        seen = newsroom.database.call(foresee, newsroom.press, newsroom.newsletter, slot, key, newsroom.now)
        assert (seen.letter, seen.waits) == (None, False)


async def test_what_waits_for_the_next_letter_is_foreseen_as_waiting(newsroom):
    newsroom.newsletter = replace(newsroom.newsletter, at_least=2)
    newsroom.arrive("a")
    slot = Slot(at=newsroom.now, local=newsroom.now.replace(tzinfo=None), offset=0)
    key = ViewKey(Served(0), None, (), "", "", 0)
    seen = newsroom.database.call(foresee, newsroom.press, newsroom.newsletter, slot, key, newsroom.now)
    assert (seen.letter, seen.waits) == (None, True)


async def test_what_is_foreseen_waits_and_is_left_over_as_the_readers_of_that_slot_have_it(newsroom):
    """Whoever takes one letter a week has no say in what may wait until tomorrow."""
    _known(newsroom)
    newsroom.newsletter = replace(newsroom.newsletter, settle=timedelta(hours=3))
    ada = newsroom.join()
    newsroom.join("weekly@x.example", frequency=Frequency.WEEKLY)
    newsroom.later(hours=23, minutes=30)
    newsroom.arrive("settled", at=newsroom.now - timedelta(hours=10))
    newsroom.arrive("changing", at=newsroom.now)
    slot = coming_slot(newsroom.newsletter, newsroom.site, Rhythm(), newsroom.now)
    audience = Audience(newsletter="daily", slot=slot.at, rhythms=[Rhythm()], now=slot.at)
    key = newsroom.database.call(readership.key_of, audience, ada.id)
    foreseen = newsroom.database.call(foresee, newsroom.press, newsroom.newsletter, slot, key, newsroom.now)
    newsroom.later(minutes=30)
    await _settle(newsroom)
    (delivery,) = newsroom.lease()
    frozen = newsroom.database.call(letters.get, delivery.letter)
    assert replace(foreseen.letter, nonce=frozen.nonce) == frozen
    assert (frozen.told, frozen.carried) == ((1,), (2,))


def test_a_feed_that_is_still_to_be_polled_before_the_slot_is_not_foreseen_as_missed(newsroom):
    slot = coming_slot(newsroom.newsletter, newsroom.site, Rhythm(), newsroom.now)
    polled = FeedState(name="world", succeeded_at=newsroom.now, next_poll_at=newsroom.now + timedelta(minutes=30))
    newsroom.database.call(feeds.ensure, {"world": "https://world.example/"})
    newsroom.database.call(feeds.save, [polled])
    composer = newsroom.database.call(composer_for, newsroom.press, newsroom.newsletter, slot, newsroom.now)
    assert composer.material.unreached == ()
    composer = newsroom.database.call(composer_for, newsroom.press, newsroom.newsletter, slot, slot.at)
    assert [each.title for each in composer.material.unreached] == ["world"]


# what was chosen while a letter was under way


async def test_a_choice_made_while_a_letter_is_under_way_counts_from_behind_that_letter(newsroom):
    ada = newsroom.join(categories=("world",))
    newsroom.arrive("a")
    await newsroom.edition()
    leased = newsroom.lease()
    newsroom.database.call(subscribers.choose, ada.id, Choices(categories=("sport",)), newsroom.now)
    newsroom.settle(DeliveryState.SENT, *leased)
    newsroom.later(hours=1)
    newsroom.arrive("a", "b", feed="sport", at=newsroom.now)
    await newsroom.edition()
    (told,) = _told(newsroom).values()
    assert told == (3,), "the other feed brings again what the letter under way has told"


# feeds that are configured under another name


async def test_articles_of_a_feed_that_has_been_renamed_are_told_once(newsroom):
    newsroom.join()
    newsroom.join("sport@x.example", categories=("sport",))
    newsroom.arrive("a", feed="old-name")
    newsroom.arrive("b", feed="old-name")
    renamed = newsroom.press
    press = replace(renamed, feeds={"old-name": replace(renamed.feeds["world"], name="old-name")})
    await publish(
        press, newsroom.newsletter, slot_now(newsroom.newsletter, newsroom.site, newsroom.now), [Rhythm()], newsroom.now
    )
    newsroom.settle(DeliveryState.SENT, *newsroom.lease())
    newsroom.later(hours=1)
    newsroom.arrive("a", "c", feed="world", at=newsroom.now)
    newsroom.arrive("b", feed="sport", at=newsroom.now)
    await newsroom.edition()
    assert _told(newsroom) == {"ada@reader.example": (4,), "sport@x.example": (2,)}


# letters that fit


async def _made_up(newsroom, stories, overflow, html):
    """An edition of so many stories, in letters of so many bytes by the real templates."""
    newsroom.typesetter = Renderer()
    limits = Limits(stories=stories, per_section=stories, html=html)
    newsroom.newsletter = replace(newsroom.newsletter, limits=limits, overflow=overflow)
    newsroom.join()
    newsroom.arrive(*(f"Night ferries return to the northern strait, {number}" for number in range(stories)))
    await newsroom.edition()
    (delivery,) = newsroom.lease()
    return newsroom.database.call(letters.get, delivery.letter)


@pytest.mark.parametrize("overflow", list(Overflow))
async def test_what_does_not_fit_into_a_letter_is_beyond_its_limits(newsroom, overflow):
    letter = await _made_up(newsroom, 60, overflow, 30_000)
    beyond = letter.linked if overflow is Overflow.LINK else letter.carried
    assert len(letter.html.encode()) <= 30_000
    assert sorted((*letter.told, *beyond)) == list(range(1, 61))
    assert 5 < len(letter.told) < 60
    if overflow is Overflow.LINK:
        assert f"{len(beyond)} more in World" in letter.html
    # One story more would not have fitted.
    press, most = newsroom.press, replace(newsroom.newsletter.limits, stories=len(letter.told) + 1)
    bigger = replace(newsroom.newsletter, limits=most)
    key = ViewKey(Served(0), None, (), "", "", 0)
    again = foresee_now(newsroom, replace(press, newsletters={"daily": bigger}), bigger, key)
    assert len(again.told) == len(letter.told)


def foresee_now(newsroom, press, newsletter, key):
    """The letter of an edition a moment later, for readers of view `key`."""
    slot = slot_now(newsletter, newsroom.site, newsroom.later(minutes=1))
    return newsroom.database.call(foresee, press, newsletter, slot, key, newsroom.now).letter


async def test_a_letter_tells_one_story_however_few_bytes_it_may_take(newsroom):
    letter = await _made_up(newsroom, 5, Overflow.LINK, 1_000)
    assert len(letter.told) == 1
    assert len(letter.linked) == 4


async def test_no_two_editions_have_the_same_subject(newsroom):
    newsroom.typesetter = Renderer()
    newsroom.join()
    told = []
    for number in range(3):
        newsroom.arrive(f"live-{number}", at=newsroom.now - timedelta(minutes=5))
        with newsroom.database.begin() as connection:
            connection.execute(schema.articles.update().values(title="Live: the storm"))
        newsroom.later(minutes=10)
        await newsroom.edition()
        (delivery,) = newsroom.lease()
        told.append(newsroom.database.call(letters.get, delivery.letter).subject)
        newsroom.settle(DeliveryState.SENT, delivery)
    assert told == ["Live: the storm", "Live: the storm (No. 2)", "Live: the storm (No. 3)"]
