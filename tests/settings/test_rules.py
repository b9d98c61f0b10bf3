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
    ("schedule", "key", "message"),
    [
        ('{at: "07:00", cron: "0 7 * * *"}', "cron", "stands beside at"),
        ('{days: mon, at: 7:00, cron: "0 7 * * *"}', "cron", "stands beside at and days"),
        ('{days: daily, cron: "0 7 * * *"}', "cron", "stands beside days"),
        ('{every: 2 weeks, cron: "0 7 * * *"}', "cron", "stands beside every"),
        ('{monthly: 15, cron: "0 7 * * *"}', "cron", "stands beside monthly"),
        ("{monthly: 15, every: 2 weeks}", "monthly", "stands beside every"),
        ("{monthly: 15, days: mon}", "monthly", "stands beside days"),
        ("{every: 3 Days, days: mon}", "every", "stands beside days"),
        ("{from: 2026-01-05}", "from", "needs every beside it"),
    ],
)
def test_a_schedule_has_one_clock(folder, schedule, key, message):
    (problem,) = folder.problems(newsletters=f"{{daily: {{schedule: {schedule}}}}}")

    assert (problem.key, problem.message) == (f"newsletters.daily.schedule.{key}", message)
    assert problem.hint


@pytest.mark.parametrize(
    "schedule",
    [
        '{cron: "0 7 * * *", except: 2026-12-24..2027-01-01, holidays: DE}',
        "{every: 2 weeks, days: mon-fri, from: 2026-01-05}",
        "{every: 3 days, at: 7:00}",
        "{monthly: [first monday, 31], holidays: [DE, GB-ENG]}",
    ],
)
def test_what_goes_together_in_a_schedule(folder, schedule):
    assert folder.load(newsletters=f"{{daily: {{schedule: {schedule}}}}}")


def test_a_schedule_that_never_comes_is_said_once_and_not_beside_another_mistake(folder):
    never = 'cron: "0 7 25 12 *", holidays: GB'
    (problem,) = folder.problems(newsletters=f"{{daily: {{schedule: {{{never}}}}}}}")
    assert (problem.key, problem.message) == (
        "newsletters.daily.schedule",
        "is never due: all its days are among except and holidays",
    )

    (other,) = folder.problems(newsletters=f"{{daily: {{schedule: {{{never}, at: 7:00}}}}}}")
    assert other.message == "stands beside at"


OPERATED = "{from: a@b.example, operators: [ed@news.example], smtp: {host: mail.example}}"


@pytest.mark.parametrize("operators", ["", "operators: [], ", "operators: ~, "])
def test_a_review_needs_somebody_who_is_sent_it(folder, operators):
    mail = OPERATED.replace("operators: [ed@news.example], ", operators)
    newsletters = "{daily: {sending: {review: yes}}, weekly: {}}"

    (problem,) = folder.problems(mail=mail, newsletters=newsletters)

    assert (problem.key, problem.message) == ("newsletters.daily.sending.review", "has nobody to be sent to")
    assert folder.load(mail=OPERATED, newsletters=newsletters)
    assert folder.load(mail=mail, newsletters="{daily: {sending: {review: no}}}")


@pytest.mark.parametrize(
    ("sending", "key", "message"),
    [
        ("{release_after: 2h}", "release_after", "does nothing without review"),
        ("{review: false, release_after: 2h}", "release_after", "does nothing without review"),
        ("{wait: 5m}", "wait", "does nothing without canary"),
        ("{canary: 0, wait: 5m}", "wait", "does nothing without canary"),
    ],
)
def test_a_time_to_wait_is_for_what_there_is_to_wait_for(folder, sending, key, message):
    (problem,) = folder.problems(mail=OPERATED, newsletters=f"{{daily: {{sending: {sending}}}}}")

    assert (problem.key, problem.message) == (f"newsletters.daily.sending.{key}", message)


def test_a_review_and_a_canary_have_their_times(folder):
    sending = "{review: true, release_after: 2h, canary: 50, wait: 5m}"

    assert folder.load(mail=OPERATED, newsletters=f"{{daily: {{sending: {sending}}}}}")


def test_a_feed_names_its_categories_once(folder):
    feeds = '[{name: one, url: "https://one.example", category: world, categories: [tech]}]'

    (problem,) = folder.problems(feeds=feeds)

    assert (problem.key, problem.message) == ("feeds[0].category", "stands beside categories")


@pytest.mark.parametrize("match", ["", "{tags: []}", '{keywords: [" "]}', "{rest: false}", "{rest: no, authors: ~}"])
def test_a_feed_without_a_category_needs_one_that_takes_its_articles_in(folder, match):
    feeds = '[{name: one, url: "https://one.example"}]'

    (problem,) = folder.problems(feeds=feeds, categories=f"{{world: {{match: {match}}}}}")

    assert (problem.key, problem.hint.partition(",")[0]) == ("feeds[0]", "add category: world")


@pytest.mark.parametrize(
    "match", ["tags: World", "keywords: [a]", "patterns: [a]", "authors: [A]", "rest: true", "rest: yes"]
)
def test_a_category_that_takes_in_anything_by_itself_is_enough(folder, match):
    feeds = '[{name: one, url: "https://one.example"}]'

    assert folder.load(feeds=feeds, categories=f"{{world: {{}}, more: {{match: {{{match}}}}}}}")


def test_the_rest_has_one_place(folder):
    rest = "{match: {rest: true}}"
    one, two = (f"{{a: {rest}, world: {{}}, b: {other}}}" for other in ("{match: {rest: false}}", rest))

    assert folder.load(categories=one)
    (problem,) = folder.problems(categories=two)
    assert (problem.key, problem.message.partition(":")[0]) == (
        "categories.b.match.rest",
        "stands beside that of a",
    )


def boosted(boost: str) -> str:
    return f"{{daily: {{boost: [{{keywords: war, points: 1}}, {{{boost}, points: 5}}]}}}}"


@pytest.mark.parametrize("boost", ["feeds: one", "feeds: [one]", "tags: A", "patterns: [a]", "authors: [Ann]"])
def test_a_boost_says_what_it_boosts(folder, boost):
    assert folder.load(newsletters=boosted(boost))


@pytest.mark.parametrize("boost", ["tags: []", "feeds: ~, keywords: []"])
def test_a_boost_that_says_nothing_is_a_mistake(folder, boost):
    (problem,) = folder.problems(newsletters=boosted(boost))

    assert (problem.key, problem.message) == ("newsletters.daily.boost[1]", "does not say what it boosts")


@pytest.mark.parametrize(
    ("feeds", "hint"), [("[one, onee]", "did you mean 'one'?"), ("xyzzy", "a feed is called by its name")]
)
def test_a_boost_names_feeds_that_there_are(folder, feeds, hint):
    (problem,) = folder.problems(newsletters=boosted(f"feeds: {feeds}"))

    assert problem.key.startswith("newsletters.daily.boost[1].feeds")
    assert problem.message.startswith("there is no feed '")
    assert problem.hint == hint


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
