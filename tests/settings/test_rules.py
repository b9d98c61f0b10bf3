"""Keys that contradict each other."""

import pytest

SMTP = "{from: digest@news.example, smtp: {host: HOST, security: SECURITY, username: u, password: p}}"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1", "mail.localhost"])
def test_a_password_may_go_to_this_machine_in_clear(folder, host):
    mail = SMTP.replace("HOST", f'"{host}"').replace("SECURITY", "none")

    assert folder.load(mail=mail).mail.smtp.username == "u"


@pytest.mark.parametrize("host", ["mail.example", "10.0.0.5", "localhost.example"])
def test_a_password_may_not_go_anywhere_else_in_clear(folder, host):
    mail = SMTP.replace("HOST", host)

    (problem,) = folder.problems(mail=mail.replace("SECURITY", "none"))

    assert (problem.key, problem.message) == ("mail.smtp.username", "would be sent without encryption")
    assert folder.load(mail=mail.replace("SECURITY", "tls"))


def test_a_username_needs_a_password(folder):
    (problem,) = folder.problems(mail="{from: a@b.example, smtp: {host: mail.example, username: u}}")

    assert problem.message == "needs a password beside it"


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        ('{at: "07:00", cron: "0 7 * * *"}', "stands beside at"),
        ('{days: mon, at: 7:00, cron: "0 7 * * *"}', "stands beside at and days"),
        ('{days: daily, cron: "0 7 * * *"}', "stands beside days"),
    ],
)
def test_a_schedule_has_one_clock(folder, schedule, message):
    (problem,) = folder.problems(newsletters=f"{{daily: {{schedule: {schedule}}}}}")

    assert (problem.key, problem.message) == ("newsletters.daily.schedule.cron", message)


def test_a_feed_names_its_categories_once(folder):
    feeds = '[{name: one, url: "https://one.example", category: world, categories: [tech]}]'

    (problem,) = folder.problems(feeds=feeds)

    assert (problem.key, problem.message) == ("feeds[0].category", "stands beside categories")


def test_a_feed_without_a_category_needs_one_that_matches(folder):
    feeds = '[{name: one, url: "https://one.example"}]'

    assert folder.load(feeds=feeds)
    (problem,) = folder.problems(feeds=feeds, categories="{world: {}}")
    assert (problem.key, problem.hint) == ("feeds[0]", "add category: world")


@pytest.mark.parametrize(
    ("feed", "key", "message"),
    [
        ("type: page", "feeds[0].type", "a page needs select"),
        ("select: {item: article}", "feeds[0].select", "is for pages only"),
        ("type: feed, select: {item: article}", "feeds[0].select", "is for pages only"),
    ],
)
def test_a_page_and_only_a_page_says_where_its_articles_are(folder, feed, key, message):
    feeds = f'[{{name: one, url: "https://one.example", category: world, {feed}}}]'

    (problem,) = folder.problems(feeds=feeds)

    assert (problem.key, problem.message) == (key, message)


def test_a_selector_that_is_none_is_said_where_it_stands(folder):
    feeds = (
        """[{name: one, url: "https://one.example", category: world, type: page, select: {item: "div >", title: h2}}]"""
    )

    (problem,) = folder.problems(feeds=feeds)

    assert problem.key == "feeds[0].select.item"
    assert "CSS" in problem.message
