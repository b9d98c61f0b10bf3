"""Every mistake is found at once, where it stands, in plain words."""

import pytest

from digest.errors import ConfigurationError
from digest.settings import load

TEN_MISTAKES = """\
site: {url: "https://news.example", timezone: Europe/Lodnon}
mail:
  from: nobody
  smtp:
    host: mail.example
    prot: 25
    security: startls
categories:
  world: {}
feeds:
  - {name: one, url: "ftp://one.example/", category: world, every: soon}
  - name: one
    url: "https://two.example/rss"
    category: wrold
newsletters:
  daily:
    schedule: {at: "07:00", cron: "0 7 * * 1-5"}
    template: clasic
"""

FOUND = [
    (1, 47, "site.timezone", "'Europe/Lodnon' is not a time zone", "did you mean 'Europe/London'?"),
    (3, 9, "mail.from", "'nobody' is not a mail address", "write it as in digest@news.example"),
    (6, 5, "mail.smtp.prot", "is not a key that is known here", "did you mean 'port'?"),
    (
        7,
        15,
        "mail.smtp.security",
        "must be 'starttls', 'tls' or 'none', not 'startls'",
        "did you mean 'starttls'?",
    ),
    (
        11,
        22,
        "feeds[0].url",
        "'ftp://one.example/' is not a URL that can be fetched",
        "write it as in https://news.example/feed.xml",
    ),
    (
        11,
        68,
        "feeds[0].every",
        "'soon' is not a duration",
        "write a number and s, m, h, d or w, as in 90s, 1h30m or 7d",
    ),
    (12, 5, "feeds[1].name", "is the name of another feed already, in {file}:11", "rename or remove one of them"),
    (14, 15, "feeds[1].category", "there is no category 'wrold'", "did you mean 'world'?"),
    (
        17,
        29,
        "newsletters.daily.schedule.cron",
        "stands beside at",
        "a schedule has either cron, or at with days, every or monthly",
    ),
    (
        18,
        15,
        "newsletters.daily.template",
        "there is no template 'clasic': no such folder with a file of a look",
        "did you mean 'classic'?",
    ),
]


def test_ten_mistakes_are_ten_problems_in_the_order_of_the_lines(folder):
    found = folder.problems_of_text(TEN_MISTAKES)

    assert [(it.line, it.column, it.key, it.message, it.hint) for it in found] == [
        (line, column, key, message.format(file=folder.main), hint) for line, column, key, message, hint in FOUND
    ]
    assert {it.file for it in found} == {folder.main}


def test_a_missing_file_says_how_to_make_one(folder):
    with pytest.raises(ConfigurationError) as caught:
        load(folder.path / "none.yaml", {})

    assert str(caught.value) == (
        f"{folder.path / 'none.yaml'}: there is no such file"
        " (run `digest init` to make one, or name another with --config)"
    )


def test_an_empty_file_says_everything_that_is_required(folder):
    keys = {problem.key for problem in folder.problems_of_text("")}

    assert keys == {"site.url", "mail.from", "mail.smtp.host", "feeds", "newsletters"}


def test_the_smallest_configuration_is_enough(folder):
    settings = folder.load_text(
        'site: {url: "https://news.example"}\n'
        "mail: {from: digest@news.example, smtp: {host: mail.example}}\n"
        'feeds: [{name: one, url: "https://one.example/rss"}]\n'
        "newsletters: {daily: }\n"
    )

    assert settings.mail.smtp.port == 587


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"feeds": "[]"}, "feeds: needs at least 1"),
        ({"feeds": "{one: {}}"}, "feeds: must be a list, each item on a line that begins with '-'"),
        ({"newsletters": "[daily]"}, "newsletters: must be a mapping of names, as in 'name: ...'"),
        ({"mail": "hello"}, "mail: must be a mapping of keys, as in 'key: value'"),
        ({"web": "{listen: [1]}"}, "web.listen: must be host:port"),
        ({"site": '{url: "https://news.example", name: [a]}'}, "site.name: must be a text"),
        ({"collect": "{concurrency: 0}"}, "collect.concurrency: must be at least 1, not '0'"),
        ({"collect": "{concurrency: 1e9}"}, "collect.concurrency: must be a whole number, not '1e9'"),
        ({"collect": "{concurrency: 501}"}, "collect.concurrency: must be at most 500, not '501'"),
        (
            {"collect": "{allow_private_networks: maybe}"},
            "collect.allow_private_networks: must be true or false, not 'maybe'",
        ),
        ({"newsletters": "{Daily: {}}"}, "(did you mean 'daily'?)"),
        ({"categories": "{World: {}, world: {}}"}, "categories.World: a name is made of a-z, 0-9, - and _"),
        ({"newsletters": "{daily: {categories: [tehc]}}"}, "there is no category 'tehc' (did you mean 'tech'?)"),
        ({"newsletters": "{daily: {categories: xyz}}"}, "there is no category 'xyz' (there is world, tech)"),
        ({"smtp": "{}"}, "smtp: is not a key that is known here (it stands in mail)"),
        (
            {"timezone": "UTC"},
            "timezone: is not a key that is known here (it stands in site or newsletters.<name>.schedule)",
        ),
        ({"templates_dir": "nowhere"}, "templates_dir: there is no folder 'nowhere'"),
        ({"feeds": "[{name: one}]"}, "feeds[0].url: is required (add url: to feeds[0])"),
    ],
)
def test_what_is_wrong_is_said_in_plain_words(folder, keys, said):
    found = folder.said(**keys)

    assert len([text for text in found if said in text]) == 1, found


def test_an_empty_item_of_a_list_is_said_with_what_it_lacks(folder):
    keys = {problem.key for problem in folder.problems(feeds="[~]")}

    assert keys == {"feeds[0].name", "feeds[0].url"}


def test_a_category_that_is_named_while_there_are_none_is_told_where_to_add_it(folder):
    (problem,) = folder.problems(categories="{}")

    assert problem.key == "feeds[0].category"
    assert problem.hint.startswith("add it under categories")


def test_two_hundred_feeds_load_with_their_places(folder):
    lines = [f'  - {{name: feed-{n}, url: "https://f{n}.example/rss", category: world}}' for n in range(200)]
    feeds = "\n" + "\n".join(lines)

    assert len(folder.load(feeds=feeds).feeds) == 200
    (problem,) = folder.problems(feeds=feeds.replace("f150.example/rss", ""))
    assert (problem.key, problem.line) == ("feeds[150].url", 4 + 151)


def test_a_list_whose_only_item_is_wrong_is_one_mistake(folder):
    problems = folder.problems(newsletters='{daily: {schedule: {at: "25:00"}}}')
    assert [problem.key for problem in problems] == ["newsletters.daily.schedule.at"]
