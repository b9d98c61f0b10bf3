"""Settings become the nouns of the house, with the defaults that follow other keys."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest

from digest import model
from digest.settings import nouns


def test_a_site_without_a_name_is_called_by_its_host(folder):
    assert nouns.site(folder.load()) == model.Site(name="news.example", url="https://news.example")


def test_a_site_as_it_is_written(folder):
    site = '{url: "https://n.example/", name: N, tagline: T, language: de, timezone: Europe/Berlin, postal_address: P}'

    assert nouns.site(folder.load(site=site)) == model.Site(
        name="N", url="https://n.example", tagline="T", language="de", timezone="Europe/Berlin", postal_address="P"
    )


def test_categories_keep_their_order_and_get_a_title_from_their_name(folder):
    settings = folder.load(
        categories="{world: {}, long_read-s: {match: {tags: T, keywords: [a, b]}}, a: {title: Alpha}}"
    )

    assert nouns.categories(settings) == (
        model.Category(name="world", title="World"),
        model.Category(name="long_read-s", title="Long Read S", match=model.Match(tags=("T",), keywords=("a", "b"))),
        model.Category(name="a", title="Alpha"),
    )


def test_without_categories_everything_is_news(folder):
    settings = folder.load(categories="", feeds='[{name: one, url: "https://one.example"}]')

    (category,) = nouns.categories(settings)
    assert nouns.feeds(settings)[0].categories == (category.name,)
    assert nouns.newsletters(settings)["daily"].categories == (category,)


def test_a_feed_is_polled_as_often_as_all_unless_it_says_otherwise(folder):
    settings = folder.load(
        collect="{every: 10m}",
        feeds='[{name: a, url: "https://a.example", category: world, title: A},'
        ' {name: b, url: "https://b.example", categories: [tech, world, tech], every: 2h},'
        ' {name: c, url: "https://c.example"}]',
    )

    assert nouns.feeds(settings) == (
        model.Feed(name="a", url="https://a.example", categories=("world",), title="A", every=timedelta(minutes=10)),
        model.Feed(name="b", url="https://b.example", categories=("tech", "world"), every=timedelta(hours=2)),
        model.Feed(name="c", url="https://c.example", every=timedelta(minutes=10)),
    )


def test_a_newsletter_without_a_word_has_every_default(folder):
    settings = folder.load(site='{url: "https://n.example", timezone: Europe/Berlin}', newsletters="{the-daily: }")

    assert nouns.newsletters(settings) == {
        "the-daily": model.Newsletter(
            name="the-daily",
            title="The Daily",
            schedule=model.Schedule(timezone="Europe/Berlin"),
            categories=nouns.categories(settings),
        )
    }


def test_a_newsletter_as_it_is_written(folder):
    settings = folder.load(
        newsletters="{n: {title: N, schedule: {at: [18:00, 7:00], days: sat-sun, timezone: subscriber},"
        " categories: [tech, world, tech], max_age: 7d, limits: {stories: 5, per_section: 2},"
        " when_empty: send, grace: 1h}}"
    )
    world, tech = nouns.categories(settings)

    assert nouns.newsletters(settings)["n"] == model.Newsletter(
        name="n",
        title="N",
        schedule=model.Schedule(at=(time(7), time(18)), weekdays=frozenset({5, 6}), timezone=""),
        categories=(tech, world),
        max_age=timedelta(days=7),
        limits=model.Limits(stories=5, per_section=2),
        when_empty=model.WhenEmpty.SEND,
        grace=timedelta(hours=1),
    )


def test_a_cron_schedule_has_a_zone_too(folder):
    settings = folder.load(newsletters='{n: {schedule: {cron: "0 7 * * 1-5", timezone: Asia/Tokyo}}}')

    schedule = nouns.newsletters(settings)["n"].schedule
    assert (schedule.cron, schedule.timezone) == ("0 7 * * 1-5", "Asia/Tokyo")


def test_bounces_go_to_the_sender_unless_the_file_says_otherwise(folder):
    mail = '{from: "N <a@b.example>", smtp: {host: h.example}, return_path: RP}'

    assert nouns.sender(folder.load(mail=mail.replace("RP", ""))) == model.Mailbox(address="a@b.example", name="N")
    assert nouns.return_path(folder.load(mail=mail.replace("RP", ""))) == "a@b.example"
    assert nouns.return_path(folder.load(mail=mail.replace("RP", "x@b.example"))) == "x@b.example"


def test_a_sqlite_database_is_shown_as_it_is(folder):
    assert nouns.database_place(folder.load()) == f"sqlite:///{folder.path}/data/digest.db"


@pytest.mark.parametrize(
    ("written", "schedule"),
    [
        ("{every: 2 weeks}", model.Schedule(weeks=2, weekdays=frozenset({0}))),
        (
            "{every: 1 week, days: mon-tue, from: 2026-01-05}",
            model.Schedule(weeks=1, weekdays=frozenset({0, 1}), start=date(2026, 1, 5)),
        ),
        ("{every: 3 days}", model.Schedule(days=3)),
        (
            "{monthly: [last friday, 15]}",
            model.Schedule(monthly=(model.DayOfMonth(nth=-1, weekday=4), model.DayOfMonth(nth=15))),
        ),
        (
            "{except: 2026-12-24..2027-01-01, holidays: [de, gb-eng]}",
            model.Schedule(quiet=((date(2026, 12, 24), date(2027, 1, 1)),), holidays=("DE", "GB-ENG")),
        ),
    ],
)
def test_the_days_of_a_schedule(folder, written, schedule):
    settings = folder.load(newsletters=f"{{n: {{schedule: {written}}}}}")

    assert nouns.newsletters(settings)["n"].schedule == replace(schedule, timezone="UTC")
